"""Texts as a picture, their characters shaded, in a self-contained SVG.

Invariant: nothing in a text is markup, and nothing in it makes the file ill-formed; the same texts give the same bytes.
No font is fetched by whoever looks at it: it is drawn in the monospace one that is there.
"""

import html
import io
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.console import CONSOLE_SVG_FORMAT, Console  # type: ignore[attr-defined]
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from rnntui.system import results
from rnntui.text.sanitize import shown_text
from rnntui.text.surprisal_scale import INK, PAPER

COLUMNS = 80
TAB = " " * 4
CELL = 20 * 0.61  # units of a column, as Rich draws them


def check_file(file: Path) -> Path:
    """The path, if a picture can be written there. Raises `ValueError` for another kind of file or no such folder."""
    if file.suffix.lower() != ".svg":
        raise ValueError(f"--svg {str(file)!r}: the picture must be a .svg file")
    results.check(file, "--svg")
    return file


def write(file: Path, title: str, lines: Iterable[Text]) -> None:
    """Write the picture. Raises `ValueError` for a file that is a link, and `OSError`."""
    results.write(file, picture(title, lines).encode())


def picture(title: str, lines: Iterable[Text]) -> str:
    """An SVG of the lines under each other; one that is too long goes on below."""
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
    for line in lines:
        out.print(line, overflow="fold")
    out.print()  # Rich gives the last line no room
    shown_title = shown_text(title).replace("\n", " ")
    named = zlib.crc32(out.file.getvalue().encode() + title.encode())  # type: ignore[attr-defined]
    drawn = out.export_svg(title=shown_title, theme=_theme(), code_format=_FORMAT, unique_id=f"rnntui-{named:08x}")
    return _TEXT.sub(_as_wide_as_its_cells, drawn)


def heading(words: str) -> Text:
    """The line above a text."""
    return Text(shown_text(words).replace("\n", " "), style=Style(color=INK, italic=True))


def shaded(characters: Sequence[str], style_of: Callable[[int, int], Style]) -> Text:
    """The characters in their styles, in pieces that keep to their own columns whatever the font.

    `style_of(begin, end)` is the style of a character and its combining marks. A piece is letters of one style, or
    blanks of one: some that draw an SVG drop a blank where a piece begins.
    """
    text = Text()
    piece, style = "", Style()
    for begin, end in _clusters(characters):
        shown, its_style = _shown(characters[begin], characters[begin + 1 : end]), style_of(begin, end)
        goes_on = its_style == style and shown.isspace() == piece.isspace() and (piece + shown).isascii()
        if not goes_on:
            text.append(piece, style)
            piece, style = "", its_style
        piece += shown
    return text.append(piece, style)


def _clusters(characters: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where each character begins and its combining marks end."""
    begin = 0
    for k in range(1, len(characters) + 1):
        if k == len(characters) or not _is_mark(characters[k]):
            yield begin, k
            begin = k


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def _shown(first: str, marks: Sequence[str]) -> str:
    if first == "\n":
        return " \n"  # a column that shows its shade
    blank = " " if _is_mark(first) else ""
    return (TAB if first == "\t" else blank + shown_text(first)) + "".join(marks)


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
