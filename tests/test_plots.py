"""Figures of sweeps, from results made by hand: what stands on them, and that they are the same each time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rnntui.plots import check_file, curves, lines, scale, smoothing, sweep
from rnntui.plots.frontier import reached
from rnntui.plots.horizon import draw_horizons
from rnntui.sweeps.table import Group
from rnntui.system.errors import Note

FILES = [Path("never-written.svg")]


def group(accuracies: tuple[float, ...] = (1.0, 0.5), *, reference: tuple[float, ...] = (), **point: Any) -> Group:
    """A place of a sweep with the accuracies of its seeds; those of 1.0 solved."""
    solved = tuple(100 for accuracy in accuracies if accuracy == 1.0)
    return Group(point, accuracies, solved, len(accuracies), reference=reference)


LENGTHS = [
    group((1.0, 0.5), length=5, cell="rnn", reference=(0.875, 0.625)),
    group((0.25, 0.125), length=20, cell="rnn"),
    group((1.0, 1.0), length=5, cell="lstm"),
    group((), length=20, cell="lstm"),
]
FRONTIER = [
    group((1.0, 1.0), length=50, variant="RNN"),
    group((1.0, 1.0), length=200, variant="RNN"),
    group((1.0, 0.1), length=100, variant="LSTM"),
    group((1.0, 1.0), length=50, variant="LSTM"),
    group((), length=200, variant="LSTM"),
]


def draw_accuracy(*files: Path) -> None:
    sweep.accuracy(files, LENGTHS, x="length", line="cell", chance=0.1, title="Accuracy against length")


def draw_curves(*files: Path) -> None:
    runs = [
        sweep.AccuracyCurve({"length": n, "init": word}, [10, 20], [0.0, 1.0])
        for n in (5, 7)
        for word in ("normal", "id")
    ]
    sweep.curves(files, runs, line="init", panel="length", chance=0.1, title="Two inits")


def draw_frontier(*files: Path) -> None:
    sweep.frontier(files, FRONTIER, title="The longest")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that are drawn instead of the files they would be written to."""
    figures: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda self, *_, **__: figures.append(self))
    monkeypatch.setattr("rnntui.system.results.write", lambda *_: None)
    return figures


def points(ax: Axes, marker: str) -> dict[float, list[float]]:
    """The heights of the marks of one kind, by the rounded place on the x axis."""
    found: dict[float, list[float]] = {}
    for line in ax.lines:
        if line.get_marker() == marker:
            for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True):
                found.setdefault(round(float(x), 1), []).append(float(y))
    return found


def named(figure: Figure) -> list[str]:
    """What the legend names."""
    return [text.get_text() for text in figure.legends[0].get_texts()]


# --- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (draw_accuracy, ["Accuracy against length", "rnn", "lstm", "cell", "length", "20", "chance, 0.1", "reference"]),
        (draw_curves, ["Two inits", "length 5", "length 7", "normal", "id", "step", "smoothed accuracy"]),
        (draw_frontier, ["The longest", "RNN", "LSTM", "2/2", "1/2", "200", "solved in at least 80% of the seeds"]),
    ],
)
def test_a_figure_names_what_it_shows_and_is_the_same_each_time(
    draw: Callable[..., None], words: list[str], tmp_path: Path
) -> None:
    files = [tmp_path / name for name in ("one.svg", "two.svg", "one.png")]
    draw(files[0], files[2])
    draw(files[1])
    one, two, png = (file.read_bytes() for file in files)
    assert one == two
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert [word for word in words if f"<!-- {word} -->" not in one.decode()] == []


# --- accuracy along an axis -----------------------------------------------------------------------------------------


def test_accuracy_shows_means_single_runs_reference_and_chance(drawn: list[Figure]) -> None:
    draw_accuracy(*FILES)
    (ax,) = drawn[0].axes
    solid = [line for line in ax.lines if line.get_linestyle() == "-"]
    assert [list(line.get_ydata()) for line in solid] == [[0.75, 0.1875], [1.0, pytest.approx(np.nan, nan_ok=True)]]
    assert points(ax, "o") == {0.0: [1.0, 0.5, 1.0, 1.0], 1.0: [0.25, 0.125]}
    assert points(ax, "D") == {0.0: [0.875, 0.625]}
    assert any(list(line.get_ydata()) == [0.1, 0.1] for line in ax.lines)
    assert named(drawn[0]) == ["rnn", "lstm", "one run", "reference", "chance, 0.1"]


def test_single_runs_of_equal_accuracy_lie_side_by_side(drawn: list[Figure]) -> None:
    sweep.accuracy(FILES, [group((1.0,) * 5, length=5, cell=cell) for cell in ("rnn", "lstm")], x="length")
    places = [float(x) for line in drawn[0].axes[0].lines if line.get_marker() == "o" for x in line.get_xdata()]
    assert len({round(place, 6) for place in places}) == 10


def test_without_reference_and_chance_the_legend_names_neither(drawn: list[Figure]) -> None:
    sweep.accuracy(FILES, [group(length=5, cell="rnn")], x="length", line="cell")
    assert named(drawn[0]) == ["rnn", "one run"]


def test_an_axis_that_the_figure_was_not_told_of_still_tells_lines_apart() -> None:
    all_points = [{"length": n, "clip": clip, "cell": "rnn"} for n in (5, 10) for clip in (1.0, 10.0)]
    assert [line.name for line in lines.tell_apart(all_points, "cell", ("length",))] == ["rnn, 1", "rnn, 10"]


def test_many_lines_differ_in_colour_or_dashes() -> None:
    many = lines.tell_apart([{"variant": k} for k in range(28)], "variant", ())
    assert len({(line.colour, line.dashes) for line in many}) == 28


def test_each_panel_shows_its_own_groups_alone(drawn: list[Figure]) -> None:
    groups = [group((0.25 * k,), length=5, batch=k) for k in (1, 2, 3)]
    sweep.accuracy(FILES, groups, x="length", panel="batch")
    assert [ax.get_title() for ax in drawn[0].axes] == ["batch 1", "batch 2", "batch 3"]
    assert [points(ax, "o") for ax in drawn[0].axes] == [{0.5: [0.25]}, {0.5: [0.5]}, {0.5: [0.75]}]


@pytest.mark.parametrize("name", ["_hidden", "$x_1$", "a\x1b[31mb", "<b>&"])
def test_a_name_is_shown_as_it_is_and_never_as_markup(name: str, drawn: list[Figure]) -> None:
    sweep.accuracy(FILES, [group(length=5, variant=name)], x="length", line="variant")
    assert named(drawn[0])[0].strip() == name.replace("\x1b", "\\x1b")
    assert not drawn[0].legends[0].get_texts()[0].get_parse_math()


@pytest.mark.parametrize(
    ("values", "positions"),
    [
        ([30, 10, 20], [0.0, 0.5, 1.0]),  # linear
        ([100, 1, 10], [0.0, 0.5, 1.0]),  # logarithmic
        ([0, 5, 100], [0.0, 0.05, 1.0]),  # no logarithm of 0
        (["normal", "id"], [0.25, 0.75]),
        ([7], [0.5]),
    ],
)
def test_numbers_stand_at_their_place_and_words_side_by_side(values: list[Any], positions: list[float]) -> None:
    placed = scale.place(values)
    assert list(placed.values()) == pytest.approx(positions)
    assert list(placed) == (sorted(values) if isinstance(values[0], int) else values)


def test_crowded_ticks_stand_upright_and_those_without_room_lose_their_label_alone(drawn: list[Figure]) -> None:
    crowded, too_many = [*range(5, 16), 20, 30, 40, 50], list(range(1, 201))
    for lengths in (crowded, too_many):
        sweep.accuracy(FILES, [group(length=n) for n in lengths], x="length")
    shown = [[tick.get_text() for tick in figure.axes[0].get_xticklabels()] for figure in drawn]
    assert shown[0] == [str(n) for n in crowded]
    assert drawn[0].axes[0].get_xticklabels()[0].get_rotation() == 90
    assert len(drawn[1].axes[0].get_xticks()) == 200
    assert "" in shown[1]


def test_words_along_an_axis_are_not_joined_and_one_that_only_failed_keeps_its_place(drawn: list[Figure]) -> None:
    groups = [group((1.0, 0.5), cell="rnn"), Group({"cell": "gru"}, (), (), 0, 2), group((0.25,), cell="lstm")]
    sweep.accuracy(FILES, groups, x="cell")
    (ax,) = drawn[0].axes
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["rnn", "gru", "lstm"]
    assert all(line.get_linestyle() == "None" for line in ax.lines)
    assert points(ax, "_") == {0.2: [0.75], 0.5: [pytest.approx(np.nan, nan_ok=True)], 0.8: [0.25]}


def test_a_title_too_long_for_its_figure_is_folded(drawn: list[Figure]) -> None:
    sweep.accuracy(FILES, [group(length=n) for n in (5, 7)], x="length", title="word " * 40)
    assert max(map(len, drawn[0].get_suptitle().splitlines())) < 90
    assert drawn[0].get_suptitle().split() == ["word"] * 40


# --- curves over the steps ------------------------------------------------------------------------------------------


def test_a_smoothed_accuracy_is_the_mean_over_the_steps_before_it() -> None:
    steps, values = [10, 20, 30, 40, 100], [0.0, 1.0, 0.5, 0.25, 0.75]
    assert smoothing.trailing_mean(steps, values, 20).tolist() == [0.0, 0.5, 0.75, 0.375, 0.75]


def test_seeds_of_a_line_share_a_colour_and_lines_do_not(drawn: list[Figure]) -> None:
    runs = [
        sweep.AccuracyCurve({"init": word}, [10, 20], [seed, seed]) for word in ("normal", "id") for seed in (0.25, 0.5)
    ]
    sweep.curves(FILES, runs, line="init", window=0)
    curves = drawn[0].axes[0].lines
    assert [list(curve.get_ydata()) for curve in curves] == 2 * [[0.25, 0.25], [0.5, 0.5]]
    a, b, c, d = (curve.get_color() for curve in curves)
    assert a == b != c == d


# --- the frontier ---------------------------------------------------------------------------------------------------


def test_the_map_says_how_many_solved_each_place_and_leaves_blank_what_was_not_tried(drawn: list[Figure]) -> None:
    draw_frontier(*FILES)
    ax = drawn[0].axes[0]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["50", "100", "200"]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["RNN", "LSTM"]
    found = {tuple(text.get_position()): text.get_text() for text in ax.texts}
    assert found == {(0, 0): "2/2", (0, 2): "2/2", (1, 0): "2/2", (1, 1): "1/2"}
    shares = ax.collections[0].get_array()
    assert shares.filled(-1).tolist() == [[1.0, 1.0], [-1.0, 0.5], [1.0, -1.0]]


def test_an_edge_marks_the_frontier_of_each_variant(drawn: list[Figure]) -> None:
    draw_frontier(*FILES)
    heights = [list(line.get_ydata()) for line in drawn[0].axes[0].lines]
    assert heights == [[2.5, 2.5], [0.5, 0.5]]  # above the row of 200, above that of 50


def test_the_frontier_ends_below_the_first_value_that_is_not_solved() -> None:
    tried = {0: group((1.0, 1.0)), 2: group((1.0, 0.1)), 3: group((1.0, 1.0))}
    assert reached(tried, 0.8) == 0
    assert reached(tried, 0.5) == 3
    assert reached({1: group((0.1, 0.1))}, 0.5) is None


def test_what_has_no_result_yet_can_be_drawn(drawn: list[Figure]) -> None:
    sweep.accuracy(FILES, [], x="length")
    sweep.curves(FILES, [sweep.AccuracyCurve({"init": "id"}, [], [])], line="init")
    sweep.frontier(FILES, [])
    assert len(drawn) == 3


HOSTILE = "a\x1b]52;c;aGk=\x07\x00<&]]>--\u202e\u200b\ufffe$x^2$"


def draw_with_hostile_words(file: Path) -> None:
    """All that a figure says, said in words that a terminal or an XML reader would stumble over."""
    groups = [group((1.0, 0.5), cell=f"{HOSTILE}{k}", length=5) for k in range(2)]
    sweep.accuracy([file], groups, x="cell", line="length", title=HOSTILE)


def draw_hostile_curves(file: Path) -> None:
    curves.draw([file], [curves.Curve(HOSTILE, [1, 2], [0.1, 1.0])], x_label="step", y_label=HOSTILE)


def draw_hostile_horizons(file: Path) -> None:
    draw_horizons(file, [(HOSTILE, [1.0, 0.1], 1)], 0.01)


def draw_hostile_map(file: Path) -> None:
    sweep.frontier([file], [group((1.0, 1.0), length=50, variant=HOSTILE)], title=HOSTILE)


@pytest.mark.parametrize(
    "draw", [draw_with_hostile_words, draw_hostile_curves, draw_hostile_horizons, draw_hostile_map]
)
def test_no_name_makes_a_figure_ill_formed_or_markup(draw: Callable[[Path], None], tmp_path: Path) -> None:
    file = tmp_path / "x.svg"
    draw(file)
    ElementTree.parse(file)
    written = file.read_text(encoding="utf-8")
    assert r"\x1b" in written  # in the comment that names the paths of a text
    assert not any(character in written for character in "\x1b\x07\x00\u202e\u200b\ufffe")


def test_characters_that_the_font_lacks_are_told_in_one_note_and_matplotlib_says_nothing(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    curves.draw([tmp_path / "x.svg"], [curves.Curve("字符", [1], [0.0])], x_label="", y_label="", log=True)
    assert [type(warning.message) for warning in recwarn] == [Note]
    assert "the figure's font lacks some characters" in str(recwarn[0].message)


@pytest.mark.parametrize(("kind", "magic"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_a_figure_is_of_the_kind_that_its_name_says_and_the_same_each_time(
    kind: str, magic: bytes, tmp_path: Path
) -> None:
    first, again = check_file(tmp_path / f"a.{kind}"), check_file(tmp_path / f"b.{kind.upper()}")
    draw_hostile_curves(first)
    draw_hostile_curves(again)
    assert first.read_bytes().startswith(magic)
    assert first.read_bytes() == again.read_bytes()


def test_settings_of_the_users_own_matplotlib_change_no_figure(tmp_path: Path) -> None:
    draw_hostile_curves(tmp_path / "a.svg")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black"}):
        draw_hostile_curves(tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_no_figure_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "mine.svg").write_text("mine")
    (tmp_path / "x.svg").symlink_to(tmp_path / "mine.svg")
    with pytest.raises(ValueError, match="never writes through a link"):
        check_file(tmp_path / "x.svg")
    with pytest.raises(ValueError, match="link"):
        draw_hostile_curves(tmp_path / "x.svg")
    assert (tmp_path / "mine.svg").read_text() == "mine"
