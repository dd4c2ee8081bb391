"""A run that this process trains, in a thread of its own: what screens read of it and the commands it accepts.

In the screen's own thread, keys and drawing would wait for each stride of training. Invariant:
the worker never touches a widget and the screen never touches the trainer, so neither needs a lock. The worker writes
columns, lists and one frozen `SessionStatus`; commands go the other way through one queue of callables, drained between
reports, where the trainer's state is whole. `core` is imported only inside the worker, so that a first frame does not
wait for torch. Other processes read and ask the same by a socket (`server.py`).
"""

import math
import queue
import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from rnntui import corpora
from rnntui.probes import NAMES, Insight, ReadingQuestion, View
from rnntui.runs import Run
from rnntui.runs.better import better
from rnntui.runs.history import CurveMark
from rnntui.runs.status import RunState, worst_guess
from rnntui.schemas import number
from rnntui.sessions.alerts import Alerts, AlertThread, Course
from rnntui.sessions.answering import Answering
from rnntui.sessions.contract import (
    HERE,
    OVER,
    SAMPLES_KEPT,
    Deed,
    Loan,
    Session,
    TrainingCurves,
    TrainingSample,
    Watched,
    share_clipped,
)
from rnntui.sessions.marks import MARKED, changed, marks_of
from rnntui.sessions.recorded import (
    curves_on_disk,
    figures_reached,
    journal_until,
    samples_on_disk,
    show_what_was_reached,
)
from rnntui.sessions.server import Server
from rnntui.sessions.speed import RecentSpeed
from rnntui.system import memory
from rnntui.system.failures import explain
from rnntui.system.user_code import UserCodeError, user_traceback
from rnntui.text import format

if TYPE_CHECKING:
    from collections.abc import Callable

    from rnntui.core.generation.loading import TextNetwork
    from rnntui.core.training.trainer import Report, Trainer

IDLE_SECONDS = 0.02  # from one look at the queue to the next while nothing trains
LOOK_SECONDS = 5.0  # from one look into the network to the next, at least
WEIGH_SECONDS = 2.0  # from one look at the memory that is held to the next
LOOK_SHARE = 0.05  # of the time that looking may take
OF_RUN = {
    "state",
    "step",
    "steps",
    "steps_per_second",
    "early_ending",
    "loss",
    "accuracy",
    "held_out_loss",
    "averaged_loss",
    "best_loss",
    "best_step",
    "best_accuracy",
    "solved_at",
    "seconds",
    "guess",
}  # what a session tells of its run by the names of `RunStatus`


class WorkerStopped(Exception):
    """The worker was told to end while it still read the corpus."""


class TrainingSession(Session):
    """A run whose lock this process holds, and the thread that trains it. Others reach it by a socket, if it `serves`.

    Commands take the number of the window that gives them: it is named beside what was done.
    """

    is_of_this_process = True

    def __init__(
        self, run: Run, *, serves: bool = True, is_detached: bool = False, alerts: Alerts | None = None
    ) -> None:
        super().__init__(run)
        self.alerts = alerts or Alerts()
        self._has_chosen_temperature = False
        self._unit = self.spec.unit.size  # nats in a unit of `curves.loss`
        self._inbox: queue.SimpleQueue[Callable[[Trainer], None]] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._is_open = False  # the run was opened: what goes wrong from here on is no mistake of the user's
        self._paused = False
        self._speed = RecentSpeed()
        self._answering = Answering(self.answers, self.settings.seed, self._note)
        self._best: TextNetwork | None = None  # of a run that is over, where it writes in the place of the newest
        self._watched: dict[int, Watched] = {}  # by window
        self._insights: dict[Watched, Insight] = {}  # the newest of each view that is watched
        self._looked: set[View] = set()  # views that were looked at before
        self._weigh_at = 0.0  # when to find out what memory is held
        self._look_at = 0.0  # when a look is due
        self._unseen: dict[int, tuple[View, str]] = {}  # by window, what could not be measured for it, and why
        self._unanswered: dict[int, tuple[ReadingQuestion, str]] = {}  # by window, what has no answer, and why
        self._server = Server(self, is_detached=is_detached) if serves else None
        self._thread = threading.Thread(target=self._work, name=f"train {run.name}", daemon=True)

    # --- the screen's side --------------------------------------------------------------------------------------

    def stop(self) -> None:
        self._stop.set()
        self._inbox.put(lambda trainer: None)

    end = stop

    @property
    def windows(self) -> int:
        """How many processes are attached."""
        return 0 if self._server is None else self._server.windows

    def pause(self, paused: bool, window: int = HERE) -> None:
        self._asked_to_go.append(not paused)
        self._inbox.put(lambda trainer: self._obey_pause(trainer, paused, window))

    def save(self, window: int = HERE) -> None:
        self._inbox.put(lambda trainer: self._save(trainer, window))

    def change(self, event: str, value: float, window: int = HERE) -> None:
        """Change `learning_rate`, `clip` or `temperature` from the next step on."""
        self._inbox.put(lambda trainer: self._change(trainer, event, value, window))

    def set_temperature(self, temperature: float, window: int = HERE) -> None:
        self.temperature, self._has_chosen_temperature = temperature, True
        self.change("temperature", temperature, window)

    def go_back(self, step: int | None = None, window: int = HERE) -> None:
        self._inbox.put(lambda trainer: self._go_back(trainer, step, window))

    def ask(self, prompt: str, temperature: float) -> None:
        self._inbox.put(lambda trainer: self._begin_answer(trainer, prompt, temperature))

    def lend(self) -> "queue.SimpleQueue[Loan]":
        answer: queue.SimpleQueue[Loan] = queue.SimpleQueue()
        self._inbox.put(lambda trainer: answer.put(self._best or _copy(trainer)))
        return answer

    def lend_to(self, give: "Callable[[int, str, bytes], None]", refuse: "Callable[[Exception], None]") -> None:
        """Call one of these within the worker: with the step of the network as it is, which of its weights they are,
        and a file of them in safetensors, which is empty where they are those of a kept checkpoint.
        """
        self._inbox.put(lambda trainer: self._lend_to(trainer, give, refuse))

    def watch(self, view: View | None, window: int = HERE, *, question: ReadingQuestion | None = None) -> None:
        watched = None if view is None else (view, question)
        self._unseen.pop(window, None)
        self._unanswered.pop(window, None)
        if window == HERE:
            self.why_unseen, self.unanswered = "", None
        self._inbox.put(lambda trainer: self._watch(watched, window))

    def seen_by(self, window: int) -> Insight | None:
        """The newest measurement of what a window watches."""
        watched = self._watched.get(window)
        return None if watched is None else self._insights.get(watched)

    def unseen_by(self, window: int) -> tuple[View, str] | None:
        """What could not be measured for a window since it asked, and why; `None` where nothing failed."""
        return self._unseen.get(window)

    def unanswered_by(self, window: int) -> tuple[ReadingQuestion, str] | None:
        """The question of a window that has no answer, and why; `None` where the newest has one, or is not due."""
        return self._unanswered.get(window)

    # --- the worker's side --------------------------------------------------------------------------------------

    def _work(self) -> None:
        alarm = AlertThread(self.alerts, self.run, self._course, self._note)
        try:
            with suppress(ValueError, OSError):  # the trainer finds the same, and says it
                show_what_was_reached(self)
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
            self._answering.end()
            if self._server is not None:
                self._server.close()
            self.run.unlock()
            alarm.close()

    def _course(self) -> Course:
        now = self.status
        return Course(now.run.state, now.run.step, now.sentence or now.run.early_ending)

    def _open(self, known: TrainingCurves | None = None) -> "Trainer":
        """Open the run; `known` are curves that this session has already, of more steps than there are on disk."""
        import rnntui.core.analysis.probing as probing
        import rnntui.core.training.trainer as training

        self._say(state="loading", sentence="reading the corpus" if self.spec.has_corpus else "building the network")
        with suppress(ValueError):  # the trainer finds the same
            corpora.prepare(self.run, self._say_reading)
        trainer = training.open_trainer(self.run)
        self.settings = trainer.settings
        self._note(*trainer.notes)
        self.baselines = {
            name: (baseline.loss / self._unit, baseline.accuracy) for name, baseline in trainer.baselines.items()
        }
        self._recall(trainer.step, known)
        learner, step, config = trainer.learner, trainer.step, self.run.config()
        self.views, self._insights, self.seen = probing.views(learner.model), {}, None
        self._is_open = True
        self._serve()  # before it is said to run: who hears that may attach
        self._say(
            state="running",
            sentence="",
            step=step,
            steps=trainer.settings.steps,
            learning_rate=trainer.dials.learning_rate(step),
            course=trainer.dials.course(step),
            clip=trainer.dials.clip(step),
            kernel=learner.model.kernel.name,
            kernel_why=learner.model.kernel.why,
            device=config.device,
            parameters=learner.model.parameter_count(),
            saved_step=trainer.saved_step,
            guess=worst_guess(config.baselines),
            **_reached(trainer),
        )
        return trainer

    def _serve(self) -> None:
        """Let other processes attach; where that cannot be, training does not depend on it."""
        if self._server is not None and (problem := self._server.open()):
            self._note(f"no other window can attach: {problem}")
            self._server.close()
            self._server = None

    def _say_reading(self, share: float) -> None:
        """Show the progress of reading a large corpus. Raises `WorkerStopped` if the thread was told to end."""
        if self._stop.is_set():
            raise WorkerStopped
        self._say(sentence=f"reading the corpus into a token file, once: {share:.0%}")

    def _recall(self, step: int, known: TrainingCurves | None) -> None:
        """Fill curves, samples and marks from the folder of a run that was resumed or went back."""
        clip = self.settings.clip
        self.curves = known.until(step) if known is not None else curves_on_disk(self.run, self._unit, clip)
        self.samples = samples_on_disk(self.run)
        journal = journal_until(self.run, step)
        self.marks = marks_of(journal, self.settings)
        temperatures = [row.value for row in journal if row.event == "temperature" and isinstance(row.value, float)]
        if temperatures and not self._has_chosen_temperature:
            self.temperature = temperatures[-1]

    def _train(self, trainer: "Trainer") -> None:
        """Train until the trainer is told to stop or is replaced by one that went back."""
        self._reopened: Trainer | None = None
        reports = iter(trainer)
        while not self._stop.is_set() and self._reopened is None:
            self._drain(trainer, wait=self._is_idle())
            if not self._is_idle() and not self._stop.is_set() and self._reopened is None:
                trainer.keep_before(any(view == "weights" for view, _ in self._watched.values()))
                self._take(next(reports, None), trainer)
            self._answering.write_on()
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
            self._take_best()
            self._say(
                state="finished",
                sentence="finished",
                remark=remark,
                saved_step=trainer.saved_step,
                early_ending=trainer.early_ending,
                **_reached(trainer),
            )
            return
        curves, status = self.curves, self.status
        curves.loss.extend(report.steps, [loss / self._unit for loss in report.loss])
        curves.accuracy.extend(report.steps, report.accuracy)
        curves.gradient_norm.extend(report.steps, report.gradient_norm)
        if report.gradient_norm:
            curves.learning_rate.append(report.step, report.learning_rate)
            clip = trainer.dials.clip(report.step - 1)
            curves.clipped.append(report.step, share_clipped(report.gradient_norm, clip))
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
            self._note(f"step {report.step:,}: {report.warning}")
        if report.sample is not None:
            sample = report.sample
            written = TrainingSample(sample.step, sample.text, sample.temperature, sample.bits)
            self.samples = (*self.samples[1 - SAMPLES_KEPT :], written)
        if report.divergence is not None:
            sentence = str(report.divergence)
            self.marks.append(CurveMark(trainer.step, "diverged"))
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
            **self._memory(trainer),
            **_reached(trainer),
        )

    def _memory(self, trainer: "Trainer") -> dict[str, int]:
        """What the process holds, once in a while."""
        if time.monotonic() < self._weigh_at:
            return {}
        from rnntui.core.device import memory_taken

        self._weigh_at = time.monotonic() + WEIGH_SECONDS
        return {"memory": memory.taken(), "device_memory": memory_taken(trainer.learner.device)}

    def _than_guessing(self, trainer: "Trainer") -> str:
        guess = format.figure(-math.log(trainer.learner.task.chance) / self._unit)
        return f"worse than guessing, whose loss is {guess} {'nats' if self._unit == 1 else 'bits'}"

    # --- commands, run by the worker ----------------------------------------------------------------------------

    def _did(self, trainer: "Trainer", words: str, window: int) -> None:
        self.deeds.append(Deed(trainer.step, words, window))

    def _obey_pause(self, trainer: "Trainer", paused: bool, window: int) -> None:
        self._set_paused(trainer, paused, window)
        del self._asked_to_go[0]

    def _set_paused(self, trainer: "Trainer", paused: bool, window: int) -> None:
        if self.status.run.state in OVER or paused == self._is_idle():
            return
        self._paused = paused
        trainer.record("pause" if paused else "go_on")
        self._did(trainer, "paused" if paused else "continued", window)
        self._say(state="paused" if paused else "running", sentence="paused" if paused else "")

    def _save(self, trainer: "Trainer", window: int) -> None:
        if trainer.save():
            trainer.record("save")
            self._did(trainer, "saved", window)
            self._say(saved_step=trainer.saved_step)
        else:
            self._note(f"step {trainer.step:,} was not saved: the network has diverged")

    def _change(self, trainer: "Trainer", event: str, value: float, window: int) -> None:
        before = self._dial(trainer, event)
        try:
            trainer.change(event, value)
        except ValueError as error:  # no value for it: nothing is changed
            self._note(f"step {trainer.step:,}: {error}")
            return
        if event in MARKED:
            self.marks.append(CurveMark(trainer.step, changed(event, before, value)))
        dials, step = trainer.dials, trainer.step
        self._did(trainer, f"{event.replace('_', ' ')} {value:.6g}", window)
        self._say(learning_rate=dials.learning_rate(step), course=dials.course(step), clip=dials.clip(step))

    def _dial(self, trainer: "Trainer", event: str) -> float:
        """The value that an event would change."""
        dials = trainer.dials
        return {"learning_rate": dials.learning_rate, "clip": dials.clip}.get(event, dials.temperature)(trainer.step)

    def _go_back(self, trainer: "Trainer", step: int | None, window: int) -> None:
        if trainer.saved_step is None or self.status.run.state in OVER:
            return
        to = trainer.saved_step if step is None else step
        if to not in self.run.steps_saved(whole=True):
            self._note(f"step {trainer.step:,}: the checkpoint of step {to:,} is no longer kept")
            return
        try:
            self.run.go_back(to, left=trainer.step)
        except ValueError as error:  # nothing was deleted
            self._note(f"step {trainer.step:,}: cannot go back: {error}")
            return
        self._did(trainer, f"went back to step {to:,}", window)
        self._reopened = self._open(self.curves)
        self._paused = True
        self._say(state="paused", sentence=f"back at step {self.status.run.step:,}")

    def _lend_to(
        self, trainer: "Trainer", give: "Callable[[int, str, bytes], None]", refuse: "Callable[[Exception], None]"
    ) -> None:
        from rnntui.core.training import checkpoint

        if self._best is not None:
            give(self._best.step, self._best.weights, b"")
            return
        try:
            held = checkpoint.weights_as_file(trainer.writing_model)
        except (RuntimeError, MemoryError) as error:
            refuse(error)
        else:
            give(trainer.step, trainer.writing_weights, held)

    def _take_best(self) -> None:
        """Let the best checkpoint write from now on, where the newest is worse; the message pane says so."""
        from rnntui.core.generation.loading import read_network

        if self.spec.generates and (found := better(self.run)) is not None:
            with suppress(ValueError):  # a damaged one: the network that is there writes
                self._best = read_network(self.run, found.step)
                self._note(f"what it writes from now on is of {found.in_words()}")

    def _begin_answer(self, trainer: "Trainer", prompt: str, temperature: float) -> None:
        best = self._best
        step = trainer.step if best is None else best.step
        self._answering.begin(prompt, temperature, step, lambda: best or _network_of(trainer))

    def _watch(self, watched: Watched | None, window: int) -> None:
        """What one asks to see is measured at once; the share of the time is kept to by what follows."""
        self._watched.pop(window, None)
        if watched is not None and watched not in self._watched.values():
            self._insights.pop(watched, None)
            self._look_at = 0.0
        if watched is not None:
            self._watched[window] = watched
        self._insights = {each: seen for each, seen in self._insights.items() if each in self._watched.values()}
        self.seen = self.seen_by(HERE)

    def _look(self, trainer: "Trainer") -> None:
        """Measure a watched view if it is due, the one measured longest ago; a command that arrives meanwhile goes
        first.
        """
        every = dict.fromkeys(self._watched.values())
        is_due = self._is_idle() or time.monotonic() >= self._look_at
        old = {each: -1 if (seen := self._insights.get(each)) is None else seen.step for each in every}
        if not old or not is_due or min(old.values()) == trainer.step:
            return
        import rnntui.core.analysis.probing as probing

        watched = min(old, key=lambda each: old[each])
        view, question = watched
        is_first = view not in self._looked
        began, pause = time.monotonic(), LOOK_SECONDS
        try:
            for measurement in probing.look(view, trainer.learner, trainer.step, question):
                if measurement is not None:
                    self._insights[watched] = measurement
                    self._looked.add(view)
                    self.seen = self.seen_by(HERE)
                elif not self._inbox.empty():
                    pause = 0.0
                    break
        except Exception as error:  # out of memory, or what a user's own cell does: watching ends, training goes on
            reason = explain(error)
            why = f"the {NAMES[view]} cannot be measured: {reason}"
            windows = [window for window, each in self._watched.items() if each == watched]
            if question is None:
                self._unseen |= dict.fromkeys(windows, (view, why))
                if HERE in windows:
                    self.why_unseen = why
            else:
                self._unanswered |= dict.fromkeys(windows, (question, reason))
                self.unanswered = self._unanswered.get(HERE)
            self._note(why)
            self._give_up_looking(windows, watched)
        now = time.monotonic()
        # A first look loads what later ones need: its seconds would keep the second one waiting for nothing.
        rest = 0.0 if is_first else (now - began) / LOOK_SHARE
        self._look_at = now + max(pause, rest)

    def _give_up_looking(self, windows: list[int], watched: Watched) -> None:
        """Ask no more what has no answer; what cannot be measured without a question either is watched no more."""
        without = (watched[0], None) if watched[1] is not None else None
        for window in windows:
            self._watch(without, window)

    # --- the end ------------------------------------------------------------------------------------------------

    def _end(self, trainer: "Trainer") -> None:
        if self.status.run.state not in ("finished", "diverged"):
            trainer.save()
            self._say(state="stopped", sentence="", saved_step=trainer.saved_step)

    def _fail(self, state: RunState, error: Exception) -> None:
        self.error = error
        self._note(*user_traceback(error).splitlines())
        self._say(state=state, sentence=explain(error, training=True))

    def _say(self, **what: object) -> None:
        run = {name: what.pop(name) for name in OF_RUN & what.keys()}
        self.status = replace(self.status, run=replace(self.status.run, **run), **what)  # type: ignore[arg-type]


def _reached(trainer: "Trainer") -> dict[str, float | None]:
    """The figures of merit so far, by the names of `RunStatus`."""
    figures = trainer.figures
    merit = figures_reached(figures, figures.smoothed_loss, figures.smoothed_accuracy)
    return {**merit, "seconds": trainer.seconds}


def _copy(trainer: "Trainer") -> "TextNetwork | UserCodeError":
    try:
        return _network_of(trainer)
    except UserCodeError as error:
        return error


def _network_of(trainer: "Trainer") -> "TextNetwork":
    """A copy of the network in training."""
    from rnntui.core.generation.loading import TextNetwork
    from rnntui.core.tasks.text import TextTask

    task = trainer.learner.task
    assert isinstance(task, TextTask)
    return TextNetwork(trainer.snapshot(), "".join(task.vocabulary), trainer.step, trainer.writing_weights)
