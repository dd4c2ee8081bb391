"""Over how much of a course a chart smooths, and how much of it is shown: the usual values, and the next of them."""

from collections.abc import Sequence

USUAL_SMOOTHING = 0.02  # share of what is shown
SMOOTHINGS = (1.0, 0.005, 0.01, USUAL_SMOOTHING, 0.05, 0.1)  # none; shares of what is shown
ZOOMS = (1.0, 0.5, 0.2, 0.1, 1_000.0)  # shares of the course, then steps


def smoothed(smoothing: float, now: float, direction: int) -> float:
    """The next longer (1) or shorter (-1) of the usual means than a share `now` of what is shown; where there
    is none, what it is.
    """
    shares = [share % 1 for share in SMOOTHINGS]  # none is a share of 0
    further = [k for k, share in enumerate(shares) if (share - now) * direction > 1e-9]
    return SMOOTHINGS[min(further) if direction > 0 else max(further)] if further else smoothing


def zoomed(zoom: float, closer: int, zooms: Sequence[float] = ZOOMS, *, wraps: bool = True) -> float:
    """The next of `zooms` on a shorter part at the end, where `closer` is 1, or on a longer one where it is -1.

    With `wraps` everything is shown again after the shortest; nothing is longer than everything.
    """
    place = (zooms.index(zoom) if zoom in zooms else -1) + closer
    return zooms[place % len(zooms) if wraps and closer > 0 else min(max(place, 0), len(zooms) - 1)]
