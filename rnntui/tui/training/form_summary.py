"""The line that sums a form up: how many settings were changed, how large the network is and how long it takes here.

What has to be read or worked out is left to a thread, so that no key waits for it.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from textual.message import Message

from rnntui.config import Settings, spec
from rnntui.sessions.forecast import Forecast, Pace, forecast, paces, parameters
from rnntui.text import format
from rnntui.tui.base.labels import Words
from rnntui.tui.training.form_row import CHANGED

AGAIN_SECONDS = 1.0  # from one question to the next, as long as something is not known yet
PACES_SECONDS = 5.0  # for which the speeds that were read are taken as they are


class FormSummary(Words):
    """`about 8 min here · 2 settings changed (•) · 262,373 parameters · 1,500 steps · as fast as palindrome-lstm-1`."""

    @dataclass
    class WorkedOut(Message):
        """What the thread found of these settings."""

        settings: Settings
        parameters: int
        forecast: Forecast | None

    def __init__(self, root: Path, changed: int, settings: Settings | None, width: int) -> None:
        super().__init__()
        self._root = root
        self._changed, self._settings = changed, settings
        self._width = width  # in cells, before it has its place
        self._known: FormSummary.WorkedOut | None = None  # of the settings as they are, or as they were a moment ago
        self._paces: tuple[Pace, ...] = ()
        self._reads_at = 0.0  # not before that
        self._is_asking = False  # one question at a time, so that a slow machine has no more threads than one for it
        self._draw()

    def on_mount(self) -> None:
        self.set_interval(AGAIN_SECONDS, self._ask_again)

    def on_resize(self) -> None:
        self._draw()

    def tell(self, changed: int, settings: Settings | None) -> None:
        """Sum up these settings, of which so many are not what a new run starts with; `None` where they are wrong."""
        self._changed, self._settings = changed, settings
        self._draw()
        if settings is not None and (self._known is None or self._known.settings != settings):
            self._ask(settings)

    def _ask_again(self) -> None:
        known = self._known
        if self._settings is not None and (known is None or not known.parameters or known.forecast is None):
            self._ask(self._settings)

    def _ask(self, settings: Settings) -> None:
        if self._is_asking:
            return  # what is wanted by then is asked once it has answered
        self._is_asking = True
        self.run_worker(partial(self._work_out, settings), thread=True, exclusive=True, name="forecast")

    def _work_out(self, settings: Settings) -> None:
        """Runs in a thread."""
        if time.monotonic() >= self._reads_at:
            self._paces, self._reads_at = paces(self._root), time.monotonic() + PACES_SECONDS
        self.post_message(self.WorkedOut(settings, parameters(settings), forecast(settings, self._paces)))

    def on_form_summary_worked_out(self, found: "FormSummary.WorkedOut") -> None:
        self._is_asking = False
        if found.settings == self._settings:
            self._known = found
            self._draw()
        elif self._settings is not None:
            self._ask(self._settings)

    def _draw(self) -> None:
        self.update(format.fitting(self._parts(), max(20, self.size.width or self._width)), layout=False)

    def _parts(self) -> Iterator[str]:
        known = self._known if self._known is not None and self._known.settings == self._settings else None
        forecast = None if known is None else known.forecast
        if forecast is not None:
            yield f"about {format.duration(forecast.seconds)} here"
        if self._changed:
            yield f"{format.counted(self._changed, 'setting')} changed ({CHANGED})"
        if self._settings is None:
            return
        if count := self._parameters(known):
            yield f"{count:,} parameters"
        yield f"{self._settings.steps:,} steps"
        if forecast is not None:
            yield f"as fast as {forecast.like}"

    def _parameters(self, known: "FormSummary.WorkedOut | None") -> int:
        """At once where no text has to be read for it."""
        if known is not None:
            return known.parameters
        return 0 if self._settings is None or spec(self._settings).has_corpus else parameters(self._settings)
