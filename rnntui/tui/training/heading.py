"""The first line of the training screen: how many runs, where and how fast.

Where not all panes have room, tabs take the place of the number of runs: a digit and a name for each pane.
"""

import time
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from textual.events import Click

from rnntui.sessions.contract import OVER, Session
from rnntui.text import format
from rnntui.text.ellipsis import elided
from rnntui.tui.base import own_keys
from rnntui.tui.base.labels import Words, styled
from rnntui.tui.training.keys import MOST_PANES

MEASURED_SECONDS = 1.0  # from one measurement of what the screen needs to the next
LONGEST_NAME, SHORTEST_NAME = 16, 4  # cells of a name on a tab
GAP = " · "


class PaneTab(NamedTuple):
    """A pane: the name of its run, and whether it is on the screen and the selected one."""

    name: str
    is_shown: bool
    is_selected: bool


class Heading(Words):
    """Sessions in one line, with their speed while something is left to train; `is_due` once a second.

    The speeds of unlike tasks or networks have no sum: each stands in the border of its pane.

    `share` is that of a core which drawing this screen takes.
    """

    def __init__(self) -> None:
        super().__init__(id="heading")
        self._cpu, self._clock, self.share = time.thread_time(), time.monotonic(), 0.0
        self._ends: list[int] = []  # the column behind each tab

    def is_due(self) -> bool:
        """Whether a second has passed since what the screen needs was measured; if so it is measured anew."""
        clock = time.monotonic()
        if clock - self._clock < MEASURED_SECONDS:
            return False
        cpu = time.thread_time()
        self.share = (cpu - self._cpu) / (clock - self._clock)
        self._cpu, self._clock = cpu, clock
        return True

    def say(self, sessions: Sequence[Session], panes: Sequence[PaneTab], unread: int) -> None:
        """Say how the sessions stand and which of their panes there are, and how many messages nobody has read."""
        width = self.screen.size.width - 2
        tabs = tabs_of(panes, width) if not all(pane.is_shown for pane in panes) else []
        device = next((s.status.device for s in sessions if s.status.device), "")
        speed = sum(s.status.run.steps_per_second or 0.0 for s in sessions if s.status.run.state == "running")
        held = max((s.status.device_memory or s.status.memory for s in sessions), default=0)
        where = [f"{device}{f', {format.memory(held)}' if held else ''}"] if device else []
        left = [session.settings for session in sessions if session.status.run.state not in OVER]
        is_one_kind = len({(known.task, known.length, format.network(known)) for known in left}) == 1
        parts = [*where, *([f"{format.count(speed)} steps/s"] if is_one_kind else [])]
        if unread:
            parts.append(f"{format.counted(unread, 'message')} ({own_keys.key('laboratory.messages')})")
        if not tabs:
            parts = ["rnntui", format.counted(len(sessions), "run"), *parts]
        self._ends = list(accumulate(len(text) for text, _ in tabs))
        before = "· " if tabs else " "
        said = format.fitting(parts, width - len(before) - (self._ends[-1] if tabs else 0))
        self.update(styled([*tabs, (f"{before}{said}" if said else "", "")]), layout=False)

    async def on_click(self, event: Click) -> None:
        """A click on a tab shows its pane."""
        begin = 0
        for number, end in enumerate(self._ends):
            if begin <= event.x < end:
                await self.screen.run_action(f"choose({number})")
            begin = end


def tabs_of(panes: Sequence[PaneTab], width: int) -> list[tuple[str, str]]:
    """A piece with its style for each pane: `1 name`, the names as long as leaves room for all, or the digits alone."""
    for room in (*range(LONGEST_NAME, SHORTEST_NAME - 1, -1), 0):
        tabs = [
            (f" {number if number <= MOST_PANES else ''} {elided(pane.name, room)} ".replace("  ", " "), _style(pane))
            for number, pane in enumerate(panes, 1)
        ]
        if sum(len(text) for text, _ in tabs) <= width:
            break
    return tabs


def _style(pane: PaneTab) -> str:
    return "reverse" if pane.is_selected else "bold" if pane.is_shown else "not bold $text-muted"
