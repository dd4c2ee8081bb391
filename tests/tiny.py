"""Tiny runs for the tests of the worker thread and of the screen, and waiting for them without a clock."""

import json
import threading
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnntui.config import Settings, make_settings
from rnntui.runs import Run, folder
from rnntui.sessions.training import TrainingSession

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from rnntui.core.generation.loading import TextNetwork
    from rnntui.core.training.trainer import Trainer

TINY = {"hidden": 8, "length": 3, "batch": 4, "threads": 1, "device": "cpu"}
ENDLESS = 100_000_000  # steps
KILLED_AT = 13  # steps
PATIENCE = 30.0  # seconds until a condition is given up


def palindrome(**given: Any) -> Settings:
    """Settings of a palindrome run that learns in no time."""
    return make_settings("palindrome", {**TINY, "steps": ENDLESS, **given})


def text(corpus: Path, **given: Any) -> Settings:
    """Settings of a text run that learns in no time."""
    return make_settings("text", {**TINY, "layers": 1, "corpus": str(corpus), "steps": ENDLESS, **given})


def new_run(settings: Settings, name: str | None = None) -> Run:
    """A new run in the test's own folder, locked."""
    return Run.create(folder(), name, settings)


def trained(settings: Settings, name: str | None = None) -> Run:
    """A new run that was trained to its end; nobody holds it."""
    from rnntui.core.training.trainer import open_trainer

    run = new_run(settings, name)
    for _ in open_trainer(run):
        pass
    run.unlock()
    return run


def again(run: Run) -> Run:
    """The same folder as another process finds it, locked."""
    found = Run(run.path)
    found.lock()
    return found


def killed_and_resumed(settings: Settings, before: Callable[[Run], object] | None = None) -> "Trainer":
    """The trainer of a run that was killed after some step and resumed, and ends as one that was not, to the bit.

    `before` may change the run's folder before it is resumed.
    """
    import torch

    from rnntui.core.training.trainer import Trainer

    whole = Trainer(settings)
    losses = [loss for report in whole for loss in report.loss]
    run = new_run(settings)
    killed = Trainer(settings, run)
    list(islice(killed, 1))
    while killed.step < KILLED_AT:
        next(iter(killed))
    run.unlock()
    if before is not None:
        before(run)
    found = again(run)
    resumed = Trainer(found.settings(), found)
    rest = [loss for report in resumed for loss in report.loss]
    assert rest == losses[-len(rest) :]
    assert 0 < len(rest) < len(losses)
    assert torch.equal(resumed.learner.theta, whole.learner.theta)
    return resumed


def wait_for(session: TrainingSession, condition: Callable[[], object]) -> None:
    """Return as soon as the condition holds; it fails where the worker ended without, or patience does."""
    tick, deadline = threading.Event(), time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, session.status
        ended = session.join(0)
        assert condition() or not ended, session.status
        tick.wait(0.005)


def events(run: Run) -> list[str]:
    """What the journal says was done."""
    return [row.event for row in run.events()]


def bits_of(loaded: "TextNetwork", text: str) -> list[float]:
    """The bits of a text's characters by a network, or by the mean of an ensemble."""
    from rnntui.core.generation.scoring import surprisals

    return [bits for by_network, *_ in surprisals(loaded, text) for bits in by_network]


async def wait_for_screen(pilot: "Pilot[Any]", condition: Callable[[], object]) -> None:
    """Let the screen go on until the condition holds; it fails where patience ends first."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        await pilot.pause(0.02)


async def holds(pilot: "Pilot[Any]", check: Callable[[], None]) -> None:
    """Let the screen go on until a check fails no more; where patience ends first, it fails as the check does."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return check()
        except (AssertionError, ValueError):  # a row that is not drawn yet cannot be taken apart
            if time.monotonic() >= deadline:
                raise
        await pilot.pause(0.02)


def as_before_digests(checkpoint: Path) -> Path:
    """A checkpoint whose files may be changed by hand: its state without their digests, as older ones are."""
    state = json.loads((checkpoint / "state.json").read_text())
    del state["sha256"]
    (checkpoint / "state.json").write_text(json.dumps(state))
    return checkpoint
