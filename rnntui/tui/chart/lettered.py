"""A chart of several lines that are alike, each in the colour of its letter."""

from typing import ClassVar

from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.plot import Plot
from rnntui.tui.chart.series import LETTERS


class LetteredPlot(Plot):
    """A chart whose series have letters for roles."""

    DEFAULT_CSS = styles_of(__file__)
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"plot--{letter}" for letter in LETTERS}
