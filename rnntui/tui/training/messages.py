"""The log pane: notes about runs, and what libraries print or warn of."""

import re
from collections import deque
from collections.abc import Iterable

from rich.text import Text
from textual import events
from textual.widgets import Log

from rnntui.text.sanitize import shown_text
from rnntui.tui.base.captured_output import CapturedOutput
from rnntui.tui.base.styles import styles_of

KEPT = 1_000  # lines


class Messages(Log):
    """Lines of text, never markup, wrapped to the width; `unread` counts those that came while it was hidden."""

    DEFAULT_CSS = styles_of(__file__)

    def __init__(self, captured: CapturedOutput | None, classes: str | None = None) -> None:
        super().__init__(max_lines=KEPT, classes=classes)
        self._captured = captured
        self._begun = {True: "", False: ""}  # lines that standard error and output have not ended yet
        self._said: deque[str] = deque(maxlen=KEPT)  # as they came
        self._wrapped_to = 0
        self.unread = 0

    def on_mount(self) -> None:
        self.border_title = "messages · none so far"
        self.add_class("empty")
        self.begin_capture_print()

    def on_print(self, event: events.Print) -> None:
        """Take a piece of what Python prints; one line often comes in several pieces."""
        *whole, self._begun[event.stderr] = re.split("[\r\n]", self._begun[event.stderr] + event.text)
        for line in whole:
            if line.strip():
                self.say(line)

    def on_resize(self) -> None:
        if self.scrollable_content_region.width != self._wrapped_to:
            self._wrapped_to = self.scrollable_content_region.width
            self.clear()
            self.write_lines(self._wrapped(self._said), scroll_end=True)
        self.call_after_refresh(self.scroll_end, animate=False)  # what is newest is seen at any height

    def say(self, line: str, *, is_news: bool = True) -> None:
        """Add a line; one that is no news is not counted among the unread."""
        self.border_title = "messages"
        self.remove_class("empty")
        self._said.append(shown_text(line))
        self.write_lines(self._wrapped([self._said[-1]]))
        if is_news and not self.display:
            self.unread += 1

    def poll(self) -> None:
        """Take what C++ code printed."""
        while self._captured is not None and self._captured.lines:
            self.say(self._captured.lines.popleft())

    def _wrapped(self, lines: Iterable[str]) -> Iterable[str]:
        """The lines wrapped to the width; unwrapped while the pane is hidden."""
        if not self._wrapped_to:
            return lines
        console = self.app.console
        return [row.plain.rstrip() for line in lines for row in Text(line).wrap(console, self._wrapped_to)]
