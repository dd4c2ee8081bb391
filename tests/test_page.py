"""A page of text that a network writes: where its characters stand, how they are shaded, and how one moves in it."""

import math
import time
import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding
from textual.events import Paste
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static
from tiny import PATIENCE
from wcwidth import wcswidth

from rnntui.sessions.contract import TrainingSample
from rnntui.text.surprisal_scale import LEAST, SHADES
from rnntui.tui.base.glyphs import drawn_text
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.dialogs.edit_text import Editor, EditText
from rnntui.tui.training.generation import Generation
from rnntui.tui.writing_room.alternatives import Alternatives, in_words
from rnntui.tui.writing_room.figures import columns_of, in_figures
from rnntui.tui.writing_room.figures_table import FiguresTable
from rnntui.tui.writing_room.page import Choice, Glance, Page, Recall
from rnntui.tui.writing_room.page_layout import FEWEST, MOST, Layout, filling
from rnntui.tui.writing_room.page_shades import changed_from, shades
from rnntui.tui.writing_room.page_view import PageView

if TYPE_CHECKING:
    from rnntui.sessions.training import TrainingSession

pytestmark = pytest.mark.usefixtures("no_waiting_for_idleness")

# Words, blanks, wide and combining characters, and what a terminal would obey or hide.
CHARACTERS = "abcdeé  \n\t漢字❤👍\u0301\u0308\ufe0f\x1b\u202e\u200d\U000e0001[]"
TEXTS = st.text(st.sampled_from(CHARACTERS), max_size=60)
# What terminals draw as one, some in other widths than others.
CLUSTERS = [
    "❤\ufe0f",
    "🇩🇪",
    "e🏽",
    "👍🏽",
    "👩\u200d💻",
    "क\u094dषि",
    "\u1112\u1161\u11ab",
    "1\ufe0f\u20e3",
    "น\u0e33",
    "ｶ\uff9e",
    "\n",
]
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


@given(st.lists(st.one_of(st.characters(), st.sampled_from(CLUSTERS)), max_size=12), WIDTHS)
def test_what_is_drawn_of_any_text_is_as_wide_on_every_terminal(pieces: list[str], width: int) -> None:
    text = "".join(pieces)
    for row in rows(text, width):
        emulated = pyte.Screen(2 * width, 1)
        stream = pyte.Stream(emulated)
        for character in row:  # of what it is fed at once, it drops all behind some marks, as U+0A01
            stream.feed(character)
        # By Rich and so by Textual, by character as pyte has it, and by cluster as newer terminals do.
        assert cell_len(row) == emulated.cursor.x == wcswidth(row)
        assert not any(is_joining(character) for character in row)
    assert not any(is_joining(character) for character in drawn_text(text))


def is_joining(character: str) -> bool:
    """Whether terminals differ in how they draw a character with its neighbours."""
    name = unicodedata.name(character, "")
    parts = ("REGIONAL INDICATOR", "EMOJI MODIFIER", "VARIATION SELECTOR", "ZERO WIDTH", "HANGUL JUNGSEONG", "VIRAMA")
    return any(part in name for part in parts) or unicodedata.category(character) in ("Mc", "Me", "Cf", "Cn")


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("a❤\ufe0fb", "a❤b"),
        ("🇩🇪!", "··!"),
        ("e🏽👍🏽", "e·👍·"),
        ("क\u094dषि", "क·ष·"),
        ("\u1112\u1161\u11ab한", "···한"),
        ("1\ufe0f\u20e3", "1·"),
        ("👩\u200d💻", r"👩\u200d💻"),
        ("漢e\u0301\tв", "漢e\u0301\tв"),
    ],
)
def test_what_would_join_a_neighbour_has_a_stand_in(text: str, drawn: str) -> None:
    assert drawn_text(text) == drawn
    assert rows(text, 40) == [drawn.replace("\t", " ")]


async def test_the_samples_of_a_training_run_are_drawn_by_the_same_rule() -> None:
    async with seen(Page()) as shown:
        pane = Generation()
        await shown.screen.mount(pane)
        await shown.until(lambda: pane.size.width)
        pane.watch_session(
            cast("TrainingSession", SimpleNamespace(samples=[TrainingSample(150, "e🏽 🇩🇪\n❤\ufe0f", 0.5)], answers=[]))
        )
        assert pane.render_line(0).text.rstrip() == "    150  temp 0.5  e· ··↵❤"


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


def test_what_is_added_leaves_the_rows_before_as_they_are() -> None:
    layout = laid_out("one word after another " * 1000, 40)
    last = layout.height - 1
    assert layout.write(layout.text + "and") == last
    assert layout.write("x" + layout.text) == 0


# Figures and shades


KNOWN = Page(
    title="anna · step 1",
    text="abcd",
    recall=Recall("", [0, 1, 2, 3], (1, 4), (0.98, 0.705, math.nan, 0.0)),
    bits_given=2.1,
    bits_written=1.82,
)


def test_the_figures_of_a_page_are_sentences_where_these_fit() -> None:
    whole = (
        "1.82 bits per character · prompt 2.10 · copies 3 characters in a row"
        " · 98 % of its 4-letter pieces stand in the training text, 70 % of 8, 0 % of 32"
    )
    short = "1.82 bits/char · copies 3 in a row · prompt 2.10 · 98 % of its 4-letter pieces are copies"
    assert in_figures(KNOWN, len(whole)) == whole
    assert in_figures(KNOWN, len(whole) - 1) == in_figures(KNOWN, len(short)) == short
    assert in_figures(KNOWN, len(short) - 1) == "1.82 bits/char · copies 3 in a row · prompt 2.10"
    assert in_figures(KNOWN, 33) == "1.82 bits · copies 3 in a row"
    assert in_figures(KNOWN, 14) == "1.82 bits/char"
    assert in_figures(KNOWN, 3) == ""
    assert in_figures(Page(bits_given=2.1, recall=Recall("memory off")), 80) == (
        "prompt 2.10 bits per character · memory off"
    )
    assert in_figures(Page(), 80) == ""


def test_the_figures_of_several_pages_are_columns_without_those_that_nobody_has() -> None:
    columns = columns_of([KNOWN, Page(bits_written=2.0, recall=Recall("sorting the corpus"))])
    assert [(column.name, column.cells) for column in columns] == [
        ("written", ("1.82", "2.00")),
        ("prompt", ("2.10", "")),
        ("copied", ("3 characters", "")),
        ("of 4 letters", ("98 %", "")),
        ("8", ("70 %", "")),
        ("32", ("0 %", "")),
    ]
    assert columns_of([Page()]) == []


async def test_figures_stand_below_one_another_and_what_has_no_room_is_left_out() -> None:
    table = FiguresTable()
    async with seen(Page(), size=(120, 24)) as shown:
        await shown.screen.mount(table)
        table.show([KNOWN, replace(KNOWN, title="a name that is longer than its room · step 1,000")])
        await shown.until(lambda: table.size.width > 100)
        rows = str(table.render()).splitlines()
        figures = "1.82 2.10 3 characters 98 % 70 % 0 %"
        assert [" ".join(row.split()) for row in rows[2:]] == [
            f"anna · step 1 {figures}",
            f"a name that…n its room · step 1,000 {figures}",
        ]
        assert len(rows) == table.size.height == 4
        figure, head = rows[2].index("1.82"), rows[1].index("written")
        assert figure + len("1.82") == head + len("written")
        assert rows[0].index("bits per character") == head
        await shown.pilot.resize_terminal(60, 24)
        await shown.until(lambda: table.size.width < 60)
        narrow = str(table.render())
        assert "written" in narrow
        assert "4 letters" not in narrow
        assert "…" in narrow
        assert all(cell_len(row) <= 58 for row in narrow.splitlines())


def test_a_page_is_filled_within_bounds() -> None:
    assert filling(80, 20, "so") == 68 * 20 - 2
    assert filling(10, 3, "") == filling(0, 0, "") == FEWEST
    assert filling(400, 200, "") == MOST


def test_shades_are_of_surprisal_of_probability_and_of_what_is_remembered() -> None:
    bits = (math.nan, 0.0, 1.0, 3.5, 20.0)
    page = Page(text="abcdefg", bits=bits, recall=Recall("", [0, 3, 4, 8, 31, 32, 10**6]))
    assert shades(page, "surprisal", 0, 7) == [0, 0, 2, 4, 7, 0, 0]
    assert shades(page, "probability", 0, 7) == [0, 0, 3, 7, 7, 0, 0], "as a surprise, the least likely most"
    assert shades(page, "memory", 1, 7) == [0, 1, 2, 3, 4, 7]
    assert shades(page, "none", 0, 7) == [0] * 7


def test_a_newer_page_is_drawn_anew_from_where_it_looks_otherwise() -> None:
    page = Page(text="abcdef", bits=(1.0,) * 6, recall=Recall("", (1,) * 4, (2, 4)))
    assert changed_from(page, page) == 4  # what is remembered of the rest may come late
    longer = replace(page, text="abcdefgh", bits=(1.0,) * 8, recall=Recall("", (1,) * 8, (2, 7)))
    assert changed_from(longer, longer) == 7
    assert changed_from(longer, replace(longer, recall=replace(longer.recall, longest=(0, 7)))) == 0
    assert changed_from(page, replace(longer, edition=1)) == 0


# The view


class Host(Screen[None]):
    """A screen of one page and the alternatives below."""

    def __init__(self) -> None:
        super().__init__()
        self.moves: list[int | None] = []

    def compose(self) -> ComposeResult:
        yield PageView()
        yield Alternatives()

    def on_page_view_moved(self, message: PageView.Moved) -> None:
        self.moves.append(message.position)


class Seen:
    """The page on the screen."""

    def __init__(self, pilot: Pilot[int], screen: Host) -> None:
        self.pilot, self.screen = pilot, screen
        self.view, self.choices = screen.query_one(PageView), screen.query_one(Alternatives)

    async def show(self, page: Page) -> None:
        self.view.show(page)
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object]) -> None:
        """Return as soon as the condition holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline
            await self.pilot.pause()

    def segments(self, row: int) -> list[Segment]:
        return list(self.view.render_line(row))

    def rows(self) -> list[str]:
        return [self.view.render_line(row).text.rstrip() for row in range(self.view.size.height)]

    def styled(self, attribute: str) -> str:
        """All that is drawn with an attribute."""
        rows = range(self.view.size.height)
        return "".join(
            segment.text for row in rows for segment in self.segments(row) if getattr(segment.style, attribute)
        )


@asynccontextmanager
async def seen(page: Page, size: tuple[int, int] = (40, 14)) -> AsyncIterator[Seen]:
    screen = Host()
    async with ViewerApp(screen).run_test(size=size) as pilot:
        await pilot.pause()
        shown = Seen(pilot, screen)
        shown.view.focus()
        await shown.show(page)
        yield shown


WORDS = "".join(f"word {k} " for k in range(200))


def written(text: str, **more: object) -> Page:
    return replace(Page(phase="writing", text=text), **more)  # type: ignore[arg-type]


async def test_the_view_follows_what_is_written_unless_one_looks_elsewhere() -> None:
    async with seen(written(WORDS)) as shown:
        view = shown.view
        assert shown.rows()[-1].endswith("word 199 ▌")
        await shown.show(written(f"{WORDS}and more of it, and more"))
        assert shown.rows()[-1].endswith("and more▌")
        view.scroll_to(y=3, animate=False, immediate=True)
        await shown.show(written(f"{WORDS}{WORDS}"))
        assert view.scroll_offset.y == 3
        view.scroll_end(animate=False, immediate=True)
        await shown.show(written(f"{WORDS}{WORDS}{WORDS}"))
        assert view.scroll_offset.y == view.max_scroll_y
        await shown.pilot.resize_terminal(30, 14)
        await shown.until(lambda: shown.rows()[-1] == "word 197 word 198 word 199▌")  # over the space that hangs over
        await shown.pilot.press("ctrl+home")
        await shown.show(written(WORDS * 4))
        assert view.scroll_offset.y == 0
        await shown.pilot.press("escape")
        await shown.show(replace(written(f"{WORDS * 4}end"), phase="done"))
        assert shown.rows()[-1].endswith("end")
        assert shown.screen.moves == [0, None]


async def test_keys_move_the_cursor_by_characters_rows_and_pages() -> None:
    text = "one two three four five six seven eight\nnine\n\nten"
    async with seen(Page(text=text, phase="done"), size=(24, 18)) as shown:
        starts = [0, text.index("five"), text.index("nine")]
        assert shown.rows()[1].startswith("five")
        for key, expected in (
            ("left", len(text) - 1),
            ("up", text.index("\n\n") + 1),
            ("up", text.index("ine") + 1),
            ("up", starts[1] + 2),
            ("end", starts[2] - 1),
            ("right", starts[2]),
            ("home", starts[2]),
            ("ctrl+end", len(text)),
            ("right", len(text)),
            ("pageup", 3),
            ("pagedown", len(text)),
            ("ctrl+home", 0),
            ("left", 0),
            ("down", starts[1]),
        ):
            await shown.pilot.press(key)
            assert shown.view.cursor == expected, key
        await shown.pilot.press("escape", "escape")
        assert shown.view.cursor is None
        assert shown.screen.moves[-1] is None


async def test_the_cursor_is_seen_on_newlines_and_on_what_comes_next_and_can_be_clicked() -> None:
    async with seen(Page(text="ab e\u0301\ncd\x1b", phase="done")) as shown:
        view = shown.view

        def under_cursor() -> list[str]:
            here = view.get_component_rich_style("page--cursor")
            rows = range(view.size.height)
            found = [segment for row in rows for segment in shown.segments(row) if segment.style is not None]
            return [segment.text for segment in found if segment.style and segment.style.bgcolor == here.bgcolor]

        assert under_cursor() == []
        for position, expected in ((0, "a"), (3, "e\u0301"), (4, "e\u0301"), (5, "↵"), (8, "\\x1b"), (9, " ")):
            view.cursor = position
            assert under_cursor() == [expected]
        for offset, position in (((2, 1), 1), ((20, 1), 5), ((3, 2), 8), ((30, 6), 9)):
            await shown.pilot.click(PageView, offset=offset)
            assert view.cursor == position
        assert shown.screen.moves[-4:] == [1, 5, 8, 9]
        full = "x" * (view.size.width - 2) + " \n"
        await shown.show(Page(text=full, edition=1))
        for position, sign in ((0, "x"), (len(full) - 1, "↵")):
            view.cursor = position
            assert under_cursor() == [sign]
            assert view.render_line(0).text[: view.scrollable_content_region.width].count(sign) >= 1
        await shown.show(Page(text="ab", edition=2))
        assert view.cursor == 2


async def test_each_character_is_shaded_by_its_surprisal_and_the_longest_run_is_underlined() -> None:
    page = Page(
        text="abcd efgh",
        given=b"\1\1" + bytes(7),
        left_out=b"\0\1" + bytes(7),
        bits=(math.nan, math.nan, 0.1, 0.2, 9.0, 9.0, 1.5, 1.5, 0.0),
        recall=Recall("", (0, 0, 1, 2, 3, 4, 5, 6, 0), (3, 7)),
    )
    async with seen(page) as shown:
        plain = {segment.style and segment.style.bgcolor for segment in shown.segments(0)}
        assert len(plain) == 1
        assert shown.styled("strike") == "b"
        assert shown.styled("underline") == "d ef"
        shown.view.shading = "surprisal"
        colours = {
            name: segment.style.bgcolor for segment in shown.segments(0) for name in segment.text if segment.style
        }
        assert colours["a"] == colours["c"] == colours["d"] == colours["h"] in plain
        assert len({colours["a"], colours["e"], colours["f"]}) == 3
        shown.view.show_longest = False
        assert shown.styled("underline") == ""
        shown.view.marked = ((2, 4), (8, 9))
        assert shown.styled("bold") == "acdh"
        dark = colours["e"]
        shown.pilot.app.theme = "light"
        await shown.until(
            lambda: {segment.style.bgcolor for segment in shown.segments(0) if segment.style} - {*plain, dark}
        )


async def test_without_colours_shades_are_told_by_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    page = Page(text="abcd", bits=(0.0, 1.0, 4.0, 9.0), recall=Recall("", (1, 2, 0, 0), (0, 2)))
    async with seen(page) as shown:
        shown.view.shading = "surprisal"
        found = {name: shown.styled(name) for name in ("italic", "underline", "reverse", "bold")}
        assert found == {"italic": "b", "underline": "ab", "reverse": "d", "bold": "c"}


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_in_256_colours_shades_rise_and_are_read(monkeypatch: pytest.MonkeyPatch, theme: str) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("COLORTERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    async with seen(Page(text="abcdefgh", bits=(0.0, *LEAST))) as shown:
        assert shown.pilot.app.console.color_system == "256"
        shown.view.shading = "surprisal"
        shown.pilot.app.theme = theme
        await shown.until(lambda: shown.view.has_pseudo_class(theme))
        await shown.pilot.pause()
        styles = [segment.style for segment in shown.segments(0) for _ in segment.text if segment.style][
            : len(LEAST) + 1
        ]
        grounds, inks = ([brightness(colour) for colour in of] for of in zip(*map(seen_colours, styles), strict=True))
        assert len(set(grounds)) == SHADES
        assert grounds == sorted(grounds, reverse=theme == "light")
        assert all(contrast(*pair) > 3.9 for pair in zip(grounds, inks, strict=True))


def seen_colours(style: Style) -> tuple[ColorTriplet, ColorTriplet]:
    """The colours behind and of a character where there are 256."""
    assert style.bgcolor is not None
    assert style.color is not None
    ground, ink = (colour.downgrade(ColorSystem.EIGHT_BIT).get_truecolor() for colour in (style.bgcolor, style.color))
    return ground, ink


def brightness(colour: ColorTriplet) -> float:
    """Relative luminance (WCAG 2)."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.normalized)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


async def test_nothing_that_a_terminal_would_obey_is_drawn() -> None:
    text = "[b]a[/b] \x1b[31mb\x07\r\n\u202eabc\u2066 \u0301\ud800\t!"
    async with seen(Page(text=text, phase="done")) as shown:
        assert shown.rows()[:2] == ["[b]a[/b] \\x1b[31mb\\x07\\r", "\\u202eabc\\u2066 \u0301\\ud800  !"]
        assert all(character.isprintable() or character in "\u0301" for row in shown.rows() for character in row)


async def test_what_is_selected_is_the_text_without_its_rows() -> None:
    text = "the quick brown fox jumps over\nthe \x1b lazy dog and goes on its way"
    async with seen(Page(text=text, phase="done"), size=(24, 14)) as shown:
        assert len(shown.rows()[0]) < len("the quick brown fox jumps")
        await shown.pilot.mouse_down(PageView, offset=(5, 1))
        await shown.pilot.hover(PageView, offset=(7, 3))
        await shown.pilot.mouse_up(PageView, offset=(7, 3))
        copied = shown.screen.get_selected_text()
        assert copied is not None
        assert copied.startswith("quick brown fox jumps over\nthe")
        assert shown.view.cursor is None
        shown.screen.selections = {shown.view: shown.view.text_selection._replace(start=None, end=None)}  # type: ignore
        assert shown.screen.get_selected_text() == text.replace("\x1b", "\\x1b")


async def test_another_width_keeps_what_is_looked_at() -> None:
    async with seen(Page(text=WORDS, phase="done"), size=(60, 20)) as shown:
        shown.view.scroll_to(y=10, animate=False, immediate=True)
        first = shown.rows()[0].split()[1]
        await shown.pilot.resize_terminal(30, 20)
        await shown.until(lambda: all(cell_len(row) <= 28 for row in shown.rows()))
        assert first in " ".join(shown.rows()[:2])


def test_every_binding_has_an_id_a_label_and_a_tooltip() -> None:
    bindings = [binding for owner in (PageView, EditText) for binding in owner.BINDINGS]
    assert all(
        isinstance(binding, Binding) and binding.id and binding.description and binding.tooltip for binding in bindings
    )
    assert len({binding.id for binding in bindings if isinstance(binding, Binding)}) == len(bindings)


# What might have stood there


def test_a_position_is_said_in_words() -> None:
    page = Page(text="e \n\x1bQ漢🏽\u093f", left_out=b"\0\0\0\0\1", bits=(1.2, math.nan, 12.0))
    assert in_words(Page(text="\t"), 0) == "→"
    assert [in_words(page, k) for k in range(9)] == [
        "'e' 44 % 1.2 bits",
        "␣",
        "↵ <0.1 % 12.0 bits",
        r"'\x1b'",
        "'Q' is left out: it is not in the network's vocabulary",
        "'漢'",
        r"'\U0001f3fd'",
        r"'\u093f'",
        "what comes next",
    ]


async def test_alternatives_are_listed_likeliest_first_below_the_words_that_say_what_they_are() -> None:
    choices = [("e", 0.43, 0.43), (" ", 0.21, 0.8), ("[", 0.096, 0.0), ("\n", 0.0001, 0.0)]
    glance = Glance(1, 7, tuple(Choice(*choice) for choice in choices), "temp 0.5")
    page = Page(text="the", bits=(math.nan, 1.0, 1.0), edition=7)
    async with seen(page, size=(80, 24)) as shown:
        shown.choices.show(None, page)
        assert "move the cursor" in str(shown.choices.render())
        shown.choices.show(glance, page)
        assert [line.rstrip() for line in str(shown.choices.render()).splitlines()] == [
            "'h' 50 % 1.0 bits · all others together 26 %",
            " network → drawn at temp 0.5",
            "e   43 %          ████▎",
            "␣   21 % →   80 % ██▏",
            "[  9.6 % →    0 % █",
        ], "what is neither likely nor drawn has no row"
        shown.choices.styles.height = 1
        await shown.until(lambda: shown.choices.size.height == 1)
        assert str(shown.choices.render()) == "'h' 50 % 1.0 bits │ e 43 % ██▏ · ␣ 21→80 % █ · [ 9.6→0 % ▌"
        await shown.pilot.resize_terminal(44, 24)
        await shown.until(lambda: shown.choices.size.width == 42)
        assert str(shown.choices.render()) == "'h' 50 % 1.0 bits │ e 43 % ██▏"
        shown.choices.show(glance, replace(page, edition=8))
        assert str(shown.choices.render()) == "alternatives at the cursor"


async def test_what_is_drawn_though_it_is_unlikely_has_a_row() -> None:
    choices = (Choice("e", 0.99, 0.6), Choice("q", 0.004, 0.1), Choice("z", 0.0002, 0.0001))
    async with seen(Page(text="the", edition=7), size=(80, 24)) as shown:
        shown.choices.show(Glance(3, 7, choices, "temp 2"), shown.view.page)
        rows = str(shown.choices.render()).splitlines()
        assert rows[0] == "what comes next · all others together 0.6 %"
        assert [row[0] for row in rows[2:]] == ["e", "q"]
        shown.choices.show(Glance(3, 7, (Choice("e", 0.99, 0.99),)), shown.view.page)
        assert str(shown.choices.render()).splitlines()[1].strip() == "network"


# The editor


@asynccontextmanager
async def editing(text: str, refused: str = "") -> AsyncIterator[tuple[Pilot[int], EditText, list[str | None]]]:
    def check(edited: str) -> None:
        if edited == refused:
            raise ValueError(f"{refused!r} will not do [b]")

    answers: list[str | None] = []
    async with ViewerApp(Host()).run_test(size=(60, 16)) as pilot:
        await pilot.pause()
        box = EditText("edit [b]", text, check)
        pilot.app.push_screen(box, answers.append)
        await pilot.pause()
        yield pilot, box, answers


ODD = "\u0301a\tb\x1b[1m\x0c\x1d\u202e \u2028\ue000\U000f0000\U000f0001 漢 e\u0301 [b]\n\nend \n"


async def test_an_edit_leaves_all_else_as_it_is() -> None:
    async with editing(ODD) as (pilot, _, answers):
        await pilot.press("x", "y", "backspace", "enter", "!", "ctrl+s")
        assert answers == [f"{ODD}x\n!"]
    assert Editor(ODD).whole_text == ODD


async def test_the_editor_draws_nothing_that_a_terminal_would_obey_and_takes_any_paste() -> None:
    async with editing(ODD) as (pilot, box, answers):
        editor = box.query_one(Editor)
        pilot.app.post_message(Paste("\x1b]0;title\x07\r\nnext\rlast"))
        await pilot.pause()
        rows = [strip.text for strip in editor.render_lines(Region(0, 0, *editor.size))]
        assert all(character.isprintable() for row in rows for character in row)
        assert rows[0].strip() == "\u0301a   b·[1m··· ···· 漢 e\u0301 [b]"
        assert any("·]0;title·" in row for row in rows)
        await pilot.press("ctrl+x", "ctrl+v", "ctrl+s")
        assert answers == [f"{ODD}\x1b]0;title\x07\nnext\nlast"]


async def test_esc_leaves_the_text_and_what_will_not_do_is_refused_in_words() -> None:
    async with editing("a", refused="ab") as (pilot, box, answers):
        await pilot.press("b", "f2")
        assert str(box.query_one(".hint", Static).content) == "'ab' will not do [b]"
        assert answers == []
        await pilot.press("c", "f2")
        assert answers == ["abc"]
    async with editing("a") as (pilot, _, answers):
        await pilot.press("b", "escape")
        assert answers == [None]


def test_keys_of_a_page_are_called_in_plain_words_and_as_they_were_in_a_file_of_keys() -> None:
    labels = {binding.id: binding.description for binding in PageView.BINDINGS}
    assert labels["page.home"] == "start of row"
    assert labels["page.page-up"] == "page up"
    assert labels["page.hide"] == "no cursor"
