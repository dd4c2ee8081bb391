"""The first line of the training screen: how many runs, where, how fast, and what the screen itself needs."""

import time
from collections.abc import Sequence

from rnntui.sessions.contract import Session
from rnntui.text import format
from rnntui.tui.base.labels import Words
from rnntui.tui.training.keys import MOST_PANES

MEASURED_SECONDS = 1.0  # from one measurement of what the screen needs to the next


class Heading(Words):
    """Sessions in one line; `is_due` once a second."""

    def __init__(self) -> None:
        super().__init__(id="heading")
        self._cpu, self._clock, self._share = time.thread_time(), time.monotonic(), 0.0

    def is_due(self) -> bool:
        """Whether a second has passed since what the screen needs was measured; if so it is measured anew."""
        clock = time.monotonic()
        if clock - self._clock < MEASURED_SECONDS:
            return False
        cpu = time.thread_time()
        self._share = (cpu - self._cpu) / (clock - self._clock)
        self._cpu, self._clock = cpu, clock
        return True

    def say(self, sessions: Sequence[Session], hidden: int, unread: int) -> None:
        """Say how the sessions stand, of which some are hidden, and how many messages nobody has read."""
        runs = format.counted(len(sessions), "run")
        if hidden:
            runs += f" ({hidden} not shown: 1-{min(MOST_PANES, len(sessions))} choose)"
        device = next((s.status.device for s in sessions if s.status.device), "")
        speed = sum(s.status.run.steps_per_second or 0.0 for s in sessions if s.status.run.state == "running")
        held = max((s.status.device_memory or s.status.memory for s in sessions), default=0)
        where = [f"{device}{f', {format.memory(held)}' if held else ''}"] if device else []
        parts = ["rnntui", runs, *where, f"{format.count(speed)} steps/s"]
        if unread:
            parts.append(f"{format.counted(unread, 'message')} (w)")
        parts.append(f"screen {self._share:.1%}")
        self.update(f" {format.fitting(parts, max(len(parts[0]), self.screen.size.width - 1))}", layout=False)
