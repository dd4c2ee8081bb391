"""A curve as a line of bars.

Standard library only.
"""

import math
from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"
STACKED = BARS[:-1]  # of lines below one another: a full block would melt into the one above


def sparkline(
    values: Sequence[float],
    width: int,
    *,
    is_share: bool,
    ends: tuple[float, float] | None = None,
    bars: str = BARS,
) -> str:
    """A curve in so many bars at most, from the least of its values to the largest, a share from 0 to 1; or between
    `ends`, which several curves share.
    """
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return ""
    low, high = ends or ((0.0, 1.0) if is_share else (min(finite), max(finite)))
    count = min(width, len(values))
    at = [round(k * (len(values) - 1) / max(1, count - 1)) for k in range(count)]
    return "".join(_bar(values[k], low, high, bars) for k in at)


def _bar(value: float, low: float, high: float, bars: str) -> str:
    if not math.isfinite(value):
        return " "
    share = 0.0 if high <= low else min(1.0, max(0.0, (value - low) / (high - low)))
    return bars[round(share * (len(bars) - 1))]
