"""The training screen over the list of runs: Esc comes back to the list, and what trains goes on."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from rnntui.tui.base.grammar import bound
from rnntui.tui.dialogs.choose import Choose
from rnntui.tui.training.screen import Laboratory

BACK = bound("laboratory", "leave", "back", "runs", "Back to the list of runs; what trains goes on", show=True)


class OpenedRuns(Laboratory):
    """Runs that were opened in the list. `question` is what is asked over them where some could be trained on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(binding for binding in Laboratory.BINDINGS if isinstance(binding, Binding) and binding.key == "escape"),
        BACK,
    ]

    question = ""
    is_to_train_on = False  # as its end was asked for

    def on_mount(self) -> None:
        """Called beside that of the training screen."""
        if self.question:
            self.call_after_refresh(self._ask)

    def _ask(self) -> None:
        ways = {"y": "resume", "l": "only look"}
        self.ask(Choose(self.question, ways, otherwise="leave"), self._take)

    def _take(self, way: str | None) -> None:
        self.is_to_train_on = way == "y"
        if way != "l":
            self.close()

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
