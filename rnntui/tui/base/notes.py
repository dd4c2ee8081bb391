"""What is told in a corner for a few seconds: few notes at once, and of one kind the newest alone.

They stand over the heading, the only line of a screen that neither shows a new figure nor is typed into.
"""

import re
from collections.abc import Iterable

from textual.notifications import Notification

MOST = 2  # at once
SECONDS = 4.0  # that one stays if it is not told otherwise
_COUNT = re.compile(r"\d[\d,.]*")


def giving_way(shown: Iterable[Notification], new: Notification) -> list[Notification]:
    """Which of the notes that are shown, oldest first, go for the sake of a new one.

    Those of its kind do, and then the oldest until no more than `MOST` are left: what went wrong stays longer than what
    was done.
    """
    shown = list(shown)
    gone = [note for note in shown if _kind(note) == _kind(new)]
    rest = sorted((note for note in shown if note not in gone), key=lambda note: note.severity != "information")
    return [*gone, *rest[: max(0, len(rest) + 1 - MOST)]]


def _kind(note: Notification) -> tuple[str, str]:
    """Two that differ in a number alone are of one kind; of what went wrong none is taken for another."""
    return note.severity, _COUNT.sub("", note.message) if note.severity == "information" else note.message
