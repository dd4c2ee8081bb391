"""The figures that `rnntui plot` draws: which there are, what they are of, and their files."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rnntui.commands.plot import curves, network, samples
from rnntui.commands.plot.request import PlotRequest
from rnntui.commands.progress import waiting
from rnntui.commands.run_names import named
from rnntui.runs import comparison
from rnntui.runs.comparison import Compared, Comparison
from rnntui.runs.finding import ANY, LAST
from rnntui.system.output import as_json, say

Draw = Callable[[Path, Comparison, Sequence[Compared], PlotRequest], None]
PLAIN_NAME = re.compile(r"\w[\w.+-]{0,99}")  # of a run, as it may stand in a file's name


@dataclass(frozen=True)
class FigureOfRuns:
    """One figure: why a run has none (empty where it has), and what draws it.

    One that `overlays` shows several runs together, another is drawn of each. What is `measured` in a network is drawn
    of a checkpoint, what is `smoothed` over steps of what was logged.
    """

    why_none: Callable[[Compared], str]
    draw: Draw
    overlays: bool = False
    is_measured: bool = False
    is_smoothed: bool = False


KINDS: dict[str, FigureOfRuns] = {  # by the names of `request.FIGURES`
    "curves": FigureOfRuns(curves.why_no_curves, curves.draw_curves, overlays=True, is_smoothed=True),
    "gradient": FigureOfRuns(curves.why_no_curves, curves.draw_gradient, overlays=True, is_smoothed=True),
    "horizon": FigureOfRuns(network.why_no_network, network.draw_horizon, overlays=True, is_measured=True),
    "gates": FigureOfRuns(network.why_no_gates, network.draw_gates, is_measured=True),
    "samples": FigureOfRuns(samples.why_no_samples, samples.draw_samples),
    "reading": FigureOfRuns(network.why_no_network, samples.draw_reading, is_measured=True),
}


@dataclass(frozen=True)
class Drawing:
    """A figure to be drawn: its kind, the runs on it and its file."""

    kind: str
    entries: tuple[Compared, ...]
    file: Path


def plot(root: Path, references: Sequence[str], request: PlotRequest) -> None:
    """Draw what was asked for. Raises `ValueError` for what cannot be drawn or written, before anything is drawn."""
    request.check()
    found = comparison.find(root, [_reference(root, reference) for reference in references])
    compared = comparison.compare(found)
    for sentence in compared.left_out:
        say(f"left out: {sentence}")
    drawings = _drawings(compared, request)
    _check_options(request, drawings)
    request.check_files([drawing.file for drawing in drawings])
    drawn: list[Drawing] = []
    for drawing in drawings:
        if _is_drawn(drawing, compared, request):
            say(f"drawn: {drawing.file}")
            drawn.append(drawing)
    if request.wants_json:
        print(as_json([_facts(drawing, request) for drawing in drawn]))


def _is_drawn(drawing: Drawing, compared: Comparison, request: PlotRequest) -> bool:
    """Draw it. Where nobody asked for it by name, a network that cannot be measured is said to be left out."""
    try:
        with waiting.named(f"drawing {drawing.file.name}"):
            KINDS[drawing.kind].draw(drawing.file, compared, drawing.entries, request)
    except ValueError as error:
        if request.figures or not KINDS[drawing.kind].is_measured:
            raise
        say(f"{drawing.kind} left out: {error}")
        return False
    return True


def _reference(root: Path, reference: str) -> str:
    return str(named(root, LAST, ANY).path) if reference == LAST else reference


def _facts(drawing: Drawing, request: PlotRequest) -> dict[str, object]:
    runs = [entry.run.name for entry in drawing.entries]
    return {"figure": drawing.kind, "runs": runs, "file": str(drawing.file), "width_cm": request.width}


# --- which ----------------------------------------------------------------------------------------------------------


def _drawings(compared: Comparison, request: PlotRequest) -> list[Drawing]:
    """The figures asked for, else those that there are: of several runs those that overlay them; of a file one."""
    kinds = request.figures or _usual(compared, request)
    drawings: list[Drawing] = []
    for kind in kinds:
        entries = _with_figure(kind, compared, is_asked=bool(request.figures) or request.is_one_file)
        drawings += _of_kind(kind, entries, request)
    if not drawings:
        raise ValueError(" and ".join(why for entry in compared.compared if (why := curves.why_no_curves(entry))))
    if request.is_one_file and len(drawings) > 1:
        raise ValueError(f"--to {str(request.to)!r} is one file, and {kinds[0]} are drawn of each run: name a folder")
    return drawings


def _usual(compared: Comparison, request: PlotRequest) -> tuple[str, ...]:
    if request.is_one_file:
        return ("curves",)
    return tuple(kind for kind, figure in KINDS.items() if figure.overlays or len(compared.compared) == 1)


def _with_figure(kind: str, compared: Comparison, *, is_asked: bool) -> list[Compared]:
    """The runs that have such a figure. It is said which are left out; raises `ValueError` where it was asked for and
    none has it.
    """
    reasons = {entry.label: KINDS[kind].why_none(entry) for entry in compared.compared}
    have = [entry for entry in compared.compared if not reasons[entry.label]]
    missing = [why for why in reasons.values() if why]
    if is_asked and not have:
        raise ValueError(f"--figure {kind}: {missing[0]}")
    if have or not is_asked:
        for why in missing:
            say(f"{kind} left out: {why}")
    return have


def _of_kind(kind: str, entries: Sequence[Compared], request: PlotRequest) -> list[Drawing]:
    if not entries:
        return []
    if KINDS[kind].overlays or len(entries) == 1:
        return [Drawing(kind, tuple(entries), request.path(kind))]
    return [
        Drawing(kind, (entry,), request.path(f"{kind}-{name}"))
        for entry, name in zip(entries, _names(entries), strict=True)
    ]


def _names(entries: Sequence[Compared]) -> list[str]:
    """What stands for each run in a file's name: its own where that can, else its number."""
    names = [entry.run.path.name for entry in entries]
    can = len(set(names)) == len(names) and all(PLAIN_NAME.fullmatch(name) for name in names)
    return names if can else [str(number) for number in range(1, len(names) + 1)]


def _check_options(request: PlotRequest, drawings: Sequence[Drawing]) -> None:
    """Raise `ValueError` for an option that none of the figures heeds."""
    drawn = [KINDS[drawing.kind] for drawing in drawings]
    if request.log and all(drawing.kind != "curves" for drawing in drawings):
        raise ValueError("--log is for the loss in the curves, which are not drawn: leave it out")
    if request.smooth is not None and not any(figure.is_smoothed for figure in drawn):
        raise ValueError("--smooth is for what was logged over the steps, of which nothing is drawn: leave it out")
    if request.at is not None and not any(figure.is_measured for figure in drawn):
        raise ValueError("--at is for what is measured in a network, of which nothing is drawn: leave it out")
