"""Which unit the pages are shaded by, from a list of what each follows on the page, over the screen."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.widgets import Input

from rnntui.probes import NO_UNIT, UnitName, UnitRanking
from rnntui.text.ellipsis import elided
from rnntui.text.format import counted
from rnntui.tui.base.dialog import Dialog
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.labels import Caption, Words, one_line
from rnntui.tui.base.line import LineInput
from rnntui.tui.base.styles import styles_of
from rnntui.tui.writing_room.ranked_units import RankedUnits

LOOK_SECONDS = 0.05  # from one look for the ranking to the next
HINT = "↑ ↓ choose, Enter shades by it · type what it follows, or a unit: 1 h 5 · Esc: back"
ONLY_TYPED = "type a unit by layer, state and number: 1 h 5 · Esc: back"
LOW = 16  # rows below which nothing is said below the list
LONGEST_SAID = 20  # cells of what was typed, where it is said
_key = partial(bound, "choose-unit")


class FindUnit(LineInput):
    """What a unit follows, or its name."""

    BINDINGS: ClassVar[list[BindingType]] = [_key("do", "submit", "shade by it", "Shade by this unit", show=True)]


class ChooseUnit(Dialog[UnitName]):
    """`ranking` is looked at until it is one; until then it says what it waits for. The result is `None` where the user
    left.
    """

    DEFAULT_CSS = styles_of(__file__)
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("leave", "cancel", "cancel", "Shade as before", show=True),
        _key("up", "step(-1)", "unit above", "Select the unit above", priority=True),
        _key("down", "step(1)", "unit below", "Select the unit below", priority=True),
        _key("page up", "page(-1)", "page up", "Select a unit a page above", priority=True),
        _key("page down", "page(1)", "page down", "Select a unit a page below", priority=True),
    ]

    def __init__(self, chosen: UnitName | None, ranking: Callable[[], UnitRanking | str]) -> None:
        super().__init__()
        self._chosen, self._ranking = chosen, ranking
        self._hint = ""  # what the keys do, or what is waited for

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            with Horizontal(classes="finding"):
                yield Caption("unit /")
                yield FindUnit(placeholder="what it follows, or layer, state and number")
            yield RankedUnits()
            yield Words(classes="hint")

    def on_mount(self) -> None:
        """Called beside the dialog's own."""
        self._looking = self.set_interval(LOOK_SECONDS, self._look)

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height < LOW, "low")

    def _look(self) -> None:
        """Show the ranking, or what it waits for."""
        units, told = self.query_one(RankedUnits), self._ranking()
        if isinstance(told, str):
            units.wait(told)
            return
        self._looking.stop()
        if told.units:
            read = counted(told.characters, "character")
            where = f"its last {read}" if told.of > told.characters else f"{read} of this page"
            self.query_one(".dialog").border_title = one_line(f"what units follow in {where}")
        units.show(told, self._chosen)
        self._hint = HINT if told.units else ONLY_TYPED
        self._say(self._hint)

    def _say(self, words: str) -> None:
        self.query_one(".hint", Words).update(words)

    def action_step(self, rows: int) -> None:
        self.query_one(RankedUnits).step(rows)

    def action_page(self, pages: int) -> None:
        units = self.query_one(RankedUnits)
        units.step(pages * max(1, units.size.height - 1))

    @on(Input.Changed)
    def find(self, event: Input.Changed) -> None:
        self.query_one(RankedUnits).filter(event.value)
        self._say(self._hint)

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        units = self.query_one(RankedUnits)
        if units.selected is not None:
            self.close(units.selected)
        elif units.is_known and event.value.strip():
            self._say(NO_UNIT.format(typed=repr(elided(event.value.strip(), LONGEST_SAID))))

    @on(RankedUnits.Chosen)
    def take_clicked(self, event: RankedUnits.Chosen) -> None:
        self.close(event.name)
