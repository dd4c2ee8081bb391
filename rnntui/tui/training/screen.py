"""The training screen: a pane for each run, the text that a network writes, and the prompt line."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.events import DescendantFocus, Resize
from textual.widgets import Input

from rnntui.runs import Run
from rnntui.sessions.contract import Session
from rnntui.tui.base.captured_output import CapturedOutput
from rnntui.tui.base.footer import Keys
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.labels import Caption
from rnntui.tui.base.line import LineInput
from rnntui.tui.base.main_screen import TooSmall
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.plot import Plot
from rnntui.tui.chart.window import SMOOTHINGS, USUAL_SMOOTHING, ZOOMS, zoomed
from rnntui.tui.training import about_run
from rnntui.tui.training.about import ABOUT
from rnntui.tui.training.heading import Heading
from rnntui.tui.training.keys import KEYS
from rnntui.tui.training.messages import Messages
from rnntui.tui.training.news import RunNews
from rnntui.tui.training.panes import Panes
from rnntui.tui.training.reading import ReadingView
from rnntui.tui.training.task_pane import TaskPane
from rnntui.tui.training.text_commands import TextCommands
from rnntui.tui.training.text_panes import TextPanes
from rnntui.tui.training.tour import Tour

TICK_SECONDS = 0.1


class SeedLine(LineInput):
    """The line for prompts, one after the other; the footer says how to leave. Newlines of a pasted text are kept."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("seed", "do", "submit", "ask", "Let the network continue this prompt", show=True),
        bound(
            "seed",
            "leave",
            "screen.leave_input",
            "back to the keys",
            "Leave the line, so that keys are commands again",
            show=True,
            name="leave",
        ),
    ]


class Laboratory(TextCommands):
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
        super().__init__(sessions, root, begin)
        self._captured = captured
        self._is_log: bool | None = None  # where it spans powers of ten
        self._zoom, self._smoothing = ZOOMS[0], SMOOTHINGS.index(USUAL_SMOOTHING)
        self.notifies: Literal["off", "bell", "desktop"] = "off"  # how the terminal tells that a run has ended
        self._news = RunNews(self)
        self.has_tour = False  # whether its keys are shown one by one, at the user's first start

    def compose(self) -> ComposeResult:
        yield Heading()
        yield Panes(TaskPane(session) for session in self.sessions)
        yield TextPanes()
        yield Messages(self._captured, classes="absent")
        with Horizontal(id="seed-line"):
            yield Caption(">")
            yield SeedLine(newline="\n", placeholder="type a prompt", id="seed")
        yield Tour()
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self._attend_to_text()
        self._apply_view()
        self._say_heading()
        self.set_interval(TICK_SECONDS, self.tick)
        self.call_after_refresh(self._start)
        if self.has_tour:
            self.query_one(Tour).offer(writes=self.writer() is not None)

    def _start(self) -> None:
        """Start the training threads, after the first frame is on the screen."""
        for session in self.sessions:
            session.start()

    # --- the clock ----------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Read the sessions' new values and draw what changed."""
        for pane in self.query(TaskPane):
            pane.poll()
        self.panes.share_axes()
        self.query_one(TextPanes).poll()
        self._offer_prompt()
        self.query_one(Messages).poll()
        self._news.tell()
        self.query_one(Tour).poll(self)
        if self.query_one(Heading).is_due():
            self._say_heading()
        if any(session.status.run.state == "refused" for session in self.first_sessions):
            self.leave_refused()

    def leave_refused(self) -> None:
        """A run that was to be shown cannot be opened."""
        self.app.exit(2)

    def _say_heading(self) -> None:
        self.query_one(Heading).say(self.sessions, self.panes.tabs, self.query_one(Messages).unread)

    def about_page(self) -> str:
        """The selected run and its view first."""
        run = about_run.about(self.selected(), self.explained, self.query_one(Heading).share)
        return f"{run}\n\n{super().about_page()}"

    # --- which run ----------------------------------------------------------------------------------------------

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        for pane in self.panes.all:
            if pane in event.widget.ancestors_with_self:
                self.panes.select(pane)
                self._say_heading()

    def action_choose(self, number: int) -> None:
        panes = self.panes.all
        if number < len(panes):
            self.panes.select(panes[number])
            panes[number].focus()
            self.show_selected()

    def show_selected(self) -> None:
        self._apply_view()
        self._attend_to_text()
        self._say_heading()

    def _attend_to_text(self) -> None:
        session = self.writer()
        self.refresh_bindings()
        self._offer_prompt()
        self.query_one(TextPanes).watch_session(session, is_one_of_several=len(self.texts) > 1)

    def _offer_prompt(self) -> None:
        """Show the prompt line where a prompt is answered."""
        self.query_one("#seed-line").set_class(self.writer() is None or bool(self.why_no_answer), "absent")

    # --- commands -----------------------------------------------------------------------------------------------

    def begin_prompt(self, writer: Session) -> None:
        self.action_restore()
        self.call_after_refresh(self.panes.bring_into_view, writer)  # once all have their place
        self.set_focus(self.query_one("#seed", Input))

    def action_compare(self) -> None:
        from rnntui.tui.compare.screen import CompareScreen

        task = self.selected().session.settings.task
        runs = [session.run for session in self.sessions if session.settings.task == task]
        try:
            self.ask(CompareScreen(runs))
        except ValueError as error:  # none has a row yet
            self.notify(str(error), severity="warning")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.is_closed:
            return False
        if action in ("enlarge", "restore"):
            return (self.maximized is None) == (action == "enlarge")
        return super().check_action(action, parameters) and not (action == "type_seed" and self.is_typing)

    @property
    def is_typing(self) -> bool:
        """Whether the prompt line has the focus."""
        return isinstance(self.focused, Input)

    def action_leave_input(self) -> None:
        if not self.is_typing:
            self.query_one(Tour).skip()
        self.action_restore()
        self.query_one("#seed", Input).clear()
        self.selected().focus()

    @on(Input.Submitted, "#seed")
    def ask_network(self, event: Input.Submitted) -> None:
        session = self.writer()
        if session is not None and event.value:
            session.ask(event.value, session.temperature)
            self.query_one(TextPanes).generation.follow()
            event.input.clear()

    def action_messages(self) -> None:
        messages = self.query_one(Messages)
        messages.toggle_class("absent")
        messages.unread = 0
        self.call_after_refresh(messages.scroll_end, animate=False)

    # --- how the curves are drawn -------------------------------------------------------------------------------

    def action_log(self) -> None:
        self._is_log = not self.selected().loss.is_log
        self._apply_view()

    def action_zoom(self, closer: int) -> None:
        self._zoom = zoomed(self._zoom, closer)
        self._apply_view()

    def on_chart_pointer_wheeled(self, message: Plot.Wheeled) -> None:
        self._zoom = zoomed(self._zoom, message.closer, wraps=False)
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
        self.call_after_refresh(self.panes.share_room)  # Textual may send the others no Resize when they are back

    def action_next_view(self) -> None:
        self.selected().views.next()

    def action_view(self, key: str) -> None:
        self.selected().views.press(key)

    @property
    def leading_actions(self) -> tuple[str, ...]:
        return self.selected().views.actions_of_shown if self.panes.all else ()

    def _apply_view(self) -> None:
        for pane in self.query(TaskPane):
            pane.view(log=self._is_log, zoom=self._zoom, smoothing=SMOOTHINGS[self._smoothing])

    def on_resize(self, event: Resize) -> None:
        rows = event.size.height
        self.set_class(rows < 32, "low")
        self.set_class(rows < 20, "lowest")
