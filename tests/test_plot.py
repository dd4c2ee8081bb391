"""The chart's widget on a small app: it draws once a change, answers mouse and keys, and needs no colours."""

import re
from types import SimpleNamespace

import pytest
import screen_text
from rich.cells import cell_len
from textual.app import ComposeResult
from textual.geometry import Region

from rnntui.runs.history import Column, CurveMark
from rnntui.tui.base.themes import ThemedApp
from rnntui.tui.chart import plot as plot_module
from rnntui.tui.chart.extent import Extent
from rnntui.tui.chart.legend import SAMPLES, column_at, entry_at
from rnntui.tui.chart.plot import Plot
from rnntui.tui.chart.series import ChartBaseline, Series
from rnntui.tui.chart.window import SMOOTHINGS, ZOOMS, zoomed
from rnntui.tui.training.panes import share_axis

CSS = """
Plot > .plot--training { color: #ff0000; }
Plot > .plot--held-out { color: #00ff00; }
Plot > .plot--title { color: #0000ff; }
"""


class Small(ThemedApp[None]):
    CSS = CSS

    def __init__(self, *series: Series, **options) -> None:
        super().__init__()
        self.plot = Plot("loss", series, **options)
        self.pointed: list[float | None] = []

    def compose(self) -> ComposeResult:
        yield self.plot

    def on_plot_pointed(self, message: Plot.Pointed) -> None:
        assert message.control is self.plot
        self.pointed.append(message.step)


def filled(steps=200):
    column = Column()
    column.extend(range(1, steps + 1), [2.0 - k / steps for k in range(steps)])
    return column


def strips(plot):
    return plot.render_lines(Region(0, 0, *plot.size))


def rows(plot):
    return [strip.text for strip in strips(plot)]


def dots(plot):
    return sum(0x2800 < ord(character) < 0x2900 for row in rows(plot)[1:] for character in row)


async def test_without_data_it_says_what_it_waits_for():
    app = Small(Series("training", Column()))
    async with app.run_test(size=(40, 8)) as pilot:
        assert any("waiting for the first step" in row for row in rows(app.plot))
        app.plot.waiting = "loading [b]PyTorch"
        await pilot.pause()
        assert any("loading [b]PyTorch" in row for row in rows(app.plot))
        assert app.plot.picture is None


async def test_the_first_value_replaces_the_words():
    column = Column()
    app = Small(Series("training", column))
    async with app.run_test(size=(40, 8)):
        column.append(1, 2.0)
        assert app.plot.poll()
        assert "training 2.00" in rows(app.plot)[0]
        assert not any("waiting" in row for row in rows(app.plot))
        assert dots(app.plot)


async def test_it_draws_only_when_there_is_something_new():
    column = filled()
    app = Small(Series("training", column))
    async with app.run_test(size=(40, 8)):
        rows(app.plot)
        before = app.plot.picture
        assert not app.plot.poll()
        rows(app.plot)
        assert app.plot.picture is before
        column.append(201, 1.0)
        assert app.plot.poll()
        assert app.plot.picture is not before
        assert not app.plot.poll()


async def test_what_is_new_is_drawn_some_times_a_second_and_less_often_where_it_would_not_move_the_line(monkeypatch):
    now = 1_000.0
    monkeypatch.setattr(plot_module, "time", SimpleNamespace(monotonic=lambda: now))
    column = filled(20_000)
    app = Small(Series("training", column))
    async with app.run_test(size=(40, 8)):
        assert app.plot.takes_turn()
        app.plot.poll()
        column.append(20_001, 1.0)
        assert not app.plot.takes_turn()
        column.append(21_000, 1.0)  # a column of dots further
        assert not app.plot.takes_turn()
        now += 0.45
        assert app.plot.takes_turn()
        app.plot.poll()
        column.append(21_001, 1.0)
        now += 0.45
        assert not app.plot.takes_turn()
        now += 0.45
        assert app.plot.takes_turn()


async def test_a_frame_is_not_torn_by_values_that_come_between_its_lines():
    column = filled()
    app = Small(Series("training", column))
    async with app.run_test(size=(40, 8)):
        app.plot.render_line(0)
        picture = app.plot.picture
        column.append(201, 50.0)
        app.plot.render_line(1)
        assert app.plot.picture is picture


async def test_a_frame_is_not_torn_by_an_axis_that_is_shared_while_a_row_is_painted():
    app = Small(Series("training", filled()))
    async with app.run_test(size=(60, 20)) as pilot:
        app.plot.poll()
        await pilot.pause()
        app.plot.share(Extent(0.5, 40.0))
        app.plot.refresh(Region(0, 3, 60, 1))
        await pilot.pause()
        app.plot.poll()
        await pilot.pause()
        painted = screen_text.rows(app.screen)
        app.plot.refresh()
        await pilot.pause()
        assert painted == screen_text.rows(app.screen)
        assert any(row.lstrip().startswith("40┤") for row in painted)


class Beside(ThemedApp[None]):
    CSS = "Plot { height: 1fr; }"

    def __init__(self, *columns: Column) -> None:
        super().__init__()
        self.plots = [Plot("loss", [Series("training", column)]) for column in columns]

    def compose(self) -> ComposeResult:
        for plot in self.plots:
            plot.log_scale = None
            yield plot


async def test_charts_beside_each_other_share_an_axis_as_far_as_each_can_be_read_on_it():
    solved = Column()
    solved.extend(range(1, 201), [10 ** (-k / 25) for k in range(200)])
    app = Beside(solved, filled(), filled(150))
    async with app.run_test(size=(60, 48)):
        for _ in range(3):
            for plot in app.plots:
                plot.poll()
            share_axis(app.plots)
        axes = [plot.picture.values for plot in app.plots]
        assert [axis.log for axis in axes] == [True, False, False]
        assert axes[1] == axes[2]
        assert ["own axis" in rows(plot)[0] for plot in app.plots] == [True, False, False]


async def test_rows_that_stay_the_same_keep_their_strips():
    column = filled(201)
    app = Small(Series("training", column))
    async with app.run_test(size=(60, 20)):
        app.plot.poll()
        before = [app.plot.render_line(y) for y in range(20)]
        column.append(202, 1.0)
        assert app.plot.poll()
        after = [app.plot.render_line(y) for y in range(20)]
        assert any(a is b for a, b in zip(before, after, strict=True))
        assert any(a is not b for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("size", [(160, 45), (80, 24), (20, 4), (8, 2)])
async def test_rows_have_exactly_the_width(size):
    app = Small(Series("training", filled()))
    async with app.run_test(size=size):
        assert [cell_len(row) for row in rows(app.plot)] == [size[0]] * size[1]
        assert app.plot.picture is not None


async def test_a_tiny_plot_stays_empty_and_comes_back_when_enlarged():
    app = Small(Series("training", filled()))
    async with app.run_test(size=(7, 1)) as pilot:
        assert rows(app.plot) == [" " * 7]
        await pilot.resize_terminal(60, 12)
        await pilot.pause()
        assert dots(app.plot)


async def test_the_mouse_reads_out_values_and_leaving_hides_them():
    app = Small(Series("training", filled()), marks=[CurveMark(100, "lr 0.1 → 0.01")])
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.hover(Plot, offset=(38, 5))
        await pilot.pause()
        assert re.search(r"step (9\d|10\d) ", rows(app.plot)[0])
        assert "lr 0.1 → 0.01 at 100" in rows(app.plot)[0]
        assert "training" in rows(app.plot)[0]
        assert app.pointed[-1] == pytest.approx(100, abs=3)
        assert any("│" in row[6:] for row in rows(app.plot))
        await pilot.hover(Plot, offset=(0, 5))
        await pilot.pause()
        assert app.plot.cursor is None
        assert "at 100" not in rows(app.plot)[0]
        assert app.pointed[-1] is None


async def test_keys_alone_move_the_readout_and_escape_hides_it():
    app = Small(Series("training", filled()))
    async with app.run_test(size=(80, 12)) as pilot:
        app.plot.focus()
        await pilot.press("left")
        newest = app.plot.cursor
        assert newest == column_at(app.plot.picture, 200)
        await pilot.press("left", "left", "right")
        assert app.plot.cursor == newest - 1
        await pilot.press("home")
        assert app.plot.cursor == 0
        assert "step 2 " in rows(app.plot)[0]
        await pilot.press("end")
        assert app.plot.cursor == newest
        assert "step 200" in rows(app.plot)[0]
        await pilot.press("escape")
        assert app.plot.cursor is None


@pytest.mark.parametrize(("key", "step"), [("home", 2), ("end", 200)])
async def test_home_and_end_go_to_the_ends_at_the_first_press(key, step):
    app = Small(Series("training", filled()))
    async with app.run_test(size=(80, 12)) as pilot:
        app.plot.focus()
        await pilot.press(key)
        assert f"step {step} " in rows(app.plot)[0]


async def test_pointing_from_outside_posts_nothing():
    app = Small(Series("training", filled()))
    async with app.run_test(size=(80, 12)) as pilot:
        app.plot.point_at(150)
        await pilot.pause()
        assert "step 15" in rows(app.plot)[0]
        app.plot.point_at(None)
        await pilot.pause()
        assert app.plot.cursor is None
        assert app.pointed == []


async def test_scale_smoothing_and_zoom_change_what_is_drawn_and_are_said():
    app = Small(Series("training", filled(5_000)))
    async with app.run_test(size=(100, 12)) as pilot:
        plot = app.plot
        assert rows(plot)[0].endswith("100-step mean")
        plot.log_scale = True
        plot.smooth(1)
        plot.zoom = zoomed(plot.zoom, 1)
        await pilot.pause()
        assert rows(plot)[0].endswith("last 50% · 125-step geometric mean")
        assert plot.picture.values.log
        assert plot.picture.steps.low == pytest.approx(2_500, abs=200)


async def test_smoothing_and_zoom_go_through_the_usual_values():
    plot = Plot("loss")
    seen = []
    for _ in SMOOTHINGS:
        plot.smooth(-1)
        seen.append(plot.smoothing)
    assert seen == [0.01, 0.005, 1, 1, 1, 1]
    for _ in range(10):
        plot.smooth(1)
    assert plot.smoothing == SMOOTHINGS[-1]
    zooms = []
    for _ in ZOOMS:
        plot.zoom = zoomed(plot.zoom, 1)
        zooms.append(plot.zoom)
    assert zooms == [*ZOOMS[1:], ZOOMS[0]]


async def test_shown_series_baselines_and_marks_replace_those_before():
    app = Small()
    async with app.run_test(size=(100, 16)):
        app.plot.show(
            [Series("training", filled())], baselines=[ChartBaseline("chance", 1.5)], marks=[CurveMark(150, "back")]
        )
        text = "\n".join(rows(app.plot))
        assert "chance 1.5" in text
        assert "back" in text
        app.plot.show(marks=[])
        text = "\n".join(rows(app.plot))
        assert "chance 1.5" in text
        assert "back" not in text


async def test_colours_are_those_of_the_component_classes_and_follow_the_theme():
    app = Small(Series("training", filled()), Series("held-out", filled(), "held-out"))
    async with app.run_test(size=(60, 12)) as pilot:
        colours = {seg.style.color.name for strip in strips(app.plot) for seg in strip if seg.style}
        assert {"#ff0000", "#00ff00", "#0000ff"} <= colours
        before = {seg.style.bgcolor.name for strip in strips(app.plot) for seg in strip}
        app.theme = "light"
        await pilot.pause()
        assert {seg.style.bgcolor.name for strip in strips(app.plot) for seg in strip} != before


async def test_without_colours_series_are_told_apart_by_label_and_line(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = Small(Series("training", filled()), Series("held-out", filled(), "held-out"))
    async with app.run_test(size=(80, 12)):
        for strip in strips(app.plot):
            for seg in strip:
                red, green, blue = seg.style.color.triplet
                assert red == green == blue
        first = rows(app.plot)[0]
        assert "⠤⠤ training 1" in first, "a value without a name could be of either"
        assert "⠴⠦ held-out 1" in first
        assert not app.plot.picture.frame.right


async def test_a_click_on_an_entry_of_the_legend_hides_its_line_and_another_shows_it_again():
    rising, level = filled(), Column()
    level.extend(range(1, 201), [40.0] * 200)
    app = Small(Series("training", rising), Series("other", level, "third"))
    async with app.run_test(size=(80, 12)) as pilot:
        before = dots(app.plot)
        assert app.plot.picture.values.high >= 40
        at = rows(app.plot)[0].index("other") + 1
        await pilot.hover(Plot, offset=(at, 0))
        assert app.plot.cursor is None, "the legend is not hidden by a readout while one points at it"
        await pilot.click(Plot, offset=(at, 0))
        assert "○ other" in rows(app.plot)[0]
        assert app.plot.picture.values.high < 4, "the axis is that of what is drawn"
        assert dots(app.plot) < before
        await pilot.click(Plot, offset=(rows(app.plot)[0].index("training") + 1, 0))
        assert "○ training" not in rows(app.plot)[0], "the last line is not hidden"
        level.append(201, 40.0)
        app.plot.poll()
        assert "○ other" in rows(app.plot)[0], "hidden it stays"
        await pilot.click(Plot, offset=(rows(app.plot)[0].index("○ other"), 0))
        assert "○" not in rows(app.plot)[0]
        assert app.plot.picture.values.high >= 40


@pytest.mark.parametrize("width", [38, 48, 80])
async def test_two_clicks_on_one_place_of_the_legend_hide_and_show_one_line(width):
    apart = []
    for level, name, role in (
        (1.0, "training", "training"),
        (2.0, "held-out", "held-out"),
        (3.0, "averaged", "fourth"),
    ):
        column = Column()
        column.extend(range(1, 201), [level] * 200)
        apart.append(Series(name, column, role))
    app = Small(*apart)
    async with app.run_test(size=(width, 12)) as pilot:
        before = rows(app.plot)[0]
        for line, series in enumerate(apart):
            at = next(x for x in range(width) if entry_at(app.plot.picture, app.plot._chart(), x) == series) + 2
            await pilot.click(Plot, offset=(at, 0))
            assert app.plot._hidden == {series.label}
            assert rows(app.plot)[0].count("○") == 1
            assert sum(SAMPLES[each.role] in rows(app.plot)[0] for each in apart) == 2, "the others are named"
            await pilot.click(Plot, offset=(at, 0))
            assert rows(app.plot)[0] == before, line


async def test_a_click_on_the_title_and_below_the_legend_hides_nothing():
    app = Small(Series("training", filled()), Series("other", filled(), "third"))
    async with app.run_test(size=(80, 12)) as pilot:
        for offset in ((1, 0), (rows(app.plot)[0].index("other"), 1), (79, 0)):
            await pilot.click(Plot, offset=offset)
        assert not app.plot._hidden
