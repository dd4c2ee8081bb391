"""Where the rows of the open units lie side by side, so that few are moved from one step to the next.

The m open units of a step have the slots 0 … m - 1. A unit that opens takes the slot of one that closes; the last units
fill the remaining gaps.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rnntui.core.kernels.phased.kept import Array

LONG, MANY = 4, 256  # steps that openings last in the mean, and units, from which on the arranging pays
KEPT = 0.75  # share of the slots that must stay as they are for the others to be exchanged one by one


@dataclass(frozen=True)
class Moves:
    """The slots whose units open at each step and close after it, ascending; `None` if all are exchanged."""

    come: list[Array | None]
    go: list[Array | None]


def arrange(opened: Array, units: Array) -> Array:
    """The open units `(M,)`, step after step and each step's in slots, from `opened` `(T, n)`.

    `units` are the same, each step's ascending; they are left so where little would be saved.
    """
    before = np.zeros_like(opened)
    before[1:] = opened[:-1]
    opens, closes = opened & ~before, before & ~opened
    if opened.shape[1] < MANY or LONG * np.count_nonzero(opens) > len(units):
        return units
    arranged: list[int] = []
    slots: list[int] = []
    slot_of: dict[int, int] = {}
    for opening, closing in zip(_by_step(opens), _by_step(closes), strict=True):
        _exchange(slots, slot_of, opening, closing)
        arranged += slots
    return np.array(arranged, units.dtype)


def _exchange(slots: list[int], slot_of: dict[int, int], opening: list[int], closing: list[int]) -> None:
    for unit in opening:
        if closing:
            slot = slot_of.pop(closing.pop())
            slots[slot] = unit
        else:
            slot = len(slots)
            slots.append(unit)
        slot_of[unit] = slot
    for unit in closing:
        slot, last = slot_of.pop(unit), slots.pop()
        if last != unit:
            slots[slot] = last
            slot_of[last] = slot


def _by_step(pairs: Array) -> list[list[int]]:
    """The units of each step, from a mask `(T, n)`."""
    units = pairs.nonzero()[1].tolist()
    ends = pairs.sum(1).cumsum().tolist()
    return [units[begin:end] for begin, end in pairwise([0, *ends])]


def moves(units: Array, bounds: list[int]) -> Moves:
    """The moves between steps for this arrangement; if there would be many, all are exchanged."""
    pairs, sizes = np.arange(len(units)), np.diff(bounds)
    sizes_before = np.r_[0, sizes[:-1]]
    slots = pairs - np.repeat(bounds[:-1], sizes)
    before = pairs - np.repeat(sizes_before, sizes)  # the pair in the same slot one step earlier, if there is one
    stays = (slots < np.repeat(sizes_before, sizes)) & (units[before] == units)
    leaves = np.ones_like(stays)
    leaves[before[stays]] = False
    kept = np.diff(_up_to(stays, bounds))
    renewed = np.r_[kept < KEPT * np.maximum(sizes, sizes_before), True].tolist()
    return Moves(_split(slots, ~stays, bounds, renewed[:-1]), _split(slots, leaves, bounds, renewed[1:]))


def _split(slots: Array, moving: Array, bounds: list[int], renewed: list[bool]) -> list[Array | None]:
    """The slots that move at each step; `None` where all are renewed."""
    slots, ends = slots[moving], _up_to(moving, bounds).tolist()
    return [None if all_ else slots[begin:end] for (begin, end), all_ in zip(pairwise(ends), renewed, strict=True)]


def _up_to(marks: Array, bounds: list[int]) -> Array:
    """How many pairs are marked before each bound."""
    counts: Array = np.r_[0, np.cumsum(marks)][bounds]
    return counts


def fetch(source: Array, units: Array, coming: Array | None, into: Array) -> None:
    """Copy the rows of the units in the slots `coming` from `source` `(n, …)` into those slots."""
    if coming is None:
        source.take(units, 0, into, "clip")
    elif len(coming):
        into[coming] = source[units[coming]]


def put(source: Array, units: Array, going: Array | None, into: Array) -> None:
    """Copy the rows in the slots `going` back to their units' `(n, …)`."""
    if going is None:
        into[units] = source
    elif len(going):
        into[units[going]] = source[going]
