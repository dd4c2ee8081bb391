"""Training as one iterator: `for report in trainer` is all of it, and to pause is not to ask for the next report.

So the screen, the headless command and a sweep's worker share one loop and own their pace.

Invariant: the numbers of a step depend on the settings, the journal and the step alone. Nothing that only looks on
(reports, samples, validation, checkpoints, the length of a stride) draws from a training generator.
"""

import math
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from msgspec import UNSET

from rnntui import corpora
from rnntui.config import WINDOW, Settings, spec, time_steps
from rnntui.core.analysis import gate_coverage
from rnntui.core.cells import naming
from rnntui.core.device import prepare
from rnntui.core.generation.sampler import Sample, Writer
from rnntui.core.kernels.single import Snapshot
from rnntui.core.model import Model
from rnntui.core.tasks import Baseline, Task, Validation
from rnntui.core.tasks.text import TextTask
from rnntui.core.training import averaging, checkpoint, orthogonal, warm_start
from rnntui.core.training.divergence import Divergence, first_not_finite
from rnntui.core.training.learner import Learner, StateSnapshot
from rnntui.core.training.metrics import Figures
from rnntui.core.training.recorder import Recorder
from rnntui.core.training.schedules import Dials
from rnntui.core.training.unlogged import UnloggedBatches
from rnntui.core.training.warnings import Alarm, Alarms, loss_alarms
from rnntui.runs import Run, ending, is_milestone, next_milestone, origin, weights
from rnntui.schemas import BatchFigures, MetricsRow
from rnntui.system.cores import cores
from rnntui.system.user_code import UserCodeError
from rnntui.system.world import RanksFailed
from rnntui.text.format import counted

if TYPE_CHECKING:
    from rnntui.core.training.leading import Leader

STRIDE_SECONDS = 0.015  # what a stride aims to last: the device is read once in it
LONGEST_STRIDE = 1_000  # steps
SAVE_SECONDS = 60.0  # a checkpoint at least this often
STOPPED_EARLY = "stopped_early"  # the event


@dataclass(frozen=True)
class Report:
    """A stride of steps, one entry a step (none where it reports only an event), and what came about after it."""

    step: int  # steps done
    steps: range
    loss: list[float]  # nats
    accuracy: list[float]
    gradient_norm: list[float]  # before clipping
    learning_rate: float
    seconds: float  # that the stride took
    validation: Validation | None = None
    sample: Sample | None = None
    saved: bool = False
    divergence: Divergence | None = None
    warning: str = ""  # what does not look sane, said once


class Trainer:
    """A network in training, from step 0 or from a run's newest checkpoint.

    With a `run` (locked by the caller) it writes metrics, samples and checkpoints there; without one it writes
    nothing. `ranks` lead the other processes that train it, where there are any. `notes` are sentences about what was
    found on the way in. Raises `ValueError` for what the user can mend.
    """

    def __init__(self, settings: Settings, run: Run | None = None, ranks: "Leader | None" = None) -> None:
        self.settings, self._ranks = settings, ranks
        config = run.config() if run is not None else None
        if ranks is not None:
            ranks.invite(run.name if run is not None else "", settings, config)
        start = warm_start.of_run(run, config) if run is not None and config is not None else None
        data, kernel = (config.data, config.kernel) if config else (None, "")
        self.learner = Learner(settings, data, kernel, start, ranks)
        if ranks is not None:
            ranks.agree(self.learner, settings.corpus)
        self.dials, self.figures = Dials(settings), Figures()
        self.origin = (config.origin or None) if config else None  # whose weights it began with, where not its own
        self.learner.is_drawn = self.origin is None
        self.step = 0
        self._keeps_before = False
        self.seconds = 0.0  # of training, over the run's whole life
        self.notes: list[str] = []
        self.divergence: Divergence | None = None
        self._scored = -1  # the newest step whose held-out score is whole
        self._events_done_until = 0  # the step up to which all that fell due was done
        self._seconds_per_step = 0.0
        self._newest = BatchFigures()  # of the newest step
        self._unlogged = UnloggedBatches()
        self._recorder = Recorder(run, self.learner) if run is not None else None
        self._baselines: dict[str, Baseline] | None = None
        if self._recorder is not None:
            state, self.notes = self._recorder.resume_from(self.figures, self.dials)
            self.step, self._events_done_until, self.seconds = state.step, state.events_done_until, state.seconds
            self._newest = state.newest
            self._unlogged.restore(state.unlogged)
            self.notes += self._recorder.take_total(settings, self.step, self.dials)
            self._baselines = self._recorder.known_baselines()
            self._recorder.describe(settings, self.baselines)
        if ranks is not None:
            ranks.pass_on(self.learner)
        if start is not None:
            self.notes.append(f"begins with the weights of {origin.in_words(start.origin, self.learner.task.facts())}")
            self.notes += orthogonal.rescaling(self.learner.model, settings)
        elif self.step == 0:
            self.notes += naming.notes(self.learner.model.cells, settings)
        self._snapshot = StateSnapshot(self.learner)
        if 0 < settings.steps < WINDOW and settings.stop_at:
            self.notes.append(
                f"--stop-at needs the mean of {WINDOW} batches and --steps is {settings.steps}: it will never stop"
            )
        if settings.threads > cores():
            self.notes.append(
                f"--threads {settings.threads} share {counted(cores(), 'core')}, which is slower than one each"
            )
        self.notes += gate_coverage.describe(self.learner.model, time_steps(settings), _along(self.learner.task))
        self.notes += [alarm.sentence for alarm in self._loss_alarms()]
        self._alarms = Alarms(self._alarming())  # what is amiss at the beginning is said in the notes

    def __iter__(self) -> Iterator[Report]:
        prepare(self.learner.device, self.settings.threads)
        if self.step == 0:
            self.save()
        try:
            yield from self._run_due_events()
            while not self.is_over:
                report = self._stride()
                yield report
                if report.divergence is None:
                    yield from self._run_due_events()
        except UserCodeError as error:
            self._give_up(error)
            raise

    @property
    def is_over(self) -> bool:
        """Whether the last step is done: that of the settings, or one at which the task is solved or patience lost."""
        lost_patience = ending.has_lost_patience(self.figures.patience.without_gain, self.settings)
        return self.step >= self.settings.steps or self._is_solved or lost_patience

    @property
    def early_ending(self) -> str:
        """Why the run is over before its last step for want of gain, in words; else empty."""
        return ending.why_early(self.step, self.figures.patience.without_gain, self.settings)

    @property
    def _is_solved(self) -> bool:
        """Whether this is a logged step at which `stop_at` is reached."""
        stop_at = self.settings.stop_at
        return bool(stop_at) and _divides(self.settings.log_every, self.step) and self.figures.reaches(stop_at)

    # --- a stride -----------------------------------------------------------------------------------------------

    def _stride(self) -> Report:
        """Train up to the next step at which something falls due, or for some 15 ms."""
        began, first = time.perf_counter(), self.step
        self._snapshot.refresh()
        try:
            rows = self._train(min(self._next_due(), first + self.stride_length()) - first)
        except UserCodeError:
            self._snapshot.restore()
            self.step = first
            raise
        self.divergence = first_not_finite(rows, first + 1, self.dials.clip(first))  # a stride has one
        if self.divergence is not None:
            self._snapshot.restore()
            if self._ranks is not None:
                self._ranks.restore()
            self.step = first
            rows = self._train(self.divergence.step - 1 - first)
        seconds = time.perf_counter() - began
        return self._follow(first, rows, seconds)

    def _give_up(self, error: UserCodeError) -> None:
        """Save the state before a user's own cell failed, and note why."""
        with suppress(OSError, RanksFailed):  # what the cell did is the news
            self.save()
            self.record("failed", reason=str(error), traceback=error.user_traceback)

    def _train(self, count: int) -> list[list[float]]:
        """Train `count` steps; loss, accuracy and gradient norm of each, read from the device once."""
        steps = range(self.step, self.step + count)
        dials = [(self.dials.learning_rate(step), self.dials.clip(step)) for step in steps]
        if self._ranks is not None:
            self._ranks.train(dials)
        rows: list[torch.Tensor] = []
        for learning_rate, clip in dials:
            if self._keeps_before and len(rows) == count - 1:
                self.learner.keep_before()
            rows.append(self.learner.train_one(learning_rate, clip))
            self.step += 1
        return torch.stack(rows).tolist() if rows else []

    def _follow(self, first: int, rows: list[list[float]], seconds: float) -> Report:
        loss, accuracy, norm = ([row[k] for row in rows] for k in range(3))
        self.seconds += seconds
        self.figures.follow(first + 1, loss, accuracy)
        self._unlogged.follow(loss, accuracy, norm, self.dials.clip(first))  # a stride has one
        rate = self.dials.learning_rate(max(first, self.step - 1))
        steps = range(first + 1, self.step + 1)
        if rows:
            self._seconds_per_step = seconds / len(rows)
            self._newest = BatchFigures(
                loss=loss[-1], accuracy=accuracy[-1], gradient_norm=norm[-1], learning_rate=rate
            )
        if self.divergence is not None and self._recorder is not None:
            self._recorder.run.journal(self.step, "diverged", loss=self.divergence.loss)
        return Report(self.step, steps, loss, accuracy, norm, rate, seconds, divergence=self.divergence)

    def stride_length(self) -> int:
        """Steps until the device is read again, where nothing falls due before."""
        if not self._seconds_per_step:
            return 1
        return max(1, min(LONGEST_STRIDE, round(STRIDE_SECONDS / self._seconds_per_step)))

    def _next_due(self) -> int:
        s, step = self.settings, self.step
        periods = (s.log_every, s.sample_every, s.validate_every, s.save_every)
        due = [step + every - step % every for every in periods if every]
        return int(min(s.steps, next_milestone(step), self.dials.next_change(step), *due))

    # --- what falls due -----------------------------------------------------------------------------------------

    def _run_due_events(self) -> Iterator[Report]:
        """Held-out score, sample, logged row and checkpoint, where they fall due at this step."""
        if self._events_done_until == self.step:
            return
        improved, saved, sample = False, False, None
        if self._is_due(self.settings.validate_every):
            improved = yield from self._validate()
        # No yield from here on until all of it is done: a caller may leave at any.
        if _divides(self.settings.sample_every, self.step) and isinstance(self.learner.task, TextTask):
            sample = self._write_sample(self.learner.task)
        self._log()
        self._note_early_ending()
        self._events_done_until = self.step
        if improved or self._is_due(self.settings.save_every) or self._saved_long_ago():
            saved = self.save()
        elif is_milestone(self.step) and self._recorder is not None and self.learner.is_finite():
            self._recorder.save_weights(self.step, self.figures, self._facts())
        warning = self._warn()
        if saved or warning or sample is not None:
            yield self._event(saved=saved, sample=sample, warning=warning)

    def _validate(self) -> Generator[Report, None, bool]:
        """Score what is held out, a piece a report; returns whether the score is the best so far."""
        figures = self.figures
        learner = self.learner
        for validation in averaging.validate(learner.task, learner.model, learner.average):
            if validation.done == 1.0:
                figures.take(validation)
                self._scored = self.step
            yield self._event(validation=validation)
        if self._scored != self.step:
            return False
        figures.patience.follow(figures.held_out_loss)
        return figures.improves(figures.held_out_loss, self.step)

    def _warn(self) -> str:
        """What does not look sane at a logged step, and was not said before."""
        if not self._is_due(self.settings.log_every):
            return ""
        return "; ".join(self._alarms.new(self._alarming()))

    def _alarming(self) -> list[Alarm]:
        """What does not look sane now."""
        return [*self._loss_alarms(), *gate_coverage.strays(self.learner.model, time_steps(self.settings))]

    def _is_due(self, every: int) -> bool:
        return self.is_over or _divides(every, self.step)

    def _write_sample(self, task: TextTask) -> Sample:
        temperature = self.dials.temperature(self.step)
        writer = Writer(self.snapshot(), task.vocabulary, self.settings.seed, self.step, temperature=temperature)
        text, bits = writer.write(self.settings.sample_length)
        sample = Sample(self.step, text, temperature, bits)
        if self._recorder is not None:
            self._recorder.keep_sample(sample)
        return sample

    def _log(self) -> None:
        scored = self._scored == self.step
        if self._recorder is None or self._newest == BatchFigures():
            return
        if not (scored or self._is_due(self.settings.log_every)):
            return
        newest, figures = self._newest, self.figures
        averaged = scored and self.learner.average is not None
        row = MetricsRow(
            step=self.step,
            loss=newest.loss,
            accuracy=newest.accuracy,
            gradient_norm=newest.gradient_norm,
            learning_rate=newest.learning_rate,
            seconds=round(self.seconds, 3),
            validation_loss=figures.validation_loss if scored else UNSET,
            validation_accuracy=figures.validation_accuracy if scored else UNSET,
            averaged_validation_loss=figures.averaged_validation_loss if averaged else UNSET,
            averaged_validation_accuracy=figures.averaged_validation_accuracy if averaged else UNSET,
            batches=self._unlogged.take(),
        )
        self._recorder.log(row)

    def _note_early_ending(self) -> None:
        """Let the journal say, once, why the run ends here, if it does before its last step."""
        if self._recorder is not None and (why := self.early_ending):
            noted = self._recorder.run.newest_event()
            if noted is None or (noted.event, noted.step) != (STOPPED_EARLY, self.step):
                self.record(STOPPED_EARLY, reason=why)

    def _event(self, **what: Any) -> Report:
        return Report(self.step, range(0), [], [], [], self.dials.learning_rate(self.step), 0.0, **what)

    @property
    def is_worse_than_guessing(self) -> bool:
        """Whether a loss is far above that of guessing: nothing was learned, though all numbers are finite."""
        return bool(self._loss_alarms())

    def _loss_alarms(self) -> list[Alarm]:
        return loss_alarms(self.figures, self.learner.task.guess.loss, spec(self.settings).unit, is_over=self.is_over)

    # --- from outside, between reports --------------------------------------------------------------------------

    def save(self) -> bool:
        """Write a checkpoint of this step; whether there is one now.

        A diverged network is not written: its run goes on from the last good checkpoint. Raises `OSError` where the
        disk is full; the checkpoints that there are survive.
        """
        if self._recorder is None or self.divergence is not None or not self.learner.is_finite():
            return False
        if not spec(self.settings).holds_out:
            self.figures.improves(self.figures.smoothed_loss, self.step)
        self._recorder.save(self.step, self.figures, self._facts())
        return True

    def change(self, event: str, value: float) -> None:
        """Change `learning_rate`, `clip` or `temperature` from the next step on; it is on disk before it takes effect.

        Raises `ValueError` for a value that is no number or not positive; clip and temperature may be 0.
        """
        if not math.isfinite(value) or value < 0 or (value == 0 and event == "learning_rate"):
            least = "above" if event == "learning_rate" else "of at least"
            raise ValueError(f"the {event.replace('_', ' ')} must be a number {least} 0, not {value:g}")
        self.record(event, value=value)
        self.dials.change(event, self.step, value)

    def keep_before(self, is_wanted: bool) -> None:
        """Whether θ as it was before the newest step of each stride is kept, for a look at what a step does."""
        self._keeps_before = is_wanted
        if not is_wanted:
            self.learner.before = None

    def record(self, event: str, **what: Any) -> None:
        """Add a row to the run's journal; it is on disk when this returns."""
        if self._recorder is not None:
            self._recorder.run.journal(self.step, event, **what)

    def snapshot(self) -> Snapshot:
        """The network as it is now, for writing; with its averaged weights where they do better (`writing_weights`)."""
        return Snapshot(self.writing_model)

    @property
    def writing_model(self) -> Model:
        """The model with the weights that write, which training goes on changing."""
        averaged = self.learner.averaged_model() if self.writing_weights == weights.AVERAGED else None
        return averaged or self.learner.model

    @property
    def writing_weights(self) -> str:
        """The weights that write, `averaged` where those did better when both were scored last; empty without any."""
        if self.learner.average is None:
            return ""
        return weights.AVERAGED if self.figures.average_is_better else weights.RAW

    @property
    def baselines(self) -> dict[str, Baseline]:
        """What simple guessers reach on the task, by name."""
        if self._baselines is None:
            self._baselines = self.learner.task.baselines()
        return self._baselines

    @property
    def saved_step(self) -> int | None:
        """The step of the newest checkpoint; `None` where there is none."""
        return self._recorder.saved_step if self._recorder else None

    def _saved_long_ago(self) -> bool:
        return self._recorder is not None and time.monotonic() - self._recorder.saved_at >= SAVE_SECONDS

    def _facts(self) -> dict[str, Any]:
        over = self._is_solved and self.settings.stop_at  # a higher one goes on
        return {
            "events_done_until": self._events_done_until,
            "seconds": self.seconds,
            "newest": self._newest,
            "unlogged": self._unlogged.state(),
            "over": over,
        }


def open_trainer(run: Run) -> Trainer:
    """The trainer of a locked run, new or resumed, with what was asked to change.

    A new run whose settings will not do leaves no folder behind. Raises `ValueError` as `Trainer` does and for a corpus
    that changed or is gone, and what torch raises where the network does not fit into memory.
    """
    try:
        settings, notes = _with_its_text(run)
        if saved := run.steps_saved(whole=True):
            checkpoint.check_size(run, saved[-1], settings)
        with run.naming_its_cell_file():
            trainer = Trainer(settings, run, _ranks(run))
    except Exception:
        if run.asked_settings is None and not run.steps_saved(whole=False):
            with suppress(ValueError, OSError):  # what somebody has put there stays, and the cause is what is said
                run.remove()
        raise
    trainer.notes += notes
    for event, value in run.asked_dials.items():
        trainer.change(event, value)
    run.asked_settings, run.asked_dials, run.asked_step = None, {}, None  # on disk by now
    return trainer


def _with_its_text(run: Run) -> tuple[Settings, list[str]]:
    """The settings to go on with, a corpus that lies elsewhere now taken from there, and what is said of it."""
    settings = run.settings()
    if not spec(settings).has_corpus:
        return settings, []
    whereabouts = corpora.locate(run)
    return replace(settings, corpus=whereabouts.place), [whereabouts.growth] if whereabouts.growth else []


def _ranks(run: Run) -> "Leader | None":
    """What leads the other processes that torchrun started to train the run; `None` where this one trains it alone."""
    if run.world is None or run.world.size == 1:
        return None
    from rnntui.core.training.leading import lead

    return lead(run.world)


def _along(task: Task) -> str:
    """What the steps of a sequence are called where something is said of them."""
    if task.own_times:
        return "whole steps; the sequences are looked at between them, each at times of its own"
    return "steps of the first batch; time goes on" if task.carries_state else "steps"


def _divides(every: int, step: int) -> bool:
    return bool(every) and step > 0 and step % every == 0
