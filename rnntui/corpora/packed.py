"""Texts that are gzipped, read in place: unpacked a piece at a time, and no more than a bound of them."""

import zlib
from collections.abc import Iterator

from rnntui.corpora.decoding import Pieces
from rnntui.corpora.formats import GZIP

PIECE = 1 << 20  # bytes unpacked at a time
SLICE = 1 << 14  # packed bytes handed over at a time: what lies behind a member's end is copied at each end
EMPTY = 1_000  # members without a byte, one after the other: more are no text
_WITH_HEADER = 31  # of zlib's window sizes, that of a gzip file


def unpacked(raw: Pieces, most: int) -> Pieces | None:
    """What reads a gzipped file's text, of `most` bytes at most; `None` for what is not gzipped.

    What is read raises `ValueError` for a file that is damaged or cut, and for a larger one.
    """
    if next(raw(), b"")[: len(GZIP)] != GZIP:
        return None
    return lambda: _bounded(_unpacked(raw()), most)


def _bounded(pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    left = most
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise ValueError(
                f"gzipped and more than {most >> 20} MiB unpacked, too large to read in place: `rnntui corpora "
                f"add NAME FILE` unpacks it"
            )
        yield piece


def _unpacked(packed: Iterator[bytes]) -> Iterator[bytes]:
    """The text of a gzip file: of its members, one after the other."""
    member, empty = zlib.decompressobj(_WITH_HEADER), 0
    for rest in _slices(packed):
        while rest or member.unconsumed_tail:
            if member.eof:
                rest = rest.lstrip(b"\0")  # padding, which gzip allows
                if not rest:
                    break
                member, empty = zlib.decompressobj(_WITH_HEADER), empty + 1
            try:
                piece = member.decompress(rest, PIECE)
            except zlib.error:
                raise _damaged() from None
            empty = 0 if piece else empty
            if empty > EMPTY:
                raise _damaged()
            yield piece
            rest = member.unused_data if member.eof else member.unconsumed_tail
    if not member.eof:
        raise _damaged()


def _slices(packed: Iterator[bytes]) -> Iterator[bytes]:
    for piece in packed:
        yield from (piece[start : start + SLICE] for start in range(0, len(piece), SLICE))


def _damaged() -> ValueError:
    return ValueError("a damaged or truncated gzip file: fetch or pack it again")
