"""From the bytes of a file to the text a network learns, and in words what was done on the way.

The same bytes always give the same text. Nothing is left out or cut without a note.
"""

import codecs
import re
from dataclasses import dataclass
from itertools import pairwise

# Without tab, newline, form feed and carriage return, which are a text's own.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_MOST_CONTROLS = 0.01  # of all characters; above it a file counts as binary
_WINDOWS_ONLY = re.compile(rb"[\x80-\x9f]")
_WINDOWS_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_REPLACEMENT = "\ufffd"
_UTF_16 = {codecs.BOM_UTF16_LE: ("utf-16-le", "UTF-16 LE"), codecs.BOM_UTF16_BE: ("utf-16-be", "UTF-16 BE")}

_MARKER = re.compile(
    r"^[^\n]*\*\*\* ?(?P<kind>START|END) OF (?:THE|THIS) PROJECT GUTENBERG E(?:BOOK|TEXT)"
    r"[^*]{0,300}\*\*\*[^\n]*$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Decoded:
    """A text, the encoding its bytes were in, and one short sentence for each thing done to it."""

    text: str
    encoding: str
    notes: tuple[str, ...]


def decode(raw: bytes) -> Decoded:
    """Text of a file's bytes, with LF line ends and without Project Gutenberg's header and licence.

    The encoding is told by a byte-order mark (UTF-8, UTF-16), else it is UTF-8 where the bytes are that, else
    Windows-1252 where bytes 0x80-0x9F mean something there, else ISO-8859-1. Raises `ValueError` for a binary
    file: one with a NUL, or with more than 1 % control characters.
    """
    text, encoding, odd = _characters(raw)
    _refuse_binary(text)
    text, ends = _unix_line_ends(text)
    text, cut = _without_gutenberg(text)
    return Decoded(text, encoding, (f"decoded as {encoding}", *odd, *ends, cut))


def _characters(raw: bytes) -> tuple[str, str, tuple[str, ...]]:
    if raw[:2] in _UTF_16:
        return _from_utf_16(raw)
    if b"\0" in raw:
        raise ValueError("a binary file (it holds NUL bytes; UTF-16 needs its byte-order mark): a corpus is text")
    if raw.startswith(codecs.BOM_UTF8):
        text, odd = _from_utf_8(raw[len(codecs.BOM_UTF8) :])
        return text, "UTF-8 with a byte-order mark", odd
    if raw.isascii():
        return raw.decode("ascii"), "ASCII", ()
    if _is_mostly_utf_8(raw):
        text, odd = _from_utf_8(raw)
        return text, "UTF-8", odd
    if _WINDOWS_ONLY.search(raw) and not _WINDOWS_UNDEFINED.search(raw):
        return raw.decode("windows-1252"), "Windows-1252", ()
    return raw.decode("iso-8859-1"), "ISO-8859-1", ()


def _from_utf_16(raw: bytes) -> tuple[str, str, tuple[str, ...]]:
    codec, encoding = _UTF_16[raw[:2]]
    whole = len(raw) - len(raw) % 2
    try:
        text = raw[2:whole].decode(codec)
    except UnicodeDecodeError:
        raise ValueError("a binary file (it begins like UTF-16 and is not): a corpus is text") from None
    odd = ("an odd last byte left out",) if whole < len(raw) else ()
    return text, f"{encoding} with a byte-order mark", odd


def _from_utf_8(raw: bytes) -> tuple[str, tuple[str, ...]]:
    try:
        return raw.decode("utf-8"), ()
    except UnicodeDecodeError:
        text = raw.decode("utf-8", errors="ignore")
    left_out = len(raw) - len(text.encode("utf-8"))
    return text, (f"{_count(left_out, 'byte')} that {'is' if left_out == 1 else 'are'} not UTF-8 left out",)


def _is_mostly_utf_8(raw: bytes) -> bool:
    """Whether valid multi-byte characters outnumber broken ones by ten to one: a cut tail, a stray byte."""
    text = raw.decode("utf-8", errors="replace")
    broken = text.count(_REPLACEMENT) - raw.count(_REPLACEMENT.encode("utf-8"))
    valid = len(text) - len(text.encode("ascii", errors="ignore")) - broken
    return valid >= 10 * broken


def _refuse_binary(text: str) -> None:
    if "\0" in text:
        raise ValueError("a binary file (it holds NUL characters): a corpus is text")
    controls = sum(1 for _ in _CONTROLS.finditer(text))
    if controls > _MOST_CONTROLS * len(text):
        share = controls / len(text)
        raise ValueError(f"a binary file ({share:.0%} of its characters are control characters): a corpus is text")


def _unix_line_ends(text: str) -> tuple[str, tuple[str, ...]]:
    notes = []
    if "\r\n" in text:
        text = text.replace("\r\n", "\n")
        notes.append("CRLF line ends made LF")
    if "\r" in text:
        text = text.replace("\r", "\n")
        notes.append("lone CR line ends made LF")
    return text, tuple(notes)


def _without_gutenberg(text: str) -> tuple[str, str]:
    """What stands between a start and the end right after it; LaTeX books hold their markers nested."""
    markers = list(_MARKER.finditer(text))
    if not markers:
        return text, "no Project Gutenberg markers: nothing cut"
    kinds = [marker["kind"] for marker in markers]
    if len(set(kinds)) == 1:
        return text, f"Project Gutenberg's {kinds[0]} marker stands without the other: nothing cut"
    if (kinds[0], kinds[-1]) != ("START", "END"):
        return text, "Project Gutenberg's markers stand in the wrong order: nothing cut"
    books = [
        text[start.end() : end.start()].strip("\n") + "\n"
        for start, end in pairwise(markers)
        if (start["kind"], end["kind"]) == ("START", "END")
    ]
    body = "".join(books)
    return body, f"Project Gutenberg's header and licence cut ({_count(len(text) - len(body), 'character')})"


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
