"""What two texts do not have in common, by words, in a time that is bounded.

Invariant: taken out of their texts, the stretches that are gone and those that are new leave one and the same text.
Standard library only.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import accumulate

Stretch = tuple[int, int]  # where it begins and ends, in characters

# A word takes the space before it along, so that what is compared are words and not the spaces that are all alike.
# Scripts that write no spaces are compared by the character: from U+2E80 on.
TOKEN = re.compile(r" ?[^\W\u2e80-\U0010ffff]+| ?[^\w\s]|.", re.DOTALL)
WORD = re.compile(r"\S+")
MOST_PAIRS = 200_000  # of equal tokens, one in each text: the matcher looks at each, some several times


def differences(before: str, after: str) -> tuple[list[Stretch], list[Stretch]]:
    """The stretches of `before` that are gone and those of `after` that are new, merged and ascending.

    Texts in which too much repeats itself are compared position by position instead.
    """
    a, b = TOKEN.findall(before), TOKEN.findall(after)
    first = _common(a, b)
    last = _common(a[first:][::-1], b[first:][::-1])
    inner_a, inner_b = a[first : len(a) - last], b[first : len(b) - last]
    offset = sum(map(len, a[:first]))
    if _pairs(inner_a, inner_b) > MOST_PAIRS:
        gone, new = _by_position("".join(inner_a), "".join(inner_b))
    else:
        gone, new = _by_words(inner_a, inner_b)
    return _moved(gone, offset), _moved(new, offset)


def words_within(text: str, stretches: Sequence[Stretch], start: int = 0) -> tuple[int, int]:
    """How many words of a text, from `start` on, a stretch has a part in, and how many there are."""
    spans = [match.span() for match in WORD.finditer(text, start)]
    touched, k = 0, 0
    for begin, end in spans:
        while k < len(stretches) and stretches[k][1] <= begin:
            k += 1
        touched += k < len(stretches) and stretches[k][0] < end
    return touched, len(spans)


def _by_words(a: list[str], b: list[str]) -> tuple[list[Stretch], list[Stretch]]:
    at_a, at_b = [0, *accumulate(map(len, a))], [0, *accumulate(map(len, b))]
    changes = [
        operation for operation in SequenceMatcher(None, a, b, autojunk=False).get_opcodes() if operation[0] != "equal"
    ]
    gone = _merged((at_a[begin], at_a[end]) for _, begin, end, _, _ in changes)
    return gone, _merged((at_b[begin], at_b[end]) for _, _, _, begin, end in changes)


def _by_position(a: str, b: str) -> tuple[list[Stretch], list[Stretch]]:
    common = min(len(a), len(b))
    unlike = [(k, k + 1) for k in range(common) if a[k] != b[k]]
    return _merged([*unlike, (common, len(a))]), _merged([*unlike, (common, len(b))])


def _merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Ascending stretches, neighbours joined and empty ones left out."""
    merged: list[Stretch] = []
    for begin, end in stretches:
        if merged and merged[-1][1] == begin:
            merged[-1] = merged[-1][0], end
        elif begin < end:
            merged.append((begin, end))
    return merged


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """How many tokens are alike at the start."""
    return next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _pairs(a: list[str], b: list[str]) -> int:
    there = Counter(b)
    return sum(count * there[token] for token, count in Counter(a).items())


def _moved(stretches: list[Stretch], offset: int) -> list[Stretch]:
    return [(begin + offset, end + offset) for begin, end in stretches]
