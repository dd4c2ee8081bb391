"""A form for a new run, made from the settings' own declarations."""

from dataclasses import Field, dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Select, Switch

from rnntui import corpora
from rnntui.config import TASKS, Settings, default_of, make_settings, settings_of


@dataclass(frozen=True)
class Order:
    """What the form was filled in with."""

    settings: Settings
    name: str | None


class Form(ModalScreen[Order | None]):
    """Settings of a run to start; it says what is wrong with them before it lets them go."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Start nothing"),
        Binding("ctrl+s", "start", "Start", id="form.start", tooltip="Start this run", priority=True),
    ]

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._chosen = settings.task
        self._values: dict[str, Any] = {each.name: getattr(settings, each.name) for each in settings_of(self._chosen)}

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide") as dialog:
            dialog.border_title = "start a run"
            with VerticalScroll():
                tasks = Select([(task, task) for task in TASKS], value=self._chosen, id="task", allow_blank=False)
                yield from _row("task", "What to learn.", tasks)
                yield from _row("name", "Left empty, it gets a number.", Input(id="name"))
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
            order = self._order()
        except ValueError as error:
            self.query_one("#problem", Label).update(str(error))
        else:
            self.dismiss(order)

    def _order(self) -> Order:
        given = {each.name: self._read(each) for each in settings_of(self._chosen)}
        settings = make_settings(self._chosen, given)
        if self._chosen == "text":
            corpora.find(settings.corpus)
        return Order(settings, self.query_one("#name", Input).value.strip() or None)

    def _read(self, each: "Field[Any]") -> Any:
        editor = self.query_one(f"#{each.name}")
        if isinstance(editor, Switch):
            return editor.value
        if isinstance(editor, Select):
            return editor.value
        assert isinstance(editor, Input)
        kind, text = type(default_of(self._chosen, each.name)), editor.value.strip()
        try:
            return kind(text)
        except ValueError:
            raise ValueError(f"{each.name} must be a number, not {text!r}") from None


def _row(name: str, help: str, editor: Widget) -> ComposeResult:
    if isinstance(editor, Select | Input):
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
    names = [entry.name for entry in corpora.listing() if entry.is_here] if each.name == "corpus" else []
    return Input(str(value), id=each.name, suggester=SuggestFromList(names) if names else None)
