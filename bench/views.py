"""What looking into a network costs its training: `python bench/views.py [reading|weights|gates|horizon]…`.

A text network trains in a thread of this process, in turns with and without each of its views open, long enough that a
view is measured anew several times; steps per second with it over those without. A share of 5 % is what looking may
take, of which the steps that pass while a look is under way take their part anyway.
"""

import argparse
import statistics
import tempfile
import time
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
WARM_SECONDS = 3.0
SIZES: dict[str, dict[str, int]] = {"2×128, length 30": {}, "2×512, length 100": {"hidden": 512, "length": 100}}
BASE: dict[str, object] = {"steps": 10**8, "validate_every": 0, "sample_every": 10**8, "threads": 1, "device": "cpu"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("views", nargs="*", default=VIEWS, metavar="|".join(VIEWS))
    parser.add_argument("--seconds", type=float, default=40.0, help="of each turn")
    asked = parser.parse_args()
    figures = {}
    for size, given in SIZES.items():
        for view in asked.views:
            ratios = shares(given, view, asked.seconds)
            figures[f"{size}: {view}"] = {"with over without": statistics.median(ratios), "turns": ratios, "bar": BAR}
            print(f"{size}, {NAMES[view]}: {statistics.median(ratios):.3f} of the speed without (bar {BAR})")
    write("views", figures)


def shares(given: dict[str, int], view: View, seconds: float) -> list[float]:
    """Steps per second with the view open over those without, a turn after the other."""
    settings = make_settings("text", {**BASE, "corpus": corpus(), **given}, "report")
    with tempfile.TemporaryDirectory() as runs:
        session = TrainingSession(Run.create(Path(runs), "watched", settings))
        session.start()
        try:
            while session.status.run.step < 20:
                time.sleep(0.05)
            time.sleep(WARM_SECONDS)
            found = []
            for _ in range(TURNS):
                without = speed(session, seconds)
                session.watch(view, question=ReadingQuestion() if view == "reading" else None)
                watched = speed(session, seconds)
                assert session.seen is not None, "the view was never measured"
                session.watch(None)
                found.append(watched / without)
            return found
        finally:
            session.stop()
            session.join()


def speed(session: TrainingSession, seconds: float) -> float:
    """Steps per second."""
    first, began = session.status.run.step, time.perf_counter()
    time.sleep(seconds)
    return (session.status.run.step - first) / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
