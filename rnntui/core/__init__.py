"""The mathematics and the training: cells, kernels, tasks, the iterator. Knows nothing of a terminal."""

import importlib
from typing import Any


def load_class(path: str, what: str) -> Any:
    """The class at `package.module:Class`. Raises `ValueError` naming the option `what` where there is none."""
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, SyntaxError, ValueError) as error:
        raise ValueError(f"{what} {path!r} cannot be imported: {error}") from None
