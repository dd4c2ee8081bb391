"""The folder `checkpoints/` of a run: one folder a step, and which of them are kept.

Invariant: a checkpoint that has its name is complete and on disk. Training can resume from full ones; others keep the
weights alone. Files that rnntui did not write are left alone, and so is a checkpoint that contains one.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from rnntui.runs.files import CHECKPOINTS
from rnntui.system.folder import Folder, unfinished

KEPT = 3  # newest full checkpoints
MODEL, STATE = "model.safetensors", "state.json"
WHOLE = "optimizer.safetensors"  # what a full checkpoint has and the weights alone have not
AVERAGED = "averaged.safetensors"  # the averaged weights, of a run that has some
OWN = {MODEL, AVERAGED, WHOLE, STATE}
NAME = re.compile(r"step-[0-9]{8}|step-[1-9][0-9]{8,}")
LEFT = re.compile(r"\.step-[0-9]{8,}\.[0-9]+|\.old-step-[0-9]{8,}")  # by a process that died while it wrote or deleted

Content = Iterable[tuple[str, bytes]]  # the files of a checkpoint, by name


def is_milestone(step: int) -> bool:
    """Whether the weights of this step are kept permanently: 1, 2, 5 × 10^k from 100 on."""
    return step >= 100 and re.fullmatch("[125]0*", str(step)) is not None


def next_milestone(step: int) -> int:
    """The first milestone after a step."""
    power = 10 ** (len(str(step)) - 1)
    return next(n for n in (100, power, 2 * power, 5 * power, 10 * power) if n > step and is_milestone(n))


def name(step: int) -> str:
    """The name of the checkpoint after `step`."""
    return f"step-{step:08d}"


def step_of(name: str) -> int:
    """The step of a checkpoint's name. Raises `ValueError` for what is no such name."""
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no checkpoint's name")
    return int(name.removeprefix("step-"))


def saved(folder: Path, *, whole: bool) -> list[int]:
    """Steps with a checkpoint, ascending; `whole` leaves out those that keep the weights alone."""
    return sorted(step for step in _steps(folder) if not whole or _is_whole(folder, step))


def newest(folder: Path) -> int | None:
    """The newest step with a full checkpoint; `None` where there is none."""
    return next((step for step in sorted(_steps(folder), reverse=True) if _is_whole(folder, step)), None)


def _steps(folder: Path) -> list[int]:
    with suppress(FileNotFoundError):
        return [step_of(entry) for entry in os.listdir(folder) if NAME.fullmatch(entry)]
    return []


def _is_whole(folder: Path, step: int) -> bool:
    return os.path.exists(f"{folder}/{name(step)}/{WHOLE}")


# --- writing, in the folder of a run that this process holds --------------------------------------------------------


def write(run: Folder, step: int, content: Content) -> None:
    """Write the files of a checkpoint and give it its name once all of it is on disk.

    A full checkpoint of that step is kept as it is: the state after a step is what it is. Raises `OSError` where the
    disk is full, and then leaves nothing behind; raises `ValueError` where something else has the name of a checkpoint.
    """
    with run.make(CHECKPOINTS, exist_ok=True) as folder:
        if _holds_whole(folder, name(step)):
            return
        temporary = unfinished(name(step))
        _remove(folder, temporary)
        try:
            _fill(folder, temporary, content)
            if folder.kind(name(step)) is not None:  # weights alone: the new one holds them too
                _remove(folder, _old(name(step)))
                folder.rename(name(step), _old(name(step)))
            folder.rename(temporary, name(step))
        except BaseException:
            with suppress(OSError):
                _remove(folder, temporary)
            raise
        folder.flush()
        _remove(folder, _old(name(step)))


def _fill(folder: Folder, temporary: str, content: Content) -> None:
    with folder.make(temporary) as made:
        for file, held in content:
            made.create(file, held)
            del held  # before the next is made: they may be large
        made.flush()


def remove_after(run: Folder, step: int) -> None:
    """Delete all checkpoints of later steps, the newest first, so that what is left at any time is of one history.

    Raises `ValueError` for one that holds what rnntui did not write, before any is deleted.
    """
    with run.inside(CHECKPOINTS) as folder:
        later = [entry for entry in folder.names() if NAME.fullmatch(entry) and step_of(entry) > step]
        for entry in later:
            if not _is_ours(folder, entry):
                raise ValueError(
                    f"{CHECKPOINTS}/{entry} of {run.what} holds what rnntui did not write: move it elsewhere"
                )
        for entry in sorted(later, reverse=True):
            _remove(folder, _old(entry))
            folder.rename(entry, _old(entry))
            folder.flush()
            _remove(folder, _old(entry))


def prune(run: Folder, best: int | None) -> None:
    """Keep the newest full checkpoints, the best, and the weights alone at milestones."""
    if run.kind(CHECKPOINTS) is None:
        return
    with run.inside(CHECKPOINTS) as folder:
        for stale in filter(LEFT.fullmatch, folder.names()):
            if _is_ours(folder, stale):
                _remove(folder, stale)
        for step in _whole_steps(folder)[:-KEPT]:
            if step != best and _is_ours(folder, name(step)):
                _drop(folder, step)


def forget(run: Folder, step: int, kept: set[str]) -> None:
    """Delete a checkpoint, or all of its files but the `kept` ones; nothing where there is none."""
    if run.kind(CHECKPOINTS) is None:
        return
    with run.inside(CHECKPOINTS) as folder:
        if not _is_ours(folder, name(step)):
            return
        if kept:
            with folder.inside(name(step)) as checkpoint:
                for file in set(checkpoint.names()) - kept:
                    checkpoint.remove_file(file)
        else:
            _take_away(folder, step)


def _drop(folder: Folder, step: int) -> None:
    """Delete a checkpoint, or of a milestone all but the weights."""
    if is_milestone(step):
        with folder.inside(name(step)) as checkpoint:
            checkpoint.remove_file(WHOLE)
    else:
        _take_away(folder, step)


def _take_away(folder: Folder, step: int) -> None:
    _remove(folder, _old(name(step)))
    folder.rename(name(step), _old(name(step)))
    _remove(folder, _old(name(step)))


def _whole_steps(folder: Folder) -> list[int]:
    names = [entry for entry in folder.names() if NAME.fullmatch(entry) and _holds_whole(folder, entry)]
    return sorted(step_of(entry) for entry in names)


def _holds_whole(folder: Folder, checkpoint: str) -> bool:
    """Whether there is a full checkpoint of that name."""
    if folder.kind(checkpoint) is None:
        return False
    with folder.inside(checkpoint) as opened:
        return opened.kind(WHOLE) is not None


def _remove(folder: Folder, checkpoint: str) -> None:
    """Delete a checkpoint, or what is left of one, if it exists."""
    if folder.kind(checkpoint) is not None:
        folder.remove_folder(checkpoint, OWN.__contains__)


def _old(checkpoint: str) -> str:
    """Its name while it is being deleted."""
    return f".old-{checkpoint}"


# --- what is not ours -----------------------------------------------------------------------------------------------


def foreign(folder: Folder) -> Iterator[str]:
    """Files in the folder of checkpoints that rnntui did not write, as relative paths."""
    for entry in folder.names():
        if not (NAME.fullmatch(entry) or LEFT.fullmatch(entry)) or folder.kind(entry) != "folder":
            yield entry
        else:
            with folder.inside(entry) as checkpoint:
                yield from (f"{entry}/{odd}" for odd in _odd(checkpoint))


def remove_all(run: Folder) -> None:
    """Delete the folder of checkpoints, which holds nothing but ours."""
    if run.kind(CHECKPOINTS) is None:
        return
    with run.inside(CHECKPOINTS) as folder:
        for entry in folder.names():
            _remove(folder, entry)
    run.remove_folder(CHECKPOINTS, OWN.__contains__)


def _is_ours(folder: Folder, checkpoint: str) -> bool:
    """Whether that is a real folder with nothing in it but files of a checkpoint."""
    if folder.kind(checkpoint) != "folder":
        return False
    with folder.inside(checkpoint) as opened:
        return not _odd(opened)


def _odd(checkpoint: Folder) -> list[str]:
    return [entry for entry in checkpoint.names() if entry not in OWN or checkpoint.kind(entry) != "file"]
