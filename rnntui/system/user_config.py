"""What a user has set once for all commands: `rnntui/config.toml` in `XDG_CONFIG_HOME`, else in `~/.config`.

    on-hangup = "detach"                        # as --on-hangup of train and resume
    on-end = "notify-send rnntui \"$RNNTUI_SAID\""  # as --on-end; on-trouble likewise
    notify = "bell"                             # as --notify
    theme = "light"                             # as --theme; what is chosen on a screen is kept here

A key that is not known is an error, so that a word typed wrong is not ignored.
"""

import json
import os
import re
import tomllib
from pathlib import Path

from rnntui.system import results
from rnntui.system.errors import meaning

THEMES = ("dark", "light", "high-contrast")  # the first where none is chosen

# The words that a key may have; where there are none, any text.
KNOWN: dict[str, tuple[str, ...]] = {
    "on-hangup": ("stop", "detach"),
    "on-end": (),
    "on-trouble": (),
    "notify": ("off", "bell", "desktop"),
    "theme": THEMES,
}
_asked_for: dict[str, str] = {}  # what options say, for the whole command


def path() -> Path:
    """Where the file is, or would be."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser()) / "rnntui" / "config.toml"


def get(key: str) -> str | None:
    """The value of a key; `None` where it is not set. Raises `ValueError` for a file that will not do."""
    file = path()
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ValueError(f"{str(file)!r} cannot be read: {meaning(error)}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{str(file)!r} is no TOML file: {error}") from None
    for name, value in table.items():
        if name not in KNOWN:
            raise ValueError(f"{str(file)!r}: {name!r} is unknown: there are {', '.join(KNOWN)}")
        _check(f"{str(file)!r}: {name}", name, value)
    value = table.get(key)
    return None if value is None else str(value)


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
    get(key)  # a file that will not do is left alone
    file, line = path(), f"{key} = {json.dumps(value)}"
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    after, count = re.subn(rf"(?m)^{key}[ \t]*=[^\n#]*?(?=[ \t]*(#.*)?$)", lambda _: line, before)
    if not count:
        after = f"{before}{'' if before.endswith(chr(10)) or not before else chr(10)}{line}\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    results.write(file.resolve(), after.encode())  # a link of the user's own stays one


def _check(what: str, key: str, value: object) -> None:
    if KNOWN[key] and value not in KNOWN[key]:
        raise ValueError(f"{what} must be {' or '.join(KNOWN[key])}, not {value!r}")
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{what} must be a command, not {value!r}")
