"""What the form of a new run shows first is the finished layout: nothing of it moves afterwards."""

import pytest
from textual.screen import Screen
from tiny import palindrome

from rnntui.runs import folder
from rnntui.sessions.forecast import Forecast
from rnntui.tui.base.themes import ThemedApp
from rnntui.tui.training.form import NewRunForm
from rnntui.tui.training.form_summary import FormSummary

SIZES = {(200, 60): 4, (120, 36): 3, (80, 24): 2}  # and columns of fields


class Frames(ThemedApp[None]):
    """Keeps what it drew of a form."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[list[str]] = []

    def _display(self, screen: Screen[object], renderable: object) -> None:
        if isinstance(screen, NewRunForm) and screen.size.height:
            self.drawn.append([strip.text for strip in screen._compositor.render_strips(screen.size)])
        super()._display(screen, renderable)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_first_frame_is_the_finished_layout(size: tuple[int, int]) -> None:
    app = Frames()
    async with app.run_test(size=size) as pilot:
        form = NewRunForm(palindrome(cell="lstm", hidden=128), folder())
        await app.push_screen(form)
        for _ in range(20):
            await pilot.pause(0.05)
        first, last = app.drawn[0], app.drawn[-1]
    said = "\n".join(first)
    assert "name: What the run is called" in said
    assert "• length" in said
    assert "  period" not in said
    assert "settings changed (•) · 72,458 parameters" in said
    (top,) = (line for line in first if " task " in line)
    assert sum(word in top for word in (" task ", " preset ", " name ", " from ")) == SIZES[size]
    assert without_thumb(first[:-1]) == without_thumb(last[:-1])


def without_thumb(lines: list[str]) -> list[str]:
    """Lines without the end of the scrollbar's thumb, an eighth of a row, which Textual draws a frame later."""
    return [line.translate({ord(eighth): " " for eighth in "▁▂▃▄▅▆▇"}) for line in lines]


async def test_the_time_is_said_first_on_the_narrowest_screen() -> None:
    settings = palindrome()
    summary = FormSummary(folder(), 5, settings, 54)
    assert str(summary.content) == "5 settings changed (•) · 698 parameters"
    summary.on_form_summary_worked_out(FormSummary.WorkedOut(settings, 1_234_567, Forecast(480.0, "like")))
    assert str(summary.content) == "about 8 min here · 5 settings changed (•)"
