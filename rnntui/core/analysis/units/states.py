"""The states of every unit while a network reads, by the cells' own equations, one step after the other.

A long text is read as several parts side by side, each of them after the `BEFORE` characters in front of it, so that
a part is read as it would be from the beginning but for what the network remembers longer than that.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from rnntui.core.cells import Cell
from rnntui.core.kernels import as_values
from rnntui.core.model import Carried, Model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    States = NDArray[np.float32]  # (M, U): of M characters, all units that were chosen

BEFORE = 500  # characters that are read before a part
SHORTEST_PART, MOST_PARTS = 1_000, 64  # characters; a text of fewer has one part
BLOCK = 64  # steps whose states are handed over together


@dataclass(frozen=True)
class UnitGroup:
    """The units of one state of one layer: columns `first` to `first + count` of a matrix of states."""

    layer: int  # from 1
    state: str
    first: int
    count: int

    def unit(self, column: int) -> int:
        """The number of the unit in a column, from 1."""
        return column - self.first + 1


def state_names(cell: Cell) -> tuple[str, ...]:
    """What the states of a cell are called: its output `h`, then `c` where there is a second, then `s3`, `s4`, …"""
    return names_of(cell.states)


def names_of(count: int) -> tuple[str, ...]:
    """What so many states of a cell are called."""
    return ("h", "c", *(f"s{k}" for k in range(3, count + 1)))[:count]


def groups(model: Model, layer: int | None = None, state: str | None = None) -> tuple[UnitGroup, ...]:
    """The groups of a network, layer by layer; of one layer or one state where these are named.

    Raises `ValueError`, naming the option, where the network has no such layer or state.
    """
    cells = model.cells
    names = state_names(cells[0])
    if layer is not None and not 1 <= layer <= len(cells):
        raise ValueError(
            f"--layer {layer}: the network has {'one layer' if len(cells) == 1 else f'{len(cells)} layers'}"
        )
    if state is not None and state not in names:
        raise ValueError(f"--state {state!r}: the states of this cell are {', '.join(names)}")
    return side_by_side(
        (number, name, cell.n)
        for number, cell in enumerate(cells, 1)
        for name in state_names(cell)
        if layer in (None, number) and state in (None, name)
    )


def side_by_side(states: Iterable[tuple[int, str, int]]) -> tuple[UnitGroup, ...]:
    """The groups of states by layer, name and number of units, whose columns stand beside one another."""
    found: list[UnitGroup] = []
    for layer, name, count in states:
        first = found[-1].first + found[-1].count if found else 0
        found.append(UnitGroup(layer, name, first, count))
    return tuple(found)


@torch.no_grad()
def read_steps(
    model: Model, inputs: Tensor, state: Carried, times: Tensor | None, chosen: Sequence[UnitGroup]
) -> Iterator[Tensor]:
    """The chosen states `(B, U)` after each step of inputs `(T, B)` or `(T, B, d)`; times as of a batch."""
    for t, x in enumerate(inputs):
        state = model.step(_values(model, x), state, t + 1 if times is None else times[t])
        yield _matrix(model, state, chosen)


@torch.no_grad()
def read_text(
    model: Model,
    characters: Tensor,
    chosen: Sequence[UnitGroup],
    shortest: int = SHORTEST_PART,
    before: int = BEFORE,
) -> "Iterator[tuple[NDArray[np.int64], States] | None]":
    """Positions `(M,)` in a text and the states `(M, U)` after the characters there, each position once.

    `characters` are the vocabulary's indices, `(N,)`, on the network's device. After most steps it yields `None`. A
    part has at least `shortest` characters, and is read after the `before` in front of it.
    """
    count = max(1, min(MOST_PARTS, len(characters) // shortest))
    length = -(-len(characters) // count)  # characters of a part
    starts = torch.arange(count) * length
    first = -before if count > 1 else 0
    state, steps = model.initial_state(count), list[int]()
    held: list[Tensor] = []
    for step in range(first, length):
        if step == 0 and first:
            state = _begun_anew(state, model.initial_state(count))
        at = (starts + step).clamp(0, len(characters) - 1)
        state = model.step(_values(model, characters[at.to(characters.device)]), state, _times(at, characters))
        if step >= 0:
            steps.append(step)
            held.append(_matrix(model, state, chosen))
        if len(steps) < BLOCK and step < length - 1:
            yield None
            continue
        positions = (starts + torch.tensor(steps).unsqueeze(1)).flatten().numpy()  # step after step
        rows = torch.cat(held).cpu().numpy() if held else np.zeros((0, 0), np.float32)
        steps.clear()
        held.clear()
        known = positions < len(characters)
        yield positions[known], rows[known]


def states_at(model: Model, characters: Tensor, chosen: Sequence[UnitGroup], start: int, stop: int) -> "States":
    """The states `(stop - start, U)` of a passage of a text, read after the `BEFORE` characters in front of it."""
    begin = max(0, start - BEFORE)
    passage = characters[begin:stop].unsqueeze(1)  # (T, 1)
    times = torch.arange(begin + 1, stop + 1, dtype=torch.float64).unsqueeze(1)
    rows = list(read_steps(model, passage, model.initial_state(1), times, chosen))
    return torch.cat(rows[start - begin :]).cpu().numpy()


def _begun_anew(state: Carried, fresh: Carried) -> Carried:
    """The state where the first part begins: it has nothing before it."""
    layers = zip(state, fresh, strict=True)
    return tuple(tuple(torch.cat([new[:1], old[1:]]) for old, new in zip(*layer, strict=True)) for layer in layers)


def _values(model: Model, x: Tensor) -> Tensor:
    return as_values(x, model.cells[0].d, model.b_p).to(model.b_p.dtype)


def _times(at: Tensor, like: Tensor) -> Tensor:
    times = (at + 1).to(torch.float64)
    return times if like.device.type == "mps" else times.to(like.device)  # which has no float64


def _matrix(model: Model, state: Carried, chosen: Sequence[UnitGroup]) -> Tensor:
    names = state_names(model.cells[0])
    return torch.cat([state[group.layer - 1][names.index(group.state)] for group in chosen], dim=1)
