"""Palindromes of T + 1 digits: T go in, the last is the target, so the first digit must be remembered for T steps."""

import torch
from torch import Tensor

from rnntui.config import Settings
from rnntui.core.tasks import Batch, Task
from rnntui.specs.tasks import DIGITS


class Palindrome(Task):
    """Digits enter one-hot (indices `(T, B)`) or as one scalar (`(T, B, 1)`, 0.0-9.0). See `docs/spec.md` 3."""

    def __init__(self, settings: Settings, device: torch.device) -> None:
        super().__init__(settings, device)
        self.input_size = 1 if settings.input == "scalar" else DIGITS
        self.output_size = DIGITS
        self.chance = 1 / DIGITS

    def batch(self, generator: torch.Generator) -> Batch:
        digits = palindromes(self.settings.length + 1, self.settings.batch, generator)
        return Batch(self.entering(digits[:-1]), digits[-1])

    def entering(self, digits: Tensor) -> Tensor:
        """Digits `(T, B)` as they enter the network."""
        return digits.to(torch.get_default_dtype()).unsqueeze(-1) if self.input_size == 1 else digits


def palindromes(length: int, batch: int, generator: torch.Generator) -> Tensor:
    """Random palindromes of digits, `(length, batch)`, one a column, on the generator's device."""
    half = torch.randint(DIGITS, ((length + 1) // 2, batch), generator=generator, device=generator.device)
    return torch.cat([half, half[: length // 2].flip(0)])
