"""What a screen may know of a run in training and what it may ask: `Session`, with one implementation a module.

`training.py` trains the run in a thread of this process, `attached.py` reaches a process elsewhere on this machine by
its socket, and `watched.py` reads the files of a folder that anybody writes. No widget knows which of them it shows.
Invariant: whatever a screen reads is replaced as a whole or only grows at its end, so that it needs no lock.
"""

import math
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import UNSET

from rnntui.config import spec
from rnntui.probes import GradientHorizon, Insight, ReadingQuestion, View
from rnntui.runs import Run
from rnntui.runs.batches import add_batches, is_clipped
from rnntui.runs.history import Column, CurveMark
from rnntui.runs.status import RunState, RunStatus
from rnntui.schemas import MetricsRow, number

if TYPE_CHECKING:
    import queue
    from collections.abc import Callable

    from rnntui.core.generation.loading import TextNetwork

OVER = ("finished", "refused", "failed", "stopped", "lost")  # states in which nothing is left to train
# Those in which there is no network any more.
GONE: dict[RunState, str] = {
    "failed": "has failed",
    "refused": "was refused",
    "stopped": "has stopped",
    "lost": "has lost its process",
}
# A copy of a network in training, or what makes it, in the thread that asked for it; or why there is none.
Loan: TypeAlias = "TextNetwork | Callable[[], TextNetwork] | Exception"
PER_STRIDE = 4_096  # bins of a column that has a value a stride
SAMPLES_KEPT = 500  # the newest
OnHangup: TypeAlias = Literal["stop", "detach"]  # what happens to a run on its own screen when its terminal closes
Watched: TypeAlias = tuple[View, ReadingQuestion | None]  # a view, and what is asked of it
HERE = 0  # the window of the process that trains; windows that attach count from 1


@dataclass(frozen=True)
class SessionStatus:
    """The status of a run in training, for its pane; replaced as a whole."""

    run: RunStatus
    sentence: str = "loading PyTorch"  # what it waits for, or what came about
    learning_rate: float = math.nan
    course: str = ""  # of the rate, where it changes at each step: `warm-up`, `cosine` or `linear`
    gradient_norm: float = math.nan
    clip: float = math.nan
    kernel: str = ""
    kernel_why: str = ""  # why it is none of the fast ones; empty where it is
    device: str = ""
    parameters: int = 0
    memory: int = 0  # bytes of the machine's that its process holds; 0 where it is not known
    device_memory: int = 0  # bytes of the device's own that its process holds
    saved_step: int | None = None
    remark: str = ""  # what is to be told of a finished run besides


@dataclass(frozen=True)
class TrainingSample:
    """A sample that the trainer drew by itself."""

    step: int
    text: str
    temperature: float
    bits: tuple[float, ...] = ()  # the surprisal of each character; NaN, or none at all, where it is not known


@dataclass
class Answer:
    """What a network writes after a prompt; `text` becomes longer."""

    prompt: str
    temperature: float
    step: int = 0  # of the weights that write it
    left_out: str = ""  # characters of the prompt that the corpus lacks
    text: str = ""
    problem: str = ""
    is_done: bool = False


@dataclass(frozen=True)
class Deed:
    """What one of the windows on a run did, in the journal's words; `window` is its number."""

    step: int
    words: str
    window: int = HERE


@dataclass
class TrainingCurves:
    """The columns that charts draw: loss in nats (bits per character for text), accuracy, gradient norm.

    The learning rate, and the share of steps at which the clip acted (NaN where there is none), have a value a stride.
    """

    loss: Column = field(default_factory=Column)
    accuracy: Column = field(default_factory=Column)
    gradient_norm: Column = field(default_factory=Column)
    held_out_loss: Column = field(default_factory=Column)
    held_out_accuracy: Column = field(default_factory=Column)
    averaged_loss: Column = field(default_factory=Column)  # held-out, of the averaged weights
    averaged_accuracy: Column = field(default_factory=Column)
    learning_rate: Column = field(default_factory=lambda: Column(PER_STRIDE))
    clipped: Column = field(default_factory=lambda: Column(PER_STRIDE))

    def add(self, row: MetricsRow, unit: float, clip: float) -> None:
        """Add a row of a run's metrics; `unit` is that of its losses, in nats, `clip` the gradient's bound there."""
        add_batches(self.loss, row.step, row, "loss", unit)
        add_batches(self.accuracy, row.step, row, "accuracy")
        add_batches(self.gradient_norm, row.step, row, "gradient_norm")
        self.learning_rate.append(row.step, number(row.learning_rate))
        of_all = UNSET if row.batches is UNSET else row.batches.clipped
        clipped = share_clipped([number(row.gradient_norm)], clip) if of_all is UNSET else of_all
        self.clipped.append(row.step, clipped)
        if row.validation_loss is not None and row.validation_loss is not UNSET:
            self.held_out_loss.append(row.step, row.validation_loss / unit)
            self.held_out_accuracy.append(row.step, number(row.validation_accuracy or None))
        if row.averaged_validation_loss is not None and row.averaged_validation_loss is not UNSET:
            self.averaged_loss.append(row.step, row.averaged_validation_loss / unit)
            self.averaged_accuracy.append(row.step, number(row.averaged_validation_accuracy or None))

    def until(self, step: int) -> "TrainingCurves":
        """The same curves, cut after a step."""
        return TrainingCurves(*(getattr(self, curve.name).until(step) for curve in fields(self)))


def share_clipped(norms: Sequence[float], clip: float) -> float:
    """The share of gradients that a clip acted on, by their norms before; NaN where there was no clipping."""
    return sum(is_clipped(norm, clip) for norm in norms) / len(norms) if clip and norms else math.nan


class Session(ABC):
    """One run as its screen sees it. What is asked of it is done between two reports of the trainer."""

    is_of_this_process = False  # whether the training ends with this process
    looks_only = False  # whether nothing can be asked of it
    window = HERE  # the number of this window, by which its own deeds are known
    _thread: threading.Thread  # that trains, or follows who does

    def __init__(self, run: Run) -> None:
        self.run, self.settings = run, run.settings()
        self.spec = spec(self.settings)
        self.status = SessionStatus(RunStatus(run.name, "loading", run.reached_step(), self.settings.steps))
        self.curves = TrainingCurves()
        self.samples: tuple[TrainingSample, ...] = ()
        self.answers: list[Answer] = []
        self.marks: list[CurveMark] = []
        self.notes: list[str] = []
        self.deeds: list[Deed] = []
        self.baselines: dict[str, tuple[float, float]] = {}  # name: loss (as in `curves`), accuracy
        self.temperature = 0.5  # of answers; a resumed run has that which was chosen last
        self.views: tuple[View, ...] = ()  # what can be seen of the network; none is known before it is made
        self.seen: Insight | None = None  # the newest of the view that this window watches
        self.why_unseen = ""  # why that cannot be measured
        self.unanswered: tuple[ReadingQuestion, str] | None = None  # the last question without an answer, and why
        self.error: Exception | None = None
        self._asked_to_go: list[bool] = []  # by each order to pause or go on that is not carried out yet

    # --- its life ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to train, or to follow."""
        self._thread.start()

    @abstractmethod
    def stop(self) -> None:
        """Let go: a run of this process is saved and ends, one elsewhere trains on. `join` waits for it."""

    def join(self, timeout: float | None = None) -> bool:
        """Wait until it has let go; whether it has."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    @abstractmethod
    def end(self) -> None:
        """Have the training saved and ended, wherever it is."""

    def revive(self) -> None:
        """Have a run whose process is gone trained again. Raises `ValueError` where that cannot be."""
        raise ValueError(f"`rnntui resume {self.run.name}` resumes it")

    # --- what it is asked -------------------------------------------------------------------------------------------

    @abstractmethod
    def pause(self, paused: bool) -> None:
        """Pause after this stride, or continue."""

    @abstractmethod
    def save(self) -> None:
        """Write a checkpoint now."""

    @abstractmethod
    def change(self, event: str, value: float) -> None:
        """Change `learning_rate` or `clip` from the next step on."""

    @abstractmethod
    def set_temperature(self, temperature: float) -> None:
        """Draw answers, and the samples from the next step on, at this temperature."""

    @abstractmethod
    def go_back(self, step: int | None = None) -> None:
        """Go back to the checkpoint of a step (default: the newest) and pause there, as after a divergence."""

    @abstractmethod
    def ask(self, prompt: str, temperature: float) -> None:
        """Continue a prompt with a copy of the current weights."""

    @abstractmethod
    def lend(self) -> "queue.SimpleQueue[Loan]":
        """Where a copy of the network comes, as it is once the trainer gets round to it, or why not; of a text."""

    @abstractmethod
    def watch(self, view: View | None, *, question: ReadingQuestion | None = None) -> None:
        """Measure this view of the network into `seen` from now on, the reading with a question; `None` stops it."""

    def _note(self, *sentences: str) -> None:
        """Add to what the screen tells as messages."""
        self.notes = [*self.notes, *sentences]

    # --- what is known of it ----------------------------------------------------------------------------------------

    @property
    def is_going(self) -> bool:
        """Whether it trains, or will once it has done what was asked of it."""
        asked = self._asked_to_go[-1:]
        is_able = self.status.run.state not in ("diverged", *OVER)
        return is_able and (asked[0] if asked else self._goes)

    @property
    def is_pausing(self) -> bool:
        """Whether it trains still, and pauses once it has done what was asked of it."""
        return self.status.run.state == "running" and not self.is_going

    @property
    def _goes(self) -> bool:
        """Whether it trains where nothing is asked of it."""
        return self.status.run.state != "paused"

    @property
    def is_loading(self) -> bool:
        """Whether its network will be there, and is not yet."""
        return self.status.run.state == "loading"

    @property
    def why_no_network(self) -> str:
        """What became of its network, a phrase such as `has failed`; empty where there is one, or will be."""
        return GONE.get(self.status.run.state, "")

    @property
    def why_no_view(self) -> str:
        """A sentence that says why nothing can be measured, and what one can do; empty where the network is there, or
        will be.
        """
        return ""

    @property
    def horizon(self) -> GradientHorizon | None:
        """The newest gradient horizon, while it is watched."""
        return self.seen if isinstance(self.seen, GradientHorizon) else None

    @property
    def why_not_asked(self) -> str:
        """A sentence that says why nothing can be asked of its training; empty if it can."""
        return f"run {self.run.name} has ended: nothing of it is trained" if self.status.run.state in OVER else ""

    @property
    def why_not_ended(self) -> str:
        """A sentence that says why its training cannot be ended; empty if it can."""
        return f"run {self.run.name} has ended already" if self.status.run.state in OVER else ""

    @property
    def what_ending_does(self) -> str:
        """A question that says where the training would end."""
        now = self.status.run
        return f"Save and end the training of run {self.run.name} at step {now.step:,} of {now.steps:,}?"
