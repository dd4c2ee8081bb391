"""The line of a dialog in which an answer is typed."""

from typing import ClassVar

from textual.binding import BindingType

from rnntui.tui.base.grammar import bound
from rnntui.tui.base.line import LineInput


class AnswerInput(LineInput):
    """Enter takes the answer, and the footer says so."""

    BINDINGS: ClassVar[list[BindingType]] = [bound("answer", "do", "submit", "accept", "Take this answer", show=True)]
