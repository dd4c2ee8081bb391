"""Settings within their bounds but probably mistaken: those without any effect, and rates that only diverge.

A setting without effect is refused, so that nobody waits for one. An extreme learning rate is only remarked on: nothing
is lost (a run that diverges keeps its checkpoints), and sweeps try such rates on purpose.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rnntui.config import Settings, belongs, option
from rnntui.runs.effects import without_effect
from rnntui.specs import OPTIMIZERS, optimizers_with

OFF_WITHOUT = ("dropout_between", "hold", "patience")  # a 0 of them asks for nothing


def check_used(settings: Settings, given: Mapping[str, Any]) -> None:
    """Raise `ValueError` for a setting that was given and does nothing beside the others."""
    for sentence in _unused(settings, given):
        raise ValueError(sentence)


def _unused(settings: Settings, given: Mapping[str, Any]) -> Iterator[str]:
    for name, why_not in without_effect(settings).items():
        if name in given and (given[name] or name not in OFF_WITHOUT):
            yield why_not
    if given.get("dropout") and "dropout_output" in given and (settings.layers == 1 or "dropout_between" in given):
        places = "--dropout-output" if settings.layers == 1 else "--dropout-between and --dropout-output"
        yield f"--dropout is for places without a share of their own, and beside {places} there is none: leave it out"
    for name in given:
        setting = Settings.__dataclass_fields__[name]
        if not belongs(setting, settings.cell, settings.optimizer):
            whose = settings.optimizer if optimizers_with(setting.name) else settings.cell
            yield f"{option(name)} does not apply to the {whose}: leave it out"


def high_rate(rate: float, optimizer: str) -> str:
    """A warning about a learning rate that is far too high for an optimizer; empty for any other."""
    rule = OPTIMIZERS[optimizer]
    if rate <= rule.highest_rate:
        return ""
    return f"--lr {rate:g} is far above what {optimizer} usually learns with, {rule.usual_rates}: expect it to diverge"


def high_rates(every: Iterable[Settings]) -> list[str]:
    """The same warnings for several runs, each once."""
    return list(dict.fromkeys(said for settings in every if (said := high_rate(settings.lr, settings.optimizer))))
