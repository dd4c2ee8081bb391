"""Which network writes or scores: a run's checkpoint, or several whose mean is taken; as trained, or adapting.

Without torch: the command line and the screen check with it what was typed, before anything heavy is loaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rnntui.runs import weights
from rnntui.runs.run import Run
from rnntui.text.format import listed

Checkpoints = Sequence[tuple[int, str]]  # of each member the step, and which of its weights (`runs.weights`)

JOIN = "+"  # between the names of an ensemble's members
MOST_MEMBERS = 16  # of an ensemble
SHOWN = 12  # characters that a sentence names
LONGEST_SEGMENT = 1_000  # characters; 300 such segments are written before a network adapts
HIGHEST_RATE = 1.0  # of adapting: about how far a weight moves in a step, and few weights are larger


@dataclass(frozen=True)
class Adaptation:
    """How a network adapts to what it reads (`docs/spec.md` 4): after each `length` characters one step down their
    gradient, of rate η, and a share λ, `decay`, of the way back to the trained weights.

    Raises `ValueError`, naming the option, for what cannot be.
    """

    rate: float = 1e-4
    length: int = 20
    decay: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.rate <= HIGHEST_RATE:
            raise ValueError(f"--adapt-rate must be above 0 and at most {HIGHEST_RATE:g}, not {self.rate:g}")
        if not 1 <= self.length <= LONGEST_SEGMENT:
            raise ValueError(f"--adapt-length must be at least 1 and at most {LONGEST_SEGMENT}, not {self.length}")
        if not 0 <= self.decay <= 1:
            raise ValueError(f"--adapt-decay must be at least 0 (none) and at most 1, not {self.decay:g}")

    def in_words(self) -> str:
        """`adapting`, with what is not as usual."""
        usual = Adaptation()
        parts = [f"rate {self.rate:g}"] if self.rate != usual.rate else []
        parts += [f"length {self.length}"] if self.length != usual.length else []
        parts += [f"decay {self.decay:g}"] if self.decay != usual.decay else []
        return " ".join(["adapting", *parts])


@dataclass(frozen=True)
class Member:
    """A run's checkpoint (`None`: the newest) in an ensemble; `said` is a sentence where it is not the newest though
    none was named.
    """

    run: Run
    step: int | None = None
    said: str = ""


@dataclass(frozen=True)
class NetworkSpec:
    """A run's checkpoint as of a `Member`, the others that the mean is taken with, and how each of them adapts."""

    run: Run
    step: int | None = None
    said: str = ""
    beside: tuple[Member, ...] = ()
    adaptation: Adaptation | None = None

    @property
    def members(self) -> tuple[Member, ...]:
        """All whose mean is taken, one or more."""
        return (Member(self.run, self.step, self.said), *self.beside)

    @property
    def runs(self) -> list[Run]:
        """The runs of the members, each once."""
        return list({member.run.path: member.run for member in self.members}.values())

    @property
    def name(self) -> str:
        """`anna`, or of an ensemble `anna+odyssey`."""
        return JOIN.join(member.run.name for member in self.members)

    @property
    def lower(self) -> bool:
        """Whether a text is made lower case before it is read."""
        return any(run.settings().lower for run in self.runs)

    def in_words(self, checkpoints: Checkpoints) -> str:
        """`anna · step 300`, or `anna+odyssey · steps 300, 200 averaged · adapting`."""
        if len(checkpoints) == 1:
            steps = weights.in_words(*checkpoints[0])
        else:
            steps = f"steps {', '.join(_in_short(step, which) for step, which in checkpoints)}"
        parts = [self.name, steps]
        parts += [self.adaptation.in_words()] if self.adaptation is not None else []
        return " · ".join(parts)


def _in_short(step: int, which: str) -> str:
    return f"{step:,} {which}" if which == weights.AVERAGED else f"{step:,}"


def check_vocabularies(one: str, other: str, name: str, other_name: str) -> None:
    """Raise `ValueError`, with the difference, where two vocabularies are not of the same characters."""
    if set(one) == set(other):
        return
    lacks = [
        f"run {whose!r} lacks {listed([repr(each) for each in theirs if each not in ours], ' ', SHOWN)}"
        for whose, ours, theirs in ((name, one, other), (other_name, other, one))
        if set(theirs) - set(ours)
    ]
    raise ValueError(
        f"{name}+{other_name}: the vocabularies differ ({'; '.join(lacks)}); only networks of the same characters "
        "have a mean"
    )
