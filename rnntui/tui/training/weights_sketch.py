"""The recurrent matrix of a gate in the complex plane, and the weights of its layer now and at the start."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment

from rnntui.probes import LayerWeights, NetworkWeights, RecurrentBlock
from rnntui.text import format
from rnntui.text.sanitize import one_line
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.sketch import Row, Sketch

BETWEEN = 2  # columns between the plane and the histogram
LEAST_BESIDE = 24  # columns of the histogram
HEAD_ROWS, RATIO_ROWS = 2, 1  # of the histogram: what it is of, its figures; the sizes of a step
NO_MATRIX = "no recurrent matrix"


@dataclass(frozen=True)
class WeightsPlace:
    """What is shown: a recurrent matrix, or none, of a layer."""

    layer: int  # its place among the layers that were measured
    letter: str = ""


def places(weights: NetworkWeights) -> list[WeightsPlace]:
    """All there is to show, layer by layer."""
    found = []
    for number in range(len(weights.layers)):
        letters = [block.letter for block in weights.blocks if block.layer == number + 1]
        found += [WeightsPlace(number, letter) for letter in letters or [""]]
    return found


class WeightsSketch(Sketch):
    """One place at a time; `show` says which."""

    DEFAULT_CSS = styles_of(__file__)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"weightssketch--{name}" for name in ("title", "note", "axis", "circle", "value", "now", "start")
    }

    def __init__(self, waiting: str) -> None:
        super().__init__()
        self._waiting = waiting
        self._weights: NetworkWeights | None = None
        self._place = WeightsPlace(0)

    def show(self, weights: NetworkWeights | None, place: WeightsPlace) -> None:
        """Draw these weights at a place; `None` are those yet to be measured."""
        self._weights, self._place = weights, place
        self.redraw()

    def wait_no_more(self, why: str) -> None:
        """Say why no weights will be measured."""
        self._waiting = why
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        weights = self._weights
        if weights is None or not weights.layers:
            return [[], [Segment(self._waiting[:width], self.role("note"))]]
        layer = weights.layers[self._place.layer]
        block = next(
            (
                block
                for block in weights.blocks
                if (block.layer, block.letter) == (self._place.layer + 1, self._place.letter)
            ),
            None,
        )
        title = format.fitting(_title(weights, layer, block), width)
        rows: list[Row] = [[Segment(title, self.role("title"))]]
        left = list(self._plane(block, width, height - 1)) if block is not None else []
        columns = max((sum(len(segment.text) for segment in row) for row in left), default=0)
        room = width - columns - (BETWEEN if columns else 0)
        right = list(self._histogram(weights, layer, room, height - 1)) if room >= LEAST_BESIDE else []
        for number in range(height - 1):
            row = left[number] if number < len(left) else []
            used = sum(len(segment.text) for segment in row)
            gap = columns - used + (BETWEEN if columns else 0)
            beside = right[number] if number < len(right) else []
            rows.append([*row, Segment(" " * gap, self.rich_style), *beside])
        return rows

    def _plane(self, block: RecurrentBlock, width: int, height: int) -> Iterator[Row]:
        """The eigenvalues, as large as there is height for, in half of the width at most; below them a few words."""
        from rnntui.tui.chart.plane import complex_plane

        if block.why_none:
            yield [Segment(block.why_none[:width], self.role("note"))]
            return
        rows = max(2, min(height - 1, width // 4))
        for pieces in complex_plane(block.eigenvalues, rows).rows:
            yield [Segment(text, self.role(role)) for text, role in pieces]
        spellings = (f"{block.outside:,} of {block.units:,}: |λ|>1", f"{block.outside:,} outside", f"{block.outside:,}")
        words = next((words for words in spellings if len(words) <= 2 * rows), "")
        yield [Segment(words.ljust(2 * rows), self.role("note"))]

    def _histogram(self, weights: NetworkWeights, layer: LayerWeights, columns: int, height: int) -> Iterator[Row]:
        """The weights of the layer, above the axis now, below it at the start; then how much a step changes each."""
        from rnntui.tui.chart.histogram import of_counts

        ratios = list(_ratios(weights, columns))
        rows = max(1, (height - HEAD_ROWS - 1 - len(ratios)) // 2)
        drawn = of_counts(layer.now, layer.start, layer.low, layer.high, columns, rows)
        is_known = bool(len(layer.start))
        heads = [f"weights of {layer.name}", "above now, below at the start" if is_known else "now; start unknown"]
        yield [Segment(format.fitting(heads, columns), self.role("title"))]
        yield [Segment(format.fitting(_deviations(layer, drawn.tallest), columns), self.role("note"))]
        yield from ([Segment(row, self.role("now"))] for row in drawn.above)
        yield [Segment(drawn.axis, self.role("axis"))]
        yield from ([Segment(row, self.role("start"))] for row in drawn.below if is_known)
        yield from ([Segment(line, self.role("note"))] for line in ratios)


def _title(weights: NetworkWeights, layer: LayerWeights, block: RecurrentBlock | None) -> list[str]:
    """What is shown, its figures, and the step."""
    step = f"step {weights.step:,}"
    if block is None:
        return [layer.name, NO_MATRIX, step]
    of_layer = f" of {layer.name}" if len({each.layer for each in weights.blocks}) > 1 else ""
    figures = [f"largest |λ| {format.figure(block.radius)}", f"largest σ {format.figure(block.largest_singular)}"]
    return [f"{one_line(block.letter)}{of_layer}", *figures, f"{block.units:,}×{block.units:,}", step]


def _deviations(layer: LayerWeights, tallest: int) -> list[str]:
    now = format.figure(layer.deviation)
    is_known = math.isfinite(layer.start_deviation)
    course = f"{format.figure(layer.start_deviation)} → {now}" if is_known else now
    return [f"standard deviation {course}", f"tallest bar {format.counted(tallest, 'weight')}"]


def _ratios(weights: NetworkWeights, columns: int) -> Iterator[str]:
    """How much of the norm of each layer the newest step changed, on as many lines as it takes."""
    known = [layer for layer in weights.layers if math.isfinite(layer.update_ratio)]
    if not known:
        yield "‖Δθ‖/‖θ‖: no step was watched"[:columns]
        return
    line = "‖Δθ‖/‖θ‖"
    for layer in known:
        part = f"{layer.name} {format.figure(layer.update_ratio)}"
        if len(line) + len(part) + 3 > columns:
            yield line[:columns]
            line = f"  {part}"
        else:
            line = f"{line} {part}" if line == "‖Δθ‖/‖θ‖" else f"{line} · {part}"
    yield line[:columns]
