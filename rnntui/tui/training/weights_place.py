"""What the weights view shows at a time: all of a matrix and its layer, or the first or second half of it."""

from dataclasses import dataclass, replace

from rnntui.probes import NetworkWeights

LEAST_BESIDE = 24  # columns of a histogram
STACKED, STACKED_ROWS = 36, 16  # columns and rows of two histograms, one above the other
BETWEEN = 2  # columns between what stands side by side
LARGE = 10  # rows of a square from which on it need not be larger


@dataclass(frozen=True)
class WeightsPlace:
    """A recurrent matrix, or none, of a layer. Where not all of it has room at once, `is_second` is what comes after
    the spectrum and the weights: the matrix itself and the gradients.
    """

    layer: int  # its place among the layers that were measured
    letter: str = ""
    is_second: bool = False


def places(weights: NetworkWeights, *, is_whole: bool) -> list[WeightsPlace]:
    """All there is to show, layer by layer."""
    found = []
    for number, layer in enumerate(weights.layers):
        blocks = {block.letter: block for block in weights.blocks if block.layer == number + 1}
        has_gradients = any(each.name == layer.name for each in weights.gradients)
        for letter in blocks or [""]:
            place = WeightsPlace(number, letter)
            has_matrix = letter in blocks and blocks[letter].matrix is not None
            found += (
                [place] if is_whole or not (has_matrix or has_gradients) else [place, replace(place, is_second=True)]
            )
    return found


def rows_of_squares(width: int, height: int, squares: int, histograms: int) -> int:
    """Rows for a spectrum and for a matrix, as large as both histograms leave room for."""
    if not squares:
        return 0
    beside = STACKED if is_stacked(height, histograms) else histograms * LEAST_BESIDE + (histograms - 1) * BETWEEN
    return max(0, min(height - 1, (width - beside - squares * BETWEEN) // (2 * squares)))


def is_stacked(height: int, histograms: int) -> bool:
    """Whether two histograms stand one above the other."""
    return histograms > 1 and height >= STACKED_ROWS


def has_room_for_all(width: int, height: int) -> bool:
    """Whether a spectrum, a matrix and both histograms can be read side by side."""
    return rows_of_squares(width, height, 2, 2) >= max(4, min(LARGE, height - 1))
