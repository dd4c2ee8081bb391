"""The files of a run's folder: their names, and how one is replaced as a whole.

Invariant: a file gets its name once its content is on disk; what a dead writer left has a name of its own.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

from rnntui.disk import flush
from rnntui.runs.rows import finite

FORMAT = 1  # of config.json and state.json; a reader refuses another
METRICS, SAMPLES, JOURNAL, CONFIG = "metrics.jsonl", "samples.jsonl", "journal.jsonl", "config.json"
RESULT = "result.json"  # of a sweep's run: what came out
SYNTAX = "syntax.json"  # of a sweep's run: how well formed what it writes is
SWEEP = "sweep.json"  # what a sweep's folder is known by
LOCK, CHECKPOINTS = "lock", "checkpoints"
OWN = {METRICS, SAMPLES, JOURNAL, CONFIG, RESULT, SYNTAX, LOCK, CHECKPOINTS}


def read_json(path: Path, what: str) -> dict[str, Any]:
    """What a JSON file holds. Raises `ValueError`, calling it `what`, where it is torn or of another version."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        raise ValueError(f"{what} is damaged: {path.name} cannot be read") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        found = content.get("format") if isinstance(content, dict) else None
        raise ValueError(f"{what} is of another version: {path.name} has format {found}, this rnntui reads {FORMAT}")
    return content


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Replace a JSON file as a whole; what is not finite becomes `null`."""
    replace(path, json.dumps(finite(content), indent=1) + "\n")


def replace(path: Path, text: str) -> None:
    """Give a file this content, or leave it as it was where the process dies."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    flush(temporary)
    temporary.rename(path)
    flush(path.parent)


def remove_unfinished(folder: Path) -> None:
    """Delete what other processes were still writing in a run's folder; for the one that holds it."""
    for name in os.listdir(folder):
        unfinished = re.fullmatch(r"\.(.+)\.(\d+)", name)
        if unfinished and unfinished[1] in OWN and int(unfinished[2]) != os.getpid():
            (folder / name).unlink(missing_ok=True)
