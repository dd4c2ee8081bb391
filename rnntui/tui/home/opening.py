"""How a run that was chosen in the list is opened: a window on the process that trains it, or a look into its files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rnntui.runs import Run, live, overview
from rnntui.runs.overview import FoundRun, RunGlance
from rnntui.runs.status import RESUMABLE
from rnntui.sessions.alerts import Alerts
from rnntui.sessions.attached import AttachedSession, begin_detached
from rnntui.sessions.contract import Session
from rnntui.sessions.viewed import ViewedSession
from rnntui.system import consent
from rnntui.system.failures import explain
from rnntui.text import format
from rnntui.tui.training.keys import MOST_PANES


@dataclass(frozen=True)
class ToOpen:
    """Runs to be opened together, each with how it stands just now."""

    runs: tuple[tuple[Run, RunGlance], ...]

    @property
    def idle(self) -> list[Run]:
        """Those that nobody trains and that are not finished."""
        return [run for run, glance in self.runs if glance.status.state in RESUMABLE]

    @property
    def question(self) -> str:
        """What to ask before they are opened, where some could be trained on."""
        idle = [(run, glance.status) for run, glance in self.runs if glance.status.state in RESUMABLE]
        if len(idle) == 1:
            run, state = idle[0]
            how = "has lost its process" if state.state == "lost" else f"has {state.state}"
            return f"Run {run.name} {how} at step {state.step:,} of {state.steps:,}."
        return f"{format.counted(len(idle), 'run')} of these {'is' if len(idle) == 1 else 'are'} not trained now."


def to_open(chosen: Sequence[FoundRun]) -> ToOpen:
    """What was chosen, as it stands now. Raises `ValueError` where that cannot be opened together."""
    if any(found.is_sweep for found in chosen):
        raise ValueError("a sweep is opened alone: choose runs alone, or no run")
    if len(chosen) > MOST_PANES:
        raise ValueError(f"{len(chosen)} runs are chosen, and a screen has room for {MOST_PANES}")
    read = [(Run(found.path), overview.glance(found)) for found in chosen]
    for _, glance in read:
        if glance.settings is None:
            raise ValueError(glance.reason)
    return ToOpen(tuple(read))


def look_at(run: Run, glance: RunGlance) -> Session:
    """A session of a run that is not resumed: a window where a process of this machine trains it and answers.

    One that is looked at knows from the beginning whether the run is solved and still is, by which the first key may
    go.
    """
    found = live.address(run)
    answers = run.is_held() and (found is None or (found.is_here and bool(found.socket)))
    if answers:
        return AttachedSession(run)
    session = ViewedSession(run)
    known = glance.status
    reached = replace(
        session.status.run, solved_at=known.solved_at, accuracy=known.accuracy, loss=known.loss, guess=known.guess
    )
    session.status = replace(session.status, run=reached)
    return session


def resume(run: Run, alerts: Alerts) -> Session:
    """A window on a run that a process of its own trains on from now. Raises `ValueError` where that cannot be."""
    try:
        consent.check(run.settings().cell, f"run {run.name!r}")
        return begin_detached(Run(run.path), alerts)
    except (ValueError, OSError) as error:
        raise ValueError(f"{run.name}: {explain(error)}") from None
