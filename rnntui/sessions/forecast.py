"""What can be said of a run before it begins: how many parameters it has, and how long it takes here.

The time is that of a run that was trained here, scaled by the products of matrices; where no run of the folder is near
enough to tell, nothing is said. Both read files, so that a form asks in a thread of its own.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rnntui import corpora
from rnntui.config import Settings, spec, time_steps
from rnntui.runs import Run, overview
from rnntui.specs import CELLS, recurrent_products

NEWEST = 50  # runs of a folder that are looked at
LEAST, MOST = 1 / 4, 8.0  # times the products of a step of the run whose speed is taken: there it errs by a third


@dataclass(frozen=True)
class Pace:
    """How fast a run was trained here."""

    name: str
    settings: Settings
    steps_per_second: float


@dataclass(frozen=True)
class Forecast:
    """Seconds that a run will take, and the run of which its speed is known."""

    seconds: float
    like: str


def paces(root: Path) -> tuple[Pace, ...]:
    """The speeds of the newest runs of a folder, the newest first; empty where it cannot be read."""
    with suppress(OSError):
        found = (each for each in overview.found_in(root) if not each.is_sweep)
        return tuple(_paces(islice(found, NEWEST)))
    return ()


def _paces(found: Iterable[overview.FoundRun]) -> Iterable[Pace]:
    for each in found:
        with suppress(ValueError, OSError):
            run = Run(each.path)
            settings = run.settings()
            if speed := run.status(settings, {}).steps_per_second:
                yield Pace(run.name, settings, speed)


def forecast(settings: Settings, known: Sequence[Pace]) -> Forecast | None:
    """How long a run takes, by the run whose steps are most like its own; `None` where none is near enough."""
    alike = [pace for pace in known if _is_alike(pace.settings, settings)]
    if not alike:
        return None
    pace = min(alike, key=lambda pace: _times(products(pace.settings), products(settings)))
    more = products(settings) / products(pace.settings)
    if not LEAST <= more <= MOST:
        return None
    return Forecast(settings.steps * more / pace.steps_per_second, pace.name)


def products(settings: Settings) -> float:
    """Multiplications of weights in the recurrent layers at a step, forward."""
    return recurrent_products(settings) * settings.batch * time_steps(settings)


def _is_alike(one: Settings, other: Settings) -> bool:
    """Whether the speed of one tells that of the other, but for their sizes."""
    same = ("task", "cell", "layer_norm", "device", "threads", "kernel", "input")
    return all(getattr(one, name) == getattr(other, name) for name in same)


def _times(one: float, other: float) -> float:
    return max(one / other, other / one)


def parameters(settings: Settings) -> int:
    """Trained parameters of a network, as its pane will say them; 0 where that is not known.

    That is so for a cell of a user's own, whose code is run by its training alone, and for a large text that was not
    read yet. Counted without torch, whose import would hold up whoever asks.
    """
    cell, sizes = CELLS.get(settings.cell), _sizes(settings)
    if cell is None or cell.weights is None or sizes is None:
        return 0
    (inputs, outputs), n = sizes, settings.hidden
    layers = sum(cell.weights(settings, n if k else inputs, n) for k in range(settings.layers))
    layers += settings.layers * cell.gains * n if settings.layer_norm else 0
    return layers + outputs * (n + 1)


def _sizes(settings: Settings) -> tuple[int, int] | None:
    sizes = spec(settings).sizes
    return sizes(settings) if sizes is not None else _text_sizes(settings) if spec(settings).has_corpus else None


def _text_sizes(settings: Settings) -> tuple[int, int] | None:
    """Inputs and outputs of a network on a text: a unit for each of its characters."""
    named = settings.corpus, settings.lower, settings.encoding
    with suppress(ValueError, OSError):
        if not corpora.is_slow(*named):
            characters = len(corpora.load(settings.corpus, settings.lower, encoding=settings.encoding).vocabulary)
            return characters, characters
    return None
