"""Runs laid over each other: followed as they grow, told apart, drawn, and refused where they cannot be compared."""

import json
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import msgspec
import numpy as np
import pytest
import screen_text
from command import as_json, done, offered, refused, said
from command import rnntui as typed
from msgspec import structs, to_builtins
from textual.pilot import Pilot
from textual.widgets import Static
from tiny import palindrome

from rnntui.config import make_settings
from rnntui.plots import curves
from rnntui.runs import METRICS, Run, folder, rows, tail
from rnntui.runs.comparison import compare, find
from rnntui.runs.status import RunState
from rnntui.runs.status_table import Watched, longest_words, status_of, titles, words
from rnntui.runs.tail import Follower
from rnntui.schemas import MetricsRow
from rnntui.system import output
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.chart.drawing import draw
from rnntui.tui.chart.plot import Plot
from rnntui.tui.chart.series import LETTERS, Chart, Series, SeriesStyle
from rnntui.tui.compare.overlay import Overlay
from rnntui.tui.compare.screen import TABLE_TICKS, CompareScreen
from rnntui.tui.compare.standings import Standings
from rnntui.tui.dialogs.help import Help
from rnntui.tui.dialogs.key_list import KeyList


def row(step: int, loss: float | None = None, **more: Any) -> MetricsRow:
    """A row as a trainer logs it, at a hundredth of a second a step."""
    loss = 10.0 / step if loss is None else loss
    known = {"loss": loss, "accuracy": 0.5, "gradient_norm": 0.1, "seconds": step / 100, **more}
    return MetricsRow(step=step, **known)


def logged(name: str, *given_rows: MetricsRow, root: Path | None = None, **given: Any) -> Run:
    """A palindrome run that nobody trains, with these rows (20 of its own where none are given)."""
    run = Run.create(root or folder(), name, palindrome(**{"steps": 200, **given}))
    run.write_config(structs.replace(run.config(), baselines={"chance": (2.3, 0.1)}))
    run.append(METRICS, *(given_rows or map(row, range(10, 201, 10))))
    run.unlock()
    return run


def add(run: Run, *rows: dict[str, Any]) -> None:
    """Let a process log rows."""
    run.lock()
    run.append(METRICS, *rows)
    run.unlock()


def sweep(name: str, *names: str) -> Path:
    """A sweep's folder with runs of these names, each of its own seed."""
    root = folder() / name
    for seed, run in enumerate(names):
        logged(run, root=root, seed=seed)
    (root / "sweep.json").write_text("{}")
    return root


def values(follower: Follower, metric: Any = "loss") -> list[tuple[int, float, float]]:
    return list(follower.tracks[metric].points())


def in_file(run: Run) -> list[tuple[int, float, float]]:
    return [(row.step, row.seconds, row.loss) for row in run.metrics()]


# Following a file


def test_a_follower_reads_what_was_appended_and_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    run, read, read_line = logged("one", row(10), row(20)), [], rows.decoder(MetricsRow)
    monkeypatch.setattr(tail.rows, "decoder", lambda kind: lambda line: read.append(line) or read_line(line))
    follower = Follower(run.path / METRICS)
    assert follower.poll()
    assert not follower.poll()
    add(run, row(30))
    assert follower.poll()
    assert [json.loads(line)["step"] for line in read] == [10, 20, 30]
    assert values(follower) == in_file(run)


def test_half_a_line_waits_for_its_end() -> None:
    run = logged("one", row(10))
    follower, line = Follower(run.path / METRICS).read(), json.dumps(to_builtins(row(20))) + "\n"
    for part in (line[:30], line[30:]):
        assert values(follower) == [(10, 0.1, 1.0)]
        with open(run.path / METRICS, "a") as out:
            out.write(part)
        follower.poll()
    assert values(follower) == in_file(run)


def test_a_line_that_a_dying_process_cut_is_left_out() -> None:
    run = logged("one", row(10))
    with open(run.path / METRICS, "a") as out:
        out.write('{"step": 20, "lo')
    follower = Follower(run.path / METRICS).read()
    add(run, row(20))
    follower.poll()
    assert values(follower) == in_file(run) == [(10, 0.1, 1.0), (20, 0.2, 0.5)]


@pytest.mark.parametrize("added", [0, 1, 50])
def test_a_file_that_a_resumed_run_cut_is_read_again(added: int) -> None:
    run = logged("one")
    follower = Follower(run.path / METRICS).read()
    before = follower.tracks["loss"]
    run.lock()
    run.cut_after(100)
    run.append(METRICS, *(row(step, 7.0) for step in range(110, 110 + 10 * added, 10)))
    run.unlock()
    follower.read()
    assert values(follower) == in_file(run)
    assert follower.tracks["loss"] is not before


def test_a_file_shortened_in_place_is_read_again() -> None:
    run = logged("one")
    follower = Follower(run.path / METRICS).read()
    lines = (run.path / METRICS).read_text().splitlines(keepends=True)
    (run.path / METRICS).write_text("".join(lines[:3]))
    follower.poll()
    assert [step for step, _, _ in values(follower)] == [10, 20, 30]


def test_a_long_file_is_read_in_pieces_and_damage_skipped() -> None:
    run = logged("one")
    with open(run.path / METRICS, "ab") as out:
        out.write(b"\xff" * 5_000)
    add(run, row(210))
    follower = Follower(run.path / METRICS)
    for _ in range(200):
        follower.poll(at_most=300)
    assert values(follower) == in_file(run)
    assert values(follower)[-1][0] == 210


def test_damaged_rows_are_left_out_and_the_first_is_said(tmp_path: Path) -> None:
    run = logged("one", row(10), row(20))
    with open(run.path / METRICS, "ab") as out:
        out.write(b'{"step": "x"}\n{"loss": [}\n')
    add(run, row(30))
    follower = Follower(run.path / METRICS)
    assert follower.damage == ""
    assert [step for step, _, _ in values(follower.read())] == [10, 20, 30]
    assert follower.damage.startswith("a row of metrics.jsonl is damaged and left out: ")
    assert "step" in follower.damage
    for how in ("--json", f"--figure {tmp_path / 'x.svg'}"):
        assert f"one: {follower.damage}" in said(typed(f"compare one {how}"))


async def test_damaged_rows_are_said_once_on_the_screen() -> None:
    run = logged("one", row(10), row(20))
    async with comparing(run) as seen:
        assert screen_text.notices(seen.app) == []
        with open(run.path / METRICS, "ab") as out:
            out.write(b'{"step": "x"}\n')
        for step in (30, 40):
            add(run, row(step))
            await seen.tick()
        (notice,) = screen_text.notices(seen.app)
        assert notice.startswith("one: a row of metrics.jsonl is damaged and left out: ")
        assert seen.plot.picture.curves[0].step[-1] == 40


def test_what_is_not_finite_is_a_gap_and_time_never_runs_back() -> None:
    nothing = structs.replace(row(20), loss=None, seconds=0.05)
    follower = Follower(logged("one", row(10), nothing, row(30)).path / METRICS).read()
    steps, seconds, losses = zip(*values(follower), strict=True)
    assert steps == (10, 20, 30)
    assert seconds == (0.1, 0.1, 0.3)
    assert np.isnan(losses[1])


def test_held_out_losses_are_their_own_few_points() -> None:
    run = logged("one", row(10), row(20, validation_loss=1.5), row(30))
    assert values(Follower(run.path / METRICS).read(), "held-out") == [(20, 0.2, 1.5)]


# Which runs, and how they differ


def test_settings_that_differ_are_named_with_each_runs_values() -> None:
    found = [logged("a", lr=0.01, seed=1), logged("b", lr=0.02, seed=1), logged("c", lr=0.01, seed=1, cell="rnn")]
    comparison = compare(found)
    assert comparison.differing == ("cell", "lr")
    assert comparison.values(comparison.compared[1]) == {"cell": "lstm", "lr": 0.02}
    assert compare(found[:1]).differing == ()


def test_a_sweep_stands_for_its_runs_in_the_order_of_their_numbers() -> None:
    root = sweep("lengths", "length10", "length5", "length5-b")
    found = find(folder(), ["lengths"])
    assert [run.name for run in found] == ["lengths/length5", "lengths/length5-b", "lengths/length10"]
    assert [run.label for run in compare(found).compared] == ["length5", "length5-b", "length10"]
    assert [run.path for run in find(folder(), ["lengths/length5"])] == [root / "length5"]
    assert len(find(folder(), ["lengths/length5", "lengths", str(root / "length10")])) == 3


def test_runs_of_one_name_bear_their_folders() -> None:
    sweep("first", "x", "y")
    sweep("second", "x")
    labels = [run.label for run in compare(find(folder(), ["first", "second"])).compared]
    assert labels == ["first/x", "first/y", "second/x"]
    assert [run["name"] for run in as_json("compare first")["runs"]] == ["first/x", "first/y"]


def test_texts_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for name in ("en", "fr"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "train.txt").write_text("a text")
        place = str(tmp_path / name / "train.txt")
        Run.create(folder(), name, make_settings("text", {"corpus": place, "threads": 1})).unlock()
    compared = compare([run_at("en"), run_at("fr")])
    rows = [words(compared, one, status_of(one)) for one in compared.compared]
    assert compared.differing == ("corpus",)
    place = titles(compared).index("corpus")
    assert [row[place] for row in rows] == ["en/train", "fr/train"]


def run_at(name: str) -> Run:
    return Run(folder() / name)


def test_a_table_in_80_columns_leaves_whole_columns_out_and_names_its_means(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, lr in (("a-run-with-a-name", 0.001), ("b-run-with-a-name", 0.002)):
        logged(name, row(1, 3.0), row(2, 1.0), lr=lr)
    monkeypatch.setattr(output, "columns", lambda: 80.0)
    result = typed("compare a-run-with-a-name b-run-with-a-name --headless")
    head, *rows = result.stdout.splitlines()
    titled = [title for title in head.split("  ") if title]
    assert [title.strip() for title in titled[1:5]] == ["mean acc", "solved at", "mean loss", "best mean loss"]
    assert [cell.strip() for cell in rows[0].split("  ") if cell][3] == "2.00"  # the mean of 3 and 1
    assert max(map(len, [head, *rows])) <= 80
    assert "left out for width: steps/s" in result.stderr


def test_runs_of_different_tasks_are_refused(corpus: Path) -> None:
    logged("digits")
    Run.create(folder(), "words", make_settings("text", {"corpus": str(corpus)})).unlock()
    sentence = refused("compare digits words")
    assert "'digits' learns palindrome, 'words' text" in sentence


def test_a_run_that_is_missing_is_refused_with_the_nearest() -> None:
    logged("palindrome-1")
    assert "did you mean palindrome-1" in refused("compare palindrome-1 palindrom-1")
    assert "no run" in refused("compare", "")


def test_a_run_that_cannot_be_read_is_left_out_and_named() -> None:
    logged("good")
    (logged("bad").path / "config.json").write_text("{")
    result = typed("compare good bad --headless")
    assert result.exit_code == 0
    assert "left out: run 'bad' is damaged" in said(result)
    assert "good" in result.stdout
    assert "'bad' is damaged" in refused("compare bad")


def test_a_logarithmic_figure_says_what_it_leaves_out(tmp_path: Path) -> None:
    logged("solved", row(1, 0.5), row(2, 0.0), row(3, 0.25))
    logged("zeros", row(1, 0.0), row(2, 0.0))
    figure = f"--log --smooth 1 --figure {tmp_path / 'x.svg'}"
    assert "--log: 1 of 3 values left out: not above 0" in typed(f"compare solved {figure}").stderr
    assert "--log: no loss is above 0, and a logarithmic scale shows no other values" in refused(
        f"compare zeros {figure}"
    )
    assert (tmp_path / "x.svg").exists()


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ("--metric acuracy", "did you mean accuracy"),
        ("--by hours", "there are step, seconds"),
        ("--smooth 0", "--smooth must be at least 1"),
        ("--figure x.gif", "a .svg, .png or .pdf"),
        ("--figure nowhere/x.svg", "there is no folder"),
        ("--figure x.svg --metric held-out", "none of these runs has logged it"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(
    options: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged("one")
    monkeypatch.chdir(tmp_path)
    assert what in refused(f"compare one {options}")
    assert not list(tmp_path.glob("x.*"))


def test_a_shell_is_offered_runs_sweeps_and_the_runs_of_a_sweep() -> None:
    sweep("lengths", "length5")
    logged("long")
    assert offered("root compare l") == ["last", "long", "lengths"]
    assert offered("root compare lengths/") == ["lengths/length5"]


# Where a run stands


def test_a_table_shows_what_differs_and_the_last_figures() -> None:
    logged("slow", lr=0.01)
    logged("fast", *(row(step, 0.25, accuracy=0.75) for step in range(10, 301, 10)), lr=0.02)
    lines = [line.split() for line in done("compare slow fast --headless").splitlines()]
    assert lines[0][:4] == ["run", "mean", "acc", "solved"]
    assert lines[2] == ["fast", "0.750", "–", "0.250", "–", "0.02", "stopped", "300", "100"]
    assert lines[1][0] == "slow"
    assert lines[1][5:8] == ["0.01", "stopped", "200"]


def test_the_smoothed_figures_are_means_of_the_last_hundred_steps() -> None:
    rows = [row(step, 1.0 if step > 100 else 99.0) for step in range(10, 201, 10)]
    status = status_of(compare([logged("one", *rows)]).compared[0])
    assert status.loss == 1.0
    assert status.steps_per_second == pytest.approx(100)


def test_a_run_is_looked_at_again_once_it_was_written_to_or_its_process_is_gone() -> None:
    run = logged("one")
    watched = Watched(compare([Run(run.path)]).compared[0])
    assert watched.look()
    assert not watched.look()
    run.lock()
    assert watched.look()
    assert watched.status.state == "running"
    assert not watched.look()
    run.append(METRICS, row(210))
    assert watched.look()
    assert watched.status.step == 210
    run.unlock()
    assert watched.look()
    assert watched.status.state == "stopped"


def test_json_has_figures_differences_and_curves_by_step_and_by_second() -> None:
    logged("a", row(10, 2.0), row(20, 1.0, validation_loss=1.5), lr=0.01)
    logged("b", row(10), structs.replace(row(20), loss=None), lr=0.02)
    facts = as_json("compare a b")
    assert (facts["task"], facts["differing"]) == ("palindrome", ["lr"])
    first, second = facts["runs"]
    assert (first["name"], first["state"], first["step"], first["settings"]) == ("a", "stopped", 20, {"lr": 0.01})
    assert first["curves"]["loss"] == {"step": [10, 20], "seconds": [0.1, 0.2], "value": [2.0, 1.0]}
    assert first["curves"]["held_out"] == {"step": [20], "seconds": [0.2], "value": [1.5]}
    assert second["curves"]["loss"]["value"] == [1.0, None]
    assert "held_out" not in second["curves"]


def test_the_list_of_runs_has_a_line_for_a_sweep_and_lists_its_runs_when_asked() -> None:
    root = sweep("lengths", "length5", "length6")
    logged("alone")
    assert [line.split()[0] for line in done("runs").splitlines()] == ["run", "alone", "lengths"]
    assert "sweep" in done("runs").splitlines()[2]
    assert "2 runs" in done("runs").splitlines()[2]
    assert as_json("runs")[1] | {"changed": 0} == {"name": "lengths", "runs": 2, "changed": 0, "state": "sweep"}
    inside = done("runs", "--runs", str(root)).splitlines()
    assert [line.split()[0] for line in inside[1:]] == ["lengths/length5", "lengths/length6"]


# Figures


@pytest.mark.parametrize(("kind", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_a_figure_is_written(kind: str, begins: bytes, tmp_path: Path) -> None:
    logged("one")
    logged("_two", lr=0.02)
    file = tmp_path / f"figure.{kind}"
    assert done(f"compare one _two --metric accuracy --by seconds --log --figure {file}") == ""
    assert file.read_bytes().startswith(begins)


def drawn_axes(monkeypatch: pytest.MonkeyPatch, command: str, file: Path) -> Any:
    """The panel of the figure that a command draws."""
    seen: list[Any] = []
    panels = curves.panels
    monkeypatch.setattr(curves, "panels", lambda figure: seen.append(panels(figure)) or seen[-1])
    done(f"{command} --figure {file}")
    return seen[0][0]


def test_a_figure_has_a_line_a_run_and_the_chance_over_steps_or_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged("one")
    logged("two", lr=0.02)
    for by, last in (("step", 200), ("seconds", 2.0)):
        axes = drawn_axes(monkeypatch, f"compare one two --by {by} --smooth 20", tmp_path / "x.svg")
        lines = dict(zip([line.get_label() for line in axes.lines], axes.lines, strict=True))
        assert {"one", "two", "chance"} <= set(lines)
        assert lines["one"].get_color() != lines["two"].get_color()
        assert lines["one"].get_xdata()[-1] == last
        assert lines["one"].get_ydata()[-1] == pytest.approx((10 / 200 + 10 / 190) / 2)
        assert lines["chance"].get_ydata()[0] == 2.3


def test_a_trailing_mean_covers_its_steps_and_passes_over_gaps() -> None:
    curve = curves.Curve("x", [1, 2, 3, 10], [4.0, float("nan"), 2.0, 7.0])
    smoothed = curves.smoothed(curve, curve.x, 2)
    assert smoothed.y == pytest.approx([4.0, 4.0, 2.0, 7.0])
    assert smoothed.raw == curve.y


# Lines that are told apart


def column(level: float, steps: int = 200) -> Any:
    made = tail.Column()
    made.extend(range(1, steps + 1), [level] * steps)
    return made


def test_lines_that_lie_on_each_other_still_show_every_letter() -> None:
    series = [Series(letter, column(1.0), letter) for letter in LETTERS]
    picture = draw(Chart("loss", tuple(series), look=SeriesStyle(bands=False)), 78, 12)
    assert picture is not None
    written = "".join(picture.rows()[1:-2])
    assert all(letter in written for letter in LETTERS)


def test_a_line_too_short_for_its_place_bears_its_letter_at_its_end() -> None:
    series = (Series("long", column(1.0), "a"), Series("short", column(2.0, 5), "h"))
    picture = draw(Chart("loss", series, look=SeriesStyle(bands=False)), 78, 12)
    assert picture is not None
    assert "h" in "".join(picture.rows()[1:-2])


# The screen


class Seen:
    """The screen, its pilot, and what a test looks at."""

    def __init__(self, app: ViewerApp, screen: CompareScreen, pilot: Pilot[int]) -> None:
        self.app, self.screen, self.pilot = app, screen, pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.tick()

    async def tick(self) -> None:
        """What the clock does, until all runs have been looked at again."""
        for _ in range(TABLE_TICKS):
            self.screen.tick()
        await self.pilot.pause()

    @property
    def plot(self) -> Plot:
        return self.screen.query_one(Plot)

    @property
    def heading(self) -> str:
        return str(self.screen.query_one("#heading", Static).content)

    def table(self) -> list[list[str]]:
        table = self.screen.query_one(Standings)
        return [[cell.plain for cell in table.get_row_at(k)] for k in range(table.row_count)]

    def letters(self) -> str:
        return "".join(words[0] or "-" for words in self.table())

    def drawn(self) -> list[str]:
        return [series.label for series in self.plot.series]

    def dump(self) -> str:
        return screen_text.dump(self.app.screen)


@asynccontextmanager
async def comparing(*found: Run, size: tuple[int, int] = (80, 24), **how: Any) -> Any:
    screen = CompareScreen([Run(run.path) for run in found], **how)
    app = ViewerApp(screen)
    async with app.run_test(size=size) as pilot:
        seen = Seen(app, screen, pilot)
        await pilot.pause()
        await seen.tick()
        yield seen


@pytest.mark.parametrize("width", [60, 70, 80, 200])
async def test_a_table_that_goes_on_to_the_right_ends_in_a_whole_column_and_says_so(width: int) -> None:
    async with comparing(logged("one", lr=0.01), logged("two", lr=0.02), size=(width, 24)) as s:
        table = s.screen.query_one(Standings)
        titles = [column.label.plain for column in table.ordered_columns]
        at = table.region
        head = screen_text.rows(s.screen)[at.y][at.x : at.x + table.scrollable_content_region.width]
        shown = [title for title in titles if title and f" {title} " in head]
        assert head.split() == " ".join(shown).split(), "nothing of a column that does not fit"
        left = len(titles) - 1 - len(shown)
        assert (left == 0) == (width == 200)
        assert (f"→ {left} column" in s.heading) == bool(left)
        await s.pilot.resize_terminal(200, 24)
        await s.tick()
        assert "→" not in s.heading


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_a_table_is_scrolled_by_whole_columns_and_says_how_many_are_out_of_sight(width: int) -> None:
    many = {"hidden": 5, "batch": 3, "seed": 7, "clip": 1.0, "optimizer": "sgd", "lr_decay": 0.5}
    async with comparing(logged("one", lr=0.01), logged("two", lr=0.02, **many), size=(width, 24)) as s:
        table = s.screen.query_one(Standings)
        titles = [column.label.plain for column in table.ordered_columns][1:]

        def seen() -> list[str]:
            at = table.region
            head = screen_text.rows(s.screen)[at.y][at.x : at.x + table.scrollable_content_region.width]
            first, end = 1 + table.before, len(titles) - table.beyond
            shown = [titles[0], *titles[first:end]]
            assert head.split() == " ".join(shown).split(), "whole columns alone"
            assert [f"← {table.before} column" in s.heading, f"→ {table.beyond} column" in s.heading] == [
                table.before > 0,
                table.beyond > 0,
            ]
            return shown

        before = seen()
        for _ in titles:
            await s.pilot.press("right")
            await s.pilot.pause()
            seen()
        assert (table.beyond, seen()[-1]) == (0, "steps/s")
        await s.pilot.press("left")
        await s.pilot.pause()
        assert table.beyond == 1
        await s.pilot.press("end")
        await s.pilot.pause()
        assert table.beyond == 0
        await s.pilot.press("home")
        await s.pilot.pause()
        assert seen() == before


def test_the_column_of_states_has_room_for_each_of_them() -> None:
    comparison = compare([logged("one")])
    state = dict(zip(titles(comparison), longest_words(comparison), strict=True))["state"]
    assert len(state) == max(map(len, get_args(RunState)))


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_the_screen_shows_lines_and_table(size: tuple[int, int]) -> None:
    async with comparing(logged("one", lr=0.01), logged("two", lr=0.02), size=size) as s:
        assert "2 runs" in s.heading
        assert s.letters() == "ab"
        assert s.table()[1][:2] == ["b", "two"]
        assert s.table()[1][6:9] == ["0.02", "stopped", "200"]
        assert "loss, nats" in s.dump()
        assert "chance" in s.dump()
        assert s.plot.picture is not None
        assert all(letter in "".join(s.plot.picture.rows()[1:]) for letter in "ab")


async def test_letters_and_names_stand_on_the_ground_of_the_rest_of_their_row() -> None:
    async with comparing(logged("one"), logged("two")) as seen:
        (row,) = (
            strip for strip in screen_text.strips(seen.screen) if " two " in strip.text and "stopped" in strip.text
        )
        assert len({segment.style.bgcolor for segment in row if segment.text.strip()}) == 1


async def test_space_and_enter_take_a_line_off_and_draw_it_again() -> None:
    async with comparing(logged("one"), logged("two")) as seen:
        await seen.press("x")
        assert (seen.letters(), seen.drawn()) == ("-b", ["two"])
        await seen.press("down", "enter")
        assert (seen.letters(), seen.drawn()) == ("--", [])
        assert "no run is selected" in seen.dump()
        await seen.press("enter")
        assert (seen.letters(), seen.drawn()) == ("-a", ["two"])


async def test_of_many_runs_those_that_are_chosen_are_drawn_and_read() -> None:
    async with comparing(*(logged(f"run{k}", seed=k) for k in range(11))) as seen:
        assert seen.letters() == "abcdefgh---"
        await seen.press("ctrl+end", "x")
        assert seen.letters() == "abcdefgh---"
        await seen.press("X")
        assert seen.letters() == "-----------"
        await seen.press("x")
        assert (seen.letters(), seen.drawn()) == ("----------a", ["run10"])
        assert "1 drawn" in seen.heading
        assert all(line[-2] == "200" for line in seen.table())


async def test_m_and_x_change_what_is_drawn_over_what() -> None:
    async with comparing(logged("one")) as seen:
        titles = []
        for _ in range(3):
            titles.append(seen.plot.title)
            await seen.press("g")
        assert titles == ["loss, nats", "accuracy", "gradient norm"]
        assert seen.plot.title == "loss, nats"
        assert seen.plot.picture.steps.high == 200
        await seen.press("A")
        assert seen.plot.picture.steps.high == 2_000  # milliseconds
        assert "1 s" in seen.dump() or "0.5 s" in seen.dump()
        await seen.press("A")
        assert seen.plot.picture.steps.high == 200


async def test_smoothing_over_seconds_is_over_the_same_steps() -> None:
    async with comparing(logged("one"), smooth=30) as seen:
        by_step = seen.plot.picture.curves[0].smoothed[-1]
        await seen.press("A")
        assert seen.plot.picture.curves[0].smoothed[-1] == pytest.approx(by_step, rel=0.02)


async def test_scale_smoothing_and_zoom_are_the_charts() -> None:
    async with comparing(logged("one"), metric="accuracy", by="seconds", smooth=10, log=True) as seen:
        assert (seen.plot.title, seen.plot.log_scale, seen.plot.smoothing) == ("accuracy", True, 10)
        await seen.press("L", "right_square_bracket", "z")
        assert (seen.plot.log_scale, seen.plot.smoothing, seen.plot.zoom) == (False, 0.1, 0.5)
        await seen.press("left_square_bracket", "z", "z", "z")
        assert (seen.plot.smoothing, seen.plot.zoom) == (0.05, 1.0)


async def test_a_run_that_trains_keeps_moving_until_it_ends() -> None:
    run = logged("one")
    run.lock()
    async with comparing(run) as seen:
        assert "1 running" in seen.heading
        assert seen.table()[0][-3:-1] == ["running", "200"]
        run.append(METRICS, *(row(step, 0.001) for step in range(210, 401, 10)))
        await seen.tick()
        assert (seen.table()[0][4], seen.table()[0][-2]) == ("0.00100", "400")
        assert seen.plot.picture.curves[0].step[-1] == 400
        before = seen.plot.series[0].column
        run.cut_after(300)
        await seen.tick()
        assert seen.plot.series[0].column is not before
        assert seen.plot.picture.curves[0].step[-1] == 300
        run.unlock()
        await seen.tick()
        assert seen.table()[0][-3] == "stopped"
        assert "running" not in seen.heading


async def test_the_clock_ticks_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnntui.tui.compare.screen.TICK_SECONDS", 0.01)
    run = logged("one")
    async with comparing(run) as seen:
        add(run, row(210))
        for _ in range(1_000):
            await seen.pilot.pause(0.01)
            if seen.plot.picture.curves[0].step[-1] == 210:
                return
        pytest.fail("the line did not grow")


async def test_thousands_of_rows_come_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnntui.tui.compare.standings.AT_ONCE", 2)
    async with comparing(*(logged(f"run{k}", seed=k) for k in range(5))) as seen:
        assert [words[1] for words in seen.table()] == [f"run{k}" for k in range(5)]
        assert seen.letters() == "abcde"
        assert all(words[-3] == "stopped" for words in seen.table())


async def test_a_small_screen_says_so_and_a_large_one_shows_the_curves_again() -> None:
    async with comparing(logged("one"), size=(59, 24)) as seen:
        assert "59×24 is too small" in seen.dump()
        assert "loss" not in seen.dump()
        await seen.pilot.resize_terminal(80, 24)
        await seen.tick()
        assert "loss, nats" in seen.dump()


async def test_the_help_names_every_key_and_the_palette_has_every_binding() -> None:
    async with comparing(logged("one")) as seen:
        commands = {command.title for command in seen.app.get_system_commands(seen.screen)}
        for binding in (*CompareScreen.BINDINGS, *Standings.BINDINGS):
            if binding.action != "leave":
                assert any(title.startswith(f"{binding.description} (") for title in commands), binding
        await seen.pilot.press("question_mark")
        assert isinstance(seen.app.screen, Help)
        listed = {entry.words for entry in seen.app.screen.query_one(KeyList).entries}
        for binding in (*CompareScreen.BINDINGS, *Standings.BINDINGS):
            assert binding.tooltip in listed or binding.action == "leave", binding
        await seen.pilot.press("escape")
        assert seen.app.screen is seen.screen


async def test_q_quits_and_escape_leaves_only_a_screen_that_was_pushed() -> None:
    run, other = logged("one"), logged("two")
    async with comparing(run) as seen:
        await seen.pilot.press("escape")
        assert seen.app.screen is seen.screen
        await seen.app.push_screen(CompareScreen([other]))
        await seen.pilot.press("escape")
        assert seen.app.screen is seen.screen
        await seen.pilot.press("q")
        await seen.pilot.pause()
        assert not seen.app.is_running
        assert seen.app.return_value == 0


async def test_a_runs_name_is_no_markup_and_no_control_sequence() -> None:
    path = logged("one").path.rename(folder() / "[red]x \x1b[31m")
    async with comparing(Run(path)) as seen:
        assert seen.table()[0][1] == "[red]x \\x1b[31m"
        assert "\x1b" not in seen.dump()
        assert "[red]x" in seen.dump()


def test_a_terminal_gets_the_screen_with_what_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("rnntui.system.output.is_terminal", lambda: True)
    monkeypatch.setattr("rnntui.tui.base.viewer.look_at", lambda screen: shown.append(screen) or 0)
    logged("one")
    assert done("compare one --metric accuracy --by seconds") == ""
    (screen,) = shown
    assert isinstance(screen, CompareScreen)
    assert (screen.metric, screen.by) == ("accuracy", "seconds")


def test_nothing_of_it_loads_torch() -> None:
    imports = "rnntui.commands.compare, rnntui.plots.curves, rnntui.tui.base.viewer, rnntui.tui.compare.screen"
    code = f"import sys, {imports}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_lines_take_turns_where_there_is_no_time_to_read_all_of_them() -> None:
    runs = [logged(name) for name in "abc"]
    overlay = Overlay(compare(find(folder(), ["a", "b", "c"])))
    for _ in runs:
        overlay.poll(0.0)
    assert [values(overlay.lines[k].follower) for k in range(3)] == [in_file(run) for run in runs]
    assert [series.label for series in overlay.series("loss", "step")] == ["a", "b", "c"]


def test_a_file_that_is_overwritten_with_another_course_is_read_again() -> None:
    """Neither its inode nor its length tells."""
    run = logged("one", row(10), row(20))
    follower = Follower(run.path / METRICS).read()
    before = (run.path / METRICS).stat()
    lines = [msgspec.json.encode(row(step, 7.0)) for step in (10, 20, 30)]
    (run.path / METRICS).write_bytes(b"\n".join(lines) + b"\n")
    assert (run.path / METRICS).stat().st_ino == before.st_ino
    follower.read()
    assert values(follower) == in_file(run) == [(10, 0.1, 7.0), (20, 0.2, 7.0), (30, 0.3, 7.0)]
