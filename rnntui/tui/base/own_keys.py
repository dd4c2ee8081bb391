"""How sentences name a key: the one that the user gave to its action, else the program's own.

Invariant: no sentence on a screen names a key but through here; explanations in Markdown are put into a user's keys as
a whole.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from textual.binding import ActiveBinding
from textual.dom import DOMNode
from textual.screen import Screen

from rnntui.tui.base.grammar import DECLARED
from rnntui.tui.base.keys import shown

NAMED = re.compile(r"\{([\w-]+\.[\w/-]+)\}")
_own: dict[str, str] = {}  # keys of the actions that the user changed


def use(own: Mapping[str, str]) -> None:
    """Name these keys from now on: those of an application, by its actions, as Textual calls them."""
    _own.clear()
    _own.update(own)


def key(action: str) -> str:
    """The first key of an action such as `laboratory.pause`, as it is printed on a keyboard."""
    return shown(_own.get(action) or DECLARED[action])[0]


def said(sentence: str) -> str:
    """A sentence that names keys by their actions: `{laboratory.pause} resumes it`."""
    return NAMED.sub(lambda found: key(found[1]), sentence)


def active(screen: Screen[Any]) -> list[ActiveBinding]:
    """What keys do on a screen now, in the order of the program: Textual puts those that were changed behind all."""
    found = list(screen.active_bindings.values())
    if not _own:
        return found
    nodes = {node: k for k, node in enumerate(dict.fromkeys(each.node for each in found))}
    places = {node: _places(node) for node in nodes}
    return sorted(found, key=lambda each: (nodes[each.node], places[each.node].get(each.binding.action, len(found))))


def _places(node: DOMNode) -> dict[str, int]:
    """Where each action stands among those of a node's classes."""
    bindings = [binding for _, binding in type(node)._merged_bindings or ()]
    return {binding.action: k for k, binding in reversed(list(enumerate(bindings)))}


def in_own_keys(markdown: str, actions: Iterable[str]) -> str:
    """A page that names keys of these actions as `` `v` ``, with the user's in place of the program's."""
    changed = {shown(DECLARED[action])[0]: key(action) for action in actions if action in _own}
    pieces = markdown.split("`")
    return "`".join(changed.get(piece, piece) if k % 2 else piece for k, piece in enumerate(pieces))
