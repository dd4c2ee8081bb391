"""What is done when a training ends or is in trouble: a command of the user's is run, once for each reason.

Invariant: nothing here holds up training or a screen. A run's own words reach the command by its environment alone, so
no shell ever reads them; what is wrong with the command is a note.
"""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from rnntui.runs import Run
from rnntui.runs.status import RunState

Reason = Literal["finished", "diverged", "failed", "stalled", "disk nearly full", "test"]
ENDS: tuple[RunState, ...] = ("finished", "diverged", "failed")  # by itself: who stops a run knows of it
TROUBLE = ("diverged", "failed", "stalled", "disk nearly full")
LOOK_SECONDS = 0.5  # from one look at the run to the next
STALLED_SECONDS = 600.0  # without a step, of a run that trains
DISK_SECONDS = 30.0  # from one look at the disk to the next
LEAST_FREE = 200 << 20  # bytes
COMMAND_SECONDS = 60.0  # that a command may take


@dataclass(frozen=True)
class Alerts:
    """The commands of a user, for the shell; `notify` is how the terminal of a screen tells it as well."""

    on_end: str | None = None
    on_trouble: str | None = None
    notify: Literal["off", "bell", "desktop"] = "off"

    @property
    def is_any(self) -> bool:
        """Whether a command is to be run at all."""
        return self.on_end is not None or self.on_trouble is not None


@dataclass(frozen=True)
class Course:
    """How a run stands, as whoever trains it sees it."""

    state: RunState
    step: int
    said: str = ""


def run_command(command: str, reason: Reason, run: str, path: str, course: Course) -> str:
    """Run a command of the user's and wait for it; a sentence on what was wrong with it, empty where nothing was."""
    told = {
        "RNNTUI_RUN": run,
        "RNNTUI_PATH": path,
        "RNNTUI_REASON": reason,
        "RNNTUI_STEP": str(course.step),
        "RNNTUI_STATE": course.state,
        "RNNTUI_SAID": course.said,
    }
    try:
        process = subprocess.Popen(
            command,
            shell=True,
            env={**os.environ, **{name: value.replace("\0", "") for name, value in told.items()}},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        return f"the command for {reason!r} cannot be run: {error.strerror}"
    try:
        _, words = process.communicate(timeout=COMMAND_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(OSError):
            os.killpg(process.pid, 9)
        process.communicate()
        return f"the command for {reason!r} was ended after {COMMAND_SECONDS:.0f} s"
    if process.returncode:
        last = "".join(f": {line}" for line in words.decode(errors="replace").strip().splitlines()[-1:])
        return f"the command for {reason!r} ended with status {process.returncode}{last}"
    return ""


class AlertThread:
    """Looks at a run from a thread of its own until `close`, and runs the commands; `note` hears what was wrong."""

    def __init__(
        self, alerts: Alerts, run: Run, course: Callable[[], Course], note: Callable[[str], object] = lambda _: None
    ) -> None:
        self._alerts, self._run, self._course, self._note = alerts, run, course, note
        self._told: set[Reason] = set()
        self._moved_at, self._step = time.monotonic(), -1
        self._look_at_disk = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"alerts of {run.name}", daemon=True)
        if alerts.is_any:
            self._thread.start()

    def close(self) -> None:
        """Tell what has come about by now, and wait for the commands."""
        if self._thread.ident is not None:
            self._over.set()
            self._thread.join()

    def _work(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self._look()
        self._look()

    def _look(self) -> None:
        course, now = self._course(), time.monotonic()
        if course.step != self._step or course.state != "running":
            self._step, self._moved_at = course.step, now
            self._told.discard("stalled")
        if course.state == "running":
            self._told -= set(ENDS)  # it went back, and trains again
        for state in ENDS:
            if course.state == state:
                self._tell(state, course)  # type: ignore[arg-type]
        if now - self._moved_at >= STALLED_SECONDS:
            self._tell("stalled", course)
        if now >= self._look_at_disk:
            self._look_at_disk = now + DISK_SECONDS
            with suppress(OSError):
                if shutil.disk_usage(self._run.path).free < LEAST_FREE:
                    self._tell("disk nearly full", course)

    def _tell(self, reason: Reason, course: Course) -> None:
        if reason in self._told:
            return
        self._told.add(reason)
        asked = ((self._alerts.on_end, reason in ENDS), (self._alerts.on_trouble, reason in TROUBLE))
        for command, is_for_it in asked:
            if command is not None and is_for_it:
                wrong = run_command(command, reason, self._run.name, str(self._run.path.absolute()), course)
                if wrong:
                    self._note(wrong)
