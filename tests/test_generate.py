"""Generation: temperatures, top-k, one uniform a character, a state that is carried."""

import math
from collections.abc import Sequence
from itertools import islice

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnntui.config import Settings
from rnntui.core.generation.sampler import Uniforms, Writer, invert, probabilities
from rnntui.core.kernels.single import Snapshot
from rnntui.core.model import Model

LOGITS = st.lists(st.floats(-50, 50, allow_subnormal=False), min_size=1, max_size=12).map(np.array)
VOCABULARY = tuple("abcdefgh ")


def network(vocabulary: Sequence[str] = VOCABULARY, cell: str = "lstm", layers: int = 2) -> Model:
    model = Model(Settings(cell=cell, hidden=12, layers=layers), len(vocabulary), len(vocabulary), "every")
    model.initialise("uniform", 10, torch.Generator().manual_seed(0))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4.0)
    return model


def writer(*seed: int, vocabulary: Sequence[str] = VOCABULARY, temperature: float = 1.0, top_k: int = 0) -> Writer:
    return Writer(Snapshot(network(vocabulary)), vocabulary, *seed, temperature=temperature, top_k=top_k)


def take(source: Writer, count: int) -> str:
    return "".join(islice(source, count))


def test_what_is_written_comes_with_the_surprisal_of_each_character_and_is_what_it_would_be_without() -> None:
    text, bits = writer(7, temperature=0.5).write(40)
    assert text == take(writer(7, temperature=0.5), 40)
    assert math.isnan(bits[0]), "it was drawn from nothing"
    again = writer(7)
    for k, character in enumerate(text):
        if k:
            share = probabilities(again.logits, 1.0)[VOCABULARY.index(character)]
            assert bits[k] == pytest.approx(-math.log2(share), abs=0.006)
        again.take(character)


# Probabilities


@given(LOGITS, st.floats(0.05, 20))
def test_probabilities_are_the_softmax_at_a_temperature(logits: np.ndarray, temperature: float) -> None:
    total = math.fsum(math.exp((p - max(logits)) / temperature) for p in logits)
    expected = [math.exp((p - max(logits)) / temperature) / total for p in logits]
    np.testing.assert_allclose(probabilities(logits, temperature), expected, rtol=1e-12, atol=1e-300)


@given(LOGITS)
def test_temperature_0_is_all_on_the_first_of_the_greatest(logits: np.ndarray) -> None:
    expected = [0.0] * len(logits)
    expected[list(logits).index(max(logits))] = 1.0
    assert probabilities(np.array([*logits, max(logits)]), 0.0).tolist() == [*expected, 0.0]


@given(LOGITS)
def test_temperature_infinity_is_uniform(logits: np.ndarray) -> None:
    assert probabilities(logits, math.inf).tolist() == [1 / len(logits)] * len(logits)


@given(LOGITS, st.integers(1, 14), st.sampled_from([0.0, 0.5, 2.0, math.inf]))
def test_top_k_keeps_the_likeliest_and_their_proportions(logits: np.ndarray, k: int, temperature: float) -> None:
    free, kept = probabilities(logits, temperature), probabilities(logits, temperature, k)
    likeliest = sorted(range(len(logits)), key=lambda index: (-logits[index], index))[:k]
    assert set(np.flatnonzero(kept)) <= set(likeliest)
    assert kept.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(kept[likeliest], free[likeliest] / free[likeliest].sum(), rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("temperature", [1e-300, 1e-12, 1e300])
def test_extreme_temperatures_stay_numbers(temperature: float) -> None:
    found = probabilities(np.array([-3e38, 0.0, 1.0, 3e38]), temperature)
    assert np.isfinite(found).all()
    assert found.sum() == pytest.approx(1.0)


# Uniforms and their inversion


@given(LOGITS, st.lists(st.floats(0, 1, exclude_max=True, allow_subnormal=False), min_size=2))
def test_inversion_is_monotone_and_never_takes_what_has_no_share(logits: np.ndarray, uniforms: list[float]) -> None:
    shares = probabilities(logits, 1.0, top_k=3)
    found = [invert(shares, uniform) for uniform in sorted([0.0, *uniforms, 1 - 2**-53])]
    assert found == sorted(found)
    assert all(shares[index] > 0 for index in found)


def test_inversion_gives_each_character_its_share() -> None:
    shares = np.array([0.0, 0.125, 0.5, 0.0, 0.25, 0.125, 0.0])
    found = np.bincount([invert(shares, k / 1024) for k in range(1024)], minlength=7)
    assert (found / 1024).tolist() == shares.tolist()


@given(st.lists(st.integers(0, 2000), max_size=20), st.integers(0, 2**63 - 1), st.integers(0, 10**6))
def test_uniforms_are_indexed_by_seed_and_position_alone(positions: list[int], seed: int, step: int) -> None:
    in_order, at_random = Uniforms(seed, step), Uniforms(seed, step)
    sequence = [in_order[position] for position in range(max(positions, default=0) + 1)]
    assert [at_random[position] for position in positions] == [sequence[position] for position in positions]


def test_uniforms_are_uniform_and_of_their_own_for_each_seed() -> None:
    by_seed = {seed: np.array([Uniforms(*seed)[k] for k in range(2000)]) for seed in [(0,), (1,), (0, 1), (1, 2)]}
    for values in by_seed.values():
        assert values.min() >= 0
        assert values.max() < 1
        count = np.histogram(values, 20, (0, 1))[0]
        assert ((count - 100) ** 2 / 100).sum() < 43.8  # 99.9 % of chi-square with 19 degrees of freedom
    assert len({tuple(values) for values in by_seed.values()}) == 4
    repeated = by_seed[0,]
    assert len(set(repeated)) == 2000  # blocks do not overlap


# Writing


@pytest.mark.parametrize("temperature", [0.0, 0.5, 1.0, math.inf])
def test_one_seed_writes_one_text(temperature: float) -> None:
    texts = [take(writer(seed, temperature=temperature), 300) for seed in (7, 7, 1)]
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]


def test_each_character_is_what_its_uniform_falls_on() -> None:
    source, model, uniforms = writer(3, temperature=0.7, top_k=4), network(), Uniforms(3)
    text = take(source, 60)
    assert text[0] == VOCABULARY[int(uniforms[0] * len(VOCABULARY))]
    state = model.initial_state(1)
    for position, character in enumerate(text[:-1], 1):
        with torch.inference_mode():
            logits, state = model(torch.tensor([[VOCABULARY.index(character)]]), state)
        shares = probabilities(logits.flatten().double().numpy(), 0.7, 4)
        assert text[position] == VOCABULARY[invert(shares, uniforms[position])]


def test_temperature_0_takes_the_greatest_at_each_step() -> None:
    model, source = network(), writer(0, temperature=0.0)
    source.read("abc")
    with torch.inference_mode():
        logits, state = model(torch.tensor([[0], [1], [2]]), model.initial_state(1))
        for character in islice(source, 40):
            index = int(logits[-1, 0].argmax())
            assert character == VOCABULARY[index]
            logits, state = model(torch.tensor([[index]]), state)


def test_temperature_infinity_writes_the_same_whatever_the_network() -> None:
    trained = Writer(Snapshot(network()), VOCABULARY, 5, temperature=math.inf)
    other = Writer(Snapshot(network(cell="gru", layers=1)), VOCABULARY, 5, temperature=math.inf)
    text = take(trained, 500)
    assert text == take(other, 500)
    assert set(text) == set(VOCABULARY)


def test_networks_of_different_vocabularies_draw_the_same_uniforms() -> None:
    doubled = tuple(sorted([*VOCABULARY, *(character.upper() for character in "abcdefgh"), "."]))
    assert len(doubled) == 2 * len(VOCABULARY)
    few, many = writer(9, temperature=math.inf), writer(9, vocabulary=doubled, temperature=math.inf)
    assert (few.read("aB bB"), many.read("aB bB")) == ("a b", "aB bB")
    for a, b in zip(islice(few, 200), islice(many, 200), strict=True):
        assert VOCABULARY.index(a) == doubled.index(b) // 2


def test_what_was_read_is_carried_and_never_fed_again() -> None:
    at_once, in_parts, nothing = (writer(2, temperature=0.3) for _ in range(3))
    at_once.read("bad cafe")
    in_parts.read("bad ")
    in_parts.read("cafe")
    nothing.read("")
    texts = [take(source, 80) for source in (at_once, in_parts, nothing)]
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]
    assert texts[2] == take(writer(2, temperature=0.3), 80)


def test_left_out_characters_are_named_once_each_and_the_rest_is_read() -> None:
    source, plain = writer(4, temperature=0.0), writer(4, temperature=0.0)
    assert source.read("bZaZd!") == "bad"
    assert source.left_out == "Z!"
    assert plain.read("bad") == "bad"
    assert plain.left_out == ""
    assert take(source, 50) == take(plain, 50)


def test_a_prompt_of_which_nothing_remains_is_refused_and_changes_nothing() -> None:
    source = writer(4)
    with pytest.raises(ValueError, match="--prompt"):
        source.read("XYZ")
    assert take(source, 50) == take(writer(4), 50)


def test_the_temperature_can_change_amid_a_text() -> None:
    source, cold, warm = writer(6, temperature=0.0), writer(6, temperature=0.0), writer(6, temperature=2.0)
    for generator in (source, cold, warm):
        generator.read("abc")
    begin = take(source, 20)
    source.temperature = 2.0
    end = take(source, 60)
    assert begin == take(cold, 20)
    assert end != take(cold, 60)
    warm.read(begin)
    assert end == take(warm, 60)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_writing_goes_on_far_past_the_training_length(cell: str) -> None:
    source = Writer(Snapshot(network(cell=cell)), VOCABULARY, 1, temperature=0.8)
    text = take(source, 3000)
    assert len(text) == 3000
    assert len(set(text[-1000:])) > 1
    assert source.position == 3000
