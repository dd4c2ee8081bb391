"""A key that means one thing everywhere means it on every screen."""

import pytest
from textual.binding import Binding

from rnntui.tui import actions

EVERYWHERE = {"q": {"app.quit"}, "question_mark": {"help"}, "z": {"zoom"}, "L": {"log"}}  # by what is done


@pytest.mark.parametrize("key", EVERYWHERE)
def test_what_a_key_does_it_does_on_every_screen(key: str) -> None:
    does: dict[str, set[str]] = {}
    for name, screen in actions.screens().items():
        for owner in (screen, *screen.KEYS_OF):
            for binding in vars(owner).get("BINDINGS", ()):
                if isinstance(binding, Binding) and key in binding.key.split(","):
                    does.setdefault(name, set()).add(binding.action)
    assert does
    assert all(done == EVERYWHERE[key] for done in does.values()), does


def test_every_screen_has_a_way_out_and_a_help() -> None:
    for name, screen in actions.screens().items():
        keys = {key for action in actions.of_screen(screen) for key in action.keys}
        assert {"q", "question_mark"} <= keys, name
