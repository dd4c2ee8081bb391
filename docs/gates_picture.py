"""The picture of two networks' gates in the README: `python docs/gates_picture.py [--size 160x44]`.

Trains a Phased LSTM to tell frequencies apart and an LSTM on palindromes of 20 digits, a minute of a core together.
Opens both from the list of runs on a screen without a terminal and saves as SVG when which gate is open: k of the one,
which its units' periods rule, and f of the other, by which it keeps what it has read.
"""

import asyncio
from pathlib import Path

from camera import arguments, new_folder, take, train, until

from rnntui.tui.home.app import HomeApp
from rnntui.tui.home.laboratory import OpenedRuns

NETWORKS = {
    "digits": ("palindrome", {"steps": 1_000}),
    "rhythms": ("frequency", {"cell": "phased", "steps": 400}),
}


async def main(size: tuple[int, int], file: Path) -> None:
    with new_folder() as root:
        for name, (task, given) in NETWORKS.items():
            train(root, name, task, given)
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
            take(app, file)


if __name__ == "__main__":
    options = arguments(__doc__, "gates.svg", "160x44").parse_args()
    asyncio.run(main(options.size, options.file))
