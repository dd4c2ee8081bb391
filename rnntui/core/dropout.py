"""Dropout: where units are dropped, and how its masks are drawn (`docs/spec.md` 1).

A mask is 0 with the probability of the place and 1 / (1 - it) elsewhere, so that what it multiplies keeps its mean. All
places draw from one generator, one after the other in the order of the forward pass. Where several processes train one
network, each draws the masks of the whole batch and takes those of its own sequences: so they are the same however many
processes there are.

T  time steps     B  batch     n  hidden units
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, prod
from typing import Self

import torch
from torch import Tensor

from rnntui.config import Settings
from rnntui.core.kernels.compiled.library import CompiledLibrary, load

_STEPS = 1 << 24  # of torch's float32 in [0, 1), each from the lower 24 of 32 random bits


@dataclass(frozen=True)
class Dropout:
    """The share that is dropped at each place: 0 is none.

    `input`: of the lowest layer's inputs, of which a symbol counts as one; `between`: of the outputs that enter a layer
    above; `output`: of those that the read-out sees; `recurrent`: of the units whose h(t-1) enters the products of a
    step, the same at every step of a sequence (Gal and Ghahramani 2016).

    The sequences that this process has are the `part`-th, from 0 on, of so many equal `parts` of the batch.
    """

    input: float = 0.0
    between: float = 0.0
    output: float = 0.0
    recurrent: float = 0.0
    part: int = 0
    parts: int = 1

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Those of a run: `--dropout` stands for what is not given between layers and before the read-out."""
        between, output = settings.dropout_between, settings.dropout_output
        return cls(
            input=settings.dropout_input,
            between=settings.dropout if between is None else between,
            output=settings.dropout if output is None else output,
            recurrent=settings.dropout_recurrent,
        )

    def __bool__(self) -> bool:
        return bool(self.input or self.between or self.output or self.recurrent)

    def mask(self, shape: Sequence[int], share: float, generator: torch.Generator, like: Tensor, along: int) -> Tensor:
        """A mask of that shape, as `mask` makes them, for this process's sequences, which lie `along` a dimension."""
        if self.parts == 1:
            return mask(shape, share, generator, like)
        count = shape[along]
        whole = [*shape[:along], count * self.parts, *shape[along + 1 :]]
        return mask(whole, share, generator, like).narrow(along, self.part * count, count).contiguous()


def mask(shape: Sequence[int], share: float, generator: torch.Generator, like: Tensor) -> Tensor:
    """A mask of that shape that drops a share, of `like`'s type and where it lies."""
    library = _library() if like.device.type == "cpu" and like.dtype == torch.float32 else None
    if library is not None and prod(shape) % 2 == 0:
        return _from_bits(library, shape, share, generator)
    kept = torch.rand(shape, generator=generator, device=like.device) >= share
    return kept.to(like.dtype).div_(1 - share)


def _from_bits(library: CompiledLibrary, shape: Sequence[int], share: float, generator: torch.Generator) -> Tensor:
    """The same mask from the same bits, an even number, drawn two at a time: torch.rand takes several times as long."""
    made, count = torch.empty(tuple(shape)), prod(shape)
    bits = torch.empty(count // 2, dtype=torch.int64).random_(-(2**63), None, generator=generator)
    least = ceil(float(torch.tensor(share)) * _STEPS)
    scale = float(torch.ones(()).div_(1 - share))
    library.mask(bits.data_ptr(), count, least, scale, made.data_ptr())
    return made


@cache
def _library() -> CompiledLibrary | None:
    """The compiled library, where torch's generator gives the bits of `torch.rand` in the order that is counted on."""
    library = load()
    if not isinstance(library, CompiledLibrary):
        return None
    generators = [torch.Generator().manual_seed(1) for _ in range(2)]
    bits = _from_bits(library, (64,), 0.5, generators[0])
    is_same = torch.equal(bits != 0, torch.rand(64, generator=generators[1]) >= 0.5)
    return library if is_same and torch.equal(*(generator.get_state() for generator in generators)) else None
