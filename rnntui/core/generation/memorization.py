"""Which passages of an output occur verbatim in the training text.

`matches[i]`, the length of the longest piece that ends with the output's character i and occurs in the training text,
says it all: the longest run is the largest of them, and an n-gram occurs where the one at its end is n or more. Both
texts are kept backwards, as characters of equal width: what ends at a character then begins there, and its longest
match is beside its place in the suffix array (Manber and Myers 1993), one binary search away.
"""

import math
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

import numpy as np
from pydivsufsort import divsufsort

LIMIT = 100_000_000  # characters: beyond it sorting takes more seconds and memory than the meter is worth
PIECE = 1 << 18  # characters looked at in one go: other threads run between two
NONE = b""  # the code of a character that the training text lacks
END = 0  # the offset of the training text's end: nothing goes on from there

Points = np.ndarray[Any, np.dtype[np.uint32]]
Offsets = np.ndarray[Any, np.dtype[np.int32]]


class Memory:
    """A training text of at most `LIMIT` characters and the order of its suffixes, read backwards.

    Built once, a tenth of a second a million characters; read-only then, for any number of meters and threads.
    It takes 5 bytes a character for a text of at most 256 different ones, 6 up to 65,536 and 8 above; each character
    takes `width` bytes of the text.
    """

    def __init__(self, text: str) -> None:
        assert len(text) <= LIMIT
        self._text, self.width, self._codes = _encode(text)
        self._order = _suffixes(self._text, self.width).data  # faster to index than the array

    def code(self, character: str) -> bytes:
        """The character's `width` bytes, `NONE` where the text lacks it."""
        return self._codes.get(character, NONE)

    def find(self, backwards: bytes) -> tuple[int, int]:
        """The longest beginning of an encoded, backward text that occurs: its characters, and the offset of one."""
        text, order, size = self._text, self._order, len(backwards)
        place = bisect_left(order, backwards, key=lambda offset: text[offset : offset + size])
        beside = order[max(place - 1, 0) : place + 1]
        matches = ((_common(backwards, text[offset : offset + size]) // self.width, offset) for offset in beside)
        return max(matches, default=(0, END))

    def goes_on(self, offset: int, code: bytes) -> bool:
        """Whether the character that follows what stands at an offset, one before it in the backward text, is this."""
        return self._text[offset - self.width : offset] == code[::-1]


class Meter:
    """Follows an output, character by character.

    `matches` has, for each character so far, the length of the longest piece that ends with it and is in the memory.
    """

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.matches = array("i")
        self._output = bytearray()  # encoded
        self._place = END  # an offset at which the last character's match stands

    def feed(self, text: str) -> None:
        """Go on with any number of characters."""
        memory, output, matches, place = self.memory, self._output, self.matches, self._place
        match = matches[-1] if matches else 0
        for character in text:
            code = memory.code(character)
            output += code or bytes(memory.width)
            if not code:
                match = 0
            elif memory.goes_on(place, code):
                match, place = match + 1, place - memory.width
            else:
                # No match is longer than the one before and its next character: none reaches over an unknown one.
                reach = (match + 1) * memory.width
                match, place = memory.find(bytes(output[: -reach - 1 : -1]))
            matches.append(match)
        self._place = place

    def cut(self, length: int) -> None:
        """Go back to the first so many characters."""
        del self.matches[length:]
        del self._output[length * self.memory.width :]
        self._place = END

    @property
    def longest(self) -> tuple[int, int]:
        """Start and end of the longest run that is in the memory, the first of equals; (0, 0) where there is none."""
        matches = np.asarray(self.matches)
        if not matches.any():
            return 0, 0
        last = int(matches.argmax())
        return last + 1 - int(matches[last]), last + 1

    def share(self, n: int) -> float:
        """The share of the output's n-grams (n at least 1) that are in the memory; nan where it is shorter than n."""
        count = len(self.matches) - n + 1
        return int((np.asarray(self.matches) >= n).sum()) / count if count > 0 else math.nan


def _encode(text: str) -> tuple[bytes, int, dict[str, bytes]]:
    """The text backwards, each character numbered in as few bytes as do; how many; and each one's bytes, forwards."""
    seen = np.zeros(sys.maxunicode + 1, bool)
    for points in _points(text):
        seen[points] = True
    vocabulary = np.flatnonzero(seen)
    width = np.min_scalar_type(max(len(vocabulary) - 1, 0))
    number = np.zeros(sys.maxunicode + 1, width)
    number[vocabulary] = np.arange(len(vocabulary))
    codes = np.empty(len(text), width)
    for k, points in enumerate(_points(text)):
        codes[k * PIECE : (k + 1) * PIECE] = number[points]
    backwards = np.ascontiguousarray(codes.view(np.uint8)[::-1]).tobytes()
    return backwards, width.itemsize, {chr(point): number[point].tobytes() for point in vocabulary}


def _points(text: str) -> Iterator[Points]:
    """The code points, a piece at a time; half of a surrogate pair is a character too."""
    for start in range(0, len(text), PIECE):
        yield np.frombuffer(text[start : start + PIECE].encode("utf-32-le", "surrogatepass"), "<u4")


def _suffixes(text: bytes, width: int) -> Offsets:
    """Where the suffixes that begin with a character begin, in bytes, in their order."""
    offsets: Offsets = divsufsort(text).view(np.int32)
    if width == 1:
        return offsets
    return np.concatenate([piece[piece % width == 0] for piece in np.array_split(offsets, len(text) // PIECE + 1)])


def _common(one: bytes, other: bytes) -> int:
    """How many bytes two texts have in common at their beginning."""
    size = min(len(one), len(other))
    difference = int.from_bytes(one[:size]) ^ int.from_bytes(other[:size])
    return size - (difference.bit_length() + 7) // 8
