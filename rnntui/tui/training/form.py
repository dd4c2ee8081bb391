"""A form for a new run, made from the settings' own declarations."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Switch

from rnntui import corpora
from rnntui.config import (
    MACHINE,
    Settings,
    caption,
    check_new,
    make_settings,
    parse,
    settings_of,
    with_captions,
)
from rnntui.runs import Run, making, origin
from rnntui.runs.folders import name_of, runs
from rnntui.sessions import doubts
from rnntui.specs import TASKS
from rnntui.system import consent
from rnntui.system.failures import explain
from rnntui.text.sanitize import is_seen
from rnntui.tui.base.dialog import Dialog
from rnntui.tui.base.labels import Caption, Words
from rnntui.tui.base.line import LineInput
from rnntui.tui.base.styles import styles_of
from rnntui.tui.dialogs.choose import Choose

IN_PLACE = "r"
WAYS = {IN_PLACE: "in its place", "b": "beside it"}
PRESET_HINT = "Fills the fields below; what was changed in them by hand stays."
AS_BELOW = ""  # no preset: the fields as they are
FROM_HINT = "Run to begin with, whose network is taken over: RUN, RUN@STEP or RUN@best; empty for new weights."

OF_THE_TEXT = ("corpus", "encoding", "lower")

if TYPE_CHECKING:
    from dataclasses import Field


@dataclass(frozen=True)
class NewRun:
    """A new run to start, locked; `in_place` if it replaces the one of its task, else it is added beside it."""

    run: Run
    in_place: bool = False


class NewRunForm(Dialog[NewRun]):
    """Settings of a run to start; it says what is wrong with them, and its result is the new run.

    `taken` says, for a task, which run has a pane already and what would become of it, or nothing: then it asks.
    """

    DEFAULT_CSS = styles_of(__file__)
    AUTO_FOCUS = "#name"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="form.cancel", tooltip="Start nothing"),
        Binding("ctrl+s", "start", "Start", id="form.start", tooltip="Start this run", priority=True),
    ]

    def __init__(self, settings: Settings, root: Path, taken: Callable[[str], str] = lambda task: "") -> None:
        super().__init__()
        self._root, self._taken = root, taken
        self._chosen, self._preset = settings.task, AS_BELOW
        self._began_with = ""  # the run whose network is in the fields
        self._values: dict[str, Any] = {
            setting.name: getattr(settings, setting.name) for setting in settings_of(self._chosen)
        }

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide") as dialog:
            dialog.border_title = "start a run"
            with VerticalScroll():
                tasks = Select([(task, task) for task in TASKS], value=self._chosen, id="task", allow_blank=False)
                yield from _row("task", "What to learn.", tasks)
                presets = [("as below", AS_BELOW), *((name, name) for name in TASKS[self._chosen].presets)]
                yield from _row("preset", PRESET_HINT, Select(presets, value=AS_BELOW, id="preset", allow_blank=False))
                yield from _row("name", "If left empty, it gets a number.", LineInput(id="name"))
                known = SuggestFromList([name_of(path) for path in runs(self._root)])
                yield from _row("from", FROM_HINT, LineInput(id="from", suggester=known))
                group = None
                for setting in settings_of(self._chosen):
                    if setting.metadata["group"] != group:
                        group = setting.metadata["group"]
                        yield Caption(group, classes="group")
                    yield from _row(setting.name, _hint(setting), _editor(setting, self._values[setting.name]))
            yield Words(id="problem")
            with Horizontal(id="buttons"):
                yield Button("Start", variant="primary", id="start", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    @on(Select.Changed, "#task")
    async def change_task(self, event: Select.Changed) -> None:
        if event.value == self._chosen:
            return
        self._chosen, self._preset = str(event.value), AS_BELOW
        self._values = self._usual("")
        self.is_whole, self._began_with = False, ""
        await self.recompose()
        self.is_whole = True
        self._go()
        self.query_one("#task").focus()

    @on(Input.Blurred, "#corpus")
    def follow_corpus(self, event: Input.Blurred) -> None:
        """Let what was not changed by hand follow the size of another corpus, where the settings did before."""
        corpus, before = event.value.strip(), self._values["corpus"]
        if corpus == before or any(self._values[name] != value for name, value in self._of_preset(before).items()):
            return
        self._fill(self._of_preset(corpus))
        self._values["corpus"] = corpus

    @on(Select.Changed, "#preset")
    def take_preset(self, event: Select.Changed) -> None:
        """Show the settings of a preset, as they follow the size of the corpus."""
        if event.value == self._preset:
            return
        self._preset = str(event.value)
        if self._preset != AS_BELOW:
            corpus = self._editor_value("corpus").strip() if TASKS[self._chosen].has_corpus else ""
            self._fill(self._of_preset(corpus))

    def _fill(self, settings: dict[str, Any]) -> None:
        """Show these settings, but where another was typed, or belongs to the network that is taken over."""
        taken_over = origin.NETWORK if self.query_one("#from", Input).value.strip() else ()
        for name, value in settings.items():
            shown = self._values[name]
            if name not in taken_over and self._editor_value(name) in (shown, _typed(shown)):
                self._show(name, value)
        self._values = {**self._values, **settings}

    def _of_preset(self, corpus: str) -> dict[str, Any]:
        """What a new run starts from, without what no preset is about: the text, the machine and the seed."""
        kept = {"seed", *OF_THE_TEXT}
        fields = Settings.__dataclass_fields__
        return {
            name: value
            for name, value in self._usual(corpus).items()
            if name not in kept and fields[name].metadata["group"] != MACHINE
        }

    def _usual(self, corpus: str) -> dict[str, Any]:
        """What a new run of the task starts from, with that corpus and the preset that is shown; the task's defaults
        where there is none such.
        """
        try:
            usual = making.settings(self._chosen, {"corpus": corpus} if corpus else {}, self._preset or None)
        except (ValueError, OSError):
            usual = make_settings(self._chosen, {"corpus": corpus} if corpus else {}, self._preset or None)
        return {setting.name: getattr(usual, setting.name) for setting in settings_of(self._chosen)}

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
        consent.give(str(self._editor_value("cell")))
        start = origin.read(self._root, reference)
        if reference != self._began_with:
            known = start.run.settings()
            lower = {"lower": True} if known.lower else {}
            for name, value in {**origin.network_of(known), **lower}.items():
                self._show(name, value)
            self._began_with = reference
        return start

    def _show(self, name: str, value: Any) -> None:
        for editor in self.query(f"#{name}"):
            if isinstance(editor, Switch | Select):
                editor.value = value
            elif isinstance(editor, Input):
                editor.value = _typed(value)

    def _editor_value(self, name: str) -> Any:
        editor = self.query_one(f"#{name}")
        return editor.value if isinstance(editor, Switch | Select | Input) else None

    @on(Button.Pressed, "#start")
    @on(Input.Submitted)
    def action_start(self) -> None:
        try:
            start = self._start()
            given = {setting.name: self._read(setting) for setting in settings_of(self._chosen)}
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

    def _say(self, problem: str) -> None:
        self.query_one("#problem", Words).update(with_captions(problem))

    def _read(self, setting: "Field[Any]") -> Any:
        editor = self.query_one(f"#{setting.name}")
        if isinstance(editor, Switch | Select):
            return editor.value
        assert isinstance(editor, Input)
        return parse(setting.name, editor.value.strip())


def _row(name: str, help: str, editor: Widget) -> ComposeResult:
    if isinstance(editor, Select):
        editor.compact = True
    with Horizontal(classes="row"):
        yield Caption(caption(name), classes="name")
        yield editor
        yield Caption(help, classes="hint")


def _editor(setting: "Field[Any]", value: Any) -> Widget:
    """A switch, a list, or an input line where values outside the list are allowed."""
    if isinstance(value, bool):
        return Switch(value, id=setting.name)
    choices = setting.metadata["choices"]
    if choices and not setting.metadata["open_choice"]:
        return Select([(choice, choice) for choice in choices], value=value, id=setting.name, allow_blank=False)
    known = corpus_names() if setting.name == "corpus" else choices
    return LineInput(_typed(value), id=setting.name, suggester=SuggestFromList(known) if known else None)


def _typed(value: Any) -> str:
    """A value as it is typed; nothing for one that is not given."""
    return "" if value is None else str(value)


def _hint(setting: "Field[Any]") -> str:
    """The help of a setting and, without a list, what can be typed."""
    meta = setting.metadata
    known = f"{', '.join(meta['choices'])}: " if meta["choices"] and meta["open_choice"] else ""
    return with_captions(f"{known}{meta['help']}")


def corpus_names() -> list[str]:
    """Names of the texts that are on this machine, offered as completions."""
    with suppress(ValueError):  # the corpora folder cannot be read: the one named by its path can, perhaps
        return [entry.name for entry in corpora.listing() if entry.is_here and all(map(is_seen, entry.name))]
    return []
