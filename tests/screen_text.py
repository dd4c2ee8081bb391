"""What an app of Textual's shows at this moment, as text. Textual has no public way to ask: this reaches into it."""

from typing import Any

from textual._context import visible_screen_stack
from textual.app import App
from textual.screen import Screen
from textual.strip import Strip


def strips(screen: Screen[Any]) -> list[Strip]:
    """The rows of a screen as they are drawn, those of a dialog with what it lies over."""
    visible_screen_stack.set(screen.app._background_screens if screen.is_active else [])
    return list(screen._compositor.render_strips())


def rows(screen: Screen[Any]) -> list[str]:
    return ["".join(segment.text for segment in strip) for strip in strips(screen)]


def dump(screen: Screen[Any]) -> str:
    return "\n".join(rows(screen))


def notices(app: App[Any]) -> list[str]:
    """The notes that are shown over the screen, oldest first."""
    return [note.message for note in app._notifications]
