"""How strongly each character of a page is shaded, and from where on a newer page looks otherwise than the one before.

Eight shades, from 0, which is none: of surprisal, as pictures have them; of probability; of what is remembered.
"""

import math
from collections.abc import Callable, Sequence
from typing import Literal

from rnntui.probes import UnitStates
from rnntui.text.state_scale import STEPS
from rnntui.text.surprisal_scale import SHADES
from rnntui.text.surprisal_scale import shade as shade_of_bits
from rnntui.tui.writing_room.page import Page

Shading = Literal["none", "surprisal", "probability", "memory", "unit"]
LEAST_RUN = 4  # characters in a row of the training text that are shaded
OF_UNIT = SHADES + STEPS  # the shade of a unit's middle; below it is blue, above it orange


def shades(page: Page, shading: str, start: int, end: int) -> list[int]:
    """The shade of each character from `start` to `end`; 0 where what it would tell is not known (yet).

    Those of a unit's state are `OF_UNIT` and `STEPS` to either side.
    """
    shades_of_row: list[int] = []
    if shading == "unit" and page.states is not None:
        known = (page.states.scale.shade(state) for state in page.states.states[start:end])
        shades_of_row = [0 if shade is None else OF_UNIT + shade for shade in known]
    elif shading == "memory":
        shades_of_row = [_of_run(length) for length in page.recall.matches[start:end]]
    elif shading in _OF_BITS:
        shades_of_row = [_OF_BITS[shading](bits) for bits in page.bits[start:end]]
    return shades_of_row + [0] * (end - start - len(shades_of_row))


def changed_from(before: Page, after: Page) -> int:
    """The first position that looks otherwise, if the text up to there is the same."""
    if before.edition != after.edition:
        return 0
    if _key_of(before.states) != _key_of(after.states):
        return 0
    return min(
        len(before.text),
        *([] if after.states is None or before.states is None else [_grown(before.states.states, after.states.states)]),
        _grown(before.bits, after.bits),
        _grown(before.recall.matches, after.recall.matches),
        _moved(before.recall.longest, after.recall.longest),
    )


def _key_of(states: UnitStates | None) -> object:
    """What of a unit's states changes all shades."""
    return None if states is None else (states.unit, states.scale)


def _grown(before: Sequence[float], after: Sequence[float]) -> int:
    return min(len(before), len(after))


def _moved(before: tuple[int, int], after: tuple[int, int]) -> int:
    """Where one stretch ends and the other does not, or the first of them begins."""
    return min(before[1], after[1]) if before[0] == after[0] else min(before[0], after[0])


def _of_surprisal(bits: float) -> int:
    return shade_of_bits(bits) or 0


def _of_probability(bits: float) -> int:
    """Eight equal steps of the probability, the least likely the strongest, as a surprise is."""
    return 0 if math.isnan(bits) else max(0, SHADES - 1 - int(SHADES * 2.0**-bits))


def _of_run(length: int) -> int:
    """A run in the training text from `LEAST_RUN` characters on, then 8, 16 … 256."""
    return min(SHADES - 1, max(0, length.bit_length() - LEAST_RUN.bit_length() + 1))


_OF_BITS: dict[str, Callable[[float], int]] = {"surprisal": _of_surprisal, "probability": _of_probability}
