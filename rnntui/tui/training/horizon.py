"""How far back the gradient of a network in training reaches: a chart of its norm against the lag."""

from textual.app import ComposeResult
from textual.events import Resize

from rnntui.probes import GradientHorizon, Insight
from rnntui.runs.history import Column, CurveMark
from rnntui.sessions.contract import Session
from rnntui.text import format
from rnntui.tui.chart.plot import Plot
from rnntui.tui.chart.series import ChartBaseline, Series
from rnntui.tui.training.view import RunView

TITLE, SHORT = "gradient horizon", "horizon"
NAME = "norm of ∂L/∂state"  # of the vertical axis
LEAST, SHORT_LEAST = "1 % of lag 0", "1 %"
WIDE = 60  # columns from which on the first has room


ABOUT = """
This shows why a network forgets: how strongly the loss at the last step depends on the network's state a number of
steps (the *lag*) earlier. Its *memory* is the largest lag at which this is still above 1 % of what it is at lag 0. It
is measured again every few seconds, without any effect on training.
"""


class HorizonView(RunView):
    """One gradient horizon on a logarithmic scale, its effective memory marked and named in the title."""

    ABOUT = ABOUT
    MEASURES = "horizon"
    WAITING = "measuring how far back the gradient reaches"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.plot = plot = Plot(TITLE, along="lag")
        self._horizon: GradientHorizon | None = None
        plot.log_scale, plot.smoothing, plot.waiting = True, 1, self.WAITING

    def compose(self) -> ComposeResult:
        yield self.plot

    def take(self, seen: Insight | None) -> None:
        if seen is self._horizon or not (seen is None or isinstance(seen, GradientHorizon)):
            return
        self._horizon = horizon = seen
        column = Column()
        if horizon is not None:
            column.extend(range(len(horizon.norms)), horizon.norms)
        self._entitle()
        self.plot.show(
            [Series("norm", column)],
            baselines=[] if horizon is None else [ChartBaseline(self._least(), horizon.least)],
            marks=[] if horizon is None else [CurveMark(horizon.effective_memory, "memory")],
        )

    def _least(self) -> str:
        """What the line is at that marks how far the memory reaches; in a narrow chart in short."""
        return LEAST if self.size.width >= WIDE else SHORT_LEAST

    def say_waiting(self, words: str) -> None:
        self.plot.waiting = words

    def on_resize(self, event: Resize) -> None:
        self._entitle()

    def _entitle(self) -> None:
        """The effective memory in the title, then what the vertical axis shows, and the step, where there is room."""
        horizon = self._horizon
        if horizon is None:
            self.plot.title = TITLE
            return
        room = self.size.width - len(" (log)")
        memory = f"memory {horizon.effective_memory:,} of {len(horizon.norms) - 1:,}"
        titles = [f"{TITLE} · {memory}", f"{SHORT} · {memory}", memory]
        title = next((words for words in titles if len(words) <= room), memory)
        self.plot.title = format.fitting([title, NAME, f"step {horizon.step:,}"], max(room, len(title)))
