"""What the full-size screens share: their help, and the message shown when the terminal is too small."""

from typing import ClassVar

from textual.binding import BindingType
from textual.events import Resize

from rnntui.tui.base.grammar import bound
from rnntui.tui.base.keys import bindings
from rnntui.tui.base.labels import Words
from rnntui.tui.base.own_keys import in_own_keys
from rnntui.tui.base.screen import SMALLEST, LabScreen
from rnntui.tui.base.styles import styles_of
from rnntui.tui.dialogs.explanation import Explanation
from rnntui.tui.dialogs.help import Help
from rnntui.tui.dialogs.key_list import KeyEntry, entries_of


class MainScreen(LabScreen[None]):
    """Subclasses compose a `TooSmall` among their widgets; `SHOWS` is what there is no room for."""

    DEFAULT_CSS = styles_of(__file__)
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("screen", "about", "about", "about", "What is selected, and what is seen on this screen", show=True),
    ]
    ABOUT: ClassVar[str] = ""  # what one sees there, in Markdown
    KEYS_OF: ClassVar[tuple[type, ...]] = ()  # widgets that have keys of their own
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
        """Open the list of what keys do now."""
        self.ask(Help(entries_of(self), self._why_not_listed), self._run)

    def _why_not_listed(self, typed: str) -> str:
        """Why what was typed into the help is not in it, where a key does that at other times."""
        entries = entries_of(self, useless=True)
        return next((self.why_useless(entry.action) for entry in entries if entry.matches(typed)), "")

    def _run(self, entry: KeyEntry | None) -> None:
        if entry is not None:
            self.app.call_later(self.app.run_action, entry.action, entry.node)

    def action_about(self) -> None:
        """Open the explanation of what is seen."""
        self.ask(
            Explanation(self.about_page()), lambda keys: self.call_after_refresh(self.action_help) if keys else None
        )

    def about_page(self) -> str:
        """What is selected and what one sees, in Markdown."""
        return f"{self.explained(self.ABOUT)}\n"

    def explained(self, markdown: str) -> str:
        """A text on what is seen here, which names keys of this screen as `` `v` ``: those that the user has."""
        owners = (*type(self).__mro__, *self.KEYS_OF)
        actions = [binding.id for owner in owners for binding in bindings(owner) if binding.id]
        return in_own_keys(markdown.strip(), actions)


class TooSmall(Words):
    """The message that replaces everything else on a terminal that is too small."""

    def __init__(self) -> None:
        super().__init__(id="too-small")
