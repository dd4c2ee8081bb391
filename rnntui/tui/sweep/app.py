"""A sweep on the screen: the pool's workers train meanwhile, and save before the process ends."""

from rnntui.runs import next_commands
from rnntui.runs.folders import sweep_called
from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.places.choice import Where, open_at
from rnntui.sweeps.pool import Pool
from rnntui.sweeps.standing import WatchedPool
from rnntui.system.output import say
from rnntui.system.signals import BY_SIGNAL, FAILED, Signals
from rnntui.text.format import counted
from rnntui.tui.base.captured_output import CapturedOutput
from rnntui.tui.base.ending import unheard_keys
from rnntui.tui.base.viewer import ViewerApp, look_at
from rnntui.tui.sweep.run_cell import OVER, look
from rnntui.tui.sweep.screen import SweepScreen

PATIENCE = 0.3  # seconds until it is said what is waited for


@unheard_keys()
def open_sweep(sweep: Sweep, where: Where) -> int:
    """Train what is left of a sweep that the caller holds, until all is done and the user leaves; the exit status.

    However the screen ends, the runs are saved. Raises `RuntimeError` where the screen itself failed, and the pool's
    failure where nothing can be trained.
    """
    pool = Pool(sweep, where.workers, open_at(sweep, where))
    captured = CapturedOutput()
    with Signals() as signals:
        screen = SweepScreen(pool)
        app = ViewerApp(screen, captured, signals)
        try:
            with captured:
                status = app.run() or 0
        finally:
            _close(pool)
            screen.end()
        if signals.caught is not None:
            status = BY_SIGNAL + signals.caught
    if pool.failure is not None and status < BY_SIGNAL:
        raise pool.failure
    failed = _farewell(pool)
    app.check_failure(status)
    return status or (FAILED if failed else 0)


def watch_sweep(sweep: Sweep) -> int:
    """Show a sweep that another process drives, until the user leaves; the exit status. It goes on."""
    pool = WatchedPool(sweep)
    status = look_at(SweepScreen(pool))
    pool.poll()
    looks = [state for each in pool.statuses.values() if (state := look(each)) != "dropped"]
    done = sum(state in OVER for state in looks)
    name = sweep_called(sweep.path)
    way_on = f"it goes on; `rnntui attach {name}` shows it, `rnntui stop {name}` saves and ends it"
    if not pool.is_driven:
        way_on = "" if pool.is_over else f"{next_commands.sweep_resumed_by(sweep.path)} resumes it"
    say(f"{sweep.name}: {done} of {counted(len(looks), 'run')} done{f'; {way_on}' if way_on else ''}")
    return status


def _close(pool: Pool) -> None:
    """Let the workers save and end; if that takes long, say which run it waits for."""
    waiting = "the checkpoints" if pool.device else "PyTorch to finish loading"
    pool.stop()
    pool.wait(PATIENCE)
    pool.poll()
    if not pool.is_over:
        say(f"{pool.sweep.name}: waiting for {waiting} …")
    pool.close()


def _farewell(pool: Pool) -> int:
    """Print the state of the sweep and the command that resumes it; returns how many runs failed."""
    looks = [state for status in pool.statuses.values() if (state := look(status)) != "dropped"]
    done, failed = sum(state in OVER for state in looks), looks.count("failed")
    name = pool.sweep.name
    way_on = (
        "" if done == len(looks) and not failed else f"; {next_commands.sweep_resumed_by(pool.sweep.path)} resumes it"
    )
    say(f"{name}: {done} of {counted(len(looks), 'run')} done{f', {failed} failed' if failed else ''}{way_on}")
    return failed
