"""What is told of the run under the cursor where there is room beside or below the list: its curve in large, and all
words.
"""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical

from rnntui.config import spec
from rnntui.runs.history import Column
from rnntui.runs.overview import FoundRun, RunGlance
from rnntui.tui.base.labels import Words
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.plot import Plot
from rnntui.tui.chart.series import Series, SeriesStyle
from rnntui.tui.home.catalogue import Glance
from rnntui.tui.home.preview import lines_about

ROWS_BELOW = 2  # of what a run wrote, where that stands below the list
AROUND, LONGEST_WORD = 3, 20  # cells: beside the words, and of one that may begin the next row


class SidePreview(Vertical):
    """The lines of the preview, wrapped, with the curve of the run between them."""

    DEFAULT_CSS: ClassVar[str] = styles_of(__file__)

    def __init__(self) -> None:
        super().__init__()
        self._about, self._sample = Words(classes="about"), Words(classes="sample")
        self._plot = Plot("")
        self._plot.can_focus = False
        self._told: tuple[object, ...] = ()
        self._drawn: Column | None = None

    def compose(self) -> ComposeResult:
        yield self._about
        yield self._plot
        yield self._sample

    def tell(self, found: FoundRun | None, glance: Glance | None, sample: str, course: Column | None) -> None:
        """Show what is known of a run."""
        lines, written = ([], "") if found is None else lines_about(found, glance, sample)
        room = ROWS_BELOW * (self.size.width - AROUND) - LONGEST_WORD
        if self.screen.has_class("-tall") and len(written) > room > 0:
            written = f"{written[:room]}…”"
        if (lines, written) != self._told:
            self._told = lines, written
            self._about.update("\n".join(lines))
            self._sample.update(written)
        is_drawn = course is not None and bool(course.appended)
        self._plot.set_class(not is_drawn, "absent")
        if is_drawn and course is not self._drawn and isinstance(glance, RunGlance) and glance.settings is not None:
            about = spec(glance.settings)
            self._plot.title = "accuracy" if about.can_be_solved else about.unit.label
            self._plot.measure(SeriesStyle(y_range=(0.0, 1.0) if about.can_be_solved else None))
            assert course is not None
            self._plot.show([Series("training", course)])
        self._drawn = course
