"""What can be seen of a network in training: measured by core, drawn by the screen, all of it frozen.

numpy is named here for types, and imported by what needs it: the first frame does not.
"""

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rnntui.text.state_scale import StateScale

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.floating[Any]]
    Marks = NDArray[np.bool_]

View = Literal["horizon", "gates", "rhythms", "weights", "reading"]
NAMES: dict[View, str] = {
    "horizon": "gradient horizon",
    "gates": "view of the gates",
    "rhythms": "view of the time gates",
    "weights": "view of the weights",
    "reading": "view of the units that read",
}
Measure = Literal["correlation", "mutual-information"]  # of a unit and what it follows
CORRELATION: Measure = "correlation"
MUTUAL_INFORMATION: Measure = "mutual-information"
TIME_GATE = "k"  # the letter of the Phased LSTM's openness, among those of the other gates
ROLES = {
    TIME_GATE: "time gate: a unit changes only while it is open",
    "i": "input gate: lets new input in",
    "f": "forget gate: open, it keeps the cell",
    "o": "output gate: shows the cell to the others",
    "g": "candidate: what would be written",
    "r": "reset gate: lets the past into the candidate",
    "z": "update gate: open, it keeps the state",
}
ROUNDING = 1e-4  # of the square of an eigenvalue
MOST_UNITS = 1_024  # of a matrix whose eigenvalues are looked for: they take a time that grows with their cube
READ_OUT = "read-out"  # stands among the names of the layers
MOST_SHADES = 128  # on a side of a matrix that is shown
LONGEST_NUMBER = 10  # digits of a unit's
NO_UNIT = "{typed} is not a layer, a state and a number, such as 2 c 37"
CANDIDATE = "g"  # between -1 and 1, where gates are between 0 and 1


@dataclass(frozen=True)
class GradientHorizon:
    """How far back the gradient reached at a step: its norm at lag 0, 1, …, and the effective memory in steps.

    `least` is the norm that counts as forgotten.
    """

    step: int
    norms: tuple[float, ...]
    effective_memory: int
    least: float


@dataclass(frozen=True, eq=False)
class GateActivity:
    """One gate of one layer, from the first time step of a batch on.

    `units` `(T, n)` are those of one sequence, sorted by `sorted_by` `(n,)`: the mean opening, largest first, or a
    time gate's period, shortest first. `mean` and `spread` `(T,)` are over all units and examples.
    """

    layer: int  # from 1
    letter: str
    units: "Values"
    sorted_by: "Values"
    mean: "Values"
    spread: "Values"


@dataclass(frozen=True, eq=False)
class Gates:
    """What each gate of each layer did at a training step.

    `holes` has, for each layer with time gates, where in the whole of a sequence no unit is open. `steps` is that
    whole length, of which the openings may hold the beginning only. `read` is what that sequence has at each step, a
    character each; it is empty where that is not known, as of a process of an earlier version.
    """

    step: int
    openings: tuple[GateActivity, ...]
    holes: dict[int, "Marks"]
    steps: int
    read: str = ""


@dataclass(frozen=True, eq=False)
class Rhythm:
    """The time gates of one layer: τ, s and r_on of each unit `(n,)`, by `gate.PARAMETERS`, now and at the start."""

    layer: int  # from 1
    now: dict[str, "Values"]
    start: dict[str, "Values"]
    learned: tuple[str, ...]
    holes: "Marks"  # (T,)


@dataclass(frozen=True, eq=False)
class Rhythms:
    """The time gates of every layer at a training step."""

    step: int
    layers: tuple[Rhythm, ...]


@dataclass(frozen=True, eq=False)
class RecurrentBlock:
    """A recurrent matrix of n units: `eigenvalues` `(n, 2)`, real and imaginary part, its spectral radius and its
    largest singular value. Of one that is too large, or not finite, there are none, and both figures are NaN.

    `matrix` `(m, m)`, rows to a unit and columns from one, has the units by the norm of all their weights in it, the
    largest first. Of a large one each entry stands for a square of them: that farthest from 0. It is `None` where it is
    not finite, and of a process of an earlier version.
    """

    layer: int  # from 1
    letter: str  # of the matrix in the cell's equations, such as W_fh
    units: int
    eigenvalues: "Values"
    radius: float
    largest_singular: float
    matrix: "Values | None" = None

    @property
    def name(self) -> str:
        """What it is called where the equations are not at hand: `W_hh[f]` is that from the state to gate f.

        `W_ih` of the equations, to gate i, is elsewhere the name of the matrix from the input to the state.
        """
        of_gate = re.fullmatch(r"W_([^\W_h])h", self.letter)
        return f"W_hh[{of_gate[1]}]" if of_gate else self.letter

    @property
    def outside(self) -> int:
        """How many eigenvalues lie outside the unit circle; those of an orthogonal matrix lie on it."""
        return int(((self.eigenvalues**2).sum(1) > 1.0 + ROUNDING).sum())

    @property
    def why_none(self) -> str:
        """Why it has no eigenvalues; empty where it has."""
        if len(self.eigenvalues):
            return ""
        return f"no spectrum above {MOST_UNITS:,} units" if self.units > MOST_UNITS else "not all of it is finite"


def farthest(matrix: "Values", most: int) -> "Values":
    """A square matrix of at most so many rows: of each square of entries, of one size, that farthest from 0."""
    import numpy as np

    first = np.arange(0, len(matrix), max(1, -(-len(matrix) // most)))
    high, low = (
        of.reduceat(of.reduceat(matrix, first, 0), first, 1) if len(matrix) else matrix
        for of in (np.maximum, np.minimum)
    )
    return np.asarray(np.where(high >= -low, high, low))


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """The weights of a layer, or of the read-out: how many are in each bin from `low` to `high`, now and at the start,
    and their standard deviations.

    `start` is empty, and its deviation NaN, where the weights of the start are not known; `update_ratio` (‖Δθ‖/‖θ‖ of
    the newest step) is NaN where no step was watched.
    """

    name: str
    low: float
    high: float
    now: "Values"
    start: "Values"
    deviation: float
    start_deviation: float
    update_ratio: float


@dataclass(frozen=True, eq=False)
class LayerGradients:
    """The gradients of the matrices of a layer, or of the read-out, on a batch drawn aside: how many sizes are in each
    bin from `low` to `high`, powers of ten, now and at the start, and their norms.

    `start` is empty, and its norm NaN, where the weights of the start are not known. `share_zero` is how many are 0,
    which no bin has.
    """

    name: str
    low: float
    high: float
    now: "Values"
    start: "Values"
    norm: float
    start_norm: float
    share_zero: float


@dataclass(frozen=True, eq=False)
class NetworkWeights:
    """The weights of a network at a training step, and their gradients, for as many of the layers as they are known."""

    step: int
    blocks: tuple[RecurrentBlock, ...]
    layers: tuple[LayerWeights, ...]
    gradients: tuple[LayerGradients, ...] = ()


@dataclass(frozen=True)
class ReadingQuestion:
    """What one window wants to know of the reading besides.

    `feature` is a regular expression: which units follow it. `place` is one in the text that is shown: where else a
    unit of that `layer` and `state` is as it is there, or, for `unit` 0, the whole of that state. The unit is listed
    whatever it follows, also where no place is asked about.
    """

    feature: str = ""
    place: int = -1
    layer: int = 1
    state: str = "h"
    unit: int = 0


@dataclass(frozen=True)
class UnitName:
    """A unit of a state of a layer, both numbered from 1."""

    layer: int
    state: str
    unit: int

    def __str__(self) -> str:
        return f"{self.layer} {self.state} {self.unit}"

    @classmethod
    def typed(cls, text: str) -> "UnitName | None":
        """The unit that a text names as lists do, such as `2 c 37`; `None` where it names none."""
        match text.lower().split():
            case [layer, state, number] if _is_number(layer) and _is_number(number):
                return cls(int(layer), state, int(number))
        return None


def _is_number(typed: str) -> bool:
    """Whether it is one that a layer or a unit may have."""
    return typed.isdecimal() and len(typed) < LONGEST_NUMBER and int(typed) > 0


@dataclass(frozen=True)
class UnitStates:
    """What a unit did after each character of a text, and the scale that it is shaded by.

    `problem` says why there is nothing, about the network.
    """

    unit: UnitName
    scale: StateScale
    states: tuple[float, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class RankedUnit:
    """A unit, the feature of a text that it follows best, and their correlation."""

    name: UnitName
    follows: str
    r: float


@dataclass(frozen=True)
class UnitRanking:
    """The units of a network by what they follow in so many `characters` of a text: for each feature its best one
    first, the strongest of them in front, then all others that move.

    `of` is how many characters the text has, of which the last were compared. `problem` says why there are no units,
    about the network or the text.
    """

    units: tuple[RankedUnit, ...] = ()
    characters: int = 0
    of: int = 0
    problem: str = ""


@dataclass(frozen=True)
class UnitTrack:
    """A unit among the `units` of a state of a layer, both numbered from 1, and the feature that it follows best.

    `follows` is empty, and `r`, the correlation, NaN, where there was nothing to follow. `tells` is the feature that it
    has the most mutual information with, `bits`; of a process of an earlier version there is none.
    """

    layer: int
    state: str
    unit: int
    units: int
    follows: str
    r: float
    tells: str = ""
    bits: float = math.nan


@dataclass(frozen=True)
class SimilarPlace:
    """A place like another one: where it is, the text up to there, what comes next, and how far apart the two are."""

    position: int
    before: str
    after: str
    distance: float


@dataclass(frozen=True, eq=False)
class Reading:
    """What units did while a network read: their `states` `(U, P)` after each character of `text`, which has P.

    Other tasks than text stand there in characters too, a sequence a line. The correlations are over `read`
    characters, of which the text is the beginning. A state is NaN where nothing was read, as at the end of a sequence.
    `question` is what was asked, `similar` the answer, the nearest first. `unranked` is why no unit can be ranked by
    the feature that was asked for, about that; else empty.
    """

    step: int
    text: str
    read: int
    tracks: tuple[UnitTrack, ...]
    states: "Values"
    question: ReadingQuestion | None = None
    similar: tuple[SimilarPlace, ...] = ()
    unranked: str = ""


Insight = GradientHorizon | Gates | Rhythms | NetworkWeights | Reading
