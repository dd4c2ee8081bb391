"""The number of runs in each state: a legend for the signs in the grid."""

from collections import Counter
from collections.abc import Iterable

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal

from rnntui.sweeps.pool import JobStatus
from rnntui.tui.base.labels import Caption
from rnntui.tui.base.styles import styles_of
from rnntui.tui.sweep.run_cell import SIGNS, ending, look

GAP = 2  # as its styles say
WORDS = {"dropped": "not needed", "fallen": "fell back"}


class StateCounts(Horizontal):
    """One label for each state, `✓ 12 solved`, all without words where there is no room for them; a state without runs
    is left out.
    """

    DEFAULT_CSS = styles_of(__file__)

    def __init__(self) -> None:
        super().__init__()
        self._words: dict[str, str] = {}  # of the states that there are, as they were counted
        self._told: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        for state in SIGNS:
            yield Caption(classes=f"{state} absent")

    def show(self, statuses: Iterable[JobStatus]) -> None:
        """Count again and draw the labels that changed."""
        every = list(statuses)
        counts = Counter(map(look, every))
        endings = {ending(status) for status in every if look(status) == "finished"}
        words = {**WORDS, "finished": "unsolved" if endings == {"unsolved"} else "finished"}
        self._words = {
            state: f"{sign} {counts[state]} {words.get(state, state)}" for state, sign in SIGNS.items() if counts[state]
        }
        self._tell()

    def on_resize(self) -> None:
        self._tell()

    def _tell(self) -> None:
        has_room = sum(GAP + cell_len(words) for words in self._words.values()) - GAP <= self.size.width
        told = {state: words if has_room else words[: words.index(" ", 2)] for state, words in self._words.items()}
        for state in SIGNS:
            if told.get(state) != self._told.get(state):
                label = self.query_one(f".{state}", Caption)
                label.update(told.get(state, ""))
                label.set_class(state not in told, "absent")
        self._told = told
