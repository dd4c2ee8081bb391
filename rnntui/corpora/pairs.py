"""Tokens, and how often each pair of neighbours occurs, in bounded memory.

A token is a character's index in the sorted vocabulary, as wide as the vocabulary needs, in the machine's byte order.
"""

import codecs
import heapq
import sys
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, Literal

MOST_PAIRS = 1 << 20  # different ones in memory; past it they are put down in a file
BLOCK = 1 << 14  # of counts read back at a time
_UNSIGNED: dict[int, Literal["B", "H", "I", "Q"]] = {1: "B", 2: "H", 4: "I", 8: "Q"}
_NO_CHARACTER = "\ufffe"  # of a codec's map: what stands for nothing
_WIDTH_OF = ((1 << 8, 1), (1 << 16, 2), (1 << 32, 4))


def width_of(vocabulary: int) -> int:
    """Bytes of a token for a vocabulary of that many characters: 1, 2 or 4."""
    return next(width for most, width in _WIDTH_OF if vocabulary <= most)


def values(tokens: "bytes | memoryview[int]", width: int) -> "memoryview[int]":
    """The tokens as numbers."""
    return memoryview(tokens).cast(_UNSIGNED[width])


def encoder(vocabulary: tuple[str, ...]) -> Callable[[str], bytes]:
    """What makes tokens of a text that has no other characters than those of the vocabulary."""
    width = width_of(len(vocabulary))
    index = {character: k for k, character in enumerate(vocabulary)}
    if len(vocabulary) < 1 << 8 and _NO_CHARACTER not in vocabulary:
        return _byte_encoder(vocabulary)
    if width <= 2:
        table = {ord(character): k for character, k in index.items()}
        order = "le" if sys.byteorder == "little" else "be"
        codec = "latin-1" if width == 1 else f"utf-16-{order}"
        return lambda text: text.translate(table).encode(codec, "strict" if width == 1 else "surrogatepass")
    return lambda text: array(_UNSIGNED[width], map(index.__getitem__, text)).tobytes()


def decoder(vocabulary: tuple[str, ...]) -> Callable[[bytes], str]:
    """What makes text of tokens."""
    width = width_of(len(vocabulary))
    return lambda tokens: "".join(map(vocabulary.__getitem__, values(tokens, width)))


def _byte_encoder(vocabulary: tuple[str, ...]) -> Callable[[str], bytes]:
    # A codec's own map is six times as fast as a dict's; it wants 0 for NUL, so that all tokens are 1 too high.
    mapping = codecs.charmap_build("\0" + "".join(vocabulary).ljust(255, _NO_CHARACTER))
    one_less = bytes((k - 1) % 256 for k in range(256))
    return lambda text: codecs.charmap_encode(text, "strict", mapping)[0].translate(one_less)


class Pairs:
    """Counts the pairs of neighbours among tokens that are fed in pieces.

    `folder` is where a temporary file without a name may lie for what does not fit into memory; without one all of it
    stays in memory.
    """

    def __init__(self, width: int, folder: Path | None = None) -> None:
        self.first: int | None = None  # the first token
        self._width, self._folder = width, folder
        self._last = b""
        self._counts: Counter[int] = Counter()
        self._put_down: list[BinaryIO] = []

    def feed(self, tokens: bytes) -> None:
        """Count the pairs of the next tokens, and the one with the token before them."""
        if not tokens:
            return
        if self.first is None:
            self.first = values(tokens, self._width)[0]
        joined = self._last + tokens
        self._last = joined[-self._width :]
        for offset in (0, self._width):
            whole = (len(joined) - offset) // (2 * self._width) * 2 * self._width
            self._counts.update(values(memoryview(joined)[offset : offset + whole], 2 * self._width))
        if self._folder is not None and len(self._counts) > MOST_PAIRS:
            self._put_down.append(_put_down(sorted(self._counts.items()), self._folder))
            self._counts.clear()

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Each different pair once, as one number that `split` takes apart, and how often; the numbers rise."""
        if self._put_down and self._folder is not None:
            self._put_down = [_put_down(self._merged(), self._folder)]  # one after the first time: merging is slow
            self._counts.clear()
        return self._merged()

    def _merged(self) -> Iterator[tuple[int, int]]:
        parts = [*map(_taken_up, self._put_down), iter(sorted(self._counts.items()))]
        for pair, alike in groupby(heapq.merge(*parts) if len(parts) > 1 else parts[0], key=itemgetter(0)):
            yield pair, sum(count for _, count in alike)

    def split(self, pair: int) -> tuple[int, int]:
        """A token and the one that follows it."""
        high, low = divmod(pair, 1 << 8 * self._width)
        return (low, high) if sys.byteorder == "little" else (high, low)


def _put_down(counts: Iterable[tuple[int, int]], folder: Path) -> BinaryIO:
    """A file without a name, gone when it is closed, that holds rising pairs and their counts."""
    file: BinaryIO = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed with the counts)
    for count in counts:
        file.write(array("Q", count).tobytes())
    return file


def _taken_up(file: BinaryIO) -> Iterator[tuple[int, int]]:
    file.seek(0)
    while block := file.read(16 * BLOCK):
        numbers = memoryview(block).cast("Q")
        yield from zip(numbers[::2], numbers[1::2], strict=True)
