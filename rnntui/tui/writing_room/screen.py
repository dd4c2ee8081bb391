"""The writing room: networks continue one prompt side by side; one can inspect each character, go back to it and edit.

The networks are the writing thread's; the screen reads its pages and sends it commands.
"""

import math
import time
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.events import DescendantFocus, Resize
from textual.widgets import Input

from rnntui.probes import UnitName, UnitRanking
from rnntui.runs.networks import Adaptation
from rnntui.runs.writers import Sampling
from rnntui.tui.base.footer import Keys
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.labels import Caption, quoted
from rnntui.tui.base.main_screen import TooSmall
from rnntui.tui.base.styles import styles_of
from rnntui.tui.writing_room.about import ABOUT
from rnntui.tui.writing_room.alternatives import Alternatives
from rnntui.tui.writing_room.choose_unit import ChooseUnit
from rnntui.tui.writing_room.figures_table import FiguresTable
from rnntui.tui.writing_room.heading import WritingHeading
from rnntui.tui.writing_room.page_shades import Shading
from rnntui.tui.writing_room.page_view import PageView
from rnntui.tui.writing_room.pages import Pages
from rnntui.tui.writing_room.prompt_line import PromptLine
from rnntui.tui.writing_room.prompts import Prompts
from rnntui.tui.writing_room.shade_scale import Scale, scale_of
from rnntui.tui.writing_room.sources import NetworkSource, Training
from rnntui.tui.writing_room.writing_commands import WritingCommands

TICK_SECONDS = 0.1
TYPING_SECONDS, MOST_LEFT_OUT = 0.3, 4  # so long, and for so many ticks at most, pages wait for the prompt line
SHADINGS: tuple[Shading, ...] = ("none", "surprisal", "probability", "memory", "unit")
HIGH, HIGHEST, WIDE = 32, 45, 110  # rows and columns from which on there is room for alternatives and figures


_key = partial(bound, "writing-room")


class WritingRoom(WritingCommands):
    """Opened with networks, how each draws, and a prompt that is written at once unless it is empty. `unit` is one that
    pages can be shaded by from the beginning. Without a `length` as many characters are written as a page shows.

    `is_guest` where another screen lies beneath, to which Esc leads back.
    """

    DEFAULT_CSS = styles_of(__file__)
    ABOUT = ABOUT
    SHOWS = "the pages"
    KEYS_OF = (PromptLine, PageView)
    BINDINGS: ClassVar[list[BindingType]] = [
        # Before all others, so that no letter of a prompt typed fast is still taken for a command.
        _key("type", "type_prompt", "prompt", "Type a prompt", show=True, priority=True),
        _key("go", "stop_or_go", "stop/go", "Stop or continue writing", show=True),
        _key("leave", "leave", "back", "Back to the curves", show=True),
        _key("help", "help", "help", "List the keys of this screen; typing finds one, Enter runs it", show=True),
        _key("quit", "app.quit", "quit", "Quit", show=True),
        _key("edit", "edit", "edit", "Edit the selected text and continue from the edit", show=True),
        _key("shade", "next_shading", "shading", "Shade by surprisal, probability, memory, or not at all", show=True),
        _key(
            "reading", "ask_unit", "unit", "Rank the units on this page, and shade by one: blue below 0, orange above"
        ),
        _key(
            "time machine",
            "time_machine",
            "time machine",
            "Open the time machine: the selected run through its training",
            show=True,
        ),
        _key("fresh", "renew", "fresh weights", "Update to the current weights of the networks in training", show=True),
        _key("adapt", "adapt", "adapt", "Let the networks go on learning from their pages, or stop that", show=True),
        _key("temperature", "next_temperature", "temperature", "Next temperature: 0, 0.5, 1, 2", show=True),
        _key("more", "warmer(0.1)", "warmer", "Raise the temperature by 0.1"),
        _key("less", "warmer(-0.1)", "cooler", "Lower the temperature by 0.1"),
        _key("exact", "ask_sampling('temperature')", "type temperature", "Type a temperature, or inf"),
        _key("next seed", "reseed(1)", "next seed", "Write again with the next seed", show=True),
        _key("seed before", "reseed(-1)", "seed before", "Write again with the previous seed"),
        _key("top k", "ask_sampling('top_k')", "top-k", "Sample from the k most likely only"),
        _key("top p", "ask_sampling('top_p')", "top-p", "Sample from the most likely up to this total probability"),
        _key("break off", "ask_stop", "stop at", "Text at which writing stops"),
        _key("length", "ask_length", "length", "How many characters to write"),
        _key("pace", "next_pace", "pace", "Writing speed: to read along, faster, or at once"),
        _key("do", "go_on_here", "from here", "Go back to the cursor and continue from there"),
        _key("cut", "cut_here", "go back", "Go back to the cursor; the text after it is deleted"),
        _key("copy", "copy", "copy", "Copy the selected text"),
        _key("save", "save", "save", "Save the selected text to a file"),
    ]
    AUTO_FOCUS = "PageView"

    def __init__(
        self,
        sources: Sequence[NetworkSource],
        samplings: Sequence[Sampling],
        prompts: Prompts,
        *,
        prompt: str = "",
        length: int | None = None,
        seed: int = 0,
        stop_at: str = "",
        adaptation: Adaptation | None = None,
        is_guest: bool = False,
        unit: UnitName | None = None,
    ) -> None:
        super().__init__(sources, samplings, length, adaptation)
        self.writing_thread.seed, self.writing_thread.stop_at = seed, stop_at
        self._prompts, self._first = prompts, prompt
        self._is_guest = is_guest
        self._typed_at, self._left_out = 0.0, 0  # when the prompt line changed; ticks that drew nothing since
        self._shading = SHADINGS.index("surprisal")
        self._unit = unit  # that one may shade by

    def compose(self) -> ComposeResult:
        yield WritingHeading()
        yield Pages(len(self._sources))
        yield FiguresTable()
        yield Alternatives()
        with Horizontal(id="prompt-line"):
            yield Caption(">")
            yield PromptLine(self._prompts)
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self._shade()
        self.say_heading()
        self.pages.select(self.pages.views[0])
        self.set_interval(TICK_SECONDS, self.tick)
        self.call_after_refresh(self._start)
        for source in self._sources:
            for note in source.notes:
                self.notify(note, timeout=8)
        if not self._first:
            self.query_one(PromptLine).focus()

    def _start(self) -> None:
        """Start the writing thread, now that the first frame is on the screen."""
        self.writing_thread.length = self.pages.filling(self._first) if self._length is None else self._length
        self.say_heading()
        self.writing_thread.start()
        if self._first:
            self.begin(self._first)

    def on_unmount(self) -> None:
        self.writing_thread.stop()

    # --- what is shown ----------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Read the writing thread's pages and draw what changed; typing goes first."""
        if time.monotonic() - self._typed_at < TYPING_SECONDS and self._left_out < MOST_LEFT_OUT:
            self._left_out += 1
            return
        self._left_out = 0
        if self.pages.show(self.writing_thread.pages) or self.query_one(WritingHeading).scale != self._scale:
            self.say_heading()
        self.query_one(FiguresTable).show(self.writing_thread.pages)
        self.query_one(Alternatives).show(self.writing_thread.glance, self.page)

    @on(Input.Changed, "#prompt")
    def note_typing(self) -> None:
        self._typed_at = time.monotonic()

    def _shade(self) -> None:
        shading = SHADINGS[self._shading]
        self.writing_thread.look_at(self._unit if shading == "unit" else None)
        for view in self.pages.views:
            view.shading = shading

    def say_heading(self) -> None:
        writing_thread = self.writing_thread
        pace = "at once" if math.isinf(writing_thread.pace) else f"{writing_thread.pace:g} a second"
        parts = [
            "rnntui write",
            *(["adapting"] if writing_thread.adaptation is not None else []),
            *self.pages.in_common,
            f"seed {writing_thread.seed}",
            f"{writing_thread.length:,} characters",
            pace,
        ]
        parts += [f"stops at {quoted(writing_thread.stop_at)}"] if writing_thread.stop_at else []
        self.query_one(WritingHeading).say(parts, self._scale, self.size.width)

    @property
    def _scale(self) -> Scale:
        """The scale of the shades; of a unit that of the selected page."""
        return scale_of(SHADINGS[self._shading], self._unit, self.page.states)

    def on_resize(self, event: Resize) -> None:
        columns, rows = event.size
        self.set_class(rows < HIGH, "low")
        self.set_class(rows >= HIGHEST, "high")
        self.pages.has_figures = rows < HIGH or columns < WIDE
        self.query_one(FiguresTable).display = not self.pages.has_figures
        self.say_heading()

    # --- prompts ----------------------------------------------------------------------------------------------------

    @on(Input.Submitted, "#prompt")
    def take_prompt(self, event: Input.Submitted) -> None:
        if event.value:
            self._prompts.add(event.value)
        self.begin(event.value)
        event.input.clear()
        self.set_focus(self.pages.views[self.pages.selected])

    def action_type_prompt(self) -> None:
        self.set_focus(self.query_one(PromptLine))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.is_closed:
            return False
        if action == "type_prompt":
            return not isinstance(self.focused, Input)
        if action == "leave":
            return self._is_guest or isinstance(self.focused, Input)
        if action == "adapt":
            return any(source.can_adapt for source in self._sources)
        if action == "renew":
            return any(isinstance(source, Training) for source in self._sources)
        return True

    def action_leave(self) -> None:
        if isinstance(self.focused, Input):
            self.query_one(PromptLine).clear()
            self.set_focus(self.pages.views[self.pages.selected])
        elif self._is_guest:
            self.close()

    def action_next_shading(self) -> None:
        shadings = len(SHADINGS) - (self._unit is None)
        self._shading = (self._shading + 1) % shadings
        self._shade()
        self.say_heading()

    def action_ask_unit(self) -> None:
        def take(unit: UnitName | None) -> None:
            self.writing_thread.forget_ranking()
            if unit is not None:
                self._unit, self._shading = unit, SHADINGS.index("unit")
                self._shade()
                self.say_heading()

        self.writing_thread.rank_units(self.pages.selected)
        self.ask(ChooseUnit(self._unit, self._ranking), take)

    def _ranking(self) -> UnitRanking | str:
        """What the units of the selected page follow, or what that waits for, in words."""
        if self.writing_thread.error is not None:
            return UnitRanking(problem=self.page.sentence)
        told = self.writing_thread.ranking
        if isinstance(told, UnitRanking):
            return told
        if self.page.phase == "loading":
            return f"{self.page.sentence} …"
        return f"reading the page, {told:.0%}" if self.page.measuring is None else "measuring before it adapts …"

    # --- looking ----------------------------------------------------------------------------------------------------

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        if isinstance(event.widget, PageView):
            self.pages.select(event.widget)
            self.writing_thread.watch(self.pages.selected, event.widget.cursor)

    def on_page_view_moved(self, message: PageView.Moved) -> None:
        self.writing_thread.watch(self.pages.views.index(message.view), message.position)
