"""What looking into a network costs its training: `python bench/views.py [reading|weights|gates|horizon]…`.

A text network trains in a thread of this process, in turns with and without each of its views open. What one opens is
measured at once, and how long training stands still for that is told; the rule that looking takes at most 5 % of the
time is for what follows, so steps per second are taken from one measurement of the view to a later one, over as many of
them as there are, and divided by those without.
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
    """Seconds until the first picture stood there, then steps per second over those without the view, and over how many
    pictures."""

    first: float
    ratio: float
    pictures: int


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
            later = statistics.median(turn.first for turn in turns[1:])
            print(
                f"{size}, {NAMES[view]}: {ratio:.3f} of the speed without (bar {BAR}); the first picture after "
                f"{turns[0].first:.1f} s, when it was opened again {later:.1f} s"
            )
    write("views", figures)


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
            turns = []
            for _ in range(TURNS):
                first = session.status.run.step, time.perf_counter()
                time.sleep(seconds)
                without = speed_since(session, first)
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
    began = session.status.run.step, time.perf_counter()
    pictures = 0
    while pictures == 0 or time.perf_counter() - began[1] < seconds:
        picture, pictures = next_picture(session, picture), pictures + 1
    return ViewTurn(began[1] - opened, speed_since(session, began) / without, pictures)


def next_picture(session: TrainingSession, shown: object) -> object:
    """The next measurement of the view that is open."""
    until = time.monotonic() + PATIENCE
    while session.seen is None or session.seen is shown:
        assert time.monotonic() < until, "the view was not measured"
        time.sleep(0.01)
    return session.seen


def speed_since(session: TrainingSession, first: tuple[int, float]) -> float:
    """Steps per second since a step and the time at it."""
    return (session.status.run.step - first[0]) / (time.perf_counter() - first[1])


if __name__ == "__main__":
    main()
