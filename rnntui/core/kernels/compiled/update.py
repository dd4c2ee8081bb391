"""Clipping and an optimizer's step in two passes over the weights, by torch's formulas and on torch's own state.

Why: torch's RMSprop is eight operations, each a pass over all weights. The state stays in the optimizer as torch keeps
it, so that a checkpoint is the same whichever code took the step.
"""

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.optim import Adam, Optimizer, RMSprop

from rnntui.core.kernels.compiled.library import CompiledLibrary, Update

if TYPE_CHECKING:
    from collections.abc import Callable

_PLAIN: dict[type[Optimizer], dict[str, object]] = {
    RMSprop: {"momentum": 0, "centered": False, "weight_decay": 0, "maximize": False},
    Adam: {"amsgrad": False, "maximize": False},  # AdamW is an Adam
}


def serves(optimizer: Optimizer) -> bool:
    """Whether it supports an optimizer: RMSprop, Adam or AdamW without further options, on one tensor."""
    (group,) = optimizer.param_groups
    for kind, options in _PLAIN.items():
        if isinstance(optimizer, kind):
            decays = group["weight_decay"] and not group.get("decoupled_weight_decay", False)
            return len(group["params"]) == 1 and not decays and all(group[k] == v for k, v in options.items())
    return False


class CompiledUpdate:
    """Steps of an optimizer that it serves, on one tensor of weights θ `(P,)` and θ's gradient."""

    def __init__(self, library: CompiledLibrary, optimizer: Optimizer) -> None:
        self._library, self._optimizer = library, optimizer
        (self._theta,) = optimizer.param_groups[0]["params"]
        self._step: Callable[[float], None] = self._rmsprop if isinstance(optimizer, RMSprop) else self._adam

    def __call__(self, clip: float) -> float:
        """Take a step along the gradient, rescaled to a norm of at most `clip` (0: as it is); the norm that it had."""
        gradient = self._theta.grad
        norm = math.sqrt(self._library.squares(gradient.data_ptr(), gradient.numel()))
        self._step(min(1.0, clip / (norm + 1e-6)) if clip else 1.0)
        return norm

    def _rmsprop(self, scale: float) -> None:
        group, state = self._state("square_avg")
        update = Update(
            count=self._theta.numel(),
            scale=scale,
            rate=group["lr"],
            keep_squares=group["alpha"],
            take_squares=1 - group["alpha"],
            epsilon=group["eps"],
        )
        self._library.rmsprop(update, *self._pointers(state["square_avg"]))

    def _adam(self, scale: float) -> None:
        group, state = self._state("exp_avg", "exp_avg_sq")
        (beta1, beta2), t, rate = group["betas"], float(state["step"]), group["lr"]
        update = Update(
            count=self._theta.numel(),
            scale=scale,
            rate=rate / (1 - beta1**t),
            keep_mean=beta1,
            keep_squares=beta2,
            take_mean=1 - beta1,
            take_squares=1 - beta2,
            root=1 / math.sqrt(1 - beta2**t),
            epsilon=group["eps"],
            shrink=1 - rate * group["weight_decay"],
        )
        self._library.adam(update, *self._pointers(state["exp_avg"], state["exp_avg_sq"]))

    def _state(self, *names: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The optimizer's settings and its state by torch's names, one step further."""
        state = self._optimizer.state[self._theta]
        if not state:
            state |= {"step": torch.zeros(()), **{name: torch.zeros_like(self._theta.detach()) for name in names}}
        state["step"] += 1
        return self._optimizer.param_groups[0], state

    def _pointers(self, *tensors: Tensor) -> list[int]:
        return [tensor.data_ptr() for tensor in (self._theta, self._theta.grad, *tensors)]
