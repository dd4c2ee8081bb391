"""The curves on the comparison chart: which runs are drawn, by which letter, and their columns of values.

Only runs that are drawn are read, so that thousands can be chosen from.
"""

import math
import time
from dataclasses import dataclass

from rnntui.runs.comparison import Comparison
from rnntui.runs.tail import Axis, Follower, Metric
from rnntui.tui.chart.series import LETTERS, Role, Series


@dataclass(frozen=True)
class OverlayLine:
    """A run that is drawn."""

    letter: Role
    follower: Follower


class Overlay:
    """Lines of some of the runs of a comparison, at most as many as there are letters; `lines` by the run's number."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self.lines: dict[int, OverlayLine] = {}
        for number in range(min(len(LETTERS), len(comparison.compared))):
            self.draw(number)

    def draw(self, number: int) -> bool:
        """Give a run a line; whether there was a letter left."""
        free = [letter for letter in LETTERS if all(line.letter != letter for line in self.lines.values())]
        if not free:
            return False
        entry = self._comparison.compared[number]
        self.lines[number] = OverlayLine(free[0], entry.follower(self._comparison.losses_in))
        return True

    def take_off(self, number: int) -> None:
        """Remove a run from the chart; its letter is free again."""
        del self.lines[number]

    def poll(self, seconds: float) -> None:
        """Read what was appended to the files of the lines, for about so long; the rest has its turn next time."""
        deadline = time.perf_counter() + seconds
        for number, line in list(self.lines.items()):
            while line.follower.poll() and time.perf_counter() < deadline:
                pass
            if time.perf_counter() >= deadline:
                self.lines[number] = self.lines.pop(number)  # the others come first next time
                return

    def damaged(self) -> dict[int, str]:
        """What of the files is damaged and left out, a sentence for each line that has such a file."""
        found = {number: line.follower.damage for number, line in self.lines.items() if line.follower.damage}
        return {number: f"{self._comparison.compared[number].label}: {damage}" for number, damage in found.items()}

    def series(self, metric: Metric, by: Axis) -> tuple[Series, ...]:
        """The lines as a chart draws them, in the order of their letters."""
        ordered = sorted(self.lines.items(), key=lambda item: item[1].letter)
        return tuple(self._series(number, line, metric, by) for number, line in ordered)

    def _series(self, number: int, line: OverlayLine, metric: Metric, by: Axis) -> Series:
        track, label = line.follower.tracks[metric], self._comparison.compared[number].label
        column = track.by_step if by == "step" else track.by_time
        length = 1.0 if by == "step" else _rounded(line.follower.milliseconds_per_step)
        return Series(label, column, line.letter, rare=metric == "held-out", step_length=length)


def _rounded(length: float) -> float:
    """The length in steps of a tenth or so, so that a chart is not set up anew at every row."""
    return math.exp(round(10 * math.log(length)) / 10)
