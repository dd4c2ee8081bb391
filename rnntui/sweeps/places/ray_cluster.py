"""A cluster of Ray's: `--on ray` starts one on this machine, `--on ray:auto` and `--on ray://HOST:10001` use another.

Ray places a `Relay` for each worker on a node that has room, tells when a node is gone, and carries what is said; what
is trained next and what came out is the pool's and the run folders' business. A Ray cluster trusts its network: who
reaches its ports can run code on it.
"""

import math
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from rnntui import corpora
from rnntui.config import spec
from rnntui.corpora import CorpusSource
from rnntui.corpora.places import texts_at
from rnntui.runs import Run
from rnntui.sweeps.folder import PROBE, Sweep
from rnntui.sweeps.places import Worker, WorkerEnd
from rnntui.sweeps.places.choice import RAY
from rnntui.sweeps.places.ray_connection import connected
from rnntui.sweeps.places.relay import Node, Relay, RelayAnswer, Text, failed, gather_seconds, odd_version
from rnntui.sweeps.places.travel import Change, apply, carried
from rnntui.sweeps.plan import Job
from rnntui.system.cores import cores
from rnntui.system.failures import DISK_FULL, explain
from rnntui.text.format import counted

LONGEST_WAIT = 10.0  # seconds that a relay is asked to wait for something to say
LOOK_SECONDS = 0.05
NODES_SECONDS = 1.0  # between two looks at which nodes there are
LEAVING_SECONDS = 60.0  # that a worker may take to save
KINDS = ("CPU", "GPU")  # of resources, by Ray's names
NODE = "ray.io/node-id"  # the label of a node that has Ray's own name of it


@dataclass(frozen=True)
class Resources:
    """What a run takes of a node."""

    cpus: float = 1.0
    gpus: float = 0.0

    def __str__(self) -> str:
        return counted_as(self.cpus, "CPU") + (f" and {counted_as(self.gpus, 'GPU')}" if self.gpus else "")


def counted_as(number: float, what: str) -> str:
    """`1 CPU`, `0.5 CPUs`."""
    return f"{number:g} {what}{'' if number == 1 else 's'}"


class RayCluster:
    """The nodes of a Ray cluster. Raises `ValueError` where Ray is not installed or the address does not answer."""

    def __init__(
        self,
        sweep: Sweep,
        address: str,
        resources: Resources,
        *,
        shared: bool | None = None,
        asked: int | None = None,
    ) -> None:
        self.ray = connected(address, cores())
        self._sweep, self._resources, self._shared = sweep, resources, shared
        self._address = address
        self._most = math.inf if asked is None else asked
        self._nodes: dict[str, str] = {}  # those that are there, by Ray's own name
        self._refused: set[str] = set()  # of these, those that no run is given to
        self._room, self._looked_at = 0, -math.inf
        self._most_there = Resources(0.0, 0.0)  # what one node has at most
        self._told: list[str] = []
        self._workers: list[RayWorker] = []
        self._ready: set[Any] = set()
        self._ready_at = -math.inf
        self._texts: dict[Path, tuple[Text, Any]] = {}  # each corpus that was sent, by its path
        self._relay = self.ray.remote(max_concurrency=4, max_restarts=0)(Relay)
        self._look()
        if address == RAY and not self._room:
            self.ray.shutdown()
            raise ValueError(f"--on {RAY}: a run takes {resources}, and this machine has {self._most_there}")
        for name in filter(PROBE.fullmatch, sweep.folder.names()):
            sweep.folder.remove_file(name)  # of a process that was killed
        self.probe = f".probe-{secrets.token_hex(8)}"
        sweep.folder.create(self.probe, b"")

    def room(self, workers: Sequence[Worker], wanted: int) -> int:
        """As many as the nodes of the moment have room for."""
        if time.monotonic() - self._looked_at >= NODES_SECONDS:
            self._look()
        return int(min(self._room, self._most, wanted))

    def _look(self) -> None:
        """Which nodes there are. Raises `ValueError` where the cluster itself is gone."""
        self._looked_at = time.monotonic()
        try:
            alive = {node["NodeID"]: node for node in self.ray.nodes() if node["Alive"]}
        except Exception as error:  # Ray's own, of many kinds
            raise ValueError(f"--on {self._address}: the Ray cluster does not answer any more") from error
        there = [node["Resources"] for key, node in alive.items() if key not in self._refused]
        self._room = sum(map(self._fits, there))
        self._most_there = Resources(*(max((has.get(kind, 0.0) for has in there), default=0.0) for kind in KINDS))
        names = {key: node["NodeManagerHostname"] for key, node in alive.items()}
        gone = [name for key, name in self._nodes.items() if key not in names]
        come = [name for key, name in names.items() if key not in self._nodes]
        if self._nodes:
            self._told += [*(f"node {name} is gone" for name in gone), *(f"node {name} has come" for name in come)]
        self._nodes = names

    def _fits(self, there: dict[str, float]) -> int:
        """How many runs a node has room for."""
        needs = zip(KINDS, (self._resources.cpus, self._resources.gpus), strict=True)
        return math.floor(min(there.get(kind, 0.0) / need for kind, need in needs if need > 0))

    def bears_no_more_than(self, workers: int) -> None:
        self._most = max(1, workers)

    def start(self, number: int, slots: int) -> Worker:
        options = {"num_cpus": self._resources.cpus, "num_gpus": self._resources.gpus, **self._elsewhere()}
        worker = RayWorker(self, self._sweep, self._shared)
        self._workers.append(worker)
        try:
            worker.begin(self._relay.options(**options).remote(1, str(self._sweep.plan.base.get("device", "auto"))))
        except Exception as error:  # where Ray's client is between, it says at once what else the first answer would
            worker.could_not_begin(error)
        return worker

    def _elsewhere(self) -> dict[str, Any]:
        """Of a worker's options, that it is on no node that was refused."""
        if not self._refused:
            return {}
        ways: Any = import_module("ray.util.scheduling_strategies")  # which has no types
        only = {NODE: ways.NotIn(*sorted(self._refused))}
        return {"scheduling_strategy": ways.NodeLabelSchedulingStrategy(only)}

    def refuse(self, node: str, why: str) -> bool:
        """Give no run to a node any more, and say why; whether there are others."""
        if node:
            self._refused.add(node)
            self._look()
        goes_on = bool(node and self._room)
        if goes_on and why not in self._told:
            self._told.append(why)
        return goes_on

    def wait(self, seconds: float) -> None:
        refs = self._asked()
        if not refs:
            time.sleep(min(seconds, LOOK_SECONDS))
            return
        try:
            self.ray.wait(refs, num_returns=1, timeout=seconds)
        except Exception:  # Ray's own; what it means is said by the next look
            time.sleep(min(seconds, LOOK_SECONDS))

    def is_ready(self, asked: Any) -> bool:
        """Whether there is an answer to that; all are looked at together."""
        if time.monotonic() - self._ready_at >= LOOK_SECONDS:
            self._ready_at = time.monotonic()
            refs = self._asked()
            self._ready = set(self.ray.wait(refs, num_returns=len(refs), timeout=0)[0]) if refs else set()
        return asked in self._ready

    def _asked(self) -> list[Any]:
        return [worker.asked for worker in self._workers if worker.asked is not None]

    def text(self, source: CorpusSource) -> tuple[Text, Any]:
        """A corpus of files, and Ray's reference to them; the bytes go to Ray once."""
        assert source.path is not None
        if source.path not in self._texts:
            text = Text(corpora.fingerprint(source)[1], source.path.resolve())
            files = [
                (str(file.relative_to(source.path.parent)), file.read_bytes()) for file in texts_at(source.path).files
            ]
            self._texts[source.path] = text, self.ray.put(tuple(files))
        return self._texts[source.path]

    @property
    def workers(self) -> int:
        """How many there are now."""
        return len(self._workers)

    def forget(self, worker: "RayWorker") -> None:
        """Called once a worker has ended."""
        self._workers.remove(worker)
        with suppress(Exception):  # it is gone already
            self.ray.kill(worker.actor)

    def waiting(self) -> str:
        if self._room or (self._nodes and self._refused >= self._nodes.keys()):
            return ""
        return f"waiting for a node with {self._resources} for a run: none has more than {self._most_there}"

    def news(self) -> list[str]:
        told, self._told = self._told, []
        return told

    def size(self) -> str:
        return counted(len(self._nodes), "node")

    def close(self) -> None:
        self._sweep.folder.remove_file(self.probe)
        with suppress(Exception):  # it is gone already
            self.ray.shutdown()


class RayWorker:
    """A relay on some node, asked without end for what is new."""

    def __init__(self, cluster: RayCluster, sweep: Sweep, shared: bool | None) -> None:
        self.slots, self.most = 0, 1  # none before it is known where it is
        self.jobs: dict[str, Job] = {}
        self.device, self.node = "", ""
        self.refusal: Exception | None = None
        self.is_leaving = False
        self.actor: Any = None
        self.asked: Any = None  # Ray's reference to the answer that is waited for
        self._cluster, self._sweep, self._shared = cluster, sweep, shared
        self._place: Node | None = None
        self._runs: dict[str, Run] = {}  # whose folders are written here
        self._said: list[dict[str, Any]] = []  # in its name, by this process
        self._end: WorkerEnd | None = None
        self._number = 0

    def begin(self, actor: Any) -> None:
        """Ask its relay where it is."""
        self.actor = actor
        self.asked = actor.node.remote(str(self._sweep.path.absolute() / self._cluster.probe))

    def could_not_begin(self, error: Exception) -> None:
        """There is no relay."""
        self._end = self._lost(error)

    @property
    def _writes_here(self) -> bool:
        """Whether it writes into the sweep's folder, which its node sees."""
        return self._place is not None and self._place.is_shared and self._shared is not False

    def give(self, job: Job, folder: Path) -> None:
        self.jobs[job.name] = job
        if self._writes_here:
            self.actor.give.remote(job, str(folder.absolute()))
            return
        try:
            run = _opened(folder, job)
        except (ValueError, OSError) as error:
            self._said.append(failed(job.name, error))
            return
        self._runs[job.name] = run
        text, content = None, ()
        if spec(job.settings).has_corpus and (source := corpora.find(job.settings.corpus)).path is not None:
            text, content = self._cluster.text(source)
        self.actor.give.remote(job, None, carried(run.path), text, content)

    def drop(self, name: str) -> None:
        with suppress(Exception):  # it is gone already
            self.actor.drop.remote(name)

    def read(self) -> tuple[list[dict[str, Any]], bool]:
        messages, self._said = self._said, []
        try:
            if self._end is None and self._cluster.is_ready(self.asked):
                messages += self._take(self._cluster.ray.get(self.asked))
        except Exception as error:  # Ray's own: it has many, and all mean that there is no worker any more
            self._end = self._lost(error)
        return messages, self._end is None

    def _lost(self, error: Exception) -> WorkerEnd:
        exceptions = self._cluster.ray.exceptions
        said = str(error)
        if isinstance(error, ImportError) or "ModuleNotFoundError" in said:
            return self._refused("a node of the cluster has no rnntui: install the same version on all nodes")
        if isinstance(error, exceptions.RayTaskError) or getattr(error, "actor_init_failed", False):
            cause = getattr(error, "cause", None) or said.strip().splitlines()[-1]
            why = explain(cause) if isinstance(cause, OSError) else f"rnntui itself failed there ({cause})"
            return self._refused(f"a node of the cluster could not begin: {why}")
        return WorkerEnd("its node is gone", is_lost=True)

    def _take(self, answer: Node | RelayAnswer) -> list[dict[str, Any]]:
        if isinstance(answer, Node):
            self._settle(answer)
            if self._end is None:
                self._ask()
            return []
        self._number, self._end = answer.number, answer.end
        if answer.end is None:
            self._ask()
        messages = []
        for told in answer.told:
            if isinstance(told, Change):
                messages += self._apply(told)
            else:
                if "result" in told or "left" in told:
                    self._release(told["run"])
                if told.get("result", {}).get("reason") == DISK_FULL and not self._writes_here:
                    told["result"]["reason"] = f"the disk of node {self.node} is full: make room there and resume"
                if told.get("run") in self.jobs or "run" not in told:
                    messages.append(told)
        return messages

    def _settle(self, place: Node) -> None:
        """It is known where the worker is: give it work, or say why not."""
        self._place, self.node = place, place.name
        if odd := odd_version(place.versions):
            self._refuse(f"node {place.name} has {odd}: runs could not go on there as they began")
        elif self._shared and not place.is_shared:
            self._refuse(f"node {place.name} does not see {str(self._sweep.path.absolute())!r}: leave out --shared")
        else:
            self.slots = 1

    def _refuse(self, why: str) -> None:
        assert self._place is not None
        if self._cluster.refuse(self._place.key, why):
            self._end = WorkerEnd(why, is_lost=True)
        else:
            self._end = self._refused(why)

    def _refused(self, why: str) -> WorkerEnd:
        self.refusal = ValueError(why)
        return WorkerEnd(why)

    def _ask(self) -> None:
        self.asked = self.actor.hear.remote(self._number, LONGEST_WAIT, gather_seconds(self._cluster.workers))

    def _apply(self, change: Change) -> list[dict[str, Any]]:
        """Do it here; where that fails, what is said about the run."""
        run = self._runs.get(change.run)
        if run is None:
            return []
        try:
            apply(run.folder, change)
        except (ValueError, OSError) as error:
            self._release(change.run)
            self.actor.drop.remote(change.run)
            return [failed(change.run, error)]
        return []

    def _release(self, name: str) -> None:
        if (run := self._runs.pop(name, None)) is not None:
            run.unlock()

    def close(self) -> None:
        if not self.is_leaving:
            self.is_leaving = True
            with suppress(Exception):  # it is gone already
                self.actor.close.remote()

    def end(self) -> WorkerEnd:
        until = time.monotonic() + LEAVING_SECONDS
        while self._end is None and time.monotonic() < until:
            self._cluster.wait(1.0)
            self.read()
        for name in list(self._runs):
            self._release(name)
        self._cluster.forget(self)
        return self._end or WorkerEnd("it did not answer any more", is_lost=True)


def _opened(folder: Path, job: Job) -> Run:
    """The folder of a run, held: a new one, or the one that is there. Raises `ValueError` where another holds it."""
    run = Run(folder / job.name)
    if not run.path.is_dir():
        return Run.create(folder, job.name, job.settings, follow=False)
    run.lock()
    return run
