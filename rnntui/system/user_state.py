"""What rnntui remembers of its user between commands: files in `rnntui` in `XDG_STATE_HOME`, else `~/.local/state`."""

import os
import re
from contextlib import suppress
from pathlib import Path


def path() -> Path:
    """The folder, which may not be there."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()) / "rnntui"


def is_first(what: str) -> bool:
    """Whether this is asked for the first time of a thing, which is remembered; never where that cannot be kept."""
    assert re.fullmatch(r"[a-z-]+", what)
    with suppress(OSError, RuntimeError):  # it was there, it cannot be written, or there is no home
        path().mkdir(parents=True, exist_ok=True)
        os.close(os.open(path() / what, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
        return True
    return False
