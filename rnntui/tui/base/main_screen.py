"""What the full-size screens share: their help, and the message shown when the terminal is too small."""

from collections.abc import Mapping
from typing import ClassVar

from textual.events import Resize

from rnntui.tui.base.application import Application
from rnntui.tui.base.keys import NO_OTHERS, table
from rnntui.tui.base.labels import Words
from rnntui.tui.base.screen import LabScreen
from rnntui.tui.base.styles import styles_of
from rnntui.tui.dialogs.help import Help

SMALLEST = (60, 16)  # columns, rows


class MainScreen(LabScreen[None]):
    """Subclasses compose a `TooSmall` among their widgets; `SHOWS` is what there is no room for."""

    DEFAULT_CSS = styles_of(__file__)
    ABOUT: ClassVar[str] = ""  # what one sees there, in Markdown: the first part of its help
    KEYS_OF: ClassVar[tuple[type, ...]] = ()  # widgets whose keys are explained behind its own
    SHOWS: ClassVar[str] = "the curves"
    TRAINS: ClassVar[bool] = False  # whether anything goes on meanwhile

    def on_resize(self, event: Resize) -> None:
        """Called beside a subclass's own."""
        columns, rows = event.size
        self.set_class(columns < SMALLEST[0] or rows < SMALLEST[1], "small")
        goes_on = "\nTraining continues." if self.TRAINS else ""
        words = (
            f"{columns}×{rows} is too small for {self.SHOWS}: at least {SMALLEST[0]}×{SMALLEST[1]} is needed.{goes_on}"
        )
        self.query_one(TooSmall).update(words)

    def action_help(self) -> None:
        """Open the help on this screen and its keys."""
        changed = self.app.own_keys if isinstance(self.app, Application) else {}
        self.ask(Help(self.help_page(changed)))

    @classmethod
    def help_page(cls, changed: Mapping[str, str] = NO_OTHERS) -> str:
        """What the screen shows and which keys it has, `changed` ones of the user's own too, in Markdown."""
        return f"{cls.ABOUT.strip()}\n\n# Keys\n\n{table((cls, *cls.KEYS_OF, Application), changed)}\n"


class TooSmall(Words):
    """The message that replaces everything else on a terminal that is too small."""

    def __init__(self) -> None:
        super().__init__(id="too-small")
