"""By which style each shade of a page is drawn: one for the pages and for the scale that explains them.

A widget that shows shades has `SHADE_CLASSES` among its component classes and `shade_css` of its name behind its own
style; it is told by `note_colours` how many colours there are.
"""

from rich.style import Style
from textual.widget import Widget

from rnntui.text.surprisal_scale import SHADES
from rnntui.tui.base.signed_shades import MANY_COLOURS, grounds
from rnntui.tui.base.styles import styles_of
from rnntui.tui.writing_room.page_shades import OF_UNIT

SHADE_CLASSES = frozenset(f"page--shade-{k}" for k in range(SHADES))


def shade_css(widget: str) -> str:
    """The shades' styles for a widget of that name."""
    return styles_of(__file__).replace("Shaded", widget)


def note_colours(widget: Widget) -> None:
    """Tell a widget how many colours its shades have."""
    widget.set_class(widget.app.console.color_system not in MANY_COLOURS, "few-colours")


def shade_style(widget: Widget, shade: int) -> Style:
    """What a shade sets: those of a unit's states are its middle's `OF_UNIT` and `STEPS` to either side."""
    if shade < SHADES:
        return own_style(widget, f"page--shade-{shade}")
    return grounds(widget.app, widget.background_colors[1])[shade - OF_UNIT]


def own_style(widget: Widget, name: str) -> Style:
    """What a component class sets, its colours mixed with what is below."""
    own, whole = (widget.get_component_rich_style(name, partial=partial) for partial in (True, False))
    colours = Style(color=own.color and whole.color, bgcolor=own.bgcolor and whole.bgcolor)
    return own + colours
