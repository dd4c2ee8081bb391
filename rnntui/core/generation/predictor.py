"""What a text is written, scored and drafted with: it reads a character and expects the next.

A network, one that adapts to what it reads and an ensemble are all of this kind, so no command knows the difference.
Invariant: a state is never written over, so whoever keeps one can go back to it.
"""

from typing import Any, Protocol

import numpy as np

Logits = np.ndarray[Any, Any]  # (V,), float32 or float64: natural logarithms of probabilities, up to a constant


class Step(Protocol):
    """Reads one more character, by index, in a state; the logits `(V,)` of the next, and the state after it."""

    def __call__(self, index: int, state: Any, /) -> tuple[Logits, Any]: ...


class Predictor(Protocol):
    """`initial_state` is that before the first character; nobody else looks into states. `state_bytes` is the memory
    that keeping one may take, 0 where that is next to nothing.
    """

    @property
    def initial_state(self) -> Any: ...

    @property
    def state_bytes(self) -> int: ...

    @property
    def step(self) -> Step: ...
