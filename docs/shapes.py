"""Characters that are drawn more than written, as shapes of a cell: braille dots, blocks, lines of boxes.

A shape fills its cell whatever font a viewer has; `path` gives it as the data of an SVG `<path>` that is filled.
"""

from collections.abc import Iterable

CELL = 12.2  # width of a column
ROW = 24.4  # height of a row
STROKE = 1.6  # of a thin line
BOLD = 3.2
RADIUS = 6.0  # of a round corner
DOT = 3.4  # a braille dot's side

BRAILLE = range(0x2800, 0x2900)
DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))  # column and row of each bit
EIGHTHS_UP = "▁▂▃▄▅▆▇█"
EIGHTHS_RIGHT = "▏▎▍▌▋▊▉"
SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}
QUADRANTS = {  # upper left, upper right, lower left, lower right
    "▖": "0010", "▗": "0001", "▘": "1000", "▙": "1011", "▚": "1001",
    "▛": "1110", "▜": "1101", "▝": "0100", "▞": "0110", "▟": "0111",
}  # fmt: skip
ARMS = {  # left, right, up, down: 0 none, 1 thin, 2 bold
    "─": "1100", "│": "0011", "┌": "0101", "┐": "1001", "└": "0110", "┘": "1010", "├": "0111", "┤": "1011",
    "┬": "1101", "┴": "1110", "┼": "1111", "╴": "1000", "╵": "0010", "╶": "0100", "╷": "0001",
    "━": "2200", "┃": "0022", "╸": "2000", "╹": "0020", "╺": "0200", "╻": "0002", "╼": "1200", "╾": "2100",
}  # fmt: skip
DASHES = {"┈": (4, True), "┄": (3, True), "┊": (4, False), "┆": (3, False)}  # how many, whether they lie
CORNERS = {"╭": (1, 1), "╮": (-1, 1), "╰": (1, -1), "╯": (-1, -1)}  # where the arms point to, right and down
STILL_BLOCKS = {"▀": (0, 0, 1, 0.5), "▔": (0, 0, 1, 1 / 8), "▐": (0.5, 0, 0.5, 1), "▕": (7 / 8, 0, 1 / 8, 1)}


def is_drawn(letter: str) -> bool:
    """Whether the character has a shape here."""
    return ord(letter) in BRAILLE or is_block(letter) or letter in ARMS or letter in DASHES or letter in CORNERS


def is_block(letter: str) -> bool:
    """Whether its shape has only edges that run to its neighbours', between which no seam may show."""
    return letter in EIGHTHS_UP + EIGHTHS_RIGHT or letter in SHADES or letter in QUADRANTS or letter in STILL_BLOCKS


def path(letter: str, left: float, top: float, cells: int = 1) -> str:
    """The shape of so many equal characters beside each other, the first in the cell that begins there."""
    if letter in "─━█▀▔▁▂▃▄▅▆▇░▒▓":
        return "".join(_rectangles(letter, left, top, CELL * cells))
    return "".join("".join(_parts(letter, left + k * CELL, top)) for k in range(cells))


def _parts(letter: str, left: float, top: float) -> Iterable[str]:
    if ord(letter) in BRAILLE:
        return _dots(ord(letter) - BRAILLE.start, left, top)
    if letter in CORNERS:
        return [_corner(*CORNERS[letter], left + CELL / 2, top + ROW / 2)]
    return _rectangles(letter, left, top, CELL)


def _dots(bits: int, left: float, top: float) -> Iterable[str]:
    for bit, (column, row) in enumerate(DOTS):
        if bits >> bit & 1:
            x, y = left + CELL * (column + 0.5) / 2, top + ROW * (row + 0.5) / 4
            yield _rectangle(x - DOT / 2, y - DOT / 2, DOT, DOT)


def _rectangles(letter: str, left: float, top: float, width: float) -> Iterable[str]:
    if letter in ARMS:
        yield from _arms(ARMS[letter], left, top, width)
    elif letter in DASHES:
        yield from _dashes(*DASHES[letter], left, top)
    elif letter in EIGHTHS_UP:
        share = (EIGHTHS_UP.index(letter) + 1) / 8
        yield _rectangle(left, top + ROW * (1 - share), width, ROW * share)
    elif letter in EIGHTHS_RIGHT:
        yield _rectangle(left, top, CELL * (EIGHTHS_RIGHT.index(letter) + 1) / 8, ROW)
    elif letter in QUADRANTS:
        for k, is_full in enumerate(QUADRANTS[letter]):
            if is_full == "1":
                yield _rectangle(left + k % 2 * CELL / 2, top + k // 2 * ROW / 2, CELL / 2, ROW / 2)
    else:
        x, y, across, down = STILL_BLOCKS.get(letter, (0, 0, 1, 1))
        yield _rectangle(left + x * CELL, top + y * ROW, across * width, down * ROW)


def _arms(weights: str, left: float, top: float, width: float) -> Iterable[str]:
    middle, centre = left + width / 2, top + ROW / 2
    to_left, to_right, up, down = (STROKE * int(weight) if weight != "2" else BOLD for weight in weights)
    across, along = max(up, down) / 2, max(to_left, to_right) / 2  # how far the others reach over the middle
    if to_left and to_left == to_right:
        yield _rectangle(left, centre - to_left / 2, width, to_left)
    else:
        if to_left:
            yield _rectangle(left, centre - to_left / 2, width / 2 + across, to_left)
        if to_right:
            yield _rectangle(middle - across, centre - to_right / 2, width / 2 + across, to_right)
    if up:
        yield _rectangle(middle - up / 2, top, up, ROW / 2 + along)
    if down:
        yield _rectangle(middle - down / 2, centre - along, down, ROW / 2 + along)


def _dashes(number: int, lies: bool, left: float, top: float) -> Iterable[str]:
    length = (CELL if lies else ROW) / number
    for k in range(number):
        begin = (k + 0.25) * length
        if lies:
            yield _rectangle(left + begin, top + (ROW - STROKE) / 2, length / 2, STROKE)
        else:
            yield _rectangle(left + (CELL - STROKE) / 2, top + begin, STROKE, length / 2)


def _corner(right: int, down: int, x: float, y: float) -> str:
    """A quarter of a ring about the middle of a cell, with the arms to both edges."""
    half, sweep = STROKE / 2, int(right * down < 0)

    def at(across: float, along: float) -> str:
        return f"{x + right * across:.6g} {y + down * along:.6g}"

    end, far, inner = CELL / 2, ROW / 2, RADIUS - STROKE
    return (
        f"M{at(end, -half)}L{at(RADIUS - half, -half)}A{RADIUS:g} {RADIUS:g} 0 0 {sweep} {at(-half, RADIUS - half)}"
        f"L{at(-half, far)}L{at(half, far)}L{at(half, RADIUS - half)}"
        f"A{inner:.3g} {inner:.3g} 0 0 {1 - sweep} {at(RADIUS - half, half)}L{at(end, half)}Z"
    )


def _rectangle(x: float, y: float, width: float, height: float) -> str:
    return f"M{x:.6g} {y:.6g}h{width:.6g}v{height:.6g}h-{width:.6g}z"
