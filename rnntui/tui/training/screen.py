"""The training screen: a pane for each run, the text that a network writes, and the prompt line."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import DescendantFocus, Resize
from textual.widgets import Input

from rnntui.runs import Run
from rnntui.runs.writers import TEMPERATURES, Sampling
from rnntui.sessions import doubts, ending
from rnntui.sessions.contract import OVER, Session
from rnntui.system.failures import explain
from rnntui.system.output import desktop_notification
from rnntui.text import format
from rnntui.tui.base.captured_output import CapturedOutput
from rnntui.tui.base.footer import Keys
from rnntui.tui.base.labels import Caption, Words, one_line
from rnntui.tui.base.line import LineInput
from rnntui.tui.base.main_screen import MainScreen, TooSmall
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.plot import SMOOTHINGS, ZOOMS, Plot
from rnntui.tui.dialogs.ask import AskNumber
from rnntui.tui.dialogs.choose import Choose
from rnntui.tui.training.about import ABOUT
from rnntui.tui.training.form import NewRun, NewRunForm
from rnntui.tui.training.generation import Generation
from rnntui.tui.training.keys import KEYS, MOST_PANES
from rnntui.tui.training.messages import Messages
from rnntui.tui.training.panes import Panes
from rnntui.tui.training.reading import ReadingView
from rnntui.tui.training.task_pane import TaskPane
from rnntui.tui.writing_room.sources import Training

TICK_SECONDS = 0.1
HOTTEST = 9.9
OF_TEXT = ("next_temperature", "warmer", "type_seed", "write")  # actions that need a run of text
NO_TEXT = "no run here is trained on text, so none can answer a prompt: n starts one"


class SeedLine(LineInput):
    """The line for prompts, one after the other; the footer says how to leave. Newlines of a pasted text are kept."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "ask", id="seed.ask", tooltip="Let the network continue this prompt"),
        Binding(
            "escape",
            "screen.leave_input",
            "back to the keys",
            id="seed.leave",
            tooltip="Leave the line, so that keys are commands again",
        ),
    ]


class Laboratory(MainScreen):
    """Runs side by side. Commands that concern one run go to the selected pane's."""

    DEFAULT_CSS = styles_of(__file__)
    ABOUT = ABOUT
    SHOWS = "the curves"
    TRAINS = True
    KEYS_OF = (SeedLine, Plot, ReadingView)
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS]
    AUTO_FOCUS = "TaskPane"

    def __init__(
        self,
        sessions: list[Session],
        root: Path,
        captured: CapturedOutput | None,
        begin: Callable[[Run], Session],
    ) -> None:
        """`begin` makes the session of a new run, which this process holds."""
        super().__init__()
        self.sessions = sessions  # one a pane
        self._begin_session = begin
        self.is_detaching = False  # what this process trains is given to processes of their own at the end
        self.paused: tuple[Session, ...] = ()  # those that were paused when it was given away
        self.every_session = list(sessions)  # those that were replaced, too
        self.first_sessions = tuple(sessions)
        self._root, self._captured = root, captured
        self._is_log, self._zoom, self._smoothing = False, 0, SMOOTHINGS.index(30)
        self._temperature = math.nan  # that the generation pane's title names
        self.notifies: Literal["off", "bell", "desktop"] = "off"  # how the terminal tells that a run has ended
        self._notified: dict[Session, str] = {}  # the state that was told of
        self._noted: set[tuple[str, str]] = set()
        self._deeds: dict[Session, int] = {}  # how many of each were told
        self._lost: set[Session] = set()  # whose end was told
        self._cpu, self._clock, self._share = time.thread_time(), time.monotonic(), 0.0

    def compose(self) -> ComposeResult:
        yield Words(id="heading")
        yield Panes(TaskPane(session) for session in self.sessions)
        yield Generation()
        yield Messages(self._captured, classes="absent")
        with Horizontal(id="seed-line"):
            yield Caption(">")
            yield SeedLine(newline="\n", placeholder="type a prompt", id="seed")
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self._attend_to_text()
        self._apply_view()
        self._say_heading()
        self.set_interval(TICK_SECONDS, self.tick)
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        """Start the training threads, after the first frame is on the screen."""
        for session in self.sessions:
            session.start()

    # --- the clock ----------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Read the sessions' new values and draw what changed."""
        for pane in self.query(TaskPane):
            pane.poll()
        self.query_one(Generation).poll()
        self.query_one(Messages).poll()
        self._say_notes()
        self._say_deeds()
        self._ask_about_lost()
        self._notify_terminal()
        writer = self.writer()
        if writer is not None and writer.temperature != self._temperature:  # one that was recorded
            self._title_generation(writer)
        if self._measure():
            self._say_heading()
        if any(session.status.run.state == "refused" for session in self.first_sessions):
            self.leave_refused()

    def leave_refused(self) -> None:
        """A run that was to be shown cannot be opened."""
        self.app.exit(2)

    def _say_notes(self) -> None:
        for session in self.every_session:
            for note in session.notes:
                if (session.run.name, note) not in self._noted:
                    self._noted.add((session.run.name, note))
                    self.query_one(Messages).say(f"{session.run.name}: {note}")

    def _say_deeds(self) -> None:
        """Tell what was done to the runs; what another window did comes up at once."""
        for session in self.sessions:
            told, deeds = self._deeds.get(session, 0), session.deeds
            self._deeds[session] = len(deeds)
            for deed in deeds[told:]:
                words = f"{session.run.name}: step {deed.step:,}: {deed.words}"
                if deed.window != session.window:
                    words += ", in another window"
                    self.notify(words, timeout=4)
                self.query_one(Messages).say(words, is_news=deed.window != session.window)

    def _ask_about_lost(self) -> None:
        """A run whose process is gone can be resumed at once."""
        for session in self.sessions:
            if session.status.run.state != "lost":
                self._lost.discard(session)
            elif session not in self._lost and self.app.screen is self:
                self._lost.add(session)
                self._ask_to_resume(session)

    def _notify_terminal(self) -> None:
        """Ring the bell, or have the terminal notify the desktop (OSC 9), when a run has ended or diverged."""
        for session in self.sessions if self.notifies != "off" else ():
            state = session.status.run.state
            if state in ("finished", "diverged", "failed", "lost") and self._notified.get(session) != state:
                if self.notifies == "bell":
                    self.app.bell()
                elif (driver := self.app._driver) is not None:
                    driver.write(desktop_notification(f"{session.run.name}: {state}"))
            self._notified[session] = state

    def action_resume_lost(self) -> None:
        lost = next((session for session in self.sessions if session.status.run.state == "lost"), None)
        if lost is None:
            self.notify("every run here has its process", timeout=3)
        else:
            self._ask_to_resume(lost)

    def _ask_to_resume(self, lost: Session) -> None:
        question = f"{lost.run.name}: {lost.status.sentence}. Resume it?"
        self.ask(
            Choose(question, {"y": "resume"}, otherwise="leave it"), lambda way: self._resume(lost) if way else None
        )

    def _resume(self, lost: Session) -> None:
        try:
            lost.revive()
        except (ValueError, OSError) as error:
            self.notify(f"{lost.run.name}: {explain(error)}", timeout=8)

    def _measure(self) -> bool:
        """Measure the share of a core that the screen needs, once a second; returns whether it did."""
        clock = time.monotonic()
        if clock - self._clock < 1.0:
            return False
        cpu = time.thread_time()
        self._share = (cpu - self._cpu) / (clock - self._clock)
        self._cpu, self._clock = cpu, clock
        return True

    def _say_heading(self) -> None:
        self.query_one("#heading", Words).update(self._heading(), layout=False)

    def _heading(self) -> str:
        runs = format.counted(len(self.sessions), "run")
        if hidden := self.panes.hidden:
            runs += f" ({hidden} not shown: 1-{min(MOST_PANES, len(self.sessions))} choose)"
        device = next((s.status.device for s in self.sessions if s.status.device), "")
        speed = sum(s.status.run.steps_per_second or 0.0 for s in self.sessions if s.status.run.state == "running")
        parts = ["rnntui", runs, *([device] if device else []), f"{format.count(speed)} steps/s"]
        unread = self.query_one(Messages).unread
        if unread:
            parts.append(f"{format.counted(unread, 'message')} (w)")
        parts.append(f"screen {self._share:.1%}")
        return " " + format.fitting(parts, max(len(parts[0]), self.size.width - 1))

    # --- which run ----------------------------------------------------------------------------------------------

    @property
    def panes(self) -> Panes:
        """The panes of the runs."""
        return self.query_one(Panes)

    def selected(self) -> TaskPane:
        """The pane that has the focus, or had it last."""
        return self.panes.selected

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        for pane in self.panes.all:
            if pane in event.widget.ancestors_with_self:
                self.panes.select(pane)

    def action_choose(self, number: int) -> None:
        panes = self.panes.all
        if number < len(panes):
            self.panes.select(panes[number])
            panes[number].focus()
            self._attend_to_text()
            self._say_heading()

    def writer(self) -> Session | None:
        """The text run that answers prompts: the selected one, else the first."""
        texts = [s for s in (self.selected().session, *self.sessions) if s.spec.generates]
        return texts[0] if texts else None

    def _attend_to_text(self) -> None:
        session = self.writer()
        self.refresh_bindings()
        for part in (self.query_one(Generation), self.query_one("#seed-line")):
            part.set_class(session is None, "absent")
        if session is not None:
            self.query_one(Generation).watch_session(session)
            self._title_generation(session)

    def _title_generation(self, session: Session) -> None:
        self._temperature = session.temperature
        self.query_one(Generation).border_title = one_line(
            f"generation · answers at temperature {session.temperature:.2g}"
        )

    # --- commands -----------------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        any_goes = any(session.is_going for session in self.sessions)
        for session in self.sessions:
            session.pause(any_goes)

    def action_save(self) -> None:
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
        if why_not := session.why_not_ended:
            self.notify(why_not, timeout=3)
            return
        ask = Choose(session.what_ending_does, {"y": "end it"}, otherwise="go on")
        self.ask(ask, lambda way: session.end() if way else None)

    def action_next_temperature(self) -> None:
        session = self.writer()
        if session is not None:
            warmer = [t for t in TEMPERATURES if t > session.temperature + 1e-9]
            self._set_temperature(session, warmer[0] if warmer else TEMPERATURES[0])

    def action_warmer(self, difference: float) -> None:
        session = self.writer()
        if session is not None:
            self._set_temperature(session, min(HOTTEST, max(0.0, round(session.temperature + difference, 2))))

    def _set_temperature(self, session: Session, temperature: float) -> None:
        session.set_temperature(temperature)
        self._title_generation(session)

    def action_ask(self, event: str) -> None:
        session = self.selected().session
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
        if said := session.why_not_back:
            self.notify(said, timeout=4)
        else:
            cost, step = session.what_going_back_costs, session.status.saved_step  # the one that is named
            ask = Choose(cost, {"y": "go back"}, otherwise="stay")
            self.ask(ask, lambda way: session.go_back(step) if way else None)

    def action_type_seed(self) -> None:
        if self.writer() is not None:
            self.action_restore()
            self.set_focus(self.query_one("#seed", Input))

    def action_say_no_text(self) -> None:
        self.notify(NO_TEXT, timeout=4)

    def action_write(self) -> None:
        from rnntui.tui.writing_room.prompts import Prompts
        from rnntui.tui.writing_room.screen import WritingRoom

        texts = [session for session in self.sessions if session.spec.generates]
        samplings = [Sampling(session.temperature) for session in texts]
        self.ask(WritingRoom(list(map(Training, texts)), samplings, Prompts(self._root), is_guest=True))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.is_closed:
            return False
        if action in (*OF_TEXT, "say_no_text") and (action in OF_TEXT) != any(
            session.spec.generates for session in self.sessions
        ):
            return False
        if action in ("enlarge", "restore"):
            return (self.maximized is None) == (action == "enlarge")
        return action != "type_seed" or not isinstance(self.focused, Input)

    def action_leave_input(self) -> None:
        self.action_restore()
        self.query_one("#seed", Input).clear()
        self.selected().focus()

    @on(Input.Submitted, "#seed")
    def ask_network(self, event: Input.Submitted) -> None:
        session = self.writer()
        if session is not None and event.value:
            session.ask(event.value, session.temperature)
            event.input.clear()

    def action_messages(self) -> None:
        messages = self.query_one(Messages)
        messages.toggle_class("absent")
        messages.unread = 0
        self.call_after_refresh(messages.scroll_end, animate=False)

    # --- how the curves are drawn -------------------------------------------------------------------------------

    def action_log(self) -> None:
        self._is_log = not self._is_log
        self._apply_view()

    def action_zoom(self) -> None:
        self._zoom = (self._zoom + 1) % len(ZOOMS)
        self._apply_view()

    def action_smooth(self, more: int) -> None:
        self._smoothing = min(len(SMOOTHINGS) - 1, max(0, self._smoothing + more))
        self._apply_view()

    def action_enlarge(self) -> None:
        self.maximize(self.selected(), container=False)

    def action_restore(self) -> None:
        if self.maximized is not None:
            self.minimize()

    def watch_maximized(self) -> None:
        self.refresh_bindings()

    def action_next_view(self) -> None:
        self.selected().views.next()

    def action_view(self, key: str) -> None:
        self.selected().views.press(key)

    def _apply_view(self) -> None:
        for pane in self.query(TaskPane):
            pane.view(log=self._is_log, zoom=ZOOMS[self._zoom], smoothing=SMOOTHINGS[self._smoothing])

    def on_resize(self, event: Resize) -> None:
        rows = event.size.height
        self.set_class(rows < 32, "low")
        self.set_class(rows < 20, "lowest")

    # --- another run --------------------------------------------------------------------------------------------

    def action_form(self) -> None:
        self.ask(NewRunForm(self.selected().session.settings, self._root, self._taken), self._begin)

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
        self.action_restore()
        pane = TaskPane(session)
        await self.panes.add(pane, before=old)
        if old is not None:
            old.session.stop()
            self.sessions.remove(old.session)
            await old.remove()
        session.start()
        self.panes.select(pane)
        pane.focus()
        self._apply_view()
        self._attend_to_text()
        self._say_heading()
