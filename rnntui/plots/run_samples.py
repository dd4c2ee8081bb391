"""What a network wrote while it trained, for print: one sample below the other, each with its step and temperature."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rnntui.plots import GREY, panels
from rnntui.plots.paper import Paper, printed
from rnntui.text.in_columns import in_columns

SIZE = 6.5  # points of a character
CHARACTER, LINE = 0.602 * SIZE * 2.54 / 72, 1.4 * SIZE * 2.54 / 72  # cm: what one takes across and down
MARGIN, GAP, BETWEEN = 0.15, 0.35, 0.1  # cm around all, before the text, between samples
MOST_LINES = 4  # of a sample
BLANK = "␣"  # for one that stands at a beginning or an end, where nobody would see it


@dataclass(frozen=True)
class PrintedSample:
    """A sample, the step it was written at and the temperature it was drawn with, in words."""

    step: str
    temperature: str
    text: str


def draw_samples(file: Path, paper: Paper, samples: Sequence[PrintedSample]) -> None:
    """The samples from the first to the newest."""
    warmths = {sample.temperature for sample in samples}
    labels = [("step", "temp." if len(warmths) > 1 else "")]
    labels += [(sample.step, sample.temperature if len(warmths) > 1 else "") for sample in samples]
    heading = f"temperature {next(iter(warmths))}" if len(warmths) == 1 and warmths != {""} else ""
    steps, temperatures = (max(map(len, column)) * CHARACTER for column in zip(*labels, strict=True))
    begin = MARGIN + steps + GAP + (temperatures + GAP if temperatures else 0.0)
    across = max(8, int((paper.width - MARGIN - begin) / CHARACTER))
    wrapped = [list(wrap(sample.text, across)) for sample in samples]
    height = 2 * MARGIN + LINE + sum(LINE * len(lines) + BETWEEN for lines in wrapped)
    with printed(file, paper, [height]) as figure:
        panels(figure)[0].set_axis_off()

        def put(x: float, y: float, words: str, shade: str = "black", align: str = "left") -> None:
            figure.text(
                x / paper.width, 1 - y / height, words, family="monospace", size=SIZE, color=shade, va="top", ha=align
            )

        y, first = MARGIN, [heading]
        for (step, temperature), lines in zip(labels, [first, *wrapped], strict=True):
            put(MARGIN + steps, y, step, GREY, "right")
            put(begin - GAP, y, temperature, GREY, "right")
            for number, line in enumerate(lines):
                put(begin, y + number * LINE, line, GREY if lines is first else "black")
            y += LINE * len(lines) + BETWEEN


def wrap(text: str, across: int) -> Iterator[str]:
    """The text on lines of so many columns, a few of them; what ends there is marked by an ellipsis."""
    blanks = len(text) - len(text.lstrip(" ")), len(text) - len(text.rstrip(" "))
    seen = BLANK * blanks[0] + text.strip(" ") + BLANK * (blanks[1] if blanks[0] < len(text) else 0)
    lines, line, used = [], "", 0
    for written, width in in_columns(seen):
        if used + width > across:
            lines.append(line)
            line, used = "", 0
        line, used = line + written, used + width
    lines.append(line)
    yield from lines[: MOST_LINES - 1]
    if len(lines) >= MOST_LINES:
        yield lines[MOST_LINES - 1] if len(lines) == MOST_LINES else f"{lines[MOST_LINES - 1][:-1]}…"
