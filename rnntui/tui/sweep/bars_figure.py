"""A sweep's figure in two rows at most, for a screen that is too low for a chart: a bar for each place on the axis.

accuracy along length 5 to 20 (▁ 0 █ 1)  rnn ██▇██▇▆▅  lstm ██▇▆▅▄▃▂
"""

import math
from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content

from rnntui.text import format
from rnntui.text.bars import BARS, sparkline
from rnntui.tui.base.labels import styled
from rnntui.tui.chart.series import LETTERS

MOST_ROWS, FEWEST_BARS = 2, 4
GAP = 2

Means = list[tuple[float, float]]  # place and mean score


def rows_of_bars(title: str, x: str, lines: Sequence[tuple[str, Means]], width: int, *, is_share: bool) -> Content:
    """What is drawn, and each line's name, and its bars in the colour of its letter.

    In one row if what is drawn can be said in fewer words, else in two, with as many bars as there is room for. A place
    where a line has no score yet is blank.
    """
    known = [(name, dict(means)) for name, means in lines if means][: len(LETTERS)]
    places = sorted({place for _, means in known for place in means})
    if not places:
        return styled([])
    scores = [score for _, means in known for score in means.values()]
    ends = (0.0, 1.0) if is_share else (min(scores), max(scores))
    scale = f"({BARS[0]} {format.figure(ends[0])} {BARS[-1]} {format.figure(ends[1])})"
    along = f"along {x} {places[0]:g} to {places[-1]:g}" if len(places) > 1 else f"at {x} {places[0]:g}"
    head, most = f"{title} {along} {scale}", min(len(places), width)
    tries = [(words, most, 1) for words in (head, f"{title} along {x} {scale}", f"{title} along {x}")]
    tries += [(head, bars, MOST_ROWS) for bars in range(most, min(most, FEWEST_BARS) - 1, -1)]
    for words, bars, allowed in tries:
        parts = [(words, "", "")]
        for letter, (name, means) in zip(LETTERS, known, strict=False):
            course = sparkline([means.get(at, math.nan) for at in places], bars, is_share=False, ends=ends)
            parts.append((f"{name} ", course, f"$line-{letter}"))
        rows = format.in_rows(parts, width, GAP, lambda part: cell_len(part[0] + part[1]))
        if len(rows) <= allowed:
            break
    if len(rows) > MOST_ROWS:
        rows[MOST_ROWS - 1].append(("…", "", ""))
    pieces: list[tuple[str, str]] = []
    for number, row in enumerate(rows[:MOST_ROWS]):
        for place, (words, course, colour) in enumerate(row):
            pieces += [(" " * GAP if place else "\n" if number else "", ""), (words, ""), (course, colour)]
    return styled(pieces)
