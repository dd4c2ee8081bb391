"""Loss and gradient of a whole network without autograd: forward, cross-entropy and backward into one flat gradient.

Why: at T = 10 what autograd, the gathering of gradients and the loss's dozen small operations cost is as much as the
arithmetic. Buffers are made once and used at every step. It computes what autograd computes on the same kernels.
"""

from ctypes import c_double, c_int64
from dataclasses import dataclass

import torch
from torch import Tensor

from rnntui.core.kernels.compiled.layer import LayerPass, Weights
from rnntui.core.kernels.compiled.library import CompiledLibrary
from rnntui.core.model import Carried, Model, dropout_mask
from rnntui.core.tasks import Batch


@dataclass(frozen=True)
class _Sizes:
    T: int
    B: int
    indices: bool


class Gradient:
    """The gradient of a model's mean cross-entropy, written into `out`, `(P,)`, in the order of its parameters.

    All layers are of one cell that the compiled kernels have (`library`).
    """

    def __init__(self, library: CompiledLibrary, model: Model, out: Tensor) -> None:
        self._library, self._model, self.out = library, model, out
        self._weights = [Weights.of(cell) for cell in model.cells]
        self._gradients, self._dW_ph, self._db_p = _views(model, self._weights, out)
        self._sizes: _Sizes | None = None
        self._layers: list[LayerPass] = []

    @torch.no_grad()
    def __call__(self, batch: Batch, state: Carried | None, masks: torch.Generator) -> tuple[float, float, Carried]:
        """Loss in nats and accuracy of a batch, and the state after it; `state` `None` is zeros.

        `masks` draws dropout's masks as the model's own forward pass does.
        """
        model, inputs = self._model, batch.inputs
        self._make(_Sizes(inputs.shape[0], inputs.shape[1], not inputs.is_floating_point()))
        x, dropped = inputs, []
        for k, (layer, weights) in enumerate(zip(self._layers, self._weights, strict=True)):
            if k and model.dropout:
                dropped.append(dropout_mask(x, model.dropout, masks))
                x = x * dropped[-1]
            layer.forward(weights, x, None if state is None else state[k])
            x = layer.outputs
        is_last = model.readout == "last"
        h = x[-1] if is_last else x.flatten(0, 1)
        dlogits = torch.addmm(model.b_p, h, model.W_ph.T)
        loss, accuracy = self._cross_entropy(dlogits, batch.targets)
        torch.mm(dlogits.T, h, out=self._dW_ph)
        torch.sum(dlogits, 0, out=self._db_p)
        dh = dlogits @ model.W_ph
        each, last = (None, dh) if is_last else (dh.view(x.shape), None)
        for k in range(len(self._layers) - 1, -1, -1):
            layer, weights = self._layers[k], self._weights[k]
            layer.backward(weights, each, (last, None))
            layer.gradients(self._gradients[k])
            if k:
                each, last = layer.input_gradient(weights), None
                if dropped:
                    each *= dropped[k - 1]
        return loss, accuracy, tuple(layer.state() for layer in self._layers)

    def _cross_entropy(self, logits: Tensor, targets: Tensor) -> tuple[float, float]:
        """Loss and accuracy; in place of the logits, their gradient."""
        targets = targets.flatten()
        if self._library.outside(targets.data_ptr(), len(targets), logits.shape[1]) < len(targets):
            raise IndexError(f"a target is not among the {logits.shape[1]} symbols")
        loss, right = c_double(), c_int64()
        self._library.cross_entropy(logits.data_ptr(), targets.data_ptr(), *logits.shape, loss, right)
        return loss.value / len(targets), right.value / len(targets)

    def _make(self, sizes: _Sizes) -> None:
        if sizes == self._sizes:
            return
        self._layers = [
            LayerPass(
                self._library, type(cell), sizes.T, sizes.B, cell.d, cell.n, indices=sizes.indices and k == 0, once=True
            )
            for k, cell in enumerate(self._model.cells)
        ]
        self._sizes = sizes


def _views(model: Model, weights: list[Weights], out: Tensor) -> tuple[list[Weights], Tensor, Tensor]:
    """The parts of a flat gradient, by what they are the gradients of."""
    parts, start = {}, 0
    for parameter in model.parameters():
        parts[parameter.data_ptr()] = out[start : start + parameter.numel()].view_as(parameter)
        start += parameter.numel()

    def of(weight: Tensor) -> Tensor:
        return parts[weight.data_ptr()]

    layers = [Weights(of(w.W_x), of(w.W_h), of(w.b), None if w.b_gh is None else of(w.b_gh)) for w in weights]
    return layers, of(model.W_ph), of(model.b_p)
