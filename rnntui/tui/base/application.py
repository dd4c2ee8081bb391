"""The application around every screen: how it ends, stops and comes back, and what the command palette has.

Nothing heavy is imported here: the first frame is painted before a worker loads torch.
"""

import signal
from collections.abc import Iterable
from typing import ClassVar

from rich.console import RenderableType
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.notifications import SeverityLevel
from textual.screen import Screen

from rnntui.system.signals import BY_SIGNAL, Signals
from rnntui.text.sanitize import shown_text
from rnntui.tui.base.captured_output import CapturedOutput
from rnntui.tui.base.ending import leave_without_echo
from rnntui.tui.base.job_control import JobControl
from rnntui.tui.base.screen import LabScreen

HEED_SECONDS = 0.1  # from one look at the signals and the terminal to the next


class Application(App[int]):
    """Shows a screen and ends by `q`, by a signal, and where the terminal is gone."""

    TITLE = "rnntui"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+q",
            "quit",
            "Quit",
            id="app.quit-always",
            show=False,
            priority=True,
            tooltip="Save what trains and exit, from anywhere",
        ),
        Binding("ctrl+c", "quit", "Quit", id="app.quit-or-copy", show=False, tooltip="Copy a selection, else exit"),
        Binding(
            "ctrl+z",
            "suspend_process",
            "Suspend",
            id="app.suspend",
            show=False,
            priority=True,
            tooltip="Back to the shell; fg comes back to the screen",
        ),
    ]

    def __init__(
        self, first: Screen[None], captured: CapturedOutput | None = None, signals: Signals | None = None
    ) -> None:
        super().__init__()
        self.first, self._captured, self._signals = first, captured, signals
        self._job_control = JobControl(self._redraw)

    def on_mount(self) -> None:
        self._job_control.begin(self._driver)
        self.push_screen(self.first)
        self.set_interval(HEED_SECONDS, self._heed)

    def _heed(self) -> None:
        """Leave where a signal was caught, or the terminal is gone."""
        if self._signals is not None and self._signals.caught is not None:
            self.leave(BY_SIGNAL + self._signals.caught)
        elif self._captured is not None and self._captured.is_hung_up:
            self.leave(BY_SIGNAL + signal.SIGHUP)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Any text as a note: never markup, whatever is asked for."""
        super().notify(shown_text(message), title=shown_text(title), severity=severity, timeout=timeout, markup=False)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every binding of the screen, by its tooltip, so that the palette has them all."""
        yield from super().get_system_commands(screen)
        yield from bound_commands(self, screen)

    @property
    def failure(self) -> Exception | None:
        """What the screen itself failed of."""
        return self._exception

    def check_failure(self, status: int) -> None:
        """Raise `RuntimeError` where the screen itself failed and no signal ended it."""
        if self.failure is not None and status < BY_SIGNAL:
            raise RuntimeError(f"the screen failed: {type(self.failure).__name__}: {self.failure}") from self.failure

    async def action_quit(self) -> None:
        self.leave(0)

    def action_suspend_process(self) -> None:
        self._job_control.suspend()

    def leave(self, status: int) -> None:
        """Exit with a status, once the screen on top is whole."""
        if isinstance(self.screen, LabScreen) and not self.screen.is_whole:
            self.set_timer(HEED_SECONDS, lambda: self.leave(status))
        else:
            self.exit(status)

    def exit(self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """End the screen; keys are not echoed any more, for the process may yet have something to save."""
        leave_without_echo(self._driver)
        super().exit(result, return_code, message)

    def _redraw(self) -> None:
        """Draw all anew: whatever wrote on the terminal meanwhile."""
        if self.is_running:
            self.refresh(layout=True)


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
