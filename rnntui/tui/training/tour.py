"""A tour of the training screen in five steps, each a key to press: shown at the first start, and never again."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rnntui.system import user_state
from rnntui.tui.base import own_keys
from rnntui.tui.base.labels import Words, styled
from rnntui.tui.base.styles import styles_of

if TYPE_CHECKING:
    from rnntui.tui.training.screen import Laboratory

FAREWELL = "That was the tour: {laboratory.help} lists every key, {laboratory.quit} saves and leaves"
WRITES = "laboratory.prompt"  # the action that needs a network of text
FAREWELL_TICKS = 80  # of the screen's clock, that the last words stay


class TourStep(NamedTuple):
    """An action and why, short enough for 80 columns; `is_done` finds out from the screen whether it was done."""

    action: str
    does: str
    is_done: Callable[["Laboratory"], object]


def _is_looked_into(screen: "Laboratory") -> bool:
    return any(pane.views.shown is not None for pane in screen.panes.all)


def _has_typed(screen: "Laboratory") -> bool:
    return screen.query_one(Tour).has_typed


STEPS = (
    TourStep(
        "laboratory.pause",
        "pauses the training, and goes on with it",
        lambda screen: any(session.status.run.state == "paused" for session in screen.sessions),
    ),
    TourStep(WRITES, "takes a prompt, which the network continues", _has_typed),
    TourStep("laboratory.views", "shows how far back it remembers, its gates", _is_looked_into),
    TourStep(
        "laboratory.enlarge",
        "enlarges a pane, once more shows all",
        lambda screen: screen.maximized is not None,
    ),
    TourStep(
        "laboratory.help",
        "lists all keys, and {screen.about} explains what is seen",
        lambda screen: screen.app.screen is not screen,
    ),
)


class Tour(Words):
    """One line over the footer; `poll` goes on to the next step once the key of this one was pressed."""

    DEFAULT_CSS: ClassVar[str] = styles_of(__file__)

    def __init__(self) -> None:
        super().__init__(classes="absent")
        self._steps: list[TourStep] = []
        self._count = self._ticks = 0
        self._offered: bool | None = None  # not yet begun; with a prompt to type, or without
        self._is_typing = False
        self.has_typed: bool = False  # a prompt, and has left its line

    @property
    def is_on(self) -> bool:
        """Whether it is under way."""
        return bool(self._steps)

    def offer(self, *, writes: bool) -> None:
        """Begin at the user's first start, as soon as there is room for it."""
        self._offered = writes

    def begin(self, *, writes: bool) -> None:
        """Begin; without a network of text there is no prompt to type."""
        self._steps, self.has_typed = [step for step in STEPS if writes or step.action != WRITES], False
        self._count = len(self._steps)
        self.remove_class("absent")
        self._say()

    def poll(self, screen: "Laboratory") -> None:
        """Go on where what this step names was done; begin where it was offered and can be seen."""
        if self._offered is not None and not screen.has_class("lowest"):
            writes, self._offered = self._offered, None
            if user_state.is_first("tour"):
                self.begin(writes=writes)
        if self._steps and self._is_typing != screen.is_typing:
            self._is_typing = screen.is_typing
            self.has_typed |= not self._is_typing
            self._say()
        if self._steps and not self._is_typing and self._steps[0].is_done(screen):
            del self._steps[0]
            self._ticks = FAREWELL_TICKS
            self._say()
        elif not self._steps and self._ticks:
            self._ticks -= 1
            self.set_class(not self._ticks, "absent")

    def skip(self) -> None:
        """End it, unseen or not."""
        self._steps, self._ticks = [], 0
        self.add_class("absent")

    def _say(self) -> None:
        if not self._steps:
            self.update(styled([(own_keys.said(FAREWELL), "bold")]), layout=False)
            return
        step = self._steps[0]
        number = self._count - len(self._steps) + 1
        self.update(
            styled([
                (f"tour {number}/{self._count}  press ", "$text-muted"),
                (own_keys.key(step.action), "bold $accent"),
                (f"  {own_keys.said(step.does)}", ""),
                ("" if self._is_typing else own_keys.said("  ({laboratory.leave} ends it)"), "$text-muted"),
            ]),
            layout=False,
        )  # fmt: skip
