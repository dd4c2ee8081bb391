"""What is told of the run under the cursor: its whole name, its settings, its figures and what it wrote last."""

from rich.cells import cell_len

from rnntui.config import caption, spec
from rnntui.runs.beside import beside
from rnntui.runs.overview import FoundRun, RunGlance
from rnntui.runs.status import WORSE_IN_WORDS
from rnntui.sweeps.glance import SweepGlance
from rnntui.text import format
from rnntui.text.ellipsis import elided
from rnntui.tui.base import own_keys
from rnntui.tui.base.labels import Words
from rnntui.tui.base.styles import styles_of
from rnntui.tui.home import run_line
from rnntui.tui.home.catalogue import Glance

ROWS = 4
GAP = " · "
STATES = {  # what they mean, where the word alone says little
    "stopped": "stopped: {home.resume} resumes it",
    "lost": "its process is gone without having saved · {home.resume} resumes it from its newest checkpoint",
    "diverged": "diverged: its loss is not finite · {home.resume} resumes it from its newest checkpoint",
}


class Preview(Words):
    """A few lines about one run."""

    DEFAULT_CSS = styles_of(__file__)

    def __init__(self) -> None:
        super().__init__()
        self._told: list[str] = []

    def tell(self, found: FoundRun | None, glance: Glance | None, sample: str) -> None:
        """Show what is known of a run."""
        lines = [] if found is None else told(found, glance, sample, max(1, self.size.width - 2))
        if lines != self._told:
            self._told = lines
            self.update("\n".join(lines), layout=False)


def lines_about(found: FoundRun, glance: Glance | None, sample: str) -> tuple[list[str], str]:
    """The lines about a run, as long as they are, and what it wrote last."""
    if glance is None:
        return [run_line.safe(found.name), "reading its files"], ""
    if isinstance(glance, SweepGlance):
        return [*_of_sweep(found, glance), *([run_line.safe(sample)] if sample else [])], ""
    if glance.settings is None:
        return [run_line.safe(found.name), run_line.safe(glance.reason)], ""
    return _of_run(found, glance), f"wrote “{run_line.safe(sample.strip())}”" if sample else ""


def told(found: FoundRun, glance: Glance | None, sample: str, width: int) -> list[str]:
    """The same, each of so many cells at most, the first in two rows where it needs them and they are left."""
    lines, written = lines_about(found, glance, sample)
    lines = [*lines, *([written] if written else [])]
    first = [GAP.join(row) for row in format.in_rows(lines[0].split(GAP), width, len(GAP), cell_len)]
    if len(first) + len(lines) - 1 > ROWS or any(cell_len(row) > width for row in first):
        first = [elided(lines[0], width)]
    shown = [*first, *(line if len(line) <= width else f"{line[: width - 1]}…" for line in lines[1:])]
    return shown[:ROWS]


def _of_sweep(found: FoundRun, glance: SweepGlance) -> list[str]:
    name = run_line.safe(found.name)
    if glance.reason:
        return [name, run_line.safe(glance.reason)]
    of = f" of {glance.of:,}" if glance.of is not None else ""
    ended = f"{glance.ended:,}{of} runs ended"
    going = "a process drives it now" if glance.is_going else f"`rnntui sweep {name}` resumes it"
    return [
        f"{name} · sweep",
        run_line.safe(glance.heading),
        " · ".join(filter(None, [ended, run_line.ends(glance), "" if glance.is_over else going])),
    ]


def _of_run(found: FoundRun, glance: RunGlance) -> list[str]:
    status, settings = glance.status, glance.settings
    assert settings is not None
    where = f"step {status.step:,} of {status.steps:,}"
    by = f"running in {glance.trained_by.in_words()}" if glance.trained_by is not None else status.state
    stands = status.early_ending or own_keys.said(STATES.get(status.state, by))
    worse = [WORSE_IN_WORDS] if status.is_worse_than_guessing else []
    first = GAP.join([run_line.safe(found.name), where, *worse, stands])
    usual = beside(settings, glance.corpus_size)
    changed = ", ".join(f"{caption(name)} {format.setting(value)}" for name, value in usual.differing.items())
    best = run_line.held_out(glance)
    if spec(settings).can_be_solved:
        solved = f"solved at step {status.solved_at:,}" if status.solved_at is not None else "not solved"
        solved += " and lost again" if status.is_fallen else ""
        best = f"accuracy {run_line.figure(glance).partition(' ')[0]}, {solved}"
    figures = [part for part in (best, f"seed {settings.seed}", f"written to {format.ago(found.changed)}") if part]
    apart = f"differs from {usual.what} in {changed}" if changed else f"all else as {usual.what}"
    lines = [first, f"{format.network(settings)}, {apart}", GAP.join(figures)]
    return [run_line.safe(line) for line in lines]
