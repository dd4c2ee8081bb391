"""Typer's options for the settings, made from the fields of `config.Settings`.

An option that was not given is `None`, so that a task's own default applies. Bounds are in `config`, not repeated here.
"""

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import Field, fields
from typing import Annotated, Any

import typer

from rnntui import config, corpora
from rnntui.config import Settings, default_of, option, parse, settings_of
from rnntui.specs import TASKS, optimizers_with, tasks_with
from rnntui.system import consent

Command = Callable[..., None]


def with_settings(*names: str, defaults_of: Sequence[str] = tuple(TASKS)) -> Callable[[Command], Command]:
    """Replace a command's `**given` by an option for each setting of that name; without names, for all of them.

    The help tells the defaults of the tasks `defaults_of`; without any, what is not given stays as it was.
    """

    def decorate(command: Command) -> Command:
        own = inspect.signature(command)
        kept = [
            parameter for parameter in own.parameters.values() if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        ]
        wanted = [
            setting for setting in fields(Settings) if setting.name != "task" and (not names or setting.name in names)
        ]
        made = [_parameter(setting, defaults_of) for setting in wanted]
        keywords = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in kept]
        command.__signature__ = own.replace(parameters=[*keywords, *made])  # type: ignore[attr-defined]
        command.__annotations__ = {parameter.name: parameter.annotation for parameter in (*keywords, *made)}
        return command

    return decorate


def above(ctx: typer.Context, name: str) -> Any:
    """What was typed for an option before the subcommand, where it counts as well: `rnntui runs --json show RUN`."""
    return ctx.parent.params.get(name) if ctx.parent is not None else None


class NoNumber(typer.BadParameter):
    """An option's value is not a number; the message is the one that settings use."""

    def format_message(self) -> str:
        return self.message


def whole(option_name: str, help: str, metavar: str = "N", **more: Any) -> Any:
    """An option of a whole number."""
    return _number(int, option_name, help, metavar, more)


def real(option_name: str, help: str, metavar: str = "X", **more: Any) -> Any:
    """An option of a number."""
    return _number(float, option_name, help, metavar, more)


def _number(kind: type[int] | type[float], name: str, help: str, metavar: str, more: dict[str, Any]) -> Any:
    def read(text: Any) -> int | float:
        try:
            return kind(text)
        except ValueError:
            raise NoNumber(f"{name} must be a {'whole ' if kind is int else ''}number, not {text!r}") from None

    return typer.Option(name, *more.pop("names", ()), help=help, metavar=metavar, parser=read, **more)


def values(given: dict[str, Any]) -> dict[str, Any]:
    """The settings that were given, as values. Raises `ValueError`, naming the option, for what is no number."""
    typed = {name: value for name, value in given.items() if value is not None}
    read = {name: parse(name, value) if isinstance(value, str) else value for name, value in typed.items()}
    parsed = {name: value for name, value in read.items() if value is not None}
    if "cell" in parsed:
        consent.give(parsed["cell"])
    return parsed


def trust(value: bool) -> None:
    """`--trust` of a command that only reads."""
    if value:
        consent.give_for_all(from_here=False)


def trust_here(value: bool) -> None:
    """`--trust` of a command that trains."""
    if value:
        consent.give_for_all(from_here=True)


def typed(ctx: typer.Context, *names: str) -> list[str]:
    """The given options of a command, as spelled on the command line."""
    given = [name for name in names if (source := ctx.get_parameter_source(name)) and source.name == "COMMANDLINE"]
    spelled = {param.name: param.opts[0] for param in ctx.command.params}
    return [spelled[name] for name in given]


def starting_with(incomplete: str, words: Iterable[str]) -> list[str]:
    """Shell completions of a word."""
    return [word for word in words if word.startswith(incomplete)]


def corpus_names(incomplete: str) -> list[str]:
    """Completion by the texts that are here."""
    return starting_with(incomplete, [entry.name for entry in corpora.listing() if entry.is_here])


def offering(words: Iterable[str]) -> Callable[[str], list[str]]:
    """Completion by words that there are."""

    def complete(incomplete: str) -> list[str]:
        return starting_with(incomplete, words)

    return complete


def _parameter(setting: "Field[Any]", defaults_of: Sequence[str]) -> inspect.Parameter:
    name, meta, flag = setting.name, setting.metadata, option(setting.name)
    kind, is_switch = config.kind_of(setting), setting.type is bool
    info = typer.Option(
        f"{flag}/--no-{name.replace('_', '-')}" if is_switch else flag,
        help=" ".join(
            [meta["help"], *([f"({'; '.join(remarks)})"] if (remarks := _remarks(setting, defaults_of)) else [])]
        ),
        metavar=None if is_switch else {int: "N", float: "X"}.get(kind, "TEXT"),
        rich_help_panel=meta["group"],
        show_default=False,
        autocompletion=_completion(setting),
    )
    annotation = Annotated[bool | None, info] if is_switch else Annotated[str | None, info]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _completion(setting: "Field[Any]") -> Callable[[str], list[str]] | None:
    if setting.name == "corpus":
        return corpus_names
    choices = setting.metadata["choices"]
    return offering(choices) if choices else None


def _remarks(setting: "Field[Any]", defaults_of: Sequence[str]) -> list[str]:
    """Its choices, what is built in, what alone has it (tasks, cells, optimizers), its default, and others."""
    choices = ", ".join(setting.metadata["choices"] or ())
    built_in = f"built in: {', '.join(corpora.BUILT_IN)}" if setting.name == "corpus" else ""
    whose = (tasks_with(setting.name), setting.metadata["cells"], optimizers_with(setting.name))
    only = [f"{', '.join(names)} only" for names in whose if names]
    by_task = {task: _word(default_of(task, setting.name)) for task in defaults_of if setting in settings_of(task)}
    usual = next(iter(by_task.values()), "")
    others = [f"{task} {default}" for task, default in by_task.items() if default != usual]
    default = ", ".join([f"default {usual}" if usual else "", *others])
    return [remark for remark in (choices, built_in, *only, default) if remark]


def _word(default: Any) -> str:
    if default is None:
        return ""
    return {True: "on", False: "off"}[default] if isinstance(default, bool) else str(default)
