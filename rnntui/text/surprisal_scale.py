"""How strongly a character is shaded by its surprisal: one scale for the screen and for pictures.

Standard library only. The steps are those of probability that tell something: sure, a coin's toss, one of a few, a
wild guess.
"""

import math
from bisect import bisect_right

LEAST = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0)  # bits from which the shades 1 to 7 are; the share is 2^-bits
SHADES = len(LEAST) + 1
# On white paper, from white to orange: one hue that darkens, which the colour-blind can tell apart too. Dark text is
# read on each with a contrast of at least 4.5.
PAPER, INK = "#ffffff", "#202020"
COLOURS = ("#ffffff", "#fff4d9", "#ffe6ad", "#ffd480", "#ffbd59", "#ffa040", "#fb7d33", "#ee5a2b")


def shade(bits: float) -> int | None:
    """The shade of a surprisal: 0 below half a bit (sure) to 7 from 8 bits on; NaN, which nobody expected, has none."""
    return None if math.isnan(bits) else bisect_right(LEAST, bits)


def in_words(number: int) -> str:
    """Where a shade begins, as a legend says it: `0`, `½`, `1` … `8+` bits."""
    if number == 0:
        return "0"
    least = LEAST[number - 1]
    words = "½" if least == 0.5 else f"{least:g}"
    return f"{words}+" if number == SHADES - 1 else words
