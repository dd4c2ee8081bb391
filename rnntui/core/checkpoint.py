"""Checkpoints: weights by the letters of their equations, all else that training needs, and a small state.

Files are safetensors, so loading runs nothing. Whatever is wrong with one is said in one sentence, and the run's
other files are left alone.
"""

from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from rnntui.core.model import Model
from rnntui.runs import FORMAT, Run, write_json

MODEL, OPTIMIZER, STATE = "model.safetensors", "optimizer.safetensors", "state.json"


def write(folder: Path, model: Model, tensors: dict[str, Tensor] | None, state: dict[str, Any]) -> None:
    """Fill a folder; without `tensors` it holds the weights alone. Raises `OSError` where the disk is full."""
    _save({name: tensor.cpu().contiguous() for name, tensor in model.letters()}, folder / MODEL)
    if tensors is not None:
        _save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, folder / OPTIMIZER)
    write_json(folder / STATE, {"format": FORMAT, **state})


def read_weights(run: Run, step: int, model: Model) -> None:
    """Put a checkpoint's weights into a model.

    Raises `ValueError` for a file that is cut or no safetensors, and, naming it, for a tensor of another shape.
    """
    what, stored = _what(run, step), _load(run, step, MODEL)
    for name, tensor in model.letters():
        if name not in stored:
            raise ValueError(f"{what} does not fit: it has no tensor {name}")
        found, wanted = list(stored[name].shape), list(tensor.shape)
        if found != wanted:
            raise ValueError(f"{what} does not fit: {name} has shape {found} there and {wanted} in this network")
        tensor.copy_(stored[name])


def read_tensors(run: Run, step: int) -> dict[str, Tensor]:
    """All else that training needs. Raises `ValueError` for a file that is cut or no safetensors."""
    return _load(run, step, OPTIMIZER)


def newest(run: Run, *, whole: bool) -> int:
    """The step of the newest checkpoint. Raises `ValueError` where there is none."""
    steps = run.steps_saved(whole=whole)
    if not steps:
        raise ValueError(f"run {run.name!r} has no checkpoint yet")
    return steps[-1]


def _save(tensors: dict[str, Tensor], path: Path) -> None:
    try:
        save_file(tensors, path)
    except SafetensorError as error:  # how the library reports a full disk
        raise OSError(f"{path.name} could not be written: {error}") from None


def _load(run: Run, step: int, file: str) -> dict[str, Tensor]:
    try:
        return load_file(run.checkpoint(step) / file)
    except (SafetensorError, OSError):
        earlier = [s for s in run.steps_saved(whole=True) if s < step]
        way_out = f"; remove that folder to go on from step {earlier[-1]:,}" if earlier else ""
        raise ValueError(f"{_what(run, step)} is damaged: {file} cannot be read{way_out}") from None


def _what(run: Run, step: int) -> str:
    return f"checkpoint {run.checkpoint(step).name} of run {run.name!r}"
