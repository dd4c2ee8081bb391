"""The alternatives at the cursor of a page: the character there, and the network's probabilities for others.

On one row as many as fit; where there are more rows, in columns below the character, with words over them. What is
neither likely nor drawn at all is told in one sum.
"""

import math
from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from rnntui.corpora.baselines import shown
from rnntui.text.sanitize import escaped
from rnntui.tui.base.glyphs import glyph
from rnntui.tui.base.labels import SIGNS
from rnntui.tui.base.styles import styles_of
from rnntui.tui.writing_room.page import Choice, Glance, Page

HINT = "move the cursor with the arrow keys or click: the alternatives there appear here"
SHORTER = ("move the cursor: the alternatives there appear here", "alternatives at the cursor")
BAR, SHORT_BAR = 10, 5  # cells of a share of 1, in columns and on one row
BLOCKS = "▏▎▍▌▋▊▉█"
PERCENT, GAP = 6, 4  # cells of a share and between columns
HEADS = 2  # rows above the columns
LEAST = 0.0005  # a share below it is none that one can tell
UNLIKELY = 0.01  # a character less likely than that is told if it is drawn at all


class Alternatives(Widget):
    """The alternatives at a position, likeliest first, each with its probability before and after the temperature."""

    DEFAULT_CSS = styles_of(__file__)
    ALLOW_SELECT: ClassVar[bool] = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"alternatives--{name}" for name in ("head", "character", "here", "bar", "note")
    }

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._head, self._here = HINT, ""
        self._choices: tuple[Choice, ...] = ()
        self._sampling = ""

    def show(self, glance: Glance | None, page: Page) -> None:
        """Show what may stand at a position of a page; `None`, or a glance at another edition, is no position."""
        seen = glance if glance is not None and glance.edition == page.edition else None
        head = HINT if seen is None else in_words(page, seen.position)
        here = page.text[seen.position : seen.position + 1] if seen else ""
        choices = tuple(filter(_is_told, seen.choices)) if seen else ()
        sampling = seen.sampling if seen else ""
        if (head, here, choices, sampling) != (self._head, self._here, self._choices, self._sampling):
            self._head, self._here, self._choices, self._sampling = head, here, choices, sampling
            self.refresh()

    def render(self) -> Text:
        width, height = self.size
        text = self._row(width) if height < 3 else self._columns(width, height)
        text.no_wrap, text.overflow = True, "ellipsis"
        return text

    def _head_within(self, width: int) -> str:
        """The hint in as many words as there is room for."""
        return next((hint for hint in (HINT, *SHORTER) if len(hint) <= width), "") if self._head == HINT else self._head

    def _row(self, width: int) -> Text:
        text = Text(self._head_within(width), self._role("head" if self._choices else "note"))
        for k, choice in enumerate(self._choices):
            drawn = _as_drawn(choice)
            item = Text(" · " if k else " │ ", self._role("note"))
            item.append(named(choice.character), self._of(choice))
            share = percent(choice.probability)
            item.append(f" {share.removesuffix(' %')}→{drawn}" if drawn else f" {share}", self._role("character"))
            item.append(f" {bar(choice.probability, SHORT_BAR)}", self._role("bar"))
            item.rstrip()
            if text.cell_len + item.cell_len > width:
                break
            text.append_text(item)
        return text

    def _columns(self, width: int, height: int) -> Text:
        rows, has_drawn = height - HEADS, any(map(_as_drawn, self._choices))
        names = max((cell_len(named(choice.character)) for choice in self._choices), default=1)
        column = names + PERCENT + 1 + (PERCENT + 3) * has_drawn + 1 + BAR + GAP
        kept = self._choices[: rows * max(1, (width + GAP) // column)]
        lines = [Text(self._head_within(width), self._role("head" if self._choices else "note"))]
        if kept:
            rest = max(0.0, 1 - sum(choice.probability for choice in kept))
            lines[0].append(f" · all others together {percent(rest)}", self._role("note"))
            over = self._over(names, has_drawn, column - GAP)
            lines.append(Text(" " * GAP).join([over] * -(-len(kept) // rows)))
        for k in range(min(rows, len(kept))):
            items = [self._item(choice, names, has_drawn) for choice in kept[k::rows]]
            lines.append(Text(" " * GAP).join(items))
        return Text("\n").join(lines)

    def _over(self, names: int, has_drawn: bool, width: int) -> Text:
        """The words over a column."""
        words = f"{'network':>{names + 1 + PERCENT}}"
        words += f" → drawn at {self._sampling}" if has_drawn and self._sampling else " → drawn" * has_drawn
        over = Text(words, self._role("note"))
        over.truncate(width, overflow="ellipsis", pad=True)
        return over

    def _item(self, choice: Choice, names: int, has_drawn: bool) -> Text:
        name, drawn = named(choice.character), _as_drawn(choice)
        item = Text(name + " " * (names - cell_len(name)), self._of(choice))
        item.append(f" {percent(choice.probability):>{PERCENT}}", self._role("character"))
        if has_drawn:
            item.append(f" → {drawn:>{PERCENT}}" if drawn else " " * (PERCENT + 3), self._role("note"))
        item.append(f" {bar(choice.probability, BAR):<{BAR}}", self._role("bar"))
        return item

    def _of(self, choice: Choice) -> Style:
        return self._role("here" if choice.character == self._here else "character")

    def _role(self, name: str) -> Style:
        return self.get_component_rich_style(f"alternatives--{name}", partial=True)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()


def named(character: str) -> str:
    """A character shown on its own: itself, the sign that stands for it, or its escape where terminals would differ."""
    name = SIGNS.get(character) or shown(character)
    return escaped(character) if name == character and glyph(character).text != character else name


def in_words(page: Page, position: int) -> str:
    """The character at a position, how likely the network found it and how it surprised it: `'e' 43 % 1.2 bits`."""
    if position >= len(page.text):
        return "what comes next"
    character = page.text[position]
    name = named(character) if character in SIGNS else f"'{named(character)}'"
    if any(page.left_out[position : position + 1]):
        return f"{name} is left out: it is not in the network's vocabulary"
    bits = _at(page.bits, position)
    return name if math.isnan(bits) else f"{name} {percent(2.0**-bits)} {bits:.1f} bits"


def _at(bits: Sequence[float], position: int) -> float:
    return bits[position] if position < len(bits) else math.nan


def percent(share: float) -> str:
    """`43 %`, `3.1 %`, `<0.1 %`."""
    if 0 < share < LEAST:
        return "<0.1 %"
    return f"{100 * share:.1f} %" if 0 < share < 0.0995 else f"{100 * share:.0f} %"


def bar(share: float, cells: int) -> str:
    """A probability as a bar; 1 fills so many cells."""
    eighths = round(8 * cells * share)
    return BLOCKS[-1] * (eighths // 8) + (BLOCKS[eighths % 8 - 1] if eighths % 8 else "")


def _is_told(choice: Choice) -> bool:
    return choice.probability >= UNLIKELY or choice.drawn >= LEAST


def _as_drawn(choice: Choice) -> str:
    """The probability of drawing it, if it is shown differently from the network's."""
    drawn = percent(choice.drawn)
    return "" if drawn == percent(choice.probability) else drawn
