"""What the processes that train one network tell each other before they do, and whether they can.

Weights stay equal to the bit where every process computes the same: the same software, the same kernel in the same
instructions, the same text.
"""

import os
import platform
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import torch

from rnntui.core.training.reproducibility import versions
from rnntui.corpora import short

if TYPE_CHECKING:
    from rnntui.core.training.learner import Learner

PACKAGES = ("rnntui", "torch")  # whose versions must be the same


@dataclass(frozen=True)
class Software:
    """What a process has before it has built anything."""

    versions: dict[str, str]
    machine: str

    @classmethod
    def here(cls) -> Self:
        return cls(versions(), os.uname().nodename)


@dataclass(frozen=True)
class Built:
    """What a process has built: what it computes with, and what it learns. `problem`: why it could not."""

    problem: str = ""
    device: str = ""  # the kind
    gpu: str = ""  # which, where it is one
    kernel: str = ""
    instructions: str = ""
    processor: str = ""
    corpus: str = ""  # its hash
    vocabulary: str = ""
    parameters: int = 0

    @classmethod
    def of(cls, learner: "Learner") -> Self:
        facts, kernel = learner.task.facts(), learner.model.kernel
        return cls(
            device=learner.device.type,
            gpu=_gpu(learner.device),
            kernel=kernel.name,
            instructions=kernel.instructions,
            processor=f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
            corpus=facts.sha256,
            vocabulary=facts.vocabulary,
            parameters=learner.model.parameter_count(),
        )


def check_software(of_ranks: list[dict[str, Any]]) -> None:
    """Raise `ValueError` where a rank has another version than rank 0."""
    first, *others = [Software(**said) for said in of_ranks]
    for rank, other in enumerate(others, 1):
        for package in PACKAGES:
            theirs, ours = other.versions.get(package), first.versions.get(package)
            if theirs != ours:
                raise ValueError(
                    f"rank {rank} on {other.machine} has {package} {theirs}, rank 0 on {first.machine} has {ours}: "
                    f"install the same version on both"
                )


def check_built(of_ranks: list[dict[str, Any]], corpus: str) -> None:
    """Raise `ValueError` where a rank could not build the network, or what it built differs from that of rank 0."""
    first, *others = [Built(**said) for said in of_ranks]
    for rank, other in enumerate(others, 1):
        if other.problem:
            raise ValueError(f"rank {rank}: {other.problem}")
        if (other.corpus, other.vocabulary) != (first.corpus, first.vocabulary):
            raise ValueError(
                f"rank {rank} has another text as corpus {corpus!r} (sha256 {short(other.corpus)}, on rank 0 "
                f"{short(first.corpus)}): give every machine the same"
            )
        if other.device != first.device:
            raise ValueError(f"rank {rank} would train on {other.device}, rank 0 on {first.device}: give one --device")
        if other.parameters != first.parameters:
            raise ValueError(
                f"rank {rank} has a network of {other.parameters:,} weights, rank 0 of {first.parameters:,}"
            )
        if other.kernel != first.kernel:
            raise ValueError(
                f"rank {rank} would compute with the kernel {other.kernel}, rank 0 with {first.kernel}: --kernel "
                f"library is to be had on both"
            )
        if _processor(other) != _processor(first):
            raise ValueError(
                f"rank {rank} computes in {_processor(other)}, rank 0 in {_processor(first)}, which round differently: "
                f"set RNNTUI_INSTRUCTIONS and ATEN_CPU_CAPABILITY to what both have"
            )
    _check_gpus([first, *others])


def _check_gpus(of_ranks: list[Built]) -> None:
    """Raise `ValueError` where two ranks are on one GPU."""
    taken: dict[str, int] = {}
    for rank, built in enumerate(of_ranks):
        if built.gpu and taken.setdefault(built.gpu, rank) != rank:
            raise ValueError(
                f"ranks {taken[built.gpu]} and {rank} would train on one GPU, {built.gpu}: --device cuda gives each "
                f"one of its own"
            )


def _processor(built: Built) -> str:
    return f"{built.processor} {built.instructions}".strip() if built.device == "cpu" else ""


def _gpu(device: torch.device) -> str:
    if device.type != "cuda":
        return ""
    return f"{device} of {os.uname().nodename}, {torch.cuda.get_device_properties(device).uuid}"


def as_message(what: Software | Built) -> dict[str, Any]:
    """What goes on the board."""
    return asdict(what)
