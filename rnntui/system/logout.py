"""Whether the system ends a user's processes when the user logs out, as systemd's logind may be told to.

By its files alone: `KillUserProcesses` in `logind.conf` and the folders beside it, and whether the user lingers. Where
none of them says anything, the default of the distributions (Debian, Ubuntu, Fedora, Arch) is that processes live on.
"""

import getpass
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PLACES = ("/usr/lib/systemd", "/run/systemd", "/etc/systemd")  # a later one has the last word
LINGERING = Path("/var/lib/systemd/linger")
SETTING = re.compile(r"^\s*KillUserProcesses\s*=\s*(\S+)", re.MULTILINE)
YES = ("yes", "true", "on", "1")
SENTENCE = (
    "this system ends at the logout what a user left running: `loginctl enable-linger` lets detached trainings live on"
)


def warning(root: Path = Path("/")) -> str:
    """A sentence with a way out, where a detached training would not outlive the logout; else empty."""
    said = [match[1].lower() for text in _files(root) for match in SETTING.finditer(text)]
    return SENTENCE if said and said[-1] in YES and not _lingers(root) else ""


def _files(root: Path) -> Iterator[str]:
    for place in PLACES:
        folder = root / place.lstrip("/")
        for file in (folder / "logind.conf", *sorted(folder.glob("logind.conf.d/*.conf"))):
            with suppress(OSError, UnicodeDecodeError):
                yield file.read_text()


def _lingers(root: Path) -> bool:
    try:
        return (root / str(LINGERING).lstrip("/") / getpass.getuser()).exists()
    except (OSError, KeyError):
        return False
