"""How a sample or an answer is drawn: what was given and what was written, and the blanks at its ends."""

from collections.abc import Callable, Sequence

from rich.style import Style
from rich.text import Text

from rnntui.sessions.contract import Answer, TrainingSample
from rnntui.text.surprisal_scale import shade
from rnntui.tui.base.glyphs import drawn_text
from rnntui.tui.base.labels import BLANK, NEWLINE

CURSOR = "▌"


def in_colour(
    source: TrainingSample | Answer,
    revealed: int,
    style: Callable[[str], Style],
    *,
    is_growing: bool,
    shaded: Sequence[Style] = (),
) -> Text:
    """An answer, or so many characters of a sample, with a cursor behind what grows; `style` is that of a part, and
    `shaded` are those of the shades that a sample is to have.
    """
    text = Text()
    if isinstance(source, Answer):
        _append_answer(text, source, style)
        is_growing = not source.is_done
    else:
        _append_sample(text, drawn_text(source.text[:revealed]).replace("\n", NEWLINE), style)
        for k, strength in enumerate(shades_of(source)[:revealed] if shaded else ()):
            text.stylize(shaded[strength], k, k + 1)
    if is_growing:
        text.append(CURSOR, style("prompt"))
    return text


def shades_of(sample: TrainingSample) -> Sequence[int]:
    """The shade of each character by its surprisal; none where what is drawn has other characters than the sample."""
    is_drawn_alike = len(sample.bits) == len(sample.text) == len(drawn_text(sample.text))
    return [shade(bits) or 0 for bits in sample.bits] if is_drawn_alike else ()


def _append_answer(text: Text, answer: Answer, style: Callable[[str], Style]) -> None:
    """A prompt and what was written after it, with the blanks at the end of a whole answer made visible."""
    text.append(drawn_text(answer.prompt), style("prompt"))
    if answer.problem:
        text.append(f"  ({answer.problem})", style("note"))
    written = drawn_text(answer.text)
    words = written.rstrip(" ") if answer.is_done else written
    text.append(words, style("text"))
    text.append(BLANK * (len(written) - len(words)), style("label"))
    if answer.left_out:
        text.append(f"  (left out: {drawn_text(answer.left_out)})", style("note"))


def _append_sample(text: Text, sample: str, style: Callable[[str], Style]) -> None:
    """A sample, with the blanks at both ends made visible."""
    words = sample.strip(" ")
    before = len(sample) - len(sample.lstrip(" "))
    text.append(BLANK * before, style("label"))
    text.append(words, style("text"))
    text.append(BLANK * (len(sample) - before - len(words)), style("label"))
