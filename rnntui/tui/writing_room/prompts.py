"""The history of prompts, kept beside the runs for the next session."""

from contextlib import suppress
from pathlib import Path

from rnntui.runs import as_json
from rnntui.schemas import PromptsFile, decoding
from rnntui.system import results

FILE = ".prompts.json"
KEPT = 200


class Prompts:
    """Newest last, each once; `earlier` and `later` step through them from what is being typed.

    A file that cannot be read or written is ignored: a history is no reason to stop.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / FILE
        self._all = _read(self._path)
        self._place = len(self._all)
        self._draft = ""

    @property
    def newest(self) -> str:
        """The prompt that was typed last, empty where there is none."""
        return self._all[-1] if self._all else ""

    def add(self, prompt: str) -> None:
        """Keep a prompt as the newest."""
        others = [other for other in self._all if other != prompt]
        self._all = [*others[1 - KEPT :], prompt]
        self._place = len(self._all)
        with suppress(OSError, ValueError):
            if self._path.parent.is_dir():
                results.write(self._path, as_json(PromptsFile(prompts=tuple(self._all)).as_content()))

    def earlier(self, typed: str) -> str:
        """The prompt before; at the oldest one it stays."""
        if self._place == len(self._all):
            self._draft = typed
        self._place = max(0, self._place - 1)
        return self._all[self._place] if self._all else typed

    def later(self) -> str:
        """The prompt after, behind the newest what was being typed."""
        self._place = min(len(self._all), self._place + 1)
        return self._draft if self._place == len(self._all) else self._all[self._place]


def _read(path: Path) -> list[str]:
    with suppress(ValueError):
        return list(decoding.read(path, PromptsFile, "the prompts").prompts)[-KEPT:]
    return []
