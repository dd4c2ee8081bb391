"""One run: its loss and accuracy over the steps, and its status in words."""

import time
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Click

from rnntui.config import Settings
from rnntui.runs import next_commands
from rnntui.sessions.contract import Session, SessionStatus
from rnntui.text import format
from rnntui.text.ellipsis import elided
from rnntui.tui.base.labels import Words, one_line
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.plot import Plot
from rnntui.tui.chart.series import ChartBaseline, Series
from rnntui.tui.training.verdict import ENDED_BADLY, RunVerdict
from rnntui.tui.training.view import RunView
from rnntui.tui.training.views import Views

if TYPE_CHECKING:
    from rnntui.runs.history import CurveMark

FIGURES_SECONDS = 0.5
GRAVE = ("diverged", "failed", "refused")  # states whose sentence is a warning
SAID_WHOLE = (*GRAVE, "paused", "finished")  # those that wait for keys or commands which the sentence names
ROWS_OF_CHARTS = 8  # that both need to be read
SHORTEST_NAME, LONGEST_NAME = 14, 30  # cells that a name is shortened to
GAP = " · "
WRAPPED = 0.8  # of the cells of some rows that words fill at least, wrapped as they are


class TaskPane(Vertical, can_focus=True):
    """The curves of a session; `poll` is called by the clock and draws what changed."""

    DEFAULT_CSS = styles_of(__file__)
    ALLOW_MAXIMIZE: ClassVar[bool | None] = True

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.loss = Plot(session.spec.unit.label, classes="loss")
        self.accuracy = Plot("accuracy", y_range=(0.0, 1.0), follows=session.spec.generates, classes="accuracy")
        self.views = Views(session)
        self.verdict = RunVerdict()
        self.words = Words(session.status.sentence, classes="words")
        self._drawn: SessionStatus | None = None
        self._drawn_at = 0.0
        self._curves: object = None  # those that the charts draw
        self._baselines: object = None
        self._marks: tuple[CurveMark, ...] = ()
        self._turn = 0

    def compose(self) -> ComposeResult:
        yield self.verdict
        yield self.loss
        if self.session.spec.has_accuracy:
            yield self.accuracy
        yield self.views
        yield self.words

    def on_mount(self) -> None:
        self._say_title()
        self.watch(self.views, "shown", self._make_room, init=False)

    def on_resize(self) -> None:
        self._say_title()
        self._drawn = None  # words are chosen by the room that there is

    def _say_title(self) -> None:
        """The run's name, then its task and network as far as they fit."""
        corpus = PurePath(self.session.settings.corpus).stem if self.session.spec.has_corpus else ""
        what = format.title(self.session.settings, corpus)
        room = max(SHORTEST_NAME, self.size.width - len(what) - len(GAP))
        self.border_title = one_line(f"{elided(self.session.run.name, min(room, LONGEST_NAME))}{GAP}{what}")

    def _make_room(self, shown: RunView | None) -> None:
        self.set_class(shown is not None, "with-view")

    @property
    def charts(self) -> list[Plot]:
        """The charts that run along the steps, those of the views among them."""
        return [self.loss, self.accuracy, *self.views.over_steps]

    def view(self, *, log: bool | None, zoom: float, smoothing: float) -> None:
        """Set how the charts draw: logarithmic loss (`None`: where it spans two powers of ten), zoom, smoothing."""
        self.loss.log_scale = log
        for plot in self.charts:
            plot.zoom, plot.smoothing = zoom, smoothing

    def poll(self) -> None:
        """Draw what has changed since the last call; the charts take turns, so that no tick draws two."""
        session, status = self.session, self.session.status
        if self._curves is not session.curves or self._baselines is not session.baselines:
            self._connect()
        if (marks := tuple(session.marks)) != self._marks:
            self._marks = marks
            for plot in self.charts:
                plot.show(marks=marks)
        self._turn += 1
        drawn = [self.loss, *([self.accuracy] if session.spec.has_accuracy else []), *self.views.drawn_over_steps]
        drawn[self._turn % len(drawn)].follow()
        self.views.poll()
        if status != self._drawn and self._is_time_for(status):
            self._drawn, self._drawn_at = status, time.monotonic()
            is_whole = status.run.state in SAID_WHOLE and bool(status.sentence)
            self.set_class(status.run.state in GRAVE or bool(status.remark), "grave")
            self.set_class(status.run.state in ENDED_BADLY, "wrong")
            self.set_class(is_whole, "said-whole")
            self.verdict.say(session)
            self.words.update(self._in_words(status), layout=is_whole)
            self.border_subtitle = one_line(_progress(status))

    async def on_click(self, event: Click) -> None:
        """Two clicks enlarge the pane, two more show the others again."""
        if event.chain == 2:
            await self.screen.run_action("enlarge" if self.screen.maximized is None else "restore")

    def on_plot_pointed(self, event: Plot.Pointed) -> None:
        """Move the cursor of all charts to the same step."""
        event.stop()
        if event.plot in self.charts:
            for other in self.charts:
                if other is not event.plot:
                    other.point_at(event.step)

    def _is_time_for(self, status: SessionStatus) -> bool:
        """Figures change twice a second, as fast as one can read; events are shown at once."""
        news = self._drawn is None or (status.run.state, status.sentence) != (
            self._drawn.run.state,
            self._drawn.sentence,
        )
        return news or time.monotonic() - self._drawn_at >= FIGURES_SECONDS

    @property
    def _rows_of_words(self) -> int:
        """How many rows its words may take, so that the charts keep the lines that name them."""
        return max(1, (self.size.height - ROWS_OF_CHARTS) // 2)

    def _connect(self) -> None:
        """Draw the session's present columns: one that opens its run, or goes back, makes new ones."""
        session, curves = self.session, self.session.curves
        self._curves, self._baselines = curves, session.baselines
        drawn = [(name, *session.baselines[name]) for name in session.spec.baselines_drawn if name in session.baselines]
        loss, accuracy = [Series("training", curves.loss)], [Series("training", curves.accuracy)]
        if session.spec.holds_out:
            loss.append(Series("held-out", curves.held_out_loss, "held-out"))
            accuracy.append(Series("held-out", curves.held_out_accuracy, "held-out"))
        if session.settings.average != "none":
            loss.append(Series("averaged", curves.averaged_loss, "third", rare=True))
            accuracy.append(Series("averaged", curves.averaged_accuracy, "third", rare=True))
        self.loss.show(loss, baselines=[ChartBaseline(name, value) for name, value, _ in drawn])
        self.accuracy.show(accuracy, baselines=[ChartBaseline(name, value) for name, _, value in drawn])
        self.views.connect()

    def _in_words(self, status: SessionStatus) -> str:
        """What it waits for or what happened, else the figures that fit."""
        if status.run.state == "finished":
            return ways_on(self.session, self.words.size.width * self._rows_of_words)
        if status.run.state == "paused":
            return f"{status.sentence} · {_rate(status)} · clip {format.figure(status.clip)}"
        if status.sentence and status.run.state != "running":
            return f"{status.sentence}{keys_that_help(status)}"
        figures = [
            _rate(status),
            f"‖∇‖ {format.figure(status.gradient_norm)}",
            status.kernel,
        ]
        if self.session.spec.generates:
            characters = (
                (status.run.steps_per_second or 0.0) * self.session.settings.batch * self.session.settings.length
            )
            figures.insert(1, f"{format.count(characters)} characters/s")
        figures.append(f"{format.count(status.parameters)} parameters")
        if harder(self.session) is not None:
            figures.insert(0, "n: twice as long?")
        if status.sentence:
            figures.insert(0, status.sentence)
        return format.fitting(figures, self.words.size.width * max(1, self.words.size.height))


def _rate(status: SessionStatus) -> str:
    """The learning rate, and what it does at each step: `lr 0.0015, cosine`."""
    return f"lr {format.figure(status.learning_rate)}{f', {status.course}' if status.course else ''}"


def ways_on(session: Session, room: int) -> str:
    """What can be done with a finished run, in so many cells; commands are never cut."""
    name, run, remark = session.run.name, session.status.run, session.status.remark
    is_earlier = session.spec.holds_out and run.best_step not in (None, run.step)
    best = f"best at step {run.best_step:,}" if is_earlier else ""
    news = [part for part in (run.early_ending, best, remark) if part]
    finished = f"finished, {', '.join(news)}; kept as" if news else "finished, kept as"
    short = f"{finished} {elided(name, LONGEST_NAME)}. n: another run."
    said = f"{finished} {name}. n: another run. In a shell: {next_commands.next_of_finished(session.run)}"
    return said if len(said) <= WRAPPED * room else short


def harder(session: Session) -> Settings | None:
    """The settings of a task twice as long, where this run has solved it; `None` elsewhere."""
    if not session.spec.can_be_solved or session.status.run.solved_at is None:
        return None
    settings = session.settings
    return Settings(**{**vars(settings), "length": 2 * settings.length})


def keys_that_help(status: SessionStatus) -> str:
    """What can be pressed where a run cannot go on, to stand behind the sentence that says so; empty elsewhere."""
    if status.run.state == "diverged" and status.saved_step is not None:
        return f"; b goes back to step {status.saved_step:,}, then l or C, then space"
    return "; R resumes it" if status.run.state == "lost" else ""


def _progress(status: SessionStatus) -> str:
    run = status.run
    steps = f"{run.step:,}/{run.steps:,}"
    if run.state != "running":
        return f"{steps} · {run.state}"
    return f"{steps} · {format.count(run.steps_per_second or 0.0)}/s · {format.duration(run.seconds_left)} left"
