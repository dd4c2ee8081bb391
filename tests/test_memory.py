"""The memory meter against a brute-force search: what of an output stands in the training text, and where."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnntui.core.generation import memorization
from rnntui.core.generation.memorization import Memory, Meter

# So many kinds that a character takes two bytes, and four of them whose bytes are easily taken for one another.
MANY = "".join(map(chr, range(0x3000, 0x3000 + 300)))
ALIKE = MANY[0] + MANY[1] + MANY[256] + MANY[257]
# A lone surrogate and a NUL among them; what is lacked is in no text.
LETTERS = st.sampled_from(["ab", "abc\n ", "\0\xffé", "абв", "一二三", "a\ud800\udc00", "a二😀🤖", ALIKE])
LACKED = "x絵"


@st.composite
def texts(draw: st.DrawFn, letters: str, most: int = 40) -> str:
    """A text of these letters, often the same piece again and again."""
    text = draw(st.text(letters, max_size=most))
    return text * draw(st.sampled_from([1, 1, 2, 5]))


@st.composite
def corpora_and_outputs(draw: st.DrawFn) -> tuple[str, str]:
    """A training text, and an output made of pieces of it, of its letters and of characters that it lacks."""
    letters = draw(LETTERS)
    corpus = draw(texts(letters)) + (MANY if letters is ALIKE else "")
    starts = st.integers(0, len(corpus))
    pieces = st.tuples(starts, starts).map(lambda ends: corpus[min(ends) : max(ends)])
    return corpus, "".join(draw(st.lists(pieces | texts(letters, 5) | st.sampled_from(LACKED), max_size=8)))


def metered(corpus: str, output: str) -> Meter:
    meter = Meter(Memory(corpus))
    meter.feed(output)
    return meter


def searched(corpus: str, output: str) -> list[int]:
    """The longest piece in the corpus that ends with each character, by looking for every piece."""
    ends = range(1, len(output) + 1)
    return [next(n for n in range(end, -1, -1) if output[end - n : end] in corpus) for end in ends]


# Against a search


@settings(max_examples=60)
@given(corpora_and_outputs())
def test_each_characters_match_is_the_longest_piece_in_the_corpus_that_ends_with_it(both: tuple[str, str]) -> None:
    assert metered(*both).matches.tolist() == searched(*both)


@settings(max_examples=25)
@given(corpora_and_outputs())
def test_the_longest_run_is_the_first_of_the_longest_pieces_that_the_corpus_has(both: tuple[str, str]) -> None:
    corpus, output = both
    ends = range(len(output) + 1)
    found = [(a, b) for b in ends for a in range(b) if output[a:b] in corpus]
    assert metered(*both).longest == min(found, key=lambda run: (run[0] - run[1], run), default=(0, 0))


@settings(max_examples=25)
@given(corpora_and_outputs(), st.integers(1, 12))
def test_the_share_is_of_all_pieces_of_n_characters(both: tuple[str, str], n: int) -> None:
    corpus, output = both
    grams = [output[a : a + n] for a in range(len(output) - n + 1)]
    share = metered(*both).share(n)
    assert share == sum(gram in corpus for gram in grams) / len(grams) if grams else math.isnan(share)


# In pieces


@settings(max_examples=25)
@given(corpora_and_outputs(), st.lists(st.integers(0, 60)))
def test_an_output_fed_in_pieces_is_measured_as_at_once(both: tuple[str, str], cuts: list[int]) -> None:
    corpus, output = both
    whole = metered(corpus, output)
    meter = Meter(whole.memory)
    for a, b in pairwise([0, *sorted(min(cut, len(output)) for cut in cuts), len(output)]):
        meter.feed(output[a:b])
    assert meter.matches == whole.matches


@settings(max_examples=25)
@given(corpora_and_outputs(), st.data())
def test_an_output_cut_and_gone_on_with_is_measured_as_if_written_so(
    both: tuple[str, str], data: st.DataObject
) -> None:
    corpus, output = both
    meter, written = Meter(Memory(corpus)), ""
    for _ in range(data.draw(st.integers(1, 6))):
        a, b = sorted(data.draw(st.tuples(*[st.integers(0, len(output))] * 2)))
        meter.feed(output[a:b])
        written += output[a:b]
        length = data.draw(st.integers(0, len(written)))
        meter.cut(length)
        written = written[:length]
        assert meter.matches.tolist() == searched(corpus, written)


def test_two_meters_follow_their_own_outputs_over_one_memory() -> None:
    shared = Memory("the cat sat on the mat")
    one, other = Meter(shared), Meter(shared)
    for a, b in zip("cat on", "the ma", strict=True):
        one.feed(a)
        other.feed(b)
    assert one.matches.tolist() == [1, 2, 3, 4, 4, 5]
    assert other.matches.tolist() == [1, 2, 3, 4, 5, 6]


# By hand


def test_a_sentence_of_which_the_end_was_copied() -> None:
    meter = metered("He did not really like it.", "She did not really care")
    assert meter.longest == (2, 19)
    assert meter.share(4) == 14 / 20
    assert meter.share(32) != meter.share(32)


def test_an_output_that_is_the_corpus_is_one_run() -> None:
    corpus = "a page, " * 500 + "and its end"
    meter = metered(corpus, corpus)
    assert meter.matches.tolist() == [*range(1, len(corpus) + 1)]
    assert meter.longest == (0, len(corpus))
    assert meter.share(32) == 1


@pytest.mark.parametrize(("corpus", "output"), [("", "abc"), ("", ""), ("abc", ""), ("abc", "xyz")])
def test_where_there_is_nothing_there_is_no_run(corpus: str, output: str) -> None:
    meter = metered(corpus, output)
    assert meter.matches.tolist() == [0] * len(output)
    assert meter.longest == (0, 0)
    assert math.isnan(meter.share(4))


@pytest.mark.parametrize(("kinds", "width"), [(1, 1), (256, 1), (257, 2), (65_536, 2), (65_537, 4)])
def test_a_character_takes_as_few_bytes_as_their_number_needs(kinds: int, width: int) -> None:
    corpus = "".join(map(chr, range(0x3000, 0x3000 + kinds)))
    shared = Memory(corpus + corpus[-1])
    meter = Meter(shared)
    meter.feed(corpus[-3:] + corpus[-1] + corpus[:2] + chr(0x3000 + kinds))
    assert shared.width == width
    assert meter.matches.tolist() == searched(corpus + corpus[-1], corpus[-3:] + corpus[-1] + corpus[:2] + "\0")


def test_characters_whose_bytes_are_each_others_backwards_are_two() -> None:
    corpus = MANY[1] + MANY[256] + MANY
    assert metered(corpus, MANY[1] + MANY[1]).matches.tolist() == [1, 1]
    assert metered(corpus, MANY[1] + MANY[256]).matches.tolist() == [1, 2]


def test_a_corpus_is_read_over_the_edges_of_its_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memorization, "PIECE", 3)
    corpus = "".join(chr(0x4E00 + k * 31 % 300) for k in range(1000))
    assert metered(corpus, corpus[17:70] + corpus[:9]).matches.tolist() == [*range(1, 54), *range(1, 10)]
