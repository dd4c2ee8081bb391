"""Where the networks that write come from: checkpoints of runs, or runs in training.

Reached by threads of the screen only: `network` loads torch.
"""

import queue
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Protocol

from rnntui.runs import Run, weights
from rnntui.runs.networks import Adaptation, NetworkSpec
from rnntui.sessions.contract import OVER, Session

if TYPE_CHECKING:
    from rnntui.core.generation.loading import TextNetwork

WAIT_SECONDS = 0.1  # from one look at whether the worker still lives to the next


class NetworkSource(Protocol):
    """A network that can write, and the text it learned."""

    @property
    def run(self) -> Run:
        """The run that the network belongs to."""

    @property
    def notes(self) -> list[str]:
        """Sentences on the checkpoint, where it is not the newest though none was named."""

    @property
    def lower(self) -> bool:
        """Whether a text is made lower case before it is read."""

    @property
    def can_adapt(self) -> bool:
        """Whether there is an adapting network."""

    def title(self, network: "TextNetwork | None") -> str:
        """The name, and once it is there the step of the weights."""

    def network(self, is_wanted: Callable[[], bool]) -> "TextNetwork":
        """The network, while the context is open. Raises `ValueError` with a sentence if there is none."""

    def adapting(self, how: Adaptation, tell: Callable[[float], object]) -> "TextNetwork":
        """The same network, adapting to what it reads and writes; `tell` hears how much of what it measures first is
        done. Raises `ValueError` where it cannot.
        """


@dataclass(frozen=True)
class Checkpoints:
    """The network of one run's checkpoint or of several, whose mean is taken."""

    spec: NetworkSpec

    @property
    def run(self) -> Run:
        """The first run."""
        return self.spec.run

    @property
    def notes(self) -> list[str]:
        return [f"{member.run.name}: {member.said}" for member in self.spec.members if member.said]

    @property
    def lower(self) -> bool:
        return self.spec.lower

    can_adapt: ClassVar[bool] = True

    def title(self, network: "TextNetwork | None") -> str:
        return self.spec.name if network is None else self.spec.in_words(network.checkpoints)

    def network(self, is_wanted: Callable[[], bool]) -> "TextNetwork":
        from rnntui.core.generation.loading import read_predictor

        return read_predictor(self.spec, option="")

    def adapting(self, how: Adaptation, tell: Callable[[float], object]) -> "TextNetwork":
        from rnntui.core.generation.loading import read_predictor

        return read_predictor(replace(self.spec, adaptation=how), option="", tell=tell)


def checkpoint(run: Run, step: int | None = None, said: str = "") -> Checkpoints:
    """A run's network at a step (`None`: the newest)."""
    return Checkpoints(NetworkSpec(run, step, said))


@dataclass(frozen=True)
class Training:
    """The network of a run in training, as it is when it is asked for; it raises `UserCodeError` where that fails."""

    session: Session

    @property
    def run(self) -> Run:
        return self.session.run

    @property
    def notes(self) -> list[str]:
        return []

    @property
    def lower(self) -> bool:
        return self.run.settings().lower

    can_adapt: ClassVar[bool] = False

    def title(self, network: "TextNetwork | None") -> str:
        return (
            self.run.name if network is None else f"{self.run.name} · {weights.in_words(network.step, network.weights)}"
        )

    def adapting(self, how: Adaptation, tell: Callable[[float], object]) -> "TextNetwork":
        raise ValueError(f"run {self.run.name!r} is in training: only a checkpoint adapts")

    def network(self, is_wanted: Callable[[], bool]) -> "TextNetwork":
        answer = self.session.lend()
        while is_wanted():
            try:
                network = answer.get(timeout=WAIT_SECONDS)
            except queue.Empty:
                if self.session.status.run.state in OVER and self.session.join(0):
                    break
                continue
            if isinstance(network, Exception):
                raise network
            return network() if callable(network) else network
        raise ValueError(f"{self.run.name} has ended: its network is gone")
