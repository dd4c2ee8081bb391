"""Numbers in the complex plane, in braille dots, with the unit circle. A dot is as high as it is wide.

Where there is room a number is a square of four dots, the circle is of single ones: so they are told apart without
colours.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnntui.tui.chart.dots import BRAILLE, Dots, cells

CIRCLE_DOTS = 3  # from one dot of the circle to the next
SPARSE = 24  # dots of the plane for each number, at least, where it is a square
ROOM = 1.08  # of the largest number, or of the circle, to the border

PlaneRole = Literal["value", "circle"]


@dataclass(frozen=True)
class Plane:
    """Rows of text, each as pieces of one role, and half of what the plane is wide, in the numbers' unit."""

    rows: list[list[tuple[str, PlaneRole]]]
    reach: float


def complex_plane(values: NDArray[np.floating[Any]], rows: int) -> Plane:
    """The numbers `(n, 2)`, real part to the right, imaginary part up, in `rows` rows of twice as many columns."""
    size = 4 * rows  # dots across and down
    reach = ROOM * max(1.0, float(np.hypot(values[:, 0], values[:, 1]).max()) if len(values) else 0.0)
    around = np.linspace(0, 2 * np.pi, max(12, round(np.pi * size / reach / CIRCLE_DOTS)), endpoint=False)
    circle = cells(_dots(np.stack([np.cos(around), np.sin(around)], axis=1), size, reach, 1))
    points = cells(_dots(values, size, reach, 2 if SPARSE * len(values) <= size * size else 1))
    return Plane([_row(*pair) for pair in zip(points.tolist(), circle.tolist(), strict=True)], reach)


def _dots(values: NDArray[np.floating[Any]], size: int, reach: float, side: int) -> Dots:
    """Squares of so many dots a side around each of the values."""
    dots = np.zeros((size, size), dtype=np.bool_)
    across, down = ((sign * part / reach + 1) / 2 * (size - 1) for sign, part in zip((1, -1), values.T, strict=True))
    x, y = (np.rint(place - (side - 1) / 2).astype(np.intp) for place in (across, down))
    for square in range(side * side):
        dots[np.clip(y + square // side, 0, size - 1), np.clip(x + square % side, 0, size - 1)] = True
    return dots


def _row(points: list[int], circle: list[int]) -> list[tuple[str, PlaneRole]]:
    """In a cell with a number only that is drawn, so that it can be told from the circle."""
    pieces: list[tuple[str, PlaneRole]] = []
    for point, line in zip(points, circle, strict=True):
        bits, role = (point, "value") if point else (line, "circle")
        character = chr(BRAILLE + bits) if bits else " "
        if pieces and (pieces[-1][1] == role or character == " "):
            pieces[-1] = (pieces[-1][0] + character, pieces[-1][1])
        else:
            pieces.append((character, "value" if point else "circle"))
    return pieces
