"""Optimizers over one flat vector θ of all parameters (`docs/spec.md` 7).

The model's parameters become views of θ, so clipping, updating, keeping and copying the weights are one operation
each, whatever the number of layers. Torch's fused implementations are taken where it has them.
"""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop

from rnntui.config import Settings
from rnntui.core import load_class
from rnntui.specs import OPTIMIZERS

COMPILER_TIED = ("add_param_group", "state_dict", "load_state_dict")


def flatten(model: nn.Module) -> nn.Parameter:
    """θ, `(P,)`, with a gradient of its shape; the model's parameters are views of it from now on."""
    parameters = list(model.parameters())
    theta = nn.Parameter(torch.cat([parameter.detach().reshape(-1) for parameter in parameters]))
    theta.grad = torch.zeros_like(theta)
    start = 0
    for parameter in parameters:
        end = start + parameter.numel()
        parameter.data = theta.detach()[start:end].view_as(parameter)
        start = end
    return theta


def gather_gradients(loss: Tensor, parameters: Sequence[Tensor], theta: nn.Parameter) -> None:
    """Write ∂loss/∂θ into θ's gradient; `parameters` are the model's, in the order of θ.

    Raises `Unused` where the loss does not depend on some of them.
    """
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
    if unused := [k for k, gradient in enumerate(gradients) if gradient is None]:
        raise Unused(unused)
    assert theta.grad is not None
    torch.cat([gradient.reshape(-1) for gradient in gradients], out=theta.grad)


def clip_gradient(theta: nn.Parameter, clip: float) -> Tensor:
    """Rescale θ's gradient to a norm of at most `clip` (0: leave it as it is), its direction kept; the norm it had.

    The factor is min(1, clip / (norm + 1e-6)), which is torch's (`docs/spec.md` 2): the 1e-6 keeps a norm of 0 from
    dividing by itself.
    """
    assert theta.grad is not None
    norm: Tensor = torch.linalg.vector_norm(theta.grad)
    if clip:
        theta.grad.mul_((clip / (norm + 1e-6)).clamp_(max=1.0))
    return norm


class Unused(RuntimeError):
    """The parameters, by number, that a loss does not depend on."""

    def __init__(self, numbers: list[int]) -> None:
        super().__init__(f"the loss does not depend on the parameters {numbers}")
        self.numbers = numbers


@functools.cache
def uncompiled(rule: type[Optimizer]) -> Callable[..., Optimizer]:
    """One of torch's rules without the ties to its compiler: equal to the bit, and training begins a second sooner.

    Torch loads its compiler, 800 modules, to keep these methods out of what it compiles; here nothing is compiled.
    """
    methods = {name: inspect.unwrap(getattr(rule, name)) for name in COMPILER_TIED}
    return type(rule.__name__, (rule,), {**methods, "step": torch.no_grad()(inspect.unwrap(rule.step))})


def make_optimizer(theta: nn.Parameter, settings: Settings) -> Optimizer:
    """The rule that `--optimizer` names; what has no setting of its own is torch's default."""
    make: Callable[[nn.Parameter, Settings, float], Optimizer] = load_class(
        OPTIMIZERS[settings.optimizer].path, "--optimizer"
    )
    optimizer = make(theta, settings, settings.lr)
    for group in optimizer.param_groups:
        # Where the rule runs on the device alone, a tensor there, which a captured graph reads afresh.
        if on_cuda(theta) and (group.get("capturable") or group.get("fused")):
            group["lr"] = torch.tensor(settings.lr, device=theta.device)
    return optimizer


def sgd(theta: nn.Parameter, settings: Settings, lr: float) -> Optimizer:
    """Gradient descent: θ ← θ − η g."""
    return uncompiled(SGD)([theta], lr=lr, fused=_can_fuse(theta))


def sgd_with_momentum(theta: nn.Parameter, settings: Settings, lr: float) -> Optimizer:
    """v ← μ v + g, θ ← θ − η v (Polyak 1964)."""
    return uncompiled(SGD)([theta], lr=lr, momentum=settings.momentum, fused=_can_fuse(theta))


def adagrad(theta: nn.Parameter, settings: Settings, lr: float) -> Optimizer:
    """Each weight's rate falls with the squares of its gradients (Duchi and others 2011)."""
    return uncompiled(Adagrad)([theta], lr=lr, fused=theta.device.type == "cpu")  # fused there only; not capturable


def rmsprop(theta: nn.Parameter, settings: Settings, lr: float) -> Optimizer:
    """By the running mean of the squares of the gradients (Tieleman and Hinton 2012)."""
    return uncompiled(RMSprop)([theta], lr=lr, alpha=settings.rho, capturable=on_cuda(theta))


def adam(theta: nn.Parameter, settings: Settings, lr: float) -> Optimizer:
    """By running means of the gradients and their squares (Kingma and Ba 2015)."""
    return _adam(Adam, theta, settings, lr)


def adamw(theta: nn.Parameter, settings: Settings, lr: float) -> Optimizer:
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019): torch's own, or that of `--weight-decay`."""
    own = {} if settings.weight_decay is None else {"weight_decay": 0.0}  # `WeightDecay` takes its place
    return _adam(AdamW, theta, settings, lr, **own)


def _adam(rule: Any, theta: nn.Parameter, settings: Settings, lr: float, **more: float) -> Optimizer:
    betas = (settings.beta1, settings.beta2)
    return uncompiled(rule)([theta], lr=lr, betas=betas, fused=_can_fuse(theta), capturable=on_cuda(theta), **more)


def on_cuda(theta: nn.Parameter) -> bool:
    """Whether the host runs ahead of the device: then no step may read from it."""
    return theta.is_cuda


def _can_fuse(theta: nn.Parameter) -> bool:
    return theta.device.type == "cpu" or on_cuda(theta)


def set_learning_rate(optimizer: Optimizer, lr: float) -> None:
    """Use another rate from the next step on."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(lr)
        else:
            group["lr"] = lr


def optimizer_tensors(optimizer: Optimizer, theta: nn.Parameter) -> dict[str, Tensor]:
    """What the optimizer remembers of θ, by torch's names; empty before the first step."""
    return {k: v for k, v in optimizer.state[theta].items() if isinstance(v, Tensor)}


def restore_optimizer(optimizer: Optimizer, tensors: dict[str, Tensor]) -> None:
    """Let the optimizer remember these tensors; torch puts each where it belongs."""
    state = optimizer.state_dict()
    state["state"] = {0: {k: v.clone() for k, v in tensors.items()}} if tensors else {}
    optimizer.load_state_dict(state)
