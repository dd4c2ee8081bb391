"""What a user has set once for all commands: `rnntui/config.toml` in `XDG_CONFIG_HOME`, else in `~/.config`.

    on-hangup = "detach"                        # as --on-hangup of train and resume
    on-end = "notify-send rnntui \"$RNNTUI_SAID\""  # as --on-end; on-trouble likewise
    notify = "bell"                             # as --notify
    theme = "light"                             # as --theme; what is chosen on a screen is kept here
    runs = "~/runs"                             # as --runs of every command

    [options]                                   # of train, where it is not given another: `commands/default_options.py`
    lr = 0.001
    [options.text]                              # of that task alone
    dropout = 0.2

    [keys]                                      # of the screens: `tui/actions.py`
    "laboratory.pause" = "p"

A key that is not known is an error, so that a word typed wrong is not ignored.
"""

import os
from pathlib import Path
from typing import Any

from rnntui.system import results, toml_edit, toml_reading
from rnntui.system.reading import UnreadableFile, read_bytes

THEMES = ("dark", "light", "high-contrast")  # the first where none is chosen

# The words that a key may have; where there are none, any text.
KNOWN: dict[str, tuple[str, ...]] = {
    "on-hangup": ("stop", "detach"),
    "on-end": (),
    "on-trouble": (),
    "notify": ("off", "bell", "desktop"),
    "theme": THEMES,
    "runs": (),
}
MOST = 1 << 20  # bytes of the file
TABLES = ("options", "keys")  # what is in them is checked by who reads them
_asked_for: dict[str, str] = {}  # what options say, for the whole command


def path() -> Path:
    """Where the file is, or would be."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser()) / "rnntui" / "config.toml"


def read() -> str:
    """The text of the file, its lines ended by LF, without a byte-order mark; empty where there is none.

    Raises `ValueError` for one that cannot be read.
    """
    file = path()
    try:
        text = read_bytes(file, repr(str(file)), MOST).decode("utf-8-sig")
        return text.replace("\r\n", "\n").replace("\r", "\n")
    except UnreadableFile as error:
        is_in_no_folder = any(os.path.exists(parent) and not os.path.isdir(parent) for parent in file.parents)
        if error.is_missing or is_in_no_folder:
            return ""
        raise
    except UnicodeDecodeError:
        raise ValueError(f"{str(file)!r} is not a text in UTF-8") from None


def content(text: str) -> dict[str, Any]:
    """What a text of that file says, its keys and tables checked. Raises `ValueError` for one that will not do."""
    table = toml_reading.parsed(text, repr(str(path())))
    for name, value in table.items():
        if name in TABLES:
            if not isinstance(value, dict):
                raise ValueError(f"{place(text, name)}: {name} must be a table, [{name}]")
        elif name not in KNOWN:
            raise ValueError(f"{place(text, name)}: {name!r} is unknown: there are {', '.join((*KNOWN, *TABLES))}")
        else:
            _check(f"{place(text, name)}: {name}", name, value)
    return table


def place(text: str, name: str) -> str:
    """The file, and the line of it that says something: `'…/config.toml', line 3`."""
    line = toml_edit.line_of(text, name)
    return f"{str(path())!r}{'' if line is None else f', line {line}'}"


def get(key: str) -> str | None:
    """The value of a key; `None` where it is not set. Raises `ValueError` for a file that will not do."""
    value = content(read()).get(key)
    return None if value is None else str(value)


def values_of(table: str) -> dict[str, tuple[Any, str]]:
    """The values of a table by their names in it, each with the place where it stands. Raises as `get`."""
    text = read()
    found = toml_edit.flat(content(text).get(table, {}))
    return {name: (value, place(text, f"{table}.{name}")) for name, value in found}


def asked(key: str, given: str | None) -> str | None:
    """What an option says, else the file. Raises `ValueError` as `get`, and for a word that the option has not."""
    if given is None:
        return get(key)
    _check(f"--{key}", key, given)
    return given


def choose(key: str, value: str) -> None:
    """Let an option count in place of the file until the command ends. Raises `ValueError` for another word."""
    _check(f"--{key}", key, value)
    _asked_for[key] = value


def chosen(key: str) -> str | None:
    """What was chosen for this command, else what the file says. Raises `ValueError` as `get`."""
    return _asked_for.get(key) or get(key)


def keep(key: str, value: str) -> None:
    """Set a key in the file; all else in it stays as it is. Raises `ValueError` and `OSError` where it cannot."""
    before = read()
    content(before)  # a file that will not do is left alone
    write(toml_edit.with_value(before, "", key, value))


def write(text: str) -> None:
    """Replace the file as a whole. Raises `ValueError` and `OSError` where that cannot be."""
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True)
    results.write(file.resolve(), text.encode())  # a link of the user's own stays one


def _check(what: str, key: str, value: object) -> None:
    if KNOWN[key] and value not in KNOWN[key]:
        raise ValueError(f"{what} must be {' or '.join(KNOWN[key])}, not {value!r}")
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{what} must be {'a folder' if key == 'runs' else 'a command'}, not {value!r}")
    if key == "runs" and not Path(value).expanduser().is_absolute():
        raise ValueError(f"{what} must be a whole path, as ~/runs, not {value!r}")
