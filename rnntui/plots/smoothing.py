"""Curves made smooth: the trailing mean over so many steps, whatever the stride they were logged with."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def trailing_mean(steps: Sequence[float], values: Sequence[float], over: int) -> Floats:
    """For each step the mean of the values of the last `over` steps, NaN where none of them is finite.

    `steps` are ascending, as many as `values`; the mean at step s is over the steps in (s - over, s].
    """
    step, value = np.asarray(steps, float), np.asarray(values, float)
    first = np.searchsorted(step, step - over, side="right")
    windows = np.stack([first, np.arange(1, len(step) + 1)], axis=1).ravel()
    finite = np.isfinite(value)
    totals = np.add.reduceat(np.append(np.where(finite, value, 0.0), 0.0), windows)[::2]
    counts = np.add.reduceat(np.append(finite, False).astype(float), windows)[::2]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(totals / counts, dtype=np.float64)
