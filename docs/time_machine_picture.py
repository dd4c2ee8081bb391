"""The picture of the time machine in the README: `python docs/time_machine_picture.py [--runs FOLDER] [RUN]`.

Lets a run's checkpoints continue one sentence on a screen without a terminal, goes back to an early one, and saves what
stands there as SVG. The run is one of those of `writing_room_picture.py`: two minutes of
`rnntui train text --preset tiny --corpus anna --name anna`.
"""

import asyncio
from pathlib import Path

from camera import arguments, take, until
from writing_room_picture import PROMPT

from rnntui.runs import Run, find
from rnntui.runs.writers import Sampling
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.writing_room.telling import is_settled
from rnntui.tui.writing_room.time_machine import TimeMachine

LENGTH, SEED = 700, 4
BACK = 4  # checkpoints from the newest one


async def main(run: Run, size: tuple[int, int], file: Path) -> None:
    machine = TimeMachine(run, Sampling(0.5), PROMPT, SEED, LENGTH)
    app = ViewerApp(machine)
    async with app.run_test(size=size) as pilot:
        await pilot.press(*["up"] * BACK)
        await until(lambda: all(is_settled(machine.page_at(place)) for place in (machine.at, machine.other)))
        machine.tick()
        await pilot.pause()
        take(app, file)
    machine.writing_thread.join()


if __name__ == "__main__":
    parser = arguments(__doc__, "time_machine.svg", "120x30")
    parser.add_argument("name", nargs="?", default="anna", metavar="RUN")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    options = parser.parse_args()
    asyncio.run(main(find(options.runs, options.name), options.size, options.file))
