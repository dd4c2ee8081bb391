"""The text in front of a network in training, coloured by the state of one unit, and the units by what they follow."""

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from rnntui.probes import Insight, Reading, ReadingQuestion, UnitName
from rnntui.sessions.contract import Session
from rnntui.text.sanitize import one_line
from rnntui.tui.base.grammar import GRAMMAR, BoundKey, bound
from rnntui.tui.base.styles import styles_of
from rnntui.tui.dialogs.ask_text import AskText
from rnntui.tui.training.reading_asked import ReadingAsked, check_feature, check_unit
from rnntui.tui.training.reading_list import UnitList
from rnntui.tui.training.reading_sheet import ReadingSheet, UnitSelection
from rnntui.tui.training.reading_text import ReadingText
from rnntui.tui.training.view import LAYER, RunView, ViewKey

STATE = ViewKey(
    "state",
    "state",
    "Show the units of the next state: h, the output, or c, the cell",
    "next_state",
    "there is no other state to show: {laboratory.reading} shows those that the cell has",
)
LOOKING = "looking for places like this one"
NONE_YET = "no units are shown yet: {laboratory.reading} shows them"


def _key(means: str, action: str, label: str, words: str, *, show: bool = False) -> BoundKey:
    return bound("reading", means, action, label, words, show=show, name=GRAMMAR[means].keys, column="Views")


ABOUT = """
Text that the network never trains on (of other tasks a sequence a line), each character coloured by the state of one
unit after it: blue where it is below 0, orange above, with the scale to the right. Below are the units with what they
follow best (inside quotes, position in line, after a blank, …), its correlation *r* with their state, and the state
around the cursor as bars. `↑` `↓` choose a unit, `←` `→` move through the text, `u` and `h` go to the next layer and
state, `o` orders the units, also by their mutual information in *bits*, which a correlation may miss, and `f` ranks
them by a regular expression. `E` lists a unit that you name, whatever it follows. Enter looks for the ten places in the
text where the unit is most as it is at the cursor, Enter again for those where all units of its layer are.
"""


class ReadingView(RunView):
    """The reading last measured. What is selected stays when a new one comes."""

    ABOUT = ABOUT
    DEFAULT_CSS = styles_of(__file__)
    KEYS = (
        ViewKey(
            "reading",
            "reading",
            "Show the text coloured by one unit's state, and the units by what they follow",
            show=True,
        ),
        LAYER,
        STATE,
        ViewKey(
            "order",
            "order",
            "Order the units: strongest, one a feature, mutual information, number",
            "order",
            NONE_YET,
        ),
        ViewKey(
            "feature",
            "feature",
            "Rank the units by a regular expression; an empty one ends that",
            "ask_feature",
            NONE_YET,
        ),
        ViewKey(
            "exact",
            "unit",
            "Type a unit by layer, state and number, to list it whatever it follows",
            "ask_unit",
            NONE_YET,
        ),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("up", "unit(-1)", "unit above", "Shade the text by the unit above", show=True),
        _key("down", "unit(1)", "unit below", "Shade the text by the unit below", show=True),
        _key("left", "move(-1)", "back", "Go back a character in the text that is read"),
        _key("right", "move(1)", "on", "Go on a character in the text that is read"),
        _key("home", "end_of_text(-1)", "beginning", "Go to the beginning of the text that is read"),
        _key("end", "end_of_text(1)", "end of text", "Go to the end of the text that is read"),
        _key("page up", "line(-1)", "line back", "Go back a line in the text that is read"),
        _key("page down", "line(1)", "line on", "Go on a line in the text that is read"),
        _key(
            "do",
            "similar",
            "similar places",
            "Where else the unit is as it is at the cursor; again: where all of its layer are",
            show=True,
        ),
        _key("leave", "leave_places", "to the units", "Back from the places to the units", show=True),
    ]
    MEASURES = "reading"
    WAITING = "measuring what the units follow"
    IS_TALL = True

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.text, self.units = ReadingText(self.WAITING), UnitList()
        self._reading: Reading | None = None
        self._selection = UnitSelection()
        self._asked = ReadingAsked()
        self._waiting = self.WAITING
        self._shown_why = ""  # the question has no answer

    def compose(self) -> ComposeResult:
        yield self.text
        yield self.units

    @property
    def sheet(self) -> ReadingSheet | None:
        """What is shown."""
        if self._reading is None or not self._reading.tracks:
            return None
        return ReadingSheet(self._reading, self._selection)

    @property
    def chosen(self) -> UnitName | None:
        """The unit that shades the text; `None` while there is none."""
        sheet = self.sheet
        if sheet is None:
            return None
        track = sheet.track(sheet.chosen)
        return UnitName(track.layer, track.state, track.unit)

    def take(self, seen: Insight | None) -> None:
        if self._why_unanswered != self._shown_why:
            self._show()
        if seen is self._reading or not isinstance(seen, Reading):
            return  # what was measured before stays until there is something new
        is_first, self._reading = self._reading is None, seen
        if is_first and (sheet := self.sheet) is not None:
            self._selection = replace(self._selection, place=sheet.telling_place())
        self._show()

    def say_waiting(self, words: str) -> None:
        self._waiting = words
        self._show()

    def take_focus(self) -> None:
        self.text.focus()

    # --- keys -------------------------------------------------------------------------------------------------------

    def next_layer(self) -> bool:
        """List the units of the next layer; returns whether there is one."""
        sheet = self.sheet
        if sheet is not None:
            self._select(sheet.next_layer())
        return self.session.settings.layers > 1

    def does(self, key: ViewKey) -> bool:
        return super().does(key) and (key is not STATE or self.sheet is None or self.sheet.has_other_states)

    def next_state(self) -> bool:
        """List the units of the next state; returns whether there is one."""
        sheet = self.sheet
        if sheet is None or not sheet.has_other_states:
            return False
        self._select(sheet.next_state())
        return True

    def order(self) -> bool:
        """List the units in the next order; returns whether any were listed."""
        sheet = self.sheet
        if sheet is not None:
            self._select(sheet.next_order())
        return sheet is not None

    def ask_feature(self) -> bool:
        """Ask for a regular expression to rank the units by."""
        question = "regular expression of the characters that units should follow; empty: the features of the table"
        self.app.push_screen(AskText(question, self._asked.question.feature, check_feature), self._take_feature)
        return True

    def _take_feature(self, expression: str | None) -> None:
        if expression is not None and expression != self._asked.question.feature:
            self._selection = replace(self._selection, unit=None)
            self._asked.rank_by(expression)
            self._ask()

    def ask_unit(self) -> bool:
        """Ask for a unit by its name; returns whether there are any."""
        if (sheet := self.sheet) is None:
            return False
        question = "unit to shade the text by: layer, state and number"
        asked = AskText(question, str(self.chosen), lambda typed: check_unit(typed, sheet.units))
        self.app.push_screen(asked, self._take_unit)
        return True

    def _take_unit(self, typed: str | None) -> None:
        if typed is not None and (name := UnitName.typed(typed)) is not None:
            self._selection = replace(self._selection, group=(name.layer, name.state), unit=name.unit)
            self._asked.name(name)
            self._ask()

    def action_unit(self, by: int) -> None:
        if self._asked.is_of_places:
            self.units.scroll_places(by)
        elif (sheet := self.sheet) is not None:
            self._select(sheet.other_unit(by))

    def action_move(self, by: int) -> None:
        if (sheet := self.sheet) is not None:
            self._select(sheet.moved(by))

    def action_end_of_text(self, end: int) -> None:
        if (sheet := self.sheet) is not None:
            self._select(sheet.moved(end * len(sheet.reading.text)))

    def action_line(self, by: int) -> None:
        if (sheet := self.sheet) is not None:
            self._select(sheet.moved(by * max(1, self.text.size.width)))

    def on_reading_text_pointed(self, event: ReadingText.Pointed) -> None:
        """Go to the place that was clicked."""
        event.stop()
        if (sheet := self.sheet) is not None:
            self._select(replace(sheet.selection, place=event.place))

    def action_similar(self) -> None:
        if (sheet := self.sheet) is not None:
            self._asked.like(sheet.place, sheet.track(sheet.chosen))
            self._ask()

    def action_leave_places(self) -> None:
        self._asked.leave_places()
        self._ask()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "leave_places" or self._asked.is_of_places

    # --- what is asked and shown ------------------------------------------------------------------------------------

    @property
    def question(self) -> ReadingQuestion | None:
        return self._asked.question if self._asked.question != ReadingQuestion() else None

    @property
    def _why_unanswered(self) -> str:
        """Why the present question has no answer, as far as it is known."""
        told = self.session.unanswered
        return told[1] if told is not None and told[0] == self._asked.question else ""

    def _ask(self) -> None:
        if not self.has_class("absent"):
            self.session.watch("reading", question=self.question)
        self._show()

    def _select(self, selection: UnitSelection) -> None:
        self._selection = selection
        if self._asked.is_of_places:
            self.action_leave_places()
        self._show()

    def _show(self) -> None:
        sheet, asked, reading, why = self.sheet, self._asked, self._reading, self._why_unanswered
        self._shown_why = why
        self.text.show(sheet, self._waiting)
        self.units.show(sheet, "" if reading is None else asked.note(reading, why))
        if asked.is_of_places and reading is not None:
            question, is_answered = asked.question, asked.is_answered_by(reading)
            what = "the whole of this state" if not question.unit else f"unit {question.unit}"
            found = f"where else {what} is as it is here, layer {question.layer}, {question.state}"
            self.units.show_places(
                reading if is_answered else None, found if is_answered else one_line(why) or f"{LOOKING} …"
            )
