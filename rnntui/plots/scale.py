"""Where tested values stand along an axis: numbers at their place, linear or logarithmic, words side by side.

Positions run from 0 to 1 whatever the values are, so that everything on the axis can be shifted alike.
"""

import math
from collections.abc import Iterable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rnntui.sweeps.answer import is_wide
from rnntui.text.sanitize import shown_text

APART, UPRIGHT_APART = 0.25, 0.16  # inches from one label to the next, at least, as they lie and as they stand
MARGIN = 0.04


def place(values: Iterable[Any]) -> dict[Any, float]:
    """The position of each distinct value: numbers in ascending order, words in the order given."""
    distinct = list(dict.fromkeys(values))
    if not are_numbers(distinct):
        return _even(distinct)
    ascending = sorted(distinct)
    if len(ascending) < 2:
        return _even(ascending)
    is_log = is_wide(ascending)
    where = [math.log(value) if is_log else float(value) for value in ascending]
    return {value: (at - where[0]) / (where[-1] - where[0]) for value, at in zip(ascending, where, strict=True)}


def mark(ax: Axes, positions: dict[Any, float]) -> None:
    """Set the ticks of the x axis: one a value, labelled where there is room; crowded numbers stand upright."""
    inches = _inches(ax) / (1 + 2 * MARGIN)
    shown = _apart(positions.values(), APART / inches)
    is_upright = are_numbers(positions) and len(shown) < len(positions)
    if is_upright:
        shown = _apart(positions.values(), UPRIGHT_APART / inches)
    labels = [label(value) if position in shown else "" for value, position in positions.items()]
    ax.set_xticks(list(positions.values()), labels, rotation=90 if is_upright else 0)
    ax.set_xlim(-MARGIN, 1 + MARGIN)


def _inches(ax: Axes) -> float:
    """The width of a panel, roughly: its neighbours' labels are not known yet."""
    figure = ax.get_figure()
    assert isinstance(figure, Figure)
    return float(ax.get_position().width * figure.get_figwidth())


def _apart(positions: Iterable[float], least: float) -> list[float]:
    """Those that are so far from the one before, from left to right."""
    kept: list[float] = []
    for position in positions:
        if not kept or position - kept[-1] >= least:
            kept.append(position)
    return kept


def are_numbers(values: Iterable[Any]) -> bool:
    """Whether all values lie along a scale; words, and on and off, do not."""
    return all(_is_number(value) for value in values)


def label(value: Any) -> str:
    """A value as the figure names it."""
    return f"{value:g}" if isinstance(value, float) else shown_text(str(value))


def _even(values: list[Any]) -> dict[Any, float]:
    return {value: (number + 0.5) / len(values) for number, value in enumerate(values)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
