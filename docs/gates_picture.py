"""The picture of two networks' gates in the README: `python docs/gates_picture.py [--size 160x44]`.

Trains a Phased LSTM to tell frequencies apart and an LSTM on palindromes of 20 digits, a minute of a core together.
Opens both from the list of runs on a screen without a terminal and saves as SVG when which gate is open: k of the one,
which its units' periods rule, and f of the other, by which it keeps what it has read.
"""

import argparse
import asyncio
import tempfile
from contextlib import chdir
from pathlib import Path

from svg import steady
from writing_room_picture import until

from rnntui.core.training.trainer import open_trainer
from rnntui.runs import Run, folder, making
from rnntui.tui.home.app import HomeApp
from rnntui.tui.home.laboratory import OpenedRuns

NETWORKS = {
    "digits": ("palindrome", {"steps": 1_000}),
    "rhythms": ("frequency", {"cell": "phased", "steps": 400}),
}


def train(root: Path) -> None:
    """Train both to their ends."""
    for name, (task, given) in NETWORKS.items():
        run = Run.create(root, name, making.settings(task, {**given, "threads": 1, "device": "cpu"}))
        for _ in open_trainer(run):
            pass
        run.unlock()


async def main(size: tuple[int, int], file: Path) -> None:
    with tempfile.TemporaryDirectory() as place, chdir(place):
        root = folder()  # its default, which no command that the screen shows has to name
        train(root)
        app = HomeApp(root)
        async with app.run_test(size=size) as pilot:
            await until(lambda: app.home.catalogue.is_all_known)
            await pilot.pause(0.5)
            await pilot.press("x", "down", "x", "enter")
            await until(lambda: isinstance(app.screen, OpenedRuns))
            opened = app.screen
            assert isinstance(opened, OpenedRuns)
            await until(lambda: all("gates" in session.views for session in opened.sessions))
            for number, keys in enumerate((["g", "g"], ["g", "g", "G"]), 1):  # k, and of an LSTM the gate behind i
                await pilot.press(f"{number}", *keys)
                await until(lambda: opened.sessions[number - 1].seen is not None)  # noqa: B023
                await pilot.pause(1.0)
            file.write_text(steady(app.export_screenshot()), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="160x44")
    parser.add_argument("--file", type=Path, default=Path(__file__).resolve().parent / "gates.svg")
    options = parser.parse_args()
    columns, rows = map(int, options.size.split("x"))
    asyncio.run(main((columns, rows), options.file.absolute()))
