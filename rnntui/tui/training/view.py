"""What a view of a run is: a widget that a key opens below the curves, in a file of its own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Container

from rnntui.probes import Insight, ReadingQuestion, View
from rnntui.sessions.contract import Session
from rnntui.tui.base.grammar import Meaning

if TYPE_CHECKING:
    from rnntui.tui.chart.plot import Plot


@dataclass(frozen=True)
class ViewKey:
    """A key of the training screen that is a view's: it opens the view, and closes it where it is open.

    With `method` it calls that method of the open view instead, which says whether there was anything to do. With
    `otherwise` it opens nothing: that is said where the view is not open, and where there was nothing to do.
    """

    means: str | Meaning  # of its key: a name in `GRAMMAR`, or one of its own
    label: str  # in the footer and the command palette
    tooltip: str  # in the palette, the help and `docs/keys.md`
    method: str = ""
    otherwise: str = ""
    show: bool = False  # in the footer

    @property
    def name(self) -> str:
        """What the action of the screen calls it by."""
        return self.means if isinstance(self.means, str) else self.means.words

    @property
    def action(self) -> str:
        """That of the screen."""
        return f"view({self.name!r})"


GATE = ViewKey("gate", "gate", "Show the gates of the selected network, or the next gate, or its matrix", "next_gate")
LAYER = ViewKey(
    "layer",
    "layer",
    "Show the gates, the units or the weights of the next layer",
    "next_layer",
    "there is no other layer to show: {laboratory.views}, {laboratory.gate} and {laboratory.reading} show what there is"
    " of each",
)


class RunView(Container):
    """A view of a run; it shows the charts in `over_steps`, or what a subclass composes.

    Charts in `over_steps` run along the optimizer steps: they zoom, smooth, mark and point as the loss does.
    """

    KEYS: ClassVar[tuple[ViewKey, ...]] = ()
    ABOUT: ClassVar[str] = ""  # what it shows, in Markdown
    MEASURES: ClassVar[View | None] = None  # what is measured in the network for it, while it is open
    WAITING: ClassVar[str] = ""  # said until something was measured
    IS_TALL: ClassVar[bool] = False  # whether it needs more room than a chart

    def __init__(self, session: Session) -> None:
        super().__init__(classes="absent")
        self.session = session
        self.over_steps: tuple[Plot, ...] = ()

    def compose(self) -> ComposeResult:
        yield from self.over_steps

    @property
    def question(self) -> ReadingQuestion | None:
        """What is asked besides of what is measured, from the moment on in which the view is opened."""
        return None

    def does(self, key: ViewKey) -> bool:
        """Whether one of its keys has something to do while it is open."""
        return key is not LAYER or self.session.settings.layers > 1

    def connect(self) -> None:
        """Draw the session's present columns; called when there are new ones."""

    def take(self, seen: Insight | None) -> None:
        """Draw a new measurement; `None` before the first one. Called by the clock."""

    def say_waiting(self, words: str) -> None:
        """Say what is waited for, or why nothing will be measured."""

    def take_focus(self) -> None:
        """Take the keys, where the view has some of its own; called when it is opened."""
