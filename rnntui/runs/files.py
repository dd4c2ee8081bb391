"""The files of a run's folder: their names, and how one is written as a whole.

Invariant: a file gets its name once its content is on disk; what a dead writer left has a name of its own.
"""

import json
import os
from typing import Any

import msgspec

from rnntui.runs.rows import JOURNAL, METRICS, SAMPLES, finite
from rnntui.system.folder import Folder, finished
from rnntui.system.lease import LEASE

CONFIG = "config.json"
RESULT = "result.json"  # of a sweep's run: what came out
SYNTAX = "syntax.json"  # of a sweep's run: how well formed what it writes is
ORIGIN = "from.safetensors"  # weights of another run to begin with, until a checkpoint of its own has them
SWEEP = "sweep.json"  # what a sweep's folder is known by
LOCK, CHECKPOINTS = "lock", "checkpoints"
LIVE = "live"  # folder of the process that trains the run: how to reach it
SWEEP_LOCK = "sweep.lock"
OWN = {METRICS, SAMPLES, JOURNAL, CONFIG, RESULT, SYNTAX, ORIGIN, LOCK, LEASE}  # beside the folder of checkpoints


def as_json(content: dict[str, Any]) -> bytes:
    """A JSON file; what is not finite becomes `null`."""
    return msgspec.json.format(json.dumps(finite(content)).encode(), indent=1) + b"\n"  # not by `json`, in Python alone


def is_own(name: str) -> bool:
    """Whether a file of that name in a run's folder is one of a run's, or one that a process was still writing."""
    unfinished = finished(name)
    return (unfinished[0] if unfinished else name) in OWN


def remove_unfinished(folder: Folder, own: set[str]) -> None:
    """Delete what other processes were still writing of these files; for the one that holds the folder."""
    for name in folder.names():
        unfinished = finished(name)
        if unfinished and unfinished[0] in own and unfinished[1] != os.getpid() and folder.kind(name) == "file":
            folder.remove_file(name)
