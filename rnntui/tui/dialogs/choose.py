"""A question with a few answers, each taken by its own key or a click, over the screen."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.widgets import Button

from rnntui.text import sanitize
from rnntui.tui.base.dialog import Dialog
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.labels import Words, one_line
from rnntui.tui.base.styles import styles_of

AROUND = 4  # cells beside a way: its padding, and the gap behind it


class Choose(Dialog[str]):
    """Asks for one of `ways`, a key and what it does; the result is the key, `None` where the user left.

    `otherwise` is what Esc does. Enter chooses nothing, so that a key held down too long decides nothing.
    """

    DEFAULT_CSS = styles_of(__file__)
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [bound("choose", "leave", "cancel", "cancel", "Change nothing", show=True)]

    def __init__(self, question: str, ways: Mapping[str, str], *, otherwise: str = "back") -> None:
        super().__init__()
        self._question, self._ways, self._otherwise = question, dict(ways), otherwise
        self._bindings.key_to_bindings = {
            **{key: [Binding(key, f"take({key!r})", sanitize.one_line(way))] for key, way in ways.items()},
            **{
                key: [replace(binding, description=otherwise) for binding in bindings]
                for key, bindings in self._bindings.key_to_bindings.items()
            },
        }

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Words(self._question)
            with Horizontal(classes="ways"):
                for key, way in self._ways.items():
                    yield Button(one_line(f"{key}  {way}"), id=f"way-{key}", compact=True)
                yield Button(one_line(f"Esc  {self._otherwise}"), id="cancel", compact=True)

    def on_resize(self, event: Resize) -> None:
        """Put the ways below one another where they do not fit into a row."""
        ways = self.query_one(".ways")
        needed = sum(cell_len(str(button.label)) + AROUND for button in ways.query(Button))
        ways.set_class(needed > ways.size.width, "stacked")

    def action_take(self, key: str) -> None:
        """Close with this way."""
        self.close(key)

    @on(Button.Pressed)
    def press(self, event: Button.Pressed) -> None:
        self.close((event.button.id or "").removeprefix("way-") if event.button.id != "cancel" else None)
