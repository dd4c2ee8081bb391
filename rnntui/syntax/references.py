"""Character references of HTML (`&lt;`, `&#60;`) and what the standard calls an error in one."""

import re
from html.entities import html5

_NUMBER = re.compile(r"&#(?:[xX]([0-9a-fA-F]*)|([0-9]*))(;?)")
_NAME = re.compile(r"&([0-9A-Za-z]{1,64})(;?)")
_MOST = 0x10FFFF


def fault(text: str, at: int, *, in_attribute: bool) -> str | None:
    """What is wrong with the reference that begins at an `&`; `None` where nothing is, or the text may end in it."""
    match = _NUMBER.match(text, at)
    if match is not None:
        return None if match.end() == len(text) and not match[3] else _in_number(match)
    match = _NAME.match(text, at)
    if match is None or (match.end() == len(text) and not match[2]):
        return None
    return _in_name(match[1], match[2], text[match.end() : match.end() + 1], in_attribute=in_attribute)


def _in_number(match: "re.Match[str]") -> str | None:
    digits = match[1] if match[1] is not None else match[2]
    if not digits:
        return f"{match[0]} is not a character: it has no digits"
    number = int(digits.lstrip("0")[:12] or "0", 16 if match[1] is not None else 10)
    if number == 0 or number > _MOST or 0xD800 <= number <= 0xDFFF or _is_control(number) or _is_none(number):
        return f"{match[0]} is not a character"
    return None if match[3] else f"{match[0]} lacks its semicolon"


def _is_control(number: int) -> bool:
    return 0x7F <= number <= 0x9F or (number < 0x20 and number not in (0x09, 0x0A, 0x0C))


def _is_none(number: int) -> bool:
    return 0xFDD0 <= number <= 0xFDEF or number & 0xFFFE == 0xFFFE


def _in_name(name: str, semicolon: str, following: str, *, in_attribute: bool) -> str | None:
    if semicolon and f"{name};" in html5:
        return None
    known = next((name[:end] for end in range(len(name), 1, -1) if name[:end] in html5), None)
    if known is None:
        return f"&{name}; is not a character" if semicolon else None
    after = name[len(known) :] or following
    if in_attribute and not (known == name and semicolon) and (after[:1].isalnum() or after[:1] == "="):
        return None  # an address: ?a=1&copy=2
    return f"&{known} lacks its semicolon"
