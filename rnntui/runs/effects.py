"""Which settings do nothing beside the others: one rule for what is typed and for the form of a new run."""

from collections.abc import Iterator

from rnntui.config import FALLING, Settings, option, spec

LEAVE_OUT = "leave one of them out"


def without_effect(settings: Settings) -> dict[str, str]:
    """By setting of the task, why it has no effect beside the others, and what would give it one.

    What the cell or the optimizer does not have is not among them.
    """
    return dict(_without_effect(settings))


def _without_effect(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.layers == 1:
        yield "dropout_between", "--dropout-between acts between layers, and there is only one: add --layers 2"
    if settings.lr_decay == 1:
        never = "says when the rate decays, and it never does: also give --lr-decay a factor below 1"
        yield "lr_decay_every", f"--lr-decay-every {never}"
    if settings.schedule != "step":
        for name in ("lr_decay", "lr_decay_every"):
            yield name, f"{option(name)} is for --schedule step, and this one is {settings.schedule}: {LEAVE_OUT}"
    if settings.average != "ema":
        average = settings.average
        yield "average_decay", f"--average-decay is for --average ema, and this one is {average}: {LEAVE_OUT}"
    if settings.schedule not in FALLING:
        yield "hold", f"--hold puts off the fall to zero: also give --schedule {' or '.join(FALLING)}"
    if not settings.validate_every:
        none = "--validate-every 0 makes none before the end"
        yield "patience", f"--patience counts evaluations on the held-out text, and {none}"
    if spec(settings).generates and not settings.sample_every:
        for name in ("temperature", "sample_length"):
            yield name, f"{option(name)} is for the samples drawn during training, and --sample-every 0 draws none"
