"""A run in training, in a thread of its own: what the screen reads of it and the commands it accepts.

In the screen's own thread, keys and drawing would wait for each stride of training. Invariant:
the worker never touches a widget and the screen never touches the trainer, so neither needs a lock. The worker writes
columns, lists and one frozen `SessionStatus`; commands go the other way through one queue of callables, drained between
reports, where the trainer's state is whole. This is the only file of the screen that imports `core`, and only inside
the worker, so that the first frame does not wait for torch.
"""

import math
import queue
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

from msgspec import UNSET

from rnntui import corpora
from rnntui.config import spec
from rnntui.probes import NAMES, GradientHorizon, Insight, View
from rnntui.runs import Run, rows_in_force
from rnntui.runs.better import better
from rnntui.runs.history import Column
from rnntui.runs.status import RunState, RunStatus
from rnntui.schemas import JournalRow, number
from rnntui.system.failures import explain
from rnntui.system.user_code import UserCodeError, user_traceback
from rnntui.text import format
from rnntui.tui.chart.series import ChartMark
from rnntui.tui.training.speed import RecentSpeed

if TYPE_CHECKING:
    from collections.abc import Callable

    from rnntui.core.generation.loading import TextNetwork
    from rnntui.core.generation.sampler import Writer
    from rnntui.core.training.trainer import Report, Trainer

OVER = ("finished", "refused", "failed", "stopped")  # states in which nothing is left to train
# Those in which there is no network any more.
GONE: dict[RunState, str] = {"failed": "has failed", "refused": "was refused", "stopped": "has stopped"}

CHARACTERS_PER_SECOND = 60  # at which an answer streams: as fast as one reads
ANSWER_LENGTH = 400  # characters
SAMPLES_KEPT = 500  # the newest
IDLE_SECONDS = 0.02  # from one look at the queue to the next while nothing trains
LOOK_SECONDS = 5.0  # from one look into the network to the next, at least
LOOK_SHARE = 0.05  # of the time that looking may take
OF_RUN = {
    "state",
    "step",
    "steps",
    "steps_per_second",
    "early_ending",
    "best_step",
}  # what a session tells of its run by the names of `RunStatus`
MARKED = {
    "learning_rate": "lr",
    "clip": "clip",
    "steps": "steps",
    "go_back": "back",
}  # events that change what a curve does next


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
    device: str = ""
    parameters: int = 0
    saved_step: int | None = None
    remark: str = ""  # what is to be told of a finished run besides


@dataclass(frozen=True)
class TrainingSample:
    """A sample that the trainer drew by itself."""

    step: int
    text: str
    temperature: float


@dataclass
class Answer:
    """What a network writes after a prompt; the worker makes `text` longer."""

    prompt: str
    temperature: float
    step: int = 0  # of the weights that write it
    left_out: str = ""  # characters of the prompt that the corpus lacks
    text: str = ""
    problem: str = ""
    is_done: bool = False


@dataclass
class TrainingCurves:
    """The columns that charts draw: loss in nats (bits per character for text), accuracy, gradient norm."""

    loss: Column = field(default_factory=Column)
    accuracy: Column = field(default_factory=Column)
    gradient_norm: Column = field(default_factory=Column)
    held_out_loss: Column = field(default_factory=Column)
    held_out_accuracy: Column = field(default_factory=Column)
    averaged_loss: Column = field(default_factory=Column)  # held-out, of the averaged weights
    averaged_accuracy: Column = field(default_factory=Column)

    def until(self, step: int) -> "TrainingCurves":
        """The same curves, cut after a step."""
        return TrainingCurves(*(getattr(self, curve.name).until(step) for curve in fields(self)))


class WorkerStopped(Exception):
    """The worker was told to end while it still read the corpus."""


class Session:
    """A run whose lock this process holds, and the thread that trains it."""

    def __init__(self, run: Run) -> None:
        self.run, self.settings = run, run.settings()
        self.spec = spec(self.settings)
        self.status = SessionStatus(RunStatus(run.name, "loading", run.reached_step(), self.settings.steps))
        self.curves = TrainingCurves()
        self.samples: tuple[TrainingSample, ...] = ()
        self.answers: list[Answer] = []
        self.marks: list[ChartMark] = []
        self.notes: list[str] = []
        self.baselines: dict[str, tuple[float, float]] = {}  # name: loss (as in `curves`), accuracy
        self.temperature = 0.5  # of answers; a resumed run has that which was chosen last
        self._has_chosen_temperature = False
        self.views: tuple[View, ...] = ()  # what can be seen of the network; none is known before it is made
        self.seen: Insight | None = None  # the newest of the view that is watched
        self.error: Exception | None = None
        self._unit = self.spec.unit.size  # nats in a unit of `curves.loss`
        self._inbox: queue.SimpleQueue[Callable[[Trainer], None]] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._is_open = False  # the run was opened: what goes wrong from here on is no mistake of the user's
        self._is_asked_to_pause = False
        self._paused = False
        self._speed = RecentSpeed()
        self._writing: tuple[Answer, Writer] | None = None
        self._best: TextNetwork | None = None  # of a run that is over, where it writes in the place of the newest
        self._written_until = 0.0
        self._watched: View | None = None
        self._looked: set[View] = set()  # views that were looked at before
        self._rested_at = self._look_at = 0.0  # when to look is no burden, and when it is due
        self._thread = threading.Thread(target=self._work, name=f"train {run.name}", daemon=True)

    # --- the screen's side --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the worker: it imports torch, opens the run and trains."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to save and end; `join` waits for it."""
        self._stop.set()
        self._inbox.put(lambda trainer: None)

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the worker to end; whether it has."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def is_going(self) -> bool:
        """Whether it trains, or will once the thread handles the commands already given."""
        return not self._is_asked_to_pause and self.status.run.state not in ("diverged", *OVER)

    def pause(self, paused: bool) -> None:
        """Pause after this stride, or continue."""
        self._is_asked_to_pause = paused
        self._inbox.put(lambda trainer: self._set_paused(trainer, paused))

    def save(self) -> None:
        """Write a checkpoint now."""
        self._inbox.put(self._save)

    def change(self, event: str, value: float) -> None:
        """Change `learning_rate`, `clip` or `temperature` from the next step on."""
        self._inbox.put(lambda trainer: self._change(trainer, event, value))

    def set_temperature(self, temperature: float) -> None:
        """Draw answers, and the samples from the next step on, at this temperature."""
        self.temperature, self._has_chosen_temperature = temperature, True
        self.change("temperature", temperature)

    def go_back(self, step: int | None = None) -> None:
        """Go back to the checkpoint of a step (default: the newest) and pause there, as after a divergence."""
        self._inbox.put(lambda trainer: self._go_back(trainer, step))

    @property
    def why_not_back(self) -> str:
        """A sentence that says why going back is not possible; empty if it is."""
        name, now = self.run.name, self.status
        if now.run.state == "finished":
            return f"run {name} is finished: there is nothing to continue; n starts another run"
        if now.run.state in GONE:
            return f"run {name} {GONE[now.run.state]}: there is nothing to continue"
        if now.saved_step is None:
            return f"run {name} has no checkpoint to go back to yet"
        if now.run.step <= now.saved_step and now.run.state != "diverged":
            return f"step {now.run.step:,} of run {name} is saved: there are no later steps to undo"
        return ""

    @property
    def what_going_back_costs(self) -> str:
        """A question that says how many steps going back discards."""
        saved = self.status.saved_step or 0
        lost = format.counted(self.status.run.step - saved, "step")
        more = "" if self._is_idle() else ", and any steps it takes until you answer"
        return f"Go back to step {saved:,} of run {self.run.name}? Its last {lost} will be lost{more}."

    def ask(self, prompt: str, temperature: float) -> None:
        """Continue a prompt with a copy of the current weights."""
        self._inbox.put(lambda trainer: self._begin_answer(trainer, prompt, temperature))

    def lend(self) -> "queue.SimpleQueue[TextNetwork | UserCodeError]":
        """Where a copy of the network comes, as it is once the worker gets round to it, or why not; of a text."""
        answer: queue.SimpleQueue[TextNetwork | UserCodeError] = queue.SimpleQueue()
        self._inbox.put(lambda trainer: answer.put(self._best or _copy(trainer)))
        return answer

    def watch(self, view: View | None) -> None:
        """Measure this view of the network into `seen` from now on; `None` stops it."""
        self._inbox.put(lambda trainer: self._watch(view))

    @property
    def horizon(self) -> GradientHorizon | None:
        """The newest gradient horizon, while it is watched."""
        return self.seen if isinstance(self.seen, GradientHorizon) else None

    # --- the worker's side --------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            trainer = self._open()
            while not self._stop.is_set():
                self._train(trainer)
                trainer = self._reopened or trainer
            self._end(trainer)
        except WorkerStopped:
            self._say(state="stopped", sentence="")
        except Exception as error:
            self._fail("refused" if isinstance(error, ValueError) and not self._is_open else "failed", error)
        finally:
            self._end_answer()
            self.run.unlock()

    def _open(self, known: TrainingCurves | None = None) -> "Trainer":
        """Open the run; `known` are curves that this session has already, of more steps than there are on disk."""
        import rnntui.core.analysis.probing as probing
        import rnntui.core.training.trainer as training

        self._say(state="loading", sentence="reading the corpus" if self.spec.has_corpus else "building the network")
        with suppress(ValueError):  # the trainer finds the same
            corpora.prepare(self.run, self._say_reading)
        trainer = training.open_trainer(self.run)
        self.settings, self.notes = trainer.settings, [*self.notes, *trainer.notes]
        self.baselines = {
            name: (baseline.loss / self._unit, baseline.accuracy) for name, baseline in trainer.baselines.items()
        }
        self._recall(trainer.step, known)
        learner, step = trainer.learner, trainer.step
        self.views, self.seen = probing.views(learner.model), None
        self._is_open = True
        self._say(
            state="running",
            sentence="",
            step=step,
            steps=trainer.settings.steps,
            learning_rate=trainer.dials.learning_rate(step),
            course=trainer.dials.course(step),
            clip=trainer.dials.clip(step),
            kernel=learner.model.kernel.name,
            device=self.run.config().device,
            parameters=learner.model.parameter_count(),
            saved_step=trainer.saved_step,
        )
        return trainer

    def _say_reading(self, share: float) -> None:
        """Show the progress of reading a large corpus. Raises `WorkerStopped` if the thread was told to end."""
        if self._stop.is_set():
            raise WorkerStopped
        self._say(sentence=f"reading the corpus into a token file, once: {share:.0%}")

    def _recall(self, step: int, known: TrainingCurves | None) -> None:
        """Fill curves, samples and marks from the folder of a run that was resumed or went back."""
        self.curves = known.until(step) if known is not None else self._curves_on_disk()
        newest = deque(self.run.samples(), maxlen=SAMPLES_KEPT)
        self.samples = tuple(TrainingSample(row.step, row.text, row.warmth) for row in newest)
        journal = [row for row in rows_in_force(self.run.events()) if row.step <= step]
        self.marks = [_mark(row) for row in journal if row.event in MARKED]
        temperatures = [row.value for row in journal if row.event == "temperature" and isinstance(row.value, float)]
        if temperatures and not self._has_chosen_temperature:
            self.temperature = temperatures[-1]

    def _curves_on_disk(self) -> TrainingCurves:
        """The curves of the steps whose rows were written."""
        curves = TrainingCurves()
        for row in self.run.metrics():
            curves.loss.append(row.step, number(row.loss) / self._unit)
            curves.accuracy.append(row.step, number(row.accuracy))
            curves.gradient_norm.append(row.step, number(row.gradient_norm))
            if row.validation_loss is not None and row.validation_loss is not UNSET:
                curves.held_out_loss.append(row.step, row.validation_loss / self._unit)
                curves.held_out_accuracy.append(row.step, number(row.validation_accuracy or None))
            if row.averaged_validation_loss is not None and row.averaged_validation_loss is not UNSET:
                curves.averaged_loss.append(row.step, row.averaged_validation_loss / self._unit)
                curves.averaged_accuracy.append(row.step, number(row.averaged_validation_accuracy or None))
        return curves

    def _train(self, trainer: "Trainer") -> None:
        """Train until the trainer is told to stop or is replaced by one that went back."""
        self._reopened: Trainer | None = None
        reports = iter(trainer)
        while not self._stop.is_set() and self._reopened is None:
            self._drain(trainer, wait=self._is_idle())
            if not self._is_idle() and not self._stop.is_set() and self._reopened is None:
                self._take(next(reports, None), trainer)
            self._write_on()
            self._look(trainer)

    def _is_idle(self) -> bool:
        return self._paused or self.status.run.state in ("diverged", *OVER)

    def _drain(self, trainer: "Trainer", *, wait: bool) -> None:
        try:
            command = self._inbox.get(timeout=IDLE_SECONDS) if wait else self._inbox.get_nowait()
            while True:
                command(trainer)
                command = self._inbox.get_nowait()
        except queue.Empty:
            pass

    def _take(self, report: "Report | None", trainer: "Trainer") -> None:
        """Add a report's values; `None` is the end of the training."""
        if report is None:
            remark = self._than_guessing(trainer) if trainer.is_worse_than_guessing else ""
            best = trainer.figures.best
            self._take_best()
            self._say(
                state="finished",
                sentence="finished",
                remark=remark,
                saved_step=trainer.saved_step,
                early_ending=trainer.early_ending,
                best_step=None if best is None else best[1],
            )
            return
        curves, status = self.curves, self.status
        curves.loss.extend(report.steps, [loss / self._unit for loss in report.loss])
        curves.accuracy.extend(report.steps, report.accuracy)
        curves.gradient_norm.extend(report.steps, report.gradient_norm)
        sentence = ""
        if report.validation is not None:
            sentence = f"scoring the held-out text {report.validation.done:.0%}"
            if report.validation.done == 1.0:
                curves.held_out_loss.append(report.step, report.validation.loss / self._unit)
                curves.held_out_accuracy.append(report.step, report.validation.accuracy)
                if report.validation.averaged_loss is not None:
                    curves.averaged_loss.append(report.step, report.validation.averaged_loss / self._unit)
                    curves.averaged_accuracy.append(report.step, number(report.validation.averaged_accuracy))
                sentence = ""
        if report.warning:
            self.notes = [*self.notes, f"step {report.step:,}: {report.warning}"]
        if report.sample is not None:
            written = TrainingSample(report.sample.step, report.sample.text, report.sample.temperature)
            self.samples = (*self.samples[1 - SAMPLES_KEPT :], written)
        if report.divergence is not None:
            back = f"; b goes back to step {trainer.saved_step:,}, then l or c, then space"
            sentence = f"{report.divergence}{back if trainer.saved_step is not None else ''}"
            self.marks.append(ChartMark(trainer.step, "diverged"))
        self._say(
            state="running" if report.divergence is None else "diverged",
            sentence=sentence,
            step=report.step,
            steps_per_second=self._speed.after(len(report.steps), report.seconds),
            learning_rate=report.learning_rate,
            course=trainer.dials.course(report.step),
            gradient_norm=report.gradient_norm[-1] if report.gradient_norm else status.gradient_norm,
            clip=trainer.dials.clip(report.step),
            saved_step=trainer.saved_step,
        )

    def _than_guessing(self, trainer: "Trainer") -> str:
        guess = format.figure(-math.log(trainer.learner.task.chance) / self._unit)
        return f"worse than guessing, whose loss is {guess} {'nats' if self._unit == 1 else 'bits'}"

    # --- commands, run by the worker ----------------------------------------------------------------------------

    def _set_paused(self, trainer: "Trainer", paused: bool) -> None:
        if self.status.run.state in OVER or paused == self._is_idle():
            return
        self._paused = paused
        trainer.record("pause" if paused else "go_on")
        self._say(state="paused" if paused else "running", sentence="paused" if paused else "")

    def _save(self, trainer: "Trainer") -> None:
        if trainer.save():
            trainer.record("save")
            self._say(saved_step=trainer.saved_step)
        else:
            self.notes = [*self.notes, f"step {trainer.step:,} was not saved: the network has diverged"]

    def _change(self, trainer: "Trainer", event: str, value: float) -> None:
        trainer.change(event, value)
        if event in MARKED:
            self.marks.append(ChartMark(trainer.step, f"{MARKED[event]} {value:.3g}"))
        dials, step = trainer.dials, trainer.step
        self._say(learning_rate=dials.learning_rate(step), course=dials.course(step), clip=dials.clip(step))

    def _go_back(self, trainer: "Trainer", step: int | None) -> None:
        if trainer.saved_step is None or self.status.run.state in OVER:
            return
        to = trainer.saved_step if step is None else step
        if to not in self.run.steps_saved(whole=True):
            self.notes = [*self.notes, f"step {trainer.step:,}: the checkpoint of step {to:,} is no longer kept"]
            return
        try:
            self.run.go_back(to, left=trainer.step)
        except ValueError as error:  # nothing was deleted
            self.notes = [*self.notes, f"step {trainer.step:,}: cannot go back: {error}"]
            return
        self._reopened = self._open(self.curves)
        self._paused = self._is_asked_to_pause = True
        self._say(
            state="paused", sentence=f"back at step {self.status.run.step:,}: l sets the learning rate, space resumes"
        )

    def _take_best(self) -> None:
        """Let the best checkpoint write from now on, where the newest is worse; the message pane says so."""
        from rnntui.core.generation.loading import read_network

        if self.spec.generates and (found := better(self.run)) is not None:
            with suppress(ValueError):  # a damaged one: the network that is there writes
                self._best = read_network(self.run, found.step)
                self.notes = [*self.notes, f"what it writes from now on is of {found.in_words()}"]

    def _begin_answer(self, trainer: "Trainer", prompt: str, temperature: float) -> None:
        import rnntui.core.generation.sampler as generating
        from rnntui.core.tasks.text import TextTask

        assert isinstance(trainer.learner.task, TextTask)
        self._end_answer()
        best = self._best
        answer = Answer(prompt, temperature, trainer.step if best is None else best.step)
        try:
            writer = generating.Writer(
                trainer.snapshot() if best is None else best.network,
                trainer.learner.task.vocabulary,
                self.settings.seed,
                len(self.answers),
                temperature=temperature,
            )
            writer.read(prompt)
        except ValueError:
            answer.problem, answer.is_done = "none of its characters is in the corpus", True
        except Exception as error:
            self._give_up(answer, error)
        else:
            answer.left_out = writer.left_out
            self._writing, self._written_until = (answer, writer), time.monotonic()
        self.answers.append(answer)

    def _give_up(self, answer: Answer, error: Exception) -> None:
        """End an answer that failed, for lack of memory or in a user's own cell; training continues."""
        answer.problem, answer.is_done = explain(error), True
        self.notes = [*self.notes, f"the answer after {answer.prompt!r} failed: {answer.problem}"]
        self.notes += user_traceback(error).splitlines()

    def _write_on(self) -> None:
        """Write as many characters of the answer as reading speed allows."""
        if self._writing is None:
            return
        answer, writer = self._writing
        now = time.monotonic()
        count = min(int((now - self._written_until) * CHARACTERS_PER_SECOND), ANSWER_LENGTH - len(answer.text))
        if count:
            try:
                answer.text += "".join(next(writer) for _ in range(count))
            except Exception as error:
                self._give_up(answer, error)
                self._end_answer()
                return
            self._written_until += count / CHARACTERS_PER_SECOND
        if len(answer.text) >= ANSWER_LENGTH:
            self._end_answer()

    def _end_answer(self) -> None:
        if self._writing is not None:
            self._writing[0].is_done, self._writing = True, None

    def _watch(self, view: View | None) -> None:
        # What one asks to see is measured at once; the share of the time is kept to by what follows.
        self._watched, self.seen, self._look_at = view, None, 0.0

    def _look(self, trainer: "Trainer") -> None:
        """Measure the watched view if it is due; a command that arrives meanwhile goes first."""
        is_new = self.seen is None or self.seen.step != trainer.step
        is_due = self._is_idle() or time.monotonic() >= self._look_at
        if self._watched is None or not (is_new and is_due):
            return
        import rnntui.core.analysis.probing as probing

        view, is_first = self._watched, self._watched not in self._looked
        began, pause = time.monotonic(), LOOK_SECONDS
        try:
            for measurement in probing.look(view, trainer.learner, trainer.step):
                if measurement is not None:
                    self.seen = measurement
                    self._looked.add(view)
                elif not self._inbox.empty():
                    pause = 0.0
                    break
        except Exception as error:  # out of memory, or what a user's own cell does: watching ends, training goes on
            self.notes = [*self.notes, f"the {NAMES[view]} cannot be measured: {explain(error)}"]
            self._watched = None
        now = time.monotonic()
        # A first look loads what later ones need: its seconds would keep the next view waiting for nothing.
        self._rested_at = now + (0.0 if is_first else (now - began) / LOOK_SHARE)
        self._look_at = max(now + pause, self._rested_at)

    # --- the end ------------------------------------------------------------------------------------------------

    def _end(self, trainer: "Trainer") -> None:
        if self.status.run.state not in ("finished", "diverged"):
            trainer.save()
            self._say(state="stopped", sentence="", saved_step=trainer.saved_step)

    def _fail(self, state: RunState, error: Exception) -> None:
        self.error = error
        self.notes = [*self.notes, *user_traceback(error).splitlines()]
        self._say(state=state, sentence=explain(error, training=True))

    def _say(self, **what: object) -> None:
        run = {name: what.pop(name) for name in OF_RUN & what.keys()}
        self.status = replace(self.status, run=replace(self.status.run, **run), **what)  # type: ignore[arg-type]


def _copy(trainer: "Trainer") -> "TextNetwork | UserCodeError":
    from rnntui.core.generation.loading import TextNetwork
    from rnntui.core.tasks.text import TextTask

    task = trainer.learner.task
    assert isinstance(task, TextTask)
    try:
        return TextNetwork(trainer.snapshot(), "".join(task.vocabulary), trainer.step, trainer.writing_weights)
    except UserCodeError as error:
        return error


def _mark(row: JournalRow) -> ChartMark:
    label, value = MARKED[row.event], row.value
    words = "" if not isinstance(value, float) else f" {value:,.0f}" if row.event == "steps" else f" {value:.3g}"
    return ChartMark(row.step, label + words)
