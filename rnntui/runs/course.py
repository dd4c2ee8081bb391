"""The course of what a network wrote while it trained: samples that show the progress."""

from collections.abc import Sequence

from rnntui.runs.checkpoints import is_milestone
from rnntui.schemas import SampleRow

SHOWN = 12  # rows


def course_of(samples: Sequence[SampleRow]) -> list[SampleRow]:
    """The first, those at milestones, the newest; of many the last ones."""
    chosen = [row for k, row in enumerate(samples) if k in (0, len(samples) - 1) or is_milestone(row.step)]
    return chosen[-SHOWN:]
