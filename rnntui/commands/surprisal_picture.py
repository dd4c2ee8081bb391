"""Texts as a picture: each character shaded by its surprisal, in a self-contained SVG.

Invariant: nothing in a text is markup, and nothing in it makes the file ill-formed; the same texts give the same bytes.
No font is fetched by whoever looks at it: it is drawn in the monospace one that is there.
"""

import html
import io
import math
import re
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import CONSOLE_SVG_FORMAT, Console  # type: ignore[attr-defined]
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from rnntui.system import results
from rnntui.text.sanitize import shown_text
from rnntui.text.surprisal_scale import COLOURS, INK, PAPER, SHADES, in_words, shade

if TYPE_CHECKING:
    from rnntui.core.generation.continuation import GeneratedCharacter

COLUMNS = 80
TAB = " " * 4
MOST_DRAWN = 20_000  # characters in all: some 3 MB of SVG
CELL = 20 * 0.61  # units of a column, as Rich draws them


@dataclass(frozen=True)
class Block:
    """A text and its heading."""

    label: str
    characters: Sequence["GeneratedCharacter"]


def check_file(file: Path) -> Path:
    """The path, if a picture can be written there. Raises `ValueError` for another kind of file or no such folder."""
    if file.suffix.lower() != ".svg":
        raise ValueError(f"--svg {str(file)!r}: the picture must be a .svg file")
    results.check(file, "--svg")
    return file


def check_length(characters: int) -> None:
    """Raise `ValueError` for more characters than a picture can hold."""
    if characters > MOST_DRAWN:
        raise ValueError(f"--svg draws at most {MOST_DRAWN:,} characters, not {characters:,}: give a shorter text")


def draw(file: Path, title: str, blocks: Iterable[Block]) -> None:
    """Write the picture. Raises `ValueError` for a file that is a link, and `OSError`."""
    results.write(file, picture(title, list(blocks)).encode())


def picture(title: str, blocks: Sequence[Block]) -> str:
    """An SVG of the blocks under each other, and a legend."""
    out = Console(
        file=io.StringIO(),
        record=True,
        width=COLUMNS,
        color_system="truecolor",
        force_terminal=True,
        no_color=False,
        legacy_windows=False,
        force_jupyter=False,
        markup=False,
        highlight=False,
        emoji=False,
    )
    for block in blocks:
        out.print(Text(shown_text(block.label).replace("\n", " "), style=Style(color=INK, italic=True)))
        out.print(_shaded(block.characters), overflow="fold")
        out.print()
    out.print(_legend([character for block in blocks for character in block.characters]))
    out.print()  # Rich gives the last line no room
    shown_title = shown_text(title).replace("\n", " ")
    named = zlib.crc32(out.file.getvalue().encode() + title.encode())  # type: ignore[attr-defined]
    drawn = out.export_svg(title=shown_title, theme=_theme(), code_format=_FORMAT, unique_id=f"rnntui-{named:08x}")
    return _TEXT.sub(_as_wide_as_its_cells, drawn)


# --- the text -------------------------------------------------------------------------------------------------------


def _shaded(characters: Iterable["GeneratedCharacter"]) -> Text:
    """The characters in their shades, in pieces that keep to their own columns whatever the font.

    A piece is letters of one shade, or blanks of one: some that draw an SVG drop a blank where a piece begins.
    """
    text = Text()
    piece, style = "", Style()
    for cluster in _clusters(characters):
        shown, its_style = _shown(cluster[0].character, cluster[1:]), _style(cluster)
        goes_on = its_style == style and shown.isspace() == piece.isspace() and (piece + shown).isascii()
        if not goes_on:
            text.append(piece, style)
            piece, style = "", its_style
        piece += shown
    return text.append(piece, style)


def _clusters(characters: Iterable["GeneratedCharacter"]) -> Iterable[list["GeneratedCharacter"]]:
    """Each character with its combining marks."""
    cluster: list[GeneratedCharacter] = []
    for character in characters:
        if cluster and not _is_mark(character.character):
            yield cluster
            cluster = []
        cluster.append(character)
    if cluster:
        yield cluster


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def _shown(first: str, marks: Sequence["GeneratedCharacter"]) -> str:
    if first == "\n":
        return " \n"  # a column that shows its shade
    blank = " " if _is_mark(first) else ""
    return (TAB if first == "\t" else blank + shown_text(first)) + "".join(mark.character for mark in marks)


def _style(cluster: Sequence["GeneratedCharacter"]) -> Style:
    """The style of a character and its marks: the shade of the largest surprisal among them."""
    bits = max((character.bits for character in cluster if not math.isnan(character.bits)), default=math.nan)
    return _shade_style(shade(bits), cluster[0].given, cluster[0].known)


def _shade_style(number: int | None, given: bool = False, known: bool = True) -> Style:
    # Without a shade there is no ground: paper.
    return Style(color=INK, bgcolor=COLOURS[number] if number else None, bold=given, strike=not known)


def _legend(characters: Iterable["GeneratedCharacter"]) -> Text:
    legend = Text("bits of surprisal ", style=Style(color=INK))
    for number in range(SHADES):
        for piece in (" ", in_words(number), " "):
            legend.append(piece, _shade_style(number))
    kinds = {(character.given, character.known) for character in characters}
    if any(given for given, _ in kinds):
        legend.append("  ")
        legend.append("given", _shade_style(None, given=True))
    if not all(known for _, known in kinds):
        legend.append("  ")
        legend.append("left out", _shade_style(None, known=False))
    return legend


# --- the file -------------------------------------------------------------------------------------------------------

# Rich's own, without the fonts that it would fetch.
_FORMAT = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace("Fira Code, ", "")
_TEXT = re.compile(r'(<text [^>]*?textLength=")[^"]*("[^>]*>)([^<]*)')


def _as_wide_as_its_cells(match: "re.Match[str]") -> str:
    """Correct widths: Rich counts characters instead of columns, which squeezes wide ones and gives marks room."""
    before, after, content = match.groups()
    return f"{before}{CELL * max(1, cell_len(html.unescape(content))):g}{after}{content}"


def _theme() -> TerminalTheme:
    ink, paper = _levels(INK), _levels(PAPER)
    return TerminalTheme(paper, ink, [ink] * 8)


def _levels(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue
