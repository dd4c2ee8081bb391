"""Guesses the encoding of bytes that are neither ASCII nor UTF-8 and have no byte-order mark, and calls it a guess.

Invariant: the same bytes give the same guess, whatever the pieces they come in; what is looked at is bounded. Languages
in Latin letters are told by their alphabets, all others by charset-normalizer.
"""

import codecs
import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

SAMPLE = 1 << 16  # bytes that are looked at, in lines that are not ASCII
LONGEST_LINE = 1 << 14  # bytes; a longer line is looked at in such pieces
SURE, LIKELY = 0.97, 0.8  # shares of the characters beyond ASCII that one alphabet has
FOREIGN = 0.6  # share of the pairs of letters that are both beyond ASCII: more is no language in Latin letters
SHORT = 100  # bytes beyond ASCII: of fewer, encodings of several bytes a character cannot be told apart
COHERENT = 0.2  # of charset-normalizer's coherence: below it no language was recognised

# What a language writes beyond ASCII, in lower case.
_ALPHABETS = tuple(
    frozenset(letters)
    for letters in (
        "äöüß",
        "àâæçéèêëîïôœùûüÿ",
        "áéíñóúü",
        "áàâãçéêíóôõúü",
        "àèéìíîòóùú",
        "áåäæéøö",
        "áæðéíóöúýþ",
        "äåöõšüž",
        "áéëïóöúè",
        "ąćęłńóśźż",
        "áčďéěíňóřšťúůýž",
        "áäčďéíĺľňóôŕšťúýž",
        "áéíóöőúüű",
        "ăâîşţ",
        "čćđšž",
        "çğıİöşüâîû\u0307",
        "āčēģīķļņšūžōŗ",
        "ąčęėįšųūž",
        "ĉĝĥĵŝŭ",
        "ċġħżà",
    )
)
_VIETNAMESE = frozenset("àáâãèéêìíòóôõùúýăđơư\u0300\u0301\u0303\u0309\u0323")
_WESTERN = frozenset("áàâãäåæçéèêëíìîïñóòôõöøœúùûüýÿßðþ")  # of a text that quotes several languages
_MIXED = 0.05  # less is what is of no one language
WESTERN = "cp1252"
# The encodings that languages in Latin letters are looked for in, the usual ones first.
_LATIN = (
    WESTERN, "cp1250", "iso8859-15", "iso8859-2", "cp1254", "cp1257", "iso8859-4", "iso8859-3", "cp1258", "mac-roman",
    "mac-latin2", "cp850", "cp437", "cp852",
)  # fmt: skip
_OTHERS = (
    "cp1251", "koi8_r", "koi8_u", "iso8859_5", "cp866", "mac_cyrillic", "cp1253", "iso8859_7", "cp1255", "iso8859_8",
    "cp1256", "iso8859_6", "cp874", "cp932", "euc_jp", "big5", "gb18030", "cp949",
)  # fmt: skip
_BETWEEN = "’·×÷±°"  # signs that may stand behind a letter
_MANY_BYTES = ("cp932", "euc_jp", "big5", "gb18030", "cp949")
_SCRIPTS = {  # what a text in these has: syllables, kana
    "cp949": (re.compile("[\uac00-\ud7a3]"), 0.5),
    "cp932": (re.compile("[\u3041-\u30ff]"), 0.1),
    "euc_jp": (re.compile("[\u3041-\u30ff]"), 0.1),
}
_HIGH = re.compile(rb"[\x80-\xff]")
_NAMES = {"mac-roman": "Mac Roman", "shift_jis": "Shift_JIS", "big5": "Big5", "iso2022_jp": "ISO-2022-JP"}


@dataclass(frozen=True)
class Guess:
    """A codec, and whether little speaks for it."""

    codec: str
    is_doubtful: bool


class ByteSample:
    """What is looked at of bytes that pass by: the first lines that are not ASCII."""

    def __init__(self) -> None:
        self._lines = bytearray()
        self._line = bytearray()

    def feed(self, piece: bytes) -> None:
        """Keep what is worth it of the next piece."""
        start = 0
        while len(self._lines) < SAMPLE and start < len(piece):
            newline = piece.find(b"\n", start)
            end = min(len(piece) if newline < 0 else newline + 1, start + LONGEST_LINE - len(self._line))
            self._line += piece[start:end]
            if self._line.endswith(b"\n") or len(self._line) == LONGEST_LINE:
                self._take()
            start = end

    def content(self) -> bytes:
        """The sample, after the last piece."""
        self._take()
        return bytes(self._lines)

    def _take(self) -> None:
        if _HIGH.search(self._line) is not None and len(self._lines) < SAMPLE:
            self._lines += self._line
        self._line.clear()


def guess(sample: bytes) -> Guess:
    """The likeliest encoding of a sample."""
    share, codec = _likeliest_latin(sample)
    if share >= LIKELY:
        return Guess(codec, share < SURE)
    if (found := _recognised(sample)) is not None:
        return found
    return Guess(codec if share > LIKELY / 2 else WESTERN, is_doubtful=True)


def display_name(codec: str) -> str:
    """A codec as people write it: `Windows-1250`, `ISO-8859-2`; Python takes it back."""
    if codec in _NAMES:
        return _NAMES[codec]
    if match := re.fullmatch(r"cp(125\d)", codec):
        return f"Windows-{match[1]}"
    if match := re.fullmatch(r"iso8859[-_](\d+)", codec):
        return f"ISO-8859-{match[1]}"
    return codec.upper().replace("_", "-")


# --- languages in Latin letters -------------------------------------------------------------------------------------


def _likeliest_latin(sample: bytes) -> tuple[float, str]:
    """The encoding in which one alphabet has most of the characters beyond ASCII, and that share."""
    shares = [(_share(sample, codec), codec) for codec in _LATIN]
    return max(shares, key=lambda of_language: of_language[0])


def _share(sample: bytes, codec: str) -> float:
    """The share of the letters beyond ASCII that the best alphabet for them has, less what no language writes."""
    text = sample.decode(codec, "replace")
    beyond = [character for character in text if not character.isascii()]
    letters = Counter(letter for letter in "".join(beyond).lower() if _is_letter(letter) and not letter.isascii())
    total = letters.total()
    if codec == WESTERN and not total:
        return 1.0 if not _odd(text) else 0.0
    if not total or _looks_foreign(text) or (codec != WESTERN and 2 * total < len(beyond)):
        return 0.0
    alphabets = [_VIETNAMESE] if codec == "cp1258" else _ALPHABETS
    known = max(sum(letters[letter] for letter in alphabet) for alphabet in alphabets)
    share = known / (total + _odd(text))
    if codec == WESTERN:
        mixed = sum(letters[letter] for letter in _WESTERN) / (total + _odd(text))
        share = max(share, mixed - _MIXED)
    return share


def _is_letter(character: str) -> bool:
    return character.isalpha() or "\u0300" <= character <= "\u036f"


def _odd(text: str) -> int:
    """How often something stands where no language has it: a sign within a word, a capital behind a small letter."""
    odd = 0
    for before, character, behind in zip(" " + text, text, text[1:] + " ", strict=False):
        if not character.isascii() and before.isalpha():
            is_sign = not _is_letter(character) and character not in _BETWEEN
            odd += (before.islower() and character.isupper()) or (is_sign and behind.isalpha())
    return odd + text.count("\ufffd")


def _looks_foreign(text: str) -> bool:
    """Whether letters beyond ASCII mostly stand beside each other."""
    pairs = high = 0
    for before, character in pairwise(text):
        if before.isalpha() and character.isalpha():
            pairs += 1
            high += not before.isascii() and not character.isascii()
    return high > FOREIGN * pairs


# --- all others -----------------------------------------------------------------------------------------------------


def _recognised(sample: bytes) -> Guess | None:
    from charset_normalizer import from_bytes

    for match in from_bytes(sample, cp_isolation=list(_OTHERS)):
        codec = codecs.lookup(match.encoding).name
        if _has_its_script(str(match), codec):
            is_short = len(_HIGH.findall(sample)) < SHORT
            return Guess(codec, is_short if codec in _MANY_BYTES else match.coherence < COHERENT)
    return None


def _has_its_script(text: str, codec: str) -> bool:
    if codec not in _SCRIPTS:
        return True
    script, least = _SCRIPTS[codec]
    return len(script.findall(text)) >= least * sum(not character.isascii() for character in text)


# --- wide characters ------------------------------------------------------------------------------------------------


_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\n\r\t"


class Wide:
    """Where NULs stand in bytes that pass by, counted by their offset modulo 4."""

    def __init__(self) -> None:
        self.nuls = [0, 0, 0, 0]
        self.size = 0
        self._plain = 0  # bytes that are printable ASCII

    def feed(self, piece: bytes) -> None:
        """Count the next piece."""
        for k in range(4):
            self.nuls[(self.size + k) % 4] += piece[k::4].count(0)
        self._plain += len(piece) - len(piece.translate(None, _PRINTABLE))
        self.size += len(piece)

    @property
    def codec(self) -> str:
        """The encoding of two or four bytes a character that has its NULs there; empty where it is none.

        A character of four bytes has a NUL at its high end always, and a second one almost always; in a text in UTF-16
        the spaces and line ends have theirs, all on one side.
        """
        units = self.size / 4
        if not sum(self.nuls):
            return ""
        if self.size % 4 == 0 and self.nuls[0] == units and self.nuls[1] > units / 2:
            return "utf-32-be"
        if self.size % 4 == 0 and self.nuls[3] == units and self.nuls[2] > units / 2:
            return "utf-32-le"
        if sum(self.nuls) < self.size / 4 and self._plain > 0.95 * (self.size - sum(self.nuls)):
            return ""  # ASCII with some NULs in it
        even, odd = self.nuls[0] + self.nuls[2], self.nuls[1] + self.nuls[3]
        if self.size % 2 or max(even, odd) < max(4 * min(even, odd), self.size / 500):
            return ""
        return "utf-16-be" if even > odd else "utf-16-le"
