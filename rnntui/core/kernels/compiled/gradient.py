"""Loss and gradient of a whole network without autograd: forward, cross-entropy and backward into one flat gradient.

Why: at T = 10 autograd, the gathering of gradients and the loss's dozen small operations cost as much as the
arithmetic. Buffers are made once and reused at every step. The result is what autograd computes on the same kernels.
"""

from ctypes import c_double, c_int64
from dataclasses import dataclass

import torch
from torch import Tensor

from rnntui.core.kernels.compiled.layer import SHAPES, LayerPass, Weights
from rnntui.core.kernels.compiled.library import CompiledLibrary, Readout
from rnntui.core.model import Carried, Model
from rnntui.core.tasks import Batch

SMALL = 4_096  # logits up to which one call for the whole read-out is faster than the library's products


def serves(model: Model) -> bool:
    """Whether a model of the compiled kernels has its gradient without autograd: not a Phased LSTM, whose gate is
    learned by it, nor with layer normalisation, of which the library has a part.
    """
    return all(type(cell) in SHAPES and not SHAPES[type(cell)].normed for cell in model.cells)


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
        self._dh = self._room = torch.empty(0)

    @torch.no_grad()
    def __call__(self, batch: Batch, state: Carried | None, masks: torch.Generator) -> tuple[float, float]:
        """Loss in nats and accuracy of a batch; `state` `None` is zeros, `state()` is the one after it.

        `masks` draws dropout's masks as the model's own forward pass does. Raises `IndexError` for an input or a
        target that is no symbol.
        """
        model, inputs = self._model, batch.inputs
        self._make(_Sizes(inputs.shape[0], inputs.shape[1], not inputs.is_floating_point()))
        drop, x, of_x, dropped = model.dropout, inputs, None, []
        if drop.input:
            of_x = drop.mask(inputs.shape, drop.input, masks, self.out, 1)
            if inputs.is_floating_point():
                x, of_x = inputs * of_x, None
        for k, (layer, weights) in enumerate(zip(self._layers, self._weights, strict=True)):
            if k and drop.between:
                dropped.append(drop.mask(x.shape, drop.between, masks, x, 1))
                x = x * dropped[-1]
            of_state = None
            if drop.recurrent:
                of_state = drop.mask((layer.B, layer.n), drop.recurrent, masks, self.out, 0)
            layer.forward(weights, x, None if state is None else state[k], of_state, None if k else of_x)
            x = layer.outputs
        loss, right, of_outputs, last = self._read_out(batch.targets.flatten(), masks)
        for k in range(len(self._layers) - 1, -1, -1):
            layer, weights = self._layers[k], self._weights[k]
            layer.backward(weights, of_outputs, (last, None))
            layer.gradients(self._gradients[k])
            if k:
                of_outputs, last = layer.input_gradient(weights), None
                if dropped:
                    of_outputs *= dropped[k - 1]
        return loss / batch.targets.numel(), right / batch.targets.numel()

    def state(self) -> Carried:
        """The state after the last batch."""
        return tuple(layer.state() for layer in self._layers)

    def _read_out(self, targets: Tensor, masks: torch.Generator) -> tuple[float, int, Tensor | None, Tensor | None]:
        """The sum of the losses, the number of correct outputs, and the gradients of each output or of the last."""
        top, outputs, rows = self._layers[-1], self._model.W_ph.shape[0], len(targets)
        if self._library.outside(targets.data_ptr(), rows, outputs) < rows:
            raise IndexError(f"a target is not among the {outputs} symbols")
        is_last = self._model.readout == "last"
        small = is_last and rows * outputs <= SMALL
        h, of_h = top.h[top.T] if is_last else top.h[1:].view(-1, top.u), None
        if share := self._model.dropout.output:
            shape = (top.B, top.n) if is_last else (top.T, top.B, top.n)
            of_h = self._model.dropout.mask(shape, share, masks, h, len(shape) - 2).view(rows, top.n)
            if small and top.u > top.n:  # the whole of a row is read there
                of_h = torch.nn.functional.pad(of_h, (0, top.u - top.n))
            h = h[:, : of_h.shape[1]] * of_h
        loss, right, dh = (self._small_readout if small else self._large_readout)(h, targets)
        if of_h is not None:
            dh *= of_h
        return loss, right, *((None, dh) if is_last else (dh.view(top.T, top.B, -1), None))

    def _large_readout(self, h: Tensor, targets: Tensor) -> tuple[float, int, Tensor]:
        """Loss, number correct and ∂L/∂h, `(R, n)`, by the library's products."""
        model, h = self._model, h[:, : self._layers[-1].n]
        logits = torch.addmm(model.b_p, h, model.W_ph.T)
        loss, right = c_double(), c_int64()
        self._library.cross_entropy(logits.data_ptr(), targets.data_ptr(), *logits.shape, loss, right)
        torch.mm(logits.T, h, out=self._dW_ph)
        torch.sum(logits, 0, out=self._db_p)
        return loss.value, right.value, logits @ model.W_ph

    def _small_readout(self, h: Tensor, targets: Tensor) -> tuple[float, int, Tensor]:
        """The same in one call, with ∂L/∂h in whole registers, `(R, u)`."""
        model, (rows, units), (outputs, n) = self._model, h.shape, self._model.W_ph.shape
        padded = self._library.padded(outputs)
        if self._dh.shape != h.shape:
            self._dh = torch.empty(rows, units)
            self._room = torch.empty((rows + n + 1) * padded + 2 * outputs * units)
        call = Readout(
            rows=rows, n=n, units=units, outputs=outputs, padded=padded,
            w=model.W_ph.data_ptr(), b=model.b_p.data_ptr(),
            h=h.data_ptr(), targets=targets.data_ptr(), dw=self._dW_ph.data_ptr(), db=self._db_p.data_ptr(),
            dh=self._dh.data_ptr(), room=self._room.data_ptr(),
        )  # fmt: skip
        loss, right = c_double(), c_int64()
        self._library.readout(call, loss, right)
        return loss.value, right.value, self._dh

    def _make(self, sizes: _Sizes) -> None:
        if sizes == self._sizes:
            return
        self._layers = [
            LayerPass(
                self._library,
                type(cell),
                sizes.T,
                sizes.B,
                cell.d,
                cell.n,
                indices=sizes.indices and k == 0,
                once=True,
                drop=self._model.dropout.input if sizes.indices and k == 0 else 0.0,
            )
            for k, cell in enumerate(self._model.cells)
        ]
        self._sizes = sizes


def _views(model: Model, weights: list[Weights], out: Tensor) -> tuple[list[Weights], Tensor, Tensor]:
    """The parts of a flat gradient, by the name of their parameter."""
    parts, start = {}, 0
    for parameter in model.parameters():
        parts[parameter.data_ptr()] = out[start : start + parameter.numel()].view_as(parameter)
        start += parameter.numel()

    def of(weight: Tensor) -> Tensor:
        return parts[weight.data_ptr()]

    layers = [Weights(of(w.W_x), of(w.W_h), of(w.b), None if w.b_gh is None else of(w.b_gh)) for w in weights]
    return layers, of(model.W_ph), of(model.b_p)
