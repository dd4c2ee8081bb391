"""The text that the network writes: samples drawn during training, each with its step, and answers to prompts."""

from itertools import takewhile
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from rnntui.sessions.contract import SAMPLES_KEPT, Answer, Session, TrainingSample
from rnntui.text import format
from rnntui.text.surprisal_scale import SHADES
from rnntui.tui.base import own_keys
from rnntui.tui.base.labels import one_line
from rnntui.tui.base.styles import styles_of
from rnntui.tui.training.course import MORE, SHADED, first_sample, label_cells, label_of
from rnntui.tui.training.long_answer import LongAnswer, WrittenEntry
from rnntui.tui.training.written_text import CURSOR, in_colour
from rnntui.tui.writing_room.shade_styles import SHADE_CLASSES, note_colours, shade_css, shade_style

KEPT = SAMPLES_KEPT  # entries that can be scrolled back to
CHARACTERS_A_TICK = 4  # of a sample that are revealed at once


class Generation(ScrollView, can_focus=True):
    """Samples and answers, oldest first; it follows the newest unless scrolled back.

    An answer that has no room is seen to its end while it is written, and then from its prompt on (`LongAnswer`).
    """

    DEFAULT_CSS = styles_of(__file__) + shade_css("Generation")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *SHADE_CLASSES,
        *(f"generation--{part}" for part in ("label", "prompt", "text", "note")),
    }

    is_shaded: reactive[bool] = reactive(False, init=False)  # the samples, by surprisal

    def __init__(self) -> None:
        super().__init__()
        self._session: Session | None = None
        self._newest: TrainingSample | None = None  # sample that was taken in
        self._answers_seen = 0
        self._follows = True  # the newest line, as it comes
        self._long_answer = LongAnswer()
        self._is_laying_out = False
        self._entries: list[WrittenEntry] = []
        self.lines: list[Text] = []  # all, scrolled out of sight or not
        self._wrapped_to = 0
        self._shows_samples = True
        self._hinted = ""  # what stands in the empty pane

    @property
    def shows_samples(self) -> bool:
        """Whether samples stand among the answers; else they are shown elsewhere."""
        return self._shows_samples

    @shows_samples.setter
    def shows_samples(self, shows: bool) -> None:
        if shows != self._shows_samples:
            self._shows_samples = shows
            if self._session is not None:
                self.watch_session(self._session)

    def watch_session(self, session: Session) -> None:
        """Show the samples and answers of this session, those that it has and new ones."""
        self._session, self._newest, self._answers_seen = session, None, 0
        self._entries, self._follows = [], True
        self._take_new()
        for entry in self._entries:
            entry.revealed = len(entry.source.text)
        self._long_answer.note_read(self._entries)  # what is new is shown, not what was answered before
        self._lay_out()

    def follow(self) -> None:
        """Show what comes next as it comes, wherever one had scrolled to."""
        self._follows = True

    def page(self, pages: int) -> None:
        """Scroll so many pages on, or back."""
        self.scroll_relative(y=pages * max(1, self.size.height - 1), animate=False, immediate=True)

    def poll(self) -> None:
        """Add what is new and reveal more of the newest."""
        if self._session is None:
            return
        new_entries, growing, let_go = self._take_new(), self._grow(), self._long_answer.lets_go(self._entries)
        if new_entries or growing or let_go:
            self._lay_out()
        elif not self.lines and (hint := self._hint()) != self._hinted:
            self._hinted = hint
            self.refresh()

    def _take_new(self) -> bool:
        session = self._session
        assert session is not None
        all_samples, answers = session.samples if self.shows_samples else (), session.answers[self._answers_seen :]
        samples = list(takewhile(lambda sample: sample is not self._newest, reversed(all_samples)))[::-1]
        if self._newest is not None and len(samples) == len(all_samples):  # the run went back, or far ahead
            self.watch_session(session)
            return True
        if not (samples or answers):
            return False
        is_any = False
        sources: list[TrainingSample | Answer] = [*samples, *answers]
        for source in sorted(sources, key=lambda text: text.step):
            if self._has_to_wait(source):
                break
            self._add(WrittenEntry(source, []))
            if isinstance(source, Answer):
                self._answers_seen += 1
            else:
                self._newest = source
            is_any = True
        self._drop_oldest()
        return is_any

    def _answering(self) -> Answer | None:
        """The answer that is being written, which stands last."""
        last = self._entries[-1].source if self._entries else None
        return last if isinstance(last, Answer) and not last.is_done else None

    def _has_to_wait(self, source: TrainingSample | Answer) -> bool:
        """Whether a sample comes below an answer that is not written yet: all stand in the order of their steps."""
        answer = self._answering()
        return answer is not None and isinstance(source, TrainingSample) and source.step > answer.step

    def _drop_oldest(self) -> None:
        """Keep the newest entries; the scroll position stays on the same text."""
        dropped = sum(len(entry.lines) for entry in self._entries[:-KEPT])
        del self._entries[:-KEPT]
        if dropped and not self._follows:
            self.scroll_to(y=self.scroll_y - dropped, animate=False, immediate=True)

    def _add(self, entry: WrittenEntry) -> None:
        """Put an entry last, or a sample above an answer that is still being written."""
        if self._answering() is not None and isinstance(entry.source, TrainingSample):
            entry.revealed = len(entry.source.text)
            self._entries.insert(-1, entry)
        else:
            self._finish_revealing()
            self._entries.append(entry)

    def _grow(self) -> bool:
        """Reveal more of the newest entry; returns whether there was more."""
        if not self._entries:
            return False
        entry = self._entries[-1]
        whole = len(entry.source.text)
        if isinstance(entry.source, Answer):
            grown, entry.revealed = entry.revealed < whole or not entry.lines, whole
            return grown or (entry.source.is_done and entry.lines[-1].plain.endswith(CURSOR))
        grown = entry.revealed < whole
        entry.revealed = min(whole, entry.revealed + CHARACTERS_A_TICK)
        return grown

    def _finish_revealing(self) -> None:
        if self._entries:
            entry = self._entries[-1]
            entry.revealed = len(entry.source.text)
            entry.lines = self._wrap(entry, is_newest=False)

    # --- laying out ---------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        if width <= label_cells(width):
            return
        for k, entry in enumerate(self._entries):
            is_newest = k == len(self._entries) - 1
            if is_newest or width != self._wrapped_to or not entry.lines:
                entry.lines = self._wrap(entry, is_newest)
        self._wrapped_to = width
        self.lines = [line for entry in self._entries for line in entry.lines]
        self._is_laying_out = True
        self.virtual_size = Size(width, len(self.lines))
        if self._follows:
            self.scroll_to(
                y=self._long_answer.place(self._entries, self.size.height), animate=False, immediate=True, force=True
            )
        self._is_laying_out = False
        self._say_below()
        self.refresh()

    def _say_below(self) -> None:
        """Say by what samples are shaded, how much stands below what is seen, and which key shows it."""
        below = len(self.lines) - self.scroll_offset.y - self.size.height
        parts = [SHADED] if self.is_shaded and self.shows_samples else []
        if below > 0:
            parts += [f"▾ {format.counted(below, 'more row')}", own_keys.key("laboratory.text-on")]
        self.border_subtitle = one_line(" · ".join(parts))

    def _labelled(self, row: int) -> Text:
        """A line that begins with the step of its text, wherever in the text it lies: the first that is seen. Where
        rows of the text stand above it, `…` stands before it.
        """
        line, before = self.lines[row], label_cells(self._wrapped_to)
        for entry in self._entries:
            if row < len(entry.lines):
                label = Text(label_of(entry.source, before)[:-1] + MORE, style=self._style("label"))
                return line.copy() if row == 0 else Text.assemble(label, line[before:])
            row -= len(entry.lines)
        return line.copy()

    def _wrap(self, entry: WrittenEntry, is_newest: bool) -> list[Text]:
        before = label_cells(self.scrollable_content_region.width)
        width = max(1, self.scrollable_content_region.width - before)
        is_cut = is_newest and entry.revealed < len(entry.source.text)
        shaded = [shade_style(self, k) for k in range(SHADES)] if self.is_shaded else ()
        body = in_colour(entry.source, entry.revealed, self._style, is_growing=is_cut, shaded=shaded)
        label = Text(label_of(entry.source, before), style=self._style("label"))
        lines = body.wrap(self.app.console, width, tab_size=4)
        indent = Text(" " * before)
        return [Text.assemble(indent if k else label, line) for k, line in enumerate(lines)] or [label]

    def _hint(self) -> str:
        """What comes into an empty pane, and when."""
        if self._session is None:
            return ""
        if self.shows_samples:
            return first_sample(self._session)
        return "" if self._session.why_no_network else "/ and a few words: the network continues them"

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"generation--{part}", partial=True)

    # --- Textual's side -----------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        note_colours(self)

    def on_resize(self) -> None:
        self._lay_out()

    def watch_is_shaded(self) -> None:
        self.notify_style_update()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if not self._is_laying_out and self._wrapped_to == self.scrollable_content_region.width:
            place, row = self._long_answer.place(self._entries, self.size.height), round(new_value)
            self._follows = row == place or row >= self.max_scroll_y
            if self._follows and row > place:
                self._long_answer.note_read(self._entries)
            self._say_below()

    def action_scroll_end(self) -> None:
        self._follows = True
        self.scroll_end(animate=False, immediate=True, x_axis=False)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._wrapped_to = 0
        self._lay_out()

    def render_line(self, y: int) -> Strip:
        row, width = y + self.scroll_offset.y, self.size.width
        if not self.lines and row == 0:
            note = Text(self._hinted, style=self.get_component_rich_style("generation--label", partial=True))
            return (
                Strip(note.render(self.app.console, end=""))
                .apply_style(self.rich_style)
                .crop_extend(0, width, self.rich_style)
            )
        if row >= len(self.lines):
            return Strip.blank(width, self.rich_style)
        line = self._labelled(row) if y == 0 else self.lines[row].copy()
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(row)) is not None:
            start, end = span
            line.stylize(self.screen.get_component_rich_style("screen--selection"), start, None if end == -1 else end)
        strip = Strip(line.render(self.app.console, end="")).apply_style(self.rich_style)
        return strip.crop_extend(0, width, self.rich_style).apply_offsets(0, row)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        return selection.extract("\n".join(line.plain for line in self.lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()
