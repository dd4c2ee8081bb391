"""Training without a screen: the iterator, progress on standard error, and a result at the end.

Invariant: a signal is acted on between two reports: first a checkpoint, then a message. A closed terminal must
not prevent the save.
"""

import math
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from rnntui import corpora
from rnntui.commands.progress import waiting
from rnntui.commands.progress.training import LINE_SECONDS, TrainingDisplay, TrainingStatus, display
from rnntui.config import WINDOW, as_dict, spec
from rnntui.runs import Run, live, next_commands
from rnntui.runs.status import RunState, RunStatus
from rnntui.sessions.alerts import Alerts, AlertThread, Course
from rnntui.specs import BITS, TASKS, bits
from rnntui.system import output
from rnntui.system.errors import FolderGone
from rnntui.system.failures import details, explain
from rnntui.system.output import as_json, steadfast
from rnntui.system.signals import BY_SIGNAL, DIVERGED, FAILED, Signals, acknowledged
from rnntui.text.format import counted, decimals, duration, figure, perplexity, share
from rnntui.text.format import kernel as kernel_in_words
from rnntui.text.sanitize import shown_text

if TYPE_CHECKING:
    from rnntui.core.training.trainer import Report, Trainer


class InterruptedReading(Exception):
    """A signal came while a corpus was still read."""


@dataclass
class TrainingProgress:
    """Progress of a run's training in this process."""

    began_at: int  # the step
    steps: int = 0
    seconds: float = 0.0  # of training alone
    loss: float = math.nan  # of the newest step
    accuracy: float = math.nan
    doing: str = ""
    sample_shown_at: float = field(default=-math.inf)

    @property
    def steps_per_second(self) -> float:
        """Speed of training, held-out scoring and samples left out; 0 before the first step."""
        return self.steps / self.seconds if self.seconds else 0.0

    def follow(self, report: "Report") -> None:
        """Take in a report."""
        self.steps += len(report.steps)
        self.seconds += report.seconds
        if report.loss:
            self.loss, self.accuracy = report.loss[-1], report.accuracy[-1]
        scoring = report.validation is not None and report.validation.done < 1
        self.doing = f"scoring the held-out text, {report.validation.done:.0%}" if scoring and report.validation else ""


@dataclass
class CourseOfRun:
    """How a run stands, for the thread that looks after alerts; replaced as a whole."""

    now: Course = field(default_factory=lambda: Course("loading", 0))


@dataclass(frozen=True)
class Ending:
    """How a run ended: its exit status, a sentence, and figures."""

    status: RunState
    exit_status: int
    sentence: str
    result: dict[str, Any]


def train(all_runs: Sequence[Run], *, wants_json: bool, alerts: Alerts | None = None) -> int:
    """Train locked runs in turn and say how each ended; the exit status.

    The runs are released. Those that a signal or a failure leaves no turn go, if they are new. Raises `ValueError` as
    `open_trainer` does.
    """
    endings: list[Ending] = []
    waiting = list(all_runs)
    with Signals() as signals:
        try:
            while waiting and signals.caught is None and not any(ending.status == "failed" for ending in endings):
                run = waiting.pop(0)
                endings.append(_train_one(run, signals, alerts or Alerts()))
                if not wants_json:
                    say_result(endings[-1])
                    _say_next(run, endings[-1])
        finally:
            _release(all_runs, waiting)
        if wants_json:
            results = [ending.result for ending in endings]
            _print(as_json(results[0] if len(all_runs) == 1 and results else {"runs": results}))
        if signals.caught is not None:
            return BY_SIGNAL + signals.caught
        return max((ending.exit_status for ending in endings), default=0)


def _train_one(run: Run, signals: Signals, alerts: Alerts) -> Ending:
    shown, course = display(), CourseOfRun()
    alarm = AlertThread(alerts, run, lambda: course.now, lambda note: shown.say(f"{run.name}: {note}"))
    try:
        shown.say(f"{run.name}: loading PyTorch")
        from rnntui.core.training.trainer import open_trainer

        try:
            _read_corpus(run, signals)
            trainer = open_trainer(run)
        except InterruptedReading:
            return _stopped_reading(run, signals)
        except (RuntimeError, MemoryError, OSError) as error:
            return _failed_to_open(run, error)
        _introduce(run, trainer, shown)
        with live.announced(run), acknowledged(lambda by: shown.say(_still_at_work(run, trainer, by))):
            ending = _follow(run, trainer, signals, shown, course)
        course.now = Course(ending.status, trainer.step, ending.sentence)
        return ending
    finally:
        alarm.close()
        shown.close()


def _read_corpus(run: Run, signals: Signals) -> None:
    """Make the token file of a large corpus, if it is missing. Raises `InterruptedReading` at a signal."""
    with waiting.reading("the corpus") as wait:

        def tell(share: float) -> None:
            if signals.caught is not None:
                raise InterruptedReading
            wait(share)

        with suppress(ValueError):  # the trainer finds the same
            corpora.prepare(run, tell)


def _follow(run: Run, trainer: "Trainer", signals: Signals, shown: TrainingDisplay, course: "CourseOfRun") -> Ending:
    """Iterate over the trainer's reports until the end, a signal, or a failure."""
    progress = TrainingProgress(trainer.step)
    try:
        for report in trainer:
            progress.follow(report)
            course.now = Course("running", trainer.step)
            if report.divergence is not None:
                return _diverged(run, trainer, progress)
            if signals.caught is not None:
                trainer.save()
                return _stopped(run, trainer, progress, signals.caught)
            if report.warning:
                shown.say(f"{run.name}: step {report.step:,}: {report.warning}")
            shown.show(_status(run, trainer, progress))
            _show_sample(report, progress, shown)
    except Exception as error:
        return _failed(run, trainer, progress, error)
    # The status is 0 though it may have learned nothing: every number is finite, and it did all that was asked.
    chance = figure(trainer.learner.task.guess.loss)
    learned_nothing = f", worse than guessing, whose loss is {chance}" if trainer.is_worse_than_guessing else ""
    early = f", {trainer.early_ending}" if trainer.early_ending else ""
    sentence = f"{run.name} is finished: step {trainer.step:,}{early}{learned_nothing}"
    return _ending("finished", 0, sentence, run, trainer, progress)


# --- how it ends ----------------------------------------------------------------------------------------------------


def _diverged(run: Run, trainer: "Trainer", progress: TrainingProgress) -> Ending:
    rate = trainer.dials.learning_rate(trainer.step)
    way_on = next_commands.after_divergence(run, rate, trainer.saved_step or 0, "--headless")
    sentence = f"{run.name} diverged: {trainer.divergence}; {way_on}"
    return _ending("diverged", DIVERGED, sentence, run, trainer, progress)


def _still_at_work(run: Run, trainer: "Trainer", by: signal.Signals) -> str:
    return f"{by.name}: {run.name} saves and ends after step {trainer.step + 1:,}, which is under way"


def _stopped(run: Run, trainer: "Trainer", progress: TrainingProgress, by: signal.Signals) -> Ending:
    way_on = f"{next_commands.resumed_by([run])} resumes it"
    sentence = f"{by.name}: {run.name} is saved at step {trainer.saved_step or 0:,}; {way_on}"
    return _ending("stopped", BY_SIGNAL + by, sentence, run, trainer, progress)


def _failed(run: Run, trainer: "Trainer", progress: TrainingProgress, error: Exception) -> Ending:
    _say_calls(error)
    is_gone = isinstance(error, FolderGone)
    saved = None if is_gone else trainer.saved_step
    kept = "" if saved is None else f" (the newest checkpoint is that of step {saved:,})"
    sentence = f"{run.name} stopped at step {trainer.step:,}: {explain(error, training=True)}{kept}"
    ending = _ending("failed", FAILED, sentence, run, trainer, progress)
    return replace(ending, result={**ending.result, "path": None, "saved_step": None}) if is_gone else ending


def _stopped_reading(run: Run, signals: Signals) -> Ending:
    assert signals.caught is not None
    way_on = f"{next_commands.resumed_by([run])} resumes it"
    sentence = f"{signals.caught.name}: {run.name} was still reading its corpus; {way_on}"
    return Ending(
        "stopped", BY_SIGNAL + signals.caught, sentence, {"run": run.name, "status": "stopped", "said": sentence}
    )


def _say_calls(error: Exception) -> None:
    """The calls that led to a failure, for those who ask for them."""
    if calls := details(error):
        _print(calls, bad=True)


def _failed_to_open(run: Run, error: Exception) -> Ending:
    _say_calls(error)
    sentence = f"{run.name} could not start: {explain(error, training=True)}"
    return Ending("failed", FAILED, sentence, {"run": run.name, "status": "failed", "said": sentence})


def _ending(
    status: RunState, exit_status: int, sentence: str, run: Run, trainer: "Trainer", progress: TrainingProgress
) -> Ending:
    result = {**_result(run, trainer, progress), "status": status, "said": sentence}
    return Ending(status, exit_status, sentence, result)


def _result(run: Run, trainer: "Trainer", progress: TrainingProgress) -> dict[str, Any]:
    """The figures of a run as `--json` prints them; losses in nats. Its folder may be gone by now."""
    from rnntui.core.device import describe

    settings, figures, learner = trainer.settings, trainer.figures, trainer.learner
    row = None if progress.steps else next(run.newest_metrics(), None)
    result = {
        "run": run.name,
        "path": str(run.path),
        "task": settings.task,
        "cell": settings.cell,
        "step": trainer.step,
        "steps": settings.steps,
        "saved_step": trainer.saved_step,
        "loss": progress.loss if progress.steps else row and row.loss,
        "accuracy": progress.accuracy if progress.steps else row and row.accuracy,
        "smoothed_loss": figures.smoothed_loss,
        "smoothed_accuracy": figures.smoothed_accuracy,
        "solved_at": figures.solved_at,
        "best_loss": figures.best[0] if figures.best else None,
        "best_step": figures.best[1] if figures.best else None,
        "worse_than_guessing": trainer.is_worse_than_guessing,
        "steps_per_second": progress.steps_per_second if progress.steps else None,
        "seconds": trainer.seconds,
        "parameters": learner.model.parameter_count(),
        "device": describe(learner.device),
        "threads": settings.threads,
        "kernel": learner.model.kernel.name,
        "seed": settings.seed,
        "from": None if trainer.origin is None else to_builtins(trainer.origin),
    }
    if spec(settings).holds_out:
        result |= held_out(figures.validation_loss, figures.validation_accuracy)
        averaged = figures.averaged_validation_loss
        result["averaged_validation_loss"] = averaged
        result["averaged_bits_per_character"] = bits(averaged)
        result["averaged_validation_accuracy"] = figures.averaged_validation_accuracy
        unit = spec(settings).unit
        result["baselines"] = {name: unit.of(baseline.loss) for name, baseline in trainer.baselines.items()}
        result["early_ending"] = trainer.early_ending or None
        result["rulers"] = result["baselines"]  # as earlier versions call them
    return result | {"settings": as_dict(settings)}


def held_out(loss: float | None, accuracy: float | None) -> dict[str, float | None]:
    """The newest score of the held-out text, the loss in its three units.

    `None` where it was never scored, and for a perplexity that no number holds.
    """
    return {
        "validation_loss": loss,
        "bits_per_character": bits(loss),
        "perplexity": perplexity(loss),
        "validation_accuracy": accuracy,
    }


# --- in words -------------------------------------------------------------------------------------------------------


def _introduce(run: Run, trainer: "Trainer", shown: TrainingDisplay) -> None:
    config, kernel = run.config(), trainer.learner.model.kernel
    threads = counted(trainer.settings.threads, "thread")
    size = f"{config.parameters:,} parameters, {kernel_in_words(kernel.name, kernel.why)}"
    shown.say(f"{run.name}: {config.device}, {threads}, {size}")
    facts = config.data
    if facts.corpus:
        counts = f"{facts.characters:,} characters, {len(facts.vocabulary)} distinct"
        shown.say(f"{run.name}: corpus {facts.corpus}: {counts}; {'; '.join(facts.notes)}")
    for note in trainer.notes:
        shown.say(f"{run.name}: {note}")
    if trainer.step:
        shown.say(f"{run.name}: resumes from step {trainer.step:,}")


def _status(run: Run, trainer: "Trainer", progress: TrainingProgress) -> TrainingStatus:
    status = RunStatus(
        run.name,
        "running",
        trainer.step,
        trainer.settings.steps,
        trainer.figures.smoothed_loss,
        trainer.figures.smoothed_accuracy,
        progress.steps_per_second,
    )
    return TrainingStatus(status, progress.doing, spec(trainer.settings).has_accuracy)


def _show_sample(report: "Report", progress: TrainingProgress, shown: TrainingDisplay) -> None:
    now = time.monotonic()
    if report.sample is not None and now - progress.sample_shown_at >= LINE_SECONDS:
        progress.sample_shown_at = now
        text = report.sample.text.replace("\n", "\\n").replace("\t", "\\t")
        shown.say(f"  {report.sample.step:,}  {text}")


def say_result(ending: Ending) -> None:
    """Print success on standard output, failure on standard error."""
    _print(ending.sentence, bad=ending.exit_status in (FAILED, DIVERGED))
    result = ending.result
    if "step" not in result:
        return
    figures = f"loss {figure(result['smoothed_loss'])}"
    if TASKS[result["task"]].has_accuracy:
        figures += f", accuracy {share(result['smoothed_accuracy'])}"
    batches = min(WINDOW, result["step"])
    last = "last batch" if batches == 1 else f"means of the last {batches} batches"
    if batches:
        _print(f"  {figures} ({last})")
    if result["solved_at"] is not None:
        _print(f"  solved at step {result['solved_at']:,}")
    elif ending.status == "finished" and result["step"] < WINDOW and TASKS[result["task"]].can_be_solved:
        _print(f"  solved: not measured (it takes {WINDOW} steps)")
    if result.get("bits_per_character") is not None:
        baselines = ", ".join(f"{name} {decimals(bits)}" for name, bits in result["baselines"].items())
        reached = "beyond any number" if result["perplexity"] is None else decimals(result["perplexity"])
        _print(f"  held-out text: {decimals(result['bits_per_character'])} bits per character ({baselines})")
        _print(f"  held-out text: accuracy {share(result['validation_accuracy'])}, perplexity {reached}")
    if result.get("averaged_bits_per_character") is not None:
        averaged, accuracy = decimals(result["averaged_bits_per_character"]), result["averaged_validation_accuracy"]
        _print(f"  held-out text: averaged weights: {averaged} bits per character, accuracy {share(accuracy)}")
    if result.get("bits_per_character") is not None and result.get("best_step") not in (None, result["step"]):
        best = decimals(BITS.of(result["best_loss"]))
        _print(f"  held-out text: best at step {result['best_step']:,}: {best} bits per character")
    if result["steps_per_second"]:
        _print(f"  {result['steps_per_second']:,.0f} steps/s, {duration(result['seconds'])} of training in total")
    if result["path"] is not None:
        _print(f"  kept in {result['path']}")


def _say_next(run: Run, ending: Ending) -> None:
    if ending.status == "finished":
        _print(f"  {next_commands.next_of_finished(run)}")


def _print(line: str, *, bad: bool = False) -> None:
    stream = sys.stderr if bad else sys.stdout
    print(shown_text(output.commands_whole(line, stream)), file=steadfast(stream), flush=True)


def _release(all_runs: Sequence[Run], waiting: Sequence[Run]) -> None:
    for run in all_runs:
        if run in waiting and run.asked_settings is None:
            with suppress(ValueError, OSError):  # what somebody has put there stays
                run.remove()
        run.unlock()
