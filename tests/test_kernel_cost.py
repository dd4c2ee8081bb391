"""The map of what kernels cost, from figures made by hand."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from rnntui.plots import kernel_cost
from rnntui.plots.kernel_cost import Cost

COSTS = [
    Cost("LSTM", 32, 10, 1, {"library": 3.0, "fast": 2.0}),
    Cost("LSTM", 32, 10, 64, {"library": 3.0, "fast": 12.0}),
    Cost("LSTM", 1_024, 10, 1, {}),
    Cost("GRU", 32, 10, 1, {"library": 3.0}),
]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Figure:
    """The figure of those costs, as matplotlib has it."""
    figures: list[Figure] = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda self, *a, **named: (figures.append(self), save(self, *a, **named)))
    kernel_cost.ratios([tmp_path / "map.svg"], COSTS, "fast")
    assert (tmp_path / "map.svg").stat().st_size
    return figures[0]


def test_a_map_has_the_ratio_of_each_size_and_a_dash_where_it_was_not_measured(drawn: Figure) -> None:
    (panel,) = drawn.axes
    told = {text.get_position(): text.get_text() for text in panel.texts}  # batch, units
    assert told == {(0, 0): "1.50", (1, 0): "0.25", (0, 1): "–", (1, 1): "–"}


def test_only_cells_that_the_kernel_serves_have_a_map(drawn: Figure) -> None:
    assert [ax.get_title() for ax in drawn.axes] == ["LSTM, 10 time steps"]
