"""What `torchrun` says of this process: which rank it is, of how many that train one network together.

Invariant: a process that torchrun did not start has no world, and nothing is different for it.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

TRAINED_TOGETHER = ("train", "resume")  # the commands that several processes run as one
UNNAMED = "none"  # what torchrun calls a launch that has no `--rdzv-id`


@dataclass(frozen=True)
class World:
    """A process's rank among `size`, and its rank among those of its machine.

    `launch` is the same for every process of a launch and after a restart; `restarts_left` are torchrun's.
    """

    rank: int
    size: int
    local_rank: int = 0
    local_size: int = 1
    launch: str = ""
    restarts: int = 0
    restarts_left: int = 0

    def check_batch(self, batch: int) -> None:
        """Raise `ValueError` for a batch that cannot be split evenly."""
        if batch % self.size:
            smaller, larger = batch // self.size * self.size, -(-batch // self.size) * self.size
            fits = f"{smaller} or {larger}" if smaller else f"{larger}"
            raise ValueError(f"--batch {batch} cannot be split evenly over {self.size} processes: {fits} can")


def world() -> World | None:
    """The world of this process; `None` without torchrun. Raises `ValueError` for what torchrun does not set."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return None
    launch, restarts = os.environ["TORCHELASTIC_RUN_ID"], _number("TORCHELASTIC_RESTART_COUNT", "0")
    if launch == UNNAMED:
        launch = f"{os.uname().nodename}:{os.getppid()}"  # its torchrun, which a restart leaves alone
    return World(
        _number("RANK"),
        _number("WORLD_SIZE"),
        _number("LOCAL_RANK", "0"),
        _number("LOCAL_WORLD_SIZE", "1"),
        launch,
        restarts,
        _number("TORCHELASTIC_MAX_RESTARTS", "0") - restarts,
    )


def followed(words: Sequence[str] = ()) -> World | None:
    """The world of a process that trains along with rank 0, by the words of its command line; else `None`."""
    command = next((word for word in words or sys.argv[1:] if not word.startswith("-")), "")
    found = world() if command in TRAINED_TOGETHER else None
    return found if found is not None and found.rank > 0 else None


class RanksFailed(RuntimeError):
    """The processes that train one network cannot go on together; its text is one sentence."""


def lost(world: World, run: str, reason: str) -> RanksFailed:
    """What is raised where another process has ended, `reason` being what it said of that."""
    other = f"rank {1 - world.rank}" if world.size == 2 else f"one of the other {world.size - 1} processes"
    why = f" ({reason})" if reason else ""
    way_on = "torchrun starts all again" if world.restarts_left > 0 else f"`{resumed(world, run)}` goes on"
    return RanksFailed(f"{other} of {world.size} has ended{why}, and so do all: {way_on}")


def resumed(world: World, run: str) -> str:
    """The command that resumes a run by as many processes."""
    nodes = "" if world.size == world.local_size else f"--nnodes {world.size // world.local_size} "
    return f"torchrun {nodes}--nproc-per-node {world.local_size} -m rnntui resume {run}"


def _number(variable: str, default: str = "") -> int:
    value = os.environ.get(variable, default)
    if not value.isdecimal():
        raise ValueError(f"{variable}={value} in the environment is not a number: torchrun sets it")
    return int(value)
