"""What can be seen of a network in training: measured by core, drawn by the screen, all of it frozen.

numpy is named here for types only: the first frame needs none.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.floating[Any]]
    Marks = NDArray[np.bool_]

View = Literal["horizon", "gates", "rhythms"]
NAMES: dict[View, str] = {
    "horizon": "gradient horizon",
    "gates": "view of the gates",
    "rhythms": "view of the time gates",
}
TIME_GATE = "k"  # the letter of the Phased LSTM's openness, among those of the other gates


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
    whole length, of which the openings may hold the beginning only.
    """

    step: int
    openings: tuple[GateActivity, ...]
    holes: dict[int, "Marks"]
    steps: int


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


Insight = GradientHorizon | Gates | Rhythms
