"""What differs by task: the defaults of its settings, among them the learning rate, its presets, and what it has.

A new one is a file in `core/tasks/` and an entry of `TASKS`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rnntui.specs.cells import CELLS
from rnntui.specs.recipes import BOOK, BOOK_LARGE, QUICK, TINY

LATCH_NOTE = "units keep the first one-hot digit and nothing else"
CARRY_NOTE = "an RNN; the earlier an input, the larger what is left of it"


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


def bits(nats: float | None) -> float | None:
    """A loss in bits per character; `None` where there is none."""
    return None if nats is None else BITS.of(nats)


@dataclass(frozen=True)
class PresetRule:
    """What a preset sets where these settings have one of these values; `note` is what one should know of it.

    `by_size` gives the settings that follow a size: that of the corpus, from its bytes, or of others that were given.
    """

    sets: Mapping[str, Any] = field(default_factory=dict)
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    note: str = ""
    by_size: Callable[[int, Mapping[str, Any]], Mapping[str, Any]] | None = None

    def values(self, size: int, given: Mapping[str, Any]) -> dict[str, Any]:
        """What it sets for a corpus of so many bytes beside the settings given."""
        following = self.by_size(size, given) if self.by_size is not None else {}
        return {**self.sets, **following}

    def fits(self, values: Mapping[str, Any]) -> bool:
        """Whether it is for these settings."""
        return all(values[name] in wanted for name, wanted in self.where.items())


@dataclass(frozen=True)
class TaskSpec:
    """A task. `path` is `module:Class`, `about` a line of help, `defaults` what differs from a setting's own default.

    `settings` names those that only some tasks have. `unit` is what its loss is shown in. `has_accuracy` says that its
    answers are right or wrong (a classification; else it is a regression), `has_corpus` that it learns a text and has
    its vocabulary, `holds_out` that part of its data is kept from training and scored, `generates` that its network
    writes. `sizes` are a network's inputs and outputs, by the settings; none: those that its text has characters.
    A task that draws every example anew holds nothing out: it is tested on fresh examples.
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
    sizes: Callable[[Any], tuple[int, int]] | None = None
    time_steps: Callable[[Any], int] = lambda settings: int(
        settings.length
    )  # of a training sequence, from its settings
    usual: str = ""  # the preset of a new run where none is named; none: its defaults
    why_not_latch: str = ""  # where latched units cannot hold what the task needs held, and what does better

    @property
    def can_be_solved(self) -> bool:
        """Whether there is an accuracy from which on nothing is left to learn."""
        return self.has_accuracy and not self.holds_out


DIGITS = 10


def _digit_sizes(settings: Any) -> tuple[int, int]:
    return (1 if settings.input == "scalar" else DIGITS), DIGITS


_REPORT = PresetRule({"input": "scalar", "init": "normal"})
_CHRONO = PresetRule(  # `rnntui sweep phased-noise` and `phased-frequency`
    {"init": "chrono", "optimizer": "adam", "lr": 0.003, "clip": 1.0}, {"cell": ("lstm", "gru")}
)

_TEXT_REPORT = PresetRule(
    {
        "hidden": 128,
        "layers": 2,
        "length": 30,
        "batch": 64,
        "stateful": False,
        "init": "uniform",
        "steps": 100_000,
        "optimizer": "rmsprop",
        "lr": 0.002,
        "lr_decay": 0.96,
        "lr_decay_every": 5_000,
        "clip": 5.0,
    }
)

FIRST_LENGTH, FIRST_STEPS, USUAL_STEPS = 20, 1_500, 10_000


def _first_steps(size: int, given: Mapping[str, Any]) -> dict[str, int]:
    """Three times those in which an LSTM learns 20 digits; more for a GRU, and with the square of the length, up to
    what is usual.
    """
    times = min(max(1.0, given.get("length", FIRST_LENGTH) / FIRST_LENGTH), USUAL_STEPS)
    first = FIRST_STEPS * (2 if given.get("cell") == "gru" else 1)
    return {"steps": min(USUAL_STEPS, round(first * times**2))}


_FIRST = PresetRule(  # measured in docs/results/first-task
    {"length": FIRST_LENGTH, "optimizer": "adam", "lr": 0.0005, "clip": 1.0},
    {"input": ("one-hot",), "cell": tuple(CELLS)},
    "20 digits, which an LSTM learns in some 500 steps; taken where no preset is named",
    by_size=_first_steps,
)
_SHORT = PresetRule(
    {"length": 10, "optimizer": "rmsprop", "lr": 0.001, "clip": 10.0, "steps": USUAL_STEPS},
    note="what sweeps and the Python interface begin with",
)

TASKS: dict[str, TaskSpec] = {
    "palindrome": TaskSpec(
        "rnntui.core.tasks.palindrome:Palindrome",
        "the last digit of a palindrome, which equals its first",
        settings=("input",),
        sizes=_digit_sizes,
        usual="quick",
        presets={
            "report": (_REPORT,),
            "quick": (_FIRST, _SHORT),
            "short": (_SHORT,),
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
            "carry": (
                PresetRule(  # `rnntui sweep carry`
                    {
                        "cell": "rnn",
                        "init": "carry",
                        "recurrent": "orthogonal",
                        "optimizer": "adam",
                        "lr": 0.01,
                        "clip": 1.0,
                    },
                    {"input": ("one-hot",)},
                    CARRY_NOTE,
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
        presets={
            "report": (_TEXT_REPORT,),
            "tiny": (PresetRule(by_size=TINY, note="something to read after a minute on one core"),),
            "quick": (PresetRule(by_size=QUICK, note="about ten minutes on one core; taken where none is named"),),
            "book": (PresetRule(by_size=BOOK, note="half an hour to an hour on one core"),),
            "book-large": (PresetRule(by_size=BOOK_LARGE, note="for a GPU, or a night"),),
        },
        usual="quick",
        settings=(
            *("corpus", "encoding", "lower", "stateful", "temperature", "sample_length", "sample_every"),
            *("validate_every", "validate_on", "patience", "average", "average_decay"),
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
        sizes=lambda settings: (2 if settings.sampling == "uneven" else 1, 2),
        presets={"long-memory": (_CHRONO,)},
        why_not_latch="not enough for frequencies: leave --init out",
    ),
    "noise": TaskSpec(
        "rnntui.core.tasks.noise:Noise",
        "the relevant digit among random ones",
        settings=("spacing", "input"),
        sizes=_digit_sizes,
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
