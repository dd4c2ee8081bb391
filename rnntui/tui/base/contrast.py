"""How well one colour is read on another: the contrast of WCAG 2.2, from 1 to 21."""

from textual.color import Color

TEXT, LINE = 4.5, 3.0  # that letters need at least, and lines (success criteria 1.4.3 and 1.4.11)


def contrast(one: Color, other: Color) -> float:
    """The contrast of two opaque colours."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: Color) -> float:
    """Relative luminance, from 0 to 1."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def grey(colour: Color) -> Color:
    """The grey of the same luminance, whose contrast with any other colour is the same."""
    linear = luminance(colour)
    part = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    level = round(255 * part)
    return Color(level, level, level)


def ink(ground: Color) -> Color:
    """Black or white, whichever is read better."""
    return max(Color(0, 0, 0), Color(255, 255, 255), key=lambda colour: contrast(colour, ground))


def towards(colour: Color, strong: Color, ground: Color, least: float) -> Color:
    """A colour, mixed with as much of a strong one as it takes to have a contrast with the ground; by twentieths."""
    mixed = (colour.blend(strong, share / 20, 1.0) for share in range(21))
    return next((mix for mix in mixed if contrast(mix, ground) >= least), strong)
