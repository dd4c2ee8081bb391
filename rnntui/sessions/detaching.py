"""A run is given to a process of its own, which trains on when terminal and screen are gone.

The process that had it has saved it and let its lock go; the new one takes the lock and says so, and only then is the
run given away. From there it is a resumed run, equal to the bit to one that nobody gave away.
"""

import json
import os
import selectors
import subprocess
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from rnntui.config import as_dict
from rnntui.runs import Run, live
from rnntui.sessions.alerts import Alerts
from rnntui.system import consent
from rnntui.system.python import module_command

HOLD_SECONDS = 20.0  # that a process has to take a run up: it has not loaded PyTorch by then
MODULE = "rnntui.sessions.process"


@dataclass(frozen=True)
class Order:
    """What the process is told: which run, what was asked of it for this opening, and whether it is to wait."""

    path: str
    settings: dict[str, Any] | None
    dials: dict[str, float]
    step: int | None
    paused: bool
    trust: bool
    alerts: dict[str, Any]


class Detached:
    """A process that trains a run by itself; what it says of its beginning is read until `close`."""

    def __init__(self, run: Run, process: "subprocess.Popen[bytes]") -> None:
        self.run, self.pid = run, process.pid
        assert process.stdout is not None
        self._process, self._output = process, process.stdout
        self._unread = b""
        os.set_blocking(self._output.fileno(), False)

    def next(self, seconds: float) -> dict[str, Any] | None:
        """The next thing it says; `None` where nothing came within so long. Raises `ValueError` where it ended."""
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            while b"\n" not in self._unread:
                if not selector.select(max(0.0, until - time.monotonic())):
                    return None
                received = self._output.read(1 << 16)
                if received == b"":
                    raise ValueError(f"the process that was to train run {self.run.name!r} ended: {self._last_words()}")
                self._unread += received or b""
        line, _, self._unread = self._unread.partition(b"\n")
        told: dict[str, Any] = json.loads(line)
        return told

    def close(self) -> None:
        """Leave it to itself."""
        self._output.close()

    def _last_words(self) -> str:
        words = ""
        with suppress(OSError):
            words = (live.folder(self.run) / live.LOG).read_text(errors="replace").strip()
        return words.splitlines()[-1] if words else "it left no word"


def detach(run: Run, *, paused: bool = False, alerts: Alerts | None = None) -> Detached:
    """Give a run, whose lock this process holds or held, to a process of its own; it holds the run when this returns.

    Raises `ValueError` where that cannot be; the run is then as it was saved, and nobody holds it.
    """
    order = Order(
        str(run.path.absolute()),
        None if run.asked_settings is None else as_dict(run.asked_settings),
        run.asked_dials,
        run.asked_step,
        paused,
        consent.is_own(run.settings().cell),
        asdict(alerts or Alerts()),
    )
    run.lock()
    try:
        with live.open_folder(run.folder) as folder:
            log = os.fdopen(folder.open_new(live.LOG), "wb")
    finally:
        run.unlock()
    with log:
        process = subprocess.Popen(
            module_command(MODULE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert process.stdin is not None
    detached = Detached(run, process)
    with suppress(OSError):  # it ended: what it says tells why
        process.stdin.write(json.dumps(asdict(order)).encode())
        process.stdin.close()
    told = detached.next(HOLD_SECONDS)
    if told is None:
        process.kill()
        raise ValueError(f"the process that was to train run {run.name!r} did not begin within {HOLD_SECONDS:g} s")
    if "refused" in told:
        raise ValueError(told["refused"])
    return detached
