"""The first line of the writing room and of the time machine: what is written how, and the scale of the shades."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Horizontal

from rnntui.text.format import fitting
from rnntui.text.sanitize import shown_text
from rnntui.tui.base.labels import Words
from rnntui.tui.base.styles import styles_of
from rnntui.tui.writing_room.shade_scale import Scale, ShadeScale, beside_scale
from rnntui.tui.writing_room.titles import GAP, LEAST_NAME, within

MARGINS = 2  # columns: one before the words, one before the scale
APART = 2  # columns from all the words to the scale
LONG_NAME = 16  # cells that a name in a title keeps before other parts of it
LEAST = 4  # one part in so many of the width is for the words


class WritingHeading(Horizontal):
    """As many words as there is room for, and behind them as much of a scale."""

    DEFAULT_CSS = styles_of(__file__)

    def __init__(self) -> None:
        super().__init__()
        self.scale = Scale()  # that is shown

    def compose(self) -> ComposeResult:
        yield Words(id="heading")
        yield ShadeScale()

    def say(self, parts: Iterable[str], scale: Scale, width: int, title: str = "") -> None:
        """Say words, the first ones first, then a title whose name gives way, and show a scale, in so many columns."""
        self.scale = scale
        shown = self.query_one(ShadeScale)
        named = max(width // LEAST, width - shown.least(scale) - MARGINS - APART)  # so that the scale keeps its name
        room = min(beside_scale(width), named) if scale.name else width - MARGINS
        words = fitting(map(shown_text, parts), room)
        if title and (left := room - len(words) - len(GAP)) >= LEAST_NAME:
            words += f"{GAP}{within(shown_text(title), left, LONG_NAME)}"
        taken = shown.show(scale, width - len(words) - MARGINS - APART)
        self.query_one("#heading", Words).update(f" {fitting([words], width - taken - MARGINS)}", layout=False)
