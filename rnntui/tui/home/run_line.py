"""The words of a line of the list: how a run stands, its name, what it learns with which network, its one figure."""

from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from rnntui.config import spec
from rnntui.runs.overview import FoundRun, RunGlance
from rnntui.schemas import is_better
from rnntui.specs import LossUnit
from rnntui.sweeps.glance import SweepGlance
from rnntui.text import format
from rnntui.text.bars import STACKED, sparkline
from rnntui.text.ellipsis import elided
from rnntui.tui.base.glyphs import drawn_text
from rnntui.tui.base.labels import NEWLINE
from rnntui.tui.home.catalogue import Glance

SIGNS = {  # by how it stands; without colours they tell it too
    "unread": " ",
    "running": "●",
    "solved": "✓",
    "fallen": "↓",
    "worse": "✗",
    "finished": "○",
    "stopped": "‖",
    "diverged": "!",
    "lost": "?",
    "damaged": "✗",
    "sweep": "▦",
}
SHORTEST_NAME, USUAL_NAME = 14, 18  # cells: of a narrow list, and of most names
NAMES_LEAST, NAMES_MOST = 0.2, 0.3  # of the width: what long names take before the columns have room, and what after
GAP = 1
# Least and most cells of each column, those first that are the last to be left out.
WIDTHS = {
    "figure": (12, 12),
    "steps": (11, 11),
    "task": (11, 18),  # `shakespeare`
    "network": (13, 21),  # `LN LSTM 2×128`
    "state": (8, 8),
    "when": (13, 13),
    "curve": (8, 16),
}
ORDER = ("task", "network", "steps", "figure", "curve", "state", "when")  # from left to right
GROWING = ("network", "task", "curve", "figure", "steps", "state", "when")  # what takes the room that is left, in turn
TO_RIGHT = ("steps",)


@dataclass(frozen=True)
class Columns:
    """How wide the name is, and each further column that there is room for, from left to right."""

    name: int
    others: tuple[tuple[str, int], ...]


def columns(width: int, longest_name: int) -> Columns:
    """The columns for a list of so many cells."""
    most = min(longest_name, max(SHORTEST_NAME, int(NAMES_MOST * width)))
    name = min(most, max(USUAL_NAME, int(NAMES_LEAST * width)))
    room = width - name
    fitting: dict[str, int] = {}
    for column, (least, _) in WIDTHS.items():
        if room < least + GAP:
            break
        fitting[column] = least
        room -= least + GAP
    longer = min(room, most - name)
    name, room = name + longer, room - longer
    for column in sorted(fitting, key=GROWING.index):
        more = min(room, WIDTHS[column][1] - fitting[column])
        fitting[column] += more
        room -= more
    return Columns(name, tuple((column, fitting[column]) for column in ORDER if column in fitting))


def look(found: FoundRun, glance: Glance | None) -> str:
    """How a run stands, one of `SIGNS`."""
    if found.is_sweep:
        return "running" if glance is not None and glance.is_going else "sweep"
    return look_of(glance) if isinstance(glance, RunGlance) else "unread"


def look_of(glance: RunGlance) -> str:
    """How a run that was read stands."""
    stands = glance.status.state if glance.settings is None else glance.status.stands(spec(glance.settings))
    return stands if stands in SIGNS else "stopped"


def name_in(found: FoundRun, cells: int) -> str:
    """The name in so many cells, its middle left out where it is longer."""
    return set_cell_size(elided(safe(found.name), cells), cells)


def safe(text: str) -> str:
    """A text on one line that no terminal obeys."""
    return drawn_text(text.replace("\n", NEWLINE).replace("\t", " "))


def cell(column: str, width: int, found: FoundRun, glance: Glance | None) -> str:
    """What stands in a column, exactly so wide."""
    if column == "when":
        words = format.ago(found.changed)
    elif glance is None:
        words = "…" if column == "figure" else ""
    elif isinstance(glance, SweepGlance):
        words = _of_sweep(column, glance)
    elif glance.settings is None:
        words = {"state": "damaged", "figure": "unreadable"}.get(column, "")
    else:
        words = _of_run(column, width, glance)
    words = elided(safe(words), width)
    gap = " " * (width - cell_len(words))
    return gap + words if column in TO_RIGHT else words + gap


def _of_run(column: str, width: int, glance: RunGlance) -> str:
    status, settings = glance.status, glance.settings
    assert settings is not None
    match column:
        case "task":
            return _task(settings.task, glance.corpus, width)
        case "network":
            return format.network_within(settings, width)
        case "steps":
            return f"{format.count(status.step)}/{format.count(status.steps)}"
        case "figure":
            return figure(glance)
        case "curve":
            return sparkline(glance.curve, width, is_share=_can_be_solved(glance), bars=STACKED)
    return status.stands(spec(settings))


def _task(task: str, corpus: str, width: int) -> str:
    """A task; of a text `text·anna`, or where that is too long what the text is called alone."""
    whole = f"{task}·{corpus}" if corpus else task
    return corpus if corpus and cell_len(safe(whole)) > width else whole


def _of_sweep(column: str, glance: SweepGlance) -> str:
    of = f"/{glance.of:,}" if glance.of is not None else ""
    match column:
        case "task":
            return "sweep"
        case "steps":
            return f"{glance.ended:,}{of} runs" if not glance.reason else ""
        case "figure":
            return ends(glance) or ("unreadable" if glance.reason else "")
    return ("running" if glance.is_going else "done" if glance.is_over else "") if column == "state" else ""


def ends(glance: SweepGlance) -> str:
    """How the runs of a sweep ended: `✓29 ○31`."""
    signs = {"solved": "✓", "fallen": "↓", "finished": "○", "diverged": "!", "failed": "✗"}
    counts = dict(glance.ends)
    return " ".join(f"{sign}{counts[end]:,}" for end, sign in signs.items() if counts.get(end))


def figure(glance: RunGlance) -> str:
    """The one figure of a run with its unit: `2.19 bits`, best held out, before there is one `train 2.31`;
    `1.000 @101`, solved there; `0.50 ↓2.4k`, lost again; `0.0200 mse`."""
    status, settings = glance.status, glance.settings
    assert settings is not None
    about = spec(settings)
    if about.can_be_solved:
        known = status.accuracy if status.accuracy is not None else status.best_accuracy
        if known is None and glance.curve:
            known = glance.curve[-1]
        sign = SIGNS["fallen"] if status.is_fallen else "@"
        solved = f" {sign}{format.count(status.solved_at)}" if status.solved_at is not None else ""
        return f"{format.share(known)}{solved}"
    if about.holds_out and status.best_loss is not None:
        return _in_unit(status.best_loss, about.unit)
    loss = glance.curve[-1] if status.loss is None and glance.curve else status.loss
    return f"train {format.loss(loss, about.unit)}" if about.holds_out else _in_unit(loss, about.unit)


def held_out(glance: RunGlance) -> str:
    """The newest held-out loss and the best, of a text: `held out 2.21 bits, best 2.19 at step 2,500`."""
    status, settings = glance.status, glance.settings
    if settings is None or not spec(settings).holds_out or status.held_out_loss is None:
        return ""
    unit = spec(settings).unit
    averaged = is_better(status.averaged_loss, status.held_out_loss)
    newest = status.averaged_loss if averaged else status.held_out_loss
    words = f"held out {_in_unit(newest, unit)}"
    if status.best_loss is not None and status.best_step is not None:
        words += f", best {_in_unit(status.best_loss, unit)} at step {status.best_step:,}"
    return words


def _in_unit(loss: float | None, unit: LossUnit) -> str:
    """`2.00 bits`."""
    return f"{format.loss(loss, unit)} {unit.short}"


def _can_be_solved(glance: RunGlance) -> bool:
    return glance.settings is not None and spec(glance.settings).can_be_solved
