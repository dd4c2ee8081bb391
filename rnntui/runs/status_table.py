"""The status of compared runs: their last figures, from a few small reads, and the words for a table.

The same words serve the table on the screen and the one on standard output.
"""

import os
from typing import Any

from rnntui import corpora
from rnntui.config import WINDOW, caption
from rnntui.runs import METRICS
from rnntui.runs.comparison import Compared, Comparison
from rnntui.runs.status import RunStatus
from rnntui.specs import LossUnit
from rnntui.text.format import DASH, loss, setting_read, share

RECENT = WINDOW  # steps whose batches are averaged


def status_of(entry: Compared) -> RunStatus:
    """A compared run's status; of a damaged run only that it is damaged."""
    try:
        return entry.run.status(entry.settings, entry.baselines)
    except (ValueError, OSError):
        return RunStatus(entry.run.name, "damaged")


class Watched:
    """A run whose status is read repeatedly; its files are read again only if one of them changed."""

    def __init__(self, entry: Compared) -> None:
        self._one, self._path = entry, entry.run.path
        self._seen: tuple[int, ...] = ()
        self.status = RunStatus(entry.run.name, "waiting")

    def look(self) -> bool:
        """Read the status again; returns whether it changed."""
        seen = tuple(_written_at(f"{self._path}/{name}") for name in (METRICS, "lock", "checkpoints"))
        # A process that was killed writes nothing: only its lock tells.
        if seen == self._seen and (self.status.state != "running" or self._one.run.is_held()):
            return False
        before, self._seen, self.status = self.status, seen, status_of(self._one)
        return self.status != before


def _written_at(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


# --- in words -------------------------------------------------------------------------------------------------------


def titles(comparison: Comparison) -> list[str]:
    """The columns of the table; one whose title begins with `>` is set to the right.

    The figures come first, the one that runs of the task are judged by before all: on a narrow screen the rest is out
    of sight. Means are of the last `RECENT` batches.
    """
    figures = [title for title, _ in _figures(comparison, RunStatus("", "waiting"))]
    values = [comparison.values(entry) for entry in comparison.compared]
    are_numbers = {name: all(_is_number(its[name]) for its in values) for name in comparison.differing}
    settings = [f"{'>' * are_numbers[name]}{caption(name)}" for name in comparison.differing]
    return ["run", *figures, *settings, "state", ">step", ">steps/s"]


def words(comparison: Comparison, entry: Compared, status: RunStatus) -> list[str]:
    """The row of a run, a word for each title."""
    figures = [word for _, word in _figures(comparison, status)]
    texts = corpora.labels(entry.settings.corpus for entry in comparison.compared)
    settings = [
        texts[value] if name == "corpus" else setting_read(value) for name, value in comparison.values(entry).items()
    ]
    stands = status.stands(comparison.spec)
    return [entry.label, *figures, *settings, stands, _count(status.step), _count(status.steps_per_second)]


def _figures(comparison: Comparison, status: RunStatus) -> list[tuple[str, str]]:
    """Title and word of each figure that runs of the task have."""
    unit, about = comparison.unit, comparison.spec
    mean, accuracy = _loss(status.loss, unit), (">mean acc", share(status.accuracy))
    if about.holds_out:
        averaged = [(">averaged", _loss(status.averaged_loss, unit))] if comparison.has_averages else []
        best, newest = _loss(status.best_loss, unit), _loss(status.held_out_loss, unit)
        return [(">best held-out", best), (">held-out", newest), *averaged, (">mean bits", mean), accuracy]
    losses = [(">mean loss", mean), (">best mean loss", _loss(status.best_loss, unit))]
    return [accuracy, (">solved at", _count(status.solved_at)), *losses] if about.has_accuracy else losses


def longest_words(comparison: Comparison) -> list[str]:
    """The widest row possible, so that values not yet known will fit into the columns: no word for how a run stands is
    longer than that.
    """
    most = max(entry.settings.steps for entry in comparison.compared)
    widest = 8.88e-88
    status = RunStatus(
        "", "diverged", most, most, widest, 1.0, 99_999.0, widest, widest, 1.0, most, averaged_loss=widest
    )
    return words(comparison, comparison.compared[0], status)


def _loss(value: float | None, unit: LossUnit) -> str:
    return loss(value, unit, places=3)


def _count(value: float | None) -> str:
    return DASH if value is None else f"{value:,.0f}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
