"""A form for a new run, made from the settings' own declarations."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input, Select, Switch

from rnntui.config import (
    Settings,
    check_new,
    make_settings,
    settings_of,
    with_captions,
)
from rnntui.runs import Run, making, origin
from rnntui.runs.effects import without_effect
from rnntui.sessions import doubts
from rnntui.specs import TASKS
from rnntui.system import consent
from rnntui.system.failures import explain
from rnntui.tui.base.footer import Keys
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.labels import Caption, Words
from rnntui.tui.base.styles import styles_of
from rnntui.tui.dialogs.choose import Choose
from rnntui.tui.dialogs.explanation import Explanation
from rnntui.tui.training.about_form import ABOUT
from rnntui.tui.training.form_editors import FormEditors
from rnntui.tui.training.form_row import (
    AS_BELOW,
    NAME_HINT,
    FormFields,
    FormRow,
    editor_of,
    first_fields,
    help_of,
    hint_of,
    typed,
    width_within,
)
from rnntui.tui.training.form_summary import FormSummary
from rnntui.tui.training.form_values import made, of_preset, own_settings, usual

IN_PLACE = "r"
WAYS = {IN_PLACE: "in its place", "b": "beside it"}


if TYPE_CHECKING:
    from dataclasses import Field


@dataclass(frozen=True)
class NewRun:
    """A new run to start, locked; `in_place` if it replaces the one of its task, else it is added beside it."""

    run: Run
    in_place: bool = False


class NewRunForm(FormEditors[NewRun]):
    """Settings of a run to start; it says what is wrong with them, and its result is the new run.

    `taken` says, for a task, which run has a pane already and what would become of it, or nothing: then it asks.
    """

    DEFAULT_CSS = styles_of(__file__)
    AUTO_FOCUS = "#name"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("form", "leave", "cancel", "cancel", "Start nothing", show=True),
        bound("form", "accept", "start", "start", "Start this run", show=True, priority=True),
        bound("form", "about", "about", "about", "What this form is", show=True),
    ]

    def __init__(self, settings: Settings, root: Path, taken: Callable[[str], str] = lambda task: "") -> None:
        super().__init__()
        self._root, self._taken = root, taken
        self._chosen, self._preset = settings.task, AS_BELOW
        self._began_with = ""  # the run whose network is in the fields
        self._values: dict[str, Any] = {
            setting.name: getattr(settings, setting.name) for setting in settings_of(self._chosen)
        }
        self._starts_with = usual(self._chosen, self._preset, "")  # a new run of the task
        self._is_marking = False  # whether it is about to mark its rows
        self._focused: FormRow | None = None  # the field that has the focus, or had it last

    def compose(self) -> ComposeResult:
        """Put it together as it will be: what comes in a first frame must not jump in the second."""
        own, width = own_settings(settings_of(self._chosen), self._values), width_within(self.app.size.width)
        changed = sum(self._differs(setting.name, self._values[setting.name]) for setting in own)
        settings = made(self._chosen, {setting.name: self._values[setting.name] for setting in own})
        why_not = without_effect(settings) if settings is not None else {}
        with Vertical(classes="dialog wide") as dialog:
            dialog.border_title = "start a run"
            with VerticalScroll():
                yield FormFields(first_fields(self._chosen, self._root), width)
                for group, of_group in groupby(settings_of(self._chosen), lambda setting: setting.metadata["group"]):
                    yield Caption(group, classes="group")
                    rows = (self._row(each, each in own, why_not.get(each.name, "")) for each in of_group)
                    yield FormFields(rows, width)
            yield Words(help_of("name", NAME_HINT), id="hint")
            yield FormSummary(self._root, changed, settings, width)
            yield Words(id="problem")
            with Horizontal(id="buttons"):
                yield Button("Start", variant="primary", id="start", compact=True)
                yield Button("Cancel", id="cancel", compact=True)
        yield Keys()

    def _row(self, setting: "Field[Any]", applies: bool, why_not: str) -> FormRow:
        value = self._values[setting.name]
        row = FormRow(setting.name, hint_of(setting), editor_of(setting, value))
        row.mark(applies=applies, differs=applies and self._differs(setting.name, value), why_not=why_not)
        return row

    def _differs(self, name: str, value: Any) -> bool:
        """Whether a value, or what is typed for it, is not what a new run starts with."""
        usual = self._starts_with[name]
        return value not in (usual, typed(usual))

    def on_mount(self) -> None:
        self.call_after_refresh(self._mark_rows)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show the help of the field that has the focus, in full; a button leaves the last one there."""
        row = next((widget for widget in event.widget.ancestors if isinstance(widget, FormRow)), None)
        if row is not None:
            self._focused = row
            self._say_help()

    def _say_help(self) -> None:
        row = self._focused
        if row is not None:
            self.query_one("#hint", Words).update(help_of(row.setting, row.hint, row.why_not))

    @on(Input.Changed)
    @on(Select.Changed)
    @on(Switch.Changed)
    def follow_editors(self) -> None:
        """Show the settings that the cell and the optimizer have, mark those that were changed, and sum up."""
        if self.is_whole and not self._is_marking:
            self._is_marking = self.call_later(self._mark_rows)  # once for all that changes at a time

    def _mark_rows(self) -> None:
        self._is_marking = False
        own, changed, settings = {setting.name for setting in self._own_settings()}, 0, None
        with suppress(ValueError):
            settings = make_settings(self._chosen, self._given())
        why_not = without_effect(settings) if settings is not None else {}
        for row in self.query(FormRow):
            if row.setting in self._starts_with:
                applies = row.setting in own
                differs = applies and self._differs(row.setting, row.value)
                row.mark(applies=applies, differs=differs, why_not=why_not.get(row.setting, ""))
                changed += differs
        self._say_help()
        self.query_one(FormSummary).tell(changed, settings)

    def _own_settings(self) -> "list[Field[Any]]":
        """The settings that the task has, and the cell and the optimizer that are chosen."""
        typed_in = {name: self.editor_value(name) for name in ("cell", "optimizer") if self.query(f"#{name}")}
        return own_settings(settings_of(self._chosen), typed_in)

    def _given(self) -> dict[str, Any]:
        """The settings as they are typed, without those that the cell or the optimizer does not have."""
        return {setting.name: self.read(setting) for setting in self._own_settings()}

    @on(Select.Changed, "#task")
    async def change_task(self, event: Select.Changed) -> None:
        if event.value == self._chosen:
            return
        self._chosen, self._preset = str(event.value), AS_BELOW
        self._values = self._starts_with = usual(self._chosen, self._preset, "")
        self.is_whole, self._began_with = False, ""
        await self.recompose()
        self.is_whole = True
        self._mark_rows()
        self._go()
        self.query_one("#task").focus()

    @on(Input.Blurred, "#corpus")
    def follow_corpus(self, event: Input.Blurred) -> None:
        """Let what was not changed by hand follow the size of another corpus, where the settings did before."""
        corpus, before = event.value.strip(), self._values["corpus"]
        if corpus == before or any(
            self._values[name] != value for name, value in of_preset(self._chosen, self._preset, before).items()
        ):
            return
        self._fill(of_preset(self._chosen, self._preset, corpus))
        self._values["corpus"] = corpus

    @on(Select.Changed, "#preset")
    def take_preset(self, event: Select.Changed) -> None:
        """Show the settings of a preset, as they follow the size of the corpus."""
        if event.value == self._preset:
            return
        self._preset = str(event.value)
        if self._preset != AS_BELOW:
            corpus = self.editor_value("corpus").strip() if TASKS[self._chosen].has_corpus else ""
            self._fill(of_preset(self._chosen, self._preset, corpus))

    def _fill(self, settings: dict[str, Any]) -> None:
        """Show these settings, but where another was typed, or belongs to the network that is taken over."""
        taken_over = origin.NETWORK if self.query_one("#from", Input).value.strip() else ()
        for name, value in settings.items():
            shown = self._values[name]
            if name not in taken_over and self.editor_value(name) in (shown, typed(shown)):
                self.show_value(name, value)
        self._values = {**self._values, **settings}

    @on(Button.Pressed, "#cancel")
    def cancel(self) -> None:
        self.close(None)

    @on(Input.Blurred, "#from")
    def take_over(self) -> None:
        """Show the settings that come with the run to begin with."""
        if not (self.is_whole and self.query_one("#from", Input).value.strip()):
            return
        try:
            self._start()
        except (ValueError, OSError) as error:
            self._say(explain(error))
        else:
            self._say("")

    def _start(self) -> origin.Start | None:
        """The weights to begin with, if a run is named; the fields have its network's settings by then."""
        reference = self.query_one("#from", Input).value.strip()
        if not reference:
            self._began_with = ""
            return None
        consent.give(str(self.editor_value("cell")))
        start = origin.read(self._root, reference)
        if reference != self._began_with:
            known = start.run.settings()
            lower = {"lower": True} if known.lower else {}
            for name, value in {**origin.network_of(known), **lower}.items():
                self.show_value(name, value)
            self._began_with = reference
        return start

    @on(Button.Pressed, "#start")
    @on(Input.Submitted)
    def action_start(self) -> None:
        try:
            start = self._start()
            given = self._given()
            consent.give(str(given["cell"]))
            if start is not None:
                given = origin.with_its_network(start, self._chosen, given)
            settings = make_settings(self._chosen, given)
            check_new(settings)
            making.check(settings, at_once=True)
        except (ValueError, OSError) as error:
            self._say(explain(error))
            return
        if doubt := doubts.doubt("learning_rate", settings.lr):
            self.ask(Choose(doubt, {"y": "use it anyway"}), lambda key: self._place(settings, start) if key else None)
        else:
            self._place(settings, start)

    def _place(self, settings: Settings, start: origin.Start | None) -> None:
        """Ask whether it replaces a run of its task, if there is one on the screen."""
        if taken := self._taken(settings.task):
            self.ask(
                Choose(taken, WAYS),
                lambda way: self._make(settings, start, in_place=way == IN_PLACE) if way else None,
            )
        else:
            self._make(settings, start)

    def _make(self, settings: Settings, start: origin.Start | None, *, in_place: bool = False) -> None:
        name = self.query_one("#name", Input).value.strip() or None
        try:
            run = making.make(self._root, [(name, settings)], start)[0]
        except (ValueError, OSError) as error:
            self._say(explain(error))
        else:
            self.close(NewRun(run, in_place))

    def action_about(self) -> None:
        self.ask(Explanation(ABOUT.strip(), has_keys=False))

    def _say(self, problem: str) -> None:
        self.query_one("#problem", Words).update(with_captions(problem))
