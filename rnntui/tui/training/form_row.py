"""One setting in a form: its name, with a dot where it is not what a new run starts with, and its editor."""

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import ComposeResult, RenderResult
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Select, Switch

from rnntui import corpora
from rnntui.config import caption, with_captions
from rnntui.text.sanitize import is_seen
from rnntui.tui.base.labels import Caption, content
from rnntui.tui.base.line import LineInput

if TYPE_CHECKING:
    from dataclasses import Field

CHANGED = "•"
WIDTH, GUTTER = 36, 1  # of a field, its name and its editor, and beside it


class OnOff(Switch):
    """A switch that says in words which way it is: two that stand one below the other would look like one block."""

    def render(self) -> RenderResult:
        return state_of(self.value)


def state_of(value: bool) -> Content:
    """`[x] on` or `[ ] off`."""
    return content("[x] on" if value else "[ ] off")


class FormFields(Container):
    """Fields of a form, in as many columns as there is room for."""

    def __init__(self, rows: Iterable["FormRow"]) -> None:
        super().__init__(*rows)

    def on_resize(self, event: events.Resize) -> None:
        self.styles.grid_size_columns = max(1, (event.size.width + GUTTER) // (WIDTH + GUTTER))


class FormRow(Horizontal):
    """A field of a form, for `editor`; `hint` is its help, which the form shows while the editor has the focus."""

    def __init__(self, name: str, hint: str, editor: Widget) -> None:
        super().__init__(classes="row")
        self.setting, self.editor, self.hint, self._differs = name, editor, hint, False
        self._caption = Caption(f"  {caption(name)}", classes="name")
        if isinstance(editor, Select):
            editor.compact = True

    def compose(self) -> ComposeResult:
        yield self._caption
        yield self.editor

    @property
    def value(self) -> object:
        """What the editor holds: of a line its text."""
        editor = self.editor
        return editor.value if isinstance(editor, Switch | Select | Input) else None

    def mark(self, *, applies: bool, differs: bool) -> None:
        """Show the row or not, and whether it has another value than a new run starts with."""
        self.set_class(not applies, "absent")
        if differs != self._differs:
            self._differs = differs
            self._caption.update(f"{CHANGED if differs else ' '} {caption(self.setting)}", layout=False)


def editor_of(setting: "Field[Any]", value: Any) -> Widget:
    """A switch, a list, or an input line where values outside the list are allowed."""
    if isinstance(value, bool):
        return OnOff(value, id=setting.name)
    choices = setting.metadata["choices"]
    if choices and not setting.metadata["open_choice"]:
        return Select([(choice, choice) for choice in choices], value=value, id=setting.name, allow_blank=False)
    known = corpus_names() if setting.name == "corpus" else choices
    return LineInput(typed(value), id=setting.name, suggester=SuggestFromList(known) if known else None)


def typed(value: Any) -> str:
    """A value as it is typed; nothing for one that is not given."""
    return "" if value is None else str(value)


def hint_of(setting: "Field[Any]") -> str:
    """The help of a setting and, without a list, what can be typed."""
    meta = setting.metadata
    known = f"{', '.join(meta['choices'])}: " if meta["choices"] and meta["open_choice"] else ""
    return with_captions(f"{known}{meta['help']}")


def corpus_names() -> list[str]:
    """Names of the texts that are on this machine, offered as completions."""
    with suppress(ValueError):  # the corpora folder cannot be read: the one named by its path can, perhaps
        return [entry.name for entry in corpora.listing() if entry.is_here and all(map(is_seen, entry.name))]
    return []
