"""Palindromes in noise: signal digits at known times only, random digits between, and the target follows the last."""

import torch

from rnntui.config import time_steps
from rnntui.core.tasks import Batch
from rnntui.core.tasks.palindrome import Palindrome, palindromes
from rnntui.specs.tasks import DIGITS


class Noise(Palindrome):
    """A palindrome of L + 1 digits: L come at t = P, 2P, …, LP, the last is the target. See `docs/spec.md` 3."""

    def batch(self, generator: torch.Generator) -> Batch:
        T, B, P = time_steps(self.settings), self.settings.batch, self.settings.spacing
        signal = palindromes(self.settings.length + 1, B, generator)
        digits = torch.randint(DIGITS, (T, B), generator=generator, device=generator.device)
        digits[P - 1 :: P] = signal[:-1]  # row k is time k + 1
        return Batch(self.entering(digits), signal[-1])
