"""What differs by cell, task and optimizer, in one spec each: a new one is a file in `core/` and an entry here.

Everything else asks the spec and never for a name, so that what is added is trained, shown, compared and swept as what
was there before. Standard library only: help and the first frame come before anything heavy is loaded.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

LATCH_NOTE = "units keep the first one-hot digit and nothing else"


@dataclass(frozen=True)
class LossUnit:
    """What a loss is shown in: its name, how a column or a line of a table is headed, and its size in what is measured.

    A cross-entropy is measured in nats, a squared error as it is.
    """

    name: str
    label: str
    short: str
    size: float = 1.0

    def of(self, measured: float) -> float:
        """A measured loss in this unit."""
        return measured / self.size


NATS = LossUnit("nats", "loss, nats", "nats")
BITS = LossUnit("bits per character", "bits per character", "bits", math.log(2))
SQUARED_ERROR = LossUnit("squared error", "mean squared error", "mse")


@dataclass(frozen=True)
class PresetRule:
    """What a preset sets where these settings have one of these values; `note` is what one should know of it."""

    sets: Mapping[str, Any]
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    note: str = ""

    def fits(self, values: Mapping[str, Any]) -> bool:
        """Whether it is for these settings."""
        return all(values[name] in wanted for name, wanted in self.where.items())


@dataclass(frozen=True)
class CellSpec:
    """A cell of ours. `path` is `module:Class`, `name` how people write it.

    `cost` is the arithmetic of a step, as many times that of an RNN of the same size. `forget_gate` says that it has a
    gate whose bias keeps the state, `closes` that its units are shut for part of the time, so that no latch holds.
    """

    path: str
    name: str
    cost: Callable[[Any], float]
    forget_gate: bool = True
    closes: bool = False


@dataclass(frozen=True)
class TaskSpec:
    """A task. `path` is `module:Class`, `about` a line of help, `defaults` what differs from a setting's own default.

    `settings` names those that only some tasks have. `unit` is what its loss is shown in. `has_accuracy` says that its
    answers are right or wrong (a classification; else it is a regression), `has_corpus` that it learns a text and has
    its vocabulary, `holds_out` that part of its data is kept from training and scored, `generates` that its network
    writes. A task that draws every example anew holds nothing out: it is tested on fresh examples.
    """

    path: str
    about: str
    defaults: Mapping[str, Any] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    presets: Mapping[str, tuple[PresetRule, ...]] = field(default_factory=dict)
    unit: LossUnit = NATS
    has_accuracy: bool = True
    baselines_drawn: tuple[str, ...] = ("chance", "mean")  # beside the curves, of all that a task has
    has_corpus: bool = False
    holds_out: bool = False
    generates: bool = False
    time_steps: Callable[[Any], int] = lambda settings: int(
        settings.length
    )  # of a training sequence, from its settings
    why_not_latch: str = ""  # where latched units cannot hold what the task needs held, and what does better

    @property
    def can_be_solved(self) -> bool:
        """Whether there is an accuracy from which on nothing is left to learn."""
        return self.has_accuracy and not self.holds_out


CELLS: dict[str, CellSpec] = {
    "rnn": CellSpec("rnntui.core.cells.vanilla:VanillaRNN", "RNN", lambda settings: 1, forget_gate=False),
    "lstm": CellSpec("rnntui.core.cells.lstm:LSTM", "LSTM", lambda settings: 4),
    "gru": CellSpec("rnntui.core.cells.gru:GRU", "GRU", lambda settings: 3),
    "phased": CellSpec(
        "rnntui.core.cells.phased:PhasedLSTM",
        "Phased LSTM",
        lambda settings: 4 * min(1.0, settings.ratio + 0.2),  # closed units are skipped
        closes=True,
    ),
}
OWN_CELL_COST = 4.0  # of a user's own cell, which nobody knows


@dataclass(frozen=True)
class OptimizerSpec:
    """A rule that updates the weights.

    `path` is `module:function`: from θ `(P,)`, the settings and the learning rate to a torch optimizer. `settings` are
    those of its own. `ravine_rate` is its rate on the ravine: large, and it arrives. Above `highest_rate` it hardly
    learns; `usual_rates` says what it usually learns with.
    """

    path: str
    ravine_rate: float
    settings: tuple[str, ...] = ()
    highest_rate: float = 1.0  # of a rule that steps by the rate itself
    usual_rates: str = "0.0001 to 0.01"


OPTIMIZERS: dict[str, OptimizerSpec] = {
    # 2/(1/10 + 2) shrinks both directions of the ravine alike, the best that one rate can do; from 1 on it leaves.
    "sgd": OptimizerSpec("rnntui.core.training.optim:sgd", 0.95, (), 100.0, "0.01 to 1"),
    # With μ = 0.9 a steady gradient counts tenfold: about SGD's rate in the long run.
    "momentum": OptimizerSpec("rnntui.core.training.optim:sgd_with_momentum", 0.1, ("momentum",), 100.0, "0.01 to 1"),
    # The first step is as long as the rate, in x and in y: short of the floor, which is 2 away.
    "adagrad": OptimizerSpec("rnntui.core.training.optim:adagrad", 1.5),
    # The first step is 10 = 1/√(1 − 0.99) times the rate: the same 1.5.
    "rmsprop": OptimizerSpec("rnntui.core.training.optim:rmsprop", 0.15, ("rho",)),
    # Steps are about as long as the rate: 35 of them to the goal; larger ones overshoot it.
    "adam": OptimizerSpec("rnntui.core.training.optim:adam", 0.2, ("beta1", "beta2")),
    # Adam's, so that the two differ by the decay alone.
    "adamw": OptimizerSpec("rnntui.core.training.optim:adamw", 0.2, ("beta1", "beta2")),
}

_REPORT = PresetRule({"input": "scalar", "init": "normal"})
_CHRONO = PresetRule(  # `rnntui sweep phased-noise` and `phased-frequency`
    {"init": "chrono", "optimizer": "adam", "lr": 0.003, "clip": 1.0}, {"cell": ("lstm", "gru")}
)

TASKS: dict[str, TaskSpec] = {
    "palindrome": TaskSpec(
        "rnntui.core.tasks.palindrome:Palindrome",
        "the last digit of a palindrome, which equals its first",
        settings=("input",),
        presets={
            "report": (_REPORT,),
            "long-memory": (
                PresetRule(  # won `rnntui sweep frontier`
                    {"init": "latch", "optimizer": "adam", "lr": 0.003, "clip": 1.0},
                    {"input": ("one-hot",)},
                    LATCH_NOTE,
                ),
                PresetRule(  # a latched unit takes the sign of its input, and a scalar digit has none
                    {"init": "orthogonal", "optimizer": "adam", "lr": 0.001, "clip": 1.0}, {"input": ("scalar",)}
                ),
            ),
        },
    ),
    "text": TaskSpec(
        "rnntui.core.tasks.text:TextTask",
        "the next character of a text",
        defaults={
            "layers": 2,
            "length": 30,
            "batch": 64,
            "steps": 100_000,
            "lr": 0.002,
            "lr_decay": 0.96,
            "clip": 5.0,
            "init": "uniform",
        },
        settings=(
            *("corpus", "encoding", "lower", "stateful", "temperature", "sample_length", "sample_every"),
            "validate_every",
        ),
        unit=BITS,
        has_corpus=True,
        holds_out=True,
        generates=True,
        baselines_drawn=("bigram",),
        why_not_latch="not enough for text: leave --init out",
    ),
    "frequency": TaskSpec(
        "rnntui.core.tasks.frequency:Frequency",
        "whether a sine's period lies in a band",
        defaults={"length": 500, "batch": 32, "steps": 3_000, "optimizer": "adam", "clip": 1.0},
        settings=("sampling",),
        presets={"long-memory": (_CHRONO,)},
        why_not_latch="not enough for frequencies: leave --init out",
    ),
    "noise": TaskSpec(
        "rnntui.core.tasks.noise:Noise",
        "the relevant digit among random ones",
        settings=("spacing", "input"),
        presets={"report": (_REPORT,), "long-memory": (_CHRONO,)},
        time_steps=lambda settings: int(settings.length * settings.spacing),
        why_not_latch="the first digit of a noisy sequence is not the one that counts: --init chrono does better",
    ),
}


def presets() -> list[str]:
    """The names of all presets, as they come among the tasks."""
    return list(dict.fromkeys(name for task in TASKS.values() for name in task.presets))


def tasks_with(setting: str) -> list[str]:
    """The tasks that list a setting as theirs; empty where every task has it."""
    return [name for name, task in TASKS.items() if setting in task.settings]


def optimizers_with(setting: str) -> list[str]:
    """The optimizers that list a setting as theirs; empty where it is none's in particular."""
    return [name for name, optimizer in OPTIMIZERS.items() if setting in optimizer.settings]


def cell_name(cell: str) -> str:
    """A cell as people write it: `Phased LSTM`; one of a user's own by its class."""
    return CELLS[cell].name if cell in CELLS else cell.rpartition(":")[2].rpartition(".")[2]


def cell_cost(settings: Any) -> float:
    """The arithmetic of a time step, as many times that of an RNN of the same size."""
    return CELLS[settings.cell].cost(settings) if settings.cell in CELLS else OWN_CELL_COST


def tasks_in_words(tasks: Iterable[str]) -> str:
    """`noise and frequency`."""
    return " and ".join(tasks)
