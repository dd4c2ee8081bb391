"""The pictures of the screen in the documents: shapes in their cells and words at their columns, for any viewer."""

import re
import sys
from html import unescape
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(DOCS))  # its programs import each other as when they are run

from shapes import is_drawn, path  # noqa: E402
from svg import steady  # noqa: E402

PICTURES = sorted(picture.name for picture in DOCS.glob("*.svg"))


def piece(text: str, x: str = "12.2", length: str = "100") -> str:
    return f'<text class="terminal-1-r2" x="{x}" y="42.9" textLength="{length}" clip-path="url(#c)">{text}</text>'


def test_each_word_begins_at_its_own_column_and_blanks_are_not_drawn() -> None:
    drawn = steady(piece("&#160;so&#160;&#160;it&#160;"))
    words = re.findall(r'x="([\d.]+)" y="42.9" textLength="([\d.]+)" clip-path="url\(#c\)">(\w+)<', drawn)
    assert words == [("24.4", "24.4", "so"), ("73.2", "24.4", "it")]


def test_a_wide_character_takes_two_columns_and_marks_of_the_language_stay_escaped() -> None:
    drawn = steady(piece("漢&#160;&lt;a&gt;", x="0"))
    assert re.findall(r'x="([\d.]+)"[^>]*>([^<]+)<', drawn) == [("0", "漢"), ("36.6", "&lt;a&gt;")]


def test_a_braille_dot_stands_in_its_eighth_of_the_cell() -> None:
    # The second column's lowest dot, in the cell that begins at 12.2, 24.4.
    assert steady(piece("⢀")) == '<path class="terminal-1-r2" d="M19.65 44.05h3.4v3.4h-3.4z"/>'


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
    assert 'fill-opacity="0.25"' in steady(piece("░"))


@pytest.mark.parametrize("name", PICTURES)
def test_the_pictures_of_the_documents_leave_no_dot_or_line_to_a_font(name: str) -> None:
    texts = re.findall(r"<text [^>]*>([^<]*)</text>", (DOCS / name).read_text(encoding="utf-8"))
    assert len(texts) > 20
    assert not [text for text in map(unescape, texts) if "\xa0" in text or any(map(is_drawn, text))]
