"""The files of a run's folder, as types: `config.json`, `state.json`, and the rows of the three `.jsonl` files.

Losses are nats, times seconds. A row file states its version in its first row.
"""

import math
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from rnntui.schemas.base import Count, File, Line, Real, Scalar, Step, number

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class CorpusFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What `config.json` keeps of the data. Of a task without a text it is empty.

    `size` is the bytes that the text was decoded from, `vocabulary` its distinct characters, sorted.
    """

    corpus: str = ""
    sha256: str = ""
    size: Count | None = field(default=None, name="bytes")
    characters: Count = 0
    notes: tuple[str, ...] = ()
    vocabulary: str = ""
    encoding: str = ""
    guesses: dict[str, str] | None = None  # encodings by file; None: kept before other than Western ones were guessed


class Origin(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whose weights a run began with: a run's name, the step of its checkpoint, the SHA-256 of the file of weights, and
    the characters that they are of; of a task without a text there are none.
    """

    run: str
    step: Step
    sha256: Sha256
    vocabulary: str = ""


class RunConfig(File, frozen=True, kw_only=True):
    """`config.json`. What is known once a run has been opened is empty or `None` before.

    `settings` are those of `config.Settings` by name, checked when they are made; `baselines` are loss and accuracy of
    simple guessers; `deaf` is, for each layer with time gates, the share of steps at which no unit is open.
    """

    settings: dict[str, Scalar]
    created: float | None = None
    device: str = ""
    threads: Count | None = None
    versions: dict[str, str] = field(default_factory=dict)
    kernel: str = ""
    parameters: Count | None = None
    deaf: tuple[float, ...] = ()
    data: CorpusFacts = CorpusFacts()
    baselines: dict[str, tuple[float, Real]] = field(default_factory=dict, name="rulers")
    cell_file: str = ""  # where a user's own cell was found
    origin: Origin | UnsetType = field(default=UNSET, name="from")  # unset where the weights were drawn
    processes: Count | UnsetType = UNSET  # that trained it together, where it was more than one
    launch: str | UnsetType = UNSET  # what torchrun called the launch that made the run


class FiguresState(Struct, frozen=True, kw_only=True):
    """Figures of merit in `state.json`; `best` is loss and step of the best checkpoint.

    `without_gain` counts the evaluations since the one of the `lowest_held_out` loss.
    """

    recent_loss: tuple[Real, ...] = ()
    recent_accuracy: tuple[Real, ...] = ()
    solved_at: Step | None = None
    best: tuple[float, Step] | None = None
    best_accuracy: Real = None
    validation_loss: Real = None
    validation_accuracy: Real = None
    lowest_held_out: Real = None
    without_gain: Count = 0
    averaged_validation_loss: Real = None
    averaged_validation_accuracy: Real = None

    @property
    def average_is_better(self) -> bool:
        """Whether the averaged weights predicted what is held out better than the weights themselves."""
        return is_better(self.averaged_validation_loss, self.validation_loss)

    @property
    def held_out_loss(self) -> Real:
        """The newest held-out loss, of the averaged weights where they did better."""
        return self.averaged_validation_loss if self.average_is_better else self.validation_loss

    @property
    def held_out_accuracy(self) -> Real:
        """The accuracy of the same evaluation and the same weights, a share."""
        return self.averaged_validation_accuracy if self.average_is_better else self.validation_accuracy


def is_better(loss: Real, other: Real) -> bool:
    """Whether a loss that may not be known is below another."""
    return loss is not None and other is not None and loss < other


class BatchFigures(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The figures of a step's own batch; before the first step there are none."""

    loss: Real = None
    accuracy: Real = None
    gradient_norm: Real = None
    learning_rate: Real = None


BatchRange = tuple[float, float, float, Real]  # least, mean, greatest, and the geometric mean of those above 0
# Of values that are finite their number, the least, the sum, the greatest; of those above 0 their number, and the sum
# of their natural logarithms.
Sums = tuple[Count, float, float, float, Count, float]
NO_SUMS: Sums = (0, 0.0, 0.0, 0.0, 0, 0.0)


class BatchRanges(Struct, frozen=True, kw_only=True):
    """Figures of all batches since the row before: of each the least, the mean, the greatest and the geometric mean;
    unset where none was finite. `clipped` is the share of them whose gradient the clip acted on, unset where there was
    none.
    """

    count: Count
    loss: BatchRange | UnsetType = UNSET
    accuracy: BatchRange | UnsetType = UNSET
    gradient_norm: BatchRange | UnsetType = UNSET
    clipped: float | UnsetType = UNSET


class Unlogged(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The batches since the newest row, added up; `clipped`: how many had a clip, and on how many of these it acted."""

    count: Count = 0
    loss: Sums = NO_SUMS
    accuracy: Sums = NO_SUMS
    gradient_norm: Sums = NO_SUMS
    clipped: tuple[Count, Count] = (0, 0)


class CheckpointState(File, frozen=True, kw_only=True):
    """`state.json` of a checkpoint. What fell due was done up to `events_done_until`; `newest` is of the newest step.

    `over` is the accuracy at which the run counts as solved, false where it does not; `sha256` is of the files beside
    it, empty where they were written before it was kept.
    """

    step: Step
    device: str = "cpu"
    position: Count = 0
    figures: FiguresState = FiguresState()
    events_done_until: Step = field(default=0, name="settled")
    seconds: float = 0.0
    newest: BatchFigures = BatchFigures()
    unlogged: Unlogged = Unlogged()
    over: bool | float = False
    rows: dict[str, Step] = field(default_factory=dict)  # the step of the newest row of each file
    sha256: dict[str, Sha256] = field(default_factory=dict)


class PromptsFile(File, frozen=True, kw_only=True):
    """`.prompts.json` in the folder of the runs: what was typed for networks to continue, newest last."""

    prompts: tuple[str, ...] = ()


class Row(Line, frozen=True, kw_only=True):
    """A line that belongs to a step."""

    step: Step


class MetricsRow(Row, frozen=True, kw_only=True):
    """A row of `metrics.jsonl`: figures of that step's own batch, and of the held-out part where it was scored.

    The averaged ones are those of the averaged weights, where the run has any. `batches` are all since the row before,
    unset where that is the one of the step alone, and in rows that were written before they were kept.
    """

    loss: Real = None
    accuracy: Real = None
    gradient_norm: Real = None
    learning_rate: Real = None
    seconds: Real = None
    validation_loss: Real | UnsetType = UNSET
    validation_accuracy: Real | UnsetType = UNSET
    averaged_validation_loss: Real | UnsetType = UNSET
    averaged_validation_accuracy: Real | UnsetType = UNSET
    batches: BatchRanges | UnsetType = UNSET

    def range_of(self, figure: str) -> BatchRange | None:
        """What a figure of all batches since the row before came to; `None` where that is not known."""
        return None if self.batches is UNSET else getattr(self.batches, figure, None) or None


class SampleRow(Row, frozen=True, kw_only=True):
    """A row of `samples.jsonl`; `temperature` is a number as text, since JSON has no infinity.

    `bits` is the surprisal of each character, and has no value for what nothing was expected of.
    """

    text: str
    temperature: str = ""  # empty where it was not kept
    bits: tuple[Real, ...] | UnsetType = UNSET

    def __post_init__(self) -> None:
        try:
            is_temperature = not self.temperature or float(self.temperature) >= 0
        except ValueError:
            is_temperature = False
        if not is_temperature:
            raise ValueError(f"temperature must be a number from 0 on, or inf, as text, not {self.temperature[:20]!r}")

    @property
    def warmth(self) -> float:
        """The temperature as a number; NaN where it was not kept."""
        return float(self.temperature) if self.temperature else math.nan

    @property
    def surprisal(self) -> tuple[float, ...]:
        """The bits of each character, NaN where they are not known; empty where they were not kept."""
        return () if isinstance(self.bits, UnsetType) else tuple(map(number, self.bits))


class JournalRow(Row, frozen=True, kw_only=True):
    """A row of `journal.jsonl`: what was changed after `step`, and at what time.

    `value` is the new value of a setting, `loss` what a diverged step came to (`None`: not finite).
    """

    event: str
    at: float | None = None
    value: float | UnsetType = UNSET
    loss: Real | UnsetType = UNSET
    left: Step | UnsetType = UNSET  # the step that was left by going back
    before: Step | UnsetType = UNSET  # the total number of steps that another one took the place of
    reason: str | UnsetType = UNSET  # why it failed, a sentence
    traceback: str | UnsetType = UNSET  # the calls within a user's own cell that failed

    def __post_init__(self) -> None:
        if self.event in VALUED and not (isinstance(self.value, float) and math.isfinite(self.value)):
            raise ValueError(f"value must be the new {self.event.replace('_', ' ')}, a number")


VALUED = ("learning_rate", "clip", "temperature", "steps")  # events that have a value
