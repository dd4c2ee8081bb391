"""The mathematics and the training: cells, kernels, tasks, the iterator.

It knows nothing of terminals, so that a screen, a headless command and a worker process can share it.
"""

import importlib
from typing import Any

from rnntui.system import user_code


def load_class(path: str, what: str) -> Any:
    """The class at `package.module:Class`. Raises `ValueError` naming the option `what` where there is none."""
    module, _, name = path.partition(":")
    if not (name.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise ValueError(f"{what} {path!r} names no class: it must be package.module:Class")
    try:
        return getattr(importlib.import_module(module), name)
    except BaseException as error:
        if user_code.is_no_fault(error):
            raise
        raise user_code.import_failure(f"{what} {path!r}", module, error) from None
