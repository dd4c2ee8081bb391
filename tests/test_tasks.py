"""Palindromes and text: what a batch holds, what is held out, how it is scored."""

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy, one_hot

from rnntui import corpora
from rnntui.config import Settings, make_settings
from rnntui.core.kernels import as_values
from rnntui.core.model import Model
from rnntui.core.tasks import Regression, text
from rnntui.core.tasks.characters import Packed
from rnntui.core.tasks.palindrome import Palindrome, palindromes
from rnntui.core.tasks.text import PIECE, SHORTEST_STREAM, STREAMS, TextTask, encode, streams
from rnntui.core.training.learner import Learner

CPU = torch.device("cpu")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Numbers(Regression):
    """A regression whose answers are -1 and 1 alike often."""

    variance = 1.0


def test_always_answering_the_mean_of_a_regression_loses_the_variance_of_its_answers() -> None:
    task = Numbers(Settings(), CPU)
    loss, accuracy = task.loss_and_accuracy(torch.zeros(4, 1), torch.tensor([1.0, -1.0, -1.0, 1.0]))
    assert task.baselines()["mean"].loss == task.guess.loss == float(loss) == 1.0
    assert math.isnan(float(accuracy))
    assert math.isnan(task.guess.accuracy)


# Palindromes


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 10, 11, 50, 51])
def test_palindromes_are_palindromes(length: int) -> None:
    digits = palindromes(length, 64, generator())
    assert digits.shape == (length, 64)
    assert torch.equal(digits, digits.flip(0))
    half = digits[: (length + 1) // 2]
    assert len({tuple(column) for column in half.T.tolist()}) > 8


@pytest.mark.parametrize("length", [1, 2, 7, 10])
def test_the_target_is_the_last_digit_of_a_palindrome_that_the_inputs_begin(length: int) -> None:
    batch = Palindrome(Settings(length=length, batch=32), CPU).batch(generator())
    assert batch.inputs.shape == (length, 32)
    whole = torch.cat([batch.inputs, batch.targets.unsqueeze(0)])
    assert torch.equal(whole, whole.flip(0))
    assert batch.fresh


def test_digits_enter_as_scalars_from_0_to_9_or_one_hot() -> None:
    by_input = {kind: Palindrome(Settings(input=kind, length=6), CPU) for kind in ("scalar", "one-hot")}
    scalar, index = (by_input[kind].batch(generator()) for kind in ("scalar", "one-hot"))
    assert (by_input["scalar"].input_size, by_input["one-hot"].input_size) == (1, 10)
    assert scalar.inputs.dtype == torch.float32
    assert torch.equal(scalar.inputs, index.inputs.unsqueeze(-1).float())
    assert set(scalar.inputs.unique().tolist()) == set(range(10))
    assert torch.equal(scalar.targets, index.targets)
    model = Model(Settings(), 10, 10, "last")
    assert torch.equal(as_values(index.inputs, 10, model.W_ph), one_hot(index.inputs, 10).float())


def test_digits_are_uniform() -> None:
    task, source = Palindrome(Settings(length=9, batch=1000), CPU), generator(5)
    count = torch.bincount(torch.cat([task.batch(source).targets for _ in range(10)]), minlength=10).double()
    chi_square = float(((count - 1000) ** 2 / 1000).sum())
    assert 1.7 < chi_square < 23.6  # 99 % of chi-square with 9 degrees of freedom, both ways


def test_accuracy_is_the_share_of_right_guesses_and_loss_the_mean_cross_entropy() -> None:
    task = Palindrome(Settings(), CPU)
    logits = torch.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 0.0], [5.0, 0.0, 1.0], [0.0, 0.0, 3.0]])
    targets = torch.tensor([0, 1, 2, 2])
    loss, accuracy = task.loss_and_accuracy(logits, targets)
    expected = -torch.stack(
        [row.double().softmax(0)[target].log() for row, target in zip(logits, targets, strict=True)]
    )
    assert float(accuracy) == 0.75
    assert float(loss) == pytest.approx(float(expected.mean()), rel=1e-6)
    over_time = task.loss_and_accuracy(logits.view(2, 2, 3), targets.view(2, 2))
    assert torch.equal(torch.stack(over_time), torch.stack((loss, accuracy)))


# Text


def text_settings(corpus: Path, **given: object) -> Settings:
    return make_settings("text", {"corpus": str(corpus), "length": 7, "batch": 5, "hidden": 6, "threads": 1, **given})


def text_task(corpus: Path, **given: object) -> TextTask:
    return TextTask(text_settings(corpus, **given), CPU)


def test_targets_are_the_inputs_shifted_by_one_within_the_training_part(corpus: Path) -> None:
    task, source = text_task(corpus), generator()
    training = "".join(task.vocabulary[k] for k in task.training.tolist())
    for _ in range(5):
        batch = task.batch(source)
        assert batch.inputs.shape == batch.targets.shape == (7, 5)
        assert torch.equal(batch.inputs[1:], batch.targets[:-1])
        for inputs, targets in zip(batch.inputs.T, batch.targets.T, strict=True):
            window = [*inputs.tolist(), int(targets[-1])]
            assert "".join(task.vocabulary[k] for k in window) in training
        assert batch.fresh


def test_windows_begin_anywhere_from_the_first_character_to_the_last_that_leaves_room(
    make_corpus: Callable[..., Path],
) -> None:
    alphabet = "".join(chr(0x100 + k) for k in range(40))
    task = text_task(make_corpus(alphabet), batch=2000)
    assert set(task.batch(generator()).inputs[0].tolist()) == set(range(36 - 7))


def test_the_held_out_part_is_the_last_tenth_and_never_in_training(corpus: Path) -> None:
    task = text_task(corpus)
    text = corpora.load(str(corpus)).text
    decoded = ["".join(task.vocabulary[k] for k in part.tolist()) for part in (task.training, task.held_out)]
    assert "".join(decoded) == text
    assert len(decoded[1]) == len(text) // 10


def test_streams_go_on_where_they_ended_and_begin_anew_at_the_end(corpus: Path) -> None:
    task, source = text_task(corpus, stateful=True), generator()
    stream = len(task.training) // 5
    a_round = (stream - 1) // 7
    batches = [task.batch(source) for _ in range(2 * a_round)]
    assert [batch.fresh for batch in batches] == ([True] + [False] * (a_round - 1)) * 2
    for number, batch in enumerate(batches):
        at = number % a_round * 7
        for k in range(5):
            begin = k * stream + at
            assert torch.equal(batch.inputs[:, k], task.training[begin : begin + 7])
            assert torch.equal(batch.targets[:, k], task.training[begin + 1 : begin + 8])


def test_a_stateful_network_carries_its_state_and_drops_it_at_the_end(corpus: Path) -> None:
    settings = text_settings(corpus, stateful=True)
    learner, twin = Learner(settings), Learner(settings)
    a_round = (len(twin.task.training) // 5 - 1) // 7
    state = twin.model.initial_state(5)
    for step in range(a_round + 2):
        batch = twin.task.batch(twin.batches)
        if step in (0, a_round):
            state = twin.model.initial_state(5)
        with torch.inference_mode():
            logits, state = twin.model(batch.inputs, state)
            loss, _ = twin.task.loss_and_accuracy(logits, batch.targets)
        assert float(learner.train_one(1e-3, 5.0)[0]) == pytest.approx(float(loss), rel=1e-5)
        twin.theta.detach().copy_(learner.theta.detach())


def test_a_stream_shorter_than_a_window_is_refused_at_once(corpus: Path) -> None:
    with pytest.raises(ValueError, match=r"--stateful with --batch 1000 .* 3 characters"):
        text_task(corpus, stateful=True, batch=1000)


@given(st.integers(2, 3 * STREAMS * SHORTEST_STREAM))
@example(SHORTEST_STREAM * 2)
@example(SHORTEST_STREAM * 2 + 1)
@example(STREAMS * SHORTEST_STREAM + 1)
def test_held_out_streams_cover_each_character_but_the_first_once(count: int) -> None:
    characters = torch.arange(count)
    inputs, targets = streams(characters)
    assert inputs.shape == targets.shape
    known = targets.T.flatten() >= 0
    assert torch.equal(targets.T.flatten()[known], characters[1:])
    assert torch.equal(inputs.T.flatten()[known], characters[:-1])
    assert 1 <= inputs.shape[1] <= STREAMS
    assert inputs.shape[1] == 1 or len(inputs) >= SHORTEST_STREAM


@pytest.mark.parametrize("length", [300, 12_007])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_held_out_score_is_that_of_reading_its_streams_character_by_character(
    make_corpus: Callable[..., Path], cell: str, length: int
) -> None:
    text = "".join("abcdefgh"[k * k % 7 + k % 2] for k in range(length))
    learner = Learner(text_settings(make_corpus(text), cell=cell, dropout=0.5, layers=2))
    with torch.no_grad():
        learner.theta.mul_(3.0)
    task, model = learner.task, learner.model
    assert isinstance(task, TextTask)
    pieces = list(task.validate(model))
    inputs, targets = streams(task.held_out)
    loss, right, known = 0.0, 0, 0
    with torch.inference_mode():
        for column in range(inputs.shape[1]):
            state = model.initial_state(1)
            for index, target in zip(inputs[:, column], targets[:, column], strict=True):
                logits, state = model(index.view(1, 1), state)
                if target >= 0:
                    loss += float(cross_entropy(logits[0].double(), target.view(1)))
                    right += int(logits.argmax() == target)
                    known += 1
    assert known == len(task.held_out) - 1
    assert pieces[-1].done == 1.0
    assert pieces[-1].loss == pytest.approx(loss / known, rel=1e-5)
    assert pieces[-1].accuracy == right / known
    assert len(pieces) == -(-len(inputs) // PIECE) + 1
    assert all(a.done <= b.done for a, b in pairwise(pieces))


@given(st.text(st.characters(exclude_categories=[]), min_size=1))
@example("a𝄞b\U0010ffff\ud800é")
def test_encoding_gives_each_character_its_place_in_the_sorted_vocabulary(text: str) -> None:
    vocabulary = corpora.vocabulary(text)
    assert encode(text, vocabulary).tolist() == [vocabulary.index(character) for character in text]


def test_the_ends_of_parallel_streams_are_never_trained_on(make_corpus: Callable[..., Path]) -> None:
    content = "".join(map(chr, range(0x4E00, 0x4E00 + 200)))  # no character twice; 180 to train on
    task = TextTask(text_settings(make_corpus(content), stateful=True, batch=2, length=7), torch.device("cpu"))
    batches = [task.batch(torch.Generator()) for _ in range(2 * 90 // 7)]
    seen = torch.cat([torch.cat([batch.inputs.flatten(), batch.targets.flatten()]) for batch in batches])
    left_out = sorted(set(range(180)) - set(seen.tolist()))
    assert left_out == [85, 86, 87, 88, 89, 175, 176, 177, 178, 179]  # at most --length of each stream


@given(st.integers(1, 10_000))
def test_a_corpus_just_long_enough_holds_a_window_and_two_held_out_characters(length: int) -> None:
    def enough(count: int) -> bool:
        try:
            corpora.check_length(corpora.Small("x", (), "ASCII", None, "", 0, {}, "a" * count), length)
        except ValueError:
            return False
        return True

    def serves(count: int) -> bool:
        return count - count // 10 >= length + 1 and count // 10 >= 2

    shortest = next(count for count in range(max(1, length), 2 * length + 40) if serves(count))
    assert enough(shortest)
    assert not enough(shortest - 1)


def test_a_corpus_too_short_for_a_window_is_refused_in_words(make_corpus: Callable[..., Path]) -> None:
    with pytest.raises(ValueError, match="corpus 'small' has 20 characters: --length 50 needs at least 56"):
        text_task(make_corpus("abcdefghij" * 2), length=50)


@pytest.mark.parametrize(
    ("size", "kind", "stateful"),
    [(256, torch.uint8, False), (256, torch.uint8, True), (257, torch.int16, False), (32_769, torch.int32, False)],
)
def test_a_long_corpus_is_packed_and_read_as_a_short_one_is(
    make_corpus: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, size: int, kind: torch.dtype, stateful: bool
) -> None:
    corpus = make_corpus(
        "".join(chr(0x10000 + k * k % size) for k in range(2_000)) + "".join(map(chr, range(0x10000, 0x10000 + size)))
    )
    wide = text_task(corpus, stateful=stateful)
    monkeypatch.setattr(text, "LONG", 1_000)
    monkeypatch.setattr("rnntui.corpora.corpus.PIECE", 300)
    narrow = text_task(corpus, stateful=stateful)
    assert isinstance(wide.training, torch.Tensor)
    for plain, part in ((wide.training, narrow.training), (wide.held_out, narrow.held_out)):
        assert isinstance(part, Packed)
        assert part.tokens.dtype == kind
        assert torch.equal(part[torch.arange(len(part))], plain)
    ours, theirs = generator(1), generator(1)
    for _ in range(4):
        one, other = narrow.batch(ours), wide.batch(theirs)
        assert one.inputs.dtype == one.targets.dtype == torch.int64
        assert torch.equal(one.inputs, other.inputs)
        assert torch.equal(one.targets, other.targets)
        assert one.fresh == other.fresh


def test_a_network_learns_the_same_from_a_packed_corpus(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = text_settings(corpus)
    wide = Learner(settings)
    monkeypatch.setattr(text, "LONG", 1_000)
    narrow = Learner(settings)
    assert isinstance(narrow.task, TextTask)
    assert isinstance(narrow.task.training, Packed)
    for _ in range(3):
        assert float(wide.train_one(1e-2, 5.0)[0]) == float(narrow.train_one(1e-2, 5.0)[0])
    scores = [list(learner.task.validate(learner.model))[-1] for learner in (wide, narrow)]
    assert scores[0] == scores[1]


def test_a_task_tells_what_config_json_keeps_of_its_text(corpus: Path) -> None:
    task = text_task(corpus)
    facts = task.facts()
    assert facts.vocabulary == "".join(sorted(set(corpus.read_text())))
    assert facts.characters == len(corpus.read_text())
    assert set(task.baselines()) == {"uniform", "unigram", "bigram"}
