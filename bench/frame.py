"""What a frame of a chart costs after 1,000 and after 1,000,000 steps: reduction, dots and strips.

In turns in one process, in processor time: `python bench/frame.py`.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
from machine import write
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from rnntui.runs.history import CAPACITY, Column
from rnntui.tui.chart.drawing import draw
from rnntui.tui.chart.picture import ROLES
from rnntui.tui.chart.series import Chart, ChartBaseline, Series

WIDTH, HEIGHT, TURNS = 80, 18, 1_000  # 75 × 15 cells of dots
STYLES = {role: Style(color=f"color({16 + k})") for k, role in enumerate(ROLES)}


def history(steps: int) -> Column:
    """A loss that falls from 2.3 to 0.3 and alternates about it, so that every length draws the same picture."""
    column = Column()
    loss = 0.3 + 2.0 * np.exp(-np.arange(steps) / steps * 5) + 0.1 * (-1.0) ** np.arange(steps)
    column.extend(range(1, steps + 1), loss.tolist())
    return column


def frame_of(steps: int) -> Callable[[], list[Strip]]:
    """A function that draws a frame from scratch, as the widget does."""
    chart = Chart("loss", (Series("training", history(steps)),), (ChartBaseline("chance", 2.303),))

    def frame() -> list[Strip]:
        picture = draw(chart, WIDTH, HEIGHT)
        assert picture is not None
        return [Strip([Segment(text, STYLES[role]) for text, role in runs], WIDTH) for runs in picture.runs()]

    return frame


def main() -> None:
    """Measure and write `results/frame.json`."""
    lengths = (1_000, CAPACITY, 1_000_000)
    frames = {steps: frame_of(steps) for steps in lengths}
    seconds: dict[int, list[float]] = {steps: [] for steps in lengths}
    for _ in range(TURNS):
        for steps, frame in frames.items():
            began = time.process_time()
            frame()
            seconds[steps].append(time.process_time() - began)
    milliseconds = {steps: 1e3 * statistics.median(turns) for steps, turns in seconds.items()}
    ratio = milliseconds[1_000_000] / milliseconds[1_000]
    for steps, median in milliseconds.items():
        print(f"{steps:>9,} steps  {median:.3f} ms a frame")
    print(f"1,000,000 over 1,000 steps: {ratio:.2f}")
    figures = {f"{steps:,} steps": round(median, 4) for steps, median in milliseconds.items()}
    write("frame", {"milliseconds a frame, median": figures, "1,000,000 over 1,000 steps": round(ratio, 3)})


if __name__ == "__main__":
    main()
