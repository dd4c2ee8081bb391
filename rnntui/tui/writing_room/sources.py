"""Where the networks that write come from: checkpoints of runs, or runs in training.

Reached by threads of the screen only: `network` loads torch.
"""

import queue
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rnntui.runs import Run
from rnntui.runs.networks import NetworkSpec
from rnntui.system.user_code import UserCodeError
from rnntui.tui.training.session import OVER, Session

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

    def network(self, is_wanted: Callable[[], bool]) -> "TextNetwork":
        """The network, while the context is open. Raises `ValueError` with a sentence if there is none."""


@dataclass(frozen=True)
class Checkpoint:
    """A run's network at a step (`None`: the newest)."""

    run: Run
    step: int | None = None
    said: str = ""  # on the checkpoint, where it is not the newest though none was named

    @property
    def notes(self) -> list[str]:
        return [f"{self.run.name}: {self.said}"] if self.said else []

    def network(self, is_wanted: Callable[[], bool]) -> "TextNetwork":
        from rnntui.core.generation.loading import read_network

        return read_network(self.run, self.step, option="")


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

    def network(self, is_wanted: Callable[[], bool]) -> "TextNetwork":
        from rnntui.core.generation.loading import read_predictor

        return read_predictor(self.spec, option="")


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

    def network(self, is_wanted: Callable[[], bool]) -> "TextNetwork":
        answer = self.session.lend()
        while is_wanted():
            try:
                network = answer.get(timeout=WAIT_SECONDS)
            except queue.Empty:
                if self.session.status.run.state in OVER and self.session.join(0):
                    break
                continue
            if isinstance(network, UserCodeError):
                raise network
            return network
        raise ValueError(f"run {self.run.name!r} has ended; its network is no longer available")
