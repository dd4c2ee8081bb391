"""A passage of a text as a picture, once for each unit, each character shaded by the unit's state."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from rich.style import Style
from rich.text import Text

from rnntui.commands import text_picture
from rnntui.text.state_scale import COLOURS, STEPS, StateScale
from rnntui.text.surprisal_scale import INK

UnitColumn = tuple[str, Sequence[float]]  # a heading, and a state for each character


def draw(file: Path, title: str, passage: str, units: Iterable[UnitColumn]) -> None:
    """Write the picture. Raises `ValueError` for a file that is a link, and `OSError`."""
    text_picture.write(file, "rnntui units", _lines(title, passage, units))


def _lines(title: str, passage: str, units: Iterable[UnitColumn]) -> Iterator[Text]:
    yield text_picture.heading(title)
    yield Text()
    for heading, states in units:
        scale = StateScale.of(states)
        shades = [scale.shade(state) for state in states]
        yield text_picture.heading(heading)
        yield text_picture.shaded(passage, partial(_style_at, shades))
        yield _legend(scale, states)
        yield Text()


def _style_at(shades: Sequence[int | None], begin: int, end: int) -> Style:
    """The style of a character and its marks: the state after the last of them."""
    return _style(shades[end - 1])


def _legend(scale: StateScale, states: Sequence[float]) -> Text:
    low, high = scale.ends(states)
    legend = Text(f"{low} ", style=Style(color=INK))
    for number in scale.shades:
        legend.append("  ", _style(number))
    return legend.append(f" {high}", Style(color=INK))


def _style(number: int | None) -> Style:
    # At zero there is no ground: paper.
    return Style(color=INK, bgcolor=COLOURS[number + STEPS] if number else None)
