"""The options that `rnntui train` has where it is given no others: `[options]` of the user's configuration.

    [options]
    threads = 2          # of every task that has it
    [options.text]
    dropout = 0.2        # of that task alone

What is typed comes before them, and so do a preset that is named and the network of `--from`. One that a task or its
cell lacks is left out.
"""

from collections.abc import Mapping
from dataclasses import Field, fields
from typing import Any

from rnntui import config
from rnntui.config import Settings, belongs, kind_of, nearest, option
from rnntui.runs import making
from rnntui.specs import TASKS, optimizers_with
from rnntui.system import user_config

TABLE = "options"
SETTINGS: dict[str, "Field[Any]"] = {each.name: each for each in fields(Settings) if each.name != "task"}


def with_defaults(task: str, given: Mapping[str, Any], preset: str | None) -> dict[str, Any]:
    """What was given for a new run of a task, with the user's own options beside it.

    Raises `ValueError` for a configuration that will not do.
    """
    usual = of_task(task) if task in TASKS else {}
    if not usual:
        return dict(given)
    named = set(given)
    if preset is not None:
        named |= set(config.preset_rule(preset, task, given).values(making.corpus_size(task, given), given))
    usual = {name: value for name, value in usual.items() if name not in named}
    kinds: dict[str, Any] = {name: usual[name] for name in ("cell", "optimizer") if name in usual}
    made = making.settings(task, {**kinds, **given}, preset)
    fitting = {name: value for name, value in usual.items() if belongs(SETTINGS[name], made.cell, made.optimizer)}
    return {**fitting, **given}


def of_task(task: str) -> dict[str, Any]:
    """The user's options of a task: those of all tasks that it has, and its own. Raises `ValueError`."""
    every, own = {}, {}
    for name, (value, place) in user_config.values_of(TABLE).items():
        of, _, setting = name.rpartition(".")
        read = checked(name, value, place)
        if not of and _has(task, setting):
            every[_spelled(setting)] = read
        elif of == task:
            own[_spelled(setting)] = read
    return {**every, **own}


def checked(name: str, value: Any, place: str) -> Any:
    """The value of an option, `lr` or `text.lr`. Raises `ValueError`, naming the place, where it will not do."""
    task, _, setting = name.rpartition(".")
    if task and task not in TASKS:
        raise ValueError(f"{place}: there is no task {task!r}{nearest(task, TASKS)}: there are {', '.join(TASKS)}")
    if _spelled(setting) not in SETTINGS:
        raise ValueError(f"{place}: {setting!r} is no option of train{nearest(setting, SETTINGS)}")
    tasks = [task] if task else [each for each in TASKS if _has(each, setting)]
    if not _has(tasks[0], setting):
        raise ValueError(f"{place}: {task} has no {option(_spelled(setting))}")
    field = SETTINGS[_spelled(setting)]
    read = _typed(field, value, place)
    try:
        config.make_settings(tasks[0], {**_needed(field), field.name: read})
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None
    return read


def read_value(name: str, text: str) -> Any:
    """The value of an option from what was typed. Raises `ValueError`."""
    setting = _spelled(name.rpartition(".")[2])
    if setting in SETTINGS and kind_of(SETTINGS[setting]) is bool:
        words = {"on": True, "true": True, "off": False, "false": False}
        if text.lower() not in words:
            raise ValueError(f"{option(setting)} is on or off, not {text!r}")
        return words[text.lower()]
    return config.parse(setting, text) if setting in SETTINGS else text


def _typed(field: "Field[Any]", value: Any, place: str) -> Any:
    kind = kind_of(field)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        word = {int: "a whole number", float: "a number", bool: "true or false", str: "text in quotes"}[kind]
        raise ValueError(f"{place}: {field.name} must be {word}, not {value!r}")
    return value


def _needed(field: "Field[Any]") -> dict[str, Any]:
    """A cell and an optimizer that have a setting."""
    cells, optimizers = field.metadata["cells"], optimizers_with(field.name)
    return {
        **({"cell": cells[0]} if cells and field.name != "cell" else {}),
        **({"optimizer": optimizers[0]} if optimizers and field.name != "optimizer" else {}),
    }


def _has(task: str, setting: str) -> bool:
    return any(each.name == _spelled(setting) for each in config.settings_of(task))


def _spelled(setting: str) -> str:
    """`lr-decay` is `lr_decay`."""
    return setting.replace("-", "_")
