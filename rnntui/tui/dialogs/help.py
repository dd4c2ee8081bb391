"""The keys of a screen, over it: what can be done now, found by typing, run by Enter or a click."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Resize
from textual.message import Message
from textual.widgets import Input

from rnntui.tui.base import own_keys
from rnntui.tui.base.dialog import Dialog
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.labels import Caption, Words, one_line
from rnntui.tui.base.line import LineInput
from rnntui.tui.base.styles import styles_of
from rnntui.tui.dialogs.key_list import KeyEntry, KeyList

HINT = "type to find a key · ↑ ↓ ← → select one, Enter runs it · Esc: back, where {screen.about} explains what is seen"
AROUND = 11  # rows of the border, of the line to type into and of what is said, and beyond them
LOW, LEAST_AROUND = 14, 3  # rows below which nothing is said, and those that are then around the keys
NOTHING = "no key does that here"
_key = partial(bound, "help")


class FindLine(LineInput):
    """Takes every key but the one that opened the help, which closes it again."""

    BINDINGS: ClassVar[list[BindingType]] = [_key("do", "submit", "run", "Do what the selected key does", show=True)]

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return key != "question_mark" and super().check_consume_key(key, character)


class KeyScroll(VerticalScroll):
    """What of the keys is seen."""

    class Moved(Message):
        """It shows other rows, or more or fewer of them."""

    def on_mount(self) -> None:
        self.watch(self, "virtual_size", self._moved, init=False)
        self.watch(self, "scroll_y", self._moved, init=False)

    def on_resize(self) -> None:
        self._moved()

    def _moved(self) -> None:
        self.post_message(self.Moved())


class Help(Dialog[KeyEntry]):
    """The result is the entry to run; `None` where the user left."""

    DEFAULT_CSS = styles_of(__file__)
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("leave,help", "cancel", "close", "Back to the screen", show=True, priority=True),
        _key("up", "step(0, -1)", "above", "Select the key above", priority=True),
        _key("down", "step(0, 1)", "below", "Select the key below", priority=True),
        _key("left", "step(-1, 0)", "to the left", "Select the key to the left", priority=True),
        _key("right", "step(1, 0)", "to the right", "Select the key to the right", priority=True),
    ]
    AUTO_FOCUS = "#find"

    def __init__(self, entries: list[KeyEntry], why_not: Callable[[str], str] = lambda typed: "") -> None:
        """`why_not` says why what was typed is not among the entries; empty where no key ever does that."""
        super().__init__()
        self._entries, self._why_not = entries, why_not

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            with Horizontal(classes="finding"):
                yield Caption("keys /")
                yield FindLine(placeholder="what one may want to do", id="find")
            with KeyScroll(can_focus=False):
                yield KeyList(self._entries)
            yield Words(own_keys.said(HINT), classes="hint", id="said")

    def on_resize(self, event: Resize) -> None:
        rows = event.size.height
        self.set_class(rows < LOW, "low")
        self.query_one(KeyScroll).styles.max_height = max(rows - (LEAST_AROUND if rows < LOW else AROUND), 1)
        self.call_after_refresh(self.query_one(KeyList).show_selected)

    @on(KeyScroll.Moved)
    def say_more(self) -> None:
        """How many keys are below what is seen, in the border."""
        seen = self.query_one(KeyScroll)
        below = self.query_one(KeyList).count_from(int(seen.scroll_offset.y) + seen.size.height)
        self.query_one(".dialog").border_subtitle = one_line(f"▾ {below} more" if below else "")

    def action_step(self, columns: int, rows: int) -> None:
        self.query_one(KeyList).step(columns, rows)

    @on(Input.Changed)
    def find(self, event: Input.Changed) -> None:
        self.query_one(KeyList).filter(event.value)

    @on(Input.Submitted)
    def run_selected(self) -> None:
        selected = self.query_one(KeyList).selected
        if selected is not None:
            self.close(selected)

    @on(KeyList.Chosen)
    def run_clicked(self, event: KeyList.Chosen) -> None:
        self.close(event.entry)

    @on(KeyList.Selected)
    def say_selected(self) -> None:
        keys = self.query_one(KeyList)
        typed = self.query_one("#find", Input).value.strip()
        said = own_keys.said(HINT) if keys.entries else self._why_not(typed) or NOTHING
        self.query_one("#said", Words).update(keys.selected.words if keys.selected else said)
        self.say_more()
