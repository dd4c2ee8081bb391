"""Numbers and networks as people read them, on the screen and off it. What is not known is a dash."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from rnntui.config import Settings, spec, time_steps
from rnntui.specs import BITS, LossUnit, cell_name

Part = TypeVar("Part")
DASH = "–"
MOST_LISTED = 12  # of a list that has no bound
LEAST_BITS = 0.001  # what a seed makes is more
LARGE = 1e6  # from here on a figure has no decimals to compare


def count(number: float) -> str:
    """`932`, `12.4k`, `1.2M`."""
    if not math.isfinite(number):
        return DASH
    if abs(number) >= 1e12:
        return figure(number)
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(number) >= size:
            return f"{number / (1e3 if letter == 'k' else size):.3g}{letter}"
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def counted(number: int, noun: str) -> str:
    """`1 run`, `8 runs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(words: Sequence[str], separator: str = ", ", most: int = MOST_LISTED) -> str:
    """The first words of a list, and how many more there are: `a, b, … and 388 more`."""
    if len(words) <= most:
        return separator.join(words)
    return f"{separator.join(words[:most])}{separator}… and {len(words) - most:,} more"


def decimals(number: float | None, places: int = 3) -> str:
    """A figure without a bound, to be compared with its like: `2.312`; three digits where it is very large."""
    if number is None or not math.isfinite(number):
        return DASH
    return f"{number:.{places}f}" if abs(number) < LARGE else figure(number)


def perplexity(nats: float | None) -> float | None:
    """e^loss; `None` where there is no loss, or it is so large that no number holds it."""
    if nats is None or not math.isfinite(nats):
        return None
    try:
        return math.exp(nats)
    except OverflowError:
        return None


def figure(number: float | None, *, whole: bool = False) -> str:
    """A loss, rate or norm in three digits: `0.0123`, `1.72e24`, `3.5e-5`; zeros at the end too if `whole`."""
    if number is None or not math.isfinite(number):
        return DASH
    mantissa, power, exponent = (f"{number:#.3g}" if whole else f"{number:.3g}").partition("e")
    mantissa = mantissa.removesuffix(".")
    return f"{mantissa}e{int(exponent)}" if power else mantissa


def loss(measured: float | None, unit: LossUnit, places: int = 2) -> str:
    """A loss in its unit: bits with so many decimals, others in three digits, `1.20` too: so they compare."""
    known = None if measured is None else unit.of(measured)
    return decimals(known, places) if unit is BITS else figure(known, whole=True)


def bits_apart(bits: float) -> str:
    """How much two losses differ: `0.21 bits per character`; of next to nothing that it is less than can be told."""
    return f"{figure(bits) if bits >= LEAST_BITS else f'less than {LEAST_BITS}'} bits per character"


def share(number: float | None) -> str:
    """An accuracy: `0.975`."""
    return DASH if number is None or not math.isfinite(number) else f"{number:.3f}"


def duration(seconds: float) -> str:
    """`0.3 s`, `6 s`, `7 min`, `2.1 h`, `3.4 days`."""
    if not math.isfinite(seconds):
        return DASH
    if 0 < seconds < 0.95:
        return f"{seconds:.1g} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes, hours = seconds / 60, seconds / 3600
    if minutes < 99.5:
        return f"{minutes:.0f} min"
    if hours < 48:
        return f"{hours:.1f} h"
    days = hours / 24
    return f"{days:.1f} days" if days < 1e4 else f"{days:.3g} days"


def setting(value: Any) -> str:
    """The value of a setting: a switch is `on` or `off`, nothing is `none`."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else "none" if value in (None, "") else str(value)


def setting_read(value: Any) -> str:
    """The same where it is read and not typed again: whole numbers have separators."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else setting(value)


def memory(count: int) -> str:
    """Bytes as people read them: `412 MiB`, `1.3 GiB`."""
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"


def ago(changed: float) -> str:
    """How long ago a time in seconds since the epoch was."""
    return f"{duration(max(0.0, time.time() - changed))} ago" if changed else "?"


def fitting(figures: Iterable[str], width: int) -> str:
    """As many of the figures as fit on a line, the first ones first."""
    line = ""
    for figure in figures:
        longer = f"{line} · {figure}" if line else figure
        if len(longer) > width:
            break
        line = longer
    return line


def in_rows(parts: Iterable[Part], width: int, gap: int, cells: Callable[[Part], int]) -> list[list[Part]]:
    """Parts behind one another in rows of so many cells, `gap` of them between two; none is divided."""
    rows: list[list[Part]] = []
    used = 0
    for part in parts:
        needed = cells(part)
        if rows and used + gap + needed <= width:
            rows[-1].append(part)
            used += gap + needed
        else:
            rows.append([part])
            used = needed
    return rows


def network(settings: Settings) -> str:
    """`LSTM 128`, `LSTM 2×128`, `layer-norm LSTM 2×128`, `Phased LSTM 64`."""
    layers = f"{settings.layers}×" if settings.layers > 1 else ""
    norm = "layer-norm " if settings.layer_norm else ""
    return f"{norm}{cell_name(settings.cell)} {layers}{settings.hidden}"


def network_within(settings: Settings, width: int) -> str:
    """The same in so many characters: `LN LSTM 2×128`, else `LSTM 2×128`, which may still be too long."""
    whole = network(settings)
    brief = whole.replace("layer-norm ", "LN ")
    bare = brief.removeprefix("LN ")
    return next((form for form in (whole, brief) if len(form) <= width), bare)


def kernel(name: str, why: str) -> str:
    """`kernel compiled, AVX-512`, and behind a slow one why it is none of the fast; empty where there is none yet."""
    return f"kernel {name}{f' ({why})' if why else ''}" if name else ""


def title(settings: Settings, corpus: str) -> str:
    """`palindrome · LSTM 128 · length 20`, the title of a run's pane; `50 time steps` where each of them is several."""
    what = f"text · {corpus}" if spec(settings).has_corpus else settings.task
    steps = time_steps(settings)
    length = f"length {steps:,}" if steps == settings.length else f"{steps:,} time steps"
    return f"{what} · {network(settings)} · {length}"
