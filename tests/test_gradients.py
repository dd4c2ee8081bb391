"""Gradients: the closed form is autograd's, the horizon is the derivative that it says, looking changes nothing."""

import math
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from command import as_json, done, refused, rnntui, said
from linear_cell import RHO
from tiny import new_run, palindrome, text, trained, wait_for

from rnntui.config import make_settings
from rnntui.core.analysis.gradients import closed_form as formulas
from rnntui.core.analysis.gradients import horizon as horizons
from rnntui.core.analysis.gradients.closed_form import TOLERANCE, closed_form, relative_error, relative_errors
from rnntui.core.analysis.gradients.horizon import effective_memory, horizon, probe
from rnntui.core.analysis.gradients.networks import Network, fresh
from rnntui.core.model import Model
from rnntui.core.training.learner import Learner
from rnntui.plots.horizon import draw_horizons
from rnntui.runs import Run
from rnntui.sessions.training import TrainingSession

SMALL = "--hidden 6 --batch 5"


def norms_of(network: Network) -> list[float]:
    return list(horizon(network.model, network.batch, network.model.initial_state(network.batch.inputs.shape[1])))


# The closed form


@pytest.mark.parametrize("length", [1, 2, 7])
@pytest.mark.parametrize("given", [{}, {"input": "scalar", "init": "normal"}, {"hidden": 1, "batch": 1}])
def test_the_closed_form_is_what_autograd_finds(length: int, given: dict[str, Any]) -> None:
    settings = make_settings("palindrome", {"cell": "rnn", "length": length, "hidden": 9, "batch": 6, **given})
    errors = relative_errors(settings)
    assert list(errors) == ["W_hx", "W_hh", "b_h", "W_ph", "b_p"]
    assert max(errors.values()) < TOLERANCE
    if length == 1:
        assert errors["W_hh"] == 0.0  # h(0) is zero, and with it both gradients


def test_the_closed_form_gives_what_one_computes_by_hand() -> None:
    w, u, b, v, x = 0.5, -0.7, 0.1, (0.3, -0.9), (1.0, 2.0)
    model = Model(make_settings("palindrome", {"cell": "rnn", "hidden": 1}), 1, 2, "last").double()
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), ([v], [0.2, 0.4], w, u, b), strict=True):
            parameter.copy_(torch.tensor(value, dtype=torch.float64).reshape(parameter.shape))
    found = closed_form(model, torch.tensor(x, dtype=torch.float64).reshape(2, 1, 1), torch.tensor([1]))

    h1 = math.tanh(w * x[0] + b)
    h2 = math.tanh(w * x[1] + u * h1 + b)
    e = [math.exp(v[k] * h2 + (0.2, 0.4)[k]) for k in range(2)]
    p = [e[0] / sum(e), e[1] / sum(e) - 1]
    d2 = (1 - h2**2) * (v[0] * p[0] + v[1] * p[1])
    d1 = (1 - h1**2) * u * d2
    expected = {"W_hx": [d1 * x[0] + d2 * x[1]], "W_hh": [d2 * h1], "b_h": [d1 + d2], "W_ph": [c * h2 for c in p]}
    for letter, values in {**expected, "b_p": p}.items():
        assert found[letter].flatten().tolist() == pytest.approx(values, rel=1e-13), letter


def test_an_error_is_relative_and_nothing_against_nothing_is_none() -> None:
    a, zero = torch.tensor([3.0, 4.0]), torch.zeros(2)
    assert relative_error(1.5 * a, a) == 0.5
    assert relative_error(zero, zero) == 0.0
    assert relative_error(a, zero) == math.inf


def test_the_command_shows_each_error_and_agrees() -> None:
    *table, verdict = done(f"gradients {SMALL}").splitlines()
    assert [line.split()[0] for line in table] == [
        *("gradient", "∂L/∂W_hx", "∂L/∂W_hh", "∂L/∂b_h", "∂L/∂W_ph", "∂L/∂b_p")
    ]
    assert verdict.startswith("closed form and autograd agree to 1e-10 (length")
    shown = as_json(f"gradients {SMALL} --length 3")
    assert shown["agrees"]
    assert shown["length"] == 3
    assert max(shown["relative_errors"].values()) < shown["tolerance"] == 1e-10


@pytest.mark.parametrize("wrong", [1 + 1e-9, math.nan])
def test_a_wrong_gradient_is_caught(monkeypatch: pytest.MonkeyPatch, wrong: float) -> None:
    def slightly_wrong(*given: Any) -> dict[str, torch.Tensor]:
        found = closed_form(*given)
        return {**found, "W_hh": wrong * found["W_hh"]}

    monkeypatch.setattr(formulas, "closed_form", slightly_wrong)
    result = rnntui(f"gradients {SMALL}")
    assert result.exit_code == 1
    assert "closed form and autograd differ by more than 1e-10: W_hh" in said(result)
    assert rnntui(f"gradients {SMALL} --json").exit_code == 1


# The horizon


def test_norms_of_a_linear_recurrence_fall_by_its_spectral_radius() -> None:
    (shown,) = as_json("gradients --cells linear_cell:Fading --length 30 --hidden 7 --batch 5")
    assert shown["norms"] == pytest.approx([shown["norms"][0] * RHO**lag for lag in range(30)], rel=1e-12)
    assert shown["effective_memory"] == 20 == math.floor(math.log(0.01, RHO))


@pytest.mark.parametrize(("cell", "layers"), [("rnn", 1), ("gru", 2), ("lstm", 1), ("lstm", 2)])
@pytest.mark.parametrize("task", ["palindrome", "text"])
def test_the_horizon_is_the_derivative_by_the_whole_state_that_training_would_start_again_from(
    corpus: Path, task: str, cell: str, layers: int
) -> None:
    given = {"cell": cell, "layers": layers, "length": 6}
    network = fresh(palindrome(**given) if task == "palindrome" else text(corpus, **given))
    model, inputs, targets = network.model, network.batch.inputs, network.batch.targets
    expected = []
    for t in range(6, 0, -1):
        _, state = model(inputs[:t], model.initial_state(4))
        state = tuple(tuple(part.detach().requires_grad_() for part in layer) for layer in state)
        if t == 6:
            logits = torch.nn.functional.linear(state[-1][0], model.W_ph, model.b_p)
        else:
            logits, _ = model(inputs[t:], state)
        logits, wanted = (logits[-1], targets[-1]) if logits.dim() == 3 else (logits, targets.reshape(-1, 4)[-1])
        loss = torch.nn.functional.cross_entropy(logits, wanted, reduction="sum")
        parts = [part for layer in state for part in layer]
        whole = torch.cat(torch.autograd.grad(loss, parts, materialize_grads=True), dim=1)
        expected.append(float(whole.norm(dim=1).mean()))
    assert norms_of(network) == pytest.approx(expected, rel=1e-12)


def test_an_lstm_remembers_by_its_cell_state_what_its_output_alone_would_not_show() -> None:
    network = fresh(make_settings("palindrome", {"cell": "lstm", "hidden": 16, "batch": 8, "length": 40}))
    (lstm,) = network.model.cells
    letters = dict(lstm.letters())
    letters["b_f"].fill_(50.0)  # the forget gate open: c goes on as it is, and its gradient with it
    for letter in ("W_ih", "W_fh", "W_gh", "W_oh"):
        letters[letter].zero_()  # nothing goes by h
    norms = norms_of(network)
    assert norms[1:] == pytest.approx([norms[1]] * 39, rel=1e-9)
    assert effective_memory(norms) == 39


@pytest.mark.parametrize(
    ("norms", "memory"),
    [
        ([1.0], 0),
        ([1.0, 0.5, 0.011, 0.01], 2),  # above 1 %, not at it
        ([1.0, 0.001, 0.02, 0.001], 2),  # the largest lag, not the first gap
        ([2.0, 1.0, 3.0, 5.0], 3),
        ([0.0, 0.0, 0.0], 0),
        ([1.0, math.nan, 0.5, math.nan], 2),
        ([math.nan, 1.0], 0),
    ],
)
def test_effective_memory_is_the_largest_lag_still_above_a_hundredth(norms: list[float], memory: int) -> None:
    assert effective_memory(norms) == memory


@pytest.mark.parametrize("stateful", [False, True])
def test_a_probe_leaves_training_as_it_was(corpus: Path, stateful: bool) -> None:
    settings = text(corpus, cell="lstm", layers=2, dropout=0.3, stateful=stateful, batch=40)
    alone, probed = Learner(settings), Learner(settings)
    first = list(probe(probed))
    assert list(probe(probed)) == first
    for _ in range(4):
        assert len(list(probe(probed))) == settings.length
        assert torch.equal(probed.train_one(0.01, 1.0), alone.train_one(0.01, 1.0))
    assert list(probe(probed)) != first
    assert torch.equal(probed.theta, alone.theta)
    assert all(torch.equal(tensor, alone.tensors()[name]) for name, tensor in probed.tensors().items())


# The command's horizons


def test_fresh_cells_stand_side_by_side_in_table_and_figure(tmp_path: Path) -> None:
    figure = tmp_path / "horizon.svg"
    *table, meaning = done(f"gradients --cells rnn,gru,lstm --length 12 {SMALL} --figure", str(figure)).splitlines()
    assert "effective memory: the largest lag" in meaning
    assert table[0].split() == ["lag", "rnn", "gru", "lstm"]
    assert [line.split()[0] for line in table[1:]] == ["0", "1", "2", "5", "10", "11", "effective"]
    assert table[-1].count("of 11") == 3
    assert figure.read_bytes().startswith(b"<?xml")
    other = tmp_path / "horizon.PNG"
    done(f"gradients --cells rnn {SMALL} --figure", str(other))
    assert other.read_bytes().startswith(b"\x89PNG")


def test_a_trained_run_is_read_from_its_newest_checkpoint_at_any_length() -> None:
    run = trained(palindrome(steps=30, lr=0.05), "few")
    (shown,) = as_json("gradients few --length 9")
    assert (shown["name"], shown["cell"], shown["step"]) == ("few step 30", "lstm", 30)
    assert len(shown["norms"]) == 9
    own, untrained = as_json("gradients few --cells lstm --hidden 8 --length 3")
    assert own["norms"] != untrained["norms"]
    again = Run(run.path)
    again.lock()  # a run in training may be looked at
    assert as_json("gradients few --length 3 --seed 0") == [own]
    assert as_json("gradients few --batch 9 --seed 1") != [own]
    again.unlock()


def test_a_text_run_is_looked_at_on_its_own_text(make_corpus: Callable[..., Path]) -> None:
    trained(text(make_corpus(), steps=2, stateful=True), "prose")
    (shown,) = as_json("gradients prose")
    assert len(shown["norms"]) == 3
    assert shown["norms"][0] > 0
    make_corpus("abc" * 1000)
    assert "has changed since run 'prose' learned it" in refused("gradients prose")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("--cells rnn,lstmm", "--cell 'lstmm' is unknown (did you mean lstm?): there are rnn, lstm, gru"),
        ("--cells nowhere:Cell", "--cell 'nowhere:Cell' cannot be imported"),
        ("--cells rnn,,gru", "--cells 'rnn,,gru' names no cell"),
        ("--cells rnn,lstm --init chrono", "--init chrono sets a forget gate's bias and the rnn has none"),
        ("--init chrono", "--init chrono sets a forget gate's bias and the rnn has none"),
        ("--length 0", "--length must be at least 1, not 0"),
        ("--cells gru --length 0", "--length must be at least 1, not 0"),
        ("few --length 0", "--length must be at least 1, not 0"),
        ("--layers 2", "--layers 2: the closed form is for one layer"),
        ("--length many", "--length must be a whole number, not 'many'"),
        ("fewer", "no run 'fewer' (did you mean few?) in"),
        ("new", "run 'new' has no checkpoint yet"),
        ("few --hidden 3", "--hidden does not apply to a trained run"),
        ("--figure x.svg", "--figure draws horizons: name runs, or cells with --cells rnn,gru,lstm"),
        ("--cells rnn --figure x.gif", "--figure 'x.gif': a figure must be a .svg, .png or .pdf file"),
        ("few --figure nowhere/x.svg", "--figure 'nowhere/x.svg': there is no folder 'nowhere'"),
    ],
)
def test_a_mistake_is_one_sentence(typed: str, sentence: str) -> None:
    trained(palindrome(steps=1), "few")
    new_run(palindrome(), "new").unlock()
    assert sentence in refused(f"gradients {typed}")


def test_a_figure_takes_any_name_and_any_numbers(tmp_path: Path) -> None:
    file = tmp_path / "x.svg"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        numbers = ([1.0, 0.0, math.nan, 1e-30], [0.0, 0.0], [1.0])
        draw_horizons(file, [(f"_$x^{k}$", norms, 0) for k, norms in enumerate(numbers)], 0.01)
    assert file.stat().st_size > 1000


# While training


def test_a_session_measures_while_it_is_watched_paused_or_not(session: TrainingSession) -> None:
    wait_for(session, lambda: session.status.run.step > 3)
    assert session.horizon is None
    session.watch("horizon")
    wait_for(session, lambda: session.horizon)
    assert len(session.horizon.norms) == 3
    assert session.horizon.effective_memory == effective_memory(session.horizon.norms)
    assert 0 < session.horizon.step <= session.status.run.step


def test_a_command_goes_before_a_long_measurement(monkeypatch: pytest.MonkeyPatch, session: TrainingSession) -> None:
    begun = []

    def endless(learner: Learner) -> Iterator[float]:
        begun.append(learner)
        while True:
            yield 1.0

    monkeypatch.setattr(horizons, "probe", endless)
    session.watch("horizon")
    wait_for(session, lambda: begun)
    session.pause(True)
    wait_for(session, lambda: session.status.run.state == "paused")
    assert session.horizon is None


def test_a_measurement_that_fails_is_said_and_training_goes_on(
    monkeypatch: pytest.MonkeyPatch, session: TrainingSession
) -> None:
    def too_large(learner: Learner) -> Iterator[float]:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3 GiB")

    monkeypatch.setattr(horizons, "probe", too_large)
    session.watch("horizon")
    wait_for(session, lambda: session.notes)
    assert session.notes[0].startswith("the gradient horizon cannot be measured: out of memory")
    assert session.why_unseen == session.notes[0]
    step = session.status.run.step
    wait_for(session, lambda: session.status.run.step > step)
