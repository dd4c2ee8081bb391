"""The text that the network writes: samples drawn during training, each with its step, and answers to prompts."""

from dataclasses import dataclass
from itertools import takewhile
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from rnntui.sessions.contract import SAMPLES_KEPT, Answer, Session, TrainingSample
from rnntui.tui.base.glyphs import drawn_text
from rnntui.tui.base.labels import BLANK, NEWLINE
from rnntui.tui.base.styles import styles_of
from rnntui.tui.training.course import first_sample, label_cells, label_of

KEPT = SAMPLES_KEPT  # entries that can be scrolled back to
CHARACTERS_A_TICK = 4  # of a sample that are revealed at once
CURSOR = "▌"


@dataclass
class _Entry:
    """A sample or an answer, wrapped to the present width."""

    source: TrainingSample | Answer
    lines: list[Text]
    revealed: int = 0


class Generation(ScrollView, can_focus=True):
    """Samples and answers, oldest first; it follows the newest unless scrolled back."""

    DEFAULT_CSS = styles_of(__file__)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "generation--label",
        "generation--prompt",
        "generation--text",
        "generation--note",
    }

    def __init__(self) -> None:
        super().__init__()
        self._session: Session | None = None
        self._newest: TrainingSample | None = None  # sample that was taken in
        self._answers_seen = 0
        self._follows = True  # the newest line, as it comes
        self._entries: list[_Entry] = []
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
        self._lay_out()

    def poll(self) -> None:
        """Add what is new and reveal more of the newest."""
        if self._session is None:
            return
        new_entries, growing = self._take_new(), self._grow()
        if new_entries or growing:
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
            self._add(_Entry(source, []))
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

    def _add(self, entry: _Entry) -> None:
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
        self.virtual_size = Size(width, len(self.lines))
        if self._follows:
            self.scroll_end(animate=False, immediate=True, x_axis=False)
        self.refresh()

    def _labelled(self, row: int) -> Text:
        """A line that begins with the step of its text, wherever in the text it lies: the first that is seen."""
        line, before = self.lines[row], label_cells(self._wrapped_to)
        for entry in self._entries:
            if row < len(entry.lines):
                label = Text(label_of(entry.source, before), style=self._style("label"))
                return line.copy() if row == 0 else Text.assemble(label, line[before:])
            row -= len(entry.lines)
        return line.copy()

    def _wrap(self, entry: _Entry, is_newest: bool) -> list[Text]:
        before = label_cells(self.scrollable_content_region.width)
        width = max(1, self.scrollable_content_region.width - before)
        body = self._in_colour(entry, is_newest)
        label = Text(label_of(entry.source, before), style=self._style("label"))
        lines = body.wrap(self.app.console, width, tab_size=4)
        indent = Text(" " * before)
        return [Text.assemble(indent if k else label, line) for k, line in enumerate(lines)] or [label]

    def _in_colour(self, entry: _Entry, is_newest: bool) -> Text:
        source, text = entry.source, Text()
        is_growing = is_newest and entry.revealed < len(source.text)
        if isinstance(source, Answer):
            text.append(drawn_text(source.prompt), self._style("prompt"))
            if source.problem:
                text.append(f"  ({source.problem})", self._style("note"))
            written = drawn_text(source.text)
            words = written.rstrip(" ") if source.is_done else written
            text.append(words, self._style("text"))
            text.append(BLANK * (len(written) - len(words)), self._style("label"))
            if source.left_out:
                text.append(f"  (left out: {drawn_text(source.left_out)})", self._style("note"))
            is_growing = not source.is_done
        else:
            self._append_sample(text, drawn_text(source.text[: entry.revealed]).replace("\n", NEWLINE))
        if is_growing:
            text.append(CURSOR, self._style("prompt"))
        return text

    def _append_sample(self, text: Text, sample: str) -> None:
        """A sample, with the blanks at both ends made visible."""
        words = sample.strip(" ")
        before = len(sample) - len(sample.lstrip(" "))
        text.append(BLANK * before, self._style("label"))
        text.append(words, self._style("text"))
        text.append(BLANK * (len(sample) - before - len(words)), self._style("label"))

    def _hint(self) -> str:
        """What comes into an empty pane, and when."""
        if self._session is None:
            return ""
        return first_sample(self._session) if self.shows_samples else "/ and a few words: the network continues them"

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"generation--{part}", partial=True)

    # --- Textual's side -----------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self._lay_out()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._follows = round(new_value) >= self.max_scroll_y

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
