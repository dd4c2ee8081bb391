"""Textual's themes out of the colours of each: `dark`, `light`, `high-contrast`, by the colours that the terminal has.

A style names a meaning: `$training`, `$held-out`, `$success` (reached), `$error` (wrong), `$warning`, `$accent`
(selected), `$quiet` and `$frame`. Rasters have `$shade-0` to `$shade-16`, with `$ink-0` to `$ink-16` for what is
written on them; runs over each other `$line-a` to `$line-h`.
"""

from dataclasses import replace
from typing import Any

from textual.app import App, ReturnType
from textual.color import Color
from textual.theme import Theme

from rnntui.system.user_config import THEMES as NAMES
from rnntui.tui.base.colours import OF_SIXTEEN, THEMES, Colours
from rnntui.tui.base.contrast import grey, ink

FEW = "standard"  # what Rich calls sixteen colours
LETTERS = "abcdefgh"


class ThemedApp(App[ReturnType]):
    """An application that has these themes and no others."""

    def __init__(self) -> None:
        super().__init__()
        others = list(self.available_themes)
        has_few = self.console.color_system == FEW
        self.set_class(has_few, "few-colours")  # a field's ground is that of all else: it is underlined
        for name, colours in (OF_SIXTEEN if has_few else THEMES).items():
            self.register_theme(made(name, without_hues(colours) if self.no_color else colours))
        self.begin_with(NAMES[0])
        for name in others:
            self.unregister_theme(name)

    def begin_with(self, theme: str) -> None:
        """Have a theme from the first frame on; before the application runs."""
        self.set_reactive(App.theme, theme)
        self.stylesheet.set_variables(self.get_css_variables())


def without_hues(colours: Colours) -> Colours:
    """A grey for each colour, as well read: Textual's own would leave what is wrong fainter than all else."""
    greys: dict[str, Any] = {
        name: grey(Color.parse(value)).hex if isinstance(value, str) else tuple(grey(Color.parse(v)).hex for v in value)
        for name, value in vars(colours).items()
        if isinstance(value, str | tuple)
    }
    return replace(colours, **greys)


def made(name: str, colours: Colours) -> Theme:
    """The theme of that name."""
    return Theme(
        name,
        primary=colours.quiet,  # Textual's own widgets: blue has a meaning here
        secondary=colours.quiet,
        accent=colours.selection,
        success=colours.reached,
        error=colours.wrong,
        warning=colours.warning,
        foreground=colours.foreground,
        background=colours.ground,
        surface=colours.surface,
        panel=colours.panel,
        dark=colours.is_dark,
        variables={**_meanings(colours), **_widgets(colours)},
    )


def _meanings(colours: Colours) -> dict[str, str]:
    lines = zip(LETTERS, colours.lines, strict=True)
    return {
        "training": colours.training,
        "held-out": colours.held_out,
        "third": colours.third,
        "fourth": colours.fourth,
        "quiet": colours.quiet,
        "frame": colours.frame,
        **{f"line-{letter}": line for letter, line in lines},
        **{f"shade-{k}": shade for k, shade in enumerate(colours.shades)},
        **{f"ink-{k}": ink(Color.parse(shade)).hex for k, shade in enumerate(colours.shades)},
    }


def _widgets(colours: Colours) -> dict[str, str]:
    """Of Textual's own widgets what would not be read, or be taken for one of the meanings."""
    return {
        "text-muted": colours.quiet,
        "text-disabled": colours.quiet,
        "text-accent": colours.selection,
        "text-success": colours.reached,
        "text-error": colours.wrong,
        "text-warning": colours.warning,
        "foreground-muted": colours.quiet,
        "foreground-disabled": colours.quiet,
        "border": colours.selection,
        "border-blurred": colours.frame,
        "block-cursor-background": colours.selection,
        "block-cursor-foreground": colours.ground,
        "block-cursor-blurred-background": colours.panel,
        "block-cursor-blurred-foreground": colours.foreground,
        "input-selection-background": colours.frame,
        "input-selection-foreground": colours.ground,
        "scrollbar": colours.frame,
        "scrollbar-hover": colours.quiet,
        "scrollbar-active": colours.selection,
        "scrollbar-background": colours.surface,
        "footer-key-foreground": colours.selection,
        "screen-selection-background": colours.frame,
        "screen-selection-foreground": colours.ground,
        **{f"markdown-h{k}-color": colours.foreground for k in range(1, 7)},
    }
