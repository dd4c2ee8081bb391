"""A widget whose lines are drawn all at once after a change and kept until the next."""

import textwrap
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

LEAST_WIDTH, LEAST_HEIGHT = 12, 2

Row = list[Segment]


class Sketch(Widget):
    """Subclasses write `draw`; nothing is drawn in less than 12 × 2 cells."""

    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._strips: list[Strip] | None = None
        self._drawn_size = self.size

    def draw(self, width: int, height: int) -> list[Row]:
        """The rows, from the top, of at most `width` cells each."""
        raise NotImplementedError

    def saying(self, words: str, width: int) -> list[Row]:
        """The rows of a note that stands where there is nothing to draw, below an empty one."""
        return [[], *([Segment(line, self.role("note"))] for line in textwrap.wrap(words, width))]

    def redraw(self) -> None:
        """Draw anew before the next frame."""
        self._strips = None
        self.refresh()

    def role(self, name: str) -> Style:
        """The style of a component class `<widget>--name`, the widget's name in small letters."""
        return self.get_component_rich_style(f"{type(self).__name__.lower()}--{name}")

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.redraw()

    def render_line(self, y: int) -> Strip:
        if self._strips is None or self._drawn_size != self.size:
            width, height = self._drawn_size = self.size
            rows = self.draw(width, height) if width >= LEAST_WIDTH and height >= LEAST_HEIGHT else []
            self._strips = [Strip(row).adjust_cell_length(width, self.rich_style) for row in rows]
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)
