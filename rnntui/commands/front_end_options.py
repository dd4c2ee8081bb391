"""Typer's options for how runs are shown while they train, which the commands that train have in common."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from rnntui.commands.options import Command, offering

Detach = Annotated[
    bool,
    typer.Option(
        "--detach",
        help="Train in a process of its own, which outlives this terminal; `rnntui attach` shows it.",
    ),
]
OnHangup = Annotated[
    str | None,
    typer.Option(
        "--on-hangup",
        help="When the terminal of the screen is closed: stop saves and ends the training, detach lets it go on in a "
        "process of its own. Not given, ~/.config/rnntui/config.toml decides, else stop.",
        metavar="stop|detach",
        show_default=False,
        autocompletion=offering(("stop", "detach")),
    ),
]
OnEnd = Annotated[
    str | None,
    typer.Option(
        "--on-end",
        help="Command that is run when the training has ended by itself, with RNNTUI_RUN, RNNTUI_REASON, RNNTUI_STEP "
        "and RNNTUI_SAID in its environment.",
        metavar="COMMAND",
        show_default=False,
    ),
]
OnTrouble = Annotated[
    str | None,
    typer.Option(
        "--on-trouble",
        help="Command that is run when the training diverges, fails or stalls, or the disk is nearly full.",
        metavar="COMMAND",
        show_default=False,
    ),
]
Notify = Annotated[
    str | None,
    typer.Option(
        "--notify",
        help="How the screen tells both: off, bell, or desktop (a notification by the terminal, OSC 9).",
        metavar="off|bell|desktop",
        autocompletion=offering(("off", "bell", "desktop")),
        show_default=False,
    ),
]
Plain = Annotated[
    bool,
    typer.Option("--plain", help="No screen: reports in words, and a prompt for commands; as on a dumb terminal."),
]
Every = Annotated[
    str | None,
    typer.Option(
        "--every",
        help="From one report of --plain to the next, such as 2m or 1h; 10s where none is given.",
        metavar="TIME",
    ),
]
Headless = Annotated[bool, typer.Option("--headless", help="No screen: a progress bar, then a few lines.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON value on standard output and nothing else.")]

# By the parameters of `front_end.asked`, with their defaults.
OPTIONS: dict[str, tuple[Any, Any]] = {
    "detach": (Detach, False),
    "on_hangup": (OnHangup, None),
    "on_end": (OnEnd, None),
    "on_trouble": (OnTrouble, None),
    "notify": (Notify, None),
    "plain": (Plain, False),
    "every": (Every, None),
    "headless": (Headless, False),
    "as_json": (Json, False),
}


def with_front_end(command: Callable[..., None]) -> Command:
    """Replace a command's `how` by these options; it is given the `FrontEnd` that they ask for."""

    @wraps(command)
    def asking(**given: Any) -> None:
        from rnntui.commands import front_end

        how = front_end.asked(**{name: given.pop(name) for name in OPTIONS})
        command(how=how, **given)

    own = inspect.signature(command)
    keyword = inspect.Parameter.KEYWORD_ONLY
    made = [
        inspect.Parameter(name, keyword, default=default, annotation=option)
        for name, (option, default) in OPTIONS.items()
    ]
    before = [
        parameter.replace(kind=keyword)
        for parameter in own.parameters.values()
        if parameter.name != "how" and parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    rest = [each for each in own.parameters.values() if each.kind is inspect.Parameter.VAR_KEYWORD]
    asking.__signature__ = own.replace(parameters=[*before, *made, *rest])  # type: ignore[attr-defined]
    return asking
