"""What the form of a new run starts from: the declared defaults, or those of a preset, for a task and its text."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rnntui.config import MACHINE, Settings, belongs, make_settings, settings_of
from rnntui.runs import making
from rnntui.specs import TASKS

if TYPE_CHECKING:
    from dataclasses import Field

OF_THE_TEXT = ("corpus", "encoding", "lower")


def usual(task: str, preset: str, corpus: str) -> dict[str, Any]:
    """All settings that a new run of the task starts from, with that corpus and preset where there are some; the
    task's defaults where the corpus cannot be read.
    """
    given = {"corpus": corpus} if corpus else {}
    try:
        settings = making.settings(task, given, preset or None)
    except (ValueError, OSError):
        settings = make_settings(task, given, preset or None)
    return {setting.name: getattr(settings, setting.name) for setting in settings_of(task)}


def own_settings(settings: "Iterable[Field[Any]]", values: Mapping[str, Any]) -> "list[Field[Any]]":
    """Of settings those that the cell and the optimizer of these values have; they may be as they are typed."""
    cell, optimizer = (str(values.get(name, getattr(Settings, name))) for name in ("cell", "optimizer"))
    return [setting for setting in settings if belongs(setting, cell, optimizer)]


def made(task: str, given: Mapping[str, Any]) -> Settings | None:
    """The settings of a run; `None` where they will not do."""
    with suppress(ValueError):
        return make_settings(task, given)
    return None


def of_preset(task: str, preset: str, corpus: str) -> dict[str, Any]:
    """The same without what no preset is about: the text, the machine and the seed."""
    kept = {"seed", *OF_THE_TEXT}
    fields = Settings.__dataclass_fields__
    return {
        name: value
        for name, value in usual(task, preset, corpus).items()
        if name not in kept and fields[name].metadata["group"] != MACHINE
    }


def presets_in_words(task: str) -> str:
    """What the presets of a task are for, as far as they say: `tiny: something to read after a minute.`"""
    notes = {name: next((rule.note for rule in rules if rule.note), "") for name, rules in TASKS[task].presets.items()}
    return " ".join(f"{name}: {note}." for name, note in notes.items() if note)
