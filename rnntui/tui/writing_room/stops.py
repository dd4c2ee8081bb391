"""The places along a run's training at which there is something to read: checkpoints and recorded samples."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rnntui.runs import Run
from rnntui.runs.writers import temperature_in_words


@dataclass(frozen=True)
class Stop:
    """A step; `text` is the sample that was recorded there, drawn at `temperature`, and `None` for a checkpoint."""

    step: int
    text: str | None = None
    temperature: float = math.nan

    @property
    def is_checkpoint(self) -> bool:
        return self.text is None

    def in_words(self) -> str:
        """`step 1,000`, and of a sample how it was drawn: `step 1,000 · a sample, temp 0, 30 characters`."""
        if self.text is None:
            return f"step {self.step:,}"
        sampling = f"temp {temperature_in_words(self.temperature)}"
        return f"step {self.step:,} · a sample, {sampling}, {len(self.text):,} characters"


def stops_of(run: Run) -> list[Stop]:
    """All there are, by step; a sample stands before the checkpoint of its step."""
    samples = [Stop(row.step, row.text, row.warmth) for row in run.samples()]
    stops = [*samples, *(Stop(step) for step in run.steps_saved(whole=False))]
    return sorted(stops, key=lambda stop: (stop.step, stop.is_checkpoint))


def next_stop(stops: Sequence[Stop], at: int, direction: int, *, samples: bool) -> int:
    """The place of the next one that way, of checkpoints alone without `samples`; the same where there is none."""
    places = range(at + 1, len(stops)) if direction > 0 else range(at - 1, -1, -1)
    return next((k for k in places if samples or stops[k].is_checkpoint), at)


def end(stops: Sequence[Stop], direction: int, *, samples: bool) -> int | None:
    """The place of the first one (-1) or of the last (1); where there are no checkpoints, of a sample all the same."""
    places = [k for k, stop in enumerate(stops) if samples or stop.is_checkpoint] or range(len(stops))
    return (places[-1] if direction > 0 else places[0]) if places else None


def nearest_checkpoint(stops: Sequence[Stop], at: int) -> int:
    """The place of the checkpoint before it, of the next one where there is none, and else the same place."""
    earlier = next_stop(stops, at, -1, samples=False)
    return earlier if earlier != at else next_stop(stops, at, 1, samples=False)


def before(stops: Sequence[Stop], at: int) -> int | None:
    """The place of what stands before it and is of its kind: a sample is never compared with a checkpoint's text."""
    return next((k for k in range(at - 1, -1, -1) if stops[k].is_checkpoint == stops[at].is_checkpoint), None)


def last(stops: Sequence[Stop], at: int) -> int:
    """The place of the last one of its kind."""
    return max(k for k, stop in enumerate(stops) if stop.is_checkpoint == stops[at].is_checkpoint)
