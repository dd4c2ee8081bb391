"""A process that trains one run without a terminal: `python -m rnntui.sessions.process`, started by `detaching.py`.

Its order comes on standard input, and what it says of its beginning goes to standard output, a line of JSON each; then
it has neither. It ends when the run does and no window is left to look at it.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from rnntui.config import from_dict
from rnntui.runs import Run
from rnntui.runs.status import RunState
from rnntui.sessions.alerts import Alerts
from rnntui.sessions.contract import OVER
from rnntui.sessions.detaching import Order
from rnntui.sessions.training import TrainingSession
from rnntui.system import consent
from rnntui.system.errors import sentence
from rnntui.system.signals import BY_SIGNAL, DIVERGED, FAILED, Signals

LOOK_SECONDS = 0.1  # from one look at the run to the next
LINGER_SECONDS = 3.0  # that it waits for a window after the end of the run, or after the last window
TAKE_SECONDS = 5.0  # for the process that had the run to let it go
EXITS: dict[RunState, int] = {"failed": FAILED, "refused": 2, "diverged": DIVERGED}


def main() -> int:
    """Train the run that standard input names; the exit status."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # it has no terminal to lose
    order = Order(**json.load(sys.stdin))
    if order.trust:
        consent.give_for_all(from_here=True)  # the process that had the run has it of its user
    try:
        run = _take(order)
    except (ValueError, OSError) as error:
        _tell(refused=str(error) if isinstance(error, ValueError) else sentence(error))
        return FAILED
    _tell(holds=os.getpid())
    with Signals() as signals:
        session = TrainingSession(run, is_detached=True, alerts=Alerts(**order.alerts))
        if order.paused:
            session.pause(True)
        session.start()
        _follow(session, signals)
        session.stop()
        session.join()
        if signals.caught is not None:
            return BY_SIGNAL + signals.caught
    return EXITS.get(session.status.run.state, 0)


def _take(order: Order) -> Run:
    """The run, locked. Raises `ValueError` where another process keeps it."""
    run = Run(Path(order.path))
    until = time.monotonic() + TAKE_SECONDS
    while True:
        try:
            run.lock()
        except ValueError:
            if time.monotonic() >= until:
                raise
            time.sleep(LOOK_SECONDS)
        else:
            break
    if order.settings is not None:
        run.ask(from_dict(order.settings), **order.dials)
    run.asked_step = order.step
    return run


def _follow(session: TrainingSession, signals: Signals) -> None:
    """Wait until the run is over and nobody looks at it, or a signal comes."""
    is_told, alone_since = False, time.monotonic()
    while signals.caught is None and not session.join(0):
        state = session.status.run.state
        if not is_told and state != "loading":
            is_told = True
            _tell(state=state, sentence=session.status.sentence, step=session.status.run.step)
            _leave_output()
        if session.windows or state not in ("diverged", *OVER):
            alone_since = time.monotonic()
        elif time.monotonic() - alone_since >= LINGER_SECONDS:
            return
        time.sleep(LOOK_SECONDS)
    if not is_told:
        _tell(state=session.status.run.state, sentence=session.status.sentence, step=session.status.run.step)


def _tell(**what: Any) -> None:
    try:
        print(json.dumps(what), flush=True)
    except OSError:  # who started it is gone
        _leave_output()


def _leave_output() -> None:
    """From now on what is printed goes nowhere: nobody reads it."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
