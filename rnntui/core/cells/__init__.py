"""What a cell is, and how its weights are drawn.

A cell is one time step of one layer. To add one, subclass `Cell` in a file of its own and name it in `specs/cells.py`;
`--cell package.module:Class` takes one from outside. Parameters are named by `docs/spec.md` 1: biases `b…`, recurrent
matrices `W_…h`, input matrices `W_…x`; the initialisations go by these names (`naming.py`, and `docs/cells.md` for
whoever writes a cell).
"""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import ClassVar, Self

import torch
from torch import Tensor, nn

from rnntui.config import Settings
from rnntui.core import load_class
from rnntui.core.cells import carrying
from rnntui.specs import CELLS
from rnntui.system import consent
from rnntui.system.user_code import BrokenContract, UserCode

State = tuple[Tensor, ...]  # each (B, n), the output first
SELF_LOOP = 10.0  # of `latch`: the first input outweighs the second tenfold before the units saturate


class Cell(nn.Module):
    """One layer's recurrence from `d` input features to `n` hidden units.

    Subclasses register their parameters, then write `step`. A parameter may stack the matrices of several gates along
    its rows, so that one product serves all: `blocks` then names the letters in the order of the rows.
    """

    blocks: ClassVar[dict[str, tuple[str, ...]]] = {}
    keep_bias: ClassVar[str | None] = None  # bias of the gate that, open, keeps the state
    write_bias: ClassVar[str | None] = None  # bias of the gate that, open, lets new input in, where there is one
    latching: ClassVar[str | None] = None  # recurrent matrix through which a unit can hold its own sign
    orthogonal_keep: ClassVar[float] = 0.0  # what `orthogonal` sets `keep_bias` to
    drawn_here: ClassVar[frozenset[str]] = frozenset()  # letters that `draw` draws
    states: ClassVar[int] = 1  # tensors in the state
    is_checked = False  # whether its first step returned what it must

    def __init__(self, d: int, n: int) -> None:
        super().__init__()
        self.d, self.n = d, n

    def initial_state(self, batch: int) -> State:
        """Zeros, `(B, n)` each, on the parameters' device and of their type."""
        like = next(self.parameters())
        return tuple(like.new_zeros(batch, self.n) for _ in range(self.states))

    @classmethod
    def of(cls, settings: Settings, d: int, n: int) -> Self:
        """The cell of a run; one that has settings of its own takes them here."""
        return cls(d, n)

    def step(self, x: Tensor, state: State, t: int | Tensor) -> tuple[Tensor, State]:
        """Output `(B, n)` and state after input `x` `(B, d)` at time `t` (1, 2, …; `(B,)` where each has its own)."""
        raise NotImplementedError

    def gates(self, x: Tensor, state: State) -> dict[str, Tensor]:
        """What each gate does with input `x` `(B, d)` in that state, by its letter, `(B, n)`; empty without gates."""
        return {}

    def draw(self, steps: int, generator: torch.Generator) -> None:
        """Draw on the CPU what no initialisation covers: the letters of `drawn_here`; `steps` is T."""

    @staticmethod
    def parameter_count(d: int, n: int) -> int:
        """Number of trained parameters, by formula."""
        raise NotImplementedError

    def letters(self) -> Iterator[tuple[str, Tensor]]:
        """Each matrix and bias by the letter of its equation, as a view of the parameter that holds it."""
        for name, parameter in self.named_parameters():
            gates = self.blocks.get(name, (name,))
            yield from zip(gates, parameter.detach().chunk(len(gates)), strict=True)


class MaskedCell(Cell):
    """A cell whose recurrent products can be given a state of which units are dropped."""

    def step(self, x: Tensor, state: State, t: int | Tensor, mask: Tensor | None = None) -> tuple[Tensor, State]:
        """As a cell's; `mask`, `(B, n)`, multiplies h(t-1) where it enters a product with a matrix, and only there."""
        raise NotImplementedError


def masked(state: State, mask: Tensor | None) -> State:
    """A state whose h is multiplied by a mask, if there is one."""
    return state if mask is None else (state[0] * mask, *state[1:])


class SequenceCell(Cell):
    """A cell that computes whole sequences at once, as a scan or a convolution does. Subclasses write `sequence`.

    It is run by `sequence` in training, and by `step`, which is a sequence of one, where it writes.
    """

    def sequence(self, x: Tensor, state: State, times: Tensor | None) -> tuple[Tensor, State]:
        """Outputs `(T, B, n)` and the state after the last, of inputs `x` `(T, B, d)`.

        `times` are those of the steps where they are not 1, 2, …, T: `(T,)`, or `(T, B)` where each has its own.
        """
        raise NotImplementedError

    def step(self, x: Tensor, state: State, t: int | Tensor) -> tuple[Tensor, State]:
        times = torch.as_tensor(t, dtype=torch.float64, device=x.device)
        outputs, state = self.sequence(x.unsqueeze(0), state, times.unsqueeze(0))
        return outputs[0], state


def load_cell(name: str, layer_norm: bool = False) -> type[Cell]:
    """The cell class of that name, or at `package.module:Class`; or the same with layer normalisation.

    Raises `ValueError` where it is no cell, and for one of a user's own that nobody allowed (`system.consent`).
    """
    consent.check(name, "this network")
    if consent.is_own(name):
        with consent.importing(name.partition(":")[0]):
            cell = load_class(name, "--cell")
    else:
        cell = load_class(CELLS[name].path_of(layer_norm), "--cell")
    if not (isinstance(cell, type) and issubclass(cell, Cell)):
        raise ValueError(f"--cell {name!r} is not a subclass of rnntui.core.cells.Cell")
    return cell


def check_parameters(cells: nn.ModuleList) -> None:
    """Raise `BrokenContract` for cells without parameters, or whose declarations are of another kind than stated."""
    for cell in cells:
        if isinstance(cell, Cell):
            _check_declared(cell)
    if not list(cells.parameters()):
        raise BrokenContract("has no parameters, so nothing can be trained: register some as nn.Parameter")


def _check_declared(cell: Cell) -> None:
    blocks, states, drawn = cell.blocks, cell.states, cell.drawn_here
    if not (isinstance(blocks, dict) and all(isinstance(names, tuple) for names in blocks.values())):
        raise BrokenContract("must declare blocks as a dict from parameters' names to tuples of letters")
    if isinstance(states, bool) or not isinstance(states, int) or states < 1:
        raise BrokenContract("must declare states as a number of tensors, at least 1")
    if not isinstance(drawn, frozenset | set | tuple | list):
        raise BrokenContract("must declare drawn_here as a frozenset of letters")


def is_own(cell: type[Cell]) -> bool:
    """Whether a cell is a user's own."""
    return cell.__module__.partition(".")[0] != "rnntui"


def own_code(cell: type[Cell]) -> AbstractContextManager[None]:
    """A context for calls into a cell: what a user's own raises leaves it as `UserCodeError`."""
    module = cell.__module__
    return UserCode(f"the cell {module}:{cell.__qualname__}", module) if is_own(cell) else nullcontext()


def initialise(cell: Cell, init: str, length: int, generator: torch.Generator) -> None:
    """Draw a cell's parameters on the CPU by one of `docs/spec.md` 1's initialisations; `length` is chrono's T.

    `latch` is `orthogonal` with self-loops far above 1: a unit keeps the sign that the first input gives it, and heeds
    no later one (Bengio, Simard and Frasconi 1994). Raises `ValueError` where the initialisation sets a forget gate's
    bias, or self-loops, and the cell has none.
    """
    if init == "latch" and cell.latching is None:
        raise ValueError("--init latch sets self-loops, and this cell names no matrix for them: take orthogonal")
    if init in ("forget-bias", "chrono") and cell.keep_bias is None and cell.write_bias is None:
        raise ValueError(f"--init {init} sets a forget gate's bias and this cell has none: take orthogonal")
    family = {"forget-bias": "uniform", "chrono": "orthogonal", "latch": "orthogonal", "carry": "orthogonal"}.get(
        init, init
    )
    letters = {letter: tensor for letter, tensor in cell.letters() if letter not in cell.drawn_here}
    for letter, tensor in letters.items():
        _draw(tensor, letter, family, 1 / math.sqrt(cell.n), generator)
    if init == "carry":
        for letter, tensor in letters.items():
            if tensor.dim() == 2 and letter.endswith("h"):
                tensor.mul_(carrying.gain(length))
    if init == "latch" and cell.latching is not None:
        letters[cell.latching].zero_().fill_diagonal_(SELF_LOOP)
    keep = letters[cell.keep_bias] if cell.keep_bias is not None else None
    write = letters[cell.write_bias] if cell.write_bias is not None else None
    if family == "orthogonal" and keep is not None:
        keep.fill_(cell.orthogonal_keep)
    if init == "forget-bias" and keep is not None:
        keep.fill_(1.0)
    elif init == "forget-bias" and write is not None:
        write.fill_(-1.0)
    if init == "chrono":  # Tallec and Ollivier 2018: time constants spread log-uniformly up to T
        drawn = keep if keep is not None else write
        assert drawn is not None
        drawn.uniform_(1.0, max(2.0, length - 1.0), generator=generator).log_()
        if keep is None:
            drawn.neg_()
        elif write is not None:
            write.copy_(-keep)


def _draw(tensor: Tensor, letter: str, family: str, bound: float, generator: torch.Generator) -> None:
    is_bias, is_recurrent = tensor.dim() == 1, letter.endswith("h")
    if family == "uniform":
        tensor.uniform_(-bound, bound, generator=generator)
    elif is_bias:
        tensor.zero_()
    elif family == "normal":
        tensor.normal_(0.0, 1e-4, generator=generator)
    elif is_recurrent:
        nn.init.orthogonal_(tensor, generator=generator)
    else:
        tensor.uniform_(-bound, bound, generator=generator)
