"""The front end that shows runs while they train: the screen where there is a terminal, else a line or a bar; or none,
where a process of its own trains them.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from rnntui.runs import Run, next_commands
from rnntui.sessions.alerts import Alerts
from rnntui.sessions.contract import OnHangup
from rnntui.system import logout, output, user_config
from rnntui.system.output import say
from rnntui.system.signals import FAILED
from rnntui.system.world import world

REPORT_SECONDS = 10.0  # from one line of --plain to the next
LOOK_SECONDS = 0.5  # from one look at a process that begins to the next


@dataclass(frozen=True)
class FrontEnd:
    """How runs are shown while they train."""

    headless: bool = False
    wants_json: bool = False
    detach: bool = False
    on_hangup: OnHangup = "stop"
    alerts: Alerts = field(default_factory=Alerts)
    plain: bool = False  # in words, with a prompt
    every: float = REPORT_SECONDS

    def __post_init__(self) -> None:
        if self.detach and (self.headless or self.wants_json):
            odd = "--headless" if self.headless else "--json"
            raise ValueError(f"--detach trains without a terminal, so there is nothing for {odd} to show: leave it out")
        if self.plain and (self.detach or self.headless or self.wants_json):
            odd = "--detach" if self.detach else "--headless" if self.headless else "--json"
            raise ValueError(f"--plain shows the training at a prompt, {odd} without one: leave one of them out")


def asked(
    *,
    headless: bool,
    as_json: bool,
    detach: bool,
    on_hangup: str | None,
    on_end: str | None,
    on_trouble: str | None,
    notify: str | None,
    plain: bool = False,
    every: str | None = None,
) -> FrontEnd:
    """What the options say, and where they say nothing the user's configuration. Raises `ValueError` for a word that an
    option has not.
    """
    if detach and world() is not None:
        raise ValueError("--detach is for one process: torchrun keeps its own, and nohup lets them outlive a terminal")
    if plain and notify not in (None, "off"):
        raise ValueError("--notify is for the screen, --plain says the same as a line: leave one of them out")
    hangup, told = user_config.asked("on-hangup", on_hangup), user_config.asked("notify", notify)
    alerts = Alerts(
        user_config.asked("on-end", on_end),
        user_config.asked("on-trouble", on_trouble),
        cast("Any", told or "off"),
    )
    in_words = plain_of(plain, every, otherwise=headless or as_json or detach)
    return FrontEnd(headless, as_json, detach, cast("OnHangup", hangup or "stop"), alerts, *in_words)


def alerts_of_user() -> Alerts:
    """What the user's configuration says is to happen when a training ends or is in trouble. Raises as `asked`."""
    told = user_config.get("notify") or "off"
    return Alerts(user_config.get("on-end"), user_config.get("on-trouble"), cast("Any", told))


def plain_of(asked: bool, every: str | None, *, otherwise: bool = False) -> tuple[bool, float]:
    """Whether runs are shown in words, and the seconds between two reports; of themselves on a dumb terminal, but for
    what is shown `otherwise`. Raises `ValueError` where there is no terminal, or a pace that is none.
    """
    from rnntui.plain.console import pace

    seconds = REPORT_SECONDS if every is None else pace(every)
    is_plain = asked or (output.is_typed_at() and output.is_dumb() and not otherwise)
    if asked and not output.is_typed_at():
        raise ValueError("--plain needs a terminal to type at")
    if every is not None and not is_plain:
        raise ValueError("--every is the pace of the reports of --plain: add --plain, or leave it out")
    return is_plain, seconds


def show(all_runs: Sequence[Run], root: Path, how: FrontEnd, finished: Sequence[Run] = ()) -> int:
    """Train locked runs: in processes of their own, on the screen where there is a terminal, else without; the exit
    status. Of runs that were asked for and are `finished` the screen says why they are not on it.
    """
    if how.detach:
        return _detach(all_runs, how.alerts)
    if how.headless or how.wants_json or not (how.plain or output.is_terminal()):
        from rnntui.commands.train import train

        return train(all_runs, wants_json=how.wants_json, alerts=how.alerts)
    if how.plain:
        from rnntui.plain.terminal import open_plain

        return open_plain(all_runs, every=how.every, on_hangup=how.on_hangup, alerts=how.alerts)
    from rnntui.tui.training.app import open_screen

    said = [next_commands.why_not_shown(run) for run in finished]
    return open_screen(all_runs, root, on_hangup=how.on_hangup, alerts=how.alerts, said=said)


def _detach(all_runs: Sequence[Run], alerts: Alerts) -> int:
    """Give runs to processes of their own, wait until each trains or has ended, and say how to come back."""
    from rnntui.sessions.detaching import detach

    begun, status = [], 0
    for run in all_runs:
        run.unlock()
        begun.append(detach(run, alerts=alerts))
    if warning := logout.warning():
        say(warning)
    for detached in begun:
        name, is_said, began = detached.run.name, False, time.monotonic()
        while (told := detached.next(LOOK_SECONDS)) is None:
            if not is_said:
                is_said = True
                say(f"{name}: loading PyTorch in process {detached.pid} …")
        detached.close()
        if told["state"] in ("refused", "failed"):
            say(f"{name}: {told['sentence']}")
            status = 2 if told["state"] == "refused" else FAILED
        elif told["state"] in ("finished", "diverged", "stopped"):
            print(f"{name}: {told['state']} at step {told['step']:,} within {time.monotonic() - began:.0f} s")
        else:
            print(f"{name}: {next_commands.trains_on(detached.run, detached.pid)}")
    return status
