"""Strings that a terminal would obey or hide, or that something else takes for markup; and what is unsafe in an output.

That a character is safe is said here anew, by Unicode and by what a terminal does, not by `rnntui.text.sanitize`.
"""

import random
import re
import unicodedata
from collections.abc import Iterator

ESC = "\x1b"
# Control, format (bidirectional, zero width, tags), surrogate, private, unassigned; line and paragraph separators.
UNSAFE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")

PARTS = [
    *(chr(code) for code in (*range(1, 9), *range(11, 13), *range(14, 32), *range(127, 160))),
    *(f"{ESC}{rest}" for rest in ("[31m", "[2J", "[H", "[6n", "[?1049h", "[?25l", "[8m", "c", "(0", "#8", "7", "[>c")),
    *(f"{ESC}]{rest}\x07" for rest in ("0;owned", "52;c;aGVsbG8=", "8;;http://evil", "10;?", "1337;File=:AA==")),
    *(f"{ESC}]52;c;aGk={ESC}\\", f"{ESC}P1$r0m{ESC}\\", f"{ESC}_Gq=2{ESC}\\", f"{ESC}^x{ESC}\\", f"{ESC}Xx{ESC}\\"),
    *("\x9b31m", "\x9d52;c;aGk=\x9c", "\x90q\x9c", f"{ESC}[31", ESC, f"{ESC}["),
    *(chr(code) for code in (0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069, 0x200E, 0x200F)),
    *(chr(code) for code in (0x061C, 0x200B, 0x200C, 0x200D, 0x2060, 0x2064, 0xFEFF, 0x00AD, 0x180E, 0xFFF9, 0xFFFB)),
    *(chr(code) for code in (0xE0001, 0xE0041, 0xE007F, 0xE000, 0xF8FF, 0xF0000, 0x10FFFD, 0xFFFF, 0xFDD0, 0x1FFFE)),
    *(chr(code) for code in (0x0378, 0xD800, 0xDBFF, 0xDC80, 0xDFFF, 0x2028, 0x2029, 0x85)),
    *("\n", "\t", "\r", "\r\n", "\n\n", "a\rb", "\x0b", "\x0c"),
    *("[red]x[/red]", "[link=http://evil]y[/link]", "[@click=app.quit]z[/]", "[/]", "[bold", "\\[x]", "[", "]", "[[]"),
    *("$x^2$", "$\\frac{1}{0}$", "$\\undefined$", "$", "$$", "\\$", "_", "^", "\\n", "\\x1b[31m"),
    *("%s", "%d%n", "%(x)s", "%", "{}", "{0}", "{0.__class__}", "{", "}", "{x!r}"),
    *("<b>&amp;</b>", "&#0;", "&#27;", "]]>", "<!--", "-->", "<script>alert(1)</script>", "\"'<>&", "&lt;", "<?x?>"),
    *(
        "e" + "\u0301" * 200,
        "\u0300",
        "שלום",
        "مرحبا",
        "a\u05d0b",
        "👨\u200d👩\u200d👧",
        "🏳️\u200d🌈",
        "🇩🇪",
        "1️⃣",
        "漢字" * 20,
        "Ａ",
    ),
    *("x" * 2_000, " ", "   ", "\u00a0", "\u3000", "\u3164", "\u115f", "\u2800", "\u034f", "\ufe0f", "-", "--", "-x"),
    *("..", "../..", "~", "/", "last", "NaN", "null", "0", "∑", "ﷺ", "ß", "İ", "ı", "\u0345"),
]


def strings(count: int, seed: int = 0) -> list[str]:
    """Each part once, between letters, then several at random in one."""
    rng = random.Random(seed)
    found = dict.fromkeys(f"a{part}b" for part in rng.sample(PARTS, len(PARTS)))
    while len(found) < count:
        found["".join(rng.choices([*PARTS, "word", " and "], k=rng.randint(2, 8)))] = None
    return list(found)[:count]


def unsafe_characters(text: str, allowed: str = "\n\t") -> list[str]:
    """The characters that a terminal would obey or hide."""
    if text.isascii() and text.isprintable():
        return []
    return sorted({hex(ord(c)) for c in text if c not in allowed and unicodedata.category(c) in UNSAFE})


# --- what a terminal is sent ----------------------------------------------------------------------------------------

# What a program may draw with, whatever is shown: colours, places, erasing, modes, and asking for the terminal's kind.
SEQUENCES = [
    re.compile(rb"\x1b\[[0-9;:]*[mHfABCDEFGJKXLMPSTd]"),
    re.compile(
        rb"\x1b\[\?(?:1|7|12|25|47|1000|1002|1003|1004|1006|1015|1016|1049|2004|2026|2027|2031|2048)(?:\$p|[hl])"
    ),
    re.compile(rb"\x1b\[(?:\?u|[><=][0-9;]*u|>4;[0-9]m|[>=?]?0?c|[0-9 ]*q|\?996n|1[4-9]t|14t|22;2t|23;2t)"),
    re.compile(rb"\x1b[78=>]"),
    re.compile(rb"\x1b\(B"),
    re.compile(rb"\x1b\]22;[a-z-]*\x07"),  # the pointer's shape
    re.compile(rb"\x1b\](?:0|2);[^\x00-\x1f\x7f]*(?:\x07|\x1b\\)"),  # the window's title
]
ANY_SEQUENCE = re.compile(rb"\x1b(?:\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)?|[\[P_^X][^\x1b]{0,40}|.?)", re.S)


def unsafe_sequences(raw: bytes) -> list[str]:
    """What else is in the bytes that a terminal was sent: other sequences, and characters to obey or hide."""
    found, text, at = [], bytearray(), 0
    while at < len(raw):
        if raw[at : at + 1] != b"\x1b":
            end = raw.find(b"\x1b", at)
            end = len(raw) if end < 0 else end
            text += raw[at:end]
            at = end
        elif match := next(_matches(raw, at), None):
            if match[0].startswith((b"\x1b]0", b"\x1b]2;")):
                found += [f"title: {c}" for c in unsafe_characters(match[0][4:-1].decode(errors="replace"), "\x1b\\")]
            at = match.end()
        else:
            other = ANY_SEQUENCE.match(raw, at)
            assert other is not None
            found.append(repr(other[0][:60]))
            at = other.end()
    found += unsafe_characters(text.decode("utf-8", errors="surrogateescape"), "\r\n\t\x0f\x08")
    return sorted(set(found))


def _matches(raw: bytes, at: int) -> Iterator[re.Match[bytes]]:
    for pattern in SEQUENCES:
        if match := pattern.match(raw, at):
            yield match
