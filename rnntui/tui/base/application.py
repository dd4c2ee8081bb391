"""The application around every screen: its keys, how Ctrl-Z suspends it, and what the command palette offers.

How it ends is in `ending.py`.

Nothing heavy is imported here: the first frame is painted before a worker loads torch.
"""

from collections.abc import Iterable
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.notifications import Notify, SeverityLevel
from textual.screen import Screen

from rnntui.system import user_config
from rnntui.system.errors import meaning
from rnntui.system.signals import Signals
from rnntui.text.sanitize import shown_text
from rnntui.tui.base import notes, own_keys
from rnntui.tui.base.captured_output import CapturedOutput
from rnntui.tui.base.ending import HEED_SECONDS, EndingApp
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.job_control import JobControl
from rnntui.tui.base.screen import is_useless
from rnntui.tui.base.styles import styles_of

KEPT_COMMANDS = ("Theme", "Screenshot")


class Application(EndingApp):
    """Shows a screen; Ctrl-Z suspends it and `fg` resumes it; ends as `EndingApp` does."""

    TITLE = "rnntui"
    CSS = styles_of(__file__)
    BINDINGS: ClassVar[list[BindingType]] = [
        bound(
            "app",
            "quit at once",
            "quit",
            "quit",
            "Save what trains and quit, from anywhere",
            priority=True,
            name="quit-always",
        ),
        bound("app", "copy or quit", "quit", "quit", "Copy a selection, else quit", name="quit-or-copy"),
        bound(
            "app",
            "suspend",
            "suspend_process",
            "suspend",
            "Back to the shell; fg comes back to the screen",
            priority=True,
        ),
    ]

    def __init__(
        self, first: Screen[None], captured: CapturedOutput | None = None, signals: Signals | None = None
    ) -> None:
        super().__init__(captured, signals)
        self.begin_with(user_config.chosen("theme") or self.theme)
        self.own_keys = _own_keys()
        own_keys.use(self.own_keys)
        self.first = first
        self._job_control = JobControl(self._redraw)

    def on_mount(self) -> None:
        self._job_control.begin(self._driver)
        if self.own_keys:
            from rnntui.tui.actions import keymap

            self.set_keymap(keymap(self.own_keys))
        self.push_screen(self.first)
        self.set_interval(HEED_SECONDS, self.heed)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a notification; its text is never read as markup, whatever `markup` says."""
        seconds = notes.SECONDS if timeout is None else timeout
        super().notify(shown_text(message), title=shown_text(title), severity=severity, timeout=seconds, markup=False)

    def on_notify(self, event: Notify) -> None:
        """Make room for a notification, before Textual shows it."""
        for note in notes.giving_way(self._notifications, event.notification):
            self._unnotify(note, refresh=False)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every binding of the screen, named by its tooltip, for the command palette.

        Of Textual's own those alone for which no binding stands.
        """
        yield from (command for command in super().get_system_commands(screen) if command.title in KEPT_COMMANDS)
        yield from bound_commands(self, screen)

    def watch_theme(self, before: str, now: str) -> None:
        """Keep what was chosen in the palette."""
        if before != now and self.is_running:
            try:
                user_config.keep("theme", now)
            except (ValueError, OSError) as error:
                self.notify(f"the theme is not kept: {meaning(error) if isinstance(error, OSError) else error}")

    def action_suspend_process(self) -> None:
        self._job_control.suspend()

    def _redraw(self) -> None:
        """Redraw everything, since other programs may have written on the terminal."""
        if self.is_running:
            self.refresh(layout=True)


def _own_keys() -> dict[str, str]:
    """The keys that the user gives to actions. Raises `ValueError` for a configuration that will not do."""
    if not user_config.values_of("keys"):
        return {}  # the screens that all have actions are not loaded for nothing
    from rnntui.tui import actions

    return actions.own_keys()


def bound_commands(app: App[int], screen: Screen[object]) -> Iterable[SystemCommand]:
    """A command for each binding that does something now and has a tooltip; one where several keys do the same."""
    named: set[object] = set()
    for active in screen.active_bindings.values():
        binding = active.binding
        does = binding.description, binding.action.removeprefix("app.")
        does_nothing = binding.action == "command_palette" or is_useless(screen, active)
        if binding.tooltip and active.enabled and not does_nothing and not named & {binding.id, does}:
            named |= {binding.id, does}
            action, node = binding.action, active.node
            yield SystemCommand(
                f"{binding.description} ({app.get_key_display(binding)})",
                binding.tooltip,
                lambda action=action, node=node: app.call_later(app.run_action, action, node),
            )
