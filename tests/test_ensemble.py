"""Ensembles: the mean of the probabilities, as a plain computation has it, whatever the order of the vocabularies."""

import numpy as np
import pytest
import tiny
from test_generate import VOCABULARY, network

from rnntui.core.generation.ensemble import Ensemble, joined, log_mean
from rnntui.core.generation.loading import TextNetwork
from rnntui.core.generation.predictor import Predictor
from rnntui.core.generation.scoring import surprisals
from rnntui.core.kernels.single import Snapshot

TEXT = "bad cafe faced a cab, fed a beach head " * 8
NAMES = "".join(VOCABULARY)
CELLS = ("lstm", "gru", "rnn")


def members() -> list[Predictor]:
    return [Snapshot(network(cell=cell)) for cell in CELLS]


def bits_of(predictor: Predictor, vocabulary: str = NAMES) -> np.ndarray:
    return np.array(tiny.bits_of(TextNetwork(predictor, vocabulary, 0), TEXT))


def test_the_bits_are_those_of_the_mean_probability() -> None:
    mean = np.mean([2.0 ** -bits_of(member) for member in members()], axis=0)
    np.testing.assert_allclose(bits_of(joined(members(), [NAMES] * 3, CELLS)), -np.log2(mean), rtol=1e-12)


def test_the_mean_is_exact_where_a_probability_underflows() -> None:
    one, other = np.array([0.0, -2000.0, 3.0]), np.array([0.0, -3000.0, 1.0])
    expected = -2000.0 - np.log1p(np.exp(3.0)) - np.log(2)  # the other's share is e^-1000 of it
    assert log_mean([one, other])[1] == pytest.approx(expected, rel=1e-15)
    assert np.exp(log_mean([one, other])).sum() == pytest.approx(1, abs=1e-15)


def test_an_ensemble_of_one_is_the_one_and_of_twice_the_same_that_one() -> None:
    (one, *_) = members()
    assert joined([one], [NAMES], ["a"]) is one
    np.testing.assert_allclose(
        bits_of(joined([one, one], [NAMES] * 2, ["a", "a"])), bits_of(one), rtol=1e-12, atol=1e-12
    )


def test_the_bits_of_each_member_are_its_own() -> None:
    loaded = TextNetwork(joined(members(), [NAMES] * 3, CELLS), NAMES, 0)
    blocks = list(surprisals(loaded, TEXT))
    for k, member in enumerate(members()):
        found = np.array([bits for block in blocks for bits in block[k + 1]])
        np.testing.assert_array_equal(found, bits_of(member))


def test_another_order_of_the_vocabulary_changes_nothing() -> None:
    one, other = Snapshot(network()), Snapshot(network(cell="gru"))
    order = [3, 1, 4, 0, 5, 8, 2, 6, 7]
    backwards = "".join(NAMES[k] for k in order)
    places = {character: k for k, character in enumerate(backwards)}

    class Shuffled:
        """The network with its symbols in another order."""

        state_bytes = 0
        initial_state = other.initial_state

        @staticmethod
        def step(index: int, state: object) -> tuple[np.ndarray, object]:
            logits, state = other.step(order[index], state)
            return logits[order], state

    assert places != dict(enumerate(NAMES))
    expected = bits_of(joined([one, other], [NAMES, NAMES], ["a", "b"]))
    np.testing.assert_array_equal(bits_of(joined([one, Shuffled()], [NAMES, backwards], ["a", "b"])), expected)


def test_other_characters_are_named() -> None:
    one, other = members()[:2]
    with pytest.raises(ValueError) as caught:
        joined([one, other], [NAMES, NAMES[:-1] + "☃"], ["a", "b"])
    assert str(caught.value) == (
        "a+b: the vocabularies differ (run 'a' lacks '☃'; run 'b' lacks ' '); only networks of the same characters "
        "have a mean"
    )


def test_a_state_can_be_gone_back_to() -> None:
    ensemble = joined(members(), [NAMES] * 3, CELLS)
    assert isinstance(ensemble, Ensemble)
    first, state = ensemble.step(1, ensemble.initial_state)
    ensemble.step(2, state)
    np.testing.assert_array_equal(ensemble.step(4, state)[0], ensemble.step(4, state)[0])
    np.testing.assert_array_equal(ensemble.step(1, ensemble.initial_state)[0], first)
