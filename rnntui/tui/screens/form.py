"""A form for a new run, made from the settings' own declarations."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Select, Switch

from rnntui import corpora
from rnntui.begin import new_runs
from rnntui.config import TASKS, Settings, default_of, make_settings, parse, settings_of
from rnntui.failures import explain
from rnntui.runs import Run
from rnntui.safe import is_seen, shown_text
from rnntui.system import consent
from rnntui.tui.widgets.line import Line

if TYPE_CHECKING:
    from dataclasses import Field


class Form(ModalScreen[Run | None]):
    """Settings of a run to start; it says what is wrong with them, and its result is the new, locked run."""

    AUTO_FOCUS = "#name"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Start nothing"),
        Binding("ctrl+s", "start", "Start", id="form.start", tooltip="Start this run", priority=True),
    ]

    def __init__(self, settings: Settings, root: Path) -> None:
        super().__init__()
        self._root = root
        self._chosen = settings.task
        self._values: dict[str, Any] = {each.name: getattr(settings, each.name) for each in settings_of(self._chosen)}

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide") as dialog:
            dialog.border_title = "start a run"
            with VerticalScroll():
                tasks = Select([(task, task) for task in TASKS], value=self._chosen, id="task", allow_blank=False)
                yield from _row("task", "What to learn.", tasks)
                yield from _row("name", "Left empty, it gets a number.", Line(id="name"))
                group = None
                for each in settings_of(self._chosen):
                    if each.metadata["group"] != group:
                        group = each.metadata["group"]
                        yield Label(group, classes="group")
                    yield from _row(each.name, each.metadata["help"], _editor(each, self._values[each.name]))
            yield Label("", id="problem", markup=False)
            with Horizontal(id="buttons"):
                yield Button("Start", variant="primary", id="start", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    @on(Select.Changed, "#task")
    async def change_task(self, event: Select.Changed) -> None:
        if event.value == self._chosen:
            return
        self._chosen = str(event.value)
        self._values = {each.name: default_of(self._chosen, each.name) for each in settings_of(self._chosen)}
        await self.recompose()
        self.query_one("#task").focus()

    @on(Button.Pressed, "#cancel")
    def cancel(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#start")
    @on(Input.Submitted)
    def action_start(self) -> None:
        try:
            run = self._make()
        except (ValueError, OSError) as error:
            self.query_one("#problem", Label).update(shown_text(explain(error)))
        else:
            self.dismiss(run)

    def _make(self) -> Run:
        given = {each.name: self._read(each) for each in settings_of(self._chosen)}
        consent.give(str(given["cell"]))
        name = self.query_one("#name", Input).value.strip() or None
        return new_runs(self._root, [(name, make_settings(self._chosen, given))], at_once=True)[0]

    def _read(self, each: "Field[Any]") -> Any:
        editor = self.query_one(f"#{each.name}")
        if isinstance(editor, Switch | Select):
            return editor.value
        assert isinstance(editor, Input)
        return parse(each.name, editor.value.strip())


def _row(name: str, help: str, editor: Widget) -> ComposeResult:
    if isinstance(editor, Select):
        editor.compact = True
    with Horizontal(classes="row"):
        yield Label(name.replace("_", " "), classes="name")
        yield editor
        yield Label(help, classes="hint", markup=False)


def _editor(each: "Field[Any]", value: Any) -> Widget:
    if isinstance(value, bool):
        return Switch(value, id=each.name)
    choices = each.metadata["choices"]
    if choices:
        known = choices if value in choices else (*choices, value)
        return Select([(choice, choice) for choice in known], value=value, id=each.name, allow_blank=False)
    suggester = SuggestFromList(_corpus_names()) if each.name == "corpus" else None
    return Line(str(value), id=each.name, suggester=suggester)


def _corpus_names() -> list[str]:
    with suppress(ValueError):  # the corpora folder cannot be read: the one named by its path can, perhaps
        return [entry.name for entry in corpora.listing() if entry.is_here and all(map(is_seen, entry.name))]
    return []
