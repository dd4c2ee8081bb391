"""On a small terminal what has no room is left out whole or wrapped: no sentence ends in the middle."""

import pytest
import screen_text
from textual.app import ComposeResult
from tiny import holds, wait_for_screen

from rnntui.tui.base.themes import ThemedApp
from rnntui.tui.dialogs.choose import Choose
from rnntui.tui.writing_room.alternatives import HINT, SHORTER, Alternatives
from rnntui.tui.writing_room.page import Page

WAYS = {"r": "in its place", "b": "beside it"}
MANY = {**WAYS, "n": "in neither of these places", "m": "somewhere else"}


@pytest.mark.parametrize("ways", [WAYS, MANY], ids=["in a row", "below one another"])
async def test_every_way_of_a_dialog_is_told_whole(ways: dict[str, str]) -> None:
    app = ThemedApp[None]()
    async with app.run_test(size=(60, 16)) as pilot:
        await app.push_screen(Choose("Where should the new run go?", ways))

        def each_is_told() -> None:
            said = screen_text.dump(app.screen)
            for way in (*(f"{key}  {words}" for key, words in ways.items()), "Esc  back"):
                assert way in said
            assert ("r  in its place    b  beside it    Esc  back" in said) == (ways is WAYS)

        await holds(pilot, each_is_told)


class Hinting(ThemedApp[None]):
    def compose(self) -> ComposeResult:
        yield Alternatives()


@pytest.mark.parametrize(("width", "said"), [(100, HINT), (60, SHORTER[0]), (40, SHORTER[1])])
async def test_the_hint_of_the_alternatives_is_as_long_as_there_is_room(width: int, said: str) -> None:
    app = Hinting()
    async with app.run_test(size=(width, 16)) as pilot:
        app.query_one(Alternatives).show(None, Page())
        await wait_for_screen(pilot, lambda: screen_text.dump(app.screen).strip() == said)
