"""Which runs the list shows, and in what order."""

from collections.abc import Callable, Iterable
from typing import Any

from rnntui.config import spec
from rnntui.runs.overview import FoundRun, RunGlance
from rnntui.tui.home.catalogue import Catalogue
from rnntui.tui.home.run_line import look

STATES = (
    "running", "lost", "diverged", "damaged", "stopped", "unread", "solved", "fallen", "worse", "finished", "sweep",
)  # fmt: skip
Key = Callable[[Catalogue, FoundRun], Any]


def _by_name(catalogue: Catalogue, found: FoundRun) -> Any:
    return found.name.lower()


def _by_figure(catalogue: Catalogue, found: FoundRun) -> Any:
    """Runs of a task beside each other, the best first; those of which nothing is known last."""
    glance = catalogue.glance(found)
    if not isinstance(glance, RunGlance) or glance.settings is None:
        return True, "", 0.0, 0.0
    status, about = glance.status, spec(glance.settings)
    unknown = float("inf")
    if about.can_be_solved:
        accuracy = status.best_accuracy if status.best_accuracy is not None else status.accuracy
        solved = float(status.solved_at) if status.solved_at is not None and status.is_solved else unknown
        return False, glance.settings.task, solved, unknown if accuracy is None else -accuracy
    loss = status.best_loss if status.best_loss is not None else status.loss
    return False, glance.settings.task, unknown if loss is None else loss, 0.0


def _by_state(catalogue: Catalogue, found: FoundRun) -> Any:
    return STATES.index(look(found, catalogue.glance(found)))


ORDERS: dict[str, Key | None] = {  # by what the heading calls them; those of one key stay newest first
    "newest first": None,
    "by name": _by_name,
    "by task, best first": _by_figure,
    "by state": _by_state,
}


def filtered(catalogue: Catalogue, found: Iterable[FoundRun], typed: str, order: str) -> list[FoundRun]:
    """The runs that have all the words that were typed, in an order of `ORDERS`; `found` is newest first."""
    words = typed.lower().split()
    rows = [each for each in found if all(word in catalogue.words(each) for word in words)] if words else list(found)
    key = ORDERS[order]
    return rows if key is None else sorted(rows, key=lambda each: key(catalogue, each))
