"""The time machine: one prompt and one sequence of random numbers at every kept step of a run's training.

The networks are the writing thread's, one a checkpoint, opened when one comes near it; texts once written are kept.
"""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize

from rnntui.runs import METRICS, Run
from rnntui.runs.steps import none_kept
from rnntui.runs.tail import Follower
from rnntui.runs.writers import Sampling
from rnntui.specs import BITS
from rnntui.text.diff import Stretch, differences
from rnntui.text.format import counted, fitting
from rnntui.text.sanitize import shown_text
from rnntui.tui.base.footer import Keys
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.labels import Words, quoted
from rnntui.tui.base.main_screen import MainScreen, TooSmall
from rnntui.tui.base.styles import styles_of
from rnntui.tui.writing_room import stops as along
from rnntui.tui.writing_room.about_time_machine import ABOUT
from rnntui.tui.writing_room.heading import WritingHeading
from rnntui.tui.writing_room.memories import Library
from rnntui.tui.writing_room.page import Page
from rnntui.tui.writing_room.page_shades import Shading
from rnntui.tui.writing_room.page_view import PageView
from rnntui.tui.writing_room.shade_scale import SCALES, Scale
from rnntui.tui.writing_room.stop_texts import StopTexts
from rnntui.tui.writing_room.stops import stops_of
from rnntui.tui.writing_room.telling import in_bits, is_settled, written_words
from rnntui.tui.writing_room.timeline import Timeline, rows_within
from rnntui.tui.writing_room.timeline_picture import Pointers
from rnntui.tui.writing_room.titles import GAP
from rnntui.tui.writing_room.two_texts import TextShown, TwoTexts

if TYPE_CHECKING:
    from textual.timer import Timer

TICK_SECONDS = 0.1
PLAY_SECONDS = 0.7
LONGEST = 2_000  # characters that are written at each stop
PROMPT_SHOWN = 30  # characters of it in the heading
SHADINGS: tuple[Shading, ...] = ("none", "surprisal", "probability", "memory")


_key = partial(bound, "time-machine")


class TimeMachine(MainScreen):
    """Opened on a run with how it draws, a prompt, a seed and a length; it begins at the newest checkpoint.

    Without a length texts are as long as there is room for one.
    """

    DEFAULT_CSS = styles_of(__file__)
    ABOUT = ABOUT
    SHOWS = "the time machine"
    KEYS_OF = (PageView,)
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("left", "go(-1)", "earlier", "Previous stop", show=True),
        _key("right", "go(1)", "later", "Next stop", show=True),
        _key("up,earlier", "go(-1,False)", "previous checkpoint", "Previous checkpoint"),
        _key("down,later", "go(1,False)", "next checkpoint", "Next checkpoint", show=True),
        _key("home", "end(-1)", "first", "First stop"),
        _key("end", "end(1)", "last", "Last stop"),
        _key("go", "play", "play", "Play the checkpoints one after the other, or stop", show=True),
        _key(
            "compare",
            "compare",
            "compare",
            "Compare with the last stop, or with the one before",
            show=True,
        ),
        _key("samples", "toggle_samples", "samples", "Hide or show the samples", show=True),
        _key("shade", "next_shading", "shading", "Shade by surprisal, probability, memory, or not at all"),
        _key("page up", "scroll(-1)", "scroll up", "Scroll both texts up"),
        _key("page down", "scroll(1)", "scroll down", "Scroll both texts down"),
        _key("help", "help", "help", "List the keys of this screen; typing finds one, Enter runs it", show=True),
        _key("leave", "dismiss", "back", "Back to where it was opened", show=True),
        _key("quit", "app.quit", "quit", "Quit", show=True),
    ]

    def __init__(
        self,
        run: Run,
        sampling: Sampling,
        prompt: str,
        seed: int,
        length: int | None = None,
        library: Library | None = None,
    ) -> None:
        super().__init__()
        self.run, self.prompt = run, prompt
        self.stops = stops_of(run)
        self.texts = StopTexts(run, self.stops, sampling, prompt, library)
        self.writing_thread = self.texts.writing_thread
        self.writing_thread.seed = seed
        self._length = length
        self.at = along.end(self.stops, 1, samples=False)
        self._player: Timer | None = None  # while it plays
        self._sampling = sampling
        self._is_against_last = False  # whether texts are compared with the last one, not with the one before
        self._with_samples = True
        self._shading = 0
        self._follower = Follower(run.path / METRICS, BITS.size)
        self._shown: tuple[object, ...] = ()  # what the present picture was made of

    def compose(self) -> ComposeResult:
        yield WritingHeading()
        yield Timeline(self.stops)
        yield Words(id="telling")
        yield TwoTexts()
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        """Begin to write, now that it is known how much there is room for."""
        fills = self.query_one(TwoTexts).filling(self.prompt, LONGEST)
        self.writing_thread.length = fills if self._length is None else min(max(1, self._length), LONGEST)
        self._say_heading()
        self._go_to(self.at)
        self.set_interval(TICK_SECONDS, self.tick)
        self.writing_thread.start()

    def on_unmount(self) -> None:
        self.writing_thread.stop()

    # --- what is shown ----------------------------------------------------------------------------------------------

    @property
    def other(self) -> int | None:
        """The place of the stop that the present one is compared with."""
        if self.at is None:
            return None
        last = along.last(self.stops, self.at)
        return last if self._is_against_last and last != self.at else along.before(self.stops, self.at)

    def page_at(self, place: int | None) -> Page:
        """The text at a stop, as far as it is written."""
        return self.texts.at(place)

    def tick(self) -> None:
        """Ask for what is to be written next, read what the writing thread left, and draw what changed."""
        self.texts.ask_for(self._wanted())
        has_read = self._follower.poll()
        shown = self.other, self.at, self.page_at(self.other), self.page_at(self.at), self._is_against_last, self.size
        if has_read or shown != self._shown:
            self._shown = shown
            self._show(self.page_at(self.other), self.page_at(self.at))

    def _wanted(self) -> Iterator[int]:
        """The stops whose texts are wanted: the present one, the compared one, then their neighbours."""
        if self.at is None:
            return
        yield self.at
        if self.other is not None:
            yield self.other
        for direction in (1, -1):
            yield along.next_stop(self.stops, self.at, direction, samples=False)

    def _show(self, before: Page, present: Page) -> None:
        """Draw two texts, and mark what they differ in once both are written."""
        gone, new = differences(before.text, present.text) if self._can_compare(before, present) else ([], [])
        older, newer = TextShown(self._title(self.other), before, gone), TextShown(self._title(self.at), present, new)
        self.query_one(TwoTexts).show(older, newer)
        self.query_one(Timeline).point(Pointers(self.at, self.other, self._with_samples), self._follower.tracks)
        self._tell(before, present, new)

    def _can_compare(self, before: Page, present: Page) -> bool:
        return self.other is not None and all(is_settled(page) and page.text for page in (before, present))

    def _title(self, place: int | None) -> str:
        return "nothing before" if place is None else self.stops[place].in_words()

    def _tell(self, before: Page, present: Page, new: list[Stretch]) -> None:
        """A sentence if there is one, wrapped; else the figures that fit on a line."""
        if self.at is None:
            words = shown_text(none_kept(self.run))
        else:
            words = shown_text(present.sentence)
        self.set_class(bool(words), "wrong")
        self._say("telling", words or fitting(self._figures(before, present, new), self.size.width - 2))

    def _figures(self, before: Page, present: Page, new: list[Stretch]) -> Iterator[str]:
        assert self.at is not None
        stop = self.stops[self.at]
        if len(self.stops) == 1:
            yield "only one checkpoint: nothing to compare it with"
        if self.other is not None and self._can_compare(before, present):
            changed, every = written_words(present, new)
            step, is_later = f"step {self.stops[self.other].step:,}", self.other > self.at
            if self._is_against_last and not is_later:
                yield f"the last stop, so compared with {step}"
            yield f"{changed:,} of {counted(every, 'word')} {'differ from' if is_later else 'are new since'} {step}"
        if not is_settled(present):
            yield f"writing {present.given.count(0):,} of {self.writing_thread.length:,} characters"
        yield from in_bits(present, self._follower, stop.step)

    def _say_heading(self) -> None:
        writing_thread = self.writing_thread
        prompt = self.prompt if len(self.prompt) <= PROMPT_SHOWN else self.prompt[: PROMPT_SHOWN - 1] + "…"
        parts = ["time machine", *(["playing"] if self.is_playing else [])]
        title = [self.run.name, quoted(prompt) if prompt else "no prompt", self._sampling.in_words()]
        title += [f"seed {writing_thread.seed}", f"{writing_thread.length:,} characters"]
        scale = SCALES[SHADINGS[self._shading]] if self._shading else Scale()
        self.query_one(WritingHeading).say(parts, scale, self.size.width, GAP.join(title))

    def _say(self, where: str, words: str) -> None:
        self.query_one(f"#{where}", Words).update(words)

    def on_resize(self, event: Resize) -> None:
        self.query_one(Timeline).styles.height = rows_within(event.size.height)
        self._say_heading()

    # --- through time -----------------------------------------------------------------------------------------------

    def _go_to(self, place: int | None) -> None:
        self.at = place
        self.tick()

    def action_go(self, direction: int, samples: bool = True) -> None:
        if self.at is not None:
            samples = samples and self._with_samples
            self._go_to(along.next_stop(self.stops, self.at, direction, samples=samples))

    def action_end(self, direction: int) -> None:
        self._go_to(along.end(self.stops, direction, samples=self._with_samples))

    def on_timeline_picked(self, message: Timeline.Picked) -> None:
        self._go_to(message.place)

    @property
    def is_playing(self) -> bool:
        """Whether it advances by itself."""
        return self._player is not None

    def action_play(self) -> None:
        if self.is_playing:
            self._stop_playing()
            return
        if self.at == along.end(self.stops, 1, samples=False):
            self._go_to(along.end(self.stops, -1, samples=False))
        self._player = self.set_interval(PLAY_SECONDS, self.play_on)
        self._say_heading()

    def play_on(self) -> None:
        """Go to the next checkpoint once this one's text is written."""
        if is_settled(self.page_at(self.at)):
            at = self.at
            self.action_go(1, False)
            if self.at == at:
                self._stop_playing()

    def _stop_playing(self) -> None:
        if self._player is not None:
            self._player.stop()
            self._player = None
            self._say_heading()

    # --- how it is shown --------------------------------------------------------------------------------------------

    def action_compare(self) -> None:
        self._is_against_last = not self._is_against_last
        self.tick()

    def action_toggle_samples(self) -> None:
        self._with_samples = not self._with_samples
        if self.at is not None and not self.stops[self.at].is_checkpoint:
            self.at = along.nearest_checkpoint(self.stops, self.at)
        self._shown = ()
        self.tick()

    def action_next_shading(self) -> None:
        self._shading = (self._shading + 1) % len(SHADINGS)
        self.query_one(TwoTexts).shade(SHADINGS[self._shading])
        self._say_heading()

    def action_scroll(self, direction: int) -> None:
        self.query_one(TwoTexts).scroll_both(direction)
