"""Sequences as they are written on an axis; of tasks other than text the features of each of their steps."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from rnntui.core.tasks import Batch
from rnntui.text.bars import BARS

if TYPE_CHECKING:
    from numpy.typing import NDArray

SYMBOLS = "0123456789abcdefghijklmnopqrstuvwxyz"
OTHER = "#"  # a symbol beyond them
TOLD_APART = 12  # kinds of a symbol or an answer, each of which is a feature of its own


def written(batch: Batch) -> str:
    """A character a step, a line a sequence: symbols as they are, values as bars, of several the first."""
    inputs = _first(batch.inputs)  # (T, B)
    if _are_symbols(inputs):
        return _lines([[_symbol(int(value)) for value in sequence] for sequence in inputs.T.tolist()])
    low, high = float(inputs.min()), float(inputs.max())
    share = (inputs - low) / (high - low or 1.0)
    levels = np.minimum(len(BARS) - 1, (share * len(BARS)).astype(int))
    return _lines([[BARS[level] for level in sequence] for sequence in levels.T.tolist()])


def first_of(batch: Batch, vocabulary: Sequence[str] | None = None) -> str:
    """What the first sequence of a batch has at each step, a character each: of a text its own, by the vocabulary."""
    if vocabulary is None:
        return written(batch.of(slice(1))).removesuffix("\n")
    return "".join(vocabulary[index] for index in batch.inputs[:, 0].tolist())


def in_lines(states: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """States `(T, B, U)` as `written` has the steps, `(B·(T + 1), U)`: there is none at the end of a line."""
    T, B, U = states.shape
    lines = np.full((B, T + 1, U), np.nan, np.float32)
    lines[:, :T] = states.transpose(1, 0, 2)
    return lines.reshape(B * (T + 1), U)


def features_of(batch: Batch) -> Iterator[tuple[str, Any]]:
    """The features by name, `(T·B,)` each, step after step: the time, what enters, and what is to be answered."""
    inputs = _first(batch.inputs)
    T, B = inputs.shape
    yield "time step", np.repeat(np.arange(1, T + 1), B)
    yield from _of("input", inputs.ravel())
    if batch.targets.dim() == 1:
        yield from _of("answer", np.tile(batch.targets.cpu().numpy(), T))
    else:
        yield from _of("answer", batch.targets.cpu().numpy().ravel())


def _of(name: str, values: Any) -> Iterator[tuple[str, Any]]:
    yield name, values.astype(np.float32)
    kinds = np.unique(values)
    if 2 < len(kinds) <= TOLD_APART and _are_symbols(values):
        for kind in kinds.tolist():
            yield f"{name} is {int(kind)}", values == kind


def _first(inputs: Tensor) -> Any:
    """Inputs `(T, B)`: of several values at each step the first."""
    return (inputs[..., 0] if inputs.dim() == 3 else inputs).cpu().numpy()


def _are_symbols(values: Any) -> bool:
    return bool((values == np.floor(values)).all() and (values >= 0).all())


def _symbol(value: int) -> str:
    return SYMBOLS[value] if value < len(SYMBOLS) else OTHER


def _lines(sequences: list[list[str]]) -> str:
    return "".join("".join(sequence) + "\n" for sequence in sequences)
