"""Which unit the pages are shaded by, from a list of what each follows on the page, over the screen."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from rnntui.probes import UnitName, UnitRanking
from rnntui.text.format import counted
from rnntui.tui.base.dialog import Dialog
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.labels import Caption, Words, one_line
from rnntui.tui.base.line import LineInput
from rnntui.tui.base.styles import styles_of
from rnntui.tui.writing_room.ranked_units import RankedUnits

LOOK_SECONDS = 0.05  # from one look for the ranking to the next
RANKING = "reading the page …"
HINT = "↑ ↓ choose, Enter shades by it · type what it follows, or a unit: 1 h 5 · Esc: back"
UNKNOWN = "{typed!r} is no layer, state and number, such as 2 c 37, and nothing in the list has it"
_key = partial(bound, "choose-unit")


class ChooseUnit(Dialog[UnitName]):
    """`ranking` is looked at until it is there; `None` is none yet. The result is `None` where the user left."""

    DEFAULT_CSS = styles_of(__file__)
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("leave", "cancel", "cancel", "Shade as before", show=True),
        _key("up", "step(-1)", "unit above", "Select the unit above", priority=True),
        _key("down", "step(1)", "unit below", "Select the unit below", priority=True),
        _key("page up", "page(-1)", "page up", "Select a unit a page above", priority=True),
        _key("page down", "page(1)", "page down", "Select a unit a page below", priority=True),
    ]

    def __init__(self, chosen: UnitName | None, ranking: Callable[[], UnitRanking | None]) -> None:
        super().__init__()
        self._chosen, self._ranking = chosen, ranking

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            with Horizontal(id="finding"):
                yield Caption("unit /")
                yield LineInput(placeholder="what it follows, or layer, state and number")
            yield RankedUnits()
            yield Words(RANKING, classes="hint")

    def on_mount(self) -> None:
        """Called beside the dialog's own."""
        self._looking = self.set_interval(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        ranking = self._ranking()
        if ranking is None:
            return
        self._looking.stop()
        if ranking.units:
            read = counted(ranking.characters, "character")
            self.query_one(".dialog").border_title = one_line(f"what the units follow in {read} of this page")
        self.query_one(RankedUnits).show(ranking, self._chosen)
        self.query_one(".hint", Words).update(HINT)

    def action_step(self, rows: int) -> None:
        self.query_one(RankedUnits).step(rows)

    def action_page(self, pages: int) -> None:
        units = self.query_one(RankedUnits)
        units.step(pages * max(1, units.size.height - 1))

    @on(Input.Changed)
    def find(self, event: Input.Changed) -> None:
        units = self.query_one(RankedUnits)
        units.filter(event.value)
        if units.is_known:
            self.query_one(".hint", Words).update(HINT)

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Take what was typed, where it names a unit, else what is selected."""
        selected = UnitName.typed(event.value) or self.query_one(RankedUnits).selected
        if selected is not None:
            self.close(selected)
        elif event.value.strip():
            self.query_one(".hint", Words).update(UNKNOWN.format(typed=event.value.strip()))

    @on(RankedUnits.Chosen)
    def take_clicked(self, event: RankedUnits.Chosen) -> None:
        self.close(event.name)
