"""What a user has set once for all commands: `rnntui/config.toml` in `XDG_CONFIG_HOME`, else in `~/.config`.

    on-hangup = "detach"                        # as --on-hangup of train and resume
    on-end = "notify-send rnntui \"$RNNTUI_SAID\""  # as --on-end; on-trouble likewise
    notify = "bell"                             # as --notify

A key that is not known is an error, so that a word typed wrong is not ignored.
"""

import os
import tomllib
from pathlib import Path

from rnntui.system.errors import meaning

# The words that a key may have; where there are none, any text.
KNOWN: dict[str, tuple[str, ...]] = {
    "on-hangup": ("stop", "detach"),
    "on-end": (),
    "on-trouble": (),
    "notify": ("off", "bell", "desktop"),
}


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


def _check(what: str, key: str, value: object) -> None:
    if KNOWN[key] and value not in KNOWN[key]:
        raise ValueError(f"{what} must be {' or '.join(KNOWN[key])}, not {value!r}")
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{what} must be a command, not {value!r}")
