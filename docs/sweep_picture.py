"""The picture of a sweep's screen: `python docs/sweep_picture.py lengths [--size 110x30] [--file docs/sweep.svg]`.

Shows what is on disk under runs/ on a screen without a terminal; nothing is trained.
"""

import argparse
import asyncio
from pathlib import Path

from svg import steady

from rnntui import runs
from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.pool import Pool
from rnntui.tui.looking import Looking
from rnntui.tui.screens.sweep import SweepScreen


async def main(name: str, size: tuple[int, int], file: Path) -> None:
    sweep = Sweep.read(runs.folder(), name)
    if sweep.wanted():
        raise SystemExit(f"sweep {name!r} is not finished")
    app = Looking(SweepScreen(Pool(sweep)))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        file.write_text(steady(app.export_screenshot()), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--size", default="110x30")
    parser.add_argument("--file", type=Path, default=Path(__file__).parent / "sweep.svg")
    options = parser.parse_args()
    columns, rows = map(int, options.size.split("x"))
    asyncio.run(main(options.name, (columns, rows), options.file))
