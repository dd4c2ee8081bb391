"""What looking into a network costs its training: `python bench/views.py [reading|weights|gates|horizon]…`.

A text network trains in a thread of this process, in turns with and without each of its views open. What one opens is
measured at once, and how long training stands still for that is told; the rule that looking takes at most 5 % of the
time is for what follows the second one, so steps per second of processor time are taken from one measurement of the
view to a later one, over as many of them as there are, and divided by those without.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from machine import write
from rows import corpus

from rnntui.config import make_settings
from rnntui.probes import NAMES, ReadingQuestion, View
from rnntui.runs import Run
from rnntui.sessions.training import TrainingSession

VIEWS: tuple[View, ...] = ("horizon", "gates", "weights", "reading")
BAR = 0.95
TURNS = 3
WARM_SECONDS, PATIENCE = 3.0, 300.0
SIZES: dict[str, dict[str, int]] = {"2×128, length 30": {}, "2×512, length 100": {"hidden": 512, "length": 100}}
BASE: dict[str, object] = {"steps": 10**8, "validate_every": 0, "sample_every": 10**8, "threads": 1, "device": "cpu"}


@dataclass(frozen=True)
class ViewTurn:
    """Seconds until the picture stood there, then steps per second of the processor over those without the view, and
    over how many pictures.
    """

    awaited: float
    ratio: float
    pictures: int


class Moment:
    """When a session was at which step, by the clock and by the processor time of this process."""

    def __init__(self, session: TrainingSession) -> None:
        self.session = session
        self.at, self.processor, self.step = time.perf_counter(), time.process_time(), session.status.run.step

    def speed_since(self) -> float:
        """Steps per second of the processor from then to now."""
        now = Moment(self.session)
        return (now.step - self.step) / (now.processor - self.processor)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("views", nargs="*", default=VIEWS, metavar="|".join(VIEWS))
    parser.add_argument("--seconds", type=float, default=40.0, help="of each turn, at least")
    asked = parser.parse_args()
    figures = {}
    for size, given in SIZES.items():
        for view in asked.views:
            turns = take_turns(given, view, asked.seconds)
            ratio = statistics.median(turn.ratio for turn in turns)
            figures[f"{size}: {view}"] = {
                "with over without": ratio,
                "bar": BAR,
                "turns": [vars(turn) for turn in turns],
            }
            awaited = statistics.median(turn.awaited for turn in turns)
            print(f"{size}, {NAMES[view]}: {ratio:.3f} of the speed without (bar {BAR}); opened within {awaited:.1f} s")
    write("views", figures, keeps_others=True)


def take_turns(given: dict[str, int], view: View, seconds: float) -> list[ViewTurn]:
    """Turn after turn without the view, then with it."""
    settings = make_settings("text", {**BASE, "corpus": corpus(), **given}, "report")
    with tempfile.TemporaryDirectory() as runs:
        session = TrainingSession(Run.create(Path(runs), "watched", settings))
        session.start()
        try:
            while session.status.run.step < 20:
                time.sleep(0.05)
            time.sleep(WARM_SECONDS)
            with_view(session, view, 0.0, 1.0)  # with the second picture, which comes soon
            session.watch(None)
            turns = []
            for _ in range(TURNS):
                first = Moment(session)
                time.sleep(seconds)
                without = first.speed_since()
                turns.append(with_view(session, view, seconds, without))
                session.watch(None)
            return turns
        finally:
            session.stop()
            session.join()


def with_view(session: TrainingSession, view: View, seconds: float, without: float) -> ViewTurn:
    """Open the view and wait for its picture; then train to the first new picture after so many seconds."""
    opened = time.perf_counter()
    session.watch(view, question=ReadingQuestion() if view == "reading" else None)
    picture = next_picture(session, None)
    began, pictures = Moment(session), 0
    while pictures == 0 or time.perf_counter() - began.at < seconds:
        picture, pictures = next_picture(session, picture), pictures + 1
    return ViewTurn(began.at - opened, began.speed_since() / without, pictures)


def next_picture(session: TrainingSession, shown: object) -> object:
    """The next measurement of the view that is open."""
    until = time.monotonic() + PATIENCE
    while session.seen is None or session.seen is shown:
        assert time.monotonic() < until, "the view was not measured"
        time.sleep(0.01)
    return session.seen


if __name__ == "__main__":
    main()
