"""TOML files that people write, read; and what is wrong in one, with its line, in the words of who wrote it.

Invariant: no words of the parser reach a user. What it says is looked up in `MEANINGS`, by how it begins.
"""

import re
import tomllib
from typing import Any

SHOWN = 40  # characters of the line that is quoted
PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
TWICE = "a name occurs twice: each may have one value, and a table one [header]"
UNCLOSED_TEXT = "a text has no closing quote on its line"
UNCLOSED_LINES = "a text that begins with three quotes does not end with three"
MEANINGS = {
    "Invalid statement": "it is no setting (name = value), no [table] and no comment (#)",
    "Expected '=' after a key": "= and a value are missing behind the name",
    "Invalid initial character for a key part": "a name has letters, digits, - and _, and stands before the =",
    "Invalid value": (
        'what stands behind the = is no value: a text needs quotes, as "gru"; '
        "else it is a number, true, false or a [list]"
    ),
    "Expected newline or end of document": (
        'more stands on the line than one setting or [table]: a text needs quotes, as "gru", '
        "and the next setting a line of its own"
    ),
    "Expected ']": "the [ of a table is not closed with ], or more than a name stands in it",
    "Unclosed array": "a list has no ] here, or no comma between two values",
    "Unclosed inline table": "a { is not closed with }, or there is no comma between two settings in it",
    "Cannot ": TWICE,
    "Duplicate inline table key": TWICE,
    "Unescaped '\\'": r"a \ in a text must be written \\, or the text in single quotes",
    "Invalid hex value": r"\x, \u and \U in a text need 2, 4 and 8 hexadecimal digits behind them",
    "Escaped character": r"\u and \U in a text need the number of a character behind them",
    "Unterminated string": UNCLOSED_TEXT,
    r"Illegal character '\n'": UNCLOSED_TEXT,
    r"Found invalid character '\n'": UNCLOSED_TEXT,
    "Expected \"'''\"": UNCLOSED_LINES,
    'Expected \'"""\'': UNCLOSED_LINES,
    'Expected "\'"': UNCLOSED_TEXT,
    "Illegal character": "it has a control character",
    "Found invalid character": "it has a control character",
    "Invalid date or datetime": "there is no such date or time",
}
UNKNOWN = "it cannot be read as a setting (name = value) or a [table]"


def parsed(text: str, what: str) -> dict[str, Any]:
    """What a text in TOML says; `what` is how sentences call its file.

    Raises `ValueError` with the line, and what is wrong there, for one that is none.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{what}, {_where(text, str(error))}: {meaning(str(error))}") from None
    except ValueError:
        raise ValueError(f"{what} is not readable TOML: it has a number with too many digits") from None
    except RecursionError:
        raise ValueError(f"{what} is not readable TOML: its brackets are nested too deeply") from None


def meaning(said: str) -> str:
    """What the parser said, in plain words."""
    return next((words for begin, words in MEANINGS.items() if said.startswith(begin)), UNKNOWN)


def _where(text: str, said: str) -> str:
    """The line and its beginning: `line 3 ('cell = gru')`."""
    lines, found = text.rstrip().split("\n"), PLACE.search(said)
    number = int(found[1]) if found and found[1] else _last(lines, said)
    line = lines[number - 1].strip() if number <= len(lines) else ""
    quoted = f" ({line if len(line) <= SHOWN else line[: SHOWN - 1] + '…'!r})" if line else ""
    return f"line {number:,}{quoted}"


def _last(lines: list[str], said: str) -> int:
    """The line of what was looked for up to the end: a single quote is missing where their number is odd first."""
    odd = (number for number, line in enumerate(lines, 1) if line.count("'") % 2)
    return next(odd, len(lines)) if meaning(said) == UNCLOSED_TEXT else len(lines)
