"""Texts as a picture: each character shaded by its surprisal."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text

from rnntui.commands import text_picture
from rnntui.text.surprisal_scale import COLOURS, INK, SHADES, in_words, shade

if TYPE_CHECKING:
    from rnntui.core.generation.continuation import GeneratedCharacter

MOST_DRAWN = 20_000  # characters in all: some 3 MB of SVG


@dataclass(frozen=True)
class Block:
    """A text and its heading."""

    label: str
    characters: Sequence["GeneratedCharacter"]


def check_length(characters: int) -> None:
    """Raise `ValueError` for more characters than a picture can hold."""
    if characters > MOST_DRAWN:
        raise ValueError(f"--svg draws at most {MOST_DRAWN:,} characters, not {characters:,}: give a shorter text")


def draw(file: Path, title: str, blocks: Iterable[Block]) -> None:
    """Write the picture. Raises `ValueError` for a file that is a link, and `OSError`."""
    text_picture.write(file, title, _lines(list(blocks)))


def picture(title: str, blocks: Sequence[Block]) -> str:
    """An SVG of the blocks under each other, and a legend."""
    return text_picture.picture(title, _lines(blocks))


def _lines(blocks: Sequence[Block]) -> Iterator[Text]:
    for block in blocks:
        yield text_picture.heading(block.label)
        yield _shaded(block.characters)
        yield Text()
    yield _legend([character for block in blocks for character in block.characters])


def _shaded(characters: Sequence["GeneratedCharacter"]) -> Text:
    return text_picture.shaded(
        [character.character for character in characters], lambda begin, end: _style(characters[begin:end])
    )


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
