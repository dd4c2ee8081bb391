"""Unknown commands, options and arguments, in a sentence that says what would be right.

Typer's own sentences name the fault alone, and its suggestions are worded in two ways of their own.
"""

import re
from collections.abc import Callable
from typing import Any

from rnntui.config import nearest

MOST = 16  # options that a sentence lists
FEW = 3  # commands that it lists with what they take


def in_words(error: Any) -> str:
    """The sentence of one of Typer's exceptions."""
    said: str = error.format_message()
    words = _WORDS.get(type(error).__name__)
    return (words(error, said) or said) if words is not None else said


def _missing(error: Any, said: str) -> str:
    param = error.param
    if error.ctx is None or param is None or param.param_type_name != "argument":
        return ""
    what = param.help or ""
    return f"{error.ctx.command_path} needs {param.metavar}: {what[:1].lower()}{what[1:].rstrip('.')}"


def _no_option(error: Any, said: str) -> str:
    if error.ctx is None:
        return ""
    command, asked = error.ctx.command_path, error.option_name
    known = [
        name for param in error.ctx.command.params if not getattr(param, "hidden", False) for name in _spelled(param)
    ]
    listing = f"it has {', '.join(known)}" if len(known) <= MOST else f"`{command} --help` lists them"
    return f"{command} has no option {asked}{nearest(asked, known)}: {listing}"


def _no_value(error: Any, said: str) -> str:
    return f"{error.option_name} needs a value after it" if "requires an argument" in said else ""


def _other(error: Any, said: str) -> str:
    """The message for an unknown command or an extra argument."""
    if error.ctx is None:
        return ""
    command = error.ctx.command_path
    if name := re.match(r"No such command '(.*?)'\.", said, re.DOTALL):
        known = {name: found for name, found in error.ctx.command.commands.items() if not found.hidden}
        few = len(known) <= FEW
        there = ", ".join(f"`{command} {name}{_taken(found)}`" if few else name for name, found in known.items())
        return f"{command} has no command {name[1]!r}{nearest(name[1], known)}: there are {there}"
    if extra := re.match(r"Got unexpected extra argument\(?s?\)? \((.*)\)", said, re.DOTALL):
        taken = _taken(error.ctx.command).strip() or "options alone"
        return f"{command} takes {taken}: leave out {extra[1]!r}"
    return ""


_WORDS: dict[str, Callable[[Any, str], str]] = {
    "MissingParameter": _missing,
    "NoSuchOption": _no_option,
    "BadOptionUsage": _no_value,
    "UsageError": _other,
}


def _spelled(param: Any) -> list[str]:
    """The long spellings of an option; of an argument none."""
    return [name for name in (*param.opts, *param.secondary_opts) if name.startswith("--")]


def _taken(command: Any) -> str:
    """The arguments of a command: ` RUN...`."""
    return "".join(f" {param.metavar}" for param in command.params if param.param_type_name == "argument")
