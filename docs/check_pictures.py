"""Whether two viewers draw the pictures of the documents alike: `python docs/check_pictures.py [FILE …]`.

Draws every SVG picture below docs/ with rsvg-convert and with headless Chromium, as the README shows it, and compares
both as images: the means of small squares, which smoothing leaves alone and a letter out of its place does not. Both
viewers have the fonts of one machine; so a picture that leaves a letter to a font, or that would fetch anything, is
wrong too. Exits with 1 where one is. Needs `apt install chromium librsvg2-bin`; `--images` keeps what was drawn.
"""

import argparse
import asyncio
import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent / "tests"))

import chromium  # noqa: E402

WIDTH = 1600  # pixels of a picture: twice what a README has room for
SQUARE = 8  # pixels of a square's side: less than a letter is wide
BOUND = 36  # of 255, between two means: smoothing makes less than 27, a word half a letter aside more than 45


@dataclass(frozen=True)
class Difference:
    """Of two images: the largest between the means of a square, in 255ths; where it is; the share above the bound."""

    largest: float
    place: tuple[int, int]
    share: float


@dataclass(frozen=True)
class Seen:
    """What was found about a picture."""

    file: Path
    difference: Difference
    complaints: list[str]

    @property
    def is_right(self) -> bool:
        return not self.complaints and self.difference.largest <= BOUND


def missing_viewer() -> str:
    """The one that this machine lacks; nothing where both are there."""
    if shutil.which("rsvg-convert") is None:
        return "no rsvg-convert (Debian's package librsvg2-bin)"
    return "" if chromium.PROGRAM else "no Chromium (Debian's package chromium)"


async def look(files: Iterable[Path], images: Path | None = None) -> list[Seen]:
    """Draw each picture with both viewers, and compare."""
    found = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        async with chromium.browser(Path(place) / "profile") as browser:
            page = await browser.tab("about:blank")
            for file in files:
                one = by_rsvg(file)
                other = await by_chromium(page, file, one.size, Path(place) / "page.html")
                found.append(
                    Seen(file, difference(one, other), complaints(file.read_text(encoding="utf-8", errors="replace")))
                )
                if images is not None:
                    name = "-".join(file.resolve().parts[-3:]).removesuffix(".svg")
                    one.save(images / f"{name}-rsvg.png")
                    other.save(images / f"{name}-chromium.png")
    return found


def by_rsvg(file: Path) -> Image.Image:
    """The picture; ValueError naming the file where it cannot be drawn."""
    command = ["rsvg-convert", "--width", str(WIDTH), "--keep-aspect-ratio", "--background-color", "white", str(file)]
    drawn = subprocess.run(command, capture_output=True)
    if drawn.returncode:
        raise ValueError(f"{file}: no SVG picture that could be drawn")
    image = _image(drawn.stdout)
    if image.height < SQUARE:
        raise ValueError(f"{file}: too flat to be compared, {image.height} pixels high where it is {WIDTH} wide")
    return image


async def by_chromium(page: chromium.Page, file: Path, size: tuple[int, int], html: Path) -> Image.Image:
    """The picture in an `<img>`, as on a page of documents."""
    width, height = size
    source = f'src="{file.resolve().as_uri()}" width="{width}" height="{height}"'
    html.write_text(f'<body style="margin: 0"><img {source} style="display: block"></body>', encoding="utf-8")
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    await page.call("Emulation.setDeviceMetricsOverride", **metrics)
    await page.call("Page.navigate", url=f"{html.as_uri()}?{file.name}")
    while not await page.value(f"document.images[0]?.currentSrc == '{file.resolve().as_uri()}'"):
        await asyncio.sleep(0.02)
    await page.value("document.images[0].decode()")
    return _image(await page.picture())


def _image(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> Difference:
    """How much two images of one size differ; what is left of a square at the edges does not count."""
    assert one.size == other.size, (one.size, other.size)
    apart = np.abs(_means(one) - _means(other)).max(-1)  # (rows, columns) of squares; the colour that differs most
    row, column = np.unravel_index(apart.argmax(), apart.shape)
    place = int(column) * SQUARE, int(row) * SQUARE
    return Difference(float(apart.max()), place, float((apart > BOUND).mean()))


def _means(image: Image.Image) -> np.ndarray:
    rows, columns = image.height // SQUARE, image.width // SQUARE
    pixels = np.asarray(image, dtype=float)[: rows * SQUARE, : columns * SQUARE]
    return pixels.reshape(rows, SQUARE, columns, SQUARE, 3).mean((1, 3))


def complaints(svg: str) -> list[str]:
    """What no comparison on one machine can show."""
    said = []
    if texts := len(re.findall(r"<text\b", svg)):
        said.append(f"{texts} pieces of text in whatever font is there")
    if re.search(r"""@font-face|@import|url\(\s*['"]?(?!['"]?[#)])|(?:href|src)\s*=\s*["'](?!#|data:)""", svg):
        said.append("fetches something")
    return said


def table(found: Iterable[Seen]) -> str:
    """A row for each picture."""
    lines = [f"{'largest':>7}  {'at':>9}  {'above ' + str(BOUND):>8}  picture"]
    for seen in found:
        x, y = seen.difference.place
        words = [str(seen.file), *seen.complaints, *([] if seen.is_right else ["WRONG"])]
        lines.append(
            f"{seen.difference.largest:7.1f}  {f'{x},{y}':>9}  {seen.difference.share:8.3%}  {': '.join(words)}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--images", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    if lacking := missing_viewer():
        raise SystemExit(lacking)
    if options.images is not None:
        options.images.mkdir(parents=True, exist_ok=True)
    try:
        seen = asyncio.run(look(options.files or sorted(DOCS.rglob("*.svg")), options.images))
    except ValueError as error:
        raise SystemExit(str(error)) from None
    print(table(seen))
    sys.exit(not all(picture.is_right for picture in seen))
