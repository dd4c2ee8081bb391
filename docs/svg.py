"""Pictures of the screen that every viewer draws alike, whatever fonts it has."""

import os
import re
from collections.abc import Iterator
from html import escape, unescape
from itertools import groupby

from rich.cells import cell_len
from shapes import CELL, SHADES, is_block, is_drawn, path

os.environ["COLORTERM"] = "truecolor"  # whatever the terminal has in which a picture is drawn

BASELINE = 18.5  # of a row's letters, beneath its top
BLANK = "\N{NO-BREAK SPACE}"


def steady(svg: str) -> str:
    """The picture with its dots, blocks and lines as shapes, and each word begun at its own column.

    Viewers differ in the fonts they find, and some heed no `textLength`: a row that is one piece of text runs out of
    its columns there.
    """
    return _PIECE.sub(lambda found: "".join(_drawn(found)), svg)


_PIECE = re.compile(
    r'<text class="(?P<look>[^"]*-r\d+)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" textLength="[\d.]+"'
    r"(?P<rest>[^>]*)>(?P<text>[^<]*)</text>"
)


def _drawn(found: re.Match[str]) -> Iterator[str]:
    """One piece of text, as the words and the shapes in it."""
    x, y = float(found["x"]), float(found["y"])
    look = f'class="{found["look"]}"'
    for kind, letters in groupby(unescape(found["text"]), _kind):
        text = "".join(letters)
        width = CELL * cell_len(text)
        if kind == "word":
            place = f'x="{x:.6g}" y="{y:g}" textLength="{width:.6g}"'
            yield f"<text {look} {place}{found['rest']}>{escape(text)}</text>"
        elif kind:
            yield f'<path {look}{_MANNER.get(kind, "")} d="{_outline(text, x, y - BASELINE)}"/>'
        x += width


def _kind(letter: str) -> str:
    """What is drawn in one go: a word, a block, a shade, lines and dots; blanks are not drawn at all."""
    if letter in (BLANK, " "):
        return ""
    if letter in SHADES:
        return letter
    return "block" if is_block(letter) else "line" if is_drawn(letter) else "word"


_CRISP = ' shape-rendering="crispEdges"'
_MANNER = {"block": _CRISP, **{shade: f'{_CRISP} fill-opacity="{share}"' for shade, share in SHADES.items()}}


def _outline(text: str, left: float, top: float) -> str:
    parts = []
    for letter, equal in groupby(text):
        cells = len(list(equal))
        parts.append(path(letter, left, top, cells))
        left += CELL * cells
    return "".join(parts)
