"""The figures of a page in words: how sure the network was, and what of its writing stands in the text it learned."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from rnntui.text import format
from rnntui.tui.base.glyphs import drawn_text
from rnntui.tui.writing_room.page import N_GRAMS, Page

WRITTEN, SHORT = "bits per character", "bits/char"


def in_figures(page: Page, width: int) -> str:
    """The figures of a page on a line: in whole sentences where these fit, else as many as fit in short.

    `1.82 bits per character · prompt 2.10 · copies 23 characters in a row · 98 % of its 4-letter pieces stand in the
    training text, 71 % of 8`, or `1.82 bits/char · copies 23 in a row · prompt 2.10 · 98 % of its 4-letter pieces are
    copies`. Where two figures have no room, the unit makes it some: `1.82 · gains 0.12`.
    """
    whole = " · ".join(_whole(page))
    if len(whole) <= width:
        return whole
    in_units = [list(_short(page, unit)) for unit in (SHORT, "bits", "")]
    short = next((figures for figures in in_units if len(" · ".join(figures[:2])) <= width), in_units[0])
    return format.fitting(short, width)


def _whole(page: Page) -> Iterator[str]:
    unit = f" {WRITTEN}"
    for words, bits in (("", page.bits_written), ("adapting gains ", page.gain), ("prompt ", page.bits_given)):
        if math.isfinite(bits):
            yield f"{words}{format.decimals(bits, 2)}{unit}"
            unit = ""
    if page.recall.matches and not page.recall.sentence:
        yield f"copies {format.counted(_longest(page), 'character')} in a row"
    if shares := known_pieces(page):
        (n, first), *others = shares
        rest = "".join(f", {100 * share:.0f} % of {n}" for n, share in others)
        yield f"{100 * first:.0f} % of its {n}-letter pieces stand in the training text{rest}"
    if page.recall.sentence:
        yield drawn_text(page.recall.sentence)


def _short(page: Page, unit: str) -> Iterator[str]:
    unit = f" {unit}" if unit else ""
    for words, bits in (("", page.bits_written), ("gains ", page.gain)):
        if math.isfinite(bits):
            yield f"{words}{format.decimals(bits, 2)}{unit}"
            unit = ""
    if page.recall.matches and not page.recall.sentence:
        yield f"copies {_longest(page):,} in a row"
    if math.isfinite(page.bits_given):
        yield f"prompt {format.decimals(page.bits_given, 2)}{unit}"
    for n, share in known_pieces(page)[:1]:
        yield f"{100 * share:.0f} % of its {n}-letter pieces are copies"
    if page.recall.sentence:
        yield drawn_text(page.recall.sentence)


def known_pieces(page: Page) -> list[tuple[int, float]]:
    """Of each length of piece the share of those written that stand in the training text; none of what is unknown."""
    if page.recall.sentence:
        return []
    return [(n, share) for n, share in zip(N_GRAMS, page.recall.shares, strict=False) if math.isfinite(share)]


def _longest(page: Page) -> int:
    begin, end = page.recall.longest
    return end - begin


# --- several pages below one another ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class FigureColumn:
    """A column of the table: words over it, those over its group of columns, and its cells."""

    group: str
    name: str
    cells: tuple[str, ...]

    @property
    def width(self) -> int:
        """In cells."""
        return max(map(len, (self.name, *self.cells)))


def columns_of(pages: list[Page]) -> list[FigureColumn]:
    """The figures of pages as columns; one that no page has a figure for is left out."""
    told = [dict(known_pieces(page)) for page in pages]
    copied = [_longest(page) if page.recall.matches and not page.recall.sentence else -1 for page in pages]
    columns = [
        FigureColumn("bits per character", "written", tuple(_bits(page.bits_written) for page in pages)),
        FigureColumn("bits per character", "prompt", tuple(_bits(page.bits_given) for page in pages)),
        FigureColumn("bits per character", "adapting gains", tuple(_bits(page.gain) for page in pages)),
        FigureColumn("longest passage", "copied", tuple(f"{n:,} characters" if n >= 0 else "" for n in copied)),
        *(
            FigureColumn(
                "pieces that stand in the training text",
                f"{n}" if k else f"of {n} letters",
                tuple(f"{100 * shares[n]:.0f} %" if n in shares else "" for shares in told),
            )
            for k, n in enumerate(N_GRAMS)
        ),
    ]
    return [column for column in columns if any(column.cells)]


def _bits(bits: float) -> str:
    return format.decimals(bits, 2) if math.isfinite(bits) else ""
