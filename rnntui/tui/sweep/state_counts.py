"""The number of runs in each state: a legend for the signs in the grid."""

from collections import Counter
from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Horizontal

from rnntui.sweeps.pool import JobStatus
from rnntui.tui.base.labels import Caption
from rnntui.tui.base.styles import styles_of
from rnntui.tui.sweep.run_cell import SIGNS, ending, look

WORDS = {"dropped": "not needed", "fallen": "fell back"}


class StateCounts(Horizontal):
    """One label for each state, `✓ 12 solved`; a state without runs is left out."""

    DEFAULT_CSS = styles_of(__file__)

    def __init__(self) -> None:
        super().__init__()
        self._counts: Counter[str] = Counter()

    def compose(self) -> ComposeResult:
        for state in SIGNS:
            yield Caption(classes=f"{state} absent")

    def show(self, statuses: Iterable[JobStatus]) -> None:
        """Count again and draw the labels that changed."""
        every = list(statuses)
        counts = Counter(map(look, every))
        endings = {ending(status) for status in every if look(status) == "finished"}
        words = {**WORDS, "finished": "unsolved" if endings == {"unsolved"} else "finished"}
        for state, sign in SIGNS.items():
            if counts[state] != self._counts[state]:
                label = self.query_one(f".{state}", Caption)
                label.update(f"{sign} {counts[state]} {words.get(state, state)}")
                label.set_class(not counts[state], "absent")
        self._counts = counts
