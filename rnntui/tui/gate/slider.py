"""One parameter of a gate as a line: letter, name, value, a slider, and what it does."""

from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from rnntui.gate import Gate
from rnntui.gate.parameters import PARAMETERS, Parameter
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.styles import styles_of

BEFORE, VALUE = 14, 9  # columns for the mark, letter and name; for the value
LONGEST = 60  # columns of a slider
ROOM = 78  # columns from which on the line says what the parameter does
GAP = 2
SAYING = max(len(parameter.does) for parameter in PARAMETERS) + GAP


_key = partial(bound, "gate-slider")


class GateSlider(Widget, can_focus=True):
    """A parameter that is moved with keys and mouse; it holds the gate to show, and posts the gate that is wanted."""

    DEFAULT_CSS = styles_of(__file__)
    ALLOW_SELECT: ClassVar[bool] = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"gate-slider--value", "gate-slider--track", "gate-slider--does"}
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("left", "move(-1)", "less", "Move the selected value down"),
        _key("right", "move(1)", "more", "Move the selected value up"),
        _key("a little left", "move(-1,True)", "a little less", "Move it down by a tenth as much"),
        _key("a little right", "move(1,True)", "a little more", "Move it up by a tenth as much"),
        _key("home", "slide(0.0)", "least", "To the left end of the slider"),
        _key("end", "slide(1.0)", "most", "To the right end of the slider"),
        _key("exact,do", "type", "type", "Type the selected value exactly", show=True),
    ]

    gate: reactive[Gate | None] = reactive(None)

    class Moved(Message):
        """Another gate is wanted."""

        def __init__(self, gate: Gate) -> None:
            super().__init__()
            self.gate = gate

    class Typed(Message):
        """The value is to be typed."""

        def __init__(self, parameter: Parameter) -> None:
            super().__init__()
            self.parameter = parameter

    def __init__(self, parameter: Parameter, gate: Gate) -> None:
        super().__init__(id=parameter.name)
        self.parameter = parameter
        self.set_reactive(GateSlider.gate, gate)
        self._dragged = False

    @property
    def track_length(self) -> int:
        """Columns of the track."""
        saying = SAYING if self.size.width >= ROOM else GAP
        return max(3, min(LONGEST, self.size.width - BEFORE - VALUE - GAP - saying))

    def render(self) -> Text:
        assert self.gate is not None
        value, track, does = (
            self.get_component_rich_style(f"gate-slider--{part}") for part in ("value", "track", "does")
        )
        mark = "▸" if self.has_focus else " "
        at = round(self.parameter.share(self.gate) * (self.track_length - 1))
        text = Text(f"{mark} {self.parameter.letter:<5}{self.parameter.name:<7}", no_wrap=True, end="")
        text.append(f"{self.parameter.of(self.gate):>{VALUE}.6g}", value)
        text.append(" " * GAP + "━" * at, value).append("●", value).append("─" * (self.track_length - 1 - at), track)
        if self.size.width >= ROOM:
            text.append(" " * GAP + self.parameter.does, does)
        return text

    # --- keys and mouse ---------------------------------------------------------------------------------------------

    def action_move(self, direction: int, fine: bool = False) -> None:
        assert self.gate is not None
        self.post_message(self.Moved(self.parameter.moved(self.gate, direction, fine=fine)))

    def action_slide(self, share: float) -> None:
        assert self.gate is not None
        self.post_message(self.Moved(self.parameter.slid(self.gate, share)))

    def action_type(self) -> None:
        self.post_message(self.Typed(self.parameter))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._dragged = BEFORE + VALUE <= event.x < BEFORE + VALUE + 2 * GAP + self.track_length
        if self._dragged:
            self.capture_mouse()
            self._follow(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragged:
            self._follow(event)

    def on_mouse_up(self) -> None:
        self._dragged = False
        self.release_mouse()

    def _follow(self, event: events.MouseEvent) -> None:
        column = event.get_content_offset_capture(self).x - BEFORE - VALUE - GAP
        self.action_slide(column / (self.track_length - 1))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_move(1, event.shift or event.ctrl)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_move(-1, event.shift or event.ctrl)
