"""Names and paths that are longer than their room: both ends stay, for the end is what tells them apart."""

from collections.abc import Iterable

from rich.cells import cell_len

ELLIPSIS = "…"


def elided(text: str, cells: int, end: float = 0.5) -> str:
    """The text in so many cells of a terminal at most, `…` where it is longer, `end` being the share behind that."""
    if cell_len(text) <= cells:
        return text
    room = max(0, cells - 1)
    clusters = _clusters(text)
    after = _taken(reversed(clusters), int(room * end))
    before = _taken(clusters, room - sum(map(cell_len, after)))
    return "".join([*before, ELLIPSIS, *reversed(after)]) if cells > 0 else ""


def _clusters(text: str) -> list[str]:
    """Its characters, each with the marks that stand on it."""
    clusters: list[str] = []
    for character in text:
        if clusters and not cell_len(character):
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters


def _taken(clusters: Iterable[str], cells: int) -> list[str]:
    """As many from the beginning as there is room for."""
    taken: list[str] = []
    for cluster in clusters:
        cells -= cell_len(cluster)
        if cells < 0:
            break
        taken.append(cluster)
    return taken
