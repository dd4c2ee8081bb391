"""Letters as shapes of a cell, in the monospace font that matplotlib brings: no viewer has to have a font."""

from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont
from shapes import CELL

FACES = {"a": "", "b": "-Bold", "i": "-Oblique", "z": "-BoldOblique"}
PLAIN = {"i": "a", "z": "b"}  # whose letters stand in for those that a face lacks


def glyph(letter: str, face: str) -> tuple[str, str]:
    """The name of a letter's shape, and the shape: data of a filled SVG `<path>` whose baseline begins at 0, 0.

    Raises `ValueError` for a letter that the font does not have.
    """
    outlines, names, scale = _font(face)
    name = names.get(ord(letter))
    if name is None and face in PLAIN:
        return glyph(letter, PLAIN[face])
    if name is None:
        raise ValueError(f"the font of the pictures has no letter {letter!r}: show another one, or give it a shape")
    pen = SVGPathPen(outlines, ntos=lambda number: f"{number:.2f}".rstrip("0").rstrip("."))
    outlines[name].draw(TransformPen(pen, (scale, 0, 0, -scale, 0, 0)))
    return f"{face}{ord(letter):x}", pen.getCommands()


@cache
def _font(face: str) -> tuple[Any, dict[int, str], float]:
    """Outlines by name, names by code point, and what one unit of the font is in a picture."""
    font = TTFont(Path(matplotlib.get_data_path()) / "fonts/ttf" / f"DejaVuSansMono{FACES[face]}.ttf")
    return font.getGlyphSet(), font.getBestCmap(), CELL / font["hmtx"]["a"][0]
