"""Pictures of the screen that every viewer draws alike, whatever fonts it has and whatever of SVG it knows.

`python docs/svg.py FILE…` makes those so that `rnntui write --svg` and its like have drawn.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from html import escape, unescape
from itertools import groupby
from pathlib import Path

from glyphs import glyph
from rich.cells import cell_len
from shapes import CELL, SHADES, is_block, is_drawn, path

os.environ["COLORTERM"] = "truecolor"  # whatever the terminal has in which a picture is drawn
_NO_CHOICES = tempfile.TemporaryDirectory()
os.environ["XDG_CONFIG_HOME"] = _NO_CHOICES.name  # nor in whatever theme its user likes

BASELINE = 18.5  # of a row's letters, beneath its top
BLANK = "\N{NO-BREAK SPACE}"
LINES = {"underline": 2.4, "line-through": -5.6}  # how far beneath the baseline
STROKE = 1.2  # of those lines


def steady(svg: str) -> str:
    """Rich's picture with its dots, blocks, lines and letters as shapes in their cells.

    No text is left in it: viewers differ in the fonts they find, some heed no `textLength`, and an image fetches
    none. The words stand in its description, for those who search and those who listen. One that is so stays as it is.
    """
    if "<text" not in svg:
        return svg
    svg = _UNUSED.sub("", svg)
    svg = re.sub(_ID, "", svg)
    shapes = Shapes({name: _Look(rules) for name, rules in _LOOK.findall(svg)})
    svg = _TITLE.sub(shapes.title, svg)
    svg = _PIECE.sub(lambda found: "".join(shapes.drawn(found)), svg)
    svg = _GROUNDS.sub(_merged, svg)
    svg = re.sub(r"\s*\n\s*", "\n", svg)
    svg = _BOX.sub(_sized, svg, count=1)
    about = f"<title>{shapes.name}</title>\n<desc>{escape(shapes.words())}</desc>\n<defs>{shapes.definitions()}</defs>"
    return svg.replace(">", f' xmlns:xlink="http://www.w3.org/1999/xlink" role="img">\n{about}', 1)


_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


def _sized(found: re.Match[str]) -> str:
    """The picture's size, which viewers else guess."""
    width, height = (f"{float(number):.6g}" for number in found.groups())
    return f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'


_ID = r"(?:terminal-\d+|rnntui-[0-9a-f]{8})-"
_UNUSED = re.compile(
    rf"<!--.*?-->|@font-face \{{.*?\}}|\.{_ID}(?:matrix|title) \{{.*?\}}|"
    rf'<clipPath id="{_ID}line-.*?</clipPath>| clip-path="url\(#{_ID}line-\d+\)"',
    re.DOTALL,
)
_LOOK = re.compile(r"\.(r\d+) \{([^}]*)\}")
_TITLE = re.compile(
    r'<text class="title" fill="(?P<fill>[^"]*)" text-anchor="middle" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)">'
    r"(?P<text>[^<]*)</text>"
)
_PIECE = re.compile(
    r'<text class="(?P<look>r\d+)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" textLength="[\d.]+">(?P<text>[^<]*)</text>'
)
_GROUND = (
    r'<rect fill="([^"]*)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="24.65" shape-rendering="crispEdges"/>'
)
_GROUNDS = re.compile(rf"(?:{_GROUND})+")


def _merged(found: re.Match[str]) -> str:
    """The grounds of cells, those of one colour beside each other as one: no seam may show."""
    parts: list[tuple[str, str, float, float]] = []
    for fill, x, y, width in re.findall(_GROUND, found[0]):
        left, right = float(x), float(x) + float(width)
        if parts and parts[-1][:2] == (fill, y) and abs(parts[-1][3] - left) < 0.01:
            left = parts.pop()[2]
        parts.append((fill, y, left, right))
    return "".join(
        f'<rect fill="{fill}" x="{left:.6g}" y="{y}" width="{right - left:.6g}" height="24.65" '
        'shape-rendering="crispEdges"/>'
        for fill, y, left, right in parts
    )


class _Look:
    """What a class of Rich's says of letters, besides their colour."""

    def __init__(self, rules: str) -> None:
        self.face = "aibz"[("italic" in rules) + 2 * ("bold" in rules)]
        self.lines = [y for name, y in LINES.items() if name in rules]


class Shapes:
    """The pieces of a picture as shapes; each letter is defined once."""

    def __init__(self, looks: dict[str, _Look]) -> None:
        self.looks = looks
        self.name = ""
        self._glyphs: dict[str, str] = {}
        self._rows: dict[float, str] = {}

    def title(self, found: re.Match[str]) -> str:
        """The words in the frame of the window."""
        self.name = found["text"]
        text = unescape(found["text"])
        left = float(found["x"]) - CELL * cell_len(text) / 2
        return f'<g fill="{found["fill"]}" {_place(left, float(found["y"]))}>{self._letters(text, "b")}</g>'

    def drawn(self, found: re.Match[str]) -> Iterator[str]:
        """One piece of text, as the words and the shapes in it."""
        x, y, look = float(found["x"]), float(found["y"]), found["look"]
        text = unescape(found["text"]).replace(BLANK, " ").rstrip("\n")
        self._rows[y] = self._rows.get(y, "").ljust(round(x / CELL)) + text
        for kind, letters in groupby(text, _kind):
            piece = "".join(letters)
            if kind == "word":
                yield f'<g class="{look}" {_place(x, y)}>{self._letters(piece, self.looks[look].face)}</g>'
            elif kind:
                yield f'<path class="{look}"{_MANNER.get(kind, "")} d="{_outline(piece, x, y - BASELINE)}"/>'
            x += CELL * cell_len(piece)
        for beneath in self.looks[look].lines:
            width = CELL * cell_len(text)
            yield f'<path class="{look}" d="M{x - width:.6g} {y + beneath:.6g}h{width:.6g}v{STROKE}h-{width:.6g}z"/>'

    def _letters(self, text: str, face: str) -> str:
        parts = []
        for k, letter in enumerate(text):
            name, outline = glyph(letter, face)
            self._glyphs[name] = outline
            x = CELL * cell_len(text[:k])
            parts.append(f'<use xlink:href="#{name}"{f" x={chr(34)}{x:.6g}{chr(34)}" if x else ""}/>')
        return "".join(parts)

    def definitions(self) -> str:
        return "\n".join(f'<path id="{name}" d="{outline}"/>' for name, outline in sorted(self._glyphs.items()))

    def words(self) -> str:
        """All rows, as text."""
        return "\n".join(row.rstrip() for _, row in sorted(self._rows.items()))


def _place(x: float, y: float) -> str:
    return f'transform="translate({x:.6g} {y:.6g})"'


def _kind(letter: str) -> str:
    """What is drawn in one go: a word, a block, a shade, lines and dots; blanks are not drawn at all."""
    if letter == " ":
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


if __name__ == "__main__":
    for name in sys.argv[1:]:
        Path(name).write_text(steady(Path(name).read_text(encoding="utf-8")), encoding="utf-8")
