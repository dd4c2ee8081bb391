"""From bytes to the training text, with notes in words on every change made on the way.

Invariant: the same bytes give the same text, at once or in pieces, whatever the pieces. Nothing is left out or cut
without a note. What is held in memory does not grow with the bytes.
"""

import codecs
import encodings.aliases
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol

from rnntui.config import nearest
from rnntui.corpora import detection
from rnntui.corpora.detection import ByteSample, Guess, Wide, display_name
from rnntui.corpora.formats import LONGEST, described
from rnntui.corpora.markers import MarkerSearch, Span, books, cut

# Without tab, newline, form feed and carriage return, which are a text's own.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_MOST_CONTROLS = 0.01  # of all characters; above it a file counts as binary
_MOST_FAULTS = 0.01  # of all characters: above it they are not in the encoding that was guessed
_WINDOWS_ONLY = re.compile(rb"[\x80-\x9f]")
_WINDOWS_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_ASCII = bytes(range(128))
_REPLACEMENT = "\ufffd"
_MARK = "\ufeff"  # a byte-order mark, decoded
_MARKS = (  # the longer ones first: UTF-16's begins UTF-32's
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32 LE", 4),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32 BE", 4),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16 LE", 2),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16 BE", 2),
)
_MARKED = "with a byte-order mark"
_ESCAPES = re.compile(rb"\x1b\$[@B]")  # with which Japanese begins in ISO-2022-JP
_SURROGATES = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")  # one character in CESU-8
_CESU_8 = "cesu-8"
_NO_TEXT = ("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape")  # codecs of something else

WESTERN = "western"  # UTF-8, else Windows-1252 or ISO-8859-1: the only encodings that were told before others were
GUESSED = "a guess: --encoding NAME takes another"
DOUBTFUL = "a doubtful guess: look at the text, and name its encoding with --encoding"
LOWERED = "converted to lower case"

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
    is_guess: bool = False
    is_named: bool = False  # by the user, who need not know of a byte-order mark


@dataclass(frozen=True)
class DecodedText:
    """A text that can be read in pieces, as often as one likes, and what was done to it.

    `guess` is the encoding where it was guessed, as `read` takes it back; `is_doubtful` where little speaks for it.
    """

    encoding: str
    notes: tuple[str, ...]
    pieces: Callable[[], Iterator[str]]
    guess: str = ""

    @property
    def is_doubtful(self) -> bool:
        return DOUBTFUL in self.notes


def decode(raw: bytes, lower: bool = False, encoding: str = "") -> Decoded:
    """The text of a file's bytes at once; see `read`."""
    reading = read(lambda: iter([raw]), lower, encoding)
    return Decoded("".join(reading.pieces()), reading.encoding, reading.notes)


def read(raw: Pieces, lower: bool = False, encoding: str = "", guessed: str = "") -> DecodedText:
    """How to read bytes as text, with LF line ends and without Project Gutenberg's header and licence.

    The encoding is the one named; else it is told by a byte-order mark, else it is UTF-8 where the bytes are that, else
    it is guessed, and a note says so; `guessed` is what was guessed before. `lower` makes each character lower case by
    itself (`lowered`). The bytes are read twice here, three times where the encoding is guessed. Raises `ValueError`
    for a binary file, one with a NUL or with more than 1 % control characters, for one that is no text by its first
    bytes (`formats`), for an encoding that is unknown, and for bytes that are not in the one that was named.
    """
    found = _by_guess(Guess(guessed, False), _faults(raw(), guessed)[0]) if guessed else _chosen(raw, encoding)
    ends = io.IncrementalNewlineDecoder(None, translate=True)
    search = MarkerSearch()
    what = f"no text in {found.name}" if found.is_named else "a binary file"
    for piece in _with_unix_ends(_sound(_characters(raw(), found), what), ends):
        search.feed(piece)
    spans, said = _books(search)

    def pieces() -> Iterator[str]:
        text = _with_unix_ends(_characters(raw(), found), io.IncrementalNewlineDecoder(None, translate=True))
        text = text if spans is None else cut(text, spans)
        return map(lowered, text) if lower else text

    if spans is not None:
        kept = sum(len(piece) for piece in cut(_with_unix_ends(_characters(raw(), found), ends), spans))
        said = f"Project Gutenberg's header and licence cut ({_count(search.length - kept, 'character')})"
    notes = (f"decoded as {found.name}", *found.odd, *_end_notes(ends.newlines), said)
    return DecodedText(
        found.name, (*notes, *([LOWERED] if lower else [])), pieces, found.codec if found.is_guess else ""
    )


def lowered(text: str) -> str:
    """Each character made lower case by itself, so that a text in pieces becomes what it becomes at once.

    `str.lower` looks at a character's neighbours for the final sigma only, which is therefore σ here, never ς;
    İ becomes two characters.
    """
    return text.replace("Σ", "σ").lower()


def codec_of(name: str) -> str:
    """The codec of an encoding that a user named. Raises `ValueError` for one that there is not."""
    if name.lower().replace("_", "-") == _CESU_8:
        return _CESU_8
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        known = {*encodings.aliases.aliases, *encodings.aliases.aliases.values()}
        near = nearest(name.lower().replace("-", "_"), known)
        raise ValueError(
            f"--encoding {name!r} is unknown{near}: give one that Python knows, such as utf-8, cp1250, iso-8859-2 or "
            f"shift_jis"
        ) from None
    if not getattr(info, "_is_text_encoding", True) or info.name in _NO_TEXT or info.incrementaldecoder is None:
        raise ValueError(f"--encoding {name!r} is not a text encoding: give one such as utf-8, cp1250 or shift_jis")
    return info.name


# --- which encoding -------------------------------------------------------------------------------------------------


class _Utf8:
    """What bytes are as UTF-8, counted while they pass by in pieces."""

    def __init__(self) -> None:
        self.characters = self.beyond_ascii = self.broken = self.left_out = 0
        self.surrogates = 0  # characters that are written as two of them
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._tail = self._last = b""

    def feed(self, piece: bytes, final: bool = False) -> None:
        if piece.isascii() and not self._decoder.getstate()[0]:
            self._tail = self._last = b""
            return
        text = self._decoder.decode(piece, final)
        seen = self._tail + piece
        broken = text.count(_REPLACEMENT) - seen.count(_REPLACEMENT.encode())
        self._tail = seen[-2:]
        self.broken += broken
        self.beyond_ascii += len(text) - (len(piece) - len(piece.translate(None, _ASCII)))
        self.left_out += len(piece) - len(text.encode()) + 3 * broken
        self.surrogates += len(_SURROGATES.findall(self._last + piece))
        self._last = (self._last + piece)[-5:]

    @property
    def is_likely(self) -> bool:
        """Whether valid multi-byte characters outnumber broken ones by ten to one: a cut tail, a stray byte."""
        return self.beyond_ascii - self.broken >= 10 * self.broken

    @property
    def is_cesu_8(self) -> bool:
        """Whether all that is broken are pairs of surrogates."""
        return self.surrogates > 0 and self.broken == 6 * self.surrogates

    def encoding(self, name: str, begin: int) -> _Encoding:
        if not self.broken:
            return _Encoding(name, "utf-8", begin)
        are = "is" if self.left_out == 1 else "are"
        odd = (f"{_count(self.left_out, 'byte')} that {are} not UTF-8 left out",)
        return _Encoding(name, "utf-8", begin, errors="ignore", odd=odd)


class _Seen:
    """All that is counted of bytes while they pass by for the first time."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.head, pieces = _head(pieces)
        self.begin = len(codecs.BOM_UTF8) if self.head.startswith(codecs.BOM_UTF8) else 0
        self.utf_8, self.wide, self.sample = _Utf8(), Wide(), ByteSample()
        self.is_ascii, self.has_escapes = True, False
        self.windows_only = self.windows_undefined = False
        self._tail = b""
        self._feed(self.head)
        for piece in pieces:
            self._feed(piece)
        self.utf_8.feed(b"", final=True)

    def _feed(self, piece: bytes) -> None:
        self.utf_8.feed(piece if self.wide.size else piece[self.begin :])
        self.wide.feed(piece)
        if not piece.isascii():
            self.is_ascii = False
            self.windows_only = self.windows_only or _WINDOWS_ONLY.search(piece) is not None
            self.windows_undefined = self.windows_undefined or _WINDOWS_UNDEFINED.search(piece) is not None
        self.has_escapes = self.has_escapes or _ESCAPES.search(self._tail + piece) is not None
        self._tail = piece[-2:]
        self.sample.feed(piece)

    @property
    def western(self) -> _Encoding:
        """Windows-1252 where bytes 0x80-0x9F all mean something there, else ISO-8859-1."""
        name, codec = ("ISO-8859-1", "iso8859-1")
        if self.windows_only and not self.windows_undefined:
            name, codec = "Windows-1252", "cp1252"
        return _Encoding(name, codec, is_guess=True)


def _chosen(raw: Pieces, encoding: str) -> _Encoding:
    """The encoding that was asked for, else the one that the bytes are in."""
    if encoding and encoding != WESTERN:
        codec = codec_of(encoding)
        return _Encoding(display_name(codec), codec, is_named=True)
    seen = _Seen(raw())
    certain = _certain(seen)
    if certain is not None:
        return certain
    if encoding == WESTERN:
        return seen.western
    guessed = _guessed(seen)
    if guessed.codec == detection.WESTERN:
        return _said_guessed(seen.western, is_doubtful=guessed.is_doubtful)
    faults, characters = _faults(raw(), guessed.codec)
    if faults <= _MOST_FAULTS * characters:
        return _by_guess(guessed, faults)
    return _Encoding("ASCII", "ascii") if seen.is_ascii else _said_guessed(seen.western, is_doubtful=True)


def _certain(seen: _Seen) -> _Encoding | None:
    """What leaves no doubt: a byte-order mark, ASCII, UTF-8. Raises `ValueError` for what is no text."""
    if what := described(seen.head):
        raise ValueError(what)
    for mark, codec, name, width in _MARKS:
        if seen.head.startswith(mark):
            return _marked(mark, codec, name, seen.wide.size, width)
    if sum(seen.wide.nuls):
        if seen.wide.codec:
            return None
        raise ValueError("a binary file (it contains NUL bytes and is not UTF-16 or UTF-32): a corpus is text")
    if seen.begin:
        return seen.utf_8.encoding(f"UTF-8 {_MARKED}", seen.begin)
    if seen.is_ascii:
        return None if seen.has_escapes else _Encoding("ASCII", "ascii")
    if seen.utf_8.is_cesu_8:
        return _Encoding("CESU-8", _CESU_8)
    return seen.utf_8.encoding("UTF-8", 0) if seen.utf_8.is_likely else None


def _guessed(seen: _Seen) -> Guess:
    if sum(seen.wide.nuls):
        return Guess(seen.wide.codec, is_doubtful=False)
    return Guess("iso2022_jp", is_doubtful=False) if seen.is_ascii else detection.guess(seen.sample.content())


def _said_guessed(encoding: _Encoding, *, is_doubtful: bool) -> _Encoding:
    return replace(encoding, odd=(DOUBTFUL if is_doubtful else GUESSED, *encoding.odd))


def _by_guess(guessed: Guess, faults: int) -> _Encoding:
    """A guessed encoding, and how many places of the text are left out for it has no character there."""
    name = display_name(guessed.codec)
    odd = (f"{_count(faults, 'place')} that {'is' if faults == 1 else 'are'} not {name} left out",) if faults else ()
    made = _Encoding(name, guessed.codec, errors="ignore", odd=odd, is_guess=True)
    return _said_guessed(made, is_doubtful=guessed.is_doubtful)


def _faults(pieces: Iterable[bytes], codec: str) -> tuple[int, int]:
    """At how many places bytes stand for nothing in an encoding, and the number of all characters."""
    decoder = _decoder(codec, "replace")
    faults = characters = 0
    for piece in pieces:
        text = decoder.decode(piece)
        faults, characters = faults + text.count(_REPLACEMENT), characters + len(text)
    text = decoder.decode(b"", True)
    return faults + text.count(_REPLACEMENT), characters + len(text)


def _head(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, enough to hold any byte-order mark and signature, and the pieces behind them."""
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= LONGEST:
            break
    return head, pieces


def _marked(mark: bytes, codec: str, name: str, size: int, width: int) -> _Encoding:
    extra = size % width
    odd = ("an odd last byte left out" if extra == 1 else f"{extra} odd last bytes left out",) if extra else ()
    return _Encoding(f"{name} {_MARKED}", codec, len(mark), size - extra, odd=odd)


# --- characters -----------------------------------------------------------------------------------------------------


class _Decoder(Protocol):
    """What makes characters of bytes that come in pieces."""

    def decode(self, piece: bytes, final: bool = False, /) -> str: ...


class _Cesu8:
    """CESU-8: UTF-8 in which a character beyond U+FFFF is two surrogates of three bytes each."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
        self._held = ""  # the first of two surrogates

    def decode(self, piece: bytes, final: bool = False, /) -> str:
        text = self._held + self._decoder.decode(piece, final)
        self._held = text[-1:] if not final and "\ud800" <= text[-1:] <= "\udbff" else ""
        text = text[: len(text) - len(self._held)]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _decoder(codec: str, errors: str) -> _Decoder:
    return _Cesu8() if codec == _CESU_8 else codecs.getincrementaldecoder(codec)(errors)


def _characters(pieces: Iterator[bytes], encoding: _Encoding) -> Iterator[str]:
    """The characters. Raises `ValueError` where bytes stand for none in an encoding that may leave none out."""
    decoder = _decoder(encoding.codec, encoding.errors)
    at, may_begin_with_mark = encoding.begin, encoding.is_named
    try:
        for piece in chain(_between(pieces, encoding.begin, encoding.end), [None]):
            text = decoder.decode(b"", True) if piece is None else decoder.decode(piece)
            at += len(piece or b"")
            yield text.removeprefix(_MARK) if may_begin_with_mark else text
            may_begin_with_mark = may_begin_with_mark and not text
    except UnicodeDecodeError as error:
        if not encoding.is_named:
            raise ValueError("a binary file (it begins like UTF-16 or UTF-32 and is not): a corpus is text") from None
        byte, place = error.object[error.start], at - (len(error.object) - len(piece or b"")) + error.start
        raise ValueError(
            f"not in {encoding.name} (byte 0x{byte:02X} at offset {place:,} has no meaning in it): a corpus is text"
        ) from None


def _between(pieces: Iterable[bytes], begin: int, end: int | None) -> Iterator[bytes]:
    at = 0
    for piece in pieces:
        stop = len(piece) if end is None else max(0, end - at)
        yield piece[max(0, begin - at) : stop]
        at += len(piece)


def _sound(pieces: Iterable[str], what: str) -> Iterator[str]:
    """The same pieces; a `ValueError` at the first NUL, and at the end where too many control characters passed by."""
    controls = length = 0
    for piece in pieces:
        if "\0" in piece:
            raise ValueError(f"{what} (it contains NUL characters): a corpus is text")
        controls += sum(1 for _ in _CONTROLS.finditer(piece))
        length += len(piece)
        yield piece
    if controls > _MOST_CONTROLS * length:
        share = controls / length
        raise ValueError(f"{what} ({share:.0%} of its characters are control characters): a corpus is text")


def _with_unix_ends(pieces: Iterable[str], ends: io.IncrementalNewlineDecoder) -> Iterator[str]:
    for piece in pieces:
        yield ends.decode(piece)
    yield ends.decode("", final=True)


def _end_notes(newlines: str | tuple[str, ...] | None) -> list[str]:
    seen = newlines if isinstance(newlines, tuple) else (newlines,)
    notes = {"\r\n": "CRLF line ends converted to LF", "\r": "lone CR line ends converted to LF"}
    return [note for end, note in notes.items() if end in seen]


def _books(search: MarkerSearch) -> tuple[list[Span] | None, str]:
    """The parts to keep, `None` for all of it, and why."""
    markers = search.markers()
    if not markers:
        return None, "no Project Gutenberg markers: nothing cut"
    kinds = [marker.kind for marker in markers]
    if len(set(kinds)) == 1:
        return None, f"Project Gutenberg's {kinds[0]} marker has no counterpart: nothing cut"
    if (kinds[0], kinds[-1]) != ("START", "END"):
        return None, "Project Gutenberg's markers are in the wrong order: nothing cut"
    return books(markers), ""


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
