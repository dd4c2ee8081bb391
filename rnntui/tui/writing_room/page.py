"""What the screen knows of a text that a network writes: a page, replaced as a whole by the thread that writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rnntui.probes import UnitStates

Phase = Literal["loading", "ready", "writing", "stopped", "done", "failed"]
N_GRAMS = (4, 8, 16, 32)


@dataclass(frozen=True)
class Recall:
    """What of the network's own writing stands verbatim in the text it learned.

    `matches` has, for each character of the page, the length of the longest run that ends with it and stands there (0
    for what was given); `longest` is where the longest of all begins and ends, `shares` the share of the n-grams of
    `N_GRAMS` that stand there, NaN where there is none. `sentence` says why there is nothing, or what it waits for.
    """

    sentence: str = ""
    matches: Sequence[int] = ()
    longest: tuple[int, int] = (0, 0)
    shares: tuple[float, ...] = ()


@dataclass(frozen=True)
class Page:
    """A network's text.

    Of each character `given` says (1 or 0) whether the user gave it, `left_out` whether the network lacks it, and
    `bits` how it surprised the network (NaN: nothing was expected of it).

    Pages of one `edition` only grow at the end.
    """

    title: str = ""
    phase: Phase = "loading"
    sentence: str = ""  # what it waits for, or what went wrong
    text: str = ""
    given: bytes = b""
    left_out: bytes = b""
    bits: Sequence[float] = ()
    states: UnitStates | None = None  # of the unit that was chosen
    edition: int = 0
    recall: Recall = Recall()
    bits_given: float = float("nan")  # mean, of what was given
    bits_written: float = float("nan")  # mean, of what the network wrote
    gain: float = float("nan")  # mean bits of all of it that adapting saves; NaN where the network does not adapt
    measuring: float | None = None  # the share that is done of what a network measures before it adapts; else none


@dataclass(frozen=True)
class Choice:
    """A character that may stand at a place: its share by the network, and as it is drawn."""

    character: str
    probability: float
    drawn: float


@dataclass(frozen=True)
class Glance:
    """What may stand at a position of a page, likeliest first, and by which sampling it is drawn, in words."""

    position: int
    edition: int
    choices: tuple[Choice, ...]
    sampling: str = ""
