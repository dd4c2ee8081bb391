"""What differs by optimizer: a new one is a file in `core/training/` and an entry of `OPTIMIZERS`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OptimizerSpec:
    """A rule that updates the weights.

    `path` is `module:function`: from θ `(P,)`, the settings and the learning rate to a torch optimizer. `settings` are
    those of its own. `ravine_rate` is its rate on the ravine: large, and it arrives. Above `highest_rate` it hardly
    learns; `usual_rates` says what it usually learns with. `remembers` is how many numbers it keeps of each weight.
    """

    path: str
    ravine_rate: float
    settings: tuple[str, ...] = ()
    highest_rate: float = 1.0  # of a rule that steps by the rate itself
    usual_rates: str = "0.0001 to 0.01"
    remembers: int = 0


OPTIMIZERS: dict[str, OptimizerSpec] = {
    # 2/(1/10 + 2) shrinks both directions of the ravine alike, the best that one rate can do; from 1 on it leaves.
    "sgd": OptimizerSpec("rnntui.core.training.optim:sgd", 0.95, (), 100.0, "0.01 to 1"),
    # With μ = 0.9 a steady gradient counts tenfold: about SGD's rate in the long run.
    "momentum": OptimizerSpec(
        "rnntui.core.training.optim:sgd_with_momentum", 0.1, ("momentum",), 100.0, "0.01 to 1", 1
    ),
    # The first step is as long as the rate, in x and in y: short of the floor, which is 2 away.
    "adagrad": OptimizerSpec("rnntui.core.training.optim:adagrad", 1.5, remembers=1),
    # The first step is 10 = 1/√(1 − 0.99) times the rate: the same 1.5.
    "rmsprop": OptimizerSpec("rnntui.core.training.optim:rmsprop", 0.15, ("rho",), remembers=1),
    # Steps are about as long as the rate: 35 of them to the goal; larger ones overshoot it.
    "adam": OptimizerSpec("rnntui.core.training.optim:adam", 0.2, ("beta1", "beta2"), remembers=2),
    # Adam's, so that the two differ by the decay alone.
    "adamw": OptimizerSpec("rnntui.core.training.optim:adamw", 0.2, ("beta1", "beta2"), remembers=2),
}


def optimizers_with(setting: str) -> list[str]:
    """The optimizers that list a setting as theirs; empty where it is none's in particular."""
    return [name for name, optimizer in OPTIMIZERS.items() if setting in optimizer.settings]
