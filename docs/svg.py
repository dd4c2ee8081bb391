"""Pictures of the screen that every viewer draws alike."""

import re

CELL = 12.2  # width of a column


def steady(svg: str) -> str:
    """The picture with each piece of text beginning at its first letter: some viewers drop a blank that leads it."""

    def moved(found: re.Match[str]) -> str:
        blanks = found["blanks"].count("&#160;") * CELL
        x, length = float(found["x"]) + blanks, float(found["length"]) - blanks
        return f'x="{x:g}"{found["y"]}textLength="{length:g}"{found["rest"]}>{found["text"]}'

    return _LED_BY_BLANKS.sub(moved, svg)


_LED_BY_BLANKS = re.compile(
    r'x="(?P<x>[\d.]+)"(?P<y> y="[\d.]+" )textLength="(?P<length>[\d.]+)"(?P<rest>[^>]*)>'
    r"(?P<blanks>(&#160;)+)(?P<text>[^<]+)"
)
