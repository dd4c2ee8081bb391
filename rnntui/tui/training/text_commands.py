"""What the keys of the training screen do with the networks of text: prompts, temperatures, and screens of their own.

Invariant: a key that can do nothing now says why when it is pressed.
"""

from abc import abstractmethod

from rnntui.runs.writers import TEMPERATURES, Sampling
from rnntui.sessions.contract import Session
from rnntui.tui.base import own_keys
from rnntui.tui.training.reading import ReadingView
from rnntui.tui.training.run_commands import RunCommands
from rnntui.tui.training.text_panes import TextPanes
from rnntui.tui.writing_room.sources import Training

HOTTEST = 9.9  # temperature of answers
OF_ANSWERS = ("type_seed", "next_temperature", "warmer(0.1)", "warmer(-0.1)")
SHADE = "view('shade')"  # of the gates
OF_TEXT = ("next_temperature", "warmer", "type_seed", "write", "time_machine", "page_text")  # need a run of text
NO_TEXT = "no run here is trained on text, so none can answer a prompt: {laboratory.new-run} starts one"


class TextCommands(RunCommands):
    """A screen on runs, some of which may be of text."""

    @abstractmethod
    def begin_prompt(self, writer: Session) -> None:
        """Let a prompt for this run be typed."""

    def writer(self) -> Session | None:
        """The text run that answers prompts: the selected one, else the first."""
        return next((s for s in (self.selected().session, *self.sessions) if s.spec.generates), None)

    @property
    def texts(self) -> list[Session]:
        """The runs of text."""
        return [session for session in self.sessions if session.spec.generates]

    def why_useless(self, action: str) -> str:
        if action in OF_ANSWERS:
            return self.why_no_answer
        if action == "write":
            reasons = [_why_gone(session, "write with") for session in self.texts]
            return reasons[0] if reasons and all(reasons) else ""
        return super().why_useless(action)

    @property
    def why_no_answer(self) -> str:
        """A sentence that says why no prompt is answered; empty where one is, or there is no run of text."""
        if (writer := self.writer()) is None:
            return ""
        return writer.why_not_asked if writer.why_no_view else _why_gone(writer, "answer")

    def _says_why_not(self, action: str) -> bool:
        """Whether an action is useless now; then it is said why."""
        if why_not := self.why_useless(action):
            self.notify(why_not, timeout=4)
        return bool(why_not)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in (*OF_TEXT, "say_no_text") and (action in OF_TEXT) != bool(self.texts):
            return False
        if action == "shade_samples":
            return bool(self.texts) and SHADE not in self.leading_actions
        return super().check_action(action, parameters)

    def action_type_seed(self) -> None:
        if (writer := self.writer()) is not None and not self._says_why_not("type_seed"):
            self.begin_prompt(writer)

    def action_say_no_text(self) -> None:
        self.notify(own_keys.said(NO_TEXT), timeout=4)

    def action_next_temperature(self) -> None:
        if (writer := self.writer()) is not None:
            warmer = [t for t in TEMPERATURES if t > writer.temperature + 1e-9]
            self._set_temperature(writer, warmer[0] if warmer else TEMPERATURES[0])

    def action_warmer(self, difference: float) -> None:
        if (writer := self.writer()) is not None:
            self._set_temperature(writer, min(HOTTEST, max(0.0, round(writer.temperature + difference, 2))))

    def _set_temperature(self, writer: Session, temperature: float) -> None:
        if not self._says_why_not("next_temperature"):
            writer.set_temperature(temperature)
            self.query_one(TextPanes).say_temperature()

    def action_shade_samples(self) -> None:
        self.query_one(TextPanes).shade()

    def action_page_text(self, pages: int) -> None:
        self.query_one(TextPanes).generation.page(pages)

    def action_write(self) -> None:
        from rnntui.tui.writing_room.prompts import Prompts
        from rnntui.tui.writing_room.screen import WritingRoom

        if self._says_why_not("write"):
            return
        samplings = [Sampling(session.temperature) for session in self.texts]
        unit = next(view.chosen for view in self.selected().views.all if isinstance(view, ReadingView))
        sources = [Training(session) for session in self.texts]
        self.ask(WritingRoom(sources, samplings, Prompts(self._root), is_guest=True, unit=unit))

    def action_time_machine(self) -> None:
        from rnntui.tui.writing_room.time_machine import TimeMachine

        if (writer := self.writer()) is not None:
            self.ask(TimeMachine(writer.run, Sampling(writer.temperature), "", 0))


def _why_gone(session: Session, to_do: str) -> str:
    """That there is no network of a run to do something; empty where there is, or will be."""
    gone = session.why_no_network
    return f"run {session.run.name} {gone}: there is no network to {to_do}" if gone else ""
