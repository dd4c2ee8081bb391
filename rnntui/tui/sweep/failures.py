"""Which runs of a sweep failed or diverged, each with its reason."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll

from rnntui.sweeps.pool import JobStatus
from rnntui.tui.base.dialog import Dialog
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.labels import Words
from rnntui.tui.base.styles import styles_of

GRAVE = ("failed", "diverged")  # states of runs that came to nothing


class Failures(Dialog[None]):
    """One run after the other; any of its keys closes the screen."""

    DEFAULT_CSS = styles_of(__file__)
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("failures", "leave,messages,do", "cancel", "close", "Back to the grid", show=True)
    ]

    def __init__(self, statuses: Sequence[JobStatus]) -> None:
        super().__init__()
        self._statuses = statuses

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog wide"):
            for status in self._statuses:
                yield Words(f"{status.job.name} {status.run.state}", classes="name")
                yield Words(reason(status), classes="reason")


def reason(status: JobStatus) -> str:
    """Why a run failed or diverged, a sentence; empty where it did not."""
    return status.result.reason if status.result is not None else ""
