"""The views of a run: which there are, and the place below the curves where one of them is open.

A new view is one file and one line in `PLACES`: the keys of the screen, and all that is made from them, follow.
"""

import importlib
from collections.abc import Callable, Iterator

from textual.containers import Container
from textual.reactive import reactive
from textual.widget import Widget

from rnntui.sessions.contract import Session
from rnntui.text import format
from rnntui.tui.base import own_keys
from rnntui.tui.chart.plot import Plot
from rnntui.tui.training.view import RunView, ViewKey

PLACES = {  # by their names, in the order of the key that goes through them
    "gradient horizon": "rnntui.tui.training.horizon:HorizonView",
    "gates": "rnntui.tui.training.gates:GatesView",
    "time gates of a Phased LSTM": "rnntui.tui.training.rhythms:RhythmsView",
    "reading": "rnntui.tui.training.reading:ReadingView",
    "weights and gradients": "rnntui.tui.training.weights:WeightsView",
}


def _view_at(place: str) -> type[RunView]:
    module, _, name = place.partition(":")
    view: type[RunView] = getattr(importlib.import_module(module), name)
    return view


VIEWS = {name: _view_at(place) for name, place in PLACES.items()}


NEXT = "next_view"  # the action of the screen that goes through them
OPEN_AGAIN = "; closed and opened again, the view is measured anew"


class Views(Container):
    """The views of one run; `shown` is the one that is open."""

    shown: reactive[RunView | None] = reactive(None, init=False)

    def __init__(self, session: Session) -> None:
        self._names = {view(session): name for name, view in VIEWS.items()}
        super().__init__(*self._names, classes="absent")
        self._session = session
        self._asked: list[Callable[[], None]] = []  # before it was known what the network has
        self._is_said = False  # that nothing will be measured any more
        self._why_unseen, self._has_measured = "", False  # as the open view says it

    @property
    def shown_name(self) -> str:
        """What the open view is called; empty where none is."""
        return "" if self.shown is None else self._names[self.shown]

    @property
    def actions_of_shown(self) -> tuple[str, ...]:
        """What the screen does by the keys that act in the open view, but for the one that opens it."""
        return () if self.shown is None else tuple(key.action for key in self.shown.KEYS if key.method)

    @property
    def all(self) -> list[RunView]:
        """The views in their order, open or not."""
        return list(self._names)

    @property
    def over_steps(self) -> list[Plot]:
        """The charts of all views that run along the steps."""
        return [plot for view in self.all for plot in view.over_steps]

    @property
    def drawn_over_steps(self) -> tuple[Plot, ...]:
        """Those of the view that is open."""
        return () if self.shown is None else self.shown.over_steps

    @property
    def to_be_had(self) -> list[RunView]:
        """The views that have something to show: of the curves always, of the network if it can be measured.

        Where it cannot, and why is known, the first one of the network, to say it.
        """
        measured = () if self._is_gone else self._session.views
        if self._session.why_no_view:
            measured = tuple(view.MEASURES for view in self.all if view.MEASURES is not None)[:1]
        return [view for view in self.all if view.MEASURES is None or view.MEASURES in measured]

    def why_not(self, action: str) -> str:
        """A sentence that says why an action of the screen would do nothing here; empty where it does something."""
        gone = self._session.why_no_view or (self._gone_in_words if self._is_gone else "")
        found = next(self._with(lambda key: key.action == action), None)
        if found is None:
            is_next = action == NEXT and self.shown is None and all(view.MEASURES is not None for view in self.all)
            return gone if is_next else ""
        view, key = found
        if view is self.shown:
            return own_keys.said(key.otherwise) if key.method and not view.does(key) else ""
        if (gone and view.MEASURES is not None) or key.otherwise:
            return gone or own_keys.said(key.otherwise)
        return "" if view in self.to_be_had or self._session.is_loading else self._has_none(view)

    # --- keys -------------------------------------------------------------------------------------------------------

    def next(self) -> None:
        """Open the next view; after the last one, none."""
        if self._session.why_no_view or (self._is_gone and (self.to_be_had or self.shown is not None)):
            self._open_next()
        else:
            self._once_made(self._open_next)

    def _open_next(self) -> None:
        views = (None, *self.to_be_had)
        self.shown = views[(views.index(self.shown) + 1) % len(views)] if self.shown in views else None

    def press(self, name: str) -> None:
        """Handle a key of the views."""
        if self._session.why_no_view or any(view.MEASURES is None for view, _ in self._named(name)):
            self._press(name)
        else:
            self._once_made(lambda: self._press(name))

    def _named(self, name: str) -> Iterator[tuple[RunView, ViewKey]]:
        """The views that have a key of this name, the open one first."""
        return self._with(lambda key: key.name == name)

    def _with(self, is_it: Callable[[ViewKey], bool]) -> Iterator[tuple[RunView, ViewKey]]:
        by_openness = sorted(self.all, key=lambda view: view is not self.shown)
        return ((view, its_key) for view in by_openness for its_key in view.KEYS if is_it(its_key))

    def _press(self, name: str) -> None:
        view, pressed = next(self._named(name))
        if view is self.shown and not pressed.method:
            self.shown = None
        elif view is self.shown:
            if not getattr(view, pressed.method)():
                self.notify(own_keys.said(pressed.otherwise), timeout=3)
        elif pressed.otherwise:
            self.notify(own_keys.said(pressed.otherwise), timeout=3)
        elif view in self.to_be_had or self._session.why_no_view:
            self.shown = view
        else:
            self.notify(self._has_none(view), timeout=3)

    def _has_none(self, view: RunView) -> str:
        return f"{format.network(self._session.settings)} has no {self._names[view]} to show"

    def _once_made(self, act: Callable[[], None]) -> None:
        """Act once the network is loaded; until then say so."""
        session = self._session
        if self._is_gone:
            self.notify(self._gone_in_words, timeout=4)
        elif not session.views and session.is_loading:
            self._asked.append(act)
            self.notify("still loading the network: the view opens when it is ready", timeout=3)
        else:
            act()

    @property
    def _is_gone(self) -> bool:
        return bool(self._session.why_no_network) and not self._session.why_no_view

    @property
    def _gone_in_words(self) -> str:
        return f"run {self._session.run.name} {self._session.why_no_network}: there is no network to show"

    # --- drawing ----------------------------------------------------------------------------------------------------

    def watch_shown(self, shown: RunView | None) -> None:
        """Measure the open view and nothing else. Keys that one had of its own go back to the pane."""
        if self.has_focus_within and isinstance(self.parent, Widget):
            self.parent.focus()
        for view in self.all:
            view.set_class(view is not shown, "absent")
        self.set_class(shown is None, "absent")
        self.set_class(shown is not None and shown.IS_TALL, "tall")
        if shown is None:
            self._session.watch(None)
        else:
            self._session.watch(shown.MEASURES, question=shown.question)
        if shown is not None:
            if not self._is_said:
                shown.say_waiting(self._session.why_no_view or shown.WAITING)
            shown.take_focus()
        self.screen.refresh_bindings()  # its keys come first in the footer

    def connect(self) -> None:
        """Draw the session's present columns."""
        for view in self.all:
            view.connect()

    def poll(self) -> None:
        """Draw new measurements, and handle keys pressed before the network was loaded."""
        if self._session.views and self._asked:
            asked, self._asked = self._asked, []
            for act in asked:
                act()
        if self._is_gone and not self._is_said:
            self._is_said, self._asked = True, []
            self.screen.refresh_bindings()  # a network that could not be read changes no state
            for view in self.all:
                view.say_waiting(f"the run {self._session.why_no_network} before this was measured")
        if self.shown is not None:
            seen = self._session.seen
            self.shown.take(seen)
            if self._has_measured != (seen is not None):
                self._has_measured = seen is not None
                self.screen.refresh_bindings()  # what its keys can do is known with what was measured
            if (why := self._session.why_unseen) != self._why_unseen:
                self._why_unseen = why
                if why:
                    self.shown.say_waiting(f"{why}{OPEN_AGAIN}")
