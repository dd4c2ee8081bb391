"""Units in a list, each with what it follows and how well; one is selected, and a click takes it."""

import math
from collections.abc import Iterator
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.message import Message

from rnntui.probes import RankedUnit, UnitName, UnitRanking
from rnntui.text.ellipsis import elided
from rnntui.text.sanitize import one_line
from rnntui.text.signed import signed
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.sketch import Row, Sketch

R = 5  # cells of a correlation
LEAST_ROOM = 6  # cells of what a unit follows, below which its correlation is left out
NOTHING = "no unit has that"
UNKNOWN = "–"


class RankedUnits(Sketch):
    """Of the units that are shown those that the filter leaves; a unit that it names comes first, ranked or not."""

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
        self._words: dict[UnitName, str] = {}  # by which units are found
        self._waits = ""  # for what, until they are ranked
        self._left: list[RankedUnit] = []
        self._typed = ""
        self._at = self._top = 0

    @property
    def is_known(self) -> bool:
        """Whether there is something to list, or why there is not."""
        return self._ranking is not None

    @property
    def selected(self) -> UnitName | None:
        """The unit that is selected; `None` where none is left."""
        return self._left[self._at].name if self._left else None

    def wait(self, words: str) -> None:
        """Say what the ranking waits for."""
        if words != self._waits:
            self._waits = words
            self.redraw()

    def show(self, ranking: UnitRanking, chosen: UnitName | None) -> None:
        """List the units, or say why there are none; the one that was chosen before is selected."""
        self._ranking = ranking
        self._words = {unit.name: f"{unit.name} {unit.follows}".casefold() for unit in ranking.units}
        self.filter(self._typed)
        if not self._typed:
            self._at = next((k for k, unit in enumerate(self._left) if unit.name == chosen), 0)

    def filter(self, typed: str) -> None:
        """Leave the units that have all the words, or whose name begins as what is typed; the first is selected."""
        self._typed, self._at = typed, 0
        self._left = list(self._found(typed))
        self.redraw()

    def _found(self, typed: str) -> Iterator[RankedUnit]:
        units = self._ranking.units if self._ranking else ()
        if (named := UnitName.typed(typed)) is not None:
            yield next((unit for unit in units if unit.name == named), RankedUnit(named, "", math.nan))
            yield from (unit for unit in units if str(unit.name).startswith(str(named)) and unit.name != named)
            return
        words = set(typed.casefold().split())
        yield from (unit for unit in units if all(word in self._words[unit.name] for word in words))

    def step(self, rows: int) -> None:
        """Select the unit so many rows below, as far as that goes."""
        self._at = max(0, min(len(self._left) - 1, self._at + rows))
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        if not self._left:
            ranking = self._ranking
            return self.saying(self._waits if ranking is None else one_line(ranking.problem) or NOTHING, width)
        count = height - 1
        self._top = max(0, min(self._top, self._at, len(self._left) - count), self._at - count + 1)
        name = max(len("unit"), *(len(str(unit.name)) for unit in self._left))
        room = width - name - 4
        has_r = room - R - 2 >= LEAST_ROOM
        room = max(0, room - (R + 2) * has_r)
        head = f"  {'unit':<{name}}  {'follows':<{room}}{f'  {chr(114):>{R}}' * has_r}"
        rows: list[Row] = [[Segment(head[:width], self.role("head"))]]
        for k in range(self._top, min(self._top + count, len(self._left))):
            unit, is_selected = self._left[k], k == self._at
            follows = f"{elided(one_line(unit.follows) or UNKNOWN, room):<{room}}"
            r = UNKNOWN if math.isnan(unit.r) else signed(unit.r)
            words = f"{'▸' if is_selected else ' '} {unit.name!s:<{name}}  {follows}{f'  {r:>{R}}' * has_r}"
            rows.append([Segment(words[:width], self.role("chosen" if is_selected else "unit"))])
        return rows

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
