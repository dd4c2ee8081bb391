"""The picture of the writing room in the README: `python docs/writing_room_picture.py [--runs FOLDER] [RUN …]`.

Lets trained networks continue one sentence on a screen without a terminal, moves the cursor into the first page, and
saves what stands there as SVG. The networks are what `rnntui train text --preset tiny` makes of three texts, in two to
three minutes each on one core: with `--corpus anna --name anna`, and likewise of `odyssey` and `latex`.
"""

import asyncio
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path

from camera import arguments, take, until

from rnntui.runs import Run, find
from rnntui.runs.writers import Sampling
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.writing_room.prompts import Prompts
from rnntui.tui.writing_room.screen import WritingRoom
from rnntui.tui.writing_room.sources import checkpoint

PROMPT, LENGTH, SEED = "He did not really like", 480, 1
CURSOR = 5  # characters into what the first network wrote


async def main(runs: Sequence[Run], size: tuple[int, int], file: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        writing_room = WritingRoom(
            list(map(checkpoint, runs)),
            [Sampling(0.5)] * len(runs),
            Prompts(Path(folder)),
            prompt=PROMPT,
            length=LENGTH,
            seed=SEED,
        )
        writing_room.writing_thread.pace = math.inf
        app = ViewerApp(writing_room)
        async with app.run_test(size=size) as pilot:
            await until(
                lambda: all(page.phase == "done" and page.recall.shares for page in writing_room.writing_thread.pages)
            )
            await pilot.press("ctrl+home", *["right"] * (len(PROMPT) + CURSOR))
            await until(
                lambda: (
                    writing_room.writing_thread.glance is not None
                    and writing_room.writing_thread.glance.position > len(PROMPT)
                )
            )
            writing_room.tick()
            await pilot.pause()
            take(app, file)
        writing_room.writing_thread.stop()
        writing_room.writing_thread.join()


if __name__ == "__main__":
    parser = arguments(__doc__, "writing_room.svg", "130x36")
    parser.add_argument("names", nargs="*", default=["anna", "odyssey", "latex"], metavar="RUN")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    options = parser.parse_args()
    asyncio.run(main([find(options.runs, name) for name in options.names], options.size, options.file))
