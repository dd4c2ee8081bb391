"""Numbers and networks as people read them, on the screen and off it. What is not known is a dash."""

import math
from collections.abc import Iterable

from rnntui.config import Settings, time_steps

DASH = "–"
CELLS = {"phased": "Phased LSTM"}  # whose names are not their settings in capitals


def count(number: float) -> str:
    """`932`, `12.4k`, `1.2M`."""
    if not math.isfinite(number):
        return DASH
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(number) >= size:
            return f"{number / (1e3 if letter == 'k' else size):.3g}{letter}"
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def counted(number: int, noun: str) -> str:
    """`1 run`, `8 runs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def figure(number: float | None) -> str:
    """A loss, rate or norm in three digits."""
    return DASH if number is None or not math.isfinite(number) else f"{number:.3g}"


def share(number: float | None) -> str:
    """An accuracy: `0.975`."""
    return DASH if number is None or not math.isfinite(number) else f"{number:.3f}"


def duration(seconds: float) -> str:
    """`6 s`, `7 min`, `2.1 h`, `3.4 days`."""
    if not math.isfinite(seconds):
        return DASH
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes, hours = seconds / 60, seconds / 3600
    if minutes < 99.5:
        return f"{minutes:.0f} min"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"


def fitting(figures: Iterable[str], width: int) -> str:
    """As many of the figures as fit on a line, the first ones first."""
    line = ""
    for figure in figures:
        longer = f"{line} · {figure}" if line else figure
        if len(longer) > width:
            break
        line = longer
    return line


def network(settings: Settings) -> str:
    """`LSTM 128`, `LSTM 2×128`, `Phased LSTM 64`."""
    cell = settings.cell.rpartition(":")[2]
    cell = CELLS.get(cell, cell.upper()) if cell == settings.cell else cell
    layers = f"{settings.layers}×" if settings.layers > 1 else ""
    return f"{cell} {layers}{settings.hidden}"


def title(settings: Settings, corpus: str) -> str:
    """`palindrome · LSTM 128 · T=20`, the title of a run's pane."""
    what = f"text · {corpus}" if settings.task == "text" else settings.task
    return f"{what} · {network(settings)} · T={time_steps(settings)}"
