"""The gate screen: one unit's time gate over time, its parameters moved with keys and mouse.

No network and no torch: what is drawn follows from four numbers.
"""

from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize

from rnntui.gate import Gate
from rnntui.gate.openings import STEPS, opening_in_words, seen, share_in_words, steps_in_words, title
from rnntui.gate.parameters import PARAMETERS, REPORT
from rnntui.gate.stretch import Stretch, stretch_for
from rnntui.tui.base.footer import Keys
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.labels import Words
from rnntui.tui.base.main_screen import MainScreen, TooSmall
from rnntui.tui.base.styles import styles_of
from rnntui.tui.dialogs.ask_figure import AskFigure
from rnntui.tui.dialogs.ask_text import AskText
from rnntui.tui.gate.chart import ZOOM, GateChart
from rnntui.tui.gate.slider import ROOM, GateSlider

PAN = 0.25  # of the stretch that is shown
FIGURE = "gate"  # name of the first figure, before its ending

ABOUT = """
# What you see

A unit of a **Phased LSTM** is updated only while its gate is open. The line is the *openness* k(t): 0 leaves the
unit's state as it is, 1 lets it change as an LSTM's would. Dotted behind it is the *phase* φ(t), which runs from 0
to 1 once a period. The axis is thick while the gate is open. Where many periods share a column, all that they reach
is filled: nothing is too narrow to be drawn.

A network sees the gate at whole steps only: `●` where k > 0, `○` where k = 0. A narrow gate may miss every
step; the line below the chart says so. With a leak, k > 0 while it is closed too.

| letter | name | what it does |
|---|---|---|
| τ | period | time steps from one opening to the next |
| s | shift | time step at which it begins to open |
| r_on | ratio | share of the period in which it is open: it opens for half of that and closes for half; from 1 on it is never closed |
| α | leak | k = αφ while closed; 0 is none |

Drag or click a slider with the mouse. Over the chart the mouse reads out values, its wheel zooms, and dragging pans.
"""  # noqa: E501


_key = partial(bound, "gate")


class GateScreen(MainScreen):
    """The gate screen, opened with a gate and a stretch of time."""

    DEFAULT_CSS = styles_of(__file__)
    ABOUT = ABOUT
    SHOWS = "the gate"
    KEYS_OF = (GateSlider, GateChart)
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("help", "help", "help", "List the keys of this screen; typing finds one, Enter runs it", show=True),
        _key("quit", "app.quit", "quit", "Quit", show=True),
        *(
            _key(f"number {k}", f"preset({k - 1})", f"preset {k}", f"The report's {title(gate)}")
            for k, gate in enumerate(REPORT, 1)
        ),
        _key("up", "app.focus_previous", "previous", "Select the parameter above"),
        _key("down", "app.focus_next", "next", "Select the parameter below"),
        _key("zoom", "zoom(1)", "zoom in", "Show less time", show=True),
        _key("zoom out", "zoom(-1)", "zoom out", "Show more time", show=True),
        _key("earlier", "pan(-1)", "earlier", "Show an earlier time", show=True),
        _key("later", "pan(1)", "later", "Show a later time", show=True),
        _key("whole", "fit", "fit", "Show the time from 0: twenty steps or four periods"),
        _key("save", "save", "save", "Save a figure, .svg, .png or .pdf", show=True),
        _key("defaults", "reset", "reset", "Reset everything", show=True),
    ]
    AUTO_FOCUS = "GateSlider"

    def __init__(self, gate: Gate, stretch: Stretch) -> None:
        super().__init__()
        self.gate = gate
        self._first = gate, stretch
        self._file = ""  # the figure that was saved last

    def compose(self) -> ComposeResult:
        yield Words(id="heading")
        yield GateChart(*self._first)
        yield Words(id="opening")
        yield Words(id="steps")
        for parameter in PARAMETERS:
            yield GateSlider(parameter, self.gate)
        yield Words(id="explained")
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self._take(self.gate)

    @property
    def chart(self) -> GateChart:
        """The chart, which holds the stretch of time."""
        return self.query_one(GateChart)

    # --- what is shown ----------------------------------------------------------------------------------------------

    def _take(self, gate: Gate) -> None:
        """Show a gate."""
        self.gate = self.chart.gate = gate
        for slider in self.query(GateSlider):
            slider.gate = gate
        steps = seen(gate, *STEPS)
        self._say("steps", f" {steps_in_words(steps)}")
        self.query_one("#steps").set_class(steps.misses_openings, "unseen")
        self._say_heading()
        self._say_opening()

    def _say_heading(self) -> None:
        """As much as fits, but always the four numbers."""
        numbers, presets = title(self.gate), f"presets 1-{len(REPORT)}"
        if self.gate in REPORT:
            presets = f"preset {REPORT.index(self.gate) + 1} of {len(REPORT)}"
        long, short = f" rnntui gate · {numbers} · {presets}", f" rnntui gate · {numbers}"
        room = self.size.width
        self._say("heading", long if len(long) <= room else short if len(short) <= room else f" {numbers}")

    def _say_opening(self) -> None:
        moment = self.chart.moment
        words = opening_in_words(self.gate, self.chart.stretch.low if moment is None else moment)
        self._say("opening", f" {share_in_words(self.gate)}: {words}")

    def _say(self, where: str, words: str) -> None:
        self.query_one(f"#{where}", Words).update(words, layout=False)

    def on_gate_chart_pointed(self) -> None:
        self._say_opening()

    def on_gate_slider_moved(self, message: GateSlider.Moved) -> None:
        self._take(message.gate)

    def on_descendant_focus(self) -> None:
        focused = self.focused
        does = focused.parameter.does if isinstance(focused, GateSlider) else "← and → read out values"
        self._say("explained", f" {does}")

    def on_resize(self, event: Resize) -> None:
        columns = event.size.width
        self._say_heading()
        self.set_class(columns < ROOM, "narrow")

    # --- commands ---------------------------------------------------------------------------------------------------

    def on_gate_slider_typed(self, message: GateSlider.Typed) -> None:
        parameter = message.parameter

        def check(text: str) -> float:
            return parameter.read(text, parameter.name)

        def take(text: str | None) -> None:
            if text is not None:
                self._take(parameter.put(self.gate, check(text)))

        question = f"{parameter.letter}: {parameter.does}"
        self.ask(AskText(question, f"{parameter.of(self.gate):.12g}", check), take)

    def action_preset(self, number: int) -> None:
        self._take(REPORT[number])

    def action_zoom(self, closer: int) -> None:
        self.chart.zoom(ZOOM**closer)

    def action_pan(self, later: int) -> None:
        self.chart.pan(later * PAN)

    def action_fit(self) -> None:
        self.chart.stretch = stretch_for(self.gate)

    def action_reset(self) -> None:
        gate, self.chart.stretch = self._first
        self._take(gate)

    # --- the figure -------------------------------------------------------------------------------------------------

    def action_save(self) -> None:
        gate, stretch = self.gate, self.chart.stretch

        def draw(file: Path) -> None:
            from rnntui.plots import check_file
            from rnntui.plots import gate as plot
            from rnntui.plots.writing import writing

            with writing(check_file(file)):
                plot.draw(file, [gate], stretch.low, stretch.high)

        self.ask(AskFigure(self._file or _free_name(), draw), self._keep_name)

    def _keep_name(self, name: str | None) -> None:
        self._file = name or self._file


def _free_name() -> str:
    names = chain([FIGURE], (f"{FIGURE}-{number}" for number in count(2)))
    return next(f"{name}.svg" for name in names if not Path(f"{name}.svg").exists())
