"""The picture of a page in the README: `python docs/serve_picture.py [--corpus anna] [--steps 1500]`.

Trains a text network and one on palindromes in processes of their own, opens the page of `rnntui serve` in headless
Chromium once the text network has done its steps, types a prompt there, waits until the answer has streamed, and saves
what is seen as PNG.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.insert(0, str(TESTS))

import chromium  # noqa: E402

from rnntui.runs import Run, folder  # noqa: E402

SEED_SENTENCE = "The value of"
ANSWER_LINES = 4  # with a word on them, that have streamed when the picture is taken
PROGRAM = [sys.executable, "-m", "rnntui"]
ENDLESS = ["--steps", "50000", "--detach"]
HARDER = ["--length", "20", "--init", "chrono", "--optimizer", "adam", "--clip", "1"]


async def main(corpus: str, steps: int, file: Path) -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        os.chdir(place)
        os.environ["XDG_CONFIG_HOME"] = place  # where no theme was chosen
        os.environ.pop("RNNTUI_RUNS", None)
        text = [
            "--name",
            "text",
            "--temperature",
            "0.5",
            "--validate-every",
            "500",
            *(["--corpus", corpus] * bool(corpus)),
        ]
        subprocess.run([*PROGRAM, "train", "palindrome", "--name", "palindrome", *HARDER, *ENDLESS], check=True)
        subprocess.run([*PROGRAM, "train", "text", *text, *ENDLESS], check=True)
        serve = subprocess.Popen([*PROGRAM, "serve", "palindrome", "text"], stdout=subprocess.PIPE, text=True)
        try:
            assert serve.stdout is not None
            file.write_bytes(await seen(serve.stdout.readline().strip(), Run(folder() / "text"), steps, Path(place)))
        finally:
            serve.send_signal(signal.SIGTERM)
            serve.wait()
            subprocess.run([*PROGRAM, "stop", "palindrome", "text"], check=True)


async def seen(address: str, text: Run, steps: int, place: Path) -> bytes:
    """The page with an answer, as PNG."""
    while text.newest_step("metrics.jsonl") < steps:
        await asyncio.sleep(1)
    async with chromium.browser(place / "profile") as browser:
        page = await browser.tab(address)
        await page.until(lambda shown: "space pause" in shown, "keys")
        await page.type("/")
        await page.until(lambda shown: "space pause" not in shown, "prompt")
        await page.type(SEED_SENTENCE + "\r")
        await page.until(lambda shown: lines_of_answer(shown) >= ANSWER_LINES, "answer")
        await page.type("\x1b")
        await page.until(lambda shown: "space pause" in shown, "keys")
        return await page.picture()


def lines_of_answer(shown: str) -> int:
    """How many rows of the pane of answers have something on them."""
    return sum(bool(row.strip()) for row in chromium.answers(shown).splitlines())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", default="")
    parser.add_argument("--steps", type=int, default=1_500)
    parser.add_argument("--file", type=Path, default=Path(__file__).resolve().parent / "serve.png")
    options = parser.parse_args()
    asyncio.run(main(options.corpus, options.steps, options.file.absolute()))
