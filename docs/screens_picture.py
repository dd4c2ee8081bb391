"""The pictures of `docs/screens.md`: `python docs/screens_picture.py [home|compare|weights|form|gate_studio …]`.

Trains seven networks, some three minutes of a core together, opens each screen on them without a terminal, types what a
reader would, and saves as SVG what stands there.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from camera import DOCS, new_folder, take, train, until
from textual.pilot import Pilot

from rnntui.gate.parameters import FIRST
from rnntui.gate.stretch import stretch_for
from rnntui.runs import find
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.compare.screen import CompareScreen
from rnntui.tui.gate.screen import GateScreen
from rnntui.tui.home.app import HomeApp
from rnntui.tui.home.laboratory import OpenedRuns
from rnntui.tui.training.form import NewRunForm
from rnntui.tui.training.views import Views

STEPS = 1_500
NETWORKS = {  # in the order in which they are trained
    "lstm-chrono": ("palindrome", {"cell": "lstm", "init": "chrono", "steps": STEPS}),
    "gru": ("palindrome", {"cell": "gru", "steps": STEPS}),
    "lstm": ("palindrome", {"cell": "lstm", "steps": STEPS}),
    "rnn": ("palindrome", {"cell": "rnn", "steps": STEPS}),
    "rhythms": ("frequency", {"cell": "phased", "steps": 300}),
    "too-fast": ("palindrome", {"cell": "rnn", "optimizer": "sgd", "lr": 1e4, "clip": 0.0, "steps": 200}),
    "documentation": ("text", {"steps": 400}),
}
COMPARED = ("rnn", "lstm", "gru", "lstm-chrono")


@asynccontextmanager
async def listed(root: Path, size: tuple[int, int], selected: str) -> AsyncIterator[tuple[HomeApp, Pilot[int]]]:
    """The list of all runs, the newest first, with the cursor on one."""
    app = HomeApp(root)
    async with app.run_test(size=size) as pilot:
        await until(lambda: app.home.catalogue.is_all_known)
        await pilot.press(*["down"] * [*reversed(NETWORKS)].index(selected))
        await pilot.pause(1.0)
        yield app, pilot


async def home(root: Path, file: Path) -> None:
    async with listed(root, (120, 34), "documentation") as (app, _):
        take(app, file)


async def compare(root: Path, file: Path) -> None:
    app = ViewerApp(CompareScreen([find(root, name) for name in COMPARED], "accuracy"))
    async with app.run_test(size=(120, 32)) as pilot:
        await pilot.pause(2.0)
        take(app, file)


async def weights(root: Path, file: Path) -> None:
    async with listed(root, (130, 42), "rnn") as (app, pilot):
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, OpenedRuns) and app.screen.sessions[0].views)
        views = app.screen.query_one(Views)
        while views.shown_name != "weights and gradients":
            await pilot.press("g")
        await until(lambda: app.screen.sessions[0].seen is not None)
        await pilot.pause(1.0)
        take(app, file)


async def form(root: Path, file: Path) -> None:
    async with listed(root, (110, 42), "lstm") as (app, pilot):
        await pilot.press("n")
        await until(lambda: isinstance(app.screen, NewRunForm))
        for field, value in (("#cell", "gru"), ("#length", "40")):
            app.screen.query_one(field).focus()
            await pilot.press("home", "ctrl+k", *value)
        await pilot.pause(1.0)
        take(app, file)


async def gate_studio(_: Path, file: Path) -> None:
    app = ViewerApp(GateScreen(FIRST, stretch_for(FIRST)))
    async with app.run_test(size=(120, 32)) as pilot:
        await pilot.pause()
        take(app, file)


PICTURES: dict[str, Callable[[Path, Path], Awaitable[None]]] = {
    "home": home,
    "compare": compare,
    "weights": weights,
    "form": form,
    "gate_studio": gate_studio,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *PICTURES], default=[], metavar="PICTURE")
    names = parser.parse_args().names or PICTURES
    with new_folder() as root:
        if {*names} != {"gate_studio"}:
            for name, (task, given) in NETWORKS.items():
                train(root, name, task, given)
        for name in names:
            asyncio.run(PICTURES[name](root, DOCS / f"{name}.svg"))
