"""The gates of a network in training: a raster of units × time, and mean and spread over the steps.

One gate of one layer at a time; `next_gate` and `next_layer` step through them.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.events import Resize

from rnntui.probes import CANDIDATE, ROLES, TIME_GATE, GateActivity, Gates, Insight
from rnntui.runs.history import Column
from rnntui.sessions.contract import Session
from rnntui.specs import CELLS
from rnntui.text import format
from rnntui.text.sanitize import shown_text
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.plot import Plot
from rnntui.tui.chart.raster_view import Raster, RasterLine, Sheet
from rnntui.tui.chart.series import Series, SeriesStyle
from rnntui.tui.training.view import GATE, LAYER, RunView, ViewKey

if TYPE_CHECKING:
    from rnntui.probes import Marks

BELOW_FROM = 14  # rows from which on there is room for a chart of mean and spread
GUTTER = 7  # columns left of the shades and of the chart below them, at least
ALIKE = 0.4  # of a gate's range: where most values are within less, shades are over what they fill of it themselves
MOST = 0.1  # of the values are left out at either end where that is asked
RARE = 0.01  # of the values, at either end: so few do not make the rest one shade


ABOUT = """
A raster of units × time steps for one sequence, brighter where a gate is more open, over what the network read there,
and the mean over all units and examples with its spread to either side. `G` shows the next gate, `u` the next layer.
Gates that are alike are shaded over the part of their range that they fill (*stretched*); `v` decides. A Phased LSTM
also has the time gate *k*: its units are sorted by period, and steps at which no unit is open are marked *gaps*.
"""


class GatesView(RunView):
    """The gates last measured, one of them at a time."""

    ABOUT = ABOUT
    DEFAULT_CSS = styles_of(__file__)
    KEYS = (
        GATE,
        LAYER,
        ViewKey(
            "shade",
            "contrast",
            "Shade the gates from 0 to 1, or over the part of it that they fill",
            "stretch",
            "no gates are shown yet: {laboratory.gate} shows them",
        ),
    )
    MEASURES = "gates"
    WAITING = "measuring the gates"
    IS_TALL = True

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.raster, self.means = Raster(self.WAITING), Plot("mean", along="time step")
        self._is_own = session.settings.cell not in CELLS  # a user's, whose letters may mean anything
        self._is_stretched: bool | None = None  # where its values are alike
        self._shows_stretched = False
        self._gates: Gates | None = None
        self._shown: tuple[int, str] | None = None  # layer and letter

    def compose(self) -> ComposeResult:
        self.means.waiting, self.means.smoothing = "", 1
        yield self.raster
        yield self.means

    def take(self, seen: Insight | None) -> None:
        if seen is self._gates or not (seen is None or isinstance(seen, Gates)):
            return
        self._gates = seen
        self._show()

    def say_waiting(self, words: str) -> None:
        self.raster.say_waiting(words)

    def next_gate(self) -> bool:
        """Show the next gate; after a layer's last, the first of the next layer."""
        self._step_on([(opening.layer, opening.letter) for opening in self._openings()])
        return True

    def next_layer(self) -> bool:
        """Show the same gate of the next layer; returns whether there is one."""
        letter = self._shown[1] if self._shown else ""
        self._step_on([(opening.layer, opening.letter) for opening in self._openings() if opening.letter == letter])
        return self.session.settings.layers > 1

    def stretch(self) -> bool:
        """Scale the shades to the values measured, or back to the gate's full range."""
        self._is_stretched = not self._shows_stretched
        self._show()
        return True

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height >= BELOW_FROM, "below")
        self._show()

    def _openings(self) -> tuple[GateActivity, ...]:
        return self._gates.openings if self._gates is not None else ()

    def _step_on(self, places: list[tuple[int, str]]) -> None:
        if self._shown in places:
            self._shown = places[(places.index(self._shown) + 1) % len(places)]
            self._show()

    def _show(self) -> None:
        openings = {(opening.layer, opening.letter): opening for opening in self._openings()}
        if self._gates is None or not openings:
            self.raster.show(None)
            self.means.show([])
            return
        if self._shown not in openings:
            self._shown = next(iter(openings))
        opening = openings[self._shown]
        low, high = bounds(opening)
        shown = sheet(self._gates, opening, self._is_own)
        self._shows_stretched = are_alike(shown) if self._is_stretched is None else self._is_stretched
        if self._shows_stretched:
            shown = stretched(shown)
        look = SeriesStyle(y_range=(low, high), along="time step", follows=True)
        if self.has_class("below"):  # the chart has the raster's columns, and its numbers
            gutter = max(GUTTER, shown.columns_beside)
            shown = replace(shown, gutter=gutter, has_numbers=False).fitted(self.size.width)
            look = replace(look, places=shown.values.shape[1], gutter=gutter)
        else:
            shown = replace(shown, lines=lines(opening))
        self.raster.show(shown)
        self.means.title = f"{opening.letter} on average, and its spread"
        self.means.measure(look)
        self.means.show([Series("mean", banded(opening, look.places or len(opening.units)))])


def bounds(opening: GateActivity) -> tuple[float, float]:
    """The range of a gate: 0 to 1, of a candidate -1 to 1."""
    has_sign = opening.letter == CANDIDATE or bool((opening.units < 0).any())
    return (-1.0, 1.0) if has_sign else (0.0, 1.0)


def sheet(gates: Gates, opening: GateActivity, is_own: bool) -> Sheet:
    """The raster of one gate: what it does, where one is among the gates, its units, and the steps shown."""
    steps, units = opening.units.shape
    holes = gates.holes.get(opening.layer) if opening.letter == TIME_GATE else None
    average = f"mean {format.figure(float(opening.mean.mean()))} ± {format.figure(float(opening.spread.mean()))}"
    by = "period" if holes is not None else "mean" if opening.letter == CANDIDATE else "mean opening"
    words = [average if holes is None else coverage(holes)]
    if (layers := max(other.layer for other in gates.openings)) > 1:
        words.append(f"layer {opening.layer}/{layers}")
    words += [
        f"step {gates.step:,}",
        f"{format.counted(units, 'unit')} by {by}",
        "G next gate",
        "v contrast",
    ]
    low, high = bounds(opening)
    ends = opening.sorted_by[0], opening.sorted_by[-1]
    top, bottom = (f"{end:.2f}" if holes is None else f"{end:.3g}" for end in ends)
    return Sheet(
        titles=titles(gates, opening, is_own),
        words=tuple(words),
        values=opening.units.T,
        low=low,
        high=high,
        how="mean" if holes is None else "maximum",
        ends=(top, bottom),
        named="" if holes is None else "period",
        holes=None if holes is None else holes[:steps],
        read=gates.read,
        steps=gates.steps,
        has_numbers=True,
    )


def are_alike(shown: Sheet) -> bool:
    """Whether the values fill so little of their range that unstretched shades would tell nothing."""
    ends = filled(shown, MOST)
    return ends is not None and ends[1] - ends[0] < ALIKE * (shown.high - shown.low)


def filled(shown: Sheet, without: float = RARE) -> tuple[float, float] | None:
    """From where to where its values reach, without that share at either end; `None` where there are none."""
    import numpy as np

    known = shown.values[np.isfinite(shown.values)]
    if not known.size:
        return None
    low = np.quantile(known, without, method="lower")
    return float(low), float(np.quantile(known, 1 - without, method="higher"))


def stretched(shown: Sheet) -> Sheet:
    """The same raster, its shades over the values there are, but for a few; a candidate's stay symmetric about 0."""
    low, high = filled(shown) or (shown.low, shown.high)
    if shown.low < 0:
        low, high = -max(-low, high), max(-low, high)
    if low >= high:
        low, high = shown.low, shown.high
    return replace(shown, titles=tuple(f"{title} · stretched" for title in shown.titles), low=low, high=high)


def lines(opening: GateActivity) -> tuple[RasterLine, ...]:
    """Mean and spread as rows of bars, for want of a chart; a spread is at most half of what a gate can be."""
    low, high = bounds(opening)
    return RasterLine("mean", opening.mean, low, high), RasterLine("±", opening.spread, 0.0, (high - low) / 2)


def titles(gates: Gates, opening: GateActivity, is_own: bool) -> tuple[str, ...]:
    """The letters of a layer's gates, that of this one in brackets, and what it does, or its name, or neither."""
    letters = [other.letter for other in gates.openings if other.layer == opening.layer]
    menu = shown_text(" ".join(f"[{letter}]" if letter == opening.letter else letter for letter in letters))
    role = "" if is_own else ROLES.get(opening.letter, "")
    return (*(f"{menu} · {words}" for words in (role, role.partition(":")[0]) if role), menu)


def coverage(holes: "Marks") -> str:
    """A phrase: at how many time steps no unit is open."""
    count = int(holes.sum())
    if not count:
        return f"some unit is open at each of {len(holes):,} time steps"
    return f"no unit is open at {count:,} of {len(holes):,} time steps ({count / len(holes):.1%})"


def banded(opening: GateActivity, count: int) -> Column:
    """The mean over the first time steps, a spread to either side, within what a gate can be, as the range of its
    bins.
    """
    low, high = bounds(opening)
    column = Column(max(2, count + count % 2))
    for k, (mean, spread) in enumerate(zip(opening.mean[:count].tolist(), opening.spread.tolist(), strict=False)):
        column.append(k + 1, mean)
        if column.bins.count[k]:
            column.bins.put(k, k + 1, 1.0, max(low, mean - spread), mean, min(high, mean + spread))
    return column
