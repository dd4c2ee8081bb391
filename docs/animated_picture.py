"""The animated picture in the README: `python docs/animated_picture.py [--corpus anna] [--file docs/animation.gif]`.

Trains one text network on a screen without a terminal, and takes a picture of it while it learns, while its units are
looked at, and while it continues a prompt that is typed: a quarter of a minute of what takes a few. The last picture
is written beside it as SVG, for those who want no motion. Needs rsvg-convert (`apt install librsvg2-bin`); `--frames
FOLDER` keeps each picture.
"""

import argparse
import asyncio
import io
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from camera import new_folder
from PIL import Image
from svg import steady
from textual import events
from textual.pilot import Pilot

from rnntui.config import make_settings
from rnntui.runs import Run
from rnntui.sessions.contract import OVER
from rnntui.sessions.training import TrainingSession
from rnntui.tui.training.app import RnntuiApp
from rnntui.tui.training.reading import ReadingView

SIZE = 100, 30  # columns and rows
WIDTH = 1240  # pixels: legible where it is shown at 830
COLOURS = 255  # of a GIF, which needs one for what does not change
GROUND, SHARES = "101114", (0.35, 0.7)  # of the screen; how much of a letter's colour its smooth edges have
PROMPT = "He did not really like"
STEPS, LEARNED = 6_000, 4_000  # of the training, which goes on to the end; of the last picture while it learns
FIRST, LEARNING = 10, 46  # step of the first picture, and how many there are while it learns
MEASURED = 250  # steps in which more and more text is read to find what units follow
SAMPLE_LENGTH, ANSWER_LENGTH = 76, 250  # characters
FLASH, GLIMPSE, LOOK, END = 0.09, 0.13, 0.6, 1.7  # seconds that a picture is shown
DRAWING = 0.05  # seconds in which the screen is drawn


@dataclass
class Film:
    """Pictures of a screen as Rich draws them, and for how many seconds each is shown."""

    pilot: Pilot[None]
    session: TrainingSession
    caption: str  # in the window's frame
    pictures: list[tuple[str, float]] = field(default_factory=list)

    async def take(self, seconds: float) -> None:
        await self.pilot.pause(DRAWING)
        self.pictures.append((self.pilot.app.export_screenshot(title=self.caption), seconds))

    async def press(self, key: str, seconds: float = 0.0) -> None:
        """Type a key and take a picture, if it is to be shown: a pilot's own `press` waits until the worker rests."""
        self.pilot.app.post_message(events.Key(key, " " if key == "space" else key if len(key) == 1 else None))
        await self.pilot.pause(DRAWING)
        if seconds:
            await self.take(seconds)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for the worker."""
        while not is_so():
            assert self.session.status.run.state not in OVER, self.session.status.sentence
            await asyncio.sleep(0.01)


async def record(corpus: str) -> list[tuple[str, float]]:
    """The pictures of a network from its first steps to an answer."""
    corpus_option = f"--corpus {Path(corpus).stem} " if corpus else ""
    given = {"corpus": corpus, "steps": STEPS, "sample_length": SAMPLE_LENGTH, "validate_every": 500}
    settings = make_settings("text", given, "tiny")
    with new_folder() as root:
        app = RnntuiApp([Run.create(root, "text-lstm-1", settings)], root)
        async with app.run_test(size=SIZE) as pilot:
            film = Film(pilot, app.laboratory.sessions[0], f"$ rnntui train text {corpus_option}--preset tiny")
            await learn(film)
            await read(film)
            await answer(film)
            for session in app.laboratory.every_session:
                session.stop()
                session.join()
    return film.pictures


async def learn(film: Film) -> None:
    """As many pictures between 10 and 100 steps as between 100 and 1,000."""
    for k in range(LEARNING):
        step = round(FIRST * (LEARNED / FIRST) ** (k / (LEARNING - 1)))
        await film.until(lambda step=step: film.session.status.run.step >= step)  # type: ignore[misc]
        await film.take(GLIMPSE)


async def read(film: Film) -> None:
    film.caption = "r: the text, shaded by what one unit holds"
    await film.press("r")
    await film.press("m")
    view = film.pilot.app.screen.query_one(ReadingView)
    enough = film.session.status.run.step + MEASURED
    await film.until(lambda: view.sheet is not None and film.session.status.run.step >= enough)
    for _ in range(4):
        await film.press("pagedown")
    await film.take(2 * LOOK)
    for _ in range(6):
        await film.press("right", FLASH)
    for _ in range(3):
        await film.press("down", LOOK / 2)
    await film.press("m")
    await film.press("r")


async def answer(film: Film) -> None:
    film.caption = "/: half a sentence, which it continues while it trains"
    await film.press("slash", GLIMPSE)
    for letter in PROMPT:
        await film.press("space" if letter == " " else letter, GLIMPSE / 2)
    await film.press("enter")
    await film.until(lambda: bool(film.session.answers))
    given = film.session.answers[-1]
    while len(given.text) < ANSWER_LENGTH:
        shown = len(given.text)
        await film.take(FLASH)
        await film.until(lambda shown=shown: len(given.text) > shown + 6)  # type: ignore[misc]
    await film.take(END)


def drawn(svg: str) -> Image.Image:
    """The pixels of a picture."""
    command = ["rsvg-convert", "--width", str(WIDTH), "--keep-aspect-ratio"]
    png = subprocess.run(command, input=svg.encode(), stdout=subprocess.PIPE, check=True).stdout
    return Image.open(io.BytesIO(png)).convert("RGB")


def write(pictures: list[tuple[str, float]], file: Path) -> None:
    """A GIF that begins again, all its pictures in the same colours, undithered."""
    palette = Image.new("P", (1, 1))
    palette.putpalette(bytes(level for colour in colours([svg for svg, _ in pictures]) for level in colour))
    first, *others = (drawn(svg).quantize(palette=palette, dither=Image.Dither.NONE) for svg, _ in pictures)
    durations = [round(seconds * 100) * 10 for _, seconds in pictures]  # a GIF counts in hundredths
    first.save(file, save_all=True, append_images=others, duration=durations, loop=0)


def colours(svgs: list[str]) -> list[tuple[int, ...]]:
    """Red, green and blue of all that is drawn, and shades between the commonest and the ground for smooth edges."""
    found = Counter(colour for svg in svgs for colour in re.findall(r"fill(?:: |=\")#([0-9a-f]{6})", svg))
    drawn = [tuple(bytes.fromhex(colour)) for colour, _ in found.most_common(COLOURS)]
    ground = tuple(bytes.fromhex(GROUND))
    between = [
        tuple(round(share * level + (1 - share) * under) for level, under in zip(colour, ground, strict=True))
        for share in SHARES
        for colour in drawn
    ]
    return list(dict.fromkeys([*drawn, *between]))[:COLOURS]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", default="")
    parser.add_argument("--frames", type=Path, help="Folder for each picture as SVG")
    parser.add_argument("--file", type=Path, default=Path(__file__).resolve().parent / "animation.gif")
    options = parser.parse_args()
    pictures = [(steady(svg), seconds) for svg, seconds in asyncio.run(record(options.corpus))]
    for k, (svg, seconds) in enumerate(pictures):
        if options.frames is not None:
            (options.frames / f"{k:03d}-{seconds:g}.svg").write_text(svg, encoding="utf-8")
    write(pictures, options.file)
    options.file.with_suffix(".svg").write_text(pictures[-1][0], encoding="utf-8")
