"""The list of keys: that one is seen at any size, and where it is scrolled to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import screen_text
from textual.containers import VerticalScroll
from textual.pilot import Pilot
from tiny import wait_for_screen

from rnntui.gate import Gate
from rnntui.gate.stretch import Stretch
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.dialogs.key_list import KeyList
from rnntui.tui.gate.screen import GateScreen


@asynccontextmanager
async def help_of_a_screen(size: tuple[int, int]) -> AsyncIterator[Pilot[int]]:
    app = ViewerApp(GateScreen(Gate(5, 1, 0.5), Stretch(0, 20)))
    async with app.run_test(size=size) as pilot:
        await pilot.press("question_mark")
        await wait_for_screen(pilot, lambda: bool(app.screen.query(KeyList)))
        yield pilot


def more(pilot: Pilot[int]) -> int:
    """How many keys its border says to be below."""
    said = [row.split("▾")[1] for row in screen_text.rows(pilot.app.screen) if "▾" in row]
    return int(said[0].split()[0]) if said else 0


def rows(pilot: Pilot[int]) -> list[str]:
    """What stands in the rows of its box."""
    return [" ".join(row.strip(" │▁▂▃▄▅▆▇█").split()) for row in screen_text.rows(pilot.app.screen)]


async def test_a_few_keys_are_seen_where_there_are_five_rows() -> None:
    async with help_of_a_screen((20, 5)) as pilot:
        await wait_for_screen(pilot, lambda: rows(pilot)[2:4] == ["Run", "s save"])
        await pilot.press("down", "down", "down")
        await wait_for_screen(pilot, lambda: rows(pilot)[3].startswith("2 pre"))


async def test_a_list_that_goes_on_below_says_how_many_keys_more_there_are() -> None:
    async with help_of_a_screen((60, 16)) as pilot:
        keys = pilot.app.screen.query_one(KeyList)

        def seen() -> int:
            at = pilot.app.screen.query_one(VerticalScroll).region
            shown = "\n".join(row[at.x : at.right] for row in screen_text.rows(pilot.app.screen)[at.y : at.bottom])
            return sum(f" {entry.label} " in shown for entry in keys.entries)

        await wait_for_screen(pilot, lambda: 0 < more(pilot) == len(keys.entries) - seen())
        count = more(pilot)
        await pilot.press(*["down"] * 40)
        await wait_for_screen(pilot, lambda: more(pilot) < count)
        await pilot.press("e")  # leaves as many rows, and fewer keys
        await wait_for_screen(pilot, lambda: 0 < more(pilot) == len(keys.entries) - seen() < count)
        await pilot.press("backspace", *"zoom")
        await wait_for_screen(pilot, lambda: not more(pilot))
    async with help_of_a_screen((120, 50)) as pilot:
        await wait_for_screen(pilot, lambda: not more(pilot))


async def test_what_is_found_is_seen_where_one_had_scrolled_and_where_the_terminal_is_made_small() -> None:
    async with help_of_a_screen((20, 5)) as pilot:
        await pilot.press(*["down"] * 12, *"zoo")
        await wait_for_screen(pilot, lambda: rows(pilot)[2:4] == ["z zoom in", "Z zoom out"])
    async with help_of_a_screen((80, 24)) as pilot:
        await pilot.press(*["end", "down"] * 8, *"time")
        await pilot.press("down")
        await pilot.resize_terminal(20, 5)
        await wait_for_screen(pilot, lambda: rows(pilot)[3:4] == ["Z zoom out"])  # what is selected
        await pilot.press(*["backspace"] * 4)
        # Nothing is selected: the list is at its beginning.
        await wait_for_screen(pilot, lambda: rows(pilot)[2:4] == ["Run", "s save"])
