"""What goes between the processes that train one network, by torch.distributed.

The board, a store that torchrun or rank 0 keeps, has a few messages at the beginning. Sums of gradients go through one
group, which is NCCL's where the network lies on a GPU, and all else through another, which is of the CPU everywhere.

Invariant: no wait is longer than half an hour, and a process that is gone is noticed at once where its machine still
runs, since its connections close with it.
"""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from rnntui.system.world import RanksFailed, World, lost

OPENING = timedelta(minutes=20)  # to wait for each other at the beginning: a corpus may be read for the first time
STEP = timedelta(minutes=2)  # to wait for each other later on; rank 0 lets itself be heard more often
REASON = "reason"  # why a rank ended, on the board
TOLD = "told"  # that rank 0 says that another is gone


class Channels:
    """The channels of this process to all others of its world, of which each must make the same calls in one order.

    `run` is the name of what they train, for sentences. Every method raises `RanksFailed` where another process is
    gone.
    """

    def __init__(self, world: World) -> None:
        self.world, self.run = world, ""
        self.attempt = 0  # to build the network: one that went back on the screen is built again
        self._groups: tuple[Any, Any] | None = None
        self._board: Any = None
        store = self._safely(lambda: next(rendezvous("env://", world.rank, world.size, timeout=OPENING))[0])
        self._board = PrefixStore(f"rnntui/{world.restarts}", store)

    # --- the board ----------------------------------------------------------------------------------------------

    def post(self, name: str, what: dict[str, Any]) -> None:
        """Put a message on the board."""
        self._safely(lambda: self._board.set(f"{self.attempt}/{name}", json.dumps(what)))

    def read(self, name: str) -> dict[str, Any]:
        """A message of the board, once it is there."""
        content = self._safely(lambda: self._board.get(f"{self.attempt}/{name}"))
        read: dict[str, Any] = json.loads(content)
        return read

    def is_posted(self, name: str) -> bool:
        """Whether there is such a message now."""
        try:
            return bool(self._board.check([f"{self.attempt}/{name}"]))
        except RuntimeError:  # the process that kept the board is gone
            return False

    def is_told(self, seconds: float) -> bool:
        """Whether rank 0 says within so many seconds that a process is gone."""
        until = time.monotonic() + seconds
        while not (is_told := self.is_posted(TOLD)) and time.monotonic() < until:
            time.sleep(0.05)
        return is_told

    # --- the groups ---------------------------------------------------------------------------------------------

    def open_groups(self, device: torch.device) -> None:
        """Connect with all other ranks, once."""
        if self._groups is not None:
            return
        how: dict[str, Any] = {"backend": "gloo"}
        if device.type == "cuda":
            torch.cuda.set_device(device)
            how = {"backend": "nccl", "device_id": device}
        store, world = PrefixStore("group", self._board), self.world
        self._safely(
            lambda: dist.init_process_group(**how, store=store, rank=world.rank, world_size=world.size, timeout=STEP)
        )
        self._groups = dist.group.WORLD, self._safely(lambda: dist.new_group(backend="gloo", timeout=STEP))

    def add_up(self, tensor: Tensor) -> None:
        """Put the sum over all ranks in a tensor's place, on its device; every rank has the same bits."""
        group = self._group(0)
        self._safely(lambda: dist.all_reduce(tensor, group=group))

    def send(self, tensor: Tensor) -> None:
        """Put what rank 0 has in a tensor's place, on the CPU."""
        group = self._group(1)
        self._safely(lambda: dist.broadcast(tensor, 0, group=group))

    def send_bytes(self, content: bytes) -> bytes:
        """What rank 0 has."""
        length = torch.tensor([len(content)])
        self.send(length)
        held = torch.frombuffer(bytearray(content), dtype=torch.uint8) if content else torch.empty(0, dtype=torch.uint8)
        if self.world.rank:
            held = torch.empty(int(length), dtype=torch.uint8)
        self.send(held)
        return held.numpy().tobytes()

    def gather(self, tensor: Tensor) -> list[Tensor]:
        """That of every rank, on the CPU of rank 0; elsewhere nothing."""
        group = self._group(1)
        parts = [torch.empty_like(tensor) for _ in range(self.world.size)] if self.world.rank == 0 else None
        self._safely(lambda: dist.gather(tensor, parts, group=group))
        return parts or []

    def close(self) -> None:
        """Close the groups."""
        if self._groups is not None:
            self._groups = None
            dist.destroy_process_group()

    def _group(self, kind: int) -> Any:
        if self._groups is None:
            raise self._lost()
        return self._groups[kind]

    def _safely(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except RuntimeError as error:
            self._groups = None  # a call that only some ranks made leaves nothing to go on with
            raise self._lost() from error

    def _lost(self) -> RanksFailed:
        reason = ""
        if self._board is not None and self.is_posted(REASON):
            reason = json.loads(self._board.get(f"{self.attempt}/{REASON}"))[REASON]
        if self._board is not None and self.world.rank == 0:
            with suppress(RuntimeError):
                self._board.set(f"{self.attempt}/{TOLD}", "{}")
        return lost(self.world, self.run, reason)
