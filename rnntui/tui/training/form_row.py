"""One setting in a form: its name, with a dot where it is not what a new run starts with, and its editor."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.app import ComposeResult, RenderResult
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.strip import Strip
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Select, Switch

from rnntui import corpora
from rnntui.config import caption, with_captions
from rnntui.runs.folders import name_of, runs
from rnntui.specs import TASKS
from rnntui.text.ellipsis import elided
from rnntui.text.sanitize import is_seen
from rnntui.tui.base.labels import Caption, content
from rnntui.tui.base.line import LineInput
from rnntui.tui.training.form_values import presets_in_words

if TYPE_CHECKING:
    from dataclasses import Field

PRESET_HINT = "Fills the fields; what was changed by hand stays."
AS_BELOW = ""  # no preset: the fields as they are
NAME_HINT = "What the run is called; if left empty, it gets a number."
FROM_HINT = "Run to begin with, whose network is taken over: RUN, RUN@STEP or RUN@best; empty for new weights."
CHANGED = "•"
NO_EFFECT = " unused"
NOT_GIVEN = "not given"  # in an empty field
WIDTH, GUTTER = 36, 1  # of a field, its name and its editor, and beside it


def width_within(cells: int) -> int:
    """Cells that the fields of a form have on a screen of so many, beside its border and its scroll bar."""
    return min(160, 98 * cells // 100) - 5  # as form.tcss has it


class OnOff(Switch):
    """A switch that says in words which way it is: two that stand one below the other would look like one block."""

    def render(self) -> RenderResult:
        return state_of(self.value)


class FieldLine(LineInput):
    """A line whose text is cut in its middle while nobody types in it and it is too long: both ends tell what it is."""

    def render_line(self, y: int) -> Strip:
        room = self.scrollable_content_region.width
        shown = self._value.plain
        if y or self.has_focus or cell_len(shown) <= room:
            return super().render_line(y)
        style = self.rich_style
        return Strip([Segment(elided(shown, room), style)]).extend_cell_length(self.size.width, style)


def state_of(value: bool) -> Content:
    """`[x] on` or `[ ] off`."""
    return content("[x] on" if value else "[ ] off")


class FormFields(Container):
    """Fields of a form, in as many columns as there is room for."""

    def __init__(self, rows: Iterable["FormRow"], width: int) -> None:
        super().__init__(*rows)
        self._make_columns(width)  # as it will be, so that the first frame has them

    def on_resize(self, event: events.Resize) -> None:
        self._make_columns(event.size.width)

    def _make_columns(self, width: int) -> None:
        self.styles.grid_size_columns = max(1, (width + GUTTER) // (WIDTH + GUTTER))


class FormRow(Horizontal):
    """A field of a form, for `editor`; `hint` is its help, which the form shows while the editor has the focus."""

    def __init__(self, name: str, hint: str, editor: Widget) -> None:
        super().__init__(classes="row")
        self.setting, self.editor, self.hint, self._differs = name, editor, hint, False
        self.why_not = ""  # it has no effect beside the other settings
        self._caption = Caption(self._title(), classes="name")
        self._effect = Caption(NO_EFFECT, classes="effect absent")
        if isinstance(editor, Select):
            editor.compact = True

    def compose(self) -> ComposeResult:
        yield self._caption
        yield self.editor
        yield self._effect

    @property
    def value(self) -> object:
        """What the editor holds: of a line its text."""
        editor = self.editor
        return editor.value if isinstance(editor, Switch | Select | Input) else None

    def mark(self, *, applies: bool, differs: bool, why_not: str = "") -> None:
        """Show the row or not, whether it has another value than a new run starts with, and that it has no effect
        where `why_not` says why.
        """
        self.set_class(not applies, "absent")
        if why_not != self.why_not:
            self.why_not = why_not
            self.set_class(bool(why_not), "unused")
            self._effect.set_class(not why_not, "absent")
        if differs != self._differs:
            self._differs = differs
            self._caption.update(self._title(), layout=False)

    def _title(self) -> str:
        return f"{CHANGED if self._differs else ' '} {caption(self.setting)}"


def editor_of(setting: "Field[Any]", value: Any) -> Widget:
    """A switch, a list, or an input line where values outside the list are allowed."""
    if isinstance(value, bool):
        return OnOff(value, id=setting.name)
    choices = setting.metadata["choices"]
    if choices and not setting.metadata["open_choice"]:
        return Select([(choice, choice) for choice in choices], value=value, id=setting.name, allow_blank=False)
    known = corpus_names() if setting.name == "corpus" else choices
    return FieldLine(
        typed(value), id=setting.name, placeholder=NOT_GIVEN, suggester=SuggestFromList(known) if known else None
    )


def typed(value: Any) -> str:
    """A value as it is typed; nothing for one that is not given."""
    return "" if value is None else str(value)


def hint_of(setting: "Field[Any]") -> str:
    """The help of a setting and, without a list, what can be typed."""
    meta = setting.metadata
    known = f"{', '.join(meta['choices'])}: " if meta["choices"] and meta["open_choice"] else ""
    return with_captions(f"{known}{meta['help']}")


def help_of(name: str, hint: str, why_not: str = "") -> str:
    """What is said of a field while it has the focus: first why it has no effect, where it has none."""
    return f"{caption(name)}: {with_captions(f'no effect now. {why_not}. {hint}' if why_not else hint)}"


def first_fields(task: str, root: Path) -> Iterator[FormRow]:
    """The fields that are no settings of a run."""
    tasks = Select([(name, name) for name in TASKS], value=task, id="task", allow_blank=False)
    yield FormRow("task", "What to learn.", tasks)
    presets = [("as below", AS_BELOW), *((name, name) for name in TASKS[task].presets)]
    hint = f"{PRESET_HINT} {presets_in_words(task)}"
    yield FormRow("preset", hint, Select(presets, value=AS_BELOW, id="preset", allow_blank=False))
    yield FormRow("name", NAME_HINT, FieldLine(id="name", placeholder="by number"))
    known = SuggestFromList([name_of(path) for path in runs(root)])
    yield FormRow("from", FROM_HINT, FieldLine(id="from", placeholder="new weights", suggester=known))


def corpus_names() -> list[str]:
    """Names of the texts that are on this machine, offered as completions."""
    with suppress(ValueError):  # the corpora folder cannot be read: the one named by its path can, perhaps
        return [entry.name for entry in corpora.listing() if entry.is_here and all(map(is_seen, entry.name))]
    return []
