"""Nodes of a Ray cluster on this machine that can be killed whole, as a machine that loses its power."""

import csv
import os
import signal
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import structs

from rnntui.runs import Run
from rnntui.runs.files import LOCK
from rnntui.sweeps.table import CSV


class Nodes:
    """A head without room for work and nodes with one core each; `kill` ends all processes of a node at once."""

    def __init__(self, count: int) -> None:
        from ray.cluster_utils import Cluster

        self._cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        self.nodes = [self._cluster.add_node(num_cpus=1) for _ in range(count)]
        self.address: str = self._cluster.address

    def kill(self, number: int) -> None:
        """Kill a node with SIGKILL, the processes that its workers have started first; another takes its place."""
        node = self.nodes[number]
        for started in node.all_processes.values():
            for pid in [
                pid for process in started for pid in (*_descendants(process.process.pid), process.process.pid)
            ]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._cluster.remove_node(node, allow_graceful=False)
        self.nodes[number] = self._cluster.add_node(num_cpus=1)

    def close(self) -> None:
        self._cluster.shutdown()


def _descendants(pid: int) -> list[int]:
    """All processes that one has started, and those that these have, the last first."""
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, children.read_text().split()):
                found += [*_descendants(child), child]
    return found


def held_twice(folders: Collection[str], under: Path = Path("/")) -> list[str]:
    """Runs whose folder, somewhere under that one, more than one worker process holds open at this moment, by /proc.

    A process that a worker has just forked has its command line and its files until it becomes another program: it is
    no second worker.
    """
    holders: dict[str, dict[int, int]] = {}  # by run: processes and their parents
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            with suppress(OSError):
                if b"rnntui.core.worker" not in (entry / "cmdline").read_bytes():
                    continue
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                for descriptor in (entry / "fd").iterdir():
                    with suppress(OSError):
                        path = Path(os.readlink(descriptor))
                        if path.name == LOCK and path.parent.name in folders and path.is_relative_to(under):
                            holders.setdefault(path.parent.name, {})[int(entry.name)] = parent
    return [name for name, found in holders.items() if sum(parent not in found for parent in found.values()) > 1]


def rows_of(run: Path) -> list[Any]:
    """The rows of a run's metrics but for the seconds, which no two trainings share."""
    return [structs.replace(row, seconds=0.0) for row in Run(run).metrics()]


def results_of(sweep: Path) -> list[dict[str, str]]:
    """The rows of a sweep's table of results, also without the seconds."""
    rows = csv.DictReader((sweep / CSV).read_text(encoding="utf-8").splitlines())
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]
