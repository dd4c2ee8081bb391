"""A text that is written: going back, editing and going on give what writing it anew gives; so does its surprisal."""

import math

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_generate import VOCABULARY, network, take, writer

from rnntui.core.generation.draft import STRIDE, Draft, ends
from rnntui.core.generation.sampler import probabilities
from rnntui.core.kernels.single import Snapshot
from rnntui.runs.writers import Sampling

NETWORK = {cell: Snapshot(network(cell=cell)) for cell in ("lstm", "phased")}
SAMPLING = Sampling(temperature=0.8)
TEXTS = st.text(alphabet="abcdefgh Z☃", max_size=2 * STRIDE)
DEEDS = st.one_of(
    st.tuples(st.just("write"), st.integers(0, 90)),
    st.tuples(st.just("cut"), st.integers(0, 200)),
    st.tuples(st.just("read"), TEXTS),
    st.tuples(st.just("edit"), TEXTS.filter(lambda text: any(c in VOCABULARY for c in text))),
)


def draft(cell: str = "lstm", seed: int = 7, lower: bool = False) -> Draft:
    return Draft(NETWORK[cell], VOCABULARY, seed, lower=lower)


def written(source: Draft, count: int, sampling: Sampling = SAMPLING) -> str:
    return "".join(source.write(sampling) for _ in range(count))


@pytest.mark.parametrize("cell", ["lstm", "phased"])
@settings(max_examples=20)
@given(deeds=st.lists(DEEDS, max_size=6))
@example(deeds=[("cut", 0), ("read", "Z"), ("read", "Za")])
@example(deeds=[("cut", 0), ("read", "☃a"), ("cut", 1), ("read", "Z")])
def test_however_a_text_came_about_it_goes_on_alike(cell: str, deeds: list[tuple[str, object]]) -> None:
    found = draft(cell)
    found.read("abc")
    for deed, what in deeds:
        before = found.text
        if deed == "write":
            written(found, what)  # type: ignore[arg-type]
        elif deed == "read" and not any(c in VOCABULARY for c in before + str(what)) and what:
            with pytest.raises(ValueError, match="none of its characters"):
                found.read(str(what))
            assert found.text == before
        else:
            getattr(found, deed)(what)
    anew = draft(cell)
    if any(c in VOCABULARY for c in found.text):
        anew.read(found.text)
        # The first character drawn, not read, was expected by nobody either.
        np.testing.assert_array_equal(found.surprisal, anew.surprisal)
        assert written(found, 30) == written(anew, 30)
    assert len(found.given) == len(found.surprisal) == len(found.indices) == len(found)


def test_it_writes_what_a_writer_writes() -> None:
    found, plain = draft(seed=3), writer(3, temperature=0.8)
    found.read("bad ☃cafe")
    plain.read("bad ☃cafe")
    assert written(found, 200) == take(plain, 200)
    assert found.left_out == plain.left_out == "☃"
    alone, plain_alone = draft(seed=4), writer(4, temperature=0.8)
    assert written(alone, 100) == take(plain_alone, 100)


def test_surprisal_is_what_the_network_gave_each_character() -> None:
    found, model = draft(), network()
    found.read("a☃ba")
    written(found, 2 * STRIDE)
    known = [(k, VOCABULARY.index(c)) for k, c in enumerate(found.text) if c in VOCABULARY]
    with torch.inference_mode():
        logits, _ = model(torch.tensor([[index] for _, index in known]), model.initial_state(1))
    shares = torch.log_softmax(logits[:, 0].double(), -1) / -math.log(2)
    surprisal = found.surprisal
    assert math.isnan(surprisal[0])
    assert math.isnan(surprisal[1])  # the snowman
    for row, (position, index) in enumerate(known[1:]):
        assert surprisal[position] == pytest.approx(float(shares[row, index]), abs=1e-4)


def test_alternatives_are_the_likeliest_and_what_is_drawn_from_them() -> None:
    found, model = draft(), network()
    found.read("abc")
    written(found, 100)
    narrow = Sampling(temperature=0.5, top_k=2)
    with torch.inference_mode():
        inputs = torch.tensor([[VOCABULARY.index(c)] for c in found.text[:80]])
        logits = model(inputs, model.initial_state(1))[0][-1, 0].double().numpy()
    likely, drawn = probabilities(logits, 1.0), probabilities(logits, 0.5, 2)
    before = found.text
    alternatives = found.alternatives(80, 4, narrow)
    assert [alternative.character for alternative in alternatives] == [VOCABULARY[k] for k in np.argsort(-likely)[:4]]
    for alternative in alternatives:
        index = VOCABULARY.index(alternative.character)
        assert alternative.probability == pytest.approx(likely[index], rel=1e-4)
        assert alternative.drawn == pytest.approx(drawn[index], rel=1e-4)
    assert found.alternatives(0, 4, narrow) == []
    assert len(found.alternatives(len(found), 99, narrow)) == len(VOCABULARY)
    assert (found.text, written(found, 20)) == (before, written_after(before, 20))


def written_after(text: str, count: int) -> str:
    anew = draft()
    anew.read(text)
    return written(anew, count)


def test_an_edit_keeps_what_stands_before_it_as_it_came_about() -> None:
    found = draft()
    found.read("abc")
    written(found, 100)
    text = found.text
    found.edit(text[:50] + "hhh")
    assert bytes(found.given) == bytes([1] * 3 + [0] * 47 + [1] * 3) or text[50:53].startswith("h")
    assert found.text == text[:50] + "hhh"


def test_an_edit_that_leaves_nothing_known_is_refused_and_changes_nothing() -> None:
    found = draft()
    found.read("abc")
    before = found.text + written(found, 10)
    with pytest.raises(ValueError, match="none of its characters"):
        found.edit("☃☃")
    assert found.text == before
    fresh = draft()
    with pytest.raises(ValueError, match="none of its characters"):
        fresh.read("☃")
    assert written(fresh, 20) == written(draft(), 20)


def test_what_is_given_to_a_network_of_lower_case_is_made_so() -> None:
    found = draft(lower=True)
    found.read("BaD")
    assert (found.text, found.left_out) == ("bad", "")


def test_it_ends_where_the_network_wrote_what_it_was_to_stop_at() -> None:
    found = draft()
    found.read("abc")
    assert not ends(found, "bc")  # given, not written
    character = found.write(SAMPLING)
    assert ends(found, "c" + character)
    assert not ends(found, "")
    low = draft(lower=True)
    low.read("abc")
    assert ends(low, ("c" + low.write(SAMPLING)).upper())  # as its corpus would have it


def test_the_nucleus_is_the_fewest_that_reach_their_share() -> None:
    logits = np.log([0.5, 0.25, 0.15, 0.1])
    assert probabilities(logits, 1.0, top_p=0.5).tolist() == [1.0, 0, 0, 0]
    np.testing.assert_allclose(probabilities(logits, 1.0, top_p=0.51), [2 / 3, 1 / 3, 0, 0])
    np.testing.assert_allclose(probabilities(logits, 1.0, top_p=0.9), [5 / 9, 2.5 / 9, 1.5 / 9, 0], atol=1e-12)
    np.testing.assert_allclose(probabilities(logits, 1.0, top_p=1.0), [0.5, 0.25, 0.15, 0.1])
    np.testing.assert_allclose(probabilities(logits, 1.0, top_k=2, top_p=0.7), [2 / 3, 1 / 3, 0, 0])
    np.testing.assert_allclose(probabilities(logits, math.inf, top_p=0.5), [0.5, 0.5, 0, 0])
    assert probabilities(logits, 0.0, top_p=0.01).tolist() == [1.0, 0, 0, 0]


@given(
    st.lists(st.floats(-50, 50), min_size=1, max_size=12).map(np.array),
    st.floats(1e-6, 1, exclude_max=True),
    st.sampled_from([0.5, 1.0, 3.0]),
)
def test_a_nucleus_reaches_its_share_and_no_smaller_one_does(logits: np.ndarray, top_p: float, t: float) -> None:
    whole, kept = probabilities(logits, t), probabilities(logits, t, top_p=top_p)
    inside = whole[kept > 0]
    assert kept.sum() == pytest.approx(1)
    assert inside.sum() >= top_p - 1e-9
    assert inside.sum() - inside.min() < top_p + 1e-9


@pytest.mark.parametrize(
    ("given_", "named"),
    [
        ({"temperature": -0.1}, "--temperature"),
        ({"temperature": math.nan}, "--temperature"),
        ({"top_k": -1}, "--top-k"),
        ({"top_p": 0.0}, "--top-p"),
        ({"top_p": 1.1}, "--top-p"),
        ({"top_p": math.nan}, "--top-p"),
    ],
)
def test_a_sampling_that_cannot_be_is_refused_by_name(given_: dict[str, float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Sampling(**given_)  # type: ignore[arg-type]
