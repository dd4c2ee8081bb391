"""The messages when a run ends: the command that resumes it, and what can be done with it."""

from collections.abc import Sequence
from pathlib import Path

from rnntui.config import default_of, spec
from rnntui.runs import Run
from rnntui.runs.folders import called, sweep_called
from rnntui.runs.steps import BEST


def resumed_by(runs: Sequence[Run], *options: str) -> str:
    """The command that resumes these runs: `` `rnntui resume a b` ``, together where they were trained together."""
    return f"`{' '.join(['rnntui resume', *(called(run.path) for run in runs), *options])}`"


def trains_on(run: Run, pid: int | None = None) -> str:
    """A phrase about a run that a process of its own trains: how to look at it again, and how to end it."""
    name = called(run.path)
    by = "" if pid is None else f" in process {pid}"
    return f"it trains on{by}; `rnntui attach {name}` shows it, `rnntui stop {name}` saves and ends it"


def sweep_resumed_by(path: Path) -> str:
    """The command that resumes the sweep in a folder: `` `rnntui sweep grid` ``."""
    return f"`rnntui sweep {sweep_called(path)}`"


def all_resumed_by(runs: Sequence[Run]) -> str:
    """A sentence about runs that stopped together."""
    return f"{resumed_by(runs)} resumes {'both' if len(runs) == 2 else 'all of them'}"


def why_not_shown(run: Run) -> str:
    """A sentence on a finished run among others that are trained on."""
    return f"{run.name} is finished and not opened: `rnntui compare {called(run.path)}` shows its curves"


def next_of_finished(run: Run) -> str:
    """What can be done with a finished run, and how to look at it again."""
    name, generates = called(run.path), spec(run.settings()).generates
    looks = [f"`rnntui compare {name}` shows its curves", f"`rnntui runs show {name}` its settings and samples"]
    writes = [f"`rnntui write {name}` writes with it", f"`rnntui score {name}` measures it"] if generates else []
    return "; ".join([*looks, *writes])


def after_divergence(run: Run, rate: float, saved_step: int, *options: str) -> str:
    """The commands that resume a diverged run: with half the learning rate, or the task's usual one if that is smaller.

    And how it goes farther back, where an earlier checkpoint is kept: the weights of the newest may be ruined.
    """
    lower = min(rate / 2, default_of(run.settings().task, "lr"))
    resumed = resumed_by([run], "--lr", f"{lower:.3g}", *options)
    farther = _earlier(run, saved_step)
    way_back = f"; if it diverges again, {' or '.join(farther)} goes further back" if farther else ""
    return f"{resumed} resumes from the checkpoint of step {saved_step:,}{way_back}"


def _earlier(run: Run, saved_step: int) -> list[str]:
    """The options that resume from an earlier checkpoint: `--at best` and `--at 0`, where they are kept."""
    whole, best = run.steps_saved(whole=True), run.best_step()
    ways = [f"`--at {BEST}` (step {best:,})"] if best in whole and best is not None and best < saved_step else []
    return [*ways, *(["`--at 0`"] if 0 in whole and 0 not in (best, saved_step) else [])]
