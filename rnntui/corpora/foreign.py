"""Whether bytes read as a Western single-byte encoding look like words of another one: Cyrillic, Greek, Hebrew.

Invariant: the same bytes give the same answer, whatever the pieces. In Western languages a letter beyond ASCII stands
among ASCII letters; where it mostly stands beside another such, the words are of another script.
"""

from collections.abc import Iterable, Iterator

SUSPICIOUS = 1 / 3  # share of all pairs of letters
_KINDS = bytes(
    ord("h") if byte >= 0xC0 else ord("l") if chr(byte).isalpha() and byte < 0x80 else ord(" ") for byte in range(256)
)


class Letters:
    """Counts the pairs of letters in bytes that pass by: all, and those of two letters from 0xC0 to 0xFF."""

    def __init__(self) -> None:
        self._pairs = self._high_pairs = 0
        self._last = b" "

    def passing(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The same pieces, counted."""
        for piece in pieces:
            yield piece
            self._count(piece)

    @property
    def look_foreign(self) -> bool:
        """Whether so many pairs of letters are high ones that the text is hardly of a Western language."""
        return self._high_pairs > SUSPICIOUS * self._pairs

    def _count(self, piece: bytes) -> None:
        seen = self._last + piece.translate(_KINDS)
        high, low = seen.count(b"h", 1), seen.count(b"l", 1)  # letters that have something before them
        behind_none = seen.count(b" h")
        self._pairs += high + low - behind_none - seen.count(b" l")
        self._high_pairs += high - behind_none - seen.count(b"lh")
        self._last = seen[-1:]
