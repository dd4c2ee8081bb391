"""Titles of pages in the room there is: the name gives way in its middle, the rest by whole parts.

`anna · step 20,000, averaged weights · adapting · temp 0.5`
"""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from rnntui.text.ellipsis import elided

GAP = " · "
TOLD_LAST = ("step ", "steps ", "temp ")  # what parts begin with that are left out after all others
AVERAGED = ", averaged weights", ", averaged", " avg"  # in fewer and fewer words
LEAST_NAME = 8  # cells that a longer name keeps


def fitted(titles: Sequence[str], room: int) -> tuple[tuple[str, ...], list[str]]:
    """Titles in the room there is: where one would be cut, what all have in common is taken out and told apart."""
    if max(map(cell_len, titles)) > room:
        titles = [title.replace(*AVERAGED[:2]) for title in titles]
    parts = [title.split(GAP) for title in titles]
    if max(map(cell_len, titles)) <= room or len({len(its) for its in parts}) > 1 or len(set(titles)) == 1:
        return (), [within(title, room) for title in titles]
    columns = list(zip(*parts, strict=True))
    in_common = tuple(column[0] for column in columns if len(set(column)) == 1)
    own = [GAP.join(part for part in its if part not in in_common) for its in parts]
    return in_common, [within(title, room) for title in own]


def within(title: str, room: int, least: int = LEAST_NAME) -> str:
    """A title in so many cells at most; the name keeps `least` of them as long as anything else can be left out."""
    first, *others = title.split(GAP)
    name, parts = ("", [first, *others]) if first.startswith(TOLD_LAST) else (first, others)
    for left in _shorter(parts):
        behind = GAP.join(["", *left]) if name else GAP.join(left)
        cells = room - cell_len(behind)
        if cells >= min(cell_len(name), least) and (name or left):
            return elided(name, cells) + behind
    return elided(first, room)


def _shorter(parts: Sequence[str]) -> Iterator[list[str]]:
    """The parts in fewer and fewer words, and then fewer and fewer of them."""
    yield [*parts]
    for fewer in AVERAGED[1:]:
        yield [part.replace(AVERAGED[0], fewer).replace(AVERAGED[1], fewer) for part in parts]
    bare = [part.replace(AVERAGED[0], "").replace(AVERAGED[1], "") for part in parts]
    yield bare
    others = [part for part in bare if not part.startswith(TOLD_LAST)]
    for part in reversed(others):
        bare = [each for each in bare if each != part]
        yield bare
    while bare:
        bare = bare[:-1]
        yield bare
