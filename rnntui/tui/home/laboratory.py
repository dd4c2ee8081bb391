"""The training screen over the list of runs: Esc comes back to the list, and what trains goes on."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from rnntui.tui.base.grammar import bound
from rnntui.tui.training.screen import Laboratory

BACK = bound("laboratory", "leave", "back", "runs", "Back to the list of runs; what trains goes on", show=True)


class OpenedRuns(Laboratory):
    """Runs that were opened in the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(binding for binding in Laboratory.BINDINGS if isinstance(binding, Binding) and binding.key == "escape"),
        BACK,
    ]

    def action_back(self) -> None:
        self.close()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("back", "leave_input"):
            is_typing = isinstance(self.focused, Input)
            return not self.is_closed and self.maximized is None and is_typing == (action == "leave_input")
        return super().check_action(action, parameters)

    def leave_refused(self) -> None:
        refused = next(session for session in self.first_sessions if session.status.run.state == "refused")
        self.notify(f"{refused.run.name}: {refused.status.sentence}", severity="error", timeout=10)
        self.close()
