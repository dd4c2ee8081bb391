"""The log pane: notes about runs, and what libraries print or warn of."""

from textual import events
from textual.widgets import Log

from rnntui.safe import shown_text
from rnntui.tui.stray import Stray

KEPT = 1_000  # lines


class Messages(Log):
    """Lines of text, never markup; `unread` counts those that came while it was hidden."""

    def __init__(self, stray: Stray | None) -> None:
        super().__init__(max_lines=KEPT)
        self._stray, self._taken = stray, 0
        self.unread = 0

    def on_mount(self) -> None:
        self.begin_capture_print()

    def on_print(self, event: events.Print) -> None:
        for line in event.text.rstrip("\n").split("\n"):
            if line.strip():
                self.say(line)

    def say(self, line: str) -> None:
        """Add a line."""
        self.write_line(shown_text(line))
        if not self.display:
            self.unread += 1

    def poll(self) -> None:
        """Take in what was printed below Python."""
        if self._stray is None or self._stray.count == self._taken:
            return
        new = min(self._stray.count - self._taken, len(self._stray.lines))
        self._taken = self._stray.count
        for line in list(self._stray.lines)[-new:]:
            self.say(line)
