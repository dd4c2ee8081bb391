"""Nodes of a Ray cluster on this machine that can be killed whole, as a machine that loses its power."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any


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
    """All processes that one has started, the last generation first, by /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found[::-1]


def held_twice(folders: Any) -> list[str]:
    """Runs whose folder more than one worker process holds open at this moment, by /proc."""
    holders: dict[str, set[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            with suppress(OSError):
                if b"rnntui.core.worker" not in (entry / "cmdline").read_bytes():
                    continue
                for descriptor in (entry / "fd").iterdir():
                    with suppress(OSError):
                        path = Path(os.readlink(descriptor))
                        if path.name == "lock" and path.parent.name in folders:
                            holders.setdefault(path.parent.name, set()).add(int(entry.name))
    return [name for name, pids in holders.items() if len(pids) > 1]
