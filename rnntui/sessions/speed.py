"""The training speed on the screen: a mean over about two seconds."""

from collections import deque

SPEED_SECONDS = 2.0  # of training that the mean is over


class RecentSpeed:
    """Steps per second over the newest strides that fill two seconds, or over one that is longer."""

    def __init__(self) -> None:
        self._strides: deque[tuple[int, float]] = deque()  # steps and seconds of each

    def after(self, steps: int, seconds: float) -> float:
        """Add a stride; returns the current speed, 0 before the first step."""
        if steps:
            self._strides.append((steps, seconds))
        while len(self._strides) > 1 and self._seconds > SPEED_SECONDS:
            self._strides.popleft()
        return sum(steps for steps, _ in self._strides) / self._seconds if self._seconds else 0.0

    @property
    def _seconds(self) -> float:
        return sum(seconds for _, seconds in self._strides)
