"""What is seen of a network in training is what it does, and looking leaves it as it was."""

import json
import math
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import own_cell
import pytest
import torch
from tiny import new_run, palindrome, text, wait_for

from rnntui.config import Settings, make_settings
from rnntui.core.analysis import gate_activity
from rnntui.core.analysis.gradients.horizon import few_aside
from rnntui.core.analysis.probing import look, views
from rnntui.core.cells.phased import PhasedLSTM
from rnntui.core.training.learner import Learner
from rnntui.core.training.trainer import Trainer
from rnntui.gate import Gate
from rnntui.probes import Gates, Insight, Rhythms
from rnntui.sessions.insights import decoded, encoded
from rnntui.sessions.training import TrainingSession


def phased(**given: Any) -> Settings:
    return make_settings(
        "noise",
        {"cell": "phased", "hidden": 6, "length": 3, "spacing": 4, "batch": 4, "threads": 1, "device": "cpu", **given},
    )


def seen(view: str, learner: Learner) -> Insight:
    (found,) = [measured for measured in look(view, learner, 7) if measured is not None]  # type: ignore[arg-type]
    return found


def gates(learner: Learner) -> Gates:
    found = seen("gates", learner)
    assert isinstance(found, Gates)
    return found


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("rnn", ("horizon", "weights", "reading")),
        ("lstm", ("horizon", "gates", "weights", "reading")),
        ("gru", ("horizon", "gates", "weights", "reading")),
        ("phased", ("horizon", "gates", "rhythms", "weights", "reading")),
        ("own_cell:Leaky", ("horizon", "weights", "reading")),
    ],
)
def test_a_cell_has_the_views_of_what_it_has(cell: str, expected: tuple[str, ...]) -> None:
    assert views(Learner(palindrome(cell=cell)).model) == expected


def test_the_time_gates_are_open_as_computed_by_hand_and_sorted_by_period() -> None:
    learner = Learner(phased(period="2:9", ratio=0.6, leak=0.1))
    (cell,) = learner.model.cells
    assert isinstance(cell, PhasedLSTM)
    found = gates(learner)
    k = found.openings[0]
    assert [opening.letter for opening in found.openings] == ["k", "i", "f", "g", "o"]
    units = sorted(zip(cell.tau.tolist(), cell.s.tolist(), cell.r_on.tolist(), strict=True))
    by_hand = [[Gate(tau, s, r_on, 0.1).openness(t) for tau, s, r_on in units] for t in range(1, 13)]
    np.testing.assert_allclose(k.units, by_hand, atol=1e-12)
    np.testing.assert_allclose(k.sorted_by, [tau for tau, _, _ in units])
    np.testing.assert_allclose(k.mean, np.mean(by_hand, axis=1))
    np.testing.assert_allclose(k.spread, np.std(by_hand, axis=1))
    is_deaf = [not any(Gate(*unit).openness(t) > 0 for unit in units) for t in range(1, 13)]
    assert found.holes[1].tolist() == is_deaf
    assert found.step == 7


def test_the_gates_lead_from_state_to_state_as_the_network_goes() -> None:
    learner = Learner(palindrome(cell="gru", hidden=1, layers=2, length=6))
    batch, state = few_aside(learner)
    _, last = learner.model(batch.inputs, state)
    found = {(opening.layer, opening.letter): opening.units[:, 0].tolist() for opening in gates(learner).openings}
    for layer in (1, 2):
        h = 0.0
        for z, g in zip(found[layer, "z"], found[layer, "g"], strict=True):
            h = (1 - z) * g + z * h
        assert h == pytest.approx(last[layer - 1][0][0, 0].item(), abs=1e-6)
        assert h != 0


def test_the_gates_come_with_what_their_sequence_has_at_each_step(corpus: Path) -> None:
    learner = Learner(palindrome(cell="gru", length=6))
    digits = few_aside(learner)[0].inputs[:, 0].tolist()
    assert gates(learner).read == "".join(map(str, digits))
    scalars = Learner(palindrome(cell="gru", length=6, input="scalar"))
    assert gates(scalars).read == "".join(map(str, digits))
    of_text = gates(Learner(text(corpus, cell="gru", length=9))).read
    assert len(of_text) == 9
    assert of_text in corpus.read_text()
    sine = Learner(make_settings("frequency", {"cell": "lstm", "hidden": 3, "length": 30, "batch": 4, "device": "cpu"}))
    values = few_aside(sine)[0].inputs[:, 0, 0]
    read = gates(sine).read
    assert (read[int(values.argmin())], read[int(values.argmax())]) == ("▁", "█")
    assert len(read) == 30


def test_the_gates_come_through_json_and_those_of_an_earlier_version_without_what_was_read() -> None:
    found = gates(Learner(palindrome(cell="gru", length=6)))
    told = json.loads(json.dumps(encoded(found)))
    again = decoded("gates", told)
    assert isinstance(again, Gates)
    assert (again.read, again.steps) == (found.read, 6)
    np.testing.assert_array_equal(again.openings[1].units, found.openings[1].units)
    del told["read"]
    older = decoded("gates", told)
    assert isinstance(older, Gates)
    assert older.read == ""
    for wrong in ("12345", 123456):
        with pytest.raises(ValueError, match="not of the time steps"):
            decoded("gates", {**told, "read": wrong})


def test_mean_and_spread_are_over_units_and_examples_and_units_are_sorted_by_their_mean() -> None:
    learner = Learner(palindrome(cell="lstm", hidden=2, batch=3))
    (cell,) = learner.model.cells
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
        dict(cell.letters())["b_f"].copy_(torch.tensor([-math.log(3.0), math.log(3.0)]))  # σ is 1/4 and 3/4
    forget = gates(learner).openings[1]
    np.testing.assert_allclose(forget.units, [[0.75, 0.25]] * 3, rtol=1e-6)
    np.testing.assert_allclose(forget.sorted_by, [0.75, 0.25], rtol=1e-6)
    np.testing.assert_allclose(forget.mean, [0.5] * 3, rtol=1e-6)
    np.testing.assert_allclose(forget.spread, [0.25] * 3, rtol=1e-6)


def test_of_a_long_sequence_the_beginning_is_watched_and_the_holes_of_all_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gate_activity, "STEPS", 5)
    found = gates(Learner(phased()))
    assert (found.openings[0].units.shape, found.steps, len(found.holes[1])) == ((5, 6), 12, 12)


def test_rhythms_are_those_of_now_and_of_the_start_and_stay_as_they_were_seen() -> None:
    learner = Learner(phased(learn="period,ratio"))
    (cell,) = learner.model.cells
    assert isinstance(cell, PhasedLSTM)
    assert cell.log_tau is not None
    with torch.no_grad():
        cell.log_tau.fill_(math.log(2.0))
    found = seen("rhythms", learner)
    assert isinstance(found, Rhythms)
    (rhythm,) = found.layers
    np.testing.assert_allclose(rhythm.now["period"], 2 * rhythm.start["period"])
    np.testing.assert_array_equal(rhythm.now["shift"], rhythm.start["shift"])
    assert rhythm.learned == ("period", "ratio")
    before = rhythm.now["ratio"].copy()
    assert cell.log_r_on is not None
    with torch.no_grad():
        cell.log_r_on.add_(1.0)
        cell.r_0.mul_(2.0)
    np.testing.assert_array_equal(rhythm.now["ratio"], before)


def test_sequences_with_times_of_their_own_can_be_seen_into() -> None:
    learner = Learner(
        make_settings(
            "frequency",
            {
                "cell": "phased",
                "hidden": 3,
                "length": 5,
                "batch": 40,
                "sampling": "uneven",
                "threads": 1,
                "device": "cpu",
            },
        )
    )
    for view in views(learner.model):
        seen(view, learner)
    (cell,), batch = learner.model.cells, few_aside(learner)[0]
    assert isinstance(cell, PhasedLSTM)
    assert batch.times is not None
    tau, s, r_on = (parameter[cell.tau.argmin()].item() for parameter in (cell.tau, cell.s, cell.r_on))
    by_hand = [Gate(tau, s, r_on).openness(t) for t in batch.times[:, 0].tolist()]
    np.testing.assert_allclose(gates(learner).openings[0].units[:, 0], by_hand, atol=1e-12)


@pytest.mark.parametrize("task", ["noise", "text", "gru"])
def test_looking_at_everything_changes_no_bit(task: str, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trainer, "stride_length", lambda trainer: 1)
    settings = {
        "noise": phased(layers=2, dropout=0.3, learn="period,shift,ratio"),
        "text": text(corpus, cell="phased", stateful=True, length=8),
        "gru": palindrome(cell="gru", layers=2, dropout=0.3),
    }[task]

    def trained(is_watched: bool) -> tuple[list[float], list[torch.Tensor]]:
        trainer, losses = Trainer(settings), []
        for report in islice(trainer, 6):
            losses += report.loss
            for view in views(trainer.learner.model) if is_watched else ():
                seen(view, trainer.learner)
        learner = trainer.learner
        return losses, [learner.theta.detach(), *learner.tensors().values()]

    (alone, weights), (watched, same) = trained(False), trained(True)
    assert alone == watched
    assert len(alone) >= 5
    assert all(torch.equal(a, b) for a, b in zip(weights, same, strict=True))


# In the worker


def test_what_is_not_watched_is_not_measured_and_a_new_view_does_not_wait(session: TrainingSession) -> None:
    wait_for(session, lambda: session.status.run.step > 3)
    assert session.views == ("horizon", "gates", "weights", "reading")
    assert session.seen is None
    session.watch("gates")
    wait_for(session, lambda: isinstance(session.seen, Gates))
    session.pause(True)
    session.watch("horizon")
    wait_for(session, lambda: session.horizon is not None and session.horizon.step == session.status.run.step)
    session.watch(None)
    wait_for(session, lambda: session.seen is None)


class Odd(own_cell.Leaky):
    """A user's cell whose gates cannot be looked at."""

    def gates(self, x: torch.Tensor, state: tuple[torch.Tensor, ...]) -> dict[str, torch.Tensor]:
        raise KeyError("no such gate")


def test_a_cell_whose_gates_fail_goes_on_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_cell, "Odd", Odd, raising=False)
    begun = TrainingSession(new_run(palindrome(cell="own_cell:Odd")))
    begun.start()
    try:
        wait_for(begun, lambda: "gates" in begun.views)
        begun.watch("gates")
        wait_for(begun, lambda: begun.notes)
        assert begun.notes[0].startswith("the view of the gates cannot be measured: ")
        step = begun.status.run.step
        wait_for(begun, lambda: begun.status.run.step > step)
    finally:
        begun.stop()
        assert begun.join(30)
