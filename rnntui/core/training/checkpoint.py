"""Checkpoints: weights by the letters of their equations, all else that training needs, and a small state.

Files are safetensors, so loading runs nothing. `state.json` holds the SHA-256 of each file, of itself without them too,
and what was changed since it was written is not loaded. Whatever is wrong with one is said in one sentence, and the
run's other files are left alone.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from rnntui.config import Settings
from rnntui.core import size
from rnntui.core.model import Model
from rnntui.runs import Run, as_json
from rnntui.runs.checkpoints import AVERAGED, MODEL, STATE
from rnntui.runs.checkpoints import WHOLE as OPTIMIZER
from rnntui.runs.rows import finite
from rnntui.runs.steps import none_kept
from rnntui.schemas import CheckpointState
from rnntui.schemas.upgrades import Content
from rnntui.system.errors import meaning
from rnntui.system.reading import UnreadableFile, open_regular

MOST_HEADER = 100 << 20  # bytes: what safetensors itself takes
DIGESTS = "sha256"  # the key in `state.json`


def content(
    model: Model, averaged: Model | None, tensors: dict[str, Tensor] | None, state: CheckpointState
) -> Iterator[tuple[str, bytes]]:
    """The files of a checkpoint by name, one in memory at a time.

    `averaged` is the model with the averaged weights, of a run that has some. Without `tensors` it holds the weights
    alone, of both.
    """
    digests = {}
    files = {MODEL: dict(model.letters())}
    if averaged is not None:
        files[AVERAGED] = dict(averaged.letters())
    if tensors is not None:
        files[OPTIMIZER] = tensors
    for file, named in files.items():
        held = _as_file(named)
        digests[file] = hashlib.sha256(held).hexdigest()
        yield file, held
        del held
    yield STATE, _with_digests(state.as_content(), digests)


def _as_file(named: dict[str, Tensor]) -> bytes:
    return save({name: tensor.detach().cpu().contiguous() for name, tensor in named.items()})


def weights_as_file(model: Model) -> bytes:
    """A model's weights, as in a checkpoint."""
    return _as_file(dict(model.letters()))


def _with_digests(state: Content, digests: dict[str, str]) -> bytes:
    of_state = _digest(json.loads(json.dumps(finite(state))))
    return as_json({**state, DIGESTS: {**digests, STATE: of_state}})


def _digest(state: Content) -> str:
    """The SHA-256 of a state, without those that it holds: of its values, however they are laid out in the file."""
    known = {name: value for name, value in state.items() if name != DIGESTS}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


# --- reading --------------------------------------------------------------------------------------------------------


def read_state(run: Run, step: int) -> CheckpointState:
    """What `state.json` holds. Raises `ValueError` for one that is missing, damaged or of another version."""
    try:
        state, content = run.state_and_content(step)
    except ValueError as error:
        if isinstance(error, UnreadableFile) and not error.is_missing:
            raise  # nothing is known to be wrong with what is in it
        raise ValueError(f"{error}{_way_out(run, step)}") from None
    # A checkpoint that was written before digests were kept has none.
    if STATE in state.sha256 and state.sha256[STATE] != _digest(content):
        raise _damaged(run, step, f"{STATE} has been changed since it was written")
    return state


def check_size(run: Run, step: int, settings: Settings) -> None:
    """Raise `ValueError` for a network with more weights than a checkpoint has bytes, before it is made."""
    count = size.weights(settings)
    with suppress(OSError):  # reading it says what is wrong
        held = os.stat(run.checkpoint(step) / MODEL).st_size
        if count > held:
            _load(run, step, MODEL)  # says so where the file, not the network, is what is wrong
            raise ValueError(
                f"{run.checkpoint_in_words(step)} does not fit: a network of --hidden {settings.hidden} and --layers "
                f"{settings.layers} has {count:,} weights, and {MODEL} has {held:,} bytes"
            )


def read_weights(run: Run, step: int, model: Model, file: str = MODEL) -> None:
    """Put a checkpoint's weights into a model; the averaged ones are in another file, `AVERAGED`.

    Raises `ValueError` for a file that is cut, changed or no safetensors, and, naming it, for a tensor of another shape
    or with values that are no numbers.
    """
    what = run.checkpoint_in_words(step)
    _put_weights(model, _load(run, step, file), what, lambda reason: _damaged(run, step, reason))


def read_lent_weights(held: bytes, model: Model, what: str) -> None:
    """Put weights from a file in memory, as `weights_as_file` made it, into a model; raises as `read_weights`."""
    try:
        stored = load(held)
    except SafetensorError as error:
        raise ValueError(f"{what}: {error}") from None
    _put_weights(model, stored, what, lambda reason: ValueError(f"{what}: {reason}"))


def _put_weights(model: Model, stored: dict[str, Tensor], what: str, damaged: Callable[[str], ValueError]) -> None:
    """Put tensors into a model by their names; `what` names where they are from."""
    for name, tensor in model.letters():
        if name not in stored:
            raise ValueError(f"{what} does not fit: it has no tensor {name}")
        shape, wanted = list(stored[name].shape), list(tensor.shape)
        if shape != wanted:
            raise ValueError(f"{what} does not fit: {name} has shape {shape} there and {wanted} in this network")
        if not torch.isfinite(stored[name]).all():
            raise damaged(f"its weights {name} are not all finite numbers")
        tensor.copy_(stored[name])


def read_tensors(run: Run, step: int) -> dict[str, Tensor]:
    """All else that training needs. Raises `ValueError` for a file that is cut, changed or no safetensors."""
    return _load(run, step, OPTIMIZER)


def newest(run: Run, *, whole: bool) -> int:
    """The step of the newest checkpoint. Raises `ValueError` where there is none."""
    steps = run.steps_saved(whole=whole)
    if not steps:
        raise ValueError(none_kept(run))
    return steps[-1]


def _load(run: Run, step: int, file: str) -> dict[str, Tensor]:
    digest = read_state(run, step).sha256.get(file)
    try:
        return read_tensors_of(run.checkpoint(step) / file, f"{run.checkpoint_in_words(step)}: {file}", digest)
    except BadTensors as error:
        raise _damaged(run, step, f"{file} {error}") from None


class BadTensors(Exception):
    """What is wrong with a file of tensors, in words that follow its name."""


def read_tensors_of(path: Path, what: str, digest: str | None) -> dict[str, Tensor]:
    """The tensors of a safetensors file by name; `digest` is the SHA-256 that it was written with, where it is known.

    Raises `BadTensors` for a file that is not there, was changed or is no safetensors, and `ValueError` for one that
    cannot be read.
    """
    try:
        with os.fdopen(open_regular(path, what), "rb") as held:
            size = _check_extent(held)
            held.seek(0)
            content = held.read(size)  # not mapped: a file that is cut meanwhile would end the process
        if digest is not None and hashlib.sha256(content).hexdigest() != digest:
            raise BadTensors("has been changed since it was written")
        return load(content)
    except FileNotFoundError:
        raise BadTensors("is not there") from None
    except OSError as error:
        raise ValueError(f"{what} cannot be read: {meaning(error)}") from None
    except SafetensorError:
        raise BadTensors(
            "is truncated or not a safetensors file"
            if digest is None
            else "has been changed since it was written: it is truncated or not a safetensors file"
        ) from None


def _check_extent(held: BinaryIO) -> int:
    """The bytes of a file. Raises `SafetensorError` where it does not end where its header says: before all is read."""
    size = os.fstat(held.fileno()).st_size
    length = int.from_bytes(held.read(8), "little")
    if size < 8 or length > min(size - 8, MOST_HEADER):
        raise SafetensorError("its header does not fit into the file")
    try:
        named = msgspec.json.decode(held.read(length), type=dict[str, _Extent])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SafetensorError("its header is none") from error
    end = max((tensor.data_offsets[1] for tensor in named.values()), default=0)
    if size != 8 + length + end:
        raise SafetensorError("it ends elsewhere than its header says")
    return size


class _Extent(msgspec.Struct):
    """An entry of a file's header: where a tensor begins and ends behind it; what else is named there has neither."""

    data_offsets: tuple[int, int] = (0, 0)


def _damaged(run: Run, step: int, reason: str) -> ValueError:
    return ValueError(f"{run.checkpoint_in_words(step)} is damaged: {reason}{_way_out(run, step)}")


def _way_out(run: Run, step: int) -> str:
    """What is still there: an earlier full checkpoint, and how it is taken."""
    earlier = [kept for kept in run.steps_saved(whole=True) if kept < step]
    if not earlier:
        return ""
    return (
        f"; --at {earlier[-1]} takes step {earlier[-1]:,}, and so does every command once the folder "
        f"{str(run.checkpoint(step))!r} is deleted"
    )
