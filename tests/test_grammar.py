"""A key means one thing on every screen: all bindings take theirs from one table, in which each key stands once."""

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator

import rnntui.tui
from rnntui.tui import actions
from rnntui.tui.base.grammar import GRAMMAR, MOVES, BoundKey


def test_no_key_means_two_things() -> None:
    keys = Counter(key for meaning in GRAMMAR.values() for key in meaning.keys.split(","))
    assert [key for key, count in keys.items() if count > 1] == []


def test_no_name_stands_for_two_meanings() -> None:
    """A name that stood twice in the table would take a key from one of them unseen."""
    assert all(GRAMMAR[name].keys == keys for name, (keys, _) in MOVES.items())
    assert GRAMMAR["end training"].keys == "Q"


def owners() -> Iterator[type]:
    """Every class of the screens that has bindings of its own."""
    for module in pkgutil.walk_packages(rnntui.tui.__path__, "rnntui.tui."):
        for kind in vars(importlib.import_module(module.name)).values():
            if isinstance(kind, type) and kind.__module__ == module.name and "BINDINGS" in vars(kind):
                yield kind


def test_every_binding_takes_its_keys_from_the_table() -> None:
    found = {kind: vars(kind)["BINDINGS"] for kind in owners()}
    assert len(found) > 20
    known = {key for meaning in GRAMMAR.values() for key in meaning.keys.split(",")}
    for kind, bindings in found.items():
        for binding in bindings:
            assert isinstance(binding, BoundKey), (kind, binding)
            assert set(binding.key.split(",")) <= known, (kind, binding)


def test_every_meaning_has_a_binding() -> None:
    bound = {key for kind in owners() for binding in vars(kind)["BINDINGS"] for key in binding.key.split(",")}
    assert [name for name, meaning in GRAMMAR.items() if not bound & set(meaning.keys.split(","))] == []


def test_what_a_key_does_it_does_on_every_screen_by_the_same_action() -> None:
    """Of the keys that have but one use, whatever they are pressed on."""
    for key, action in {"q": "app.quit", "question_mark": "help", "L": "log"}.items():
        does = {
            binding.action
            for kind in owners()
            for binding in vars(kind)["BINDINGS"]
            if binding.key == key  # a dialog's `help` closes it, and has `escape` beside it
        }
        assert does == {action}, key


def test_every_screen_has_a_way_out_a_help_and_an_explanation() -> None:
    for name, screen in actions.screens().items():
        keys = {key for action in actions.of_screen(screen) for key in action.keys}
        assert {"q", "question_mark", "i"} <= keys, name
