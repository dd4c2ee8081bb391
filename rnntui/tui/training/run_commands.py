"""What the keys of the training screen do to its runs: pause, save, end, change a setting, go back, begin another."""

import math
from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path

from rnntui.runs import Run
from rnntui.sessions import doubts, ending, going_back
from rnntui.sessions.contract import OVER, Session
from rnntui.system.failures import explain
from rnntui.tui.base.main_screen import MainScreen
from rnntui.tui.dialogs.ask import AskNumber
from rnntui.tui.dialogs.choose import Choose
from rnntui.tui.training.form import NewRun, NewRunForm
from rnntui.tui.training.panes import Panes
from rnntui.tui.training.task_pane import TaskPane
from rnntui.tui.training.what_next import harder

OF_TRAINING = (
    "pause",
    "go_on",
    "ask('learning_rate')",
    "save",
    "detach",
    "go_back",
    "ask('clip')",
)  # asked of what trains


class RunCommands(MainScreen):
    """A screen on runs: `sessions` are those of its panes, `begin` makes the session of a new run."""

    def __init__(self, sessions: list[Session], root: Path, begin: Callable[[Run], Session]) -> None:
        super().__init__()
        self.sessions: list[Session] = sessions  # one a pane
        self.every_session = list(sessions)  # those that were replaced, too
        self.first_sessions = tuple(sessions)
        self.is_detaching = False  # what this process trains is given to processes of their own at the end
        self.said_first: list[str] = []  # sentences to begin with, such as which runs are not here
        self.paused: tuple[Session, ...] = ()  # those that were paused when it was given away
        self._root, self._begin_session = root, begin

    @property
    def panes(self) -> Panes:
        """The panes of the runs."""
        return self.query_one(Panes)

    def selected(self) -> TaskPane:
        """The pane that has the focus, or had it last."""
        return self.panes.selected

    @abstractmethod
    def show_selected(self) -> None:
        """Show all that belongs to the selected run; called when another one is."""

    def why_useless(self, action: str) -> str:
        if action in OF_TRAINING:
            return self._why_not_asked(*self.sessions)
        if action == "end_training":
            session = self.selected().session
            return session.why_not_ended or session.why_not_asked
        if action == "resume_lost":
            return "" if self._lost is not None else "every run here has its process"
        return self.selected().views.why_not(action) if self.panes.all else ""

    @property
    def _lost(self) -> Session | None:
        """The first run whose process is gone."""
        return next((s for s in self.sessions if s.status.run.state == "lost" and not s.looks_only), None)

    @staticmethod
    def _why_not_asked(*sessions: Session) -> str:
        """Why nothing can be asked of any of these; empty where it can."""
        reasons = [session.why_not_asked for session in sessions]
        return reasons[0] if all(reasons) else ""

    # --- what a run is asked ----------------------------------------------------------------------------------------

    def _is_refused(self, *sessions: Session) -> bool:
        """Whether nothing can be asked of any of these; then it is said why."""
        if why_not := self._why_not_asked(*sessions):
            self.notify(why_not, timeout=4)
        return bool(why_not)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("pause", "go_on"):
            return self._is_at_a_stand == (action == "go_on")
        if action == "choose" and (len(self.panes.all) == 1 or parameters[0] not in range(len(self.panes.all))):
            return False
        return super().check_action(action, parameters)

    @property
    def _is_at_a_stand(self) -> bool:
        """Whether none of the runs goes, or will once what was asked of it is done, and one can go on."""
        is_left = any(session.status.run.state not in OVER for session in self.sessions)
        return is_left and not any(session.is_going for session in self.sessions)

    def action_pause(self) -> None:
        self._pause_all(True)

    def action_go_on(self) -> None:
        self._pause_all(False)

    def _pause_all(self, paused: bool) -> None:
        if not self._is_refused(*self.sessions):
            for session in self.sessions:
                session.pause(paused)
            self.refresh_bindings()  # the same key does the opposite from now on

    def action_save(self) -> None:
        if self._is_refused(*self.sessions):
            return
        for session in self.sessions:
            session.save()
        self.notify("saving a checkpoint of each run", timeout=2)

    def action_detach(self) -> None:
        """Give what this process trains to processes of their own, and leave."""
        try:
            self.paused = ending.paused(ending.to_give(self.sessions, "q closes this window"))
        except ValueError as error:
            self.notify(str(error), timeout=4)
            return
        self.is_detaching = True
        self.notify("saving, then the training goes on without this screen")
        self.app.call_later(self.app.action_quit)

    def action_end_training(self) -> None:
        """Ask, and have the selected run saved and ended wherever it is trained."""
        session = self.selected().session
        if why_not := self.why_useless("end_training"):
            self.notify(why_not, timeout=3)
            return
        ask = Choose(session.what_ending_does, {"y": "end it"}, otherwise="go on")
        self.ask(ask, lambda way: session.end() if way else None)

    def action_ask(self, event: str) -> None:
        session = self.selected().session
        if self._is_refused(session):
            return
        value = session.status.learning_rate if event == "learning_rate" else session.status.clip
        hint = " (0 turns clipping off)" if event == "clip" else ""
        question = f"{event.replace('_', ' ')} of {session.run.name}{hint}"
        known = f"{value:.6g}" if math.isfinite(value) else ""
        asked = AskNumber(question, known, or_zero=event == "clip", doubt=lambda value: doubts.doubt(event, value))
        self.ask(asked, self._changer(session, event))

    def _changer(self, session: Session, event: str) -> Callable[[float | None], None]:
        return lambda value: session.change(event, value) if value is not None else None

    def action_go_back(self) -> None:
        session = self.selected().session
        if session.looks_only and self._is_refused(session):
            return
        if said := going_back.why_not_back(session):
            self.notify(said, timeout=4)
            return
        ways = going_back.ways_back(session)  # those that are named, whatever comes meanwhile
        words = [f"go back to {way}" for way in ways] if len(ways) > 1 else ["go back"]
        keys = ["y", *(f"{k}" for k in range(2, len(ways) + 1))]
        ask = Choose(going_back.what_it_costs(session, ways), dict(zip(keys, words, strict=True)), otherwise="stay")
        self.ask(ask, lambda key: session.go_back(ways[keys.index(key)].step) if key else None)

    def action_resume_lost(self) -> None:
        if why_not := self.why_useless("resume_lost"):
            self.notify(why_not, timeout=3)
        elif (lost := self._lost) is not None:
            self.ask_to_resume(lost)

    def ask_to_resume(self, lost: Session) -> None:
        """Ask whether another process shall take up a run whose process is gone."""
        question = f"{lost.run.name}: {lost.status.sentence}. Resume it?"
        self.ask(
            Choose(question, {"y": "resume"}, otherwise="leave it"), lambda way: self._resume(lost) if way else None
        )

    def _resume(self, lost: Session) -> None:
        try:
            lost.revive()
        except (ValueError, OSError) as error:
            self.notify(f"{lost.run.name}: {explain(error)}", timeout=8)

    # --- another run ------------------------------------------------------------------------------------------------

    def action_form(self) -> None:
        """Offer another run with the settings of the selected one, or twice as long where that one is solved."""
        session = self.selected().session
        self.ask(NewRunForm(harder(session) or session.settings, self._root, self._taken), self._begin)

    def _taken(self, task: str) -> str:
        """Which run of a task a new one would replace, and what happens to it; empty if there is none."""
        pane = self._pane_of(task)
        if pane is None:
            return ""
        session = pane.session
        name, is_over = session.run.name, session.status.run.state in OVER
        of_it = (
            "has ended; its curves would no longer be shown"
            if is_over
            else "is training; it would be saved and stopped"
        )
        return f"Run {name} {of_it}. Where should the new run go?"

    def _pane_of(self, task: str) -> TaskPane | None:
        """The selected pane where it is of that task, else the first that is."""
        panes = [self.selected(), *self.panes.all]
        return next((pane for pane in panes if pane.session.settings.task == task), None)

    async def _begin(self, new: NewRun | None) -> None:
        """Start a run in place of one of its task, or beside the others."""
        if new is None:
            return
        try:
            session = self._begin_session(new.run)
        except ValueError as error:
            self.notify(str(error), timeout=8)
            return
        old = self._pane_of(session.settings.task) if new.in_place else None
        self.every_session.append(session)
        self.sessions.append(session)
        self.minimize()
        pane = TaskPane(session)
        await self.panes.add(pane, before=old)
        if old is not None:
            old.session.stop()
            self.sessions.remove(old.session)
            await old.remove()
        session.start()
        self.panes.select(pane)
        pane.focus()
        self.show_selected()
