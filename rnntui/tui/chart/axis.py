"""Round numbers for the axes of a chart: bounds that sit still while data grows, ticks and their labels.

Bounds lie outside the data and move seldom. Where an axis has rows, its ticks are multiples of 1, 2 or 5 × 10^k, or
where these waste much of 2.5 × 10^k, that are whole rows apart, so that they stand at even distances.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnntui.tui.chart.extent import below

Floats = NDArray[np.float64]

LEAST_FILLED = 0.4  # share of the axis that data must fill for the axis to stay
ROOM = 0.2  # of the range of values
NARROW = 1e-6  # of a value: a range below it is none
LEAST_LOG = 1e-100  # what a logarithmic axis can hold
MOST = 1e100  # what any axis can: sums and quotients of such numbers are numbers still
DOTS = 4  # in a row of cells
MOST_POWER = 100  # of ten on an axis, and below 1 its opposite
DECADES = 2  # that a logarithmic axis must span for its ticks to be powers of ten
FEWEST_ROWS = 4  # for ticks at even rows
ROWS_A_GRAIN = 4  # of the height, for each dot that the beginning of an axis moves by, up to a row
MOST_ROWS_A_TICK = 6
MULTIPLES = ((1.0, 2.0, 5.0), (1.0, 2.0, 2.5, 5.0))  # of powers of ten, from one tick to the next: the usual, and then
WELL_FILLED = 0.8  # the share of the axis that data fill with the usual ones
POWERS_A_TICK = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1_000)
ROWS_A_POWER = ((8, (1, 2, 5)), (5, (1, 3)))  # of ten from which on there are ticks between two of them
MOST_MORE = 2  # digits of a label than the gap asks for
MOST_DIGITS = 11  # behind the first of a label: more are those of its rounding
ROUNDED = 0.01  # of the gap between two ticks that a label may be off
SPARSE = 0.1  # of an axis' length that a row more between two ticks is worth


@dataclass(frozen=True)
class Axis:
    """An interval of values, linear or logarithmic."""

    low: float
    high: float
    log: bool = False
    rows: int = 0  # that its ticks were chosen for; 0: they are chosen by `ticks`
    tick: float = 0.0  # from one tick to the next, on a logarithmic axis in powers of ten

    def share(self, values: Floats) -> Floats:
        """Where values lie: 0 at `low`, 1 at `high`; NaN where there is none on this axis."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            if not self.log:
                return (values - self.low) / (self.high - self.low)
            logs = np.log(np.where(values >= LEAST_LOG, values, np.nan))
        return np.asarray((logs - math.log(self.low)) / math.log(self.high / self.low), dtype=np.float64)


def round_up(number: float) -> float:
    """The smallest of 1, 2, 5 × 10^k that is not below a positive number."""
    power = 10.0 ** math.floor(math.log10(number))
    return next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= number * (1 - 1e-9))


def round_down(number: float) -> float:
    """The largest of 1, 2, 5 × 10^k that is not above a positive number."""
    power = 10.0 ** math.floor(math.log10(number))
    return next(m * power for m in (10.0, 5.0, 2.0, 1.0) if m * power <= number * (1 + 1e-9))


def step_axis(first: float, last: float, zoom: float) -> Axis:
    """The steps to show. Ends move by a twentieth or so of the length: a curve that grows is not redrawn all over."""
    length = last - first
    begin = max(first, last - (zoom if zoom > 1 else zoom * length))
    unit = max(1.0, round_up(max(last - begin, 10.0) / 25))
    low = math.floor(begin / unit) * unit
    return Axis(low, max(math.ceil(last / unit) * unit, low + 10))


def value_axis(low: float, high: float, log: bool, before: Axis | None, rows: int, room: float = ROOM) -> Axis:
    """An axis around values for so many rows of cells, or that of `before` while it holds them without much waste.

    Where values leave that there is `room` for the next ones, a part of their range: it moves seldom.
    """
    if before is not None and (before.log, before.rows) == (log, rows):
        if _fits(low, high, before):
            return before
        low, high = _with_room(low, high, before, room)
    if log and high >= 10**DECADES * low:
        return _powers_axis(math.log10(low), math.log10(high), rows)
    if log and high / low >= 5:
        return Axis(round_down(low), round_up(high), log=True, rows=rows)
    if high - low < max(NARROW * max(abs(low), abs(high)), LEAST_LOG) or high == low:
        room = 0.1 * abs(high) if abs(high) > LEAST_LOG else 0.5
        low, high = below(low, room), high + room
    if log or rows < FEWEST_ROWS:
        unit = round_up((high - low) / 6)
        bottom = math.floor(low / unit + 1e-9) * unit
        low = bottom if bottom > 0 or not log else round_down(low)
        return Axis(low, math.ceil(high / unit - 1e-9) * unit, log, rows)
    for multiples in MULTIPLES:
        choices = ((_even_axis(low, high, rows, every, multiples), every) for every in _rows_a_tick(rows))
        best = min(choices, key=lambda choice: (choice[0].high - choice[0].low) * _sparse(choice[1]))[0]
        if high - low >= WELL_FILLED * (best.high - best.low):
            break
    return best


def _sparse(every: int) -> float:
    """How much longer an axis may be that has a tick in each row, than one with a tick in every so many."""
    return 1 + SPARSE * every


def _rows_a_tick(rows: int, most: int = MOST_ROWS_A_TICK) -> list[int]:
    """How many rows may lie between two ticks, `most` at most, so that there are two at least and not too many."""
    at_most = max(4, min(1 + rows // 2, 3 + rows // 3))
    return [every for every in range(1, most + 1) if every < max(2, rows) and -(-rows // every) <= at_most]


def _even_axis(low: float, high: float, rows: int, every: int, multiples: Sequence[float]) -> Axis:
    """The shortest axis around values that has a tick in every so many rows, two at least; it may begin between two.

    Its beginning is so many dots from a tick that it moves by a part of the height while values fall.
    """
    span, grain = _span(rows, every)
    for unit in _units((high - low) / span, multiples):
        for bottom in (math.floor(low / unit / grain + 1e-9) * grain, math.floor(low / unit + 1e-9)):
            has_two = math.floor(bottom + span + 1e-9) > math.ceil(bottom - 1e-9)
            if has_two and bottom + span >= high / unit - 1e-9:
                return Axis(bottom * unit, (bottom + span) * unit, rows=rows, tick=unit)
    raise AssertionError("some unit is large enough")


def _span(rows: int, every: int) -> tuple[float, float]:
    """The length of an axis with a tick in every so many rows, and by how much its beginning moves, in ticks."""
    return (DOTS * rows - 1) / (DOTS * every), min(max(1, rows // ROWS_A_GRAIN), DOTS) / (DOTS * every)


def _units(least: float, multiples: Sequence[float]) -> Iterator[float]:
    """Multiples of powers of ten, ascending, from a positive number on."""
    power = 10.0 ** math.floor(math.log10(least))
    return (unit for k in itertools.count() for m in multiples if (unit := m * power * 10**k) >= least)


def _powers_axis(low: float, high: float, rows: int) -> Axis:
    """The same between two powers of ten, with ticks at whole powers.

    Where each power has a tick they may lie further apart than on a linear axis: there are others between them.
    """
    choices = []
    for every in _rows_a_tick(rows, rows):
        span, grain = _span(rows, every)
        for unit in POWERS_A_TICK:
            bottom = math.floor(low / unit / grain + 1e-9) * grain
            if bottom + span >= high / unit - 1e-9:
                has_two = math.floor(bottom + span) > math.ceil(bottom - 1e-9)
                cost = span * unit * _sparse(min(every, MOST_ROWS_A_TICK))
                if unit == 1 or every <= MOST_ROWS_A_TICK:
                    choices.append((not has_two, cost, span * unit, bottom * unit, unit))
                break
    _, _, length, bottom, unit = min(choices)
    low, high = max(bottom, -MOST_POWER), min(bottom + length, MOST_POWER)
    return Axis(10.0**low, 10.0**high, True, rows, unit)


def _fits(low: float, high: float, axis: Axis) -> bool:
    ends = axis.share(np.array([low, high]))
    return bool(ends[0] >= -1e-9 and ends[1] <= 1 + 1e-9 and ends[1] - ends[0] >= LEAST_FILLED)


def _with_room(low: float, high: float, before: Axis, room: float) -> tuple[float, float]:
    """The ends of values, further out by a part of their range on the side where they have left an axis."""
    if before.log:
        factor = math.exp(room * math.log(high / low))
        return (low if low >= before.low else low / factor), (high * factor if high > before.high else high)
    more = room * (high - low)
    return (low if low >= before.low else below(low, more)), high + more if high > before.high else high


def ticks(axis: Axis, at_most: int) -> list[float]:
    """Round values on the axis, ascending."""
    if axis.tick and axis.log:
        return _powers(axis)
    if axis.tick:
        return [k * axis.tick for k in _multiples(axis, axis.tick)]
    if axis.log and axis.high / axis.low >= 5:
        return _log_ticks(axis, at_most)
    unit = round_up((axis.high - axis.low) / (at_most + 1))
    while len(multiples := _multiples(axis, unit)) > at_most:
        unit = round_up(1.5 * unit)
    while len(multiples) < 2 <= at_most and unit > LEAST_LOG:
        unit = round_down(unit / 1.5)
        multiples = _multiples(axis, unit)
        multiples = multiples[:: max(1, len(multiples) - 1)]
    return [k * unit for k in multiples]


def _powers(axis: Axis) -> list[float]:
    """Powers of ten, and where each has many rows, 2 and 5 times them, or 3 times them."""
    low, high = (math.log10(end) / axis.tick for end in (axis.low, axis.high))
    powers = [10.0 ** (k * axis.tick) for k in range(math.floor(low), math.floor(high + 1e-6) + 1)]
    rows = (axis.rows - 1 / DOTS) / (high - low)
    denser = (numbers for least, numbers in ROWS_A_POWER if rows >= least and axis.tick == 1)
    every = [number * power for numbers in [next(denser, (1,))] for power in powers for number in numbers]
    return [value for value in every if axis.low * (1 - 1e-6) <= value <= axis.high * (1 + 1e-6)]


def _multiples(axis: Axis, unit: float) -> range:
    return range(math.ceil(axis.low / unit - 1e-9), math.floor(axis.high / unit + 1e-9) + 1)


def _log_ticks(axis: Axis, at_most: int) -> list[float]:
    powers = range(math.floor(math.log10(axis.low)), math.ceil(math.log10(axis.high)) + 1)
    choices = [[m * 10.0**k for k in powers for m in multiples] for multiples in ((1, 2, 5), (1, 3), (1,))]
    choices += [[10.0**k for k in powers if k % every == 0] for every in (2, 3, 5, 10, 20, 50)]
    for values in choices:
        inside = [v for v in values if axis.low * (1 - 1e-9) <= v <= axis.high * (1 + 1e-9)]
        if len(inside) <= at_most:
            return inside
    return []


def tick_labels(values: list[float]) -> list[str]:
    """Short labels that say the values and tell neighbours apart: `0.0`, `0.5`, `1.0`; two alone as `0` and `0.01`."""
    if len(values) < 2:
        return [f"{v:.4g}" for v in values]
    if values[0] > 0 and 10 * values[0] <= values[-1] < 10_000:
        return [f"{v:.12g}".replace("e-0", "e-") for v in values]
    largest = max(abs(v) for v in values)
    if len(values) == 2 and not all(values) and 1e-3 <= largest < 10_000:
        return [f"{v:.12g}" for v in values]
    gap = min(abs(b - a) for a, b in itertools.pairwise(values))
    write = _in_decimals if 1e-3 <= largest < 10_000 else _in_powers
    for more in range(MOST_MORE + 1):
        labels = [write(value, gap, more) for value in values]
        if _say(labels, values, gap):
            break
    return labels


def _say(labels: list[str], values: list[float], gap: float) -> bool:
    """Whether no label is rounded by more than a small part of what lies between two."""
    pairs = zip(labels, values, strict=True)
    return all(abs(float(label.replace(",", "")) - value) <= ROUNDED * gap for label, value in pairs)


def _in_decimals(value: float, gap: float, more: int) -> str:
    """With as many decimals as tell it from a number that lies so far apart, and some more."""
    return f"{value:.{max(0, more - math.floor(math.log10(gap) + 1e-9))}f}"


def _in_powers(value: float, gap: float, more: int) -> str:
    """The same of a large or tiny number, with a power of ten."""
    if not value:
        return "0"
    if abs(value) < 1e5 and value == round(value):
        return f"{value:,.0f}"
    digits = max(0, more + math.floor(math.log10(abs(value)) + 1e-9) - math.floor(math.log10(gap) + 1e-9))
    return _with_a_power(value, min(digits, MOST_DIGITS))


def _with_a_power(value: float, digits: int) -> str:
    """`1.25e-7`: a number with so many digits behind its first one at most, and a power of ten."""
    mantissa, _, exponent = f"{value:.{digits}e}".partition("e")
    return f"{float(mantissa):.12g}e{int(exponent)}"


def step_labels(values: list[float]) -> list[str]:
    """Labels of steps: `0`, `500`, `1.2k`, `3k`, `1M`, with as many digits as neighbours need."""
    most = max((abs(v) for v in values), default=0.0)
    scale, letter = next(((s, n) for s, n in ((1e6, "M"), (1e3, "k")) if most >= s), (1.0, ""))
    return [f"{v / scale:.6g}{letter}" if v else "0" for v in values]


def second_labels(milliseconds: list[float]) -> list[str]:
    """Labels of times, in seconds: `0`, `50 s`, `2,000 s`."""
    return [f"{v / 1_000:,.12g} s" if v else "0" for v in milliseconds]


def shown(value: float, digits: int = 3) -> str:
    """A value to three significant digits, or more."""
    if not math.isfinite(value):
        return "–"
    if value and not 1e-3 <= abs(value) < 1e5:
        return _with_a_power(value, digits - 1)
    if abs(float(f"{value:.{digits}g}")) < 10**digits:
        return f"{value:#.{digits}g}".rstrip(".")
    return f"{value:,.0f}"


def shown_apart(low: float, high: float) -> tuple[str, str]:
    """Both ends of a range, with more digits than usual where they would look alike."""
    pairs = ((shown(low, digits), shown(high, digits)) for digits in range(3, 16))
    return next((pair for pair in pairs if pair[0] != pair[1]), (shown(low), shown(high)))
