"""`rnntui attach`: the training screen on runs that other processes train, and `rnntui stop`, which ends them."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from rnntui import runs
from rnntui.commands.run_names import all_named
from rnntui.runs import Run, live, next_commands
from rnntui.runs.finding import ANY, LAST, newest_first
from rnntui.runs.folders import called, option_for, place, sweep_called
from rnntui.sweeps import standing
from rnntui.sweeps.folder import Sweep, read_plan
from rnntui.sweeps.standing import is_driven
from rnntui.system import output
from rnntui.system.output import say
from rnntui.text.format import counted

ANSWER_SECONDS = 0.5  # until it is said what a run that is to stop is waited for
LOOK_SECONDS = 0.05
MOST_PANES = 9  # that a screen shows


def attach(root: Path, references: Sequence[str], *, watch: bool, plain: bool, every: float) -> int:
    """Show runs that are trained elsewhere; the exit status. Raises `ValueError` where there is nothing to show."""
    shown = to_show(root, references, watch=watch)
    if isinstance(shown, Sweep):
        return _attach_to_sweep(shown, plain=plain)
    if plain:
        from rnntui.plain.terminal import attach_plain

        return attach_plain(shown, every=every, watch=watch)
    if not output.is_terminal():
        raise ValueError("attach needs a terminal: `rnntui runs` lists the runs and what trains")
    from rnntui.tui.training.app import open_attached, open_watched

    return open_watched(shown, root) if watch else open_attached(shown, root)


def to_show(root: Path, references: Sequence[str], *, watch: bool = False) -> list[Run] | Sweep:
    """The runs that are trained elsewhere, or the sweep that is driven so. Raises `ValueError` where there is none."""
    sweeps = [path for name in references if (path := runs.sweep_at(root, name)) is not None]
    if sweeps and len(references) > 1:
        raise ValueError(
            f"{sweeps[0].name!r} is a sweep: attach to it alone, `rnntui attach {sweep_called(sweeps[0])}`"
        )
    training = [] if references else in_training(root)
    if not references and not training:
        sweeps = [path for path in runs.sweeps(root) if is_driven(Sweep(path, read_plan(path)))][:1]
    if sweeps:
        return _driven(sweeps[0])
    return _named(root, references, watch=watch) if references else _in_panes(root, training, watch=watch)


def _driven(path: Path) -> Sweep:
    sweep = Sweep.read(path.parent, path.name)
    if not is_driven(sweep):
        name = sweep_called(path)
        way_on = f"`rnntui sweep {name}` resumes it, `rnntui runs show {name}` shows its results"
        raise ValueError(f"no process drives sweep {sweep.name!r} now: {way_on}")
    return sweep


def _attach_to_sweep(sweep: Sweep, *, plain: bool) -> int:
    name = sweep_called(sweep.path)
    if plain:
        raise ValueError(f"--plain is for runs: `rnntui runs show {name}` says how the sweep stands")
    if not output.is_terminal():
        raise ValueError(f"attach needs a terminal: `rnntui runs show {name}` prints how the sweep stands")
    from rnntui.tui.sweep.app import watch_sweep

    return watch_sweep(sweep)


def _named(root: Path, references: Sequence[str], *, watch: bool) -> list[Run]:
    """The runs of those names, each once. Raises `ValueError` where there is none, or one cannot be attached to."""
    every = [_last_in_training(root) if name == LAST else all_named(root, [name], ANY)[0] for name in references]
    chosen = list({run.path.resolve(): run for run in every}.values())
    if not watch:
        for run in chosen:
            _check_can_attach(run)
    return chosen


def _in_panes(root: Path, training: Sequence[Run], *, watch: bool) -> list[Run]:
    """Those of the runs that train now for which a screen has room. Raises `ValueError` where there is none."""
    if not training:
        raise ValueError(
            f"nothing trains in {place(root)} now: `rnntui train --detach{option_for(root)}` starts a training that "
            f"outlives its terminal"
        )
    chosen = list(training) if watch else [run for run in training if live.address(run) is not None]
    if not chosen:
        _check_can_attach(training[0])
    for run in chosen[MOST_PANES:]:
        say(f"{run.name} trains as well: `rnntui attach {called(run.path)}` shows it")
    return chosen[:MOST_PANES]


def in_training(root: Path) -> list[Run]:
    """The runs under a folder that a process trains now, the newest first; those of sweeps are not among them."""
    held = [run for run in runs.listed(root) if run.is_held()]
    return sorted(held, key=lambda run: run.changed(), reverse=True)


def _last_in_training(root: Path) -> Run:
    for run in newest_first(root):
        if run.is_held():
            say(f"last is {run.name}")
            return run
    raise ValueError(f"nothing trains in {place(root)} now")


def _check_can_attach(run: Run) -> None:
    """Raise `ValueError` for a run that no process of this machine trains, or one that has no ear."""
    name = called(run.path)
    if not run.is_held():
        way_on = f"`rnntui resume {name} --detach` trains it on, `rnntui compare {name}` shows its curves"
        raise ValueError(f"no process trains run {run.name!r} now: {way_on}")
    found = live.address(run)
    if found is not None and not found.is_here:
        raise ValueError(
            f"run {run.name!r} is trained by {found.in_words()}: attach there, or `rnntui attach {name} --watch` "
            f"follows its files"
        )
    if found is not None and not found.socket:
        raise ValueError(
            f"run {run.name!r} is trained without a screen by {found.in_words()}, which answers no window: `rnntui "
            f"attach {name} --watch` follows its files"
        )


# --- stop -----------------------------------------------------------------------------------------------------------


def stop(root: Path, references: Sequence[str]) -> None:
    """Have runs saved and ended by the processes that train them, and wait for it.

    Raises `ValueError` where one is not trained by a process of this machine.
    """
    sweeps = [path for name in references if (path := runs.sweep_at(root, name)) is not None]
    if references:
        named = [name for name in references if runs.sweep_at(root, name) is None]
        chosen = list({run.path.resolve(): run for run in all_named(root, named, ANY)}.values())
    else:
        chosen = in_training(root)
        if not chosen:
            raise ValueError(f"nothing trains in {place(root)} now")
        if len(chosen) > 1:
            raise ValueError(f"several runs train now: name what to stop, of {', '.join(run.name for run in chosen)}")
    for run in chosen:
        _check_can_stop(run)
    driven = [_to_stop(path) for path in sweeps]
    for run in chosen:
        _stop(run)
    for sweep, pid in driven:
        _stop_sweep(sweep, pid)


def _to_stop(path: Path) -> tuple[Sweep, int]:
    """A sweep and the process that drives it. Raises `ValueError` where none of this machine does."""
    sweep = Sweep.read(path.parent, path.name)
    found = standing.read(sweep)
    if found is None:
        what = (
            "says not yet how to reach it: try again in a moment" if is_driven(sweep) else "is driven by no process now"
        )
        raise ValueError(f"sweep {sweep.name!r} {what}")
    if not found.is_here:
        raise ValueError(f"sweep {sweep.name!r} is driven by process {found.pid} on {found.host}: stop it there")
    return sweep, found.pid


def _stop_sweep(sweep: Sweep, pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)  # the runs save and end, as at Ctrl-C
    wait = _waiting(f"{sweep.name}: waiting for the checkpoints of its runs …")
    while is_driven(sweep):
        wait()
        time.sleep(LOOK_SECONDS)
    sweep.refresh()
    done, of = len(sweep.results), counted(len(sweep.jobs()), "run")
    print(f"{sweep.name}: ended, {done} of {of} done; {next_commands.sweep_resumed_by(sweep.path)} resumes it")


def _waiting(sentence: str) -> Callable[[], None]:
    """Called again and again during a wait, it says the sentence once the wait has lasted a moment."""
    began, is_said = time.monotonic(), False

    def wait() -> None:
        nonlocal is_said
        if not is_said and time.monotonic() - began > ANSWER_SECONDS:
            is_said = True
            say(sentence)

    return wait


def _check_can_stop(run: Run) -> None:
    if not run.is_held():
        raise ValueError(f"no process trains run {run.name!r} now")
    found = live.address(run)
    if "/" in run.name and found is None:
        sweep = run.name.partition("/")[0]
        raise ValueError(f"run {run.name!r} belongs to sweep {sweep!r}: end the sweep with q on its screen or Ctrl-C")
    if found is None:
        raise ValueError(
            f"run {run.name!r} is held by a process that does not say how to reach it: it is opening the run, or "
            f"another command uses it; try again in a moment"
        )
    if not found.is_here:
        raise ValueError(f"run {run.name!r} is trained by {found.in_words()}: stop it there")


def _stop(run: Run) -> None:
    from rnntui.sessions.attached import send_end

    found = live.address(run)
    if found is None:
        return
    wait = _waiting(f"{run.name}: waiting for its step and checkpoint …")
    if not found.socket:
        with suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGTERM)  # it saves and ends, as at Ctrl-C
    else:
        send_end(found, wait)
    while (now := live.address(run)) is not None and now.pid == found.pid:
        wait()
        time.sleep(LOOK_SECONDS)
    saved = max(runs.Run(run.path).steps_saved(whole=True), default=0)
    print(f"{run.name}: ended, saved at step {saved:,}; {next_commands.resumed_by([run])} resumes it")
