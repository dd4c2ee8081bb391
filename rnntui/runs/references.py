"""`RUN@STEP`: a run's name with one of its checkpoints. The name itself may have an `@` in it."""

from pathlib import Path

from rnntui.runs import folders
from rnntui.runs.steps import BEST, NEWEST, At, read_at

MARK = "@"


def split_step(root: Path, reference: str, option: str = "") -> tuple[str, At]:
    """The name of a run and the checkpoint behind its `@`, a step, `best` or `newest`; `None` where there is none.

    Raises `ValueError` for what is no step; `option` is where it was typed.
    """
    name, mark, step = reference.rpartition(MARK)
    if not mark or folders.at(root, reference) is not None:
        return reference, None
    try:
        return name, read_at(step)
    except ValueError:
        where = f"{option} {reference}" if option else repr(reference)
        raise ValueError(
            f"{where}: behind the {MARK} is a step, or the word {BEST} or {NEWEST}, not {step!r}"
        ) from None
