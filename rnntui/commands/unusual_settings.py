"""Settings within their bounds but probably mistaken: those without any effect, and rates that only diverge.

A setting without effect is refused, so that nobody waits for one. An extreme learning rate is only remarked on: nothing
is lost (a run that diverges keeps its checkpoints), and sweeps try such rates on purpose.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rnntui.config import FALLING, Settings, belongs, option, spec
from rnntui.specs import OPTIMIZERS, optimizers_with


def check_used(settings: Settings, given: Mapping[str, Any]) -> None:
    """Raise `ValueError` for a setting that was given and does nothing beside the others."""
    for sentence in _unused(settings, given):
        raise ValueError(sentence)


def _unused(settings: Settings, given: Mapping[str, Any]) -> Iterator[str]:
    if settings.layers == 1 and given.get("dropout_between"):
        yield "--dropout-between acts between layers, and there is only one: add --layers 2"
    if given.get("dropout") and "dropout_output" in given and (settings.layers == 1 or "dropout_between" in given):
        places = "--dropout-output" if settings.layers == 1 else "--dropout-between and --dropout-output"
        yield f"--dropout is for places without a share of their own, and beside {places} there is none: leave it out"
    for name in ("lr_decay", "lr_decay_every"):
        if settings.schedule != "step" and name in given:
            yield f"{option(name)} is for --schedule step, and this one is {settings.schedule}: leave one of them out"
    if settings.average != "ema" and "average_decay" in given:
        yield f"--average-decay is for --average ema, and this one is {settings.average}: leave one of them out"
    if settings.schedule not in FALLING and given.get("hold"):
        yield f"--hold puts off the fall to zero: also give --schedule {' or '.join(FALLING)}"
    if settings.lr_decay == 1 and "lr_decay_every" in given:
        yield "--lr-decay-every says when the rate decays, and it never does: also give --lr-decay a factor below 1"
    if given.get("patience") and not settings.validate_every:
        yield "--patience counts evaluations on the held-out text, and --validate-every 0 makes none before the end"
    for name in ("temperature", "sample_length"):
        if spec(settings).generates and not settings.sample_every and name in given:
            yield f"{option(name)} is for the samples drawn during training, and --sample-every 0 draws none"
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
