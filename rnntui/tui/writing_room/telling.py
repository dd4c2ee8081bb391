"""The time machine's summary of a stop: how much of its text is new, its bits per character, its losses."""

import math
from bisect import bisect_left
from collections.abc import Iterator

from rnntui.runs.tail import Follower, Metric
from rnntui.text.diff import Stretch, words_within
from rnntui.tui.writing_room.page import Page

NEAR, LEAST_FAR = 0.1, 10  # share of its step, and steps, by which a loss may lie beside it
NAMES: tuple[tuple[Metric, str], ...] = (("loss", "loss"), ("held-out", "held out"))
UNSETTLED = ("loading", "writing", "stopped")  # phases of a page that is not written yet


def is_settled(page: Page) -> bool:
    """Whether its text is complete."""
    return page.phase not in UNSETTLED


def written_words(page: Page, new: list[Stretch]) -> tuple[int, int]:
    """How many of the words that stand behind what was given are new, and how many there are."""
    return words_within(page.text, new, page.given.count(1))


def of_page(page: Page, length: int) -> Iterator[str]:
    """How much of a text is written, and how sure the network was."""
    if not is_settled(page):
        yield f"writing {page.given.count(0):,} of {length:,} characters"
    if math.isfinite(page.bits_written):
        yield f"{page.bits_written:.2f} bits per character"


def of_losses(follower: Follower, step: int) -> Iterator[str]:
    """The run's losses at a step or near it, in the follower's unit."""
    yield from (
        f"{name} {value:.2f}" for metric, name in NAMES if math.isfinite(value := _near(follower, metric, step))
    )


def _near(follower: Follower, metric: Metric, step: int) -> float:
    """The value nearest to a step; NaN where that is far."""
    bins = follower.tracks[metric].by_step.bins
    k = bisect_left(bins.step, step, 0, bins.length)
    candidates = [(abs(bins.step[place] - step), bins.mean[place]) for place in (k - 1, k) if 0 <= place < bins.length]
    distance, value = min(candidates, default=(math.inf, math.nan))
    return value if distance <= max(LEAST_FAR, NEAR * step) else math.nan
