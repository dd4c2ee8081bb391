"""Dynamic evaluation: what plain torch computes, predicted before it is learned, and a function of the text alone."""

import math

import numpy as np
import pytest
import tiny
import torch
from test_generate import VOCABULARY, network

from rnntui.core.generation import adaptation as adapting
from rnntui.core.generation import draft as drafts
from rnntui.core.generation.adaptation import EPSILON, AdaptingNetwork
from rnntui.core.generation.draft import Draft
from rnntui.core.generation.loading import TextNetwork
from rnntui.core.generation.predictor import Predictor
from rnntui.core.generation.sampler import Writer
from rnntui.core.kernels.single import Snapshot
from rnntui.core.model import Model
from rnntui.runs import networks
from rnntui.runs.networks import Adaptation
from rnntui.runs.writers import Sampling

TEXT = "bad cafe faced a cab, fed ☃ a beach head " * 4
HOW = Adaptation(rate=0.002, length=7, decay=0.05)
CELLS = ("lstm", "gru", "rnn", "phased")
pytestmark = pytest.mark.usefixtures("few_segments")


def adapted(cell: str = "lstm", how: Adaptation = HOW) -> AdaptingNetwork:
    return AdaptingNetwork(network(cell=cell), how)


def bits_of(predictor: Predictor, text: str = TEXT) -> list[float]:
    return tiny.bits_of(TextNetwork(predictor, "".join(VOCABULARY), 0), text)


# What plain torch computes


def gradient(
    model: Model, segment: list[int], state: object, begin: int
) -> tuple[list[float], list[torch.Tensor], object]:
    """The bits of a segment's characters but the first, the gradient of their mean loss, and the state after."""
    inputs, targets = torch.tensor(segment[:-1]).unsqueeze(1), torch.tensor(segment[1:])
    times = torch.arange(begin + 1, begin + len(segment), dtype=torch.float64)
    logits, after = model(inputs, state, times)
    losses = torch.nn.functional.cross_entropy(logits[:, 0], targets, reduction="none")
    gradients = torch.autograd.grad(losses.mean(), list(model.parameters()))
    after = tuple(tuple(part.detach() for part in layer) for layer in after)
    return (losses.detach() / math.log(2)).tolist(), list(gradients), after


def plain(model: Model, text: list[int], how: Adaptation) -> list[float]:
    """Krause and others 2018, equation by equation, one parameter after the other."""
    writer = Writer(Snapshot(model), VOCABULARY, 0, temperature=1.0)
    own = [writer.draw() for _ in range(adapting.WRITTEN * how.length + 1)]
    squares, state = [torch.zeros_like(p) for p in model.parameters()], model.initial_state(1)
    for begin in range(0, len(own) - 1, how.length):
        _, gradients, state = gradient(model, own[begin : begin + how.length + 1], state, begin)
        squares = [s + g * g for s, g in zip(squares, gradients, strict=True)]
    rms = [(s / adapting.WRITTEN).sqrt() for s in squares]
    mean = torch.cat([r.flatten() for r in rms]).mean()
    trained = [p.detach().clone() for p in model.parameters()]
    bits, state = [], model.initial_state(1)
    for begin in range(0, len(text) - 1, how.length):
        segment = text[begin : begin + how.length + 1]
        some, gradients, state = gradient(model, segment, state, begin)
        bits += some
        with torch.no_grad():
            for p, g, r, first in zip(model.parameters(), gradients, rms, trained, strict=True):
                back = how.decay * torch.minimum(r / mean, torch.tensor(1 / how.decay)) * (first - p)
                p += back - how.rate * g / (r + EPSILON * mean)
    return bits


@pytest.mark.parametrize("cell", CELLS)
def test_the_bits_are_those_that_plain_torch_computes(cell: str) -> None:
    known = [VOCABULARY.index(character) for character in TEXT if character in VOCABULARY]
    expected = plain(network(cell=cell), known, HOW)
    found = [each for each in bits_of(adapted(cell)) if not math.isnan(each)]
    assert len(found) == len(expected)
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3)
    unadapted = [each for each in bits_of(Snapshot(network(cell=cell))) if not math.isnan(each)]
    assert np.abs(np.array(found) - unadapted).max() > 0.02


# Before a gradient has seen it


@pytest.mark.parametrize("cell", CELLS)
def test_a_character_is_predicted_before_it_is_learned(cell: str) -> None:
    found = bits_of(adapted(cell))
    for length in (9, 15, 40):
        other = bits_of(adapted(cell), TEXT[:length] + "hhhhhhgggg" * 3)
        np.testing.assert_array_equal(found[:length], other[:length])
    first = HOW.length + 1
    np.testing.assert_array_equal(found[:first], bits_of(Snapshot(network(cell=cell)))[:first])


def test_what_is_repeated_is_learned() -> None:
    text = "abcdefgh " * 30
    gain = np.nansum(bits_of(Snapshot(network()), text)) - np.nansum(bits_of(adapted(), text))
    assert gain > 20


def test_it_is_the_same_every_time_and_a_state_can_be_gone_back_to() -> None:
    predictor = adapted()
    first = bits_of(predictor)
    np.testing.assert_array_equal(first, bits_of(predictor))
    np.testing.assert_array_equal(first, bits_of(adapted()))


# A draft with one


@pytest.mark.parametrize("memory", [drafts.MARKS_MEMORY, 1])
def test_a_draft_that_was_gone_back_in_is_one_that_was_not(memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MARKS_MEMORY", memory)
    predictor, how = adapted(), Sampling(1.0)
    text = "".join(character for character in TEXT * 5 if character in VOCABULARY)
    plainly = Draft(predictor, VOCABULARY, 3)
    plainly.read(text)
    wandering = Draft(predictor, VOCABULARY, 3)
    wandering.read(text[:500] + "hhhhhhhhhhhhh")
    for length in (400, 131, 64, 17):
        wandering.cut(length)
        np.testing.assert_array_equal(wandering.surprisal, plainly.surprisal[:length])
    wandering.edit(text)
    np.testing.assert_array_equal(wandering.expected(200), plainly.expected(200))
    assert [wandering.write(how) for _ in range(40)] == [plainly.write(how) for _ in range(40)]
    np.testing.assert_array_equal(wandering.surprisal, plainly.surprisal)
    if memory == 1:
        assert len(plainly._marks) <= drafts.LEAST_MARKS + 1  # each holds weights


def test_a_draft_read_by_another_network_is_that_networks() -> None:
    first = Draft(Snapshot(network()), VOCABULARY, 3)
    first.read(TEXT)
    for _ in range(30):
        first.write(Sampling(1.0))
    again = first.read_by(adapted(), 3)
    assert (again.text, again.given, again.indices) == (first.text, first.given, first.indices)
    np.testing.assert_array_equal(again.surprisal, bits_of(adapted(), first.text))
    back = again.read_by(Snapshot(network()), 3)
    np.testing.assert_array_equal(back.surprisal, first.surprisal)
    assert [back.write(Sampling(1.0)) for _ in range(9)] == [first.write(Sampling(1.0)) for _ in range(9)]


# Mistakes


def test_a_rate_that_blows_the_weights_up_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "HIGHEST_RATE", 1e38)
    with pytest.raises(ValueError, match="--adapt-rate 1e\\+38 is too high"):
        bits_of(adapted(how=Adaptation(rate=1e38, length=5)))


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ({"rate": 0.0}, "--adapt-rate must be above 0 and at most 1, not 0"),
        ({"rate": math.nan}, "--adapt-rate must be above 0 and at most 1, not nan"),
        ({"rate": 1e6}, "--adapt-rate must be above 0 and at most 1, not 1e\\+06"),
        ({"length": 0}, "--adapt-length must be at least 1"),
        ({"length": 1_001}, "--adapt-length must be at least 1 and at most 1000, not 1001"),
        ({"decay": 1.5}, "--adapt-decay must be at least 0"),
    ],
)
def test_what_cannot_be_is_said(what: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Adaptation(**what)  # type: ignore[arg-type]
