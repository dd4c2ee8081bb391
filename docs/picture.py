"""The picture of the screen in the README: `python docs/picture.py [--corpus anna] [--steps 800] [--size 130x38]`.

Trains the two networks that `rnntui train` begins with on a screen without a terminal until the text network has done
its steps, types a prompt, waits until the answer has streamed, and saves the screen as SVG.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

from svg import steady

from rnntui.runs import Run, folder, making
from rnntui.sessions.contract import OVER
from rnntui.sessions.training import TrainingSession
from rnntui.tui.training.app import RnntuiApp

SEED_SENTENCE = "He did not really like"
ANSWER_LENGTH = 60  # characters that have streamed when the picture is taken; the prompt still stands above them


async def main(corpus: str, steps: int, size: tuple[int, int], file: Path) -> None:
    palindrome = making.settings("palindrome", {})
    text = making.settings("text", {"corpus": corpus, "validate_every": 200})
    with tempfile.TemporaryDirectory() as place, chdir(place):
        root = folder()  # its default, which no command that the screen shows has to name
        app = RnntuiApp([Run.create(root, None, palindrome), Run.create(root, None, text)], root)
        async with app.run_test(size=size) as pilot:
            session = app.laboratory.sessions[1]
            await reached(session, lambda: session.status.run.step >= steps)
            await pilot.press("slash", *("space" if letter == " " else letter for letter in SEED_SENTENCE), "enter")
            await reached(session, lambda: bool(session.answers) and len(session.answers[-1].text) >= ANSWER_LENGTH)
            await pilot.press("escape")
            await pilot.pause()
            file.write_text(steady(app.export_screenshot()), encoding="utf-8")
            for running in app.laboratory.every_session:
                running.stop()
                running.join()


async def reached(session: TrainingSession, is_reached: Callable[[], bool]) -> None:
    """Wait for the worker."""
    while not is_reached():
        assert session.status.run.state not in OVER, session.status.sentence
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", default="")
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--size", default="130x38")
    parser.add_argument("--file", type=Path, default=Path(__file__).resolve().parent / "screen.svg")
    options = parser.parse_args()
    columns, rows = map(int, options.size.split("x"))
    asyncio.run(main(options.corpus, options.steps, (columns, rows), options.file.absolute()))
