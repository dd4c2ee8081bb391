"""All that can be done with a key, on every screen: the table that `docs/keys.md` and a user's own keys go by.

An action has the name of its binding, `laboratory.pause`. A user's keys stand in `[keys]` of the configuration; one
that would take the key of another action of the same screen is refused, so that none is lost unseen. It takes the place
of the first key of an action, which keeps its others.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from textual.binding import Binding
from textual.keys import KEY_ALIASES, REPLACED_KEYS, _character_to_key
from textual.keys import Keys as KeyNames

from rnntui.config import nearest
from rnntui.system import user_config
from rnntui.tui.base.application import Application
from rnntui.tui.base.keys import ALIASES
from rnntui.tui.base.line import LineInput
from rnntui.tui.base.main_screen import MainScreen

TABLE = "keys"
MODIFIERS = ("ctrl", "shift", "alt", "super", "meta", "hyper")
SENT_ALIKE = {alias: key for key, aliases in KEY_ALIASES.items() for alias in aliases}  # as Ctrl-I is Tab's
Placed = tuple[Any, str]  # what stands in the file, and where


@dataclass(frozen=True)
class KeyAction:
    """What a key does somewhere; `keys` are those of the program itself, as Textual calls them."""

    name: str
    keys: tuple[str, ...]
    owner: type  # the screen or widget that has it
    words: str


def screens() -> dict[str, type[MainScreen]]:
    """Every screen by what it is called."""
    from rnntui.tui.compare.screen import CompareScreen
    from rnntui.tui.gate.screen import GateScreen
    from rnntui.tui.home.screen import HomeScreen
    from rnntui.tui.sweep.screen import SweepScreen
    from rnntui.tui.training.screen import Laboratory
    from rnntui.tui.writing_room.screen import WritingRoom
    from rnntui.tui.writing_room.time_machine import TimeMachine

    return {
        "All runs (`rnntui` alone)": HomeScreen,
        "Training (`rnntui train`, `rnntui resume RUN`)": Laboratory,
        "The writing room (`rnntui write RUN`, `W` while training)": WritingRoom,
        "The time machine (`T` in the writing room or while training)": TimeMachine,
        "Runs over each other (`rnntui compare RUN`)": CompareScreen,
        "A sweep (`rnntui sweep`)": SweepScreen,
        "The gate studio (`rnntui gate`)": GateScreen,
    }


def of_screen(screen: type[MainScreen]) -> list[KeyAction]:
    """The actions that a screen has, its widgets' and those of all screens among them."""
    return [action for owner in (screen, *screen.KEYS_OF, MainScreen, Application) for action in _of(owner)]


def _of(owner: type) -> Iterator[KeyAction]:
    for binding in vars(owner).get("BINDINGS", ()):
        if isinstance(binding, Binding) and binding.id:
            yield KeyAction(binding.id, tuple(binding.key.split(",")), owner, binding.tooltip)


def own_keys() -> dict[str, str]:
    """The keys that the user gives to actions, by their names. Raises `ValueError` as `check_keys`."""
    return check_keys(user_config.values_of(TABLE))


def check_keys(given: Mapping[str, Placed]) -> dict[str, str]:
    """The keys as Textual calls them, by action.

    Raises `ValueError`, naming the place, for an action or a key that there is not, for a letter or sign in a line
    where one types, and for a key that another action of the same screen has.
    """
    if not given:
        return {}
    every = {name: of_screen(screen) for name, screen in screens().items()}
    known = {action.name for actions in every.values() for action in actions}
    changed = {name: _key(name, *placed, known) for name, placed in given.items()}
    for where, actions in every.items():
        for action in actions:
            if action.name in changed:
                _check_not_typed(action, changed[action.name], given[action.name][1])
                _check_free(action, changed, actions, given[action.name][1], where.partition(" (")[0])
    return changed


def _key(name: str, key: Any, place: str, known: set[str]) -> str:
    if name not in known:
        raise ValueError(f"{place}: there is no action {name!r}{nearest(name, known)}: docs/keys.md lists them")
    if not isinstance(key, str) or not key:
        raise ValueError(f'{place}: the key of {name} must be one key in quotes, such as "p", not {_in_words(key)}')
    *modifiers, last = (key,) if len(key) == 1 else key.split("+")
    if len(last) == 1 and "shift" in modifiers:
        raise ValueError(f'{place}: {key!r} is no key: name the letter or sign that is typed so, such as "A" or "?"')
    last = last.lower() if modifiers and len(last) == 1 else last
    last = _character_to_key(last) if len(last) == 1 else last
    names = {each.value for each in KeyNames} | {f"f{k}" for k in range(1, 25)}
    is_sign = len(_plain(last)) == 1 and _plain(last).isprintable() and not unicodedata.combining(_plain(last))
    if any(each not in MODIFIERS for each in modifiers) or not (is_sign or last in names):
        raise ValueError(f"{place}: {key!r} is no key: a letter or sign, or such as f2, ctrl+t, pageup, delete")
    named = "+".join([*modifiers, last])
    return SENT_ALIKE.get(named, named)


def _in_words(value: object) -> str:
    """What stands in a TOML file where no key does."""
    if isinstance(value, bool):
        return f"{value}".lower()
    kinds: dict[type, str] = {list: "a list of them", dict: "a table", str: "an empty text"}
    return kinds.get(type(value), str(value))


def _plain(key: str) -> str:
    """The character of a key that Textual names in words, such as `slash`."""
    if len(key) == 1:
        return key
    name = REPLACED_KEYS.get(key, key).replace("_", " ").upper()
    for known in (name, name.replace(" ", "-")):  # as HYPHEN-MINUS has it
        with suppress(KeyError):
            return unicodedata.lookup(known)
    return key


def _check_not_typed(action: KeyAction, key: str, place: str) -> None:
    if issubclass(action.owner, LineInput) and len(_plain(key)) == 1:
        raise ValueError(f"{place}: {key!r} would be typed into the line: {action.name} needs one such as f2, ctrl+t")


def _check_free(
    action: KeyAction, changed: Mapping[str, str], others: list[KeyAction], place: str, screen: str
) -> None:
    key = changed[action.name]
    for other in others:
        keys = _keys_now(other, changed)
        shares = set(other.keys) & set(action.keys)  # the same key by turns, as to enlarge a pane and to bring it back
        if other.name != action.name and not shares and key in keys:
            raise ValueError(f"{place}: {key!r} is the key of {other.name} already ({screen}: {other.words.lower()})")


def _keys_now(action: KeyAction, changed: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of an action once its first is changed; what is the same key without shift goes with that."""
    if action.name not in changed:
        return action.keys
    others = (key for key in action.keys[1:] if key not in ALIASES)
    return tuple(dict.fromkeys((changed[action.name], *others)))


def keymap(changed: Mapping[str, str]) -> dict[str, str]:
    """What Textual is told, which takes a key from all that share it where one of them changes."""
    if not changed:
        return {}
    every = {action for screen in screens().values() for action in of_screen(screen)}
    taken = {(action.owner, key) for action in every if action.name in changed for key in action.keys}
    return {
        action.name: ",".join(_keys_now(action, changed))
        for action in every
        if action.name in changed or any((action.owner, key) in taken for key in action.keys)
    }
