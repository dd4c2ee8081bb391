"""Decoupled weight decay: at each step the weights shrink by a share of the learning rate, whatever the optimizer does.

    W ← max(0, 1 − η λ) W

before the optimizer's own step (Loshchilov and Hutter 2019). Biases, and whatever else is no matrix, are left alone.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class WeightDecay:
    """The decay λ of the matrices among a model's parameters, which are views of θ in their order."""

    def __init__(self, decay: float, theta: nn.Parameter, parameters: Iterable[Tensor]) -> None:
        self._decay = decay
        self._parts = [theta.detach()[first:last] for first, last in _of_matrices(parameters)]

    def __call__(self, learning_rate: float) -> None:
        """Let the weights shrink by one step at that rate."""
        torch._foreach_mul_(self._parts, max(0.0, 1 - learning_rate * self._decay))


def _of_matrices(parameters: Iterable[Tensor]) -> list[tuple[int, int]]:
    """Where in θ matrices lie, first and last, those that meet as one."""
    parts: list[tuple[int, int]] = []
    start = 0
    for parameter in parameters:
        first, start = start, start + parameter.numel()
        if parameter.dim() < 2:
            continue
        if parts and parts[-1][1] == first:
            first, _ = parts.pop()
        parts.append((first, start))
    return parts
