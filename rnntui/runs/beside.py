"""What of a run is not as a new run has it: beside the preset that comes nearest to its settings.

Which preset a run was begun with is not kept. A recipe follows the size of the text, the cell, and what was given of
the network and the steps: so it is worked out anew for each run, and the preset that leaves the fewest settings to tell
is the one that they are told beside.
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from rnntui.config import MACHINE, USUAL_SIZE, Settings, belongs, make_settings, settings_of
from rnntui.specs import TASKS

APART = ("cell", "hidden", "layers", "corpus", "encoding", "steps")  # told by themselves
FOLLOWED = ("hidden", "layers", "steps")  # by what else a recipe sets, where they are given


class Beside(NamedTuple):
    """Settings that are not those of `preset` (empty: of the task's defaults), by name, in order of declaration."""

    preset: str
    differing: "MappingProxyType[str, Any]"

    @property
    def what(self) -> str:
        """What they differ from, in words."""
        return f"--preset {self.preset}" if self.preset else "the task's defaults"


@lru_cache(maxsize=256)
def beside(settings: Settings, size: int = 0) -> Beside:
    """The settings of a run on a text of so many bytes (0: not known) that are not as the nearest preset has them, but
    for what says where and how long it is trained, on which text, and with which network.
    """
    found = [
        Beside(preset, MappingProxyType(_differing(settings, usual))) for preset, usual in _presets(settings, size)
    ]
    return min(found, key=lambda each: len(each.differing))


def _presets(settings: Settings, size: int) -> Iterator[tuple[str, Settings]]:
    """What presets set for such a run, the task's usual one first."""
    task = TASKS[settings.task]
    presets = [task.usual, *(name for name in task.presets if name != task.usual)]
    presets += [""] if task.usual else []
    for preset in presets:
        with suppress(ValueError):  # it sets nothing for such a run
            yield preset, _of_preset(settings, preset, size)


def _of_preset(settings: Settings, preset: str, size: int) -> Settings:
    where = {name for rule in TASKS[settings.task].presets.get(preset, ()) for name in rule.where}
    own = {setting.name for setting in settings_of(settings.task)}
    given = {name: getattr(settings, name) for name in ("cell", "corpus", *where) if name in own}
    usual = make_settings(settings.task, given, preset or None, size or USUAL_SIZE)
    others = {name: getattr(settings, name) for name in FOLLOWED if getattr(settings, name) != getattr(usual, name)}
    return make_settings(settings.task, {**given, **others}, preset or None, size or USUAL_SIZE) if others else usual


def _differing(settings: Settings, usual: Settings) -> dict[str, Any]:
    own = (
        each.name
        for each in settings_of(settings.task)
        if belongs(each, settings.cell, settings.optimizer) and each.metadata["group"] != MACHINE
    )
    values = {name: getattr(settings, name) for name in own if name not in APART}
    return {name: value for name, value in values.items() if value != getattr(usual, name)}
