"""Lines of braille dots: arrays of booleans, four rows and two columns for each cell of the screen."""

import numpy as np
from numpy.typing import NDArray

from rnntui.tui.chart.axis import Floats
from rnntui.tui.chart.binning import Places

Dots = NDArray[np.bool_]  # (4 · rows, 2 · columns)
Cells = NDArray[np.uint32]  # (rows, columns)

BRAILLE = 0x2800
BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint32)
CROSSES_APART = 5  # dots, at least


def cells(dots: Dots) -> Cells:
    """The eight bits of each braille cell, 0 for an empty one."""
    blocks = dots.reshape(dots.shape[0] // 4, 4, dots.shape[1] // 2, 2)
    bits: Cells = np.einsum("rycx,yx->rc", blocks, BITS, dtype=np.uint32, casting="unsafe")
    return bits


def joined(dot: Places, heights: Floats, columns: int) -> Floats:
    """Heights for every dot column: points joined by straight lines, nothing beside a NaN nor beyond the ends.

    `dot` ascends and may begin left of column 0.
    """
    if not len(dot):
        return np.full(columns, np.nan)
    full = np.interp(np.arange(columns), dot, heights, left=np.nan, right=np.nan)
    full[dot[dot >= 0]] = heights[dot >= 0]
    return full


def trace(heights: Floats, rows: int) -> Dots:
    """A connected line through heights counted from the top row, one dot thin where it is not steep."""
    heights = np.round(heights, 6)  # a level line is one, whatever the rounding of its means
    half = (heights[1:] + heights[:-1]) / 2
    before, after = np.append(np.nan, half), np.append(half, np.nan)
    top = np.fmin(heights, np.fmin(before, after))
    bottom = np.fmax(heights, np.fmax(before, after))
    middle = np.rint(heights)
    return runs(np.fmin(np.ceil(top), middle), np.fmax(np.floor(bottom), middle), rows)


def runs(top: Floats, bottom: Floats, rows: int) -> Dots:
    """Vertical runs of dots from `top` to `bottom`, both included; none where either is NaN."""
    row = np.arange(rows)[:, None]
    return (row >= top) & (row <= bottom)


def crosses(dot: Places, heights: Floats, rows: int, columns: int) -> Dots:
    """A small cross on each point; on every so many, the last one among them, where they stand close."""
    every = 1 + CROSSES_APART * len(dot) // columns
    dot, heights = dot[::-every], heights[::-every]
    there = np.isfinite(heights) & (dot >= 0)
    x, y = dot[there], np.rint(heights[there]).astype(np.intp)
    dots = np.zeros((rows, columns), dtype=np.bool_)
    for across, down in ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)):
        dots[np.clip(y + down, 0, rows - 1), np.clip(x + across, 0, columns - 1)] = True
    return dots
