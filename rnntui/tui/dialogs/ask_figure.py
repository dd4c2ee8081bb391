"""Asks where to save a figure and draws it; if that fails, the dialog stays open and keeps the name."""

from collections.abc import Callable
from pathlib import Path

from textual.app import App

from rnntui.tui.dialogs.ask_text import AskText


class AskFigure(AskText):
    """Asks for the file that `draw` is to write; `draw` raises `ValueError` with a sentence where it cannot.

    The result is the name, or `None` where the user left before the figure was there.
    """

    def __init__(self, name: str, draw: Callable[[Path], None]) -> None:
        super().__init__("Save the figure as", name, _check_name)
        self._draw = draw
        self._is_drawing = False

    def take(self, text: str) -> None:
        if not self._is_drawing:
            self._is_drawing = True
            self.say(f"drawing {text} …")
            app = self.app  # a box that was left no longer knows it
            self.run_worker(lambda: self._work(text, app), thread=True, name="figure")

    def _work(self, name: str, app: App[object]) -> None:
        """Runs in a thread: matplotlib takes its time."""
        try:
            self._draw(Path(name))
        except ValueError as error:
            app.call_from_thread(self._fail, str(error).removeprefix("--figure "))
        else:
            app.call_from_thread(self._succeed, name)

    def _fail(self, sentence: str) -> None:
        """Say why it failed; as a notification if the dialog was closed meanwhile."""
        self._is_drawing = False
        if self.is_running:
            self.say(sentence)
        else:
            self.app.notify(sentence, severity="error")

    def _succeed(self, name: str) -> None:
        self._is_drawing = False
        self.app.notify(f"drawn: {name}")
        if self.is_running:
            self.say(f"drawn: {name}")
            self.close(name)


def _check_name(name: str) -> None:
    if not name:
        raise ValueError("a figure needs a name, such as gate.svg or gate.png")
