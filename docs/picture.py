"""The picture of the screen in the README: `python docs/picture.py [--corpus anna] [--steps 800] [--size 130x38]`.

Trains the two networks that `rnntui train` begins with on a screen without a terminal until the text network has done
its steps, types a prompt, waits until the answer has streamed, and saves the screen as SVG.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from camera import arguments, new_folder, take, until

from rnntui.runs import Run, making
from rnntui.sessions.contract import OVER
from rnntui.sessions.training import TrainingSession
from rnntui.tui.training.app import RnntuiApp

SEED_SENTENCE = "He did not really like"
ANSWER_LENGTH = 60  # characters that have streamed when the picture is taken; the prompt still stands above them


async def main(corpus: str, steps: int, size: tuple[int, int], file: Path) -> None:
    palindrome = making.settings("palindrome", {})
    text = making.settings("text", {"corpus": corpus, "validate_every": 200})
    with new_folder() as root:
        app = RnntuiApp([Run.create(root, None, palindrome), Run.create(root, None, text)], root)
        async with app.run_test(size=size) as pilot:
            session = app.laboratory.sessions[1]
            await reached(session, lambda: session.status.run.step >= steps)
            await pilot.press("slash", *("space" if letter == " " else letter for letter in SEED_SENTENCE), "enter")
            await reached(session, lambda: bool(session.answers) and len(session.answers[-1].text) >= ANSWER_LENGTH)
            await pilot.press("escape")
            await pilot.pause()
            take(app, file)
            for running in app.laboratory.every_session:
                running.stop()
                running.join()


async def reached(session: TrainingSession, is_reached: Callable[[], bool]) -> None:
    """Wait for the worker."""

    def is_there() -> bool:
        assert session.status.run.state not in OVER, session.status.sentence
        return is_reached()

    await until(is_there)


if __name__ == "__main__":
    parser = arguments(__doc__, "screen.svg", "130x38")
    parser.add_argument("--corpus", default="")
    parser.add_argument("--steps", type=int, default=800)
    options = parser.parse_args()
    asyncio.run(main(options.corpus, options.steps, options.size, options.file))
