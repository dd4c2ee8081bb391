"""`rnntui plot`: what stands on the figures is what the runs logged, and the files are such as a publisher takes."""

import json
import math
import os
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import hostile
import numpy as np
import pytest
from command import as_json, done, refused, rnntui, said
from conftest import PROSE
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from msgspec import structs
from PIL import Image
from tiny import palindrome, text, trained

from rnntui.commands.plot import request as plot_request
from rnntui.commands.plot.figures import KINDS
from rnntui.config import make_settings
from rnntui.core.analysis.gate_activity import watch_gates
from rnntui.core.analysis.gradients.networks import trained as trained_network
from rnntui.plots.run_samples import wrap
from rnntui.runs import METRICS, SAMPLES, Run, folder
from rnntui.runs.logged import curves_of, share_of_logged
from rnntui.schemas import BatchRanges, MetricsRow, SampleRow
from rnntui.specs import BITS

LOSSES = [2.5, 1.25, math.nan, 0.625]


def logged(name: str, **given: Any) -> Run:
    """A palindrome run that nobody trains, with a row every 10 steps."""
    run = Run.create(folder(), name, palindrome(**{"steps": 40, "clip": 1.0, **given}))
    run.write_config(structs.replace(run.config(), baselines={"chance": (2.3, 0.1)}))
    figures = zip((10, 20, 30, 40), LOSSES, (0.5, 2.0, 4.0, 0.25), strict=True)
    rows = [
        MetricsRow(step=step, loss=loss, accuracy=step / 80, gradient_norm=norm, learning_rate=0.1, seconds=step / 100)
        for step, loss, norm in figures
    ]
    run.append(METRICS, *rows)
    run.unlock()
    return run


def logged_text(corpus: Path) -> Run:
    """A text run with held-out losses, of the weights and of their average."""
    run = Run.create(folder(), "book", text(corpus, steps=40, average="ema"))
    rows = [
        MetricsRow(
            step=step,
            loss=BITS.size * 40 / step,
            accuracy=0.25,
            validation_loss=BITS.size * 50 / step,
            validation_accuracy=0.125,
            averaged_validation_loss=BITS.size * 45 / step,
            averaged_validation_accuracy=0.5,
        )
        for step in (20, 40)
    ]
    run.append(METRICS, *rows)
    run.unlock()
    return run


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that are drawn instead of the files they would be written to."""
    figures: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda self, *_, **__: figures.append(self))
    monkeypatch.setattr("rnntui.system.results.write", lambda *_: None)
    return figures


def lines(ax: Axes) -> list[tuple[list[float], list[float]]]:
    """The curves of a panel, without level lines."""
    found = [(list(line.get_xdata()), list(line.get_ydata())) for line in ax.lines]
    return [(xs, ys) for xs, ys in found if len(xs) > 2 or xs[-1:] != [1]]


# --- what is drawn --------------------------------------------------------------------------------------------------


def test_the_curves_are_those_that_the_run_logged(drawn: list[Figure]) -> None:
    logged("one")
    done("plot one --to curves.svg --smooth 1")
    loss, accuracy = drawn[0].axes
    assert lines(loss) == [([10, 20, 30, 40], pytest.approx(LOSSES, nan_ok=True))]
    assert lines(accuracy) == [([10, 20, 30, 40], [0.125, 0.25, 0.375, 0.5])]
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss, nats", "accuracy")
    assert [line.get_ydata()[0] for line in (loss.lines[-1], accuracy.lines[-1])] == [2.3, 0.1]


def test_behind_the_smoothed_curve_lies_what_was_logged(drawn: list[Figure]) -> None:
    logged("one")
    done("plot one --to curves.svg --smooth 20")
    raw, smoothed = lines(drawn[0].axes[0])
    assert raw == ([10, 20, 30, 40], pytest.approx(LOSSES, nan_ok=True))
    assert smoothed == ([10, 20, 30, 40], [2.5, 1.875, 1.25, 0.625])


def test_behind_it_lies_the_range_of_all_batches_where_it_is_known(drawn: list[Figure]) -> None:
    run = Run.create(folder(), "one", palindrome(steps=20, clip=0.0))
    ranges = {10: (1.0, 2.0, 4.0, 2.0), 20: (0.25, 0.5, 1.0, 0.5)}
    batches = {step: BatchRanges(count=10, loss=of_all, gradient_norm=of_all) for step, of_all in ranges.items()}
    run.append(METRICS, *(MetricsRow(step=step, loss=9.0, gradient_norm=9.0, batches=batches[step]) for step in ranges))
    run.unlock()
    done("plot one --to figures --smooth 20 --figure curves,gradient")
    for figure in drawn:
        ax = figure.axes[0]
        (band,) = ax.collections
        assert {tuple(point) for point in band.get_paths()[0].vertices} == {(10, 1), (10, 4), (20, 0.25), (20, 1)}
        assert lines(ax)[0] == ([10, 20], [2.0, 1.25]), "the means of all batches, over 20 steps"


def test_a_text_has_held_out_and_averaged_losses_in_bits(corpus: Path, drawn: list[Figure]) -> None:
    logged_text(corpus)
    done("plot book --to curves.svg --smooth 1")
    loss, accuracy = drawn[0].axes
    assert loss.get_ylabel() == "bits per character"
    assert [ys for _, ys in lines(loss)] == [pytest.approx(ys) for ys in ([2, 1], [2.5, 1.25], [2.25, 1.125])]
    assert [ys for _, ys in lines(accuracy)] == [[0.25, 0.25], [0.125, 0.125], [0.5, 0.5]]
    (legend,) = drawn[0].legends
    assert [entry.get_text() for entry in legend.get_texts()] == ["training", "held out", "averaged"]


def test_several_runs_lie_over_each_other_and_are_named(drawn: list[Figure]) -> None:
    logged("one")
    logged("other", cell="gru")
    done("plot one other --figure curves,gradient")
    assert [len(lines(ax)) for ax in drawn[0].axes] == [2, 2]
    for figure in drawn:
        assert [entry.get_text() for entry in figure.legends[0].get_texts()] == ["one", "other"]


def test_the_gradient_is_shown_with_the_clip_and_how_often_it_acted(drawn: list[Figure]) -> None:
    run = logged("one")
    run.lock()
    run.journal(20, "clip", value=3.0)
    run.unlock()
    done("plot one --figure gradient --smooth 1")
    norm, rate = drawn[0].axes
    curve, before, after = [(list(line.get_xdata()), list(line.get_ydata())) for line in norm.lines]
    assert curve == ([10, 20, 30, 40], [0.5, 2.0, 4.0, 0.25])
    assert (before, after) == (([0, 20], [1, 1]), ([20, 40], [3, 3]))
    assert [note.get_text() for note in norm.texts] == ["clip 3, acted at 50.0% of the steps"]
    assert norm.get_yscale() == "log"
    assert lines(rate) == [([10, 20, 30, 40], [0.1] * 4)]


def test_where_there_was_no_clipping_none_acted() -> None:
    run = Run.create(folder(), "one", palindrome(steps=30))
    run.append(
        METRICS, *(MetricsRow(step=step, gradient_norm=norm) for step, norm in ((10, 5.0), (20, 0.5), (30, 5.0)))
    )
    logged = curves_of(run)
    assert share_of_logged(logged, [(0, 0.0)]) is None
    assert share_of_logged(logged, [(0, 0.0), (10, 1.0)]) == 0.5
    assert share_of_logged(logged, [(0, 1.0), (20, 0.0)]) == 0.5


def test_a_logarithmic_scale_says_what_it_leaves_out(drawn: list[Figure]) -> None:
    run = logged("one")
    run.lock()
    run.append(METRICS, MetricsRow(step=50, loss=0.0))
    run.unlock()
    result = rnntui("plot one --to a.svg --log")
    assert "--log: 1 of 4 values left out: not above 0" in said(result)
    assert [ax.get_yscale() for ax in drawn[0].axes] == ["log", "linear"]


def test_a_sweep_stands_for_its_runs_and_damaged_rows_are_left_out(drawn: list[Figure]) -> None:
    root = folder() / "wide"
    for seed in (1, 2):
        run = Run.create(root, f"seed{seed}", palindrome(steps=20, seed=seed))
        run.append(METRICS, MetricsRow(step=10, loss=1.0), MetricsRow(step=20, loss=0.5))
        run.unlock()
    (root / "sweep.json").write_text("{}")
    with (root / "seed1" / METRICS).open("a") as rows:
        rows.write('{"step": "many"}\n')
    result = rnntui("plot wide --to a.svg")
    assert "damaged" in said(result)
    assert [entry.get_text() for entry in drawn[0].legends[0].get_texts()] == ["seed1", "seed2"]


# --- what is measured and written -----------------------------------------------------------------------------------


def test_the_horizons_are_those_of_rnntui_gradients(drawn: list[Figure]) -> None:
    for name, cell in (("one", "lstm"), ("other", "rnn")):
        trained(palindrome(steps=3, cell=cell), name)
    done("plot one other --to a.svg --figure horizon --at 0")
    told = as_json("gradients one other --at 0")
    curves = [line for line in drawn[0].axes[0].lines if line.get_linestyle() == "-" and len(line.get_xdata()) > 2]
    for curve, network in zip(curves, told, strict=True):
        norms = np.array(network["norms"])
        np.testing.assert_allclose(curve.get_ydata(), norms / norms[0])


def test_the_gates_are_those_of_the_checkpoint_over_the_digits_that_it_reads(drawn: list[Figure]) -> None:
    run = trained(palindrome(steps=3), "one")
    done("plot one --to a.svg --figure gates --at 0")
    network = trained_network(run, {}, 0)
    measured = list(watch_gates(network.model, network.batch, network.model.initial_state(4), 0))[-1]
    assert measured is not None
    means, *rasters = drawn[0].axes
    for ax, gate in zip(rasters, measured.openings, strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), gate.units.T)
    of_gates = [gate for gate in measured.openings if gate.letter != "g"]
    for line, gate in zip(means.lines, of_gates, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), gate.mean)
    assert [ax.get_title(loc="left") for ax in rasters] == [
        "input gate i",
        "forget gate f",
        "candidate g",
        "output gate o",
    ]
    digits = [str(digit) for digit in network.batch.inputs[:, 0].tolist()]
    assert [tick.get_text() for tick in rasters[-1].get_xticklabels()] == digits
    assert drawn[0].get_suptitle() == "one · step 0"


def test_the_legend_of_many_gates_stays_within_a_column_and_leaves_the_panels_their_room(drawn: list[Figure]) -> None:
    small = {"cell": "phased", "hidden": 4, "length": 3, "spacing": 4, "batch": 4, "threads": 1, "device": "cpu"}
    trained(make_settings("noise", {**small, "steps": 2}), "one")
    done("plot one --to a.svg --figure gates")
    (figure,) = drawn
    figure.draw_without_rendering()
    legend = figure.axes[0].get_legend()
    assert legend is not None
    assert [text.get_text()[-1] for text in legend.get_texts()] == ["k", "i", "f", "o"]
    width = figure.bbox.width
    assert 0 <= legend.get_window_extent().x0 < legend.get_window_extent().x1 <= width
    assert all(ax.get_window_extent().width > width / 2 for ax in figure.axes)


def test_the_gates_of_a_text_stand_over_its_characters_and_those_of_several_runs_in_several_files(
    text_run: Run, corpus: Path, drawn: list[Figure]
) -> None:
    trained(text(corpus, steps=2, cell="gru"), "other")
    told = as_json("plot tiny other --figure gates")
    assert [(one["runs"], one["file"]) for one in told] == [
        (["tiny"], "figures/gates-tiny.svg"),
        (["other"], "figures/gates-other.svg"),
    ]
    read = ["".join(tick.get_text() for tick in figure.axes[-1].get_xticklabels()) for figure in drawn]
    prose = PROSE.replace(" ", "␣").replace("\n", "↵")
    assert all(len(characters) == 3 and characters in prose for characters in read)


def test_the_samples_are_those_that_the_run_wrote_with_their_steps(corpus: Path, drawn: list[Figure]) -> None:
    run = Run.create(folder(), "book", text(corpus, steps=40))
    run.append(SAMPLES, *(SampleRow(step=step, text=f" wrote {step}", temperature="0.5") for step in (3, 7, 100, 130)))
    run.unlock()
    done("plot book --to a.svg --figure samples")
    words = [text.get_text() for text in drawn[0].texts if text.get_text()]
    assert words[:2] == ["step", "temperature 0.5"]
    assert words[2:] == ["3", "␣wrote 3", "100", "␣wrote 100", "130", "␣wrote 130"]


def test_a_long_sample_is_broken_into_lines_and_the_rest_is_an_ellipsis() -> None:
    assert list(wrap("abcdefg", 3)) == ["abc", "def", "g"]
    assert list(wrap("abcd\nfghijkl", 3)) == ["abc", "d↵f", "ghi", "jkl"]
    assert list(wrap("abcdefghijklm", 3)) == ["abc", "def", "ghi", "jk…"]
    assert list(wrap("漢字漢", 4)) == ["漢字", "漢"]
    assert list(wrap("   ", 9)) == ["␣␣␣"]
    assert list(wrap("", 9)) == [""]


def test_the_reading_is_of_the_units_that_rnntui_units_finds(text_run: Run, drawn: list[Figure]) -> None:
    done("plot tiny --to a.svg --figure reading")
    told = as_json("units tiny")["features"][:3]
    headings = [ax.get_title(loc="left") for ax in drawn[0].axes if ax.get_title(loc="left")]
    assert len(headings) == 3
    for heading, feature in zip(headings, told, strict=True):
        assert heading.startswith(f"layer {feature['layer']} · {feature['state']} · unit {feature['unit']} of 8")


def test_what_a_run_does_not_have_is_left_out_and_said_unless_it_was_asked_for(drawn: list[Figure]) -> None:
    trained(palindrome(steps=3, cell="rnn"), "one")
    told = as_json("plot one")
    assert [figure["figure"] for figure in told] == ["curves", "gradient", "horizon", "reading"]
    words = said(rnntui("plot one"))
    assert "gates left out: run 'one' trains RNN 8, which has no gates" in words
    assert "samples left out: run 'one' has written no sample" in words
    assert "--figure gates: run 'one' trains RNN 8" in refused("plot one --figure gates")


def test_a_text_that_is_gone_leaves_the_figures_that_need_none(text_run: Run, corpus: Path) -> None:
    corpus.unlink()
    words = said(rnntui("plot tiny"))
    assert "horizon left out: " in words
    assert {path.name for path in Path("figures").iterdir()} == {"curves.svg", "gradient.svg"}
    assert "text" in refused("plot tiny --figure gates --to gates")


# --- files ----------------------------------------------------------------------------------------------------------


def test_a_pdf_embeds_its_fonts_and_none_is_of_type_3(text_run: Run) -> None:
    logged("one")
    done("plot one --format pdf")
    done("plot tiny --format pdf --to texts")
    files = [*Path("figures").iterdir(), *Path("texts").iterdir()]
    assert {file.stem for file in files} == {"curves", "gradient", "horizon", "gates", "reading"}
    for file in files:
        content = file.read_bytes()
        assert content.startswith(b"%PDF")
        assert b"/Type3" not in content
        fonts = re.findall(rb"/BaseFont /(\S+)", content)
        assert fonts
        assert content.count(b"/FontFile2") >= len(set(fonts))


@pytest.mark.parametrize(("width", "pixels"), [("column", 1016), ("page", 2102), ("10", 1181)])
def test_a_png_is_as_wide_as_it_is_printed_at_300_dots_per_inch(width: str, pixels: int) -> None:
    logged("one")
    done(f"plot one --to a.png --width {width}")
    with Image.open("a.png") as image:
        assert image.size[0] == pixels
        assert image.info["dpi"] == (pytest.approx(300, abs=0.1),) * 2


def test_an_svg_is_xml_whatever_a_run_is_called_and_the_same_each_time() -> None:
    names = [name for name in hostile.strings(120) if _can_be_a_folder(name)][:40]
    assert len(names) == 40
    for number, name in enumerate(names):
        logged(f"run{number}").path.rename(folder() / name)
    paths = [str(folder() / name) for name in names]
    for file in ("a.svg", "b.svg"):
        result = rnntui("plot", *paths, "--figure", "curves", "--to", file)
        assert result.exit_code == 0, result.output
    content = Path("a.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(content)
    assert hostile.unsafe_characters(content) == []
    assert content == Path("b.svg").read_text(encoding="utf-8")


def _can_be_a_folder(name: str) -> bool:
    try:
        return "/" not in name and "\0" not in name and len(os.fsencode(name)) < 200
    except UnicodeEncodeError:
        return False


def test_json_names_the_files_and_the_runs() -> None:
    logged("one")
    told = as_json("plot one")
    assert told == [
        {"figure": kind, "runs": ["one"], "file": f"figures/{kind}.svg", "width_cm": 8.6}
        for kind in ("curves", "gradient")
    ]
    assert all(Path(figure["file"]).is_file() for figure in told)
    assert json.dumps(told)


# --- mistakes -------------------------------------------------------------------------------------------------------

MISTAKES = {
    "plot nowhere": "no run 'nowhere' in",
    "plot empty": "run 'empty' has logged no row yet",
    "plot empty --figure curves": "--figure curves: run 'empty' has logged no row yet",
    "plot one --figure curve": "--figure 'curve' is unknown (did you mean curves?)",
    "plot one --figure a.svg": "--figure 'a.svg' names a file: that goes with --to",
    "plot one --figure ,": "--figure '' is unknown",
    "plot one --format jpg": "--format 'jpg' is unknown",
    "plot one --to a.jpg": "--to 'a.jpg': a figure must be a .svg, .png or .pdf file; a new folder has no suffix",
    "plot one --to a.svg --format svg": "--format is for a folder",
    "plot one --to a.svg --figure curves,gradient": "--to 'a.svg' is one file, and --figure has 2",
    "plot one --to no/where/a.svg": "there is no folder 'no/where'",
    "plot one --to no/where": "there is no folder 'no'",
    "plot one --to note": "--to 'note' is not a folder",
    "plot one --to link.svg": "is a link",
    "plot one --width wide": "--width must be column, page or a number of cm, not 'wide'",
    "plot one --width nan": "--width must be from 4 to 100 cm, not nan",
    "plot one --width 1": "--width must be from 4 to 100 cm, not 1",
    "plot one --smooth 0": "--smooth must be at least 1 step, not 0",
    "plot one --smooth x": "--smooth must be a whole number, not 'x'",
    "plot one --figure gates": "--figure gates: run 'one' has no checkpoint yet",
    "plot one --figure gradient --at 0": "--at is for what is measured in a network, of which nothing is drawn",
    "plot one --figure gradient --at soon": "--at must be a step, best or newest, not 'soon'",
    "plot book --figure samples --smooth 3": "--figure samples: run 'book' has written no sample",
    "plot one --figure gradient --log": "--log is for the loss in the curves",
    "plot one book": "runs of different tasks cannot be compared",
}


@pytest.mark.parametrize("command", MISTAKES)
def test_a_mistake_is_one_sentence_and_nothing_is_written(command: str, corpus: Path) -> None:
    logged("one")
    logged_text(corpus)
    Run.create(folder(), "empty", palindrome()).unlock()
    Path("note").write_text("mine")
    Path("link.svg").symlink_to("note")
    assert MISTAKES[command] in refused(command)
    assert not Path("figures").exists()
    assert not [path for path in Path().iterdir() if path.suffix in (".svg", ".png", ".pdf") and not path.is_symlink()]


def test_what_is_there_already_is_replaced_only_with_overwrite() -> None:
    logged("one")
    Path("a.svg").write_text("mine")
    assert "--to 'a.svg' is there already: name another file, or add --overwrite" in refused("plot one --to a.svg")
    done("plot one")
    curves = Path("figures/curves.svg")
    curves.write_text("mine")
    assert "--to 'figures' has curves.svg, gradient.svg already" in refused("plot one")
    assert (curves.read_text(), Path("a.svg").read_text()) == ("mine", "mine")
    done("plot one --overwrite")
    assert curves.read_text() != "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="may write everywhere")
def test_a_folder_that_cannot_be_written_is_a_sentence() -> None:
    logged("one")
    Path("closed").mkdir(mode=0o500)
    assert "cannot be written" in refused("plot one --to closed")


def test_every_figure_that_the_help_names_is_drawn_by_something() -> None:
    assert list(plot_request.FIGURES) == list(KINDS)
