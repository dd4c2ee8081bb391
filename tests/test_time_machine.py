"""A run's texts along its training: what they differ in, where the stops are, one step to the next by keys."""

import json
import math
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

import pytest
import screen_text
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import Binding
from textual.pilot import Pilot
from textual.widgets import Static
from tiny import PATIENCE, text, trained

from rnntui.core.generation.loading import read_network
from rnntui.core.generation.sampler import Writer
from rnntui.runs import SAMPLES, Run
from rnntui.runs.history import Column
from rnntui.runs.tail import METRICS, Metric, Track
from rnntui.runs.writers import Sampling
from rnntui.text import diff as module
from rnntui.text.diff import Stretch, differences, words_within
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.writing_room.page_view import PageView
from rnntui.tui.writing_room.shade_scale import ShadeScale
from rnntui.tui.writing_room.stops import Stop, before, end, last, next_stop, stops_of
from rnntui.tui.writing_room.telling import is_settled
from rnntui.tui.writing_room.time_machine import TimeMachine
from rnntui.tui.writing_room.timeline import Timeline, rows_within
from rnntui.tui.writing_room.timeline_axis import axis_of, dots_of, means_along
from rnntui.tui.writing_room.timeline_grid import Grid, spread
from rnntui.tui.writing_room.timeline_picture import Pointers, TimelinePicture

# Differences

TEXTS = st.one_of(
    st.text(alphabet="ab ,\n", max_size=60),
    st.lists(st.sampled_from(["the ", "sea", " said", "\n", "é", "水", ", "]), max_size=40).map("".join),
    st.text(max_size=30),
)


def without(whole: str, stretches: list[Stretch]) -> str:
    kept = [end for stretch in stretches for end in stretch]
    return "".join(whole[a:b] for a, b in zip([0, *kept[1::2]], [*kept[::2], len(whole)], strict=True))


def check(a: str, b: str) -> None:
    gone, new = differences(a, b)
    assert without(a, gone) == without(b, new)
    for whole, stretches in ((a, gone), (b, new)):
        ends = [part for stretch in stretches for part in stretch]
        assert ends == sorted(set(ends)), "ascending, apart and none of them empty"
        assert all(0 <= end <= len(whole) for end in ends)
    assert bool(gone or new) == (a != b)


@given(TEXTS, TEXTS)
def test_what_is_left_of_both_texts_without_their_differences_is_the_same(a: str, b: str) -> None:
    check(a, b)


@given(TEXTS, TEXTS)
def test_the_same_holds_where_texts_are_compared_by_position(a: str, b: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_PAIRS", -1)
        check(a, b)


def test_differences_are_whole_words() -> None:
    a, b = "He did not like the cat.", "He did not want a cat, he said."
    gone, new = differences(a, b)
    assert [a[slice(*part)] for part in gone] == [" like the", "."][: len(gone)]
    assert [b[slice(*part)] for part in new] == [" want a", ", he said"]
    assert differences("ship", "shop") == ([(0, 4)], [(0, 4)])
    assert differences("水人", "水火") == ([(1, 2)], [(1, 2)])


def test_texts_that_repeat_themselves_are_compared_by_position() -> None:
    a, b = "the sea " * 2_000, "the sun " * 2_000
    gone, new = differences(a, b)
    assert gone == new
    assert gone[:2] == [(5, 7), (13, 15)]


def test_words_are_counted_that_a_stretch_has_a_part_in() -> None:
    whole = "one two three  four"
    assert words_within(whole, []) == (0, 4)
    assert words_within(whole, [(5, 6), (7, 8), (12, 15)]) == (2, 4)
    assert words_within(whole, [(0, 19)]) == (4, 4)
    assert words_within(whole, [(0, 3), (15, 19)], 7) == (1, 2)
    assert words_within("", [(0, 0)]) == (0, 0)


# Stops and their line


STOPS = [Stop(0), Stop(10, "a", 0.0), Stop(10), Stop(20, "b", 0.5), Stop(30)]


def test_one_goes_through_all_stops_or_through_checkpoints_alone() -> None:
    assert [next_stop(STOPS, k, 1, samples=True) for k in range(5)] == [1, 2, 3, 4, 4]
    assert [next_stop(STOPS, k, 1, samples=False) for k in range(5)] == [2, 2, 4, 4, 4]
    assert [next_stop(STOPS, k, -1, samples=False) for k in range(5)] == [0, 0, 0, 2, 2]
    assert (end(STOPS[:4], 1, samples=False), end(STOPS[:4], 1, samples=True), end([], 1, samples=True)) == (2, 3, None)


def test_a_sample_is_compared_with_samples_and_a_checkpoint_with_checkpoints() -> None:
    assert [before(STOPS, k) for k in range(5)] == [None, None, 0, 1, 2]
    assert [last(STOPS, k) for k in range(5)] == [4, 3, 4, 3, 4]


def test_equal_ratios_of_steps_are_equally_far_apart_and_step_0_is_the_first() -> None:
    steps = [0, 10, 20, 100, 200, 1_000]
    places = dots_of(steps, axis_of(steps), 60)
    assert places[0] == 0
    assert places[-1] == 119
    assert places == sorted(set(places))
    assert places[2] - places[1] == pytest.approx(places[4] - places[3], abs=1)
    assert dots_of([7], axis_of([7]), 10) == [0]
    assert dots_of([0], axis_of([0]), 10) == [0]


def losses(**points: dict[int, float]) -> dict[Metric, Track]:
    """Metrics of a run, those named given by their steps."""
    tracks: dict[Metric, Track] = {metric: Track() for metric in METRICS}
    for name, values in points.items():
        metric: Metric = "held-out" if name == "held_out" else "loss"
        for step, value in values.items():
            tracks[metric].by_step.append(step, value)
    return tracks


def drawn(picture: TimelinePicture) -> list[str]:
    return ["".join(character for character, _ in row) for row in picture.grid.rows]


CHECKPOINTS = [Stop(step) for step in (100, 200, 500, 1_000)]
FALLING = {step: 4.0 - step / 500 for step in range(10, 1_001, 10)}


def test_the_loss_is_the_course_with_its_checkpoints_on_it_and_its_held_out_bits_beside_it() -> None:
    tracks = losses(loss=FALLING, held_out={500: 3.1, 1_000: 2.54})
    picture = TimelinePicture(CHECKPOINTS, tracks, Pointers(3, 2), 100, 12)
    rows = drawn(picture)
    marks = [next(k for k, row in enumerate(rows) if sign in row) for sign in "◇◆"]
    assert marks[0] < marks[1], "the loss falls, and the marks go down with it"
    for sign, pointer, row in (("◇", "▽", marks[0]), ("◆", "▼", marks[1])):
        assert rows[row - 1][rows[row].index(sign)] == pointer
    assert any("held out 2.54" in row for row in rows)
    assert any("training 2.0" in row for row in rows)
    assert rows[0].strip().startswith("bits")
    assert rows[-1].split() == ["step", "100", "200", "500", "1,000"]
    assert sum(row.count("●") for row in rows) == 2
    assert "1,000" in "".join(rows[:-1])
    roles = {role for row in picture.grid.rows for character, role in row if 0x2800 < ord(character) < 0x2900}
    assert roles == {"training", "held-out"}


def test_of_two_losses_that_meet_the_one_that_is_moved_has_a_leader_to_its_line() -> None:
    level = dict.fromkeys(range(10, 1_001, 10), 2.0)
    rows = drawn(
        TimelinePicture(CHECKPOINTS, losses(loss=level, held_out={500: 2.0, 1_000: 2.0}), Pointers(3), 100, 12)
    )
    own = next(k for k, row in enumerate(rows) if " training 2.00" in row)
    assert any(f"{sign}held out 2.00" in rows[own + moved] for sign, moved in (("╲", 1), ("╱", -1)))


def test_training_and_held_out_losses_are_told_apart_without_colour() -> None:
    level = dict.fromkeys(range(100, 1_001, 10), 2.0)
    row_of = {}
    for name in ("loss", "held_out"):
        values = level if name == "loss" else {100: 2.0, 1_000: 2.0}
        rows = drawn(TimelinePicture([Stop(100), Stop(1_000)], losses(**{name: values}), Pointers(), 59, 12))
        row_of[name] = {row[12:-2] for row in rows if "●" in row}.pop()
    assert len(set(row_of["loss"])) == 1
    assert len(set(row_of["held_out"])) > 1, "it is dashed"


def test_without_losses_or_room_the_marks_stand_on_a_straight_line() -> None:
    for picture in (
        TimelinePicture(CHECKPOINTS, losses(), Pointers(3, 2), 60, 12),
        TimelinePicture(CHECKPOINTS, losses(loss={200: math.nan}), Pointers(3, 2), 60, 12),
        TimelinePicture(CHECKPOINTS, losses(loss=FALLING), Pointers(3, 2), 60, 2),
    ):
        pointers, line, *_ = drawn(picture)
        assert line.strip("─") == line[line.index("●") : line.index("◆") + 1]
        assert [line.count(sign) for sign in "●◇◆"] == [2, 1, 1]
        assert pointers.split() == ["500", "▽", "1,000", "▼"] or pointers.split() == ["▽", "500", "1,000", "▼"]


def test_a_pointer_above_the_curve_has_a_stem_down_to_the_sample_that_it_points_at() -> None:
    stops = [Stop(100), Stop(300, "a", 0.5), Stop(1_000)]
    rows = drawn(picture := TimelinePicture(stops, losses(loss=FALLING), Pointers(1), 80, 14))
    column = rows[picture.line].index("◆")
    above = [row[column] for row in rows[: picture.line]]
    assert above[above.index("▼") + 2 :] == ["┊"] * (picture.line - above.index("▼") - 2)
    assert above.count("┊") >= 2


def test_a_click_goes_to_a_sample_on_the_axis_and_to_a_checkpoint_elsewhere() -> None:
    stops = [Stop(100), Stop(300, "a", 0.5), Stop(1_000)]
    picture = TimelinePicture(stops, losses(loss=FALLING), Pointers(0), 80, 10)
    sample = drawn(picture)[picture.line].index("┬")
    assert picture.place_at(sample, picture.line) == 1
    assert picture.place_at(sample, picture.line - 2) == 0
    assert picture.place_at(79, 0) == 2
    hidden = TimelinePicture(stops, losses(loss=FALLING), Pointers(0, samples=False), 80, 10)
    assert "┬" not in drawn(hidden)[hidden.line]
    assert hidden.place_at(sample, hidden.line) == 0
    assert TimelinePicture([], losses(), Pointers(), 10, 3).place_at(1, 1) is None


@given(st.integers(1, 130), st.integers(1, 20), st.integers(0, 3))
def test_a_timeline_is_drawn_in_any_room(width: int, height: int, at: int) -> None:
    tracks = losses(loss=FALLING, held_out={1_000: 2.5})
    picture = TimelinePicture(CHECKPOINTS, tracks, Pointers(at, at - 1 if at else None), width, height)
    assert [len(row) for row in drawn(picture)] == [width] * height


def test_a_mean_along_the_steps_is_that_of_its_dot_or_of_those_around_it() -> None:
    column = Column()
    for step, value in ((1, 9.0), (10, 4.0), (60, 2.0), (1_000, 1.0)):
        column.append(step, value)
    axis = axis_of([10, 1_000])
    own = means_along(column, axis, 10)
    assert [float(value) for value in own if value == value] == [4.0, 2.0, 1.0], "what is before the axis is left out"
    smooth = means_along(column, axis, 10, 4.0)
    assert [float(value) for value in smooth if value == value] == [3.0, 3.0, 1.0]


def test_words_hide_nothing_that_stands_there() -> None:
    grid = Grid(20, 3)
    grid.write(2, 10, "▼", "present")
    grid.write(2, 13, "⠤⠤", "training")
    grid.label(2, 10, "5,000", "present")
    assert "".join(character for character, _ in grid.rows[2]) == "    5,000 ▼  ⠤⠤     "
    grid.write(2, 0, "⠤" * 9, "training")
    grid.label(2, 10, "7,000", "present")
    assert "".join(character for character, _ in grid.rows[1]).strip() == "7,000"
    assert spread([3, 3, 1], 5) == [3, 4, 1]
    assert spread([4, 4], 5) == [3, 4]


def test_a_timeline_has_more_rows_on_a_higher_screen() -> None:
    assert [rows_within(rows) for rows in (16, 20, 24, 36, 60, 100)] == [2, 6, 7, 10, 16, 16]


def test_every_key_says_what_it_does() -> None:
    assert all(isinstance(binding, Binding) and binding.tooltip and binding.id for binding in TimeMachine.BINDINGS)


# The screen

PROMPT, LENGTH, SEED = "9 green bottles", 60, 3
COLD = Sampling(temperature=0.4)
SAMPLE_TEXTS = {1: "grrn", 3: "green bott\x1bles"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that has kept three checkpoints and two samples."""
    root = tmp_path_factory.mktemp("time")
    corpus = root / "small.txt"
    corpus.write_text("".join(f"{k * k % 97} green bottles, {k} on the wall\n" for k in range(60)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNTUI_RUNS", str(root / "runs"))
        often = {"save_every": 2, "validate_every": 0, "sample_every": 0, "log_every": 1}
        run = trained(text(corpus, steps=6, lr=0.05, **often), "t")
    rows = [{"step": step, "text": words, "temperature": "0.0"} for step, words in SAMPLE_TEXTS.items()]
    (run.path / SAMPLES).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return run


@pytest.fixture
def run(made: Run, tmp_path: Path) -> Run:
    """A copy of it, to be damaged."""
    shutil.copytree(made.path, tmp_path / "copy")
    return Run(tmp_path / "copy")


def written(run: Run, step: int) -> str:
    """What the network of a step writes on its own."""
    reading = read_network(run, step)
    writer = Writer(reading.network, reading.vocabulary, SEED, temperature=COLD.temperature)
    writer.read(PROMPT)
    return PROMPT + "".join(islice(writer, LENGTH))


class Seen:
    """The screen under test."""

    def __init__(self, pilot: Pilot[int], screen: TimeMachine) -> None:
        self.pilot, self.screen = pilot, screen

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until both texts are there."""
        await self.pilot.press(*keys)
        await self.until(lambda: all(is_settled(self.screen.page_at(k)) for k in (self.screen.at, self.screen.other)))

    async def until(self, condition: object) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():  # type: ignore[operator]
            assert time.monotonic() < deadline, self.said("telling")
            await self.pilot.pause(0.01)
        self.screen.tick()
        await self.pilot.pause(0.01)

    @property
    def stop(self) -> Stop:
        assert self.screen.at is not None
        return self.screen.stops[self.screen.at]

    def view(self, name: str) -> PageView:
        return self.screen.query_one(f"#{name}", PageView)

    def said(self, where: str) -> str:
        return str(self.screen.query_one(f"#{where}", Static).content)

    def rows(self) -> list[str]:
        """The screen as text."""
        return screen_text.rows(self.pilot.app.screen)

    def marked(self, name: str) -> list[str]:
        return [self.view(name).page.text[slice(*part)] for part in self.view(name).marked]


@asynccontextmanager
async def machine(run: Run, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Seen]:
    screen = TimeMachine(run, COLD, PROMPT, SEED, LENGTH)
    async with ViewerApp(screen).run_test(size=size) as pilot:
        seen = Seen(pilot, screen)
        await seen.press()
        yield seen
    assert screen.writing_thread.join(PATIENCE)
    assert screen.writing_thread.error is None


pytestmark = pytest.mark.usefixtures("no_waiting_for_idleness")


async def test_every_step_shows_what_its_network_writes_and_marks_what_is_new(made: Run) -> None:
    assert [stop.step for stop in stops_of(made)] == [1, 2, 3, 4, 6], "a row without a text is no stop"
    async with machine(made) as seen:
        for step, earlier in ((6, 4), (4, 2)):
            a, b = written(made, earlier), written(made, step)
            assert seen.stop == Stop(step)
            assert (seen.view("before").page.text, seen.view("present").page.text) == (a, b)
            gone, new = differences(a, b)
            assert new
            assert (seen.view("before").marked, seen.view("present").marked) == (gone, new)
            changed, every = words_within(b, new, len(PROMPT))
            assert f"{changed} of {every} words are new since step {earlier}" in seen.said("telling")
            assert "bits/char: writing " in seen.said("telling")
            assert " · training " in seen.said("telling")
            await seen.press("up")
        assert seen.stop == Stop(2)
        assert seen.view("before").page.text == ""
        assert seen.marked("present") == []
        assert any("nothing before" in row for row in seen.rows())
        await seen.press("c")
        assert seen.view("before").page.text == written(made, 6)
        assert "differ from step 6" in seen.said("telling")
        await seen.press("end")
        assert seen.view("before").page.text == written(made, 4)
        assert "the last stop, so compared with step 4" in seen.said("telling")
        assert "are new since step 4" in seen.said("telling")
        await seen.press("c")
        assert "the last stop" not in seen.said("telling")


async def test_samples_are_shown_as_they_were_recorded_or_left_out(made: Run) -> None:
    async with machine(made) as seen:
        await seen.press("home", "right", "right")
        assert seen.stop == Stop(3, SAMPLE_TEXTS[3], 0.0)
        assert (seen.view("before").page.text, seen.view("present").page.text) == ("grrn", SAMPLE_TEXTS[3])
        assert seen.marked("before") == ["grrn"]
        assert any("step 3 · a sample, temp 0, 14 characters" in row for row in seen.rows())
        assert any("\\x1b" in row for row in seen.rows())
        assert not any("\x1b" in row for row in seen.rows())
        axis = next(row for row in seen.rows() if "╰" in row)
        assert axis.index("◇") < axis.index("◆"), "the samples stand on the axis"
        await seen.press("S")
        assert seen.stop == Stop(2)
        assert not any(sign in axis for axis in seen.rows() if "╰" in axis for sign in "┬◆◇")
        assert not any("┬" in row for row in seen.rows())
        await seen.press("right", "right")
        assert seen.stop == Stop(6)
        await seen.press("home")
        assert seen.stop == Stop(2)


async def test_play_goes_through_the_checkpoints_and_stops_at_the_last_and_esc_leads_back(
    made: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "rnntui.tui.writing_room.time_machine.PLAY_SECONDS", 1e6
    )  # the test plays on itself, and no clock beside it
    async with machine(made) as seen:
        await seen.press("space")
        steps = [seen.stop.step]
        while seen.screen.is_playing:
            seen.screen.play_on()
            await seen.press()
            steps.append(seen.stop.step)
        assert steps == [2, 4, 6, 6]
        await seen.press("space", "space")
        assert not seen.screen.is_playing
        await seen.pilot.press("escape")
        assert seen.pilot.app.screen is not seen.screen


async def test_the_course_points_at_the_steps_and_a_click_goes_there(made: Run) -> None:
    async with machine(made) as seen:
        await seen.press("up")
        rows = seen.rows()[1 : 1 + seen.screen.query_one(Timeline).size.height]
        for sign, pointer in (("◆", "▼"), ("◇", "▽")):
            below = next(k for k, row in enumerate(rows) if sign in row)
            assert rows[below - 1][rows[below].index(sign)] == pointer
        assert "bits" in rows[0]
        assert sum(row.count("●") for row in rows) == 1
        y = next(k for k, row in enumerate(rows) if "●" in row)
        await seen.pilot.click(Timeline, offset=(rows[y].index("●"), y))
        await seen.press()
        assert seen.stop == Stop(6)
        await seen.pilot.resize_terminal(80, 16)
        await seen.until(lambda: seen.screen.query_one(Timeline).size.height == 2)
        assert [seen.rows()[2].count(sign) for sign in "●◇◆"] == [1, 1, 1], "a line alone"


async def test_a_text_that_is_longer_than_its_room_is_read_from_its_beginning(made: Run) -> None:
    screen = TimeMachine(made, COLD, PROMPT, SEED, 900)
    async with ViewerApp(screen).run_test(size=(80, 24)) as pilot:
        seen = Seen(pilot, screen)
        await seen.until(lambda: seen.view("present").max_scroll_y > 0)  # the newest is written and kept
        await seen.press("up")
        await seen.until(lambda: seen.view("present").max_scroll_y > 0)
        assert [seen.view(name).scroll_offset.y for name in ("before", "present")] == [0, 0]
        await seen.press("pagedown", "down")
        await seen.until(lambda: seen.view("present").scroll_offset.y > 0)  # one reads on where one was


async def test_texts_fill_their_room_where_no_length_is_asked_for_and_a_scale_explains_the_shades(made: Run) -> None:
    screen = TimeMachine(made, COLD, PROMPT, SEED)
    async with ViewerApp(screen).run_test(size=(120, 36)) as pilot:
        seen = Seen(pilot, screen)
        await seen.press()
        width, height = seen.view("present").size
        assert 0.6 * width * height < len(seen.view("present").page.text) <= width * height
        assert not any("expected" in row for row in seen.rows())
        await seen.press("v")
        assert "surprisal  0  ½  1" in seen.rows()[0]
        assert screen.query_one(ShadeScale).region.right == 120


async def test_texts_stand_side_by_side_where_there_is_room(made: Run) -> None:
    async with machine(made, size=(60, 16)) as seen:
        views = seen.view("before").region, seen.view("present").region
        assert views[0].bottom == views[1].y
        assert min(view.height for view in views) >= 4
        assert all(len(row) == 60 for row in seen.rows())
        await seen.pilot.resize_terminal(100, 24)
        await seen.until(lambda: seen.view("before").region.right == seen.view("present").region.x)
        await seen.pilot.resize_terminal(59, 16)
        await seen.until(lambda: "too small for the time machine" in "".join(seen.rows()))


async def test_a_checkpoint_that_is_damaged_or_gone_is_a_sentence(run: Run) -> None:
    shutil.copy(run.path / "config.json", run.checkpoint(6) / "model.safetensors")
    async with machine(run) as seen:
        assert "is damaged: model.safetensors has been changed since it was written" in seen.said("telling")
        assert seen.view("present").marked == []
        shutil.rmtree(run.checkpoint(2))
        await seen.press("up")
        assert seen.view("present").page.text == written(run, 4)
        assert "has no checkpoint of step 2" in str(seen.view("before").border_subtitle)
        await seen.press("up")
        assert "has no checkpoint of step 2" in seen.said("telling")


async def test_what_a_run_lacks_is_said(run: Run) -> None:
    (run.path / SAMPLES).unlink()
    for step in (2, 4):
        shutil.rmtree(run.checkpoint(step))
    async with machine(run) as seen:
        assert "only one checkpoint: nothing to compare it with" in seen.said("telling")
        assert seen.view("present").page.text == written(run, 6)
    shutil.rmtree(run.checkpoint(6))
    async with machine(run) as seen:
        assert "has no checkpoint yet" in seen.said("telling")
        await seen.press("left", "end", "up", "space", "c", "S", "v", "pagedown")
    shutil.rmtree(run.path)
    async with machine(run) as seen:
        assert f"the folder of run {run.name!r} is gone" in seen.said("telling")
