"""From bytes to the text a network learns, and in words what was done on the way.

Invariant: the same bytes give the same text, at once or in pieces, whatever the pieces. Nothing is left out or cut
without a note. What is held in memory does not grow with the bytes.
"""

import codecs
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from rnntui.corpora.foreign import Letters
from rnntui.corpora.markers import Search, Span, books, cut

# Without tab, newline, form feed and carriage return, which are a text's own.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_MOST_CONTROLS = 0.01  # of all characters; above it a file counts as binary
_WINDOWS_ONLY = re.compile(rb"[\x80-\x9f]")
_WINDOWS_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_ASCII = bytes(range(128))
_REPLACEMENT = "\ufffd"
_UTF_16 = {codecs.BOM_UTF16_LE: ("utf-16-le", "UTF-16 LE"), codecs.BOM_UTF16_BE: ("utf-16-be", "UTF-16 BE")}
_MARKED = "with a byte-order mark"
_GUESSED = {  # encodings that any bytes could be in, and what is said where it is doubtful
    name: f"{name} may be wrong: it looks like another single-byte encoding (convert the file to UTF-8)"
    for name in ("Windows-1252", "ISO-8859-1")
}

Pieces = Callable[[], Iterator[bytes]]  # begins to read the bytes, from the first


@dataclass(frozen=True)
class Decoded:
    """A text, the encoding its bytes were in, and one short sentence for each thing done to it."""

    text: str
    encoding: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Encoding:
    """How bytes become characters: which of them, by what codec, and what is said of those left out."""

    name: str
    codec: str
    begin: int = 0
    end: int | None = None
    errors: str = "strict"
    odd: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """A text that can be read in pieces, as often as one likes, and what was done to it."""

    encoding: str
    notes: tuple[str, ...]
    pieces: Callable[[], Iterator[str]]


def decode(raw: bytes, lower: bool = False) -> Decoded:
    """The text of a file's bytes at once; see `read`."""
    reading = read(lambda: iter([raw]), lower)
    return Decoded("".join(reading.pieces()), reading.encoding, reading.notes)


def read(raw: Pieces, lower: bool = False) -> Reading:
    """How to read bytes as text, with LF line ends and without Project Gutenberg's header and licence.

    The encoding is told by a byte-order mark (UTF-8, UTF-16), else it is UTF-8 where the bytes are that, else
    Windows-1252 where bytes 0x80-0x9F mean something there, else ISO-8859-1; a note doubts that where the words look
    like those of another single-byte encoding. `lower` makes each character lower case
    by itself (`lowered`). The bytes are read twice here. Raises `ValueError` for a binary file: one with a NUL, or with
    more than 1 % control characters.
    """
    encoding = _examined(raw())
    ends = io.IncrementalNewlineDecoder(None, translate=True)
    search = Search()
    letters = Letters()
    counted = letters.passing(raw()) if encoding.name in _GUESSED else raw()
    for piece in _with_unix_ends(_sound(_characters(counted, encoding)), ends):
        search.feed(piece)
    spans, said = _books(search)

    def pieces() -> Iterator[str]:
        text = _with_unix_ends(_characters(raw(), encoding), io.IncrementalNewlineDecoder(None, translate=True))
        text = text if spans is None else cut(text, spans)
        return map(lowered, text) if lower else text

    if spans is not None:
        kept = sum(len(piece) for piece in cut(_with_unix_ends(_characters(raw(), encoding), ends), spans))
        said = f"Project Gutenberg's header and licence cut ({_count(search.length - kept, 'character')})"
    doubts = (_GUESSED[encoding.name],) if letters.look_foreign else ()
    notes = (f"decoded as {encoding.name}", *encoding.odd, *doubts, *_end_notes(ends.newlines), said)
    return Reading(encoding.name, (*notes, *([LOWERED] if lower else [])), pieces)


LOWERED = "made lower case"


def lowered(text: str) -> str:
    """Each character made lower case by itself, so that a text in pieces becomes what it becomes at once.

    `str.lower` looks at a character's neighbours for the final sigma only, which is therefore σ here, never ς;
    İ becomes two characters.
    """
    return text.replace("Σ", "σ").lower()


# --- which encoding -------------------------------------------------------------------------------------------------


class _Utf8:
    """What bytes are as UTF-8, counted while they pass by in pieces."""

    def __init__(self) -> None:
        self.characters = self.beyond_ascii = self.broken = self.left_out = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._tail = b""

    def feed(self, piece: bytes, final: bool = False) -> None:
        if piece.isascii() and not self._decoder.getstate()[0]:
            self._tail = b""
            return
        text = self._decoder.decode(piece, final)
        seen = self._tail + piece
        broken = text.count(_REPLACEMENT) - seen.count(_REPLACEMENT.encode())
        self._tail = seen[-2:]
        self.broken += broken
        self.beyond_ascii += len(text) - (len(piece) - len(piece.translate(None, _ASCII)))
        self.left_out += len(piece) - len(text.encode()) + 3 * broken

    @property
    def is_likely(self) -> bool:
        """Whether valid multi-byte characters outnumber broken ones by ten to one: a cut tail, a stray byte."""
        return self.beyond_ascii - self.broken >= 10 * self.broken

    def encoding(self, name: str, begin: int) -> _Encoding:
        if not self.broken:
            return _Encoding(name, "utf-8", begin)
        are = "is" if self.left_out == 1 else "are"
        odd = (f"{_count(self.left_out, 'byte')} that {are} not UTF-8 left out",)
        return _Encoding(name, "utf-8", begin, errors="ignore", odd=odd)


def _examined(pieces: Iterator[bytes]) -> _Encoding:
    """The encoding of bytes that come in pieces; they are read once, to the last."""
    head, pieces = _head(pieces)
    if head[:2] in _UTF_16:
        return _utf_16(head[:2], len(head) + sum(map(len, pieces)))
    begin = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    utf_8, is_ascii, windows_only, windows_undefined = _Utf8(), True, False, False
    piece = head[begin:]
    while True:
        if b"\0" in piece:
            raise ValueError("a binary file (it holds NUL bytes; UTF-16 needs its byte-order mark): a corpus is text")
        utf_8.feed(piece)
        if not piece.isascii():
            is_ascii = False
            windows_only = windows_only or _WINDOWS_ONLY.search(piece) is not None
            windows_undefined = windows_undefined or _WINDOWS_UNDEFINED.search(piece) is not None
        following = next(pieces, None)
        if following is None:
            break
        piece = following
    utf_8.feed(b"", final=True)
    if begin:
        return utf_8.encoding(f"UTF-8 {_MARKED}", begin)
    if is_ascii:
        return _Encoding("ASCII", "ascii")
    if utf_8.is_likely:
        return utf_8.encoding("UTF-8", 0)
    if windows_only and not windows_undefined:
        return _Encoding("Windows-1252", "windows-1252")
    return _Encoding("ISO-8859-1", "iso-8859-1")


def _head(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, enough to hold any byte-order mark, and the pieces behind them."""
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= len(codecs.BOM_UTF8):
            break
    return head, pieces


def _utf_16(mark: bytes, size: int) -> _Encoding:
    codec, name = _UTF_16[mark]
    odd = ("an odd last byte left out",) if size % 2 else ()
    return _Encoding(f"{name} {_MARKED}", codec, len(mark), size - size % 2, odd=odd)


# --- characters -----------------------------------------------------------------------------------------------------


def _characters(pieces: Iterator[bytes], encoding: _Encoding) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding.codec)(encoding.errors)
    try:
        for piece in _between(pieces, encoding.begin, encoding.end):
            yield decoder.decode(piece)
        yield decoder.decode(b"", True)
    except UnicodeDecodeError:
        raise ValueError("a binary file (it begins like UTF-16 and is not): a corpus is text") from None


def _between(pieces: Iterable[bytes], begin: int, end: int | None) -> Iterator[bytes]:
    at = 0
    for piece in pieces:
        stop = len(piece) if end is None else max(0, end - at)
        yield piece[max(0, begin - at) : stop]
        at += len(piece)


def _sound(pieces: Iterable[str]) -> Iterator[str]:
    """The same pieces; a `ValueError` at the first NUL, and at the end where too many control characters passed by."""
    controls = length = 0
    for piece in pieces:
        if "\0" in piece:
            raise ValueError("a binary file (it holds NUL characters): a corpus is text")
        controls += sum(1 for _ in _CONTROLS.finditer(piece))
        length += len(piece)
        yield piece
    if controls > _MOST_CONTROLS * length:
        share = controls / length
        raise ValueError(f"a binary file ({share:.0%} of its characters are control characters): a corpus is text")


def _with_unix_ends(pieces: Iterable[str], ends: io.IncrementalNewlineDecoder) -> Iterator[str]:
    for piece in pieces:
        yield ends.decode(piece)
    yield ends.decode("", final=True)


def _end_notes(newlines: str | tuple[str, ...] | None) -> list[str]:
    seen = newlines if isinstance(newlines, tuple) else (newlines,)
    notes = {"\r\n": "CRLF line ends made LF", "\r": "lone CR line ends made LF"}
    return [note for end, note in notes.items() if end in seen]


def _books(search: Search) -> tuple[list[Span] | None, str]:
    """The parts to keep, `None` for all of it, and why."""
    markers = search.markers()
    if not markers:
        return None, "no Project Gutenberg markers: nothing cut"
    kinds = [marker.kind for marker in markers]
    if len(set(kinds)) == 1:
        return None, f"Project Gutenberg's {kinds[0]} marker stands without the other: nothing cut"
    if (kinds[0], kinds[-1]) != ("START", "END"):
        return None, "Project Gutenberg's markers stand in the wrong order: nothing cut"
    return books(markers), ""


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
