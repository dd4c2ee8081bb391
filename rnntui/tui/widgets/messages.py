"""The log pane: notes about runs, and what libraries print or warn of."""

import re

from textual import events
from textual.widgets import Log

from rnntui.safe import shown_text
from rnntui.tui.stray import Stray

KEPT = 1_000  # lines


class Messages(Log):
    """Lines of text, never markup; `unread` counts those that came while it was hidden."""

    def __init__(self, stray: Stray | None, classes: str | None = None) -> None:
        super().__init__(max_lines=KEPT, classes=classes)
        self._stray = stray
        self._begun = {True: "", False: ""}  # lines that standard error and output have not ended yet
        self.unread = 0

    def on_mount(self) -> None:
        self.border_title = "messages · none so far"
        self.begin_capture_print()

    def on_print(self, event: events.Print) -> None:
        """Take in a piece of what Python prints: a line often comes in several."""
        *whole, self._begun[event.stderr] = re.split("[\r\n]", self._begun[event.stderr] + event.text)
        for line in whole:
            if line.strip():
                self.say(line)

    def say(self, line: str) -> None:
        """Add a line."""
        self.border_title = "messages"
        self.write_line(shown_text(line))
        if not self.display:
            self.unread += 1

    def poll(self) -> None:
        """Take in what was printed below Python."""
        while self._stray is not None and self._stray.lines:
            self.say(self._stray.lines.popleft())
