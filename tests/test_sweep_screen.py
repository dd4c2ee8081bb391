"""The sweep's screen: each run has one cell that tells how it stands, keys reach every cell, leaving loses nothing."""

import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import screen_text
from msgspec import structs
from textual.app import App
from textual.color import Color
from textual.geometry import Region
from textual.pilot import Pilot
from tiny import ENDLESS, PATIENCE

from rnntui.runs import METRICS, Run, folder
from rnntui.schemas import MetricsRow
from rnntui.sweeps.folder import Result, Sweep
from rnntui.sweeps.places.choice import Where
from rnntui.sweeps.plan import BUILT_IN, Plan, find, read
from rnntui.sweeps.pool import Pool
from rnntui.text import format
from rnntui.tui.base.captured_output import CapturedOutput
from rnntui.tui.base.colours import THEMES
from rnntui.tui.base.contrast import TEXT, contrast
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.compare.screen import CompareScreen
from rnntui.tui.dialogs.explanation import Explanation
from rnntui.tui.sweep import run_cell, run_table
from rnntui.tui.sweep.app import open_sweep
from rnntui.tui.sweep.failures import Failures
from rnntui.tui.sweep.live_answer import LiveAnswer
from rnntui.tui.sweep.run_table import best_table
from rnntui.tui.sweep.runs_grid import RunsGrid
from rnntui.tui.sweep.score_shades import ends_of, level
from rnntui.tui.sweep.screen import GAP, SweepScreen

TINY = "hidden = 8\nlength = 3\nbatch = 4\ndevice = 'cpu'"
SOLVED = Result("finished", 900, 0.1, 0.99, 0.99, 0.97, solved_at=321, seconds=5.0)
UNSOLVED = Result("finished", 1000, 2.3, 0.11, 0.12, 0.0, seconds=5.0)


pytestmark = pytest.mark.usefixtures("no_waiting_for_idleness")


class Still(Pool):
    """A pool without workers: its runs stand as a test says."""

    def __init__(self, plan: Plan, results: dict[str, Result] | None = None) -> None:
        sweep = Sweep.open(folder(), None, plan)
        sweep.results.update(results or {})
        super().__init__(sweep)

    def poll(self) -> None:
        pass

    def say(self, name: str, result: Result | None = None, **changes: Any) -> None:
        """Let a run stand otherwise."""
        before = self.statuses[name]
        self._put(replace(before, run=replace(before.run, **changes), result=result))


class Seen:
    """The app, its pilot, and what a test looks at."""

    def __init__(self, app: App[int], pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def grid(self) -> RunsGrid:
        return self.app.screen_stack[1].query_one(RunsGrid)

    async def until(self, condition: Callable[[], object], what: object = "it") -> None:
        """Return as soon as the condition holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come about\n{self.dump()}"
            await self.pilot.pause(0.01)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def shows(self, *words: str) -> None:
        """Wait until the screen shows all of these."""
        await self.until(lambda: all(word in self.dump() for word in words), words)

    def dump(self) -> str:
        """The screen as text."""
        return screen_text.dump(self.app.screen)

    def cell(self, name: str) -> str:
        """What stands in a run's cell, its lines joined; it must be in sight."""
        region = self.grid.region_of(name)
        assert region is not None
        lines = [self.grid.render_line(y).text[region.x : region.right] for y in range(region.y, region.bottom)]
        return " ".join(" ".join(lines).replace("│", " ").split())


@asynccontextmanager
async def showing(pool: Pool, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Seen]:
    app = ViewerApp(SweepScreen(pool))
    async with app.run_test(size=size, notifications=True) as pilot:
        yield Seen(app, pilot)


def plan(axes: str, *more: str, base: str = "", name: str = "small") -> Plan:
    """A plan of tiny palindromes."""
    return read("\n".join(["[base]", TINY, base, "[axes]", axes, *more]), name, name)


# The table


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("size", [(58, 8), (78, 17), (158, 37), (1, 1)])
def test_every_run_has_one_cell_beneath_its_values(name: str, size: tuple[int, int]) -> None:
    found = find(name)
    jobs = found.jobs() if found.search is None else [found.job({"variant": "LSTM, chrono", "seed": 1, "length": 7})]
    table = best_table(found, {job.name: job.point for job in jobs}, *size)
    assert sorted(table.names.values()) == sorted(job.name for job in jobs)
    points = {job.name: job.point for job in jobs}
    for (row, column), run in table.names.items():
        across = dict(zip(table.across, table.columns[column], strict=True))
        down = dict(zip(table.down, table.rows[row], strict=True))
        assert {**across, **down} == points[run]


@pytest.mark.parametrize(("name", "size"), [("lengths", (78, 17)), ("optimizers", (78, 17)), ("optimizers", (158, 37))])
def test_the_axes_are_laid_so_that_all_runs_fit(name: str, size: tuple[int, int]) -> None:
    found = find(name)
    points = {job.name: job.point for job in found.jobs()}
    assert best_table(found, points, *size).fit(*size)[0] == len(points)


def test_seeds_and_lines_stand_side_by_side_where_there_is_room() -> None:
    found = find("lengths")
    table = best_table(found, {job.name: job.point for job in found.jobs()}, 158, 37)
    assert (table.across, table.down) == (("cell", "seed"), ("length",))
    assert table.columns == (("rnn", 0), ("rnn", 1), ("lstm", 0), ("lstm", 1))


# Cells


async def test_a_cell_tells_how_its_run_stands_without_colours() -> None:
    pool = Still(plan("seed = [0, 1, 2, 3, 4, 5, 6]", base="steps = 1000"))
    ends = {"seed1": SOLVED, "seed2": UNSOLVED, "seed3": Result("diverged", 7), "seed4": Result("failed")}
    for name, result in ends.items():
        pool.say(name, state=result.state, step=result.step, accuracy=result.accuracy, result=result)
    pool.say("seed5", state="running", step=500, accuracy=0.4321, loss=1.5, steps_per_second=100.0)
    pool.say("seed6", state="dropped")
    async with showing(pool, (160, 24)) as seen:
        await seen.until(lambda: seen.grid.selected)
        told = [seen.cell(f"seed{k}") for k in range(7)]
        assert told == [
            "· waiting",
            "0.97 ✓ at 321 took 5 s",  # on fresh examples
            "0.00 ○ unsolved took 5 s",
            "! diverged",
            "✗ failed",
            "0.43 ▅ 50% 100/s 5 s left",
            "- not needed",
        ]
        for words in ("· 1 waiting", "▄ 1 running", "✓ 1 solved", "○ 1 unsolved", "! 1 diverged", "✗ 1 failed"):
            await seen.shows(words)
        await seen.shows("4/6 runs · 1 failed · 100 steps/s", "- 1 not needed")


async def test_a_cell_has_the_course_of_its_run_where_there_is_room() -> None:
    pool = Still(plan("seed = [0, 1]", base="steps = 1000"))
    run = Run.create(pool.sweep.path, "seed0", pool.statuses["seed0"].job.settings, follow=False)
    for step, accuracy in enumerate((0.0, 0.25, 0.5, 1.0)):
        run.append(METRICS, MetricsRow(step=step, loss=1.0, accuracy=accuracy, gradient_norm=1.0, learning_rate=0.1))
    run.unlock()
    pool.say("seed0", state="running", step=3, accuracy=0.5)
    async with showing(pool, (160, 24)) as seen:
        await seen.until(lambda: seen.grid.selected)
        await seen.until(lambda: "▁▃▅█" in seen.cell("seed0"), "the course")
        assert seen.cell("seed1") == "· waiting"


def test_a_course_gives_way_to_the_accuracy_the_sign_and_the_step() -> None:
    pool = Still(plan("seed = [0]"), {"seed0": SOLVED})
    course = (0.0, 0.5, 1.0, 1.0, 1.0)
    told = [run_cell.lines(pool.statuses["seed0"], width, 1, course)[0].rstrip() for width in (6, 17, 18, 30)]
    assert told == ["0.97 ✓", "0.97 ✓ at 321", "0.97 ✓ at 321 ▁▅██", "0.97 ✓ at 321 ▁▅███ took 5 s"]
    assert run_cell.lines(pool.statuses["seed0"], 20, 2, course)[1].strip() == "▁▅███ took 5 s"


def test_what_has_no_room_beside_the_sign_stands_below_it_and_is_never_cut() -> None:
    pool = Still(plan("seed = [0]"), {"seed0": SOLVED})
    course = (0.0, 0.5, 1.0, 1.0, 1.0)

    def told(width: int, height: int) -> list[str]:
        return [line.rstrip() for line in run_cell.lines(pool.statuses["seed0"], width, height, course)]

    assert told(8, 4) == ["0.97 ✓", "at 321", "▁▅███", "took 5 s"]
    assert told(8, 2) == ["0.97 ✓", "at 321"]
    assert told(6, 4) == ["0.97 ✓", "at 321", "▁▅███", ""]
    assert told(16, 3) == ["0.97 ✓ at 321", "     ▁▅███", "     took 5 s"]


@pytest.mark.parametrize("size", [(120, 36), (160, 45), (200, 60)])
async def test_cells_use_the_height_that_there_is_and_the_chart_has_the_rest(size: tuple[int, int]) -> None:
    lengths = find("lengths")
    async with showing(Still(lengths, {job.name: SOLVED for job in lengths.jobs()}), size) as seen:
        await seen.until(lambda: seen.grid.selected)
        grid, chart = seen.grid, seen.app.screen.query_one(LiveAnswer)
        await seen.until(lambda: grid.outer_size.height == grid.virtual_size.height)
        assert {seen.cell(job.name) for job in lengths.jobs()} == {"0.97 ✓ at 321 took 5 s"}
        assert grid.outer_size.width == size[0] - 2
        assert grid.region.bottom == chart.region.y
        assert chart.region.bottom == size[1] - 5  # counts, details and keys


async def test_the_grid_of_a_search_takes_rows_from_the_chart_as_it_grows() -> None:
    frontier = find("frontier")
    assert frontier.search is not None
    pool = Still(replace(frontier, search=structs.replace(frontier.search, start=50)))
    async with showing(pool, (160, 45)) as seen:
        await seen.until(lambda: seen.grid.outer_size.height == seen.grid.virtual_size.height)
        before, rows = seen.grid.outer_size.height, len(seen.grid.table.rows)
        pool.sweep.results |= {job.name: SOLVED for job in pool.sweep.jobs()}
        pool.renew()
        await seen.until(lambda: len(seen.grid.table.rows) == 2 * rows)
        await seen.until(lambda: seen.grid.outer_size.height == seen.grid.virtual_size.height > before)


async def test_narrow_cells_keep_accuracy_and_sign() -> None:
    pool = Still(find("optimizers"), {"sgd-lr0.001-seed1": SOLVED, "adam-lr1-seed2": UNSOLVED})
    async with showing(pool) as seen:
        await seen.until(lambda: seen.grid.selected)
        assert seen.cell("sgd-lr0.001-seed1") == "0.97 ✓"
        assert seen.cell("adam-lr1-seed2") == "0.00 ○"
        assert seen.cell("adam-lr1-seed1") == "·"


@pytest.mark.parametrize("theme", THEMES)
async def test_the_better_a_score_the_further_its_ground_is_from_that_of_the_screen_and_states_keep_their_colours(
    theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    pool = Still(plan("seed = [0, 1, 2, 3, 4]"), {"seed1": SOLVED})
    pool.say("seed2", state="running", step=400, accuracy=0.5)
    pool.say("seed3", state="running", step=400, accuracy=0.2)
    app = ViewerApp(SweepScreen(pool))
    app.begin_with(theme)
    async with app.run_test(size=(100, 24)) as pilot:
        seen = Seen(app, pilot)
        await seen.until(lambda: seen.grid.selected)
        contrasts, signs = [], {}
        for name in ("seed4", "seed3", "seed2", "seed1"):
            region = seen.grid.region_of(name)
            assert region is not None
            cell = [each for each in seen.grid.render_line(region.y).crop(region.x, region.right) if each.text.strip()]
            ink, ground = (Color.from_rich_color(colour) for colour in (cell[0].style.color, cell[0].style.bgcolor))
            assert contrast(ink, ground) >= TEXT
            contrasts.append(contrast(ground, Color.parse(THEMES[theme].ground)))
            signs[name] = Color.from_rich_color(cell[-1].style.color).hex
        assert contrasts == sorted(set(contrasts)), contrasts
        assert contrasts[0] == 1, "of what has no score it is the screen's own"
        assert signs["seed1"] == THEMES[theme].reached
        assert signs["seed2"] == signs["seed3"] == THEMES[theme].training


def test_what_cannot_be_solved_is_shaded_between_the_worst_score_and_the_best(corpus: Path) -> None:
    pool = Still(read(f"[base]\ntask = 'text'\ncorpus = '{corpus}'\n[axes]\nseed = [0, 1, 2]\n", "texts", "texts"))
    assert {level(status, ends_of(pool.statuses.values())) for status in pool.statuses.values()} == {0}
    for seed, accuracy in enumerate((0.3, 0.4, 0.5)):
        pool.say(f"seed{seed}", state="running", accuracy=accuracy)
    ends = ends_of(pool.statuses.values())
    assert ends == (0.3, 0.5)
    assert [level(status, ends) for status in pool.statuses.values()] == [0, 4, 8]


async def test_a_cell_fills_while_its_run_trains_and_no_other_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Still(plan("seed = [0, 1, 2]", base="steps = 1000"))
    async with showing(pool) as seen:
        await seen.until(lambda: seen.grid.selected)
        drawn: list[Region] = []
        refresh = RunsGrid.refresh

        def noted(grid: RunsGrid, *regions: Region, **how: Any) -> RunsGrid:
            drawn.extend(regions or [grid.size.region])
            return refresh(grid, *regions, **how)

        monkeypatch.setattr(RunsGrid, "refresh", noted)
        for step, told in ((0, "0.00 ▁ 0%"), (130, "0.13 ▂ 13%"), (990, "0.99 █ 99%")):
            pool.say("seed1", state="running", step=step, accuracy=step / 1000)
            await seen.until(lambda told=told: seen.cell("seed1") == told, told)
        await seen.shows("0.99 █")
        assert drawn == [seen.grid.region_of("seed1")] * 3


async def test_the_rows_of_a_search_grow_and_the_selection_stays() -> None:
    frontier = find("frontier")
    assert frontier.search is not None
    first_two = dict(list(frontier.variants.items())[:2])
    pool = Still(replace(frontier, variants=first_two, search=structs.replace(frontier.search, start=50)))
    async with showing(pool) as seen:
        await seen.until(lambda: len(seen.grid.table.rows) == 2)
        await seen.press("down", "right")
        assert seen.grid.selected == "LSTM-chrono-length50-seed1"
        pool.sweep.results |= {job.name: SOLVED for job in pool.sweep.jobs() if job.settings.cell == "rnn"}
        pool.renew()
        await seen.until(lambda: len(seen.grid.table.rows) == 3)
        rows = [("RNN, orthogonal", 50), ("RNN, orthogonal", 100), ("LSTM, chrono", 50)]
        assert list(seen.grid.table.rows) == rows
        assert seen.grid.selected == "LSTM-chrono-length50-seed1"
        await seen.shows("5/15 runs so far")


async def test_a_value_that_is_wider_than_its_column_ends_in_an_ellipsis() -> None:
    async with showing(Still(find("phased-noise")), (160, 45)) as seen:
        await seen.until(lambda: seen.grid.selected)
        head = seen.grid.render_line(0).text
        assert "LSTM, chrono " in head
        assert "Phased, period …" in head
        assert "Phased, shift l…" in head


async def test_titles_and_values_are_never_markup() -> None:
    table = plan("seed = [0]", '[variants."[b]x\\u001b[/]"]', "cell = 'rnn'")
    async with showing(Still(replace(table, title="[red]t[/] \x1b[2J"))) as seen:
        await seen.shows("small · [red]t[/] \\x1b[2J", "[b]x\\x1b[/]")


# Selecting


async def test_arrows_and_the_mouse_select_and_the_selected_run_is_told() -> None:
    pool = Still(plan("lr = [0.1, 0.2, 0.3]\nseed = [0, 1]"))
    async with showing(pool) as seen:
        await seen.shows("lr0.1-seed0 · waiting · 0/10,000 steps")
        await seen.press("down", "right")
        await seen.shows("lr0.2-seed1 · waiting")
        pool.say("lr0.2-seed1", state="running", step=2500, accuracy=0.5, loss=1.25, steps_per_second=250.0)
        await seen.shows(
            "lr0.2-seed1 · running · 2,500/10,000 steps · 250 steps/s · 30 s left", "loss 1.25 · accuracy 0.500"
        )
        await seen.press("right", "down", "down", "left", "left")
        await seen.shows("lr0.3-seed0 · waiting")
        region = seen.grid.region_of("lr0.1-seed1")
        await seen.pilot.click(RunsGrid, offset=(region.x + 2, region.y))
        await seen.shows("lr0.1-seed1 · waiting")
        await seen.pilot.click(RunsGrid, offset=(0, 0))
        assert seen.grid.selected == "lr0.1-seed1"


async def test_a_result_is_told_with_its_figures() -> None:
    pool = Still(plan("seed = [0, 1]"), {"seed0": SOLVED})
    async with showing(pool) as seen:
        await seen.shows("seed0 · solved · 900/10,000 steps")
        await seen.shows("loss 0.1 · accuracy 0.990 · test accuracy 0.970 · solved at 321 · took 5 s")


@pytest.mark.parametrize("size", [(80, 24), (60, 16), (160, 45)])
async def test_of_an_unsolved_run_it_is_said_what_solved_asks_for_even_if_fresh_examples_are_right(
    size: tuple[int, int],
) -> None:
    almost = Result("finished", 9000, 0.1, 0.95, 0.9799, 1.0, seconds=50.0)
    earlier = Result("finished", 9000, 0.1, 0.95, None, 1.0, seconds=50.0)
    pool = Still(plan("seed = [0, 1, 2, 3, 4]"), {"seed0": almost, "seed1": earlier, "seed2": SOLVED})
    pool.say("seed3", Result("diverged", 7, reason="not finite at step 7"), state="diverged")
    async with showing(pool, size) as seen:
        await seen.shows("seed0 · unsolved", "solved asks for 0.98 over 100 batches: its best is 0.979")
        await seen.shows("test accuracy 1.000", *(["took 50 s"] if size[0] > 60 else []))
        for name in ("seed1", "seed2", "seed3", "seed4"):
            await seen.press("right" if len(seen.grid.table.columns) > 1 else "down")
            await seen.shows(name)
            assert ("asks for 0.98" in seen.dump(), "its best is" in seen.dump()) == (name == "seed1", False)


async def test_every_run_can_be_scrolled_to_and_the_headings_stay() -> None:
    lengths = ", ".join(map(str, range(1, 31)))
    wide = read(f"[axes]\nlr = [{lengths}]\nbatch = [{lengths}]\nseed = [0]", "wide", "wide")
    async with showing(Still(wide), (60, 16)) as seen:
        await seen.until(lambda: seen.grid.selected == "lr1-batch1-seed0")
        assert seen.grid.region_of("lr30-batch30-seed0") is None
        await seen.press("end", "ctrl+end")
        await seen.until(lambda: seen.grid.region_of("lr30-batch30-seed0") is not None)
        assert seen.grid.selected == "lr30-batch30-seed0"
        assert seen.cell("lr30-batch30-seed0") == "·"
        heads = [seen.grid.render_line(y).text for y in range(seen.grid.table.head_height)]
        assert any("30" in line and "29" in line and " 1 " not in line for line in heads)
        await seen.press("pageup")
        await seen.until(lambda: seen.grid.selected not in ("lr30-batch30-seed0", "lr1-batch30-seed0"))
        await seen.press("home", "ctrl+home")
        await seen.until(lambda: seen.grid.scroll_offset == (0, 0))


async def test_of_thousands_of_runs_only_those_in_sight_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a key waits for seconds where a sweep has 10,000."""
    seeds = ", ".join(map(str, range(1_500)))
    tall = read(f"[base]\n{TINY}\n[axes]\nlr = [1, 2]\nseed = [{seeds}]", "tall", "tall")
    async with showing(Still(tall)) as seen:
        await seen.until(lambda: seen.grid.in_sight)
        await seen.press("down", "pagedown")
        await seen.until(lambda: seen.grid.scroll_offset.y)
        names = [status.job.name for status in seen.grid.in_sight]
        assert {name for name in seen.grid.table.names.values() if seen.grid.region_of(name)} == set(names)
        looked_at: list[object] = []
        monkeypatch.setattr(run_table, "worded", looked_at.append)
        assert seen.grid.in_sight
        assert seen.grid.region_of(names[0])
        assert not looked_at


def test_rows_are_spared_where_no_run_gets_out_of_sight_or_some_are_anyway(monkeypatch: pytest.MonkeyPatch) -> None:
    found = find("optimizers")
    points = {job.name: job.point for job in found.jobs()}
    assert [run_table.spares(found, points, 78, height, 1) for height in (15, 16, 17)] == [True, False, True]
    monkeypatch.setattr(run_table, "best_table", None)  # of thousands no arrangement is tried
    assert run_table.spares(found, {str(k): {} for k in range(10_000)}, 78, 16, 1)


# Commands


async def test_f_and_the_selected_cell_say_why_a_run_failed() -> None:
    why = "its process was killed by signal 9: [bold]no[/] memory"
    results = {"seed1": Result("failed", reason=why), "seed2": Result("diverged", 7, reason="not finite at step 7")}
    async with showing(Still(plan("seed = [0, 1, 2]"), results)) as seen:
        await seen.shows("seed0 · waiting")
        await seen.press("w")
        await seen.until(lambda: isinstance(seen.app.screen, Failures))
        await seen.shows("seed1 failed", why, "seed2 diverged", "not finite at step 7")
        assert "seed0" not in "\n".join(str(label.render()) for label in seen.app.screen.query("Static"))
        await seen.press("escape", "right")
        await seen.shows("seed1 · failed", why)


async def test_failures_are_offered_once_there_are_some() -> None:
    pool = Still(plan("seed = [0, 1]"))
    async with showing(pool) as seen:
        await seen.shows("seed0 · waiting", "q quit")
        assert "failures" not in seen.dump()
        pool.say("seed1", state="failed")
        await seen.shows("w failures")


async def test_what_cannot_be_opened_is_said() -> None:
    async with showing(Still(plan("seed = [0, 1]"))) as seen:
        await seen.shows("seed0 · waiting")
        await seen.press("w")
        await seen.shows("no run has failed")
        await seen.press("enter")
        await seen.shows("seed0 has no curves: it has not")
        assert isinstance(seen.app.screen, SweepScreen)


async def test_i_explains_every_sign() -> None:
    async with showing(Still(plan("seed = [0, 1]")), (120, 60)) as seen:
        await seen.shows("seed0 · waiting")
        await seen.press("i")
        await seen.until(lambda: isinstance(seen.app.screen, Explanation))
        await seen.shows(*(sign for look, sign in run_cell.SIGNS.items() if look != "running"))
        await seen.press("escape")
        await seen.until(lambda: isinstance(seen.app.screen, SweepScreen))


async def test_every_binding_is_named_and_in_the_palette() -> None:
    async with showing(Still(plan("seed = [0, 1]"), {"seed1": Result("failed", reason="no memory")})) as seen:
        await seen.until(lambda: seen.grid.selected)
        bindings = [*SweepScreen.BINDINGS, *RunsGrid.BINDINGS]
        assert all(binding.id and binding.description and binding.tooltip for binding in bindings)
        offered = {command.help for command in seen.app.get_system_commands(seen.app.screen)}
        assert {binding.tooltip for binding in bindings} <= offered


async def test_a_screen_that_is_too_small_says_so_and_comes_back() -> None:
    async with showing(Still(plan("seed = [0, 1]")), (59, 16)) as seen:
        await seen.shows("59×16 is too small for the runs: at least 60×16 is")
        await seen.pilot.resize_terminal(60, 16)
        await seen.shows("seed0 · waiting", "0/2 runs")


# From beginning to end


def watched(monkeypatch: pytest.MonkeyPatch, watch: Callable[[Seen], Any]) -> None:
    """Let whatever opens a screen have `watch` sit in front of it."""

    async def sit(pilot: Pilot[int]) -> None:
        await watch(Seen(pilot.app, pilot))

    def run(app: ViewerApp) -> int | None:
        return App.run(app, headless=True, size=(80, 24), auto_pilot=sit)

    monkeypatch.setattr(ViewerApp, "run", run)
    monkeypatch.setattr("rnntui.tui.sweep.app.CapturedOutput", nullcontext)
    monkeypatch.setattr(nullcontext, "is_hung_up", False, raising=False)


def test_a_sweep_trains_on_the_screen_and_is_saved_when_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    short, long, bad = "steps40", f"steps{ENDLESS}", "steps41"
    sweep = Sweep.open(folder(), None, plan(f"steps = [40, 41, {ENDLESS}]"))
    (sweep.path / bad).write_text("in the way")

    async def watch(seen: Seen) -> None:
        standings = seen.app.screen_stack[1].pool.statuses
        await seen.until(lambda: standings[short].run.state == "finished" and standings[long].run.step > 0)
        await seen.shows("40/40 steps", "1 failed")
        assert standings[bad].run.state == "failed"
        await seen.press("enter")
        await seen.until(lambda: isinstance(seen.app.screen, CompareScreen))
        await seen.shows(short)
        before = standings[long].run.step
        await seen.until(lambda: standings[long].run.step > before, "training behind the curves")
        await seen.press("escape")
        await seen.until(lambda: isinstance(seen.app.screen, SweepScreen))
        await seen.press("q")

    watched(monkeypatch, watch)
    assert open_sweep(sweep, Where(workers=1)) == 1
    sweep.close()
    assert "small: 2 of 3 runs done, 1 failed; `rnntui sweep small` resumes it" in capsys.readouterr().err
    assert not list(sweep.path.glob("worker-*.log"))  # each is gone with its worker
    left = Run(sweep.path / long)
    assert left.steps_saved(whole=True)[-1] > 40
    left.lock()  # nobody holds it any more
    left.unlock()
    assert Sweep.read(folder(), "small").results[short].state == "finished"


def test_a_signal_ends_the_screen_with_its_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def watch(seen: Seen) -> None:
        await seen.shows("0/1 runs")
        os.kill(os.getpid(), signal.SIGTERM)

    watched(monkeypatch, watch)
    monkeypatch.setattr(Pool, "poll", lambda pool: None)
    sweep = Sweep.open(folder(), None, plan("seed = [0]"))
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert open_sweep(sweep, Where(workers=1)) == 128 + signal.SIGTERM
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, before if number == signal.SIGTERM else signal.default_int_handler)
    assert "small: 0 of 1 run done; `rnntui sweep small` resumes it" in capsys.readouterr().err


def test_a_sweep_that_is_done_says_so_and_stays_until_q(monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = Sweep.open(folder(), None, plan("seed = [0, 1]"))
    sweep.results |= {"seed0": SOLVED, "seed1": UNSOLVED}

    async def watch(seen: Seen) -> None:
        await seen.shows("2/2 runs · all done: q quits")
        await seen.press("q")

    watched(monkeypatch, watch)
    assert open_sweep(sweep, Where(workers=1)) == 0


def test_a_process_that_saves_can_still_be_stopped_and_gone_on_with() -> None:
    before = signal.getsignal(signal.SIGCONT)
    with CapturedOutput():
        signal.signal(signal.SIGCONT, lambda number, frame: None)  # as Textual's driver does for good
    assert signal.getsignal(signal.SIGCONT) is before


def test_the_figures_of_a_run_are_wrapped_between_figures_alone() -> None:
    def in_rows(parts: list[str], width: int) -> list[str]:
        return [GAP.join(row) for row in format.in_rows(parts, width, len(GAP), len)]

    assert in_rows(["accuracy 0.990", "took 0 s"], 24) == ["accuracy 0.990", "took 0 s"]
    assert in_rows(["accuracy 0.990", "took 0 s"], 25) == ["accuracy 0.990 · took 0 s"]
