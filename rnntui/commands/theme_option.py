"""Typer's option for the colours of the screen, which all commands with a screen have."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from rnntui.commands.options import Command, above, offering
from rnntui.system import output, user_config

Theme = Annotated[
    str | None,
    typer.Option(
        "--theme",
        help="Colours of the screen. Not given, ~/.config/rnntui/config.toml decides, where a choice on the screen "
        f"(Ctrl-P, theme) is kept; else {user_config.THEMES[0]}.",
        metavar="|".join(user_config.THEMES),
        show_default=False,
        autocompletion=offering(user_config.THEMES),
    ),
]
THEME, CONTEXT = "theme", "context"  # parameters
# Options with which no screen is opened, by their parameters.
SCREENLESS = ("headless", "as_json", "plain", "detach", "figure", "svg", "check", "report", "dry_run")


def with_theme(command: Callable[..., None]) -> Command:
    """Give a command the option `--theme`, which is refused where there is no screen.

    Before a command, `rnntui --theme NAME COMMAND`, it means the same as behind it.
    """

    own = inspect.signature(command)
    keyword = inspect.Parameter.KEYWORD_ONLY
    contexts = [name for name, parameter in own.parameters.items() if parameter.annotation is typer.Context]

    @wraps(command)
    def themed(*, theme: str | None, **given: Any) -> None:
        context = given[contexts[0]] if contexts else given.pop(CONTEXT)
        if context.invoked_subcommand is not None:
            _check_takes_it(theme, context)
        elif (theme := theme or above(context, THEME)) is not None:
            _check_screen(given)
            user_config.choose(THEME, theme)
        command(**given)

    kept = [parameter.replace(kind=keyword) for parameter in own.parameters.values()]
    made = [inspect.Parameter(THEME, keyword, default=None, annotation=Theme)]
    if not contexts:
        made.append(inspect.Parameter(CONTEXT, keyword, annotation=typer.Context))
    themed.__signature__ = own.replace(parameters=[*kept, *made])  # type: ignore[attr-defined]
    themed.__annotations__ = {parameter.name: parameter.annotation for parameter in (*kept, *made)}
    return themed


def _check_takes_it(theme: str | None, context: typer.Context) -> None:
    """Raise `ValueError` where a theme was typed before a command that takes none."""
    name = str(context.invoked_subcommand)
    command = getattr(context.command, "commands", {})[name]
    if theme is not None and all(parameter.name != THEME for parameter in command.params):
        raise ValueError(f"--theme is for the screen, and rnntui {name} opens none: leave it out")


def _check_screen(given: dict[str, Any]) -> None:
    odd = next((name for name in SCREENLESS if given.get(name)), None)
    if odd is not None:
        option = "--json" if odd == "as_json" else f"--{odd.replace('_', '-')}"
        raise ValueError(f"--theme is for the screen, and {option} opens none: leave one of them out")
    if not output.draws_screens():
        raise ValueError("--theme is for the screen, and there is no terminal for one here: leave it out")
