"""What the keys of the writing room do to its pages: stop, go back, edit, draw otherwise, take along."""

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from rnntui.runs.networks import Adaptation
from rnntui.runs.writers import TEMPERATURES, Sampling
from rnntui.text.sanitize import shown_text
from rnntui.tui.base.main_screen import MainScreen
from rnntui.tui.dialogs.ask_text import AskText
from rnntui.tui.dialogs.edit_text import EditText
from rnntui.tui.writing_room import questions
from rnntui.tui.writing_room.page import Page
from rnntui.tui.writing_room.pages import Pages
from rnntui.tui.writing_room.questions import Question, Value
from rnntui.tui.writing_room.saving import free_name, save_as
from rnntui.tui.writing_room.sources import NetworkSource
from rnntui.tui.writing_room.writing_thread import PACES, WritingThread

TO_FILL = PACES[1]  # characters a second at which a page that is to be filled begins


class WritingCommands(MainScreen):
    """A screen on networks that write; without a `length` they write as many characters as a page shows."""

    def __init__(
        self,
        sources: Sequence[NetworkSource],
        samplings: Sequence[Sampling],
        length: int | None,
        adaptation: Adaptation | None,
    ) -> None:
        super().__init__()
        self.writing_thread = WritingThread(sources, samplings)
        self._sources, self._length = list(sources), length
        if length is None:
            self.writing_thread.pace = TO_FILL
        self._adaptation = adaptation or Adaptation()
        if adaptation is not None:
            self.writing_thread.adapt(adaptation)
        self._prompt: str | None = None  # what the pages go on from

    @abstractmethod
    def say_heading(self) -> None:
        """Say how the pages are written; called when that changes."""

    @property
    def pages(self) -> Pages:
        """The pages, side by side."""
        return self.query_one(Pages)

    @property
    def page(self) -> Page:
        """The selected page, as it is now."""
        return self.writing_thread.pages[self.pages.selected]

    # --- writing ----------------------------------------------------------------------------------------------------

    def begin(self, prompt: str) -> None:
        """Let every page go on from a prompt."""
        self._prompt = prompt
        self.writing_thread.begin(prompt)

    def action_stop_or_go(self) -> None:
        if self.writing_thread.is_writing:
            self.writing_thread.halt()
        elif self._prompt is None:
            self.begin("")
        else:
            self.writing_thread.go_on()

    def action_cut_here(self) -> None:
        self._at_cursor(self.writing_thread.cut)

    def action_go_on_here(self) -> None:
        self._at_cursor(self.writing_thread.go_on_from)

    def _at_cursor(self, deed: Callable[[int, int, int], None]) -> None:
        k = self.pages.selected
        view = self.pages.views[k]
        if view.cursor is None:
            self.notify("first move the cursor into the text, with the arrow keys or a click", timeout=3)
        else:
            deed(k, view.cursor, view.page.edition)  # of the text that one saw the cursor in
            view.cursor = None

    def action_edit(self) -> None:
        k, page = self.pages.selected, self.page
        self.writing_thread.halt()

        def take(text: str | None) -> None:
            if text is not None and text != page.text:
                self.writing_thread.edit(k, text)

        self.ask(EditText(f"edit {page.title}", page.text), take)

    def action_reseed(self, difference: int) -> None:
        self.writing_thread.seed = max(0, self.writing_thread.seed + difference)
        self.say_heading()
        self.begin(self._prompt or "")

    def action_renew(self) -> None:
        self.writing_thread.renew()
        self.begin(self._prompt or "")

    def action_adapt(self) -> None:
        adapts = self.writing_thread.adaptation is None
        self.writing_thread.adapt(self._adaptation if adapts else None)
        self.say_heading()

    def action_next_pace(self) -> None:
        self.writing_thread.pace = PACES[(PACES.index(self.writing_thread.pace) + 1) % len(PACES)]
        self.say_heading()

    # --- how it is drawn --------------------------------------------------------------------------------------------

    def _set(self, **what: Any) -> None:
        """Change the sampling from the next character on, on all pages if they agree, else on the selected one."""
        samplings, k = self.writing_thread.samplings, self.pages.selected
        sampling = replace(samplings[k], **what)
        for number in range(len(samplings)) if len(set(samplings)) == 1 else [k]:
            self.writing_thread.sample(number, sampling)

    @property
    def sampling(self) -> Sampling:
        """How the selected page is drawn."""
        return self.writing_thread.samplings[self.pages.selected]

    def action_next_temperature(self) -> None:
        warmer = [t for t in TEMPERATURES if t > self.sampling.temperature + 1e-9]
        self._set(temperature=warmer[0] if warmer else TEMPERATURES[0])

    def action_warmer(self, difference: float) -> None:
        if math.isfinite(self.sampling.temperature):
            self._set(temperature=max(0.0, round(self.sampling.temperature + difference, 2)))

    def action_ask_sampling(self, name: str) -> None:
        self.ask_question(questions.of_sampling(name, self.sampling), lambda value: self._set(**{name: value}))

    def action_ask_stop(self) -> None:
        def take(stop_at: str) -> None:
            self.writing_thread.stop_at = stop_at

        self.ask_question(questions.of_stop(self.writing_thread.stop_at), take)

    def action_ask_length(self) -> None:
        def take(length: int) -> None:
            self._length = self.writing_thread.length = length

        self.ask_question(questions.of_length(self.writing_thread.length), take)

    def ask_question(self, question: Question[Value], take: Callable[[Value], None]) -> None:
        """Ask over the screen; `take` gets the value that the answer is read as."""

        def answered(text: str | None) -> None:
            if text is not None:
                take(question.read(text))
                self.say_heading()

        self.ask(AskText(question.words, question.known, question.read, newline="\\n"), answered)

    def action_time_machine(self) -> None:
        from rnntui.tui.writing_room.time_machine import TimeMachine

        run, writing_thread = self._sources[self.pages.selected].run, self.writing_thread
        writing_thread.halt()
        machine = TimeMachine(
            run, self.sampling, self._prompt or "", writing_thread.seed, self._length, writing_thread.library
        )
        self.ask(machine, lambda _: writing_thread.go_on(more=False))

    # --- taking it along --------------------------------------------------------------------------------------------

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self.page.text)
        self.notify(f"copied: {len(self.page.text):,} characters, if the terminal allows it", timeout=3)

    def action_save(self) -> None:
        text = self.page.text

        def saved(name: str | None) -> None:
            if name is not None:
                self.notify(f"saved: {shown_text(name)}, {len(text):,} characters")

        name = free_name(self.page.title, self.writing_thread.seed)
        self.ask(AskText("save the text as", name, lambda name: save_as(name, text)), saved)
