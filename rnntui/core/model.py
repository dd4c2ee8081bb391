"""Layers of one cell over time, and the read-out p(t) = W_ph h(t) + b_p.

T  time steps     B  batch     n  hidden units     o  outputs
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from rnntui.config import Settings
from rnntui.core import size
from rnntui.core.cells import (
    Cell,
    State,
    carrying,
    check_parameters,
    initialise,
    is_own,
    load_cell,
    naming,
    own_code,
)
from rnntui.core.dropout import Dropout
from rnntui.core.kernels import as_values
from rnntui.core.kernels.choice import choose
from rnntui.core.kernels.phased import refuse_device
from rnntui.system.user_code import BrokenContract

Carried = tuple[State, ...]  # the state of each layer, lowest first


class Model(nn.Module):
    """The network of a run. `readout` is `last` (logits `(B, o)`) or `every` (logits `(T, B, o)`).

    `own_times`: the task gives each sequence times of its own. `kernel`: the name of the one that the run was trained
    with before, which is taken again where it is to be had; empty for a new run.
    """

    def __init__(
        self,
        settings: Settings,
        input_size: int,
        output_size: int,
        readout: str,
        own_times: bool = False,
        kernel: str = "",
    ) -> None:
        super().__init__()
        size.check_weights(settings)
        cell, n = load_cell(settings.cell, settings.layer_norm), settings.hidden
        self._is_checked = not is_own(cell)  # that the last state holds the last output
        self.own_code = own_code(cell)  # what a user's own cell raises is told as its failure
        with self.own_code:
            self.layers = nn.ModuleList([cell.of(settings, n if k else input_size, n) for k in range(settings.layers)])
            check_parameters(self.layers)
        self.W_ph = nn.Parameter(torch.zeros(output_size, n))
        self.b_p = nn.Parameter(torch.zeros(output_size))
        self.readout, self.dropout = readout, Dropout.of(settings)
        self._kernel_setting, self._own_times, self._recorded_kernel = settings.kernel, own_times, kernel
        self.place("cpu")

    @property
    def cells(self) -> list[Cell]:
        return [layer for layer in self.layers if isinstance(layer, Cell)]

    def place(self, device: torch.device | str) -> "Model":
        """Move to a device and choose the kernel that fits there.

        Raises `ValueError` for a device that cannot hold the cell.
        """
        refuse_device(self.cells[0], torch.device(device))
        self.to(device)
        self.kernel = choose(
            self.cells[0],
            self._kernel_setting,
            self._own_times,
            self._recorded_kernel,
            masked=bool(self.dropout.recurrent),
        )
        return self

    def initialise(self, init: str, length: int, generator: torch.Generator, input_scale: float = 1.0) -> None:
        """Draw all parameters on the CPU by one of `docs/spec.md` 1's initialisations.

        `input_scale` multiplies the first layer's input weights: how far the inputs drive its units into saturation
        (Jaeger 2001, of echo state networks). Raises `ValueError` where a cell has nothing that they go by.
        """
        naming.check_input_scale(self.cells[0], input_scale)
        for cell in self.cells:
            initialise(cell, init, length, generator)
            with self.own_code:
                cell.draw(length, generator)
        if init == "carry":
            input_scale *= carrying.input_scale(length)
        if input_scale != 1.0:
            for letter, tensor in self.cells[0].letters():
                if letter.endswith("x"):
                    tensor.mul_(input_scale)
        with torch.no_grad():
            if init == "normal":
                self.W_ph.normal_(0.0, 1e-4, generator=generator)
                self.b_p.zero_()
                return
            bound = 1 / math.sqrt(self.W_ph.shape[1])
            self.W_ph.uniform_(-bound, bound, generator=generator)
            self.b_p.uniform_(-bound, bound, generator=generator)

    def initial_state(self, batch: int) -> Carried:
        """The fresh state of each layer."""
        with self.own_code:
            return tuple([cell.initial_state(batch) for cell in self.cells])

    def forward(
        self,
        inputs: Tensor,
        state: Carried,
        times: Tensor | None = None,
        masks: torch.Generator | None = None,
    ) -> tuple[Tensor, Carried]:
        """Logits and the state after the last step, from inputs `(T, B)` or `(T, B, d)`.

        Dropout draws its masks from the generator `masks`; without one there is none.
        """
        drop, after = Dropout() if masks is None else self.dropout, []
        x = self._dropped(inputs, masks) if masks is not None and drop.input else inputs
        for k, (cell, layer_state) in enumerate(zip(self.cells, state, strict=True)):
            if k and masks is not None and drop.between:
                x = x * drop.mask(x.shape, drop.between, masks, x, 1)
            of_state = []
            if masks is not None and drop.recurrent:
                of_state = [drop.mask(layer_state[0].shape, drop.recurrent, masks, layer_state[0], 0)]
            with self.own_code:
                x, layer_state = self.kernel.run(cell, x, layer_state, times, *of_state)
            after.append(layer_state)
        if self.readout == "last" and not self._is_checked:
            self._check_last(x[-1], after[-1][0])
        h = after[-1][0] if self.readout == "last" else x  # a state holds its output first
        if masks is not None and drop.output:
            h = h * drop.mask(h.shape, drop.output, masks, h, h.dim() - 2)
        return nn.functional.linear(h, self.W_ph, self.b_p), tuple(after)

    def step(self, x: Tensor, state: Carried, t: int | Tensor) -> Carried:
        """The state after one more input `(B, d)` at time `t`, by the cells' own equations and without dropout."""
        after = []
        with self.own_code:
            for cell, layer_state in zip(self.cells, state, strict=True):
                x, layer_state = cell.step(x, layer_state, t)
                after.append(layer_state)
        return tuple(after)

    def _dropped(self, inputs: Tensor, masks: torch.Generator) -> Tensor:
        """Inputs of which some are dropped, as values `(T, B, d)`: of a symbol its whole vector is."""
        of_inputs = self.dropout.mask(inputs.shape, self.dropout.input, masks, self.W_ph, 1)
        if inputs.is_floating_point():
            return inputs * of_inputs
        return as_values(inputs, self.cells[0].d, self.W_ph) * of_inputs.unsqueeze(-1)

    def _check_last(self, output: Tensor, first: Tensor) -> None:
        """Raise `UserCodeError` where the read-out would not see the output of a user's own cell."""
        with self.own_code:
            if not torch.equal(output, first):
                raise BrokenContract("must return a state whose first part is the output: the read-out takes it there")
        self._is_checked = True

    def letters(self) -> Iterator[tuple[str, Tensor]]:
        """Each matrix and bias by name, `0.W_gx` being the lowest layer's: the names in checkpoints."""
        for k, cell in enumerate(self.cells):
            for letter, tensor in cell.letters():
                yield f"{k}.{letter}", tensor
        yield "W_ph", self.W_ph.detach()
        yield "b_p", self.b_p.detach()

    def parameter_count(self) -> int:
        """Trained parameters of all layers and the read-out."""
        return sum(parameter.numel() for parameter in self.parameters())
