"""Where tested values stand along an axis: numbers at their place, linear or logarithmic, words side by side.

Positions run from 0 to 1 whatever the values are, so that everything on the axis can be shifted alike.
"""

import math
from collections.abc import Iterable
from typing import Any

from matplotlib.axes import Axes

from rnntui.safe import shown_text

WIDE = 8.0  # values that span more than this factor stand on a logarithmic axis
NEAR = 0.04  # of the axis: a label this near the one before is left out
MARGIN = 0.04


def place(values: Iterable[Any]) -> dict[Any, float]:
    """The position of each distinct value: numbers in ascending order, words in the order given."""
    distinct = list(dict.fromkeys(values))
    if not all(_is_number(value) for value in distinct):
        return _even(distinct)
    ascending = sorted(distinct)
    if len(ascending) < 2:
        return _even(ascending)
    is_log = ascending[0] > 0 and ascending[-1] / ascending[0] > WIDE
    where = [math.log(value) if is_log else float(value) for value in ascending]
    return {value: (at - where[0]) / (where[-1] - where[0]) for value, at in zip(ascending, where, strict=True)}


def mark(ax: Axes, positions: dict[Any, float]) -> None:
    """Set the ticks of the x axis: one a value, labelled where there is room."""
    shown: list[float] = []
    for position in positions.values():
        if not shown or position - shown[-1] >= NEAR:
            shown.append(position)
    labels = [label(value) if position in shown else "" for value, position in positions.items()]
    ax.set_xticks(list(positions.values()), labels)
    ax.set_xlim(-MARGIN, 1 + MARGIN)


def label(value: Any) -> str:
    """A value as the figure names it."""
    return f"{value:g}" if isinstance(value, float) else shown_text(str(value))


def _even(values: list[Any]) -> dict[Any, float]:
    return {value: (number + 0.5) / len(values) for number, value in enumerate(values)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
