"""Which place a sweep's runs are trained in: what `--on` and the options beside it say."""

import math
from dataclasses import dataclass
from importlib.util import find_spec

from rnntui.config import option
from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.places import Place
from rnntui.system.output import say

RAY, RAY_AUTO = "ray", "ray:auto"
OF_CLUSTERS = ("shared", "cpus_per_run", "gpus_per_run")
ANSWERS = "`ray` (a cluster of this machine), `ray:auto` (the one it belongs to) or `ray://HOST:10001`"


@dataclass(frozen=True)
class Where:
    """Where runs are trained, and what each takes; `on` is nothing for processes of this machine."""

    on: str | None = None
    shared: bool | None = None  # whether nodes write into the sweep's folder; `None`: those that see it
    cpus_per_run: float | None = None
    gpus_per_run: float | None = None
    workers: int | None = None  # runs at a time


def check(where: Where) -> None:
    """Raise `ValueError` for a place that there is not, and for options that need another."""
    if where.on is None:
        for name in OF_CLUSTERS:
            if getattr(where, name) is not None:
                raise ValueError(f"{option(name)} is for a cluster: add --on ray, or leave it out")
        return
    if where.on not in (RAY, RAY_AUTO) and not where.on.startswith(f"{RAY}://"):
        raise ValueError(f"--on {where.on!r} is no place that runs can be trained in: take {ANSWERS}")
    cpus, gpus = where.cpus_per_run, where.gpus_per_run
    if cpus is not None and not (math.isfinite(cpus) and cpus > 0):
        raise ValueError(f"--cpus-per-run must be a number above 0, not {cpus:g}")
    if gpus is not None and not (math.isfinite(gpus) and gpus >= 0):
        raise ValueError(f"--gpus-per-run must be a number 0 or more, not {gpus:g}")
    if find_spec("ray") is None:
        raise ValueError("--on ray needs Ray: `pip install 'rnntui[ray]'`, the same version as on the cluster")


def open_at(sweep: Sweep, where: Where) -> Place | None:
    """The place, opened; `None` where it is this machine, whose processes a pool starts by itself.

    Raises `ValueError` where it cannot be had.
    """
    if where.on is None:
        return None
    from rnntui.sweeps.places.ray_cluster import RayCluster, Resources

    threads = float(sweep.plan.base.get("threads", 1))
    say(f"{sweep.name}: {'starting a Ray cluster' if where.on == RAY else 'connecting to the Ray cluster'} …")
    resources = Resources(where.cpus_per_run or threads, where.gpus_per_run or 0.0)
    return RayCluster(sweep, where.on, resources, shared=where.shared, asked=where.workers)
