"""The weights of a network in training: spectra, histograms and the size of a step are those of numpy and torch."""

import json
import math
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import new_run, palindrome, text, trained, wait_for, wait_for_screen

from rnntui.config import make_settings
from rnntui.core.analysis import weight_figures
from rnntui.core.analysis.gradient_figures import IN_A_POWER, gradients_by_layer
from rnntui.core.analysis.gradients.horizon import few_aside
from rnntui.core.analysis.probing import look
from rnntui.core.analysis.weight_figures import places_by_layer, shown_matrix, spectrum, weights_by_layer
from rnntui.core.training.learner import Learner
from rnntui.core.training.trainer import Trainer, open_trainer
from rnntui.plain import words
from rnntui.probes import READ_OUT, LayerGradients, LayerWeights, NetworkWeights, RecurrentBlock, farthest
from rnntui.runs import Run, folder
from rnntui.runs.history import Column
from rnntui.sessions.contract import TrainingCurves, share_clipped
from rnntui.sessions.insights import decoded, encoded, view_of
from rnntui.sessions.recorded import curves_on_disk
from rnntui.sessions.training import TrainingSession
from rnntui.tui.chart.dots import BRAILLE
from rnntui.tui.chart.heat_map import heat_map
from rnntui.tui.chart.histogram import of_counts
from rnntui.tui.chart.plane import complex_plane
from rnntui.tui.training.app import RnntuiApp
from rnntui.tui.training.weights import WeightsView
from rnntui.tui.training.weights_place import WeightsPlace, places


def weighed(learner: Learner, step: int = 0) -> NetworkWeights:
    (found,) = [measured for measured in look("weights", learner, step) if measured is not None]
    assert isinstance(found, NetworkWeights)
    return found


# --- spectra --------------------------------------------------------------------------------------------------------


def test_the_spectrum_of_a_matrix_whose_eigenvalues_are_known() -> None:
    turned = [[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 3.0]]  # e^(±iφ) and 3
    block = spectrum(1, "W_hh", torch.tensor(turned))
    found = sorted(map(tuple, block.eigenvalues.tolist()))
    np.testing.assert_allclose(found, [(0.6, -0.8), (0.6, 0.8), (3.0, 0.0)], atol=1e-6)
    assert (block.radius, block.largest_singular) == (pytest.approx(3.0), pytest.approx(3.0))
    assert (block.units, block.outside, block.why_none) == (3, 1, "")
    shear = spectrum(1, "W_hh", torch.tensor([[1.0, 2.0], [0.0, 1.0]]))  # whose singular values are 1 ± √2
    assert (shear.radius, shear.largest_singular) == (pytest.approx(1.0), pytest.approx(1 + math.sqrt(2)))


@pytest.mark.parametrize(
    ("cell", "letters"),
    [
        ("rnn", ["W_hh"]),
        ("lstm", ["W_ih", "W_fh", "W_gh", "W_oh"]),
        ("gru", ["W_rh", "W_zh", "W_gh"]),
        ("phased", ["W_ih", "W_fh", "W_gh", "W_oh"]),
        ("own_cell:Leaky", ["W_hh"]),
    ],
)
def test_each_gate_of_each_layer_has_its_spectrum_which_is_torchs(cell: str, letters: list[str]) -> None:
    learner = Learner(palindrome(cell=cell, layers=2, init="uniform"))
    found = weighed(learner)
    assert [(block.layer, block.letter) for block in found.blocks] == [(k, w) for k in (1, 2) for w in letters]
    for block in found.blocks:
        matrix = dict(learner.model.letters())[f"{block.layer - 1}.{block.letter}"].double()
        by_torch = torch.linalg.eigvals(matrix)
        mine = np.sort_complex(block.eigenvalues[:, 0] + 1j * block.eigenvalues[:, 1])
        np.testing.assert_allclose(mine, np.sort_complex(by_torch.numpy()), atol=1e-9)
        assert block.radius == pytest.approx(float(by_torch.abs().max()))
        assert block.largest_singular == pytest.approx(float(torch.linalg.svdvals(matrix)[0]))


def test_what_is_too_large_or_not_finite_has_no_spectrum_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = spectrum(1, "W_hh", torch.tensor([[math.nan, 0.0], [0.0, 1.0]]))
    assert (bad.why_none, bad.eigenvalues.shape) == ("not all of it is finite", (0, 2))
    monkeypatch.setattr(weight_figures, "MOST_UNITS", 1)
    monkeypatch.setattr("rnntui.probes.MOST_UNITS", 1)
    assert spectrum(1, "W_hh", torch.eye(2)).why_none == "no spectrum above 1 units"


# --- the matrix itself ----------------------------------------------------------------------------------------------


def test_a_matrix_is_shown_with_the_units_of_the_largest_weights_first() -> None:
    W = np.array([[0.0, 0.1, 0.0], [0.1, 0.0, 3.0], [0.0, -2.0, 0.5]])  # norms 0.14, 3.6, 3.7
    shown = shown_matrix(W)
    assert shown is not None
    order = [2, 1, 0]
    np.testing.assert_allclose(shown, W[np.ix_(order, order)])
    assert shown_matrix(np.array([[math.nan]])) is None
    large = shown_matrix(np.eye(1_000))
    assert large is not None
    assert large.shape == (125, 125)
    np.testing.assert_array_equal(large, np.eye(125))


# --- gradients ------------------------------------------------------------------------------------------------------


def gradients_of(learner: Learner) -> dict[str, Any]:
    (found,) = [
        each for each in gradients_by_layer(learner.model, few_aside(learner)[0], learner.task) if each is not None
    ]
    return found


@pytest.mark.parametrize(
    ("task", "given"),
    [
        ("palindrome", {"cell": "rnn"}),
        ("palindrome", {"cell": "gru", "layers": 2, "input": "scalar"}),
        ("palindrome", {"cell": "own_cell:Leaky"}),
        ("noise", {"cell": "phased", "spacing": 3}),
        ("frequency", {"cell": "phased", "sampling": "uneven"}),
        ("text", {"cell": "lstm", "layers": 2}),
    ],
)
def test_the_gradients_are_those_of_autograd_through_the_whole_network(
    task: str, given: dict[str, Any], corpus: Any
) -> None:
    small = {"hidden": 4, "length": 5, "batch": 6, "threads": 1, "device": "cpu", "init": "uniform"}
    of_text = {"corpus": str(corpus)} if task == "text" else {}
    learner = Learner(make_settings(task, {**small, **given, **of_text}))
    model, batch = learner.model, few_aside(learner)[0]
    logits, _ = model(batch.inputs, model.initial_state(batch.inputs.shape[1]), batch.times)
    named = [(name, parameter) for name, parameter in model.named_parameters() if parameter.dim() == 2]
    whole = torch.autograd.grad(learner.task.loss_and_accuracy(logits, batch.targets)[0], [each for _, each in named])
    by_layer: dict[str, list[Any]] = {}
    for (name, _), gradient in zip(named, whole, strict=True):
        layer = READ_OUT if name == "W_ph" else f"layer {int(name.split('.')[1]) + 1}"
        by_layer.setdefault(layer, []).append(gradient.reshape(-1))
    found = gradients_of(learner)
    assert set(found) == set(by_layer)
    for name, parts in by_layer.items():
        np.testing.assert_allclose(found[name], torch.cat(parts).numpy(), rtol=2e-4, atol=1e-7)
        assert np.abs(found[name]).max() > 1e-5


def test_the_gradients_are_counted_by_their_sizes_now_and_at_the_start() -> None:
    run = new_run(palindrome(layers=2, steps=20, lr=0.1, init="uniform"))
    trainer = open_trainer(run)
    first = gradients_of(Learner(trainer.settings))
    assert list(trainer)
    learner = trainer.learner
    found, now = weighed(learner).gradients, gradients_of(learner)
    assert [layer.name for layer in found] == ["layer 1", "layer 2", READ_OUT]
    for layer in found:
        edges = 10 ** np.linspace(layer.low, layer.high, len(layer.now) + 1)
        assert len(layer.now) == round((layer.high - layer.low) * IN_A_POWER)
        for counts, values in ((layer.now, now[layer.name]), (layer.start, first[layer.name])):
            sizes = np.abs(values.astype(np.float64))
            np.testing.assert_array_equal(counts, np.histogram(sizes[sizes > 0], edges)[0])
        assert layer.norm == pytest.approx(np.linalg.norm(now[layer.name]), rel=1e-5)
        assert layer.start_norm == pytest.approx(np.linalg.norm(first[layer.name]), rel=1e-5)
        assert layer.share_zero == (now[layer.name] == 0).mean()
    run.unlock()


def test_a_gradient_that_is_0_or_not_finite_is_in_no_bin() -> None:
    learner = Learner(palindrome(init="uniform"))
    with torch.no_grad():
        learner.model.W_ph.fill_(0.0)  # nothing is heard below the read-out
    layer, read_out = weighed(learner).gradients
    assert (layer.now.sum(), layer.share_zero, layer.norm) == (0, 1.0, 0.0)
    assert layer.start.sum() > 0
    assert read_out.now.sum() > 0
    with torch.no_grad():
        learner.model.W_ph.fill_(math.nan)
    assert math.isnan(weighed(learner).gradients[0].norm)


# --- histograms -----------------------------------------------------------------------------------------------------


def test_the_histograms_count_the_weights_now_and_those_of_the_checkpoint_before_step_1(corpus: Any) -> None:
    run = new_run(text(corpus, layers=2, steps=5, lr=0.1))
    trainer = open_trainer(run)
    assert list(trainer)
    found, model = weighed(trainer.learner), trainer.learner.model
    first = Learner(trainer.settings, run.config().data).model
    names = ["layer 1", "layer 2", READ_OUT]
    assert [layer.name for layer in found.layers] == names
    for layer in found.layers:
        now, start = weights_by_layer(model)[layer.name], weights_by_layer(first)[layer.name]
        edges = np.linspace(layer.low, layer.high, len(layer.now) + 1)
        assert (layer.low, layer.high) == (min(now.min(), start.min()), max(now.max(), start.max()))
        np.testing.assert_array_equal(layer.now, np.histogram(now, edges)[0])
        np.testing.assert_array_equal(layer.start, np.histogram(start, edges)[0])
        assert (layer.deviation, layer.start_deviation) == (pytest.approx(now.std()), pytest.approx(start.std()))
        assert layer.deviation != layer.start_deviation
    run.unlock()


def test_the_weights_of_the_start_are_the_same_in_a_run_that_was_resumed() -> None:
    settings = palindrome(steps=20, lr=0.1)
    whole = Trainer(replace(settings, steps=10))
    assert list(whole)
    run = new_run(replace(settings, steps=5))
    assert list(open_trainer(run))
    run.unlock()
    run = Run(run.path)
    run.lock()
    run.ask(replace(settings, steps=10))
    resumed = open_trainer(run)
    assert list(resumed)
    for one, other in zip(weighed(whole.learner).layers, weighed(resumed.learner).layers, strict=True):
        np.testing.assert_array_equal(one.start, other.start)
    run.unlock()


def test_of_a_run_that_began_with_the_weights_of_another_the_start_is_not_known(corpus: Any) -> None:
    from rnntui.runs import origin

    trained(text(corpus, steps=2), "first")
    start = origin.read(folder(), "first")
    run = Run.create(folder(), "second", text(corpus, steps=2), start=start)
    trainer = open_trainer(run)
    assert list(trainer)
    for layer in weighed(trainer.learner).layers:
        assert len(layer.start) == 0
        assert math.isnan(layer.start_deviation)
    run.unlock()


# --- the size of a step ---------------------------------------------------------------------------------------------


def test_a_step_of_gradient_descent_is_the_rate_times_the_gradient_over_the_weights() -> None:
    rate = 0.25
    trainer = Trainer(palindrome(optimizer="sgd", lr=rate, clip=0.0, layers=2, steps=3, init="uniform", cell="gru"))
    trainer.keep_before(True)
    learner = trainer.learner
    report = list(trainer)[-1]
    ratios = {layer.name: layer.update_ratio for layer in weighed(learner).layers}
    assert learner.before is not None
    assert learner.theta.grad is not None
    assert float(torch.linalg.vector_norm(learner.theta.grad)) == pytest.approx(report.gradient_norm[-1], rel=1e-5)
    for name, slices in places_by_layer(learner).items():
        g = torch.cat([learner.theta.grad[place] for place in slices])  # of the newest step, nothing clipped
        theta = torch.cat([learner.before[place] for place in slices])
        by_hand = rate * float(torch.linalg.vector_norm(g)) / float(torch.linalg.vector_norm(theta))
        assert ratios[name] == pytest.approx(by_hand, rel=1e-3)


def test_the_layers_share_all_parameters_and_none_is_in_two() -> None:
    learner = Learner(palindrome(layers=2, cell="lstm"))
    taken = sorted((place.start, place.stop) for slices in places_by_layer(learner).values() for place in slices)
    assert taken[0][0] == 0
    assert [end for _, end in taken] == [*(start for start, _ in taken[1:]), learner.theta.numel()]
    by_layer = {name: sum(p.stop - p.start for p in slices) for name, slices in places_by_layer(learner).items()}
    assert by_layer[READ_OUT] == learner.model.W_ph.numel() + learner.model.b_p.numel()
    assert by_layer["layer 2"] == sum(p.numel() for p in learner.model.cells[1].parameters())


def test_what_is_kept_for_a_look_changes_no_bit_and_without_one_nothing_is_kept() -> None:
    settings = palindrome(steps=200, optimizer="adam")
    plain, watched = Trainer(settings), Trainer(settings)
    watched.keep_before(True)
    losses = [[loss for report in trainer for loss in report.loss] for trainer in (plain, watched)]
    assert losses[0] == losses[1]
    assert torch.equal(plain.learner.theta, watched.learner.theta)
    assert plain.learner.before is None
    assert watched.learner.before is not None
    assert all(layer.update_ratio > 0 for layer in weighed(watched.learner).layers)
    watched.keep_before(False)
    assert watched.learner.before is None
    assert all(math.isnan(layer.update_ratio) for layer in weighed(watched.learner).layers)


def test_after_a_divergence_no_step_is_told_that_was_taken_back() -> None:
    trainer = Trainer(palindrome(optimizer="sgd"))
    trainer.keep_before(True)
    reports = iter(trainer)
    next(reports)
    trainer.change("learning_rate", 3e38)
    assert next(report for report in reports if report.divergence is not None)
    for layer in weighed(trainer.learner).layers:
        assert not layer.update_ratio >= 1e6  # not known, or of the last good step


# --- in a session ---------------------------------------------------------------------------------------------------

LOOKS = """
import sys, time
from pathlib import Path
from rnntui.config import make_settings
from rnntui.core.analysis.probing import look
from rnntui.core.training.trainer import open_trainer
from rnntui.probes import ReadingQuestion
from rnntui.runs import Run

runs, corpus, view = sys.argv[1:]
given = {"corpus": corpus, "hidden": 192, "layers": 1, "threads": 1, "device": "cpu"}
trainer = open_trainer(Run.create(Path(runs), "watched", make_settings("text", given, "report")))
next(iter(trainer))
for _ in range(2):
    all_threads, this_one = time.process_time(), time.thread_time()
    for _ in look(view, trainer.learner, trainer.step, ReadingQuestion() if view == "reading" else None):
        pass
    print(time.process_time() - all_threads, time.thread_time() - this_one)
"""


@pytest.mark.parametrize("view", ["weights", "reading"])
def test_a_look_takes_no_more_cores_than_the_run(view: str, tmp_path: Path) -> None:
    corpus = tmp_path / "long.txt"
    corpus.write_text("".join(f"{k} bottles, and {k * k} more.\n" for k in range(2_500)), encoding="utf-8")
    told = subprocess.run(
        [sys.executable, "-c", LOOKS, tmp_path, corpus, view], capture_output=True, text=True, check=True, timeout=300
    )
    *_, second = told.stdout.splitlines()
    all_threads, this_one = map(float, second.split())
    assert all_threads < 1.1 * this_one + 0.02


def test_a_session_measures_the_newest_step_and_keeps_nothing_once_nobody_looks(session: TrainingSession) -> None:
    wait_for(session, lambda: session.status.run.step > 3)
    session.watch("weights")
    wait_for(session, lambda: isinstance(session.seen, NetworkWeights))
    assert isinstance(session.seen, NetworkWeights)
    assert all(0 < layer.update_ratio < 1 for layer in session.seen.layers)
    session.watch(None)
    wait_for(session, lambda: session.seen is None)


def test_the_columns_have_the_rate_and_how_often_the_clip_acted(single_steps: None) -> None:
    run = new_run(palindrome(steps=40, lr=0.5, lr_decay=0.5, lr_decay_every=20, clip=0.02, log_every=1))
    session = TrainingSession(run)
    session.start()
    wait_for(session, lambda: session.status.run.state == "finished")
    session.stop()
    assert session.join(60)
    norms = [row.gradient_norm or 0.0 for row in run.metrics()]
    acted = sum(norm > 0.02 for norm in norms)
    assert acted > 0
    assert session.curves.clipped.mean_over_steps() == pytest.approx(acted / 40)
    rates = session.curves.learning_rate.bins
    assert list(rates.mean[: rates.length]) == [row.learning_rate for row in run.metrics()]
    again = curves_on_disk(Run(run.path), 1.0, run.settings().clip)
    assert again.clipped.mean_over_steps() == pytest.approx(acted / 40)
    assert f"clip 0.02 (acted at {acted / 40:.1%} of the steps)" in words.details(session)


def test_the_share_of_clipped_steps() -> None:
    assert share_clipped([1.0, 3.0, 2.0, math.nan], 2.0) == 0.5
    assert math.isnan(share_clipped([1.0], 0.0))
    assert math.isnan(share_clipped([], 2.0))
    column = Column(4)
    for step, value in ((10, 1.0), (20, math.nan), (50, 0.0)):
        column.append(step, value)
    assert column.mean_over_steps() == 0.25
    assert Column().mean_over_steps() is None
    assert TrainingCurves().clipped.mean_over_steps() is None


# --- as JSON and in words -------------------------------------------------------------------------------------------


def some_weights(layers: int = 2, step: int = 1_234) -> NetworkWeights:
    """Weights as they would be measured, of LSTMs of two units."""
    pairs = np.array([[0.6, 0.8], [0.6, -0.8]])
    blocks = [
        RecurrentBlock(layer, letter, 2, pairs * (1 + layer), 1.0 + layer, 2.5, np.array([[0.5, -0.25], [0.0, 0.125]]))
        for layer in range(1, layers + 1)
        for letter in ("W_ih", "W_fh")
    ]
    counts = np.array([1.0, 5.0, 2.0, 0.0])
    names = [*(f"layer {layer}" for layer in range(1, layers + 1)), READ_OUT]
    of_layers = [LayerWeights(name, -0.5, 0.5, counts, counts[::-1], 0.25, 0.125, 0.002) for name in names]
    gradients = [LayerGradients(name, -6.0, -2.0, counts, counts[::-1], 0.5, 0.25, 0.125) for name in names]
    return NetworkWeights(step, tuple(blocks), tuple(of_layers), tuple(gradients))


def test_a_measurement_comes_through_json_as_it_was() -> None:
    told = some_weights()
    none = RecurrentBlock(1, "W_hh", 2_000, np.empty((0, 2)), math.nan, math.nan)
    unknown = LayerWeights("layer 1", 0.0, 1.0, np.ones(3), np.zeros(0), 0.5, math.nan, math.nan)
    for weights in (told, NetworkWeights(7, (none,), (unknown,))):
        content = json.loads(json.dumps(encoded(weights)).replace("NaN", "null"))
        got = decoded("weights", content)
        assert isinstance(got, NetworkWeights)
        assert view_of(got) == "weights"
        assert str(got) == str(weights)
    content = json.loads(json.dumps(encoded(told)))
    del content["gradients"]  # as an earlier version says it
    for block in content["blocks"]:
        del block["matrix"]
    got = decoded("weights", content)
    assert isinstance(got, NetworkWeights)
    assert got.gradients == ()
    assert {block.matrix for block in got.blocks} == {None}


@pytest.mark.parametrize(
    ("letter", "name"),
    [("W_ih", "W_hh[i]"), ("W_hh", "W_hh"), ("W_h", "W_h"), ("W_fx", "W_fx"), ("V_\x1bh", "V_\x1bh")],
)
def test_no_recurrent_matrix_is_called_what_others_call_that_of_the_input(letter: str, name: str) -> None:
    assert RecurrentBlock(1, letter, 2, np.empty((0, 2)), math.nan, math.nan).name == name


def test_the_figures_are_said_in_words() -> None:
    said = words.seen(some_weights(layers=1))
    assert said == [
        "weights at step 1,234:",
        "layer 1, recurrent matrix W_hh[i]: spectral radius 2, 2 of 2 eigenvalues outside the unit circle, largest "
        "singular value 2.5",
        "layer 1, recurrent matrix W_hh[f]: spectral radius 2, 2 of 2 eigenvalues outside the unit circle, largest "
        "singular value 2.5",
        *(
            f"{name}: standard deviation of the weights 0.25, at the start 0.125, the newest step changed them by "
            "0.002 of their norm"
            for name in ("layer 1", READ_OUT)
        ),
        *(f"gradients of {name}: norm 0.5, at the start 0.25, 12.5% are 0" for name in ("layer 1", READ_OUT)),
    ]


# --- drawn ----------------------------------------------------------------------------------------------------------


DOTS = ((0, 0, 1), (0, 1, 2), (0, 2, 4), (1, 0, 8), (1, 1, 16), (1, 2, 32), (0, 3, 64), (1, 3, 128))  # of a cell


def dots(rows: list[list[tuple[str, str]]], role: str) -> set[tuple[int, int]]:
    """The dots of a role, from the top left, x and y."""
    found = set()
    for y, row in enumerate(rows):
        x = 0
        for words_drawn, of in row:
            for character in words_drawn:
                bits = ord(character) - BRAILLE if character != " " else 0
                found |= {(2 * x + dx, 4 * y + dy) for dx, dy, bit in DOTS if of == role and bits & bit}
                x += 1
    return found


def test_numbers_stand_at_their_place_and_the_circle_is_of_radius_1() -> None:
    plane = complex_plane(np.array([[2.0, 0.0], [0.0, 2.0], [0.0, -2.0], [0.0, 0.0]]), 10)
    size = 40
    assert [sum(len(piece) for piece, _ in row) for row in plane.rows] == [20] * 10

    def at(x: float, y: float) -> set[tuple[int, int]]:
        """The square around a number: its dots are no farther than one from there."""
        here = ((x / plane.reach + 1) / 2 * (size - 1), (1 - y / plane.reach) / 2 * (size - 1))
        return {dot for dot in drawn if max(abs(dot[0] - here[0]), abs(dot[1] - here[1])) <= 1}

    drawn = dots(plane.rows, "value")
    squares = [at(2, 0), at(0, 2), at(0, -2), at(0, 0)]
    assert [len(square) for square in squares] == [4] * 4
    assert drawn == set().union(*squares)
    middle, unit = (size - 1) / 2, (size - 1) / 2 / plane.reach
    distances = [math.hypot(x - middle, y - middle) for x, y in dots(plane.rows, "circle")]
    assert len(distances) > 12
    assert all(abs(distance - unit) < 1.0 for distance in distances)


def test_a_plane_without_numbers_is_the_circle_alone() -> None:
    plane = complex_plane(np.empty((0, 2)), 4)
    assert dots(plane.rows, "value") == set()
    assert dots(plane.rows, "circle")


@pytest.mark.parametrize("columns", [8, 20, 33, 64, 100])
def test_counted_histograms_keep_all_that_was_counted_whatever_the_width(columns: int) -> None:
    counts = np.zeros(64)
    counts[[0, 20, 63]] = (1, 50, 3)
    drawn = of_counts(counts, np.zeros(0), -1.0, 1.0, columns, 3)
    assert {len(row) for row in [*drawn.above, drawn.axis, *drawn.below]} == {columns}
    assert drawn.above[-1][0] != " "
    assert drawn.above[-1][-1] != " "
    assert "".join(drawn.below).strip() == ""
    assert drawn.tallest >= 50


def test_every_matrix_has_a_place_and_the_read_out_one_of_its_own_and_two_where_there_is_little_room() -> None:
    every = [
        WeightsPlace(0, "W_ih"),
        WeightsPlace(0, "W_fh"),
        WeightsPlace(1, "W_ih"),
        WeightsPlace(1, "W_fh"),
        WeightsPlace(2),
    ]
    assert places(some_weights(), is_whole=True) == every
    assert places(some_weights(), is_whole=False) == [
        each for place in every for each in (place, replace(place, is_second=True))
    ]
    older = replace(some_weights(), gradients=(), blocks=tuple(replace(b, matrix=None) for b in some_weights().blocks))
    assert places(older, is_whole=False) == every


def test_a_heat_map_shows_each_entry_by_its_sign_and_size_and_says_where_the_shades_end() -> None:
    drawn = heat_map(np.array([[1.0, -1.0], [0.0, 0.5]]), 2, has_colours=True)
    assert drawn.shades.tolist() == [[16, 16, 0, 0], [16, 16, 0, 0], [8, 8, 12, 12], [8, 8, 12, 12]]
    assert (drawn.ends, drawn.entries) == (("-1.00", "1.00"), 1)
    assert (drawn.scale[0], drawn.scale[-1]) == (0, 16)
    in_characters = heat_map(np.array([[1.0, -1.0], [0.0, 0.5]]), 2, has_colours=False)
    assert in_characters.shades.tolist() == [[4, 4, 0, 0], [2, 2, 3, 3]]
    assert heat_map(np.zeros((3, 3)), 2, has_colours=True).shades.tolist() == [[8] * 3] * 3


def test_a_square_of_entries_shows_that_farthest_from_0() -> None:
    matrix = np.zeros((5, 5))
    matrix[0, 1], matrix[1, 0] = -3.0, 2.0
    matrix[4, 4] = 1.0
    assert farthest(matrix, 3).tolist() == [[-3.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    assert farthest(matrix, 5).tolist() == matrix.tolist()


# --- on the screen --------------------------------------------------------------------------------------------------


@pytest.fixture
def never_trained(monkeypatch: pytest.MonkeyPatch) -> Iterator[RnntuiApp]:
    """The screen of a run that no worker trains."""
    monkeypatch.setattr(TrainingSession, "start", lambda session: None)
    run = new_run(palindrome(layers=2))
    yield RnntuiApp([run], folder())
    run.unlock()


def screen(app: RnntuiApp) -> str:
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())


async def test_the_view_goes_through_matrices_layers_and_curves(never_trained: RnntuiApp) -> None:
    app = never_trained
    async with app.run_test(size=(90, 30)) as pilot:
        (session,) = app.laboratory.sessions
        session.views = ("horizon", "weights")
        session.status = replace(session.status, run=replace(session.status.run, state="running"), clip=0.5)
        session.curves.gradient_norm.extend(range(1, 5), [0.1, 1.0, 2.0, 0.25])
        session.curves.clipped.extend((2, 4), (0.5, 0.5))
        pane = app.laboratory.selected()
        await pilot.press("g", "g")
        await wait_for_screen(pilot, lambda: isinstance(pane.views.shown, WeightsView))
        await wait_for_screen(pilot, lambda: "measuring the weights" in screen(app))
        session.seen = some_weights()
        for shown, key in (
            ("W_hh[i] of layer 1 · largest |λ| 2 · largest σ 2.5 · 2×2 · step 1,234", "G"),
            ("W_hh[i] of layer 1 · 2×2 · rows to a unit, columns from one, by norm · step 1,234", "G"),
            ("W_hh[f] of layer 1 · largest", "u"),
            ("W_hh[f] of layer 2 · largest |λ| 3", "u"),
            ("weights of read-out", "G"),
            ("|gradients| of read-out", "G"),
            ("‖∇‖ · clipped in 50.0% of the steps", "G"),
            ("W_hh[i] of layer 1 · largest", "u"),
            ("W_hh[i] of layer 2 · largest", "G"),
        ):
            await wait_for_screen(pilot, lambda shown=shown: shown in screen(app))
            if shown.startswith("W_hh[f] of layer 2"):
                text_shown = screen(app)
                assert "2 of 2: |λ|>1" in text_shown
                assert "standard deviation 0.125 → 0.25" in text_shown
                assert "‖Δθ‖/‖θ‖ layer 1 0.002 · layer 2 0.002 · read-out 0.002"[:40] in text_shown
            if "by norm" in shown:
                text_shown = screen(app)
                assert "|gradients| of layer 1 · above now, below at the start" in text_shown
                assert "norm 0.25 → 0.5 · 12.5% are 0" in text_shown
                assert "1e-6 ─" in text_shown
                assert "-0.500 " in text_shown
            if shown.startswith("‖∇‖"):
                assert "clip 0.5" in screen(app)
                assert "learning rate" in screen(app)
            await pilot.press(key)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 36)])
@pytest.mark.parametrize(
    ("state", "said"), [("finished", "the network does not train now"), ("running", "known after the next step")]
)
async def test_without_a_step_it_is_said_whole_why_and_of_what_the_eigenvalues_are_counted(
    size: tuple[int, int], state: Any, said: str, never_trained: RnntuiApp
) -> None:
    app, weights = never_trained, some_weights()
    layers = tuple(replace(layer, update_ratio=math.nan) for layer in weights.layers)
    eigenvalues = np.array([[1.5, 0.0]] * 90 + [[0.5, 0.0]] * 166)
    blocks = tuple(replace(block, units=256, eigenvalues=eigenvalues) for block in weights.blocks)
    async with app.run_test(size=size) as pilot:
        (session,) = app.laboratory.sessions
        session.views = ("weights",)
        session.status = replace(session.status, run=replace(session.status.run, state=state))
        await pilot.press("g")
        session.seen = replace(weights, layers=layers, blocks=blocks)
        await wait_for_screen(pilot, lambda: "|λ|>1" in screen(app))
        assert said in " ".join(re.sub("[^ -~]", " ", screen(app)).split())
        assert re.search(r"90(/256| of 256|): \|λ\|>1", screen(app))


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 36), (200, 60)])
async def test_the_view_fits_every_screen_and_the_curves_stand_beside_it_where_there_is_room(
    size: tuple[int, int], never_trained: RnntuiApp
) -> None:
    app = never_trained
    async with app.run_test(size=size) as pilot:
        (session,) = app.laboratory.sessions
        session.views = ("weights",)
        session.status = replace(session.status, run=replace(session.status.run, state="running"), clip=0.5)
        session.curves.gradient_norm.extend(range(1, 5), [0.1, 1.0, 2.0, 0.25])
        await pilot.press("g")
        session.seen = some_weights()
        await wait_for_screen(pilot, lambda: "W_hh[i] of layer 1" in screen(app))
        assert ("‖∇‖ before clipping" in screen(app)) == (size[0] > 100)
        assert "⣿" in screen(app) or "⣀" in screen(app)
        assert {len(line) for line in screen(app).splitlines()} == {size[0]}
        has_all = size == (200, 60)
        assert ("|gradients| of layer 1" in screen(app)) == has_all
        await pilot.press("G")
        await wait_for_screen(pilot, lambda: ("W_hh[f]" if has_all else "|gradients| of layer 1") in screen(app))
        assert {len(line) for line in screen(app).splitlines()} == {size[0]}
