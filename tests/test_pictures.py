"""The pictures of the documents: shapes in their cells for any viewer, and two viewers that draw them alike."""

import re
import shutil
import sys
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image, ImageSequence

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))  # its programs import each other as when they are run

from check_pictures import BOUND, by_rsvg, complaints, difference, look, missing_viewer  # noqa: E402
from glyphs import glyph  # noqa: E402
from shapes import CELL, path  # noqa: E402
from svg import steady  # noqa: E402

SCREENS = sorted(DOCS.glob("*.svg"))
LOOKS = (
    ".terminal-1-r2 { fill: #ffffff }\n.terminal-1-r3 { fill: #ffffff;font-weight: bold;text-decoration: underline; }"
)
NAMES = 'xmlns="http://www.w3.org/2000/svg"'
PLACE = re.compile(r'<g class="(r\d)" transform="translate\(([\d.]+) ([\d.]+)\)">')


def piece(text: str, x: str = "12.2", length: str = "100", look: int = 2) -> str:
    place = f'x="{x}" y="42.9" textLength="{length}" clip-path="url(#terminal-1-line-1)"'
    return f'<text class="terminal-1-r{look}" {place}>{text}</text>'


def drawn(*pieces: str) -> str:
    """The picture of some pieces of text, as Rich writes them."""
    return steady(f'<svg {NAMES} viewBox="0 0 300 60"><style>{LOOKS}</style>{"".join(pieces)}</svg>')


def letters(picture: str) -> list[tuple[str, str]]:
    """The face and the letter of each glyph that is used."""
    return [(name[0], chr(int(name[1:], 16))) for name in re.findall(r'<use xlink:href="#(\w+)"', picture)]


def test_each_word_begins_at_its_own_column_and_blanks_are_not_drawn() -> None:
    picture = drawn(piece("&#160;so&#160;&#160;it&#160;"))
    assert PLACE.findall(picture) == [("r2", "24.4", "42.9"), ("r2", "73.2", "42.9")]
    assert letters(picture) == [("a", letter) for letter in "soit"]
    assert re.findall(r"<use [^>]*/>", picture)[1] == f'<use xlink:href="#a6f" x="{CELL}"/>'


def test_bold_letters_have_their_own_shapes_and_lines_are_drawn_under_them() -> None:
    picture = drawn(piece("so", look=3))
    assert letters(picture) == [("b", "s"), ("b", "o")]
    assert '<path class="r3" d="M12.2 45.3h24.4v1.2h-24.4z"/>' in picture


def test_each_letter_that_is_used_is_defined_once() -> None:
    root = ElementTree.fromstring(drawn(piece("no noon"), piece("on", look=3)))
    names = [shape.get("id") for shape in root.iter("{http://www.w3.org/2000/svg}path") if shape.get("id")]
    assert sorted(names) == ["a6e", "a6f", "b6e", "b6f"]


def test_a_letter_is_as_wide_as_a_cell() -> None:
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", glyph("—", "a")[1])]  # a dash from edge to edge
    assert max(numbers) - CELL == pytest.approx(0, abs=0.05)


def test_words_are_kept_for_those_who_search_and_marks_of_the_language_stay_escaped() -> None:
    root = ElementTree.fromstring(drawn(piece("&lt;a&gt;&#160;b")))
    assert [child.text for child in root if child.tag.endswith("desc")] == [" <a> b"]


def test_a_letter_that_no_font_has_is_refused() -> None:
    with pytest.raises(ValueError, match="the font of the pictures has no letter '漢'"):
        drawn(piece("漢"))


def test_a_picture_says_its_size() -> None:
    assert 'viewBox="0 0 300 60" width="300" height="60"' in drawn(piece("so"))


def test_a_picture_that_is_made_so_stays_as_it_is() -> None:
    picture = drawn(piece("so"))
    assert steady(picture) == picture


def test_a_braille_dot_stands_in_its_eighth_of_the_cell() -> None:
    # The second column's lowest dot, in the cell that begins at 12.2, 24.4.
    assert '<path class="r2" d="M19.65 44.05h3.4v3.4h-3.4z"/>' in drawn(piece("⢀"))


def test_grounds_of_one_colour_beside_each_other_are_one() -> None:
    ground = '<rect fill="#000000" x="{}" y="1.5" width="12.2" height="24.65" shape-rendering="crispEdges"/>'
    picture = drawn(ground.format("0"), ground.format("12.2"), ground.format("48.8"), piece("a"))
    assert re.findall(r'<rect [^>]*x="([\d.]+)" y="1.5" width="([\d.]+)"', picture) == [("0", "24.4"), ("48.8", "12.2")]


def test_equal_lines_beside_each_other_are_one_without_a_seam() -> None:
    assert path("─", 0, 0, 3) == "M0 11.4h36.6v1.6h-36.6z"


@pytest.mark.parametrize(
    ("letter", "expected"),
    [
        ("█", "M0 0h12.2v24.4h-12.2z"),
        ("▄", "M0 12.2h12.2v12.2h-12.2z"),
        ("▐", "M6.1 0h6.1v24.4h-6.1z"),
        ("▝", "M6.1 0h6.1v12.2h-6.1z"),
        ("│", "M5.3 0h1.6v12.2h-1.6zM5.3 12.2h1.6v12.2h-1.6z"),
    ],
)
def test_blocks_and_lines_fill_what_they_stand_for(letter: str, expected: str) -> None:
    assert path(letter, 0, 0) == expected


def test_a_shade_lets_the_ground_through() -> None:
    assert 'fill-opacity="0.25"' in drawn(piece("░"))


@pytest.mark.parametrize("file", SCREENS, ids=lambda file: file.name)
def test_the_pictures_of_the_screens_leave_no_letter_to_a_font(file: Path) -> None:
    picture = file.read_text(encoding="utf-8")
    assert complaints(picture) == []
    assert len(letters(picture)) > 200
    assert "rnntui" in unescape(picture)


def test_what_a_picture_would_fetch_or_leave_to_a_font_is_said() -> None:
    assert complaints('<use xlink:href="#a61"/><g clip-path="url(#clip)"/><image href="data:image/png;base64,"/>') == []
    assert complaints("@font-face { }") == ["fetches something"]
    assert complaints('fill: url("https://a.example/b")') == ["fetches something"]
    assert complaints('<image href="https://a.example/b.png"/>') == ["fetches something"]
    assert complaints("<text>a</text><text>b</text>") == ["2 pieces of text in whatever font is there"]


# --- two viewers ----------------------------------------------------------------------------------------------------

viewers = pytest.mark.skipif(bool(missing_viewer()), reason=missing_viewer() or "both are there")


@viewers
async def test_two_viewers_draw_every_picture_of_the_documents_alike() -> None:
    found = await look(sorted(DOCS.rglob("*.svg")))
    assert len(found) >= 27
    assert [(seen.file.name, seen.difference, seen.complaints) for seen in found if not seen.is_right] == []


@viewers
async def test_a_piece_of_text_that_one_viewer_widens_is_found(tmp_path: Path) -> None:
    # 24 letters over 15 % more than their cells: rsvg-convert heeds no textLength, Chromium does.
    ground = '<rect width="300" height="60"/>'
    style = f"<style>{LOOKS} text {{ font: 20px monospace }}</style>"
    text = piece("anna&#160;·&#160;LSTM&#160;2×128&#160;·&#160;T=30", "0", f"{24 * CELL * 1.15:g}")
    for name, picture in {
        "widened": f'<svg {NAMES} viewBox="0 0 360 60">{style}{ground}{text}</svg>',
        "steady": drawn(ground, text),
    }.items():
        (tmp_path / f"{name}.svg").write_text(picture, encoding="utf-8")
    widened, mended = await look([tmp_path / "widened.svg", tmp_path / "steady.svg"])
    assert widened.difference.largest > 2 * BOUND
    assert widened.difference.share > 0.01
    assert not widened.is_right
    assert mended.is_right, mended


@viewers
@pytest.mark.parametrize("change", ["a letter one column aside", "a letter gone", "dots one row down"])
def test_what_is_out_of_its_place_differs_by_more_than_the_bound(change: str, tmp_path: Path) -> None:
    picture = (DOCS / "screen.svg").read_text(encoding="utf-8")
    if "dots" in change:
        shape = max(re.findall(r'<path class="r\d+" d="(?:M[\d.]+ [\d.]+h3.4v3.4h-3.4z)+"/>', picture), key=len)
        changed = picture.replace(shape, shape.replace(" d=", ' transform="translate(0 6.1)" d='))
    else:
        shapes = re.findall(r'<use xlink:href="#a[0-9a-f]+" x="36.6"/>', picture)
        place = picture.index(shapes[0], len(picture) // 2)
        letter = re.match(r"<use [^>]*>", picture[place:])
        assert letter
        other = letter[0].replace("36.6", "48.8") if "aside" in change else ""
        changed = picture[:place] + other + picture[place + len(letter[0]) :]
    assert changed != picture
    (tmp_path / "changed.svg").write_text(changed, encoding="utf-8")
    assert difference(by_rsvg(DOCS / "screen.svg"), by_rsvg(tmp_path / "changed.svg")).largest > BOUND


@viewers
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("no picture", "no SVG picture"),
        ("", "no SVG picture"),
        (None, "no SVG picture"),
        (f'<svg {NAMES} width="1000" height="1"/>', "too flat"),
    ],
)
async def test_a_file_that_is_no_picture_is_named(tmp_path: Path, content: str | None, words: str) -> None:
    if content is not None:
        (tmp_path / "odd.svg").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=f"odd.svg: {words}"):
        await look([tmp_path / "odd.svg"])


# --- the animated one -----------------------------------------------------------------------------------------------


def test_the_animated_picture_lasts_about_15_s_and_loads_fast() -> None:
    file = DOCS / "animation.gif"
    with Image.open(file) as film:
        frames = [(frame.info["duration"], frame.convert("RGB").copy()) for frame in ImageSequence.Iterator(film)]
        assert film.info["loop"] == 0  # again and again
    assert 13_000 <= sum(duration for duration, _ in frames) <= 18_000  # ms
    assert file.stat().st_size < 3_000_000
    assert len(frames) > 60
    assert len({frame.tobytes() for _, frame in frames}) > 50


@pytest.mark.skipif(shutil.which("rsvg-convert") is None, reason="no rsvg-convert (Debian's package librsvg2-bin)")
def test_the_still_picture_for_those_who_want_no_motion_is_the_last_of_the_animated_one() -> None:
    still = by_rsvg(DOCS / "animation.svg")
    with Image.open(DOCS / "animation.gif") as film:
        film.seek(film.n_frames - 1)
        last = film.convert("RGB").resize(still.size, Image.Resampling.LANCZOS)
    assert difference(still, last).share < 0.001  # fewer colours, and fewer pixels


def test_every_image_that_the_readme_has_as_html_is_there_and_says_what_it_shows() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    images = re.findall(r'<img src="([^"]+)" alt="([^"]+)">', readme)
    assert len(images) == readme.count("<img") > 0
    assert all(words for _, words in images)
    sources = [*(file for file, _ in images), *re.findall(r'srcset="([^"]+)"', readme)]
    assert [file for file in sources if not (ROOT / file).is_file()] == []
