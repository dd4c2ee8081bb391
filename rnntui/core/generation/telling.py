"""How far something slow has come, told to whoever called it: a screen and a command show it each in their way."""

from collections.abc import Callable
from functools import partial

Tell = Callable[[float], object]  # told the share that is done; what it raises ends the work


def silence(share: float) -> None:
    """Nobody is told."""


def of_part(tell: Tell, number: int, count: int) -> Tell:
    """Told the share of one of several equal parts, tells that of all of them."""
    return partial(_tell_part, tell, number, count)


def _tell_part(tell: Tell, number: int, count: int, share: float) -> None:
    tell((number + share) / count)
