"""What simple guessers reach on a text (`docs/spec.md` 3): fitted on its training part, scored on its held-out part."""

from collections import Counter
from collections.abc import Iterator
from math import fsum, log2

from rnntui.corpora.pairs import Pairs
from rnntui.schemas import CorpusBaselines


def measure(training: Pairs, held_out: Pairs, vocabulary: int) -> CorpusBaselines:
    """The baselines of a text by the pairs of its two parts, with add-one smoothing; at least 2 characters each.

    Scored are the characters that a network predicts: all but the first. Unseen contexts are uniform, and the likeliest
    guess takes the lowest character of a tie. Equal counts give equal bits.
    """
    before, scored = _margins(training)[0], _margins(held_out)[1]
    n = scored.total()
    seen = occurrences(training)
    total = seen.total() + vocabulary
    unigram = fsum(times * log2(total / (seen[token] + 1)) for token, times in scored.items())
    guess = min(seen, key=lambda token: (-seen[token], token))
    guesses = _likeliest_after(training)
    bigram = fsum(
        times * log2((before[context] + vocabulary) / (known + 1))
        for context, _, times, known in _beside(held_out, training)
    )
    right = sum(times for context, token, times, _ in _beside(held_out, training) if guesses.get(context, 0) == token)
    return CorpusBaselines(
        uniform=log2(vocabulary),
        unigram=unigram / n,
        bigram=bigram / n,
        uniform_accuracy=1 / vocabulary,
        unigram_accuracy=scored[guess] / n,
        bigram_accuracy=right / n,
    )


def occurrences(pairs: Pairs) -> Counter[int]:
    """How often each token occurs in what the pairs were counted in."""
    return _margins(pairs)[1] + Counter([] if pairs.first is None else [pairs.first])


def _margins(pairs: Pairs) -> tuple[Counter[int], Counter[int]]:
    """How often each token stands before another, and behind one."""
    before: Counter[int] = Counter()
    after: Counter[int] = Counter()
    for pair, times in pairs:
        context, token = pairs.split(pair)
        before[context] += times
        after[token] += times
    return before, after


def _likeliest_after(pairs: Pairs) -> dict[int, int]:
    """The token that follows each most often, the lowest of a tie."""
    best: dict[int, tuple[int, int]] = {}
    for pair, times in pairs:
        context, token = pairs.split(pair)
        best[context] = min(best.get(context, (0, 0)), (-times, token))
    return {context: token for context, (_, token) in best.items()}


def _beside(held_out: Pairs, training: Pairs) -> Iterator[tuple[int, int, int, int]]:
    """Of each pair of the held-out part: token, following token, how often, and how often in the training part."""
    trained = iter(training)
    known, seen = next(trained, (-1, 0))
    for pair, times in held_out:
        while known < pair:
            known, seen = next(trained, (1 << 64, 0))
        yield *held_out.split(pair), times, seen if known == pair else 0
