"""How sessions end when their screen has closed: what this process trains is saved or given away, and each run's state
is said on the terminal.
"""

import time
from collections.abc import Sequence

from rnntui.runs import Run, next_commands
from rnntui.sessions.contract import OVER, Session
from rnntui.sessions.detaching import detach
from rnntui.sessions.training import TrainingSession
from rnntui.system.failures import explain
from rnntui.system.output import say
from rnntui.system.signals import DIVERGED, FAILED


def end(
    sessions: Sequence[Session], status: int, *, first: Sequence[Session], gives: bool, paused: Sequence[Session]
) -> int:
    """Say how sessions that have let go ended; the exit status, which is at least `status`.

    Where it `gives`, what this process trained goes on in processes of its own, those that were `paused` paused. Raises
    the error that refused one of the `first` sessions, which is a user's mistake.
    """
    given = [session for session in sessions if _is_to_give(session)] if gives else []
    status = _farewell(sessions, first, status, given)
    return max(status, *(_give(session, paused=session in paused) for session in given)) if given else status


def to_give(sessions: Sequence[Session], leave: str) -> list[Session]:
    """The sessions whose training would go on in processes of their own; `leave` is what closes a screen on others.

    Raises `ValueError` with a sentence where there is none, or torchrun's processes train them.
    """
    going = [each for each in sessions if each.is_of_this_process and each.status.run.state not in ("diverged", *OVER)]
    if not going:
        if any(not session.is_of_this_process for session in sessions):
            raise ValueError(f"it trains in a process of its own already: {leave}")
        raise ValueError("nothing trains here")
    if any(session.run.world is not None for session in going):
        raise ValueError("torchrun's processes train this network: they stay with their terminal")
    return going


def paused(sessions: Sequence[Session]) -> tuple[Session, ...]:
    """Those that are paused, or will be, so that one that is given away is."""
    stopping = (session for session in sessions if not session.is_going)
    return tuple(session for session in stopping if session.status.run.state not in ("diverged", *OVER))


def _is_to_give(session: Session) -> bool:
    return session.is_of_this_process and session.status.run.state == "stopped"


def _give(session: Session, *, paused: bool) -> int:
    """Give a run that was saved to a process of its own, and say so; the exit status."""
    began, run = time.monotonic(), session.run
    say(f"{run.name}: starting the process that trains it on …")
    try:
        alerts = session.alerts if isinstance(session, TrainingSession) else None
        detached = detach(run, paused=paused, alerts=alerts)
    except (ValueError, OSError) as error:
        say(f"{run.name}: {explain(error)}; {next_commands.resumed_by([run])} resumes it")
        return FAILED
    detached.close()
    seconds = time.monotonic() - began
    say(f"{run.name}: {next_commands.trains_on(run, detached.pid)} (given over in {seconds:.1f} s)")
    return 0


def wait_for(sessions: Sequence[Session]) -> None:
    """Let all go, those of this process saved, and say what takes longer than a moment."""
    for session in sessions:
        session.stop()
        if not session.join(0.3) and session.is_of_this_process:
            waiting = (
                "PyTorch to finish loading" if session.status.run.state == "loading" else "its step and checkpoint"
            )
            say(f"{session.run.name}: waiting for {waiting} …")
        session.join()


def _farewell(sessions: Sequence[Session], first: Sequence[Session], status: int, given: Sequence[Session]) -> int:
    """Print each run's state and what can be done next, but for those that are given away; returns the exit status."""
    saved: list[Run] = []
    for session in sessions:
        now, name = session.status, session.run.name
        if session in given:
            continue
        if now.run.state == "refused":
            if session in first and session.error is not None:
                raise session.error
            say(f"{name}: {now.sentence}")
        elif now.run.state == "failed":
            say(f"{name}: {now.sentence}")
            status = status or FAILED
        elif now.run.state == "diverged":
            way_on = next_commands.after_divergence(session.run, now.learning_rate, now.saved_step or 0)
            say(f"{name}: diverged after step {now.run.step:,}; {way_on}")
            status = status or DIVERGED
        elif now.run.state == "finished":
            early = f", {now.run.early_ending}" if now.run.early_ending else ""
            remark = f", {now.remark}" if now.remark else ""
            ended = f"finished after {now.run.step:,} steps{early}{remark}"
            say(f"{name}: {ended}; {next_commands.next_of_finished(session.run)}")
        elif session.looks_only:
            say(f"{name}: {now.run.state} at step {now.run.step:,} of {now.run.steps:,} when last looked at")
        elif not session.is_of_this_process and now.run.state not in OVER:
            say(f"{name}: step {now.run.step:,} of {now.run.steps:,}; {next_commands.trains_on(session.run)}")
        elif now.saved_step is not None:
            saved.append(session.run)
            way_on = f"{next_commands.resumed_by([session.run])} resumes it"
            say(f"{name}: saved at step {now.saved_step:,} of {now.run.steps:,}; {way_on}")
    if len(saved) > 1:
        say(next_commands.all_resumed_by(saved))
    return status
