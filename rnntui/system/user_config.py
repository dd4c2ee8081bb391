"""What a user has set once for all commands: `rnntui/config.toml` in `XDG_CONFIG_HOME`, else in `~/.config`.

    on-hangup = "detach"   # as --on-hangup of train and resume

A key that is not known is an error, so that a word typed wrong is not ignored.
"""

import os
import tomllib
from pathlib import Path

from rnntui.system.errors import meaning

KNOWN = {"on-hangup": ("stop", "detach")}


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
            raise ValueError(f"{str(file)!r}: {name!r} is unknown: there is {', '.join(KNOWN)}")
        if value not in KNOWN[name]:
            raise ValueError(f"{str(file)!r}: {name} must be {' or '.join(KNOWN[name])}, not {value!r}")
    value = table.get(key)
    return None if value is None else str(value)
