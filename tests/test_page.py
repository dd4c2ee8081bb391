"""A page of text that a network writes: where its characters stand, how they are shaded, and how one moves in it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from rnntui.tui.page_layout import Layout

# Words, blanks, wide and combining characters, and what a terminal would obey or hide.
CHARACTERS = "abcdeé  \n\t漢字❤👍\u0301\u0308\ufe0f\x1b\u202e\u200d\U000e0001[]"
TEXTS = st.text(st.sampled_from(CHARACTERS), max_size=60)
WIDTHS = st.integers(10, 30)  # of an escape at least


# Where characters stand


def laid_out(text: str, width: int) -> Layout:
    layout = Layout(width)
    layout.write(text)
    return layout


def rows(text: str, width: int) -> list[str]:
    layout = laid_out(text, width)
    return ["".join(one.text for one in layout.drawn(k)) for k in range(layout.height)]


def test_rows_break_at_spaces_and_words_that_are_too_long_are_cut() -> None:
    assert rows("He did not really like to fall", 10) == ["He did not ", "really ", "like to ", "fall"]
    assert rows("on abcdefghijklmnopq r", 10) == ["on ", "abcdefghij", "klmnopq r"]
    assert rows("abcdefghij\nk\n\n", 10) == ["abcdefghij", "k", "", ""]
    assert rows("abcdefghij \nk", 10) == ["abcdefghij ", "k"]
    assert rows("a\tb\tc\td", 10) == ["a   b   c ", "d"]
    assert rows(" " * 25, 10) == [" " * 11, " " * 11, " " * 3]


def test_what_a_terminal_would_obey_is_an_escape_that_is_not_split() -> None:
    assert rows("abcdefgh\x1b[1m", 10) == ["abcdefgh", "\\x1b[1m"]
    assert rows("漢字漢字漢字", 10) == ["漢字漢字漢", "字"]
    assert rows("\u0301a\u0301\n\u0301", 10) == [" \u0301a\u0301", " \u0301"]


@given(TEXTS, WIDTHS)
def test_every_character_stands_in_one_row_in_order_and_no_row_is_too_wide(text: str, width: int) -> None:
    layout = laid_out(text, width)
    ends = [layout.row(k) for k in range(layout.height)]
    assert ends[0][0] == 0
    assert ends[-1][1] == len(text)
    assert all(before[1] == after[0] and before[0] < before[1] for before, after in pairwise(ends))
    for number, (start, end) in enumerate(ends):
        drawn = layout.drawn(number)
        assert len(drawn) == end - start
        cells = sum(one.cells for one in drawn)
        assert cell_len("".join(one.text for one in drawn)) == cells
        assert cells <= width or (cells == width + 1 and text[start:end].endswith((" ", "\t", " \n", "\t\n")))
        assert "\n" not in text[start : end - 1]


@given(st.lists(TEXTS, max_size=6), WIDTHS)
def test_a_text_that_comes_in_pieces_stands_as_at_once(pieces: list[str], width: int) -> None:
    layout, text = Layout(width), ""
    for piece in pieces:
        before = [layout.row(k) for k in range(layout.height)]
        text += piece
        changed = layout.write(text)
        whole = laid_out(text, width)
        now = [layout.row(k) for k in range(layout.height)]
        assert now == [whole.row(k) for k in range(whole.height)]
        assert now[:changed] == before[:changed]


@given(TEXTS, TEXTS, TEXTS, WIDTHS)
def test_a_text_that_changes_in_the_middle_stands_as_at_once(head: str, before: str, after: str, width: int) -> None:
    layout = laid_out(head + before, width)
    layout.write(head + after)
    whole = laid_out(head + after, width)
    assert [layout.row(k) for k in range(layout.height)] == [whole.row(k) for k in range(whole.height)]


@given(TEXTS, WIDTHS)
def test_a_position_is_found_again_at_its_place(text: str, width: int) -> None:
    layout = laid_out(text, width)
    for position in range(len(text) + 1):
        number, column = layout.place(position)
        start, end = layout.row(number)
        assert start <= position < end or position == end == len(text)
        found = layout.position(number, column)
        has_cells = position == len(text) or text[position] == "\n" or layout.drawn(number)[position - start].cells
        assert found == position if has_cells else found >= start


def test_a_narrow_page_still_has_every_character() -> None:
    for width in (0, 1, 2, 3):
        layout = laid_out("\x1b[31m漢 ab\n\tc", width)
        assert layout.row(layout.height - 1)[1] == 12
        assert layout.height >= 6
