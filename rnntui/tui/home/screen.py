"""All runs of a folder, to be found, compared and opened: the screen that `rnntui` alone opens."""

from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.events import Resize
from textual.geometry import Size
from textual.widgets import Input

from rnntui.runs.folders import option_for
from rnntui.runs.overview import FoundRun, RunGlance
from rnntui.runs.status import RESUMABLE
from rnntui.sessions.alerts import Alerts
from rnntui.text import format
from rnntui.text.ellipsis import elided
from rnntui.text.sanitize import one_line
from rnntui.tui.base import own_keys
from rnntui.tui.base.captured_output import CapturedOutput
from rnntui.tui.base.footer import Keys
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.labels import Caption, Words
from rnntui.tui.base.line import LineInput
from rnntui.tui.base.main_screen import TooSmall
from rnntui.tui.base.styles import styles_of
from rnntui.tui.home import run_line
from rnntui.tui.home.about import ABOUT
from rnntui.tui.home.catalogue import Catalogue, Glance, Listed
from rnntui.tui.home.filtering import ORDERS, filtered
from rnntui.tui.home.opening_screen import OpeningScreen
from rnntui.tui.home.preview import Preview
from rnntui.tui.home.run_list import RunList
from rnntui.tui.home.side_preview import SidePreview

TICK_SECONDS = 0.1
FIRST_SECONDS = 0.01  # from one look for the first list to the next
WIDE, HIGH = 150, 24  # of a screen that has room for more beside the list
NARROWEST, TALL = 80, 34  # of one that has room for it below the list, however long that is
AROUND_LIST, FREE = 7, 8  # rows that are not the list's where it has no such room, and that it leaves free where it has
MOST_BELOW = 0.6  # of the rows, for what is below a short list
MOST_WORDS, LONGEST_WORD = 4, 30  # of a filter that are named, and characters of one
AGE_TICKS = 10  # from one look at how long ago the run below was written to, to the next
FILTER_TICKS = 5  # from one filtering by what has become known to the next


class FilterLine(LineInput):
    """The line for the words that a run must have; each key acts at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("filter", "do", "submit", "to the list", "To the runs found", show=True, name="done"),
        bound("filter", "down", "screen.leave_filter", "down", "To the runs found"),
        bound("filter", "leave", "screen.clear_filter", "all runs", "Show all runs again", show=True, name="clear"),
    ]


_key = partial(bound, "home", show=True)


class HomeScreen(OpeningScreen):
    """The list of runs. It trains nothing: what is resumed here has a process of its own."""

    DEFAULT_CSS = styles_of(__file__)
    ABOUT = ABOUT
    SHOWS = "the runs"
    KEYS_OF = (RunList, FilterLine)
    BINDINGS: ClassVar[list[BindingType]] = [
        # Before all others, so that no letter of a word typed fast is still taken for a command.
        _key("type", "filter", "filter", "Show the runs that have the words you type", priority=True),
        _key("new", "new", "new run", "Open a form to start another run"),
        _key("resume", "resume", "resume", "Resume the run, or all that are chosen, in processes of their own"),
        _key("compare", "compare", "compare", "The curves of the runs that are chosen over each other"),
        _key("order", "order", "order", "Next order: newest first, by name, by task and figure, by state"),
        _key("delete", "delete", "delete", "Delete the run, or all that are chosen; it asks first"),
        _key("leave", "clear_filter", "all runs", "Show all runs again, and choose none", show=False),
        _key("help", "help", "help", "List the keys of this screen; typing finds one, Enter runs it"),
        _key("quit", "app.quit", "quit", "Quit; what trains goes on"),
    ]
    AUTO_FOCUS = "RunList"
    DEFAULT_CLASSES = "notes-below"  # over the preview: neither the heading nor a run is covered

    def __init__(self, root: Path, captured: CapturedOutput | None = None, alerts: Alerts | None = None) -> None:
        super().__init__(root, captured, alerts or Alerts())
        self.catalogue = Catalogue(root)
        self._order = next(iter(ORDERS))
        self._listed: Listed | None = None  # that is shown
        self._longest = 0  # cells of a name
        self._turn = self._ticks = 0
        self._can_resume = True  # as the footer has it

    def compose(self) -> ComposeResult:
        yield Words(id="heading")
        with Horizontal(id="filter", classes="absent"):
            yield Caption("/")
            yield FilterLine(placeholder="words of the name, task, text, network or state", id="typed")
        with Horizontal(id="runs"):
            yield RunList(self.catalogue.glance)
            yield Words(id="empty", classes="absent")
            yield SidePreview()
        yield Preview()
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self._say_heading()
        self.catalogue.start()
        self._show_first()
        self.set_interval(TICK_SECONDS, self.tick)

    def _show_first(self) -> None:
        """Show the runs as soon as they are found."""
        if self.catalogue.listed.is_read:
            self.tick()
        else:
            self.set_timer(FIRST_SECONDS, self._show_first)

    def on_unmount(self) -> None:
        self.catalogue.stop()

    # --- the clock --------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Show what the catalogue has found since."""
        self._ticks += 1
        runs, catalogue = self.query_one(RunList), self.catalogue
        catalogue.show(runs.in_sight)
        if catalogue.turn == self._turn:
            if self._ticks % AGE_TICKS == 0:
                self._tell()
            return
        is_news = catalogue.listed is not self._listed
        if is_news or (self._follows_glances and self._ticks % FILTER_TICKS == 0):
            self._turn = catalogue.turn
            self._show_runs()
        elif not self._follows_glances:
            self._turn = catalogue.turn
            runs.look_again()
        self._tell()

    @property
    def _follows_glances(self) -> bool:
        """Whether which runs are shown, or where, depends on what is read of them."""
        return bool(self._typed) or ORDERS[self._order] is not None

    @property
    def _typed(self) -> str:
        return self.query_one("#typed", Input).value

    def _show_runs(self) -> None:
        listed = self.catalogue.listed
        if listed is not self._listed:
            self._listed = listed
            self._longest = max((cell_len(run_line.safe(found.name)) for found in listed.found), default=0)
            self._lay_out(self.size)
        rows = filtered(self.catalogue, listed.found, self._typed, self._order)
        runs, empty = self.query_one(RunList), self.query_one("#empty", Words)
        runs.show(rows, self._longest)
        self.catalogue.show(runs.in_sight)
        runs.set_class(not rows, "absent")
        empty.set_class(bool(rows), "absent")
        if not rows:
            empty.update(self._why_empty(listed))
        self._say_heading()

    def _why_empty(self, listed: Listed) -> str:
        if not listed.is_read:
            return f"reading {self._root} …"
        if listed.problem:
            return listed.problem
        if listed.found:
            words = [f"'{elided(one_line(word), LONGEST_WORD)}'" for word in self._typed.split()]
            between = " and " if len(words) <= MOST_WORDS else ", "
            return (
                f"no run has {format.listed(words, between, MOST_WORDS)}: "
                f"{own_keys.key('home.all-runs')} shows all {len(listed.found):,} again"
            )
        train = f"`rnntui train{option_for(self._root)}`"
        return (
            f"There is no run in {str(self._root.absolute())!r} yet.\n\n"
            f"{own_keys.key('home.new-run')} opens a form to start one, and {train} starts two with what is usual: "
            "palindromes and a text."
        )

    def _say_heading(self) -> None:
        listed, chosen = self.catalogue.listed, len(self.query_one(RunList).chosen)
        sweeps = sum(found.is_sweep for found in listed.found)
        parts = ["rnntui", format.counted(len(listed.found) - sweeps, "run") if listed.is_read else "reading"]
        parts += [format.counted(sweeps, "sweep")] if sweeps else []
        if self._typed:
            parts.append(f"{len(self.query_one(RunList).rows):,} shown")
        parts += [f"{chosen:,} chosen"] if chosen else []
        parts += [self._order, str(self._root)]
        self.query_one("#heading", Words).update(
            " " + format.fitting(parts, max(20, self.size.width - 1)), layout=False
        )

    def _tell(self) -> None:
        here = self.query_one(RunList).here
        self.catalogue.look_into(here)
        glance, sample = (None, "") if here is None else (self.catalogue.glance(here), self.catalogue.sample(here))
        if self.catalogue.draws_courses:
            course = None if here is None else self.catalogue.course(here)
            self.query_one(SidePreview).tell(here, glance, sample, course)
        else:
            self.query_one(Preview).tell(here, glance, sample)
        if (can_resume := not self.why_useless("resume")) != self._can_resume:
            self._can_resume = can_resume
            self.refresh_bindings()

    def on_run_list_moved(self) -> None:
        self._say_heading()
        self._tell()

    def on_resize(self, event: Resize) -> None:
        self._lay_out(event.size)
        self._say_heading()
        self.call_after_refresh(self._tell)

    def _lay_out(self, size: Size) -> None:
        """Have the curve beside the list, or below it where that leaves room."""
        width, height = size
        runs = len(self.catalogue.listed.found)
        is_wide = width >= WIDE and height >= HIGH
        is_short = height < TALL and 0 < runs <= height - AROUND_LIST - FREE
        is_tall = not is_wide and width >= NARROWEST and (height >= TALL or is_short)
        self.set_class(is_wide, "-wide")
        self.set_class(is_tall, "-tall")
        below = max(FREE + AROUND_LIST - 2, min(height - 2 - runs, int(MOST_BELOW * height)))
        self.query_one(SidePreview).styles.height = below if is_tall and height < TALL else None
        self.catalogue.draws_courses = is_wide or is_tall

    # --- which runs are shown ---------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        self.query_one("#filter").remove_class("absent")
        self.set_focus(self.query_one("#typed", Input))

    def action_leave_filter(self) -> None:
        self.query_one("#filter").set_class(not self._typed, "absent")
        self.query_one(RunList).focus()

    def action_clear_filter(self) -> None:
        if not self._typed:
            self.query_one(RunList).choose_none()
        self.query_one("#typed", Input).clear()
        self.action_leave_filter()
        self._say_heading()
        self._tell()

    @on(Input.Changed, "#typed")
    def apply_filter(self) -> None:
        self.catalogue.keep_quiet()
        self._show_runs()
        self._tell()

    @on(Input.Submitted, "#typed")
    def leave_filter(self) -> None:
        self.action_leave_filter()

    def action_order(self) -> None:
        names = list(ORDERS)
        self._order = names[(names.index(self._order) + 1) % len(names)]
        self._show_runs()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.is_closed and (action != "filter" or not isinstance(self.focused, Input))

    def why_useless(self, action: str) -> str:
        """Nothing is resumed of runs that are finished or trained."""
        why = ""
        for found in self.wanted if action == "resume" else ():
            glance = self.catalogue.glance(found)
            if not isinstance(glance, RunGlance) or glance.settings is None or glance.status.state in RESUMABLE:
                return ""
            why = why or self.why_not_resumed(found.name, glance)
        return why

    # --- what is opened ---------------------------------------------------------------------------------------------

    @property
    def wanted(self) -> tuple[FoundRun, ...]:
        return self.query_one(RunList).wanted

    def glance_here(self) -> Glance | None:
        here = self.query_one(RunList).here
        return None if here is None else self.catalogue.glance(here)

    def on_run_list_opened(self) -> None:
        self.open_wanted()

    def take_back(self) -> None:
        self.query_one(RunList).choose_none()
        self._say_heading()
        self.catalogue.look_again()
