"""Several processes that train one network: each has its part of every batch, and all take the same step.

Each process, or rank, holds the whole network, its optimizer and its generators. It draws the whole batch, computes the
gradient of its own sequences, and gets the mean over all ranks, with which every rank does the same update: so their
weights stay equal to the bit. Rank 0 leads (`leading.py`), the others follow (`following.py`).

Invariants: the parts of a batch are of one size, so that the mean of their losses is the loss of the batch; what one
rank draws, all draw; only rank 0 writes.
"""

import hashlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from rnntui.config import Settings
from rnntui.core.dropout import Dropout
from rnntui.core.tasks import Batch
from rnntui.core.training.channels import Channels
from rnntui.system.world import RanksFailed, World

if TYPE_CHECKING:
    from rnntui.core.training.learner import Learner

CARRIED, THETA, POSITION = "carried.", "theta", "position"  # names of what is passed on


class Refused(Exception):
    """The training does not begin; rank 0 says why."""


class Ranks:
    """This process's part in the training of one network by all processes of its world."""

    def __init__(self, world: World) -> None:
        self.world, self.channels = world, Channels(world)
        self._gradient = torch.empty(0)

    # --- what a learner asks ------------------------------------------------------------------------------------

    def own(self, settings: Settings) -> Settings:
        """The settings of this process: its part of the batch, and its device.

        Raises `ValueError` for a batch that cannot be split, and where it has no device of its own.
        """
        self.world.check_batch(settings.batch)
        return replace(
            settings, batch=settings.batch // self.world.size, device=own_device(settings.device, self.world)
        )

    def dropout(self, whole: Dropout) -> Dropout:
        """The dropout of this process's sequences."""
        return replace(whole, part=self.world.rank, parts=self.world.size)

    def part(self, batch: Batch) -> Batch:
        """This process's sequences of a batch."""
        return batch.of(self._mine(batch.inputs.shape[1]))

    def hold_gradient(self, theta: nn.Parameter) -> None:
        """Let θ's gradient be part of what goes from rank to rank; loss and accuracy come behind it."""
        self._gradient = torch.zeros(theta.numel() + 2, dtype=theta.dtype, device=theta.device)
        theta.grad = self._gradient[:-2]

    def mean(self, loss: Tensor | float, accuracy: Tensor | float) -> tuple[Tensor | float, Tensor | float]:
        """Loss and accuracy of the whole batch, from those of this process's part; θ's gradient becomes its too.

        Raises `RanksFailed` where another rank is gone.
        """
        figures = self._gradient[-2:]
        figures[0], figures[1] = loss, accuracy
        self.channels.add_up(self._gradient)
        self._gradient /= self.world.size
        if figures.device.type == "cpu":
            return figures[0].item(), figures[1].item()
        return figures[0].clone(), figures[1].clone()  # no step waits for the device

    # --- the state, from rank 0 to all and back -----------------------------------------------------------------

    def pass_on(self, learner: "Learner") -> None:
        """Let each rank's learner be as that of rank 0, which holds the carried states of the whole batch: each takes
        those of its own sequences.

        Raises `Refused` where rank 0 ends instead.
        """
        tensors: dict[str, Tensor] = {}
        if self.world.rank == 0:
            position = torch.tensor(learner.task.position())
            tensors = {THETA: learner.theta, POSITION: position, **learner.tensors()}
        content = self.channels.send_bytes(save({name: _plain(held) for name, held in tensors.items()}))
        if not content:
            raise Refused
        tensors = load(content)
        learner.theta.detach().copy_(tensors.pop(THETA))
        learner.task.seek(int(tensors.pop(POSITION)))
        learner.restore({k: v[self._mine(len(v))].clone() if k.startswith(CARRIED) else v for k, v in tensors.items()})

    def whole(self, learner: "Learner") -> dict[str, Tensor]:
        """`learner.tensors()` with the carried states of the whole batch, on rank 0; elsewhere those of a part.

        Raises `RanksFailed` where the weights of the ranks are not equal to the bit, as they are if all goes well.
        """
        digest = hashlib.sha256(_plain(learner.theta).numpy().tobytes()).digest()
        digests = self.channels.gather(torch.frombuffer(bytearray(digest), dtype=torch.uint8))
        if odd := [rank for rank, other in enumerate(digests) if not torch.equal(other, digests[0])]:
            raise RanksFailed(f"the weights of rank {odd[0]} are no longer those of rank 0: please report it")
        tensors = learner.tensors()
        for name in [name for name in tensors if name.startswith(CARRIED)]:
            parts = self.channels.gather(_plain(tensors[name]))
            tensors[name] = torch.cat(parts) if parts else tensors[name]
        return tensors

    def _mine(self, count: int) -> slice:
        share = count // self.world.size
        return slice(self.world.rank * share, (self.world.rank + 1) * share)


def own_device(name: str, world: World) -> str:
    """The device of a rank: of the GPUs of its machine each rank there has its own, in order, unless `name` says which.

    Raises `ValueError` where there are fewer GPUs than ranks, and for MPS.
    """
    if name == "mps":
        raise ValueError("--device mps: several processes train on CPUs or on CUDA: give --device cpu")
    if name == "auto" and not torch.cuda.is_available():
        return "cpu"
    gpus = torch.cuda.device_count()
    if name not in ("auto", "cuda") or not gpus:
        return name
    if gpus < world.local_size:
        have = f"{world.local_size} processes on {os.uname().nodename} would share {gpus} GPU{'s' * (gpus > 1)}"
        raise ValueError(f"{have}: start torchrun with --nproc-per-node {gpus}, or give --device cpu")
    return f"cuda:{world.local_rank}"


def _plain(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().contiguous()
