"""The paths of the optimizers down a ravine, f(x, y) = x²/20 + y²: steep across, almost flat along.

The rules are those that train the networks, from the same `make_optimizer`; only the function is a small one. In
float64, so that what a path shows is the rule and not the rounding.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import nn

from rnntui.config import Settings
from rnntui.core.training.optim import make_optimizer
from rnntui.specs import OPTIMIZERS

Point = tuple[float, float]

START: Point = (-7.0, 2.0)
CURVATURES = (1 / 10, 2.0)  # of f along x and along y: its gradient is (x/10, 2y)
LOW = 0.01  # f below this counts as arrived
MOST_STEPS = 100_000


def f(x: Any, y: Any) -> Any:
    """Height of the ravine, of numbers or of arrays."""
    return x**2 / 20 + y**2


@dataclass(frozen=True)
class Descent:
    """The path of one optimizer: `points[k]` is where it stands after k steps."""

    optimizer: str
    lr: float
    points: tuple[Point, ...]

    def height(self, steps: int) -> float | None:
        """f after so many steps; `None` where the path is shorter."""
        return float(f(*self.points[steps])) if steps < len(self.points) else None

    @property
    def arrived_at(self) -> int | None:
        """The first step at which f is below `LOW`."""
        return next((step for step, point in enumerate(self.points) if f(*point) < LOW), None)

    @property
    def bounces(self) -> int:
        """How often it crossed the floor of the valley: sign changes of y."""
        ys = [y for _, y in self.points if y != 0]
        return sum((before < 0) != (after < 0) for before, after in pairwise(ys))


def descend(optimizer: str, steps: int, lr: float | None = None) -> Descent:
    """The path from `START`; the learning rate is the one declared here unless another is given."""
    rate = OPTIMIZERS[optimizer].ravine_rate if lr is None else lr
    theta = nn.Parameter(torch.tensor(START, dtype=torch.float64))
    curvatures = torch.tensor(CURVATURES, dtype=torch.float64)
    rule = make_optimizer(theta, Settings(optimizer=optimizer, lr=rate))
    points = [START]
    for _ in range(steps):
        theta.grad = curvatures * theta.detach()
        rule.step()
        x, y = theta.tolist()
        points.append((x, y))
    return Descent(optimizer, rate, tuple(points))


def descents(steps: int) -> list[Descent]:
    """The paths of all optimizers. Raises `ValueError` for a number of steps out of bounds."""
    if not 1 <= steps <= MOST_STEPS:
        raise ValueError(f"--steps must be from 1 to {MOST_STEPS:,}, not {steps}")
    return [descend(optimizer, steps) for optimizer in OPTIMIZERS]
