"""Units in a list, each with what it follows and how well; one is selected, and a click takes it."""

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.message import Message

from rnntui.probes import RankedUnit, UnitName, UnitRanking
from rnntui.text.ellipsis import elided
from rnntui.text.sanitize import one_line
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.sketch import Row, Sketch

R = 5  # cells of a correlation
NOTHING = "no unit has that"


class RankedUnits(Sketch):
    """Of the units that are shown those that the filter leaves."""

    DEFAULT_CSS = styles_of(__file__)
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"rankedunits--{name}" for name in ("head", "note", "unit", "chosen")}

    class Chosen(Message):
        """A unit was clicked."""

        def __init__(self, name: UnitName) -> None:
            super().__init__()
            self.name = name

    def __init__(self) -> None:
        super().__init__()
        self._ranking: UnitRanking | None = None
        self._left: list[RankedUnit] = []
        self._typed = ""
        self._at = self._top = 0

    @property
    def selected(self) -> UnitName | None:
        """The unit that is selected; `None` where none is left."""
        return self._left[self._at].name if self._left else None

    @property
    def is_known(self) -> bool:
        """Whether there is something to list, or why there is not."""
        return self._ranking is not None

    def show(self, ranking: UnitRanking, chosen: UnitName | None) -> None:
        """List the units, or say why there are none; the one that was chosen before is selected."""
        self._ranking = ranking
        self.filter(self._typed)
        self._at = next((k for k, unit in enumerate(self._left) if unit.name == chosen), 0)

    def filter(self, typed: str) -> None:
        """Leave the units that have all the words; the first of them is selected."""
        self._typed = typed
        words = typed.casefold().split()
        units = self._ranking.units if self._ranking else ()
        self._left = [unit for unit in units if all(word in _said(unit) for word in words)]
        self._at = 0
        self.redraw()

    def step(self, rows: int) -> None:
        """Select the unit so many rows below, as far as that goes."""
        self._at = max(0, min(len(self._left) - 1, self._at + rows))
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        if self._ranking is None:
            return []
        if not self._left:
            return self.saying(self._ranking.problem or NOTHING, width)
        count = height - 1
        self._top = max(0, min(self._top, self._at, len(self._left) - count), self._at - count + 1)
        shown = self._left[self._top : self._top + count]
        name = max(len("unit"), *(len(str(unit.name)) for unit in self._left))
        room = max(1, width - name - R - 6)
        head = f"  {'unit':<{name}}  {'follows':<{room}}  {'r':>{R}}"
        return [[Segment(head[:width], self.role("head"))], *(self._row(unit, name, room) for unit in shown)]

    def _row(self, unit: RankedUnit, name: int, room: int) -> Row:
        is_selected = unit.name == self.selected
        follows = f"{elided(one_line(unit.follows), room):<{room}}"
        words = f"{'▸' if is_selected else ' '} {unit.name!s:<{name}}  {follows}  {unit.r:>+{R}.2f}"
        return [Segment(words, self.role("chosen" if is_selected else "unit"))]

    def on_click(self, event: events.Click) -> None:
        place = self._top + event.y - 1
        if event.y and place < len(self._left):
            self.post_message(self.Chosen(self._left[place].name))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.step(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.step(-1)


def _said(unit: RankedUnit) -> str:
    return f"{unit.name} {unit.follows}".casefold()
