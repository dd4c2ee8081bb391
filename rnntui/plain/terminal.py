"""The plain terminal: a prompt whose line no report tears, or, where the terminal is dumb, lines as they come."""

import asyncio
import os
import select
import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress

from rnntui.plain.commands import completions
from rnntui.plain.console import Console
from rnntui.runs import Run
from rnntui.sessions import ending
from rnntui.sessions.alerts import Alerts
from rnntui.sessions.attached import AttachedSession
from rnntui.sessions.contract import OnHangup, Session
from rnntui.sessions.training import TrainingSession
from rnntui.sessions.watched import WatchedSession
from rnntui.system import output
from rnntui.system.signals import BY_SIGNAL, Signals

TICK_SECONDS = 0.1
WELCOME = "help lists the commands, quit leaves"


def open_plain(runs: Sequence[Run], *, every: float, on_hangup: OnHangup = "stop", alerts: Alerts | None = None) -> int:
    """Train runs (locked by the caller) in this process until the user leaves; the exit status.

    Raises `ValueError` where a run's settings will not do. With `on_hangup` they are given to processes of their own
    when the terminal is closed.
    """
    return _converse([TrainingSession(run, alerts=alerts) for run in runs], every, on_hangup)


def attach_plain(runs: Sequence[Run], *, every: float, watch: bool) -> int:
    """Speak of runs that other processes train until the user leaves; they train on. The exit status."""
    return _converse([WatchedSession(run) if watch else AttachedSession(run) for run in runs], every)


def _converse(sessions: Sequence[Session], every: float, on_hangup: OnHangup = "stop") -> int:
    """Speak of sessions and obey what is typed; however it ends, what this process trains is saved first."""
    with Signals() as signals:
        console = Console(sessions, output.say, every)
        output.say(WELCOME)
        try:
            for session in sessions:
                session.start()
            asyncio.run(_follow(console, signals))
        finally:
            ending.wait_for(sessions)
        status = 2 if console.is_refused else 0
        by = signals.caught or (None if _is_open() else signal.SIGHUP)
        if by is not None:
            status = BY_SIGNAL + by
    return ending.end(
        sessions,
        status,
        first=sessions,
        gives=console.is_detaching or (by == signal.SIGHUP and on_hangup == "detach"),
        paused=console.paused,
    )


def _is_open() -> bool:
    with suppress(ValueError, OSError, AttributeError):
        return os.isatty(sys.stdin.fileno())
    return False


async def _follow(console: Console, signals: Signals) -> None:
    """Speak until the user leaves, a signal comes, or a run is refused."""
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)  # of a terminal that has gone
    read = _read_dumb if output.is_dumb() else _read_prompt
    reading = asyncio.create_task(read(console, signals))
    try:
        while not (console.is_left or console.is_refused or signals.caught or reading.done()):
            console.tick()
            if console.has_ended:
                break
            await asyncio.sleep(TICK_SECONDS)
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError, EOFError, OSError):
            await reading
        console.remember_paused()


async def _read_prompt(console: Console, signals: Signals) -> None:
    """Obey what is typed at a prompt, above which reports are written, until the end of input or Ctrl-C.

    The terminal stays in raw mode from the first prompt to the last one, also while a report is written: what is
    typed between two prompts would be echoed twice otherwise, and its Ctrl-D would get lost.
    """
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import DynamicCompleter, NestedCompleter
    from prompt_toolkit.input.vt100 import Vt100Input
    from prompt_toolkit.output import ColorDepth
    from prompt_toolkit.patch_stdout import patch_stdout
    from prompt_toolkit.shortcuts import CompleteStyle

    class RawInput(Vt100Input):
        def cooked_mode(self) -> AbstractContextManager[None]:
            return nullcontext()

    os.environ["PROMPT_TOOLKIT_NO_CPR"] = "1"  # no question to the terminal where its cursor is
    keyboard = RawInput(sys.stdin)
    with keyboard.raw_mode(), patch_stdout(raw=True):
        line: PromptSession[str] = PromptSession(
            input=keyboard,
            completer=DynamicCompleter(lambda: NestedCompleter.from_nested_dict(completions(console))),
            complete_while_typing=False,
            complete_style=CompleteStyle.READLINE_LIKE,
            color_depth=ColorDepth.DEPTH_1_BIT,
        )
        while not console.is_left:
            try:
                console.obey(
                    await line.prompt_async(
                        lambda: f"{console.chosen.run.name}> ", handle_sigint=False, set_exception_handler=False
                    )
                )
            except KeyboardInterrupt:
                signals.note(signal.SIGINT)
                return
            except EOFError:
                return


async def _read_dumb(console: Console, signals: Signals) -> None:
    """Obey the lines that the terminal itself lets one edit. It returns at the end of input."""
    unread, stdin = b"", sys.stdin.fileno()
    while not console.is_left:
        if not select.select([stdin], [], [], 0)[0]:
            await asyncio.sleep(TICK_SECONDS)
            continue
        received = os.read(stdin, 1 << 16)
        if not received:
            return
        *lines, unread = (unread + received).split(b"\n")
        for line in lines:
            console.obey(line.decode(errors="replace"))
