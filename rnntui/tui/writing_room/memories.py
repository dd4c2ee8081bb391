"""Indexes of training texts for the memory meter.

Each is built once, in a thread of its own: sorting a corpus takes a while, and the networks write meanwhile.
"""

import threading
from typing import TYPE_CHECKING

from rnntui import corpora
from rnntui.runs import Run
from rnntui.system.failures import explain

if TYPE_CHECKING:
    from pathlib import Path

    from rnntui.core.generation.memorization import Memory

READING = "reading the corpus"


class Library:
    """The indexes by run; runs trained on the same text share one."""

    def __init__(self) -> None:
        self._texts: dict[Path, str] = {}  # what each run learned
        self._memories: dict[str, Memory | str] = {}  # by text: a memory, or why there is none

    def memory(self, run: Run) -> "Memory | str":
        """A run's index, or a sentence that says what it waits for or why there is none. Never blocks."""
        if run.path not in self._texts:
            self._texts[run.path] = _text_of(run)
        key = self._texts[run.path]
        if key not in self._memories:
            self._memories[key] = READING
            threading.Thread(target=self._make, args=(key, run), name=f"memory of {run.name}", daemon=True).start()
        return self._memories[key]

    def _make(self, key: str, run: Run) -> None:
        try:
            self._memories[key] = self._made(key, run)
        except Exception as error:  # shown in the meter's place; the networks write on
            self._memories[key] = f"memory meter off: {explain(error)}"

    def _made(self, key: str, run: Run) -> "Memory | str":
        from rnntui.core.generation.memorization import LIMIT, Memory

        length = run.config().data.characters
        if length > LIMIT:
            return f"memory meter off: the corpus has {length:,} characters, more than {LIMIT:,}"
        training = corpora.of_run(run).training()
        self._memories[key] = "sorting the corpus"
        return Memory(training)


def _text_of(run: Run) -> str:
    """What identifies a run's training text."""
    settings = run.settings()
    return f"{run.config().data.sha256 or run.path} {settings.lower}"
