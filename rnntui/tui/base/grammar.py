"""What each key means, on whatever screen: the one table from which every binding takes its key.

A binding names a meaning, never a key, so that no key can come to mean two things on two screens. Footer, help, command
palette and `docs/keys.md` show the bindings; the columns of the help are those of this table.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from textual.binding import Binding

Column = Literal["Run", "Look", "Views", "Network", "Text", "Move", "Program"]


@dataclass(frozen=True)
class Meaning:
    """What keys mean; `keys` as Textual names them, with commas between those that mean the same."""

    keys: str
    words: str
    column: Column


@dataclass(frozen=True)
class BoundKey(Binding):
    """A binding whose keys are those of its meanings."""

    column: Column = "Look"  # of the help
    means: tuple[str, ...] = ()  # names in `GRAMMAR`


MOVES = {
    "up": ("up", "what is above"),
    "down": ("down", "what is below"),
    "left": ("left", "what is to the left, earlier or less"),
    "right": ("right", "what is to the right, later or more"),
    "a little left": ("shift+left", "a tenth of a step to the left"),
    "a little right": ("shift+right", "a tenth of a step to the right"),
    "home": ("home", "the first in the row"),
    "end": ("end", "the last in the row"),
    "page up": ("pageup", "a page up"),
    "page down": ("pagedown", "a page down"),
    "first": ("ctrl+home", "the first of all"),
    "last": ("ctrl+end", "the last of all"),
    "earlier": ("comma", "an earlier time"),
    "later": ("full_stop", "a later time"),
    "do": ("enter", "do it: open, send or take what is selected"),
    "leave": ("escape", "leave what is open: a line, a readout, a dialog, a screen on top of another"),
}

GRAMMAR = MappingProxyType(
    {
        "go": Meaning("space", "stop what goes on, or let it go on", "Run"),
        "rate": Meaning("l", "the learning rate", "Run"),
        "clip": Meaning("C", "the gradient clip", "Run"),
        "back to": Meaning("b", "back to a checkpoint", "Run"),
        "save": Meaning("s", "save", "Run"),
        "detach": Meaning("d", "leave, and let it go on", "Run"),
        "new": Meaning("n", "a new run", "Run"),
        "resume": Meaning("R", "resume what trains no more", "Run"),
        "end training": Meaning("Q", "end the training", "Run"),
        "delete": Meaning("delete", "delete a run", "Run"),
        "view": Meaning("g", "the next view or metric", "Look"),
        "enlarge": Meaning("m", "enlarge a pane", "Look"),
        "whole": Meaning("0", "all of it again", "Look"),
        **{
            f"number {k}": Meaning(f"{k}", "the pane or preset with that number, up to `9`", "Look")
            for k in range(1, 10)
        },
        "zoom": Meaning("z", "zoom in", "Look"),
        "zoom out": Meaning("Z", "zoom out", "Look"),
        "log": Meaning("L", "a logarithmic or a linear scale", "Look"),
        "axis": Meaning("A", "what the horizontal axis counts", "Look"),
        "less smooth": Meaning("left_square_bracket", "smooth curves less", "Look"),
        "smoother": Meaning("right_square_bracket", "smooth curves more", "Look"),
        "shade": Meaning("v", "the next shading", "Look"),
        "order": Meaning("o", "the next order", "Look"),
        "choose": Meaning("x", "choose what is selected, or choose it no more", "Look"),
        "choose none": Meaning("X", "choose nothing", "Look"),
        "compare": Meaning("c", "compare", "Look"),
        "samples": Meaning("S", "samples, shown or hidden", "Look"),
        "messages": Meaning("w", "what was said: messages, and why runs failed", "Look"),
        "reading": Meaning("r", "the text coloured by a unit's state", "Network"),
        "gate": Meaning("G", "the next gate or matrix", "Views"),
        "layer": Meaning("u", "the next layer", "Views"),
        "state": Meaning("h", "the next state: h or c", "Views"),
        "feature": Meaning("f", "a feature, typed as a regular expression", "Views"),
        "adapt": Meaning("a", "let a network learn from its page", "Network"),
        "fresh": Meaning("F", "the weights as they are now", "Network"),
        "defaults": Meaning("D", "every value as it was at first", "Network"),
        "type": Meaning("slash", "type a prompt or a filter", "Text"),
        "temperature": Meaning("t", "the next temperature", "Text"),
        "more": Meaning("plus,equals_sign", "a higher temperature", "Text"),
        "less": Meaning("minus", "a lower temperature", "Text"),
        "exact": Meaning("E", "type a value exactly", "Text"),
        "write": Meaning("W", "the writing room", "Text"),
        "time machine": Meaning("T", "the time machine", "Text"),
        "edit": Meaning("e", "edit a text", "Text"),
        "next seed": Meaning("greater_than_sign", "the next seed", "Text"),
        "seed before": Meaning("less_than_sign", "the previous seed", "Text"),
        "top k": Meaning("k", "sample from the k most likely", "Text"),
        "top p": Meaning("p", "sample from the most likely up to a total probability", "Text"),
        "length": Meaning("N", "how many characters", "Text"),
        "break off": Meaning("B", "the text at which writing breaks off", "Text"),
        "pace": Meaning("P", "how fast text is written", "Text"),
        "copy": Meaning("y", "copy a text", "Text"),
        "cut": Meaning("backspace", "remove the text behind the cursor", "Text"),
        "accept": Meaning("ctrl+s,f2", "take what was filled in", "Text"),
        **{name: Meaning(keys, words, "Move") for name, (keys, words) in MOVES.items()},
        "help": Meaning("question_mark", "the keys", "Program"),
        "about": Meaning("i,f1", "what this is: the selected run, and what is seen here", "Program"),
        "quit": Meaning("q", "quit", "Program"),
        "quit at once": Meaning("ctrl+q", "save and quit, from anywhere", "Program"),
        "copy or quit": Meaning("ctrl+c", "copy a selection, else quit", "Program"),
        "suspend": Meaning("ctrl+z", "back to the shell for a while", "Program"),
    }
)


DECLARED: dict[str, str] = {}  # the keys of every action by its name, in the program itself


def bound(
    owner: str,
    means: str | Meaning,
    action: str,
    label: str,
    words: str,
    *,
    show: bool = False,
    priority: bool = False,
    name: str = "",
    column: Column | None = None,
) -> BoundKey:
    """A binding of `owner` (its actions are called `owner.label`, or `owner.name`) for the keys of a meaning.

    `means` is a name in `GRAMMAR`, several with commas between them, or a meaning of the caller's own with free keys.
    `label` stands in the footer and the palette, `words` in the help, the palette and `docs/keys.md`; `column` is the
    help's, where it is not that of the meaning.
    """
    meanings = _named(owner, means) if isinstance(means, str) else [_free(owner, means)]
    keys = ",".join(meaning.keys for meaning in meanings)
    identity = f"{owner}.{(name or label).replace(' ', '-')}"
    DECLARED[identity] = keys
    names = tuple(means.split(",")) if isinstance(means, str) else ()
    column = column or meanings[0].column
    return BoundKey(keys, action, label, show, None, priority, words, identity, column=column, means=names)


def _named(owner: str, names: str) -> list[Meaning]:
    for name in names.split(","):
        assert name in GRAMMAR, f"{owner}: no key means {name!r}: the table is in {__name__}"
    return [GRAMMAR[name] for name in names.split(",")]


def _free(owner: str, meaning: Meaning) -> Meaning:
    for key in meaning.keys.split(","):
        for other in GRAMMAR.values():
            assert key not in other.keys.split(","), f"{owner}: the key {key!r} means {other.words} already"
    return meaning
