"""An application around a screen that only looks on: it trains nothing and leaves nothing to be saved."""

from collections.abc import Iterable
from signal import SIGHUP
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from rnntui.endings import BY_SIGNAL, Signals
from rnntui.tui.stray import Stray

HEED_SECONDS = 0.1  # from one look at the signals and the terminal to the next


class Looking(App[int]):
    """Shows a screen and ends by `q`, by a signal, and where the terminal is gone."""

    TITLE = "rnntui"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+q", "quit", "Quit", id="app.quit-always", show=False, priority=True, tooltip="Exit, from anywhere"
        ),
        Binding("ctrl+c", "quit", "Quit", id="app.quit-or-copy", show=False, tooltip="Copy a selection, else exit"),
    ]

    def __init__(self, first: Screen[None], stray: Stray | None = None, signals: Signals | None = None) -> None:
        super().__init__()
        self.first, self._stray, self._signals = first, stray, signals

    def on_mount(self) -> None:
        self.push_screen(self.first)
        self.set_interval(HEED_SECONDS, self._heed)

    def _heed(self) -> None:
        """Leave where a signal was caught, or the terminal is gone."""
        if self._signals is not None and self._signals.caught is not None:
            self.exit(BY_SIGNAL + self._signals.caught)
        elif self._stray is not None and self._stray.is_hung_up:
            self.exit(BY_SIGNAL + SIGHUP)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every binding of the screen, by its tooltip, so that the palette has them all."""
        yield from super().get_system_commands(screen)
        yield from bound_commands(self, screen)

    @property
    def failure(self) -> Exception | None:
        """What the screen itself failed of."""
        return self._exception

    async def action_quit(self) -> None:
        self.exit(0)


def look_at(screen: Screen[None]) -> int:
    """Show a screen until the user leaves; the exit status. Raises `RuntimeError` where the screen failed."""
    with Signals() as signals, Stray() as stray:
        app = Looking(screen, stray, signals)
        status = app.run() or 0
    if signals.caught is not None:
        return BY_SIGNAL + signals.caught
    if app.failure is not None and status < BY_SIGNAL:
        raise RuntimeError(f"the screen failed: {type(app.failure).__name__}: {app.failure}") from app.failure
    return status


def bound_commands(app: App[int], screen: Screen[object]) -> Iterable[SystemCommand]:
    """A command for each binding that is active and has a tooltip."""
    named = set()
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.tooltip and active.enabled and binding.id not in named:
            named.add(binding.id)
            action, node = binding.action, active.node
            yield SystemCommand(
                f"{binding.description} ({app.get_key_display(binding)})",
                binding.tooltip,
                lambda action=action, node=node: app.call_later(app.run_action, action, node),
            )
