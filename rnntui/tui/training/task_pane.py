"""One run: its loss and accuracy over the steps, and its status in words."""

import time
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.events import Click
from textual.visual import VisualType

from rnntui.sessions.contract import OVER, Session, SessionStatus
from rnntui.text import format
from rnntui.text.ellipsis import elided
from rnntui.tui.base import own_keys
from rnntui.tui.base.labels import Words, one_line, styled
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.plot import CURSOR_KEYS, WAITING, Plot
from rnntui.tui.chart.series import ChartBaseline, Series, newest_step
from rnntui.tui.training.progress import progress
from rnntui.tui.training.verdict import ENDED_BADLY, NOT_DRAWN, LineEnds, RunVerdict
from rnntui.tui.training.view import RunView
from rnntui.tui.training.views import Views
from rnntui.tui.training.what_next import card, harder, keys_that_help

if TYPE_CHECKING:
    from rnntui.runs.history import CurveMark

FIGURES_SECONDS = 0.5
GRAVE = ("diverged", "failed", "refused")  # states whose sentence is a warning
SAID_WHOLE = (*GRAVE, "paused")  # those that wait for keys or commands which the sentence names
ROWS_OF_CHARTS, ROWS_OF_VIEW = 9, 4  # that both need to be read below the verdict, and a view besides
ROWS_OF_ALL = 28  # from which on both charts and a tall view are read beside one another
SHORTEST_NAME, LONGEST_NAME = 14, 30  # cells that a name is shortened to
AROUND_TITLE = 4  # cells of the frame above its content that are not the title's
GAP = " · "
TRAINING = "training"  # the line of what is measured at each step
NEW = "laboratory.new-run"
NOT_LOGGED = "no step of it is logged"
LOOP = "reference loop"  # what `core.kernels.loop` is called, the slow one


class TaskPane(Vertical, can_focus=True):
    """The curves of a session; `poll` is called by the clock and draws what changed."""

    DEFAULT_CSS = styles_of(__file__)
    ALLOW_MAXIMIZE: ClassVar[bool | None] = True
    # They move the cursor of its chart, which has the focus from then on.
    BINDINGS: ClassVar[list[BindingType]] = [
        replace(binding, action=f"read({binding.action!r})") for binding in CURSOR_KEYS
    ]

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
        self._ends = NOT_DRAWN
        self._room: object = None  # that the words were chosen by

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
        self.set_class(self.size.height < ROWS_OF_ALL, "short")
        self._say_title()

    def _say_title(self) -> None:
        """The run's name, then its task and network, as many whole parts of them as fit."""
        corpus = PurePath(self.session.settings.corpus).stem if self.session.spec.has_corpus else ""
        name, room = self.session.run.name, self.size.width - AROUND_TITLE - len(GAP)
        parts = format.title(self.session.settings, corpus).split(GAP)
        what = format.fitting(parts, room - min(cell_len(name), SHORTEST_NAME))
        name = elided(name, min(max(SHORTEST_NAME, room - cell_len(what)), LONGEST_NAME))
        self.border_title = one_line(GAP.join([name, what] if what else [name]))

    def _make_room(self, shown: RunView | None) -> None:
        self.set_class(shown is not None, "with-view")
        self.set_class(shown is not None and shown.IS_TALL, "with-tall-view")

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
        """Draw what has changed since the last call; all charts along the steps at once, so that they end alike."""
        session, status = self.session, self.session.status
        if self._curves is not session.curves or self._baselines is not session.baselines:
            self._connect()
        if (marks := tuple(session.marks)) != self._marks:
            self._marks = marks
            for plot in self.charts:
                plot.show(marks=marks)
        along = [self.loss, *([self.accuracy] if session.spec.has_accuracy else []), *self.views.drawn_over_steps]
        shown = [plot for plot in along if plot.is_attached and plot.size]
        if shown and shown[0].takes_turn():
            newest = newest_step(shown[0].series)
            for plot in shown:
                plot.poll(until=newest)
        self._align()
        ends = LineEnds(*(plot.end_of(TRAINING) for plot in (self.loss, self.accuracy)))
        if ends != self._ends:
            self._ends = ends
            self.verdict.say(session, ends)
        self.views.poll()
        room = self.size, self.words.size, self._rows_of_words, session.is_pausing
        if room != self._room or (status != self._drawn and self._is_time_for(status)):
            if self._drawn is None or self._drawn.run.state != status.run.state:
                self.screen.refresh_bindings()  # what can be asked of it is another
            self._drawn, self._drawn_at, self._room = status, time.monotonic(), room
            is_whole = status.run.state in SAID_WHOLE and bool(status.sentence)
            is_finished = status.run.state == "finished"
            for plot in (self.loss, self.accuracy):
                plot.waiting = NOT_LOGGED if status.run.state in OVER else WAITING
            self.set_class(status.run.state in GRAVE, "grave")
            is_worse = status.run.state in OVER and status.run.is_worse_than_guessing
            self.set_class(status.run.state in ENDED_BADLY or is_worse, "wrong")
            self.set_class(is_whole, "said-whole")
            self.set_class(is_finished, "finished")
            self.verdict.say(session, ends)
            self.words.update(self._in_words(status), layout=is_whole or is_finished)
            self.border_subtitle = styled(progress(status.run, self.size.width, is_pausing=session.is_pausing))

    async def on_click(self, event: Click) -> None:
        """Two clicks enlarge the pane, two more show the others again."""
        if event.chain == 2:
            await self.screen.run_action("enlarge" if self.screen.maximized is None else "restore")

    def _align(self) -> None:
        """Have a step of one chart stand below the same step of the others that are as wide."""
        drawn = [plot for plot in self.charts if plot.size.width == self.loss.size.width]
        margins = [plot.picture.margins for plot in drawn if plot.picture is not None]
        if len(margins) > 1:
            lefts, rights = zip(*margins, strict=True)
            for plot in drawn:
                plot.align((max(lefts), max(rights)))

    async def action_read(self, action: str) -> None:
        """Have the first chart that is shown do something with its cursor."""
        shown = next((plot for plot in (self.loss, self.accuracy) if plot.is_attached and plot.display), None)
        if shown is not None:
            shown.focus()
            await shown.run_action(action)

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
        needed = ROWS_OF_CHARTS + (ROWS_OF_VIEW if self.views.shown is not None else 0)
        return max(1, (self.size.height - needed) // 2)

    def _connect(self) -> None:
        """Draw the session's present columns: one that opens its run, or goes back, makes new ones."""
        session, curves = self.session, self.session.curves
        self._curves, self._baselines = curves, session.baselines
        drawn = [(name, *session.baselines[name]) for name in session.spec.baselines_drawn if name in session.baselines]
        loss, accuracy = [Series(TRAINING, curves.loss)], [Series(TRAINING, curves.accuracy)]
        if session.spec.holds_out:
            loss.append(Series("held-out", curves.held_out_loss, "held-out"))
            accuracy.append(Series("held-out", curves.held_out_accuracy, "held-out"))
        if session.settings.average != "none":
            loss.append(Series("averaged", curves.averaged_loss, "third", rare=True))
            accuracy.append(Series("averaged", curves.averaged_accuracy, "third", rare=True))
        self.loss.show(loss, baselines=[ChartBaseline(name, value) for name, value, _ in drawn])
        self.accuracy.show(accuracy, baselines=[ChartBaseline(name, value) for name, _, value in drawn])
        self.views.connect()

    def _in_words(self, status: SessionStatus) -> VisualType:
        """What it waits for or what happened, else the figures that fit."""
        if status.run.state == "finished":
            return styled(card(self.session, self.words.size.width, self._rows_of_words))
        hint = keys_that_help(status, looks_only=self.session.looks_only)
        if status.run.state == "paused":
            return f"{status.sentence}{hint} · {_rate(status)} · clip {format.figure(status.clip)}"
        if status.sentence and status.run.state != "running":
            return f"{status.sentence}{hint}"
        room = self.words.size.width * max(1, self.words.size.height)
        figures = [_rate(status), *_slow(status, room), f"‖∇‖ {format.figure(status.gradient_norm)}"]
        if self.session.spec.generates:
            characters = (
                (status.run.steps_per_second or 0.0) * self.session.settings.batch * self.session.settings.length
            )
            figures.insert(-1, f"{format.count(characters)} characters/s")
        figures.append(f"{format.count(status.parameters)} parameters")
        if harder(self.session) is not None:
            figures.insert(0, f"{own_keys.key(NEW)}: twice as long?")
        if status.sentence:
            figures.insert(0, status.sentence)
        return format.fitting(figures, room)


def _slow(status: SessionStatus, room: int) -> list[str]:
    """That no fast kernel serves the network, or only the library's, and why, or where there is no room which key says
    it.
    """
    if not status.kernel_why:
        return []
    what = "no fast kernel" if status.kernel == LOOP else f"kernel {status.kernel}"
    why = f"{what}: {status.kernel_why}"
    is_short = len(f"{_rate(status)} · {why}") > room
    return [f"{what} ({own_keys.key('screen.about')}: why)" if is_short else why]


def _rate(status: SessionStatus) -> str:
    """The learning rate, and what it does at each step: `lr 0.0015, cosine`."""
    return f"lr {format.figure(status.learning_rate)}{f', {status.course}' if status.course else ''}"
