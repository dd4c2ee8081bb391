"""What the networks of text write: the course of the samples beside the answers where there is room, else one pane."""

import math
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import MouseDown, MouseMove, MouseUp, Resize

from rnntui.sessions.contract import Session
from rnntui.text.ellipsis import elided
from rnntui.tui.base.labels import one_line
from rnntui.tui.base.styles import styles_of
from rnntui.tui.training.course import SampleCourse
from rnntui.tui.training.generation import Generation

LONGEST_NAME = 24  # cells
WIDE = 110  # columns from which on the samples have a pane of their own
LOWEST, ROWS_OF_PANES = 4, 14  # rows that it can be dragged to, and that it leaves to what stands around it


class TextPanes(Horizontal):
    """The samples and answers of one session at a time; `poll` shows what is new."""

    DEFAULT_CSS: ClassVar[str] = styles_of(__file__)

    def __init__(self) -> None:
        super().__init__()
        self.course, self.generation = SampleCourse(), Generation()
        self._session: Session | None = None
        self._name = ""  # of the run, where it is said
        self._temperature = math.nan  # that the title names
        self._is_dragged = False

    def compose(self) -> ComposeResult:
        yield self.course
        yield self.generation

    def watch_session(self, session: Session | None, *, is_one_of_several: bool = False) -> None:
        """Show what this session writes, with the name of its run where it `is_one_of_several` that write; without one
        nothing is shown.
        """
        self._session = session
        self._name = elided(session.run.name, LONGEST_NAME) if session is not None and is_one_of_several else ""
        self.set_class(session is None, "absent")
        if session is not None:
            self.course.watch_session(session)
            self.generation.watch_session(session)
            self.course.border_title = one_line(f"how {self._name or 'it'} writes")
            self.say_temperature()

    def poll(self) -> None:
        """Show what is new, and a temperature that was recorded."""
        if self.has_class("wide"):
            self.course.poll()
        self.generation.poll()
        if self._session is not None and self._session.temperature != self._temperature:
            self.say_temperature()

    def shade(self) -> None:
        """Shade the samples by surprisal, or no more."""
        self.course.is_shaded = self.generation.is_shaded = not self.course.is_shaded

    def say_temperature(self) -> None:
        """Name the temperature of answers in the title."""
        if self._session is not None:
            self._temperature = self._session.temperature
            whose = self._name or ("" if self.has_class("wide") else "generation")
            answers = f"answers at temperature {self._temperature:.2g}"
            self.generation.border_title = one_line(f"{whose} · {answers}" if whose else answers)

    # --- dragging the border above ----------------------------------------------------------------------------------

    def on_mouse_down(self, event: MouseDown) -> None:
        if int(event.screen_y) == self.region.y:
            event.stop()
            self._is_dragged = True
            self.capture_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        if self._is_dragged:
            most = self.screen.size.height - ROWS_OF_PANES
            self.styles.max_height = most
            self.styles.height = max(min(self.region.bottom - int(event.screen_y), most), LOWEST)

    def on_mouse_up(self, event: MouseUp) -> None:
        if self._is_dragged:
            self._is_dragged = False
            self.release_mouse()

    def on_resize(self, event: Resize) -> None:
        is_wide = event.size.width >= WIDE
        if is_wide != self.has_class("wide"):
            self.set_class(is_wide, "wide")
            self.generation.shows_samples = not is_wide
            self.say_temperature()
            self.course.poll()
