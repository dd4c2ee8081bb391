"""The time machine's summary of a stop: how much of its text is new, its bits per character, its losses."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from rnntui.runs.tail import Follower, Metric
from rnntui.text import format
from rnntui.text.diff import Stretch, words_within
from rnntui.tui.writing_room.page import Page

NEAR, LEAST_FAR = 0.1, 10  # share of its step, and steps, by which a loss may lie beside it
AROUND = 0.03  # share of its step around which the loss of single batches is averaged
NAMES: tuple[tuple[Metric, str], ...] = (("loss", "training"), ("held-out", "held out"))
UNIT = "bits/char"
UNSETTLED = ("loading", "writing", "stopped")  # phases of a page that is not written yet


def is_settled(page: Page) -> bool:
    """Whether its text is complete."""
    return page.phase not in UNSETTLED


def written_words(page: Page, new: list[Stretch]) -> tuple[int, int]:
    """How many of the words that stand behind what was given are new, and how many there are."""
    return words_within(page.text, new, page.given.count(1))


def in_bits(page: Page, follower: Follower, step: int) -> Iterator[str]:
    """How sure the network was of its text, and its losses at a step or near it: of single batches the mean around it.

    `bits/char: writing 1.23`, `training 1.60`, `held out 1.99`; the follower's losses are in bits.
    """
    values = {"writing": page.bits_written}
    for metric, name in NAMES:
        around = _around(follower, metric, step) if metric == "loss" else math.nan
        values[name] = around if math.isfinite(around) else _near(follower, metric, step)
    told = [f"{name} {format.decimals(value, 2)}" for name, value in values.items() if math.isfinite(value)]
    yield from (f"{UNIT}: {words}" if words is told[0] else words for words in told)


def _around(follower: Follower, metric: Metric, step: int) -> float:
    """The mean of the values around a step; NaN where there is none."""
    bins = follower.tracks[metric].by_step.bins
    first = bisect_left(bins.step, step * (1 - AROUND), 0, bins.length)
    end = bisect_right(bins.step, step * (1 + AROUND), 0, bins.length)
    finite = [value for value in bins.mean[first:end] if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else math.nan


def _near(follower: Follower, metric: Metric, step: int) -> float:
    """The value nearest to a step; NaN where that is far."""
    bins = follower.tracks[metric].by_step.bins
    k = bisect_left(bins.step, step, 0, bins.length)
    candidates = [(abs(bins.step[place] - step), bins.mean[place]) for place in (k - 1, k) if 0 <= place < bins.length]
    distance, value = min(candidates, default=(math.inf, math.nan))
    return value if distance <= max(LEAST_FAR, NEAR * step) else math.nan
