"""The keys of a screen as people read them: `docs/keys.md` is made from the bindings.

Footer, help and command palette show the same bindings, so that nothing of a key is said twice.
"""

from collections.abc import Iterable, Iterator

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import format_key

from rnntui.tui.base.grammar import BoundKey

NAMES = {"pageup": "PgUp", "pagedown": "PgDn", "escape": "Esc", "space": "space", "enter": "Enter"}
STAND_INS = ("say_no_text",)  # actions that answer for another one, where that is not to be had
ALIASES = ("equals_sign",)  # a key that is the same one without shift


def table(owners: Iterable[type], *, with_names: bool = False) -> str:
    """A table in Markdown: a row for all keys of one explanation, in the order of the classes and their bindings.

    `with_names` has the names of the actions in a column.
    """
    rows: dict[str, tuple[list[str], list[str]]] = {}
    for owner in owners:
        for binding in bindings(owner):
            keys, names = rows.setdefault(binding.tooltip, ([], []))
            keys.extend(shown(binding.key))
            names.append(binding.id or "")
    heads = ["key", "what it does", *(["action"] if with_names else [])]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for words, (keys, names) in rows.items():
        cells = [" ".join(f"`{key}`" for key in dict.fromkeys(keys)), words]
        cells += [" ".join(f"`{name}`" for name in dict.fromkeys(names))] if with_names else []
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def bindings(owner: type) -> Iterator[Binding]:
    """The bindings with a tooltip that a class itself declares."""
    for binding in vars(owner).get("BINDINGS", ()):
        if isinstance(binding, Binding) and binding.tooltip and binding.action not in STAND_INS:
            yield binding


def declared(node: DOMNode) -> dict[str, BoundKey]:
    """The bindings of a node's classes by their names, as they are written there, in their order."""
    owners = reversed(type(node).__mro__)
    every = (binding for owner in owners for binding in vars(owner).get("BINDINGS", ()))
    return {binding.id: binding for binding in every if isinstance(binding, BoundKey) and binding.id}


def shown(keys: str) -> list[str]:
    """`ctrl+z` is `Ctrl+Z`, `slash` is `/`: the keys of a binding as they are printed on a keyboard."""
    return [_shown(key) for key in keys.split(",") if key not in ALIASES]


def _shown(key: str) -> str:
    *modifiers, last = key.split("+")
    name = NAMES.get(last) or format_key(last)
    name = name.capitalize() if len(name) > 1 and name not in NAMES.values() else name
    return "+".join(
        [*(modifier.capitalize() for modifier in modifiers), name.upper() if modifiers and len(name) == 1 else name]
    )
