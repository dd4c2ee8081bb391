"""Whether a network's training text is still there and unchanged: a note beside samples and scores.

Neither needs the text, so a note is enough.

Invariant: it is quick and never fails. A large corpus is compared by its size alone.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from rnntui import corpora
from rnntui.corpora.parts import parts_of, total_size
from rnntui.runs import Run
from rnntui.system.output import say

HASHED = 100 << 20  # bytes; a second of hashing at most
SENTENCES = {
    "grown": "has grown since it was learned",
    "changed": "has changed since it was learned",
    "gone": "is no longer there",
}


def state(run: Run) -> str:
    """The state of a text run's corpus: `here`, `moved`, `changed`, `gone` or `unknown`."""
    config = run.config()
    settings, data = run.settings_in(config), config.data
    size = _size(settings.corpus)
    if size is None or size <= HASHED:
        return corpora.whereabouts(data, settings).state
    if data.size is None:
        return "unknown"
    return "here" if size == data.size else "unknown" if size > data.size else "changed"  # it may have grown


def tell(runs: Iterable[Run]) -> dict[Path, str]:
    """Note on standard error, once for each run, that its corpus changed or is gone; returns the states by path."""
    states = {}
    for run in {run.path: run for run in runs}.values():
        states[run.path] = state(run)
        if (sentence := SENTENCES.get(states[run.path])) is not None:
            say(f"{run.name}: its corpus {Path(run.settings().corpus).name} {sentence}")
    return states


def _size(place: str) -> int | None:
    """Bytes of what lies at a place; `None` where nothing can be read, and for the built-in."""
    with suppress(ValueError, OSError):
        path = corpora.find(place).path
        return None if path is None else total_size(parts_of(path))
    return None
