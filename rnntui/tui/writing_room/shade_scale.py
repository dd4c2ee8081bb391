"""The scale of a page's shades: what each of them means, in the very style that characters have.

surprisal in bits: expected ▏0 ½ 1 2 3 4 6 8+▕ unexpected
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.widget import Widget

from rnntui.probes import UnitName, UnitStates
from rnntui.text.surprisal_scale import SHADES, in_words
from rnntui.tui.base.signed_shades import has_many_colours
from rnntui.tui.base.styles import styles_of
from rnntui.tui.writing_room.page_shades import LEAST_RUN, OF_UNIT, Shading
from rnntui.tui.writing_room.shade_styles import SHADE_CLASSES, note_colours, shade_css, shade_style

USUAL = 44  # columns that a heading leaves it, where that is not more than half of them


@dataclass(frozen=True)
class Scale:
    """What is shaded, what its weakest and strongest shades mean, and on each shade its least value."""

    name: str = ""
    low: str = ""
    high: str = ""
    steps: tuple[tuple[str, int], ...] = ()  # words, and the shade on which they stand

    @property
    def is_bare(self) -> bool:
        """Whether nothing stands on the shades, so that their ends are always told."""
        return all(not step.strip() for step, _ in self.steps)


NOT_SHADED = Scale("not shaded")
SURPRISAL = Scale("surprisal in bits", "expected", "unexpected", tuple((f" {in_words(k)} ", k) for k in range(SHADES)))
PROBABILITY = Scale(
    "probability in %",
    "likely",
    "unlikely",
    tuple((f" {100 * (SHADES - 1 - k) / SHADES:.0f} ", k) for k in range(SHADES)),
)
MEMORY = Scale(
    "characters in a row as in the training text",
    "its own",
    "copied",
    (("   ", 0), *((f" {LEAST_RUN << (k - 1)} ", k) for k in range(1, SHADES))),
)
SCALES = {"none": NOT_SHADED, "surprisal": SURPRISAL, "probability": PROBABILITY, "memory": MEMORY}
NAMES = {
    SURPRISAL.name: "surprisal",
    PROBABILITY.name: "probability",
    MEMORY.name: "memory",
}  # where there is no room for all of it


def scale_of(shading: Shading, unit: UnitName | None, states: UnitStates | None) -> Scale:
    """The scale of a shading; that of a unit by what it does on a page."""
    if shading != "unit":
        return SCALES[shading]
    if states is None or states.unit != unit:
        return Scale(f"unit {unit}")
    if states.problem:
        return Scale(f"the network {states.problem}")
    low, high = states.scale.ends(states.states)
    return Scale(f"unit {unit}", low, high, tuple((" ", OF_UNIT + step) for step in states.scale.shades))


def beside_scale(width: int) -> int:
    """How long a heading of so much room may be for the sake of the scale beside it."""
    return max(width - USUAL, width // 2)


class ShadeScale(Widget):
    """A row that shows a scale, as much of it as there is room for."""

    DEFAULT_CSS = styles_of(__file__) + shade_css("ShadeScale")
    ALLOW_SELECT: ClassVar[bool] = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {*SHADE_CLASSES, "shadescale--words"}

    def __init__(self) -> None:
        super().__init__()
        self._scale = Scale()
        self._room = 0

    def show(self, scale: Scale, room: int) -> int:
        """Show a scale in so much room at most; how many cells it takes."""
        if (scale, room) != (self._scale, self._room):
            self._scale, self._room = scale, room
            self.styles.width = self._drawn().cell_len
            self.refresh()
        return self._drawn().cell_len

    def least(self, scale: Scale) -> int:
        """Cells of a scale's shortest manner that has a name."""
        short = NAMES.get(scale.name, scale.name)
        return self._in_style(scale, f"{short} " if scale.steps else scale.name, False).cell_len

    def on_mount(self) -> None:
        note_colours(self)

    def render(self) -> Text:
        return self._drawn()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def _drawn(self) -> Text:
        """The longest manner of it that has room; the last one is not dropped, but cut."""
        scale = self._scale
        short = NAMES.get(scale.name, scale.name)
        for name, has_ends in ((scale.name, True), (short, True), (scale.name, False), (short, False), ("", False)):
            drawn = self._in_style(scale, f"{name}{':' * has_ends} ".lstrip() if scale.steps else scale.name, has_ends)
            if drawn.cell_len <= self._room:
                break
        drawn.truncate(max(0, self._room), overflow="ellipsis")
        return drawn

    def _in_style(self, scale: Scale, name: str, has_ends: bool) -> Text:
        words = self.get_component_rich_style("shadescale--words")
        text = Text(name, words, no_wrap=True)
        has_ends = has_ends or scale.is_bare
        text.append(f"{scale.low} " if has_ends and scale.low else "", words)
        for step, shade in self._steps(scale):
            text.append(step, words + shade_style(self, shade))
        text.append(f" {scale.high}" if has_ends and scale.high else "", words)
        return text

    def _steps(self, scale: Scale) -> Sequence[tuple[str, int]]:
        """The steps; of shades on which nothing stands, without many colours, three that say what they are."""
        if not scale.is_bare or has_many_colours(self.app) or not scale.steps:
            return scale.steps
        shades = [shade for _, shade in scale.steps]
        return (" low ", shades[0]), (" middle ", shades[len(shades) // 2]), (" high ", shades[-1])
