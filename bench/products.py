"""The floor of a training step: its matrix products alone, with their results thrown away.

Per step and layer the recurrent product, h W_hᵀ forward and δ W_h backward; for whole sequences the input products of
the upper layers, all gradients of weights, and the read-out. Indices that enter the lowest layer cost nothing, for they
are looked up. Each product has the layout in which MKL is fastest: forward a transposed copy of W_h, backward W_h.

T  time steps     B  batch     n  hidden units     o  outputs     G  gates of the cell
"""

from collections.abc import Iterator

import torch
from torch import Tensor

GATES = {"lstm": 4, "gru": 3, "rnn": 1}


class Layer:
    """The tensors of a layer that its products read and write; `d` is 0 where inputs are indices."""

    def __init__(self, G: int, d: int, n: int, T: int, B: int, is_lowest: bool) -> None:
        self.W_h, self.W_hT = torch.randn(G * n, n), torch.randn(n, G * n)
        self.W_x, self.W_xT = torch.randn(G * n, d), torch.randn(d, G * n)
        self.x, self.h, self.dx = torch.randn(T * B, d), torch.randn(T, B, n), torch.empty(T * B, d)
        self.gates, self.dh = torch.randn(T, B, G * n), torch.empty(B, n)
        self.dW_h, self.dW_x = torch.empty(G * n, n), torch.empty(G * n, d)
        self.is_lowest = is_lowest

    def multiply(self) -> None:
        """All products of a training step."""
        T, B, Gn = self.gates.shape
        rows = self.gates.view(T * B, Gn)
        if self.x.shape[1]:
            torch.mm(self.x, self.W_xT, out=rows)
        for h, gates in zip(self.h.unbind(0), self.gates.unbind(0), strict=True):
            torch.mm(h, self.W_hT, out=gates)
        for gates in self.gates.unbind(0)[1:]:
            torch.mm(gates, self.W_h, out=self.dh)
        torch.mm(rows.T, self.h.view(T * B, -1), out=self.dW_h)
        if self.x.shape[1]:
            torch.mm(rows.T, self.x, out=self.dW_x)
            if not self.is_lowest:
                torch.mm(rows, self.W_x, out=self.dx)


def of(
    cell: str, layers: int, d: int, n: int, o: int, T: int, B: int, every: bool, indices: bool
) -> Iterator[tuple[()]]:
    """The products of one training step at each `next`."""
    stack = [Layer(GATES[cell], n if k else 0 if indices else d, n, T, B, k == 0) for k in range(layers)]
    rows = T * B if every else B
    h, logits, W, WT = torch.randn(rows, n), torch.randn(rows, o), torch.randn(o, n), torch.randn(n, o)
    dh, dW = torch.empty(rows, n), torch.empty(o, n)
    while True:
        for layer in stack:
            layer.multiply()
        _readout(h, logits, W, WT, dh, dW)
        yield ()


def _readout(h: Tensor, logits: Tensor, W: Tensor, WT: Tensor, dh: Tensor, dW: Tensor) -> None:
    torch.mm(h, WT, out=logits)
    torch.mm(logits, W, out=dh)
    torch.mm(logits.T, h, out=dW)
