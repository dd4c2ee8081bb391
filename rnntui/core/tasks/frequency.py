"""Frequencies told apart: a sine with random phase, its period in a band or outside it (`docs/spec.md` 3).

Every other sequence of a batch is of the band. Of an odd batch a drawn bit says which class has one more, so that both
are as frequent over many batches and guessing reaches 0.5 with any batch.
"""

import math

import torch
from torch import Tensor

from rnntui.config import Settings
from rnntui.core.tasks import Batch, Task

BAND = (50.0, 60.0)  # periods in time steps
LOWEST, HIGHEST = 10.0, 200.0  # of those outside


class Frequency(Task):
    """Values `(T, B, 1)`; class 1 is the band.

    With `--sampling uneven` the times are T uniform ones in (0, T] for each sequence, `(T, B)`, and the time since the
    last look enters as a second input, so that a cell without a clock is told as much.
    """

    chance = 0.5
    output_size = 2

    def __init__(self, settings: Settings, device: torch.device) -> None:
        super().__init__(settings, device)
        self.own_times = settings.sampling == "uneven"
        self.input_size = 2 if self.own_times else 1

    def batch(self, generator: torch.Generator) -> Batch:
        T, B = self.settings.length, self.settings.batch
        inside = classes(B, generator)
        drawn = torch.rand(2, B, generator=generator, device=generator.device, dtype=torch.float64)
        periods = torch.where(inside == 1, BAND[0] + (BAND[1] - BAND[0]) * drawn[0], outside(drawn[0]))
        phases = 2 * math.pi * drawn[1]
        if not self.own_times:
            times = torch.arange(1, T + 1, device=generator.device, dtype=torch.float64)
            return Batch(_sines(times.unsqueeze(1), periods, phases).unsqueeze(-1), inside)
        random = torch.rand(T, B, generator=generator, device=generator.device, dtype=torch.float64)
        times = (T * (1 - random)).sort(0).values  # (T, B), above 0
        since = torch.diff(times, dim=0, prepend=torch.zeros_like(times[:1])).to(torch.get_default_dtype())
        return Batch(torch.stack((_sines(times, periods, phases), since), -1), inside, times)


def classes(batch: int, generator: torch.Generator) -> Tensor:
    """The classes of a batch, `(B,)`, as many of each; which one an odd batch has more of is drawn."""
    alternating = torch.arange(batch, device=generator.device)
    if batch % 2:
        alternating = alternating + torch.randint(2, (1,), generator=generator, device=generator.device)
    return alternating % 2


def outside(drawn: Tensor) -> Tensor:
    """Periods log-uniform in [10, 50) ∪ (60, 200] from uniform numbers in [0, 1)."""
    below, above = math.log(BAND[0] / LOWEST), math.log(HIGHEST / BAND[1])
    x = drawn * (below + above)
    return torch.where(x < below, LOWEST * x.exp(), HIGHEST * (x - below - above).exp())


def _sines(times: Tensor, periods: Tensor, phases: Tensor) -> Tensor:
    """sin(2πt/period + phase), `(T, B)`, of the default type."""
    return torch.sin(2 * math.pi * times / periods + phases).to(torch.get_default_dtype())
