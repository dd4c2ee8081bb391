"""Which place a sweep's runs are trained in: what `--on` and the options beside it say."""

import math
from dataclasses import dataclass
from importlib.util import find_spec
from shutil import which
from typing import Any

from rnntui.config import option
from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.places import Place
from rnntui.sweeps.places.mailbox import MAILBOX
from rnntui.system.output import say

RAY, RAY_AUTO, CLIENT = "ray", "ray:auto", "ray://"
SLURM, SLURM_LOCAL, SLURM_DEBUG = "slurm", "slurm:local", "slurm:debug"
OF_SLURM = (SLURM, SLURM_LOCAL, SLURM_DEBUG)
OF_CLUSTERS = ("shared", "cpus_per_run", "gpus_per_run")
ANSWERS = (
    "`ray` (a cluster of this machine), `ray:auto` (the one it belongs to), `ray://HOST:10001`, or `slurm`, which "
    "`slurm:local` and `slurm:debug` try out on this machine"
)


@dataclass(frozen=True)
class Where:
    """Where runs are trained, and what each takes; `on` is nothing for processes of this machine."""

    on: str | None = None
    shared: bool | None = None  # whether nodes write into the sweep's folder; `None`: those that see it
    cpus_per_run: float | None = None
    gpus_per_run: float | None = None
    workers: int | None = None  # runs at a time
    slurm: tuple[str, ...] | None = None  # what is asked of SLURM, each KEY=VALUE


def check(where: Where, *, is_shown: bool = False) -> None:
    """Raise `ValueError` for a place that there is not, and for options that need another.

    With `is_shown` nothing is to be started there.
    """
    if is_shown and where.on not in OF_SLURM:
        raise ValueError(f"--dry-run shows what --on {SLURM} submits: add --on {SLURM}, or leave it out")
    if where.slurm and where.on not in OF_SLURM:
        raise ValueError(f"--slurm is for a cluster of SLURM's: add --on {SLURM}, or leave it out")
    if where.on is None:
        for name in OF_CLUSTERS:
            if getattr(where, name) is not None:
                raise ValueError(f"{option(name)} is for a cluster: add --on ray or --on slurm, or leave it out")
        return
    if where.on not in (RAY, RAY_AUTO, *OF_SLURM) and not where.on.startswith(CLIENT):
        raise ValueError(f"--on {where.on!r} is no place that runs can be trained in: take {ANSWERS}")
    if where.on.startswith(CLIENT) and host_and_port(where.on.removeprefix(CLIENT)) is None:
        raise ValueError(f"--on {where.on!r} must name host and port, as in {CLIENT}HOST:10001")
    cpus, gpus = where.cpus_per_run, where.gpus_per_run
    if cpus is not None and not (math.isfinite(cpus) and cpus > 0):
        raise ValueError(f"--cpus-per-run must be a number above 0, not {cpus:g}")
    if gpus is not None and not (math.isfinite(gpus) and gpus >= 0):
        raise ValueError(f"--gpus-per-run must be a number 0 or more, not {gpus:g}")
    if where.on in OF_SLURM:
        _check_slurm(where, is_shown=is_shown)
    elif find_spec("ray") is None:
        raise ValueError("--on ray needs Ray: `pip install 'rnntui[ray]'`, the same version as on the cluster")


def host_and_port(address: str) -> tuple[str, int] | None:
    """Both of `HOST:PORT`; `None` where it is something else."""
    host, _, port = address.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port[:6]) < 2**16:
        return None
    return host.removeprefix("[").removesuffix("]"), int(port)


def _check_slurm(where: Where, *, is_shown: bool) -> None:
    if where.shared is False:
        raise ValueError("--no-shared is for Ray: on SLURM all nodes see the folder of the runs, which --runs names")
    if find_spec("submitit") is None:
        raise ValueError(f"--on {where.on} needs submitit: `pip install 'rnntui[slurm]'`")
    if where.on == SLURM and not is_shown and which("sbatch") is None:
        raise ValueError(
            f"--on {SLURM}: there is no sbatch on this machine: run it where jobs are submitted, or try it out by "
            f"--on {SLURM_LOCAL}"
        )
    _asked_of_slurm("sweep", 1, where)


def _asked_of_slurm(name: str, threads: int, where: Where) -> dict[str, Any]:
    from rnntui.sweeps.places.slurm_options import parameters

    return parameters(name, where.cpus_per_run or threads, where.gpus_per_run or 0, where.slurm or ())


def script(sweep: Sweep, where: Where) -> str:
    """The sbatch script that the workers of a sweep are submitted with. Raises `ValueError`."""
    from rnntui.sweeps.places.slurm_options import MOST, Script

    asked = _asked_of_slurm(sweep.name, int(sweep.plan.base.get("threads", 1)), where)
    workers = min(where.workers or MOST, len(sweep.wanted()))
    return Script(sweep.path.absolute() / MAILBOX, asked).text(workers)


def open_at(sweep: Sweep, where: Where) -> Place | None:
    """The place, opened; `None` where it is this machine, whose processes a pool starts by itself.

    Raises `ValueError` where it cannot be had.
    """
    threads = int(sweep.plan.base.get("threads", 1))
    has_jobs = (sweep.path / MAILBOX).exists()
    if has_jobs or where.on in OF_SLURM:
        from rnntui.sweeps.places.slurm import SlurmCluster, check_left

        if has_jobs:
            say(f"{sweep.name}: looking for its jobs of before …")
        if where.on not in OF_SLURM:
            check_left(sweep)
    if where.on is None:
        return None
    if where.on in OF_SLURM:
        return SlurmCluster(sweep, where.on, _asked_of_slurm(sweep.name, threads, where), where.workers)
    from rnntui.sweeps.places.ray_cluster import RayCluster, Resources

    say(f"{sweep.name}: {'starting a Ray cluster' if where.on == RAY else 'connecting to the Ray cluster'} …")
    resources = Resources(where.cpus_per_run or float(threads), where.gpus_per_run or 0.0)
    return RayCluster(sweep, where.on, resources, shared=where.shared, asked=where.workers)
