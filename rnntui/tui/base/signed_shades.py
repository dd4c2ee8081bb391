"""Grounds for values with a sign: blue for the low ones, orange for the high ones, each with an ink that is read on it.

Blue and orange are the theme's `$training` and `$held-out`. Sixteen colours carry the stronger half of the steps alone,
and without colours these are reversed, or in italics where they are low.
"""

from typing import Any

from rich.style import Style
from textual.app import App
from textual.color import Color

from rnntui.text.state_scale import STEPS
from rnntui.tui.base.contrast import ink

MANY_COLOURS = ("256", "truecolor")
SHARE = 0.85  # of its colour that the strongest shade has


def has_many_colours(app: App[Any]) -> bool:
    """Whether colours can carry every step."""
    return app.console.color_system in MANY_COLOURS and not app.no_color


def grounds(app: App[Any], ground: Color, low: str = "training", high: str = "held-out") -> dict[int, Style]:
    """A style for each shade from `-STEPS` to `STEPS`, on that ground; `low` and `high` name variables of the theme."""
    shades = range(-STEPS, STEPS + 1)
    if app.no_color:
        return {shade: _without_colours(shade) for shade in shades}
    ends = [Color.parse(app.theme_variables[name]) for name in (low, high)]
    if not has_many_colours(app):
        return {shade: _on(ends[shade > 0]) if abs(shade) > STEPS // 2 else Style() for shade in shades}
    mixed = {shade: ground.blend(ends[shade > 0], SHARE * abs(shade) / STEPS, 1.0) for shade in shades}
    return {shade: _on(colour) for shade, colour in mixed.items()}


def _on(colour: Color) -> Style:
    return Style(color=ink(colour).rich_color, bgcolor=colour.rich_color)


def _without_colours(shade: int) -> Style:
    if abs(shade) <= STEPS // 2:
        return Style()
    return Style(reverse=True) if shade > 0 else Style(italic=True)
