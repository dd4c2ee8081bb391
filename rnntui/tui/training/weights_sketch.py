"""The recurrent matrix of a gate, its spectrum, and the weights and gradients of its layer now and at the start."""

import math
import textwrap
from collections.abc import Iterator
from itertools import zip_longest
from typing import ClassVar

from rich.segment import Segment

from rnntui.probes import LayerGradients, LayerWeights, NetworkWeights, RecurrentBlock
from rnntui.text import format
from rnntui.text.ellipsis import elided
from rnntui.text.sanitize import one_line
from rnntui.tui.base.signed_shades import has_many_colours
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.shading import both_sides, half_blocks
from rnntui.tui.chart.sketch import Row, Sketch
from rnntui.tui.training.weights_place import (
    BETWEEN,
    LEAST_BESIDE,
    WeightsPlace,
    has_room_for_all,
    is_stacked,
    rows_of_squares,
)

HEAD_ROWS = 2  # of a histogram: what it is of, its figures
ORDER = "rows to a unit, columns from one, by norm"
NO_MATRIX = "no recurrent matrix"
RATIO = "‖Δθ‖/‖θ‖"
ABOVE_BELOW, NO_START = ("above now, below at the start", "▲ now ▼ start"), "now; start unknown"

Part = tuple[list[Row], int]  # rows, and the columns that they take


class WeightsSketch(Sketch):
    """One place at a time; `show` says which."""

    DEFAULT_CSS = styles_of(__file__)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"weightssketch--{name}"
        for name in ("title", "note", "axis", "circle", "value", "now", "start", "above", "below", "shade")
    }

    def __init__(self, waiting: str) -> None:
        super().__init__()
        self._waiting = waiting
        self._weights: NetworkWeights | None = None
        self._place = WeightsPlace(0)
        self._trains = False

    @property
    def is_whole(self) -> bool:
        """Whether it has room for all of a place at once."""
        return has_room_for_all(self.size.width, self.size.height - 1)

    def show(self, weights: NetworkWeights | None, place: WeightsPlace, *, trains: bool) -> None:
        """Draw these weights at a place; `None` are those yet to be measured. `trains`: whether steps are to come."""
        self._weights, self._place, self._trains = weights, place, trains
        self.redraw()

    def say_waiting(self, words: str) -> None:
        """Say what is waited for, or why nothing will be measured."""
        self._waiting = words
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        weights, place = self._weights, self._place
        if weights is None or not weights.layers:
            return self.saying(self._waiting, width)
        layer = weights.layers[place.layer]
        where = place.layer + 1, place.letter
        block = next((block for block in weights.blocks if (block.layer, block.letter) == where), None)
        gradients = next((each for each in weights.gradients if each.name == layer.name), None)
        shows_first, shows_second = self.is_whole or not place.is_second, self.is_whole or place.is_second
        matrix = block if block is not None and block.matrix is not None and shows_second else None
        spectrum = block if shows_first else None
        title = _title(weights, layer, block, shows_first=shows_first, shows_matrix=matrix is not None)
        counted = [layer] * shows_first + ([gradients] if gradients is not None and shows_second else [])
        rows = rows_of_squares(width, height - 1, (spectrum is not None) + (matrix is not None), len(counted))
        parts: list[Part] = []
        if spectrum is not None and rows >= 2:
            parts.append((list(self._plane(spectrum, rows)), 2 * rows))
        if matrix is not None and rows >= 2:
            parts.append((list(self._matrix(matrix, rows)), 2 * rows))
        room = width - sum(columns + BETWEEN for _, columns in parts)
        parts += self._histograms(weights, counted, room, height - 1)
        return [[Segment(format.fitting(title, width), self.role("title"))], *self._beside(parts)]

    def _beside(self, parts: list[Part]) -> Iterator[Row]:
        """Parts side by side, each in its columns."""
        for rows in zip_longest(*(rows for rows, _ in parts), fillvalue=[]):
            line: Row = []
            for row, (_, columns) in zip(rows, parts, strict=True):
                used = sum(segment.cell_length for segment in row)
                line += [*row, Segment(" " * (columns - used + BETWEEN), self.rich_style)]
            yield line[:-1]

    # --- squares --------------------------------------------------------------------------------------------------

    def _plane(self, block: RecurrentBlock, rows: int) -> Iterator[Row]:
        """The eigenvalues; below them a few words."""
        from rnntui.tui.chart.plane import complex_plane

        if block.why_none:
            yield [Segment(elided(block.why_none, 2 * rows, end=0), self.role("note"))]
            return
        for pieces in complex_plane(block.eigenvalues, rows).rows:
            yield [Segment(text, self.role(role)) for text, role in pieces]
        outside, units = f"{block.outside:,}", f"{block.units:,}"
        spellings = (f"{outside} of {units}: |λ|>1", f"{outside}/{units}: |λ|>1", f"{outside}: |λ|>1")
        yield [Segment(next((words for words in spellings if len(words) <= 2 * rows), ""), self.role("note"))]

    def _matrix(self, block: RecurrentBlock, rows: int) -> Iterator[Row]:
        """The matrix in shades; below it their scale."""
        from rnntui.tui.chart.heat_map import heat_map
        from rnntui.tui.chart.raster import halves, shades

        assert block.matrix is not None
        is_coloured = has_many_colours(self.app)
        drawn = heat_map(block.matrix, rows, has_colours=is_coloured)
        if is_coloured:
            below, above = (self.get_component_styles(f"weightssketch--{name}").color for name in ("below", "above"))
            colours = both_sides(below, self.background_colors[1], above)
            for upper, lower in zip(*halves(drawn.shades), strict=True):
                yield half_blocks(upper, lower, colours)
            scale = half_blocks(drawn.scale, drawn.scale, colours)
        else:
            yield from ([Segment(row, self.role("shade"))] for row in shades(drawn.shades))
            scale = [Segment(shades(drawn.scale[None])[0], self.role("shade"))]
        low, high = (Segment(words, self.role("note")) for words in (f"{drawn.ends[0]} ", f" {drawn.ends[1]}"))
        if sum(segment.cell_length for segment in (low, *scale, high)) <= 2 * rows:
            yield [low, *scale, high]
        else:
            yield [Segment(f"±{drawn.ends[1]}"[: 2 * rows], self.role("note"))]

    # --- histograms -----------------------------------------------------------------------------------------------

    def _histograms(
        self, weights: NetworkWeights, counted: list[LayerWeights | LayerGradients], room: int, height: int
    ) -> Iterator[Part]:
        """One or two, side by side or one above the other."""
        stacked = is_stacked(height, len(counted))
        columns = room if stacked else (room - (len(counted) - 1) * BETWEEN) // max(1, len(counted))
        if columns < LEAST_BESIDE:
            return
        each = (height - 1) // 2 if stacked else height
        drawn = [list(self._histogram(weights, layer, columns, each)) for layer in counted]
        if stacked:
            drawn = [[*drawn[0], *[[] for _ in range(each + 1 - len(drawn[0]))], *drawn[1]]]
        yield from ((rows, columns) for rows in drawn)

    def _histogram(
        self, weights: NetworkWeights, layer: LayerWeights | LayerGradients, columns: int, height: int
    ) -> Iterator[Row]:
        """Above the axis now, below it at the start; of weights also how much a step changes each."""
        from rnntui.tui.chart.histogram import of_counts

        is_weights = isinstance(layer, LayerWeights)
        last = list(_ratios(weights, columns, trains=self._trains)) if is_weights else []
        rows = max(1, (height - HEAD_ROWS - 1 - len(last)) // 2)
        low, high = (layer.low, layer.high) if is_weights else (10**layer.low, 10**layer.high)
        drawn = of_counts(layer.now, layer.start, low, high, columns, rows)
        is_known = bool(len(layer.start))
        of_what = "weights" if is_weights else "|gradients|"
        head = f"{of_what} of {layer.name}"
        heads = [f"{head} · {words}" for words in (ABOVE_BELOW if is_known else (NO_START,))]
        figures = _of_weights(layer) if isinstance(layer, LayerWeights) else _of_gradients(layer)
        figures.append(f"tallest bar {format.counted(drawn.tallest, 'weight')}")
        yield [Segment(next((words for words in heads if len(words) <= columns), head), self.role("title"))]
        yield [Segment(format.fitting(figures, columns), self.role("note"))]
        yield from ([Segment(row, self.role("now"))] for row in drawn.above)
        yield [Segment(drawn.axis, self.role("axis"))]
        yield from ([Segment(row, self.role("start"))] for row in drawn.below if is_known)
        yield from ([Segment(line, self.role("note"))] for line in last)


def _title(
    weights: NetworkWeights,
    layer: LayerWeights,
    block: RecurrentBlock | None,
    *,
    shows_first: bool,
    shows_matrix: bool,
) -> list[str]:
    """What is shown, its figures, and the step."""
    step = f"step {weights.step:,}"
    if block is None:
        return [layer.name, NO_MATRIX, step]
    of_layer = f" of {layer.name}" if len({each.layer for each in weights.blocks}) > 1 else ""
    figures = [f"largest |λ| {format.figure(block.radius)}", f"largest σ {format.figure(block.largest_singular)}"]
    size = f"{block.units:,}×{block.units:,}"
    order = [ORDER] if shows_matrix else []
    more = [] if shows_matrix or block.matrix is None else ["G the matrix, and its gradients"]
    name = f"{one_line(block.name)}{of_layer}"
    return [name, *figures, size, step, *order, *more] if shows_first else [name, size, *order, step]


def _of_weights(layer: LayerWeights) -> list[str]:
    return [f"standard deviation {_course(layer.start_deviation, layer.deviation)}"]


def _of_gradients(layer: LayerGradients) -> list[str]:
    zero = [f"{layer.share_zero:.1%} are 0"] if layer.share_zero else []
    return [f"norm {_course(layer.start_norm, layer.norm)}", *zero]


def _course(start: float, now: float) -> str:
    """From the start to now; now alone, where the start is not known."""
    return f"{format.figure(start)} → {format.figure(now)}" if math.isfinite(start) else format.figure(now)


def _ratios(weights: NetworkWeights, columns: int, *, trains: bool) -> Iterator[str]:
    """How much of the norm of each layer the newest step changed, on as many lines as it takes."""
    known = [layer for layer in weights.layers if math.isfinite(layer.update_ratio)]
    if not known:
        line = f"{RATIO}: {'known after the next step' if trains else 'the network does not train now'}"
        yield from textwrap.wrap(line, columns, subsequent_indent="  ")
        return
    line = RATIO
    for layer in known:
        part = f"{layer.name} {format.figure(layer.update_ratio)}"
        if len(line) + len(part) + 3 > columns:
            yield elided(line, columns, end=0)
            line = f"  {part}"
        else:
            line = f"{line} {part}" if line == RATIO else f"{line} · {part}"
    yield elided(line, columns, end=0)
