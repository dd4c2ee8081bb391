"""A sweep's worker process: `python -m rnntui.core.worker`. Jobs come as lines of JSON, and lines of JSON go back.

Invariant: when the parent ends, the input ends, and then every run is saved and released. Standard output belongs to
the parent; what libraries print goes to standard error. A result is that of the plan's settings or there is none.
"""

import argparse
import json
import math
import os
import queue
import select
import sys
import threading
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from rnntui import corpora
from rnntui.config import Settings, from_dict, spec
from rnntui.runs import CONFIG, Run, rows_in_force
from rnntui.runs.status import RunState
from rnntui.schemas import FiguresState
from rnntui.specs import BITS
from rnntui.sweeps import syntax
from rnntui.sweeps.folder import Result, read_result, write_result
from rnntui.sweeps.syntax import Syntax
from rnntui.system import consent
from rnntui.system.failures import explain, is_mistake
from rnntui.system.folder import Folder
from rnntui.system.lease import LeaseHeld, LeaseLost
from rnntui.system.user_code import user_traceback

FRESH = 10_000  # examples that a trained network is measured on
SAY_SECONDS = 0.25  # from one line about a run to the next
LEAVING_SECONDS = 30.0  # that a worker whose parent is gone may take to leave a run
AGAIN_SECONDS = 0.1
# Settings that say where a run is and how it is trained, not what comes out; `resume` may have changed them.
FREE = ("corpus", "device", "kernel", "steps", "threads")


class Wire:
    """The way back to the parent; a line at a time from any thread. A parent that is gone is no reason to fail."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._lock = threading.Lock()

    def say(self, **message: Any) -> None:
        """Send a line; what is not finite goes as null."""
        line = (
            json.dumps({k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in message.items()})
            + "\n"
        )
        with self._lock, suppress(OSError):
            self._out.write(line.encode())
            self._out.flush()

    @property
    def is_heard(self) -> bool:
        """Whether the parent takes in what is said; one that is stopped does not, and no run is to wait for it."""
        return bool(select.select([], [self._out], [], 0)[1])


def _own_output() -> BinaryIO:
    """Standard output, which is the wire's alone from now on: what else is printed goes to standard error."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return out


class JobInbox:
    """What the parent wants: jobs to come, runs to drop, and whether all is over."""

    def __init__(self) -> None:
        self.jobs: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.dropped: set[str] = set()
        self.is_closed = False

    def is_wanted(self, name: str) -> bool:
        """Whether to go on with that run."""
        return not self.is_closed and name not in self.dropped

    def listen(self, slots: int) -> None:
        """Take in what the parent says until it says no more."""
        for line in sys.stdin:
            message = json.loads(line)
            if "drop" in message:
                self.dropped.add(message["drop"])
            else:
                self.dropped.discard(message["run"])
                self.jobs.put(message)
        self.is_closed = True
        for _ in range(slots):
            self.jobs.put(None)


def main() -> None:
    """Train what the parent sends, `--slots` runs side by side, each in a thread of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--slots", type=int, default=1)
    parser.add_argument("--device", default="auto")
    asked = parser.parse_args()
    slots = asked.slots
    consent.give_for_all(from_here=True)  # the parent has it of whoever started the sweep
    wire, inbox = Wire(_own_output()), JobInbox()
    threading.Thread(target=inbox.listen, args=(slots,), daemon=True).start()
    try:
        device = _load(asked.device)
    except Exception as error:  # the parent says it: no run of the sweep can be trained
        wire.say(refused=explain(error), is_mistake=is_mistake(error))
        os._exit(1)  # not by way of the interpreter's end, which would fight the listener for standard input
    wire.say(device=device)
    workers = [threading.Thread(target=serve, args=(wire, inbox, device)) for _ in range(_side_by_side(device, slots))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def _load(device: str) -> str:
    """Load torch, after the listener began so that a parent that leaves at once is heard; the kind of device."""
    import torch

    from rnntui.core.device import resolve

    torch.set_num_threads(1)
    return resolve(device).type


def _side_by_side(device: str, slots: int) -> int:
    """Runs in this process at a time: streams side by side are CUDA's alone."""
    return slots if device == "cuda" else 1


def serve(wire: Wire, inbox: JobInbox, device: str) -> None:
    """Train one job after the other; on CUDA in a stream of this thread's own, beside those of the others."""
    with _own_stream(device):
        while (message := inbox.jobs.get()) is not None and not inbox.is_closed:
            name, calls = message["run"], ""
            try:
                folder, settings = Path(message["folder"]), from_dict(message["settings"])
                asked = syntax.from_dict(message["syntax"]) if message.get("syntax") else None
                leased, text = bool(message.get("leased")), str(message.get("text", ""))
                result = train(folder, name, settings, wire, inbox, asked, leased=leased, text=text)
            except Exception as error:  # the parent shows it, and the other runs go on
                result, calls = Result("failed", reason=explain(error, training=True)), user_traceback(error)
            if result is None:
                wire.say(run=name, left=True)
            else:
                wire.say(run=name, result=vars(result), traceback=calls)


def _own_stream(device: str) -> AbstractContextManager[Any]:
    if device != "cuda":
        return nullcontext()
    import torch

    return torch.cuda.stream(torch.cuda.Stream())  # type: ignore[no-untyped-call]


def train(
    folder: Path,
    name: str,
    settings: Settings,
    wire: Wire,
    inbox: JobInbox,
    asked: Syntax | None = None,
    *,
    leased: bool = False,
    text: str = "",
) -> Result | None:
    """Train one run to its end, from where it stands, keep what came out, and measure what is `asked` of it.

    `leased`: in a folder that machines share. `text` is the SHA-256 that its corpus is to have, where that is known.
    `None` where it was left half-done, or another process has it.
    Raises `ValueError` for another text, and what `open_trainer`, the trainer and `measure` raise.
    """
    run = _open(folder, name, settings, wire, inbox, leased=leased)
    if run is None:
        return None
    try:
        result = read_result(run.path, settings) or _train(run, name, settings, wire, inbox, text)
        if result is None or (asked is not None and not _measure(run, name, result, asked, wire, inbox)):
            return None
        return result
    except LeaseLost:
        return None
    finally:
        run.unlock()


def _train(run: Run, name: str, settings: Settings, wire: Wire, inbox: JobInbox, text: str) -> Result | None:
    from rnntui.core.training.trainer import open_trainer

    _follow_plan(run, settings)
    if text and not run.config().data.sha256:  # of a run that has begun it is compared with what it learned
        corpora.check_same_here(settings.corpus, text)
    trainer = open_trainer(run)
    began, said_at, first = time.perf_counter(), 0.0, trainer.step
    for report in trainer:
        now = time.perf_counter()
        if now - said_at >= SAY_SECONDS and wire.is_heard:
            said_at = now
            _say_standing(wire, name, trainer, (trainer.step - first) / (now - began))
        if report.divergence is not None:
            result = result_of(trainer, "diverged", str(report.divergence))
            break
        if not inbox.is_wanted(name):
            trainer.save()
            return None
    else:
        result = result_of(trainer, "finished", trainer.early_ending, best_figures(run))
    write_result(run.folder, settings, result)
    return result


def _measure(run: Run, name: str, result: Result, asked: Syntax, wire: Wire, inbox: JobInbox) -> bool:
    """Whether all that is asked of a finished run is measured; it is left half-done once it is not wanted."""
    from rnntui.core.generation.syntax_measures import measure

    if result.state != "finished":
        return True
    try:
        for doing in measure(run, asked):
            wire.say(doing=f"{name}: {doing}")
            if not inbox.is_wanted(name):
                return False
    finally:
        wire.say(doing="")
    return True


def _open(
    folder: Path, name: str, settings: Settings, wire: Wire, inbox: JobInbox, *, leased: bool = False
) -> Run | None:
    """The run's folder, locked: a new one, or the one that an earlier process left; `None` once it is not wanted.

    Raises `ValueError` where the sweep's folder has become a link.
    """
    Folder(folder, f"sweep {folder.name!r}").close()
    run = Run(folder / name)
    if run.path.is_dir():
        if not _hold(run, wire, inbox, leased=leased):
            return None
        if (run.path / CONFIG).exists():
            return run
        run.unlock()
        if not run.foreign_files():
            run.remove()  # a process died before it had begun
    run = Run.create(folder, name, settings, follow=False)
    try:
        if leased:
            run.hold_lease()
    except LeaseHeld:
        run.unlock()
        return None
    return run


def _hold(run: Run, wire: Wire, inbox: JobInbox, *, leased: bool) -> bool:
    """Lock a run; a worker whose parent was killed may still be saving it. Raises `ValueError` if it is held on.

    One of another machine is waited for as long as the run is wanted: nobody can tell here whether it ends.
    """

    def tell(sentence: str) -> None:
        wire.say(doing=sentence)

    def is_wanted() -> bool:
        return inbox.is_wanted(run.path.name)

    until = time.monotonic() + LEAVING_SECONDS
    while is_wanted():
        try:
            run.lock(leased=leased, tell=tell, is_wanted=is_wanted)
            tell("")
        except LeaseHeld:
            time.sleep(AGAIN_SECONDS)
        except ValueError:
            if time.monotonic() >= until:
                raise
            time.sleep(AGAIN_SECONDS)
        else:
            return True
    return False


def _follow_plan(run: Run, settings: Settings) -> None:
    """Let a run that was resumed by hand do what the plan says. Raises `ValueError` where it is too late."""
    from rnntui.core.training.schedules import TOTAL, follows_total

    pinned = replace(settings, corpus=corpora.pin(settings.corpus)) if spec(settings).has_corpus else settings
    known, reached = run.settings(), max(run.steps_saved(whole=True), default=0)
    odd = [name for name, value in vars(known).items() if name not in FREE and value != getattr(pinned, name)]
    odd += [
        row.event.replace("_", " ")
        for row in rows_in_force(run.events())
        if row.event in ("learning_rate", "clip", TOTAL)
    ]
    is_lengthened = reached > 0 and known.steps != settings.steps and follows_total(settings)
    odd += ["steps"] if reached > settings.steps or is_lengthened else []
    if odd:
        raise ValueError(
            f"it no longer has the sweep's {odd[0]}: it was resumed by hand, or begun by a version whose preset sets "
            "another; remove it, and the sweep trains it again"
        )
    if known != pinned:
        run.ask(pinned)


def _say_standing(wire: Wire, name: str, trainer: Any, speed: float) -> None:
    figures = trainer.figures
    wire.say(
        run=name,
        step=trainer.step,
        accuracy=figures.smoothed_accuracy,
        loss=figures.smoothed_loss,
        steps_per_second=speed,
    )


def best_figures(run: Run) -> FiguresState | None:
    """The figures at the best checkpoint of a text; `None` where none is marked, or it cannot be read."""
    with suppress(ValueError, OSError):
        if spec(run.settings()).holds_out and (step := run.best_step()) is not None:
            return run.state(step).figures
    return None


def result_of(trainer: Any, state: RunState, reason: str, best: FiguresState | None = None) -> Result:
    """The result of a run that is over, as its trainer has it, of a text what it reached at its best checkpoint, where
    that is known; `reason` says why it ended early or diverged.
    """
    from rnntui.core.training.evaluate import Evaluation, evaluate

    figures = trainer.figures
    reached: Any = figures if best is None or best.held_out_loss is None else best
    fresh = evaluate(trainer.learner, FRESH) if state == "finished" else Evaluation()
    return Result(
        state,
        trainer.step,
        _number(figures.smoothed_loss),
        _number(figures.smoothed_accuracy),
        figures.best_accuracy,
        reached.held_out_accuracy if fresh.accuracy is None else fresh.accuracy,
        figures.solved_at,
        round(trainer.seconds, 3),
        reason,
        trainer.learner.model.parameter_count(),
        _number(BITS.of(reached.held_out_loss)),
        fresh.loss,
    )


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


if __name__ == "__main__":
    main()
