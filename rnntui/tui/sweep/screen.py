"""The screen of a sweep: one cell for each run, updated while worker processes train, and details of the selected run.

The screen's clock polls the pool, even while another screen is on top; whatever ends the screen closes the pool.
"""

import math
import time
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.events import Resize

from rnntui.config import SOLVED, WINDOW
from rnntui.runs import METRICS, next_commands
from rnntui.sweeps import answer
from rnntui.sweeps.pool import JobStatus, Pool
from rnntui.sweeps.standing import StandingWriter, WatchedPool
from rnntui.text import format
from rnntui.text.sanitize import shown_text
from rnntui.tui.base.footer import Keys
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.labels import Words
from rnntui.tui.base.main_screen import MainScreen, TooSmall
from rnntui.tui.base.styles import styles_of
from rnntui.tui.compare.screen import CompareScreen
from rnntui.tui.sweep import run_cell
from rnntui.tui.sweep.failures import GRAVE, Failures, reason
from rnntui.tui.sweep.live_answer import LiveAnswer
from rnntui.tui.sweep.run_curves import RunCurves
from rnntui.tui.sweep.run_detail import detail
from rnntui.tui.sweep.run_table import spares
from rnntui.tui.sweep.runs_grid import RunsGrid
from rnntui.tui.sweep.state_counts import StateCounts
from rnntui.tui.training.screen import TICK_SECONDS

ROWS_WITH_CHART, ROWS_WITH_WORDS = 30, 20  # of the terminal, from which on there is a chart, and a sentence
DETAIL_ROWS = 3  # of the screen, the name included
COLUMNS_BESIDE, ROWS_BESIDE = 2, 8  # of a low screen that are not the grid's
GAP = " · "
READ_SECONDS, READ_SHARE = 1.0, 0.02  # from one look into files of curves to the next, and of the time at most
DRAWN_SHARE = 0.05  # of the time goes into what is drawn at most, however many runs there are

ABOUT = f"""
# What you see

Each **cell** is one run of the sweep; its position shows its settings. The number is its accuracy: the mean over the
last 100 batches while it trains, and on examples it was not trained on once it is done. Where there is room, the cell
also says how fast it goes, how long it will take, at which step it had solved its task (a mean accuracy of {SOLVED}
over its last {WINDOW} batches), and the course of its accuracy as bars; of a text that of its loss. The further the
ground of a score is from that of the screen, the better it is: from 0 to 1, or, for a text, from the worst of all
runs to the best.

| sign | the run |
|---|---|
| `·` | is waiting |
| `▁` … `█` | is training; the sign fills up |
| `✓` | has solved its task |
| `↓` | had solved its task, and gives wrong answers again at its end |
| `○` | has taken all its steps without solving its task; on fresh examples it may do better than that |
| `!` | diverged: its loss is no longer finite |
| `✗` | failed; `w` shows why |
| `-` | is not needed: the search is decided without it |

Where there is room, a **chart** has the mean score so far along an axis, a letter for each line. Where a mean is of
several runs, such as seeds, a bar goes through its point, from the lowest of their scores to the highest. The bars
of all lines stand beside each other in the order of the letters; where they have no room, the line of the selected
run has bars alone. Above the chart are mean, lowest and highest at the place of the selected run, or where the
mouse points. On a low screen there is a bar for each mean instead. The bold sentence says how far each line solves
its task where that becomes another along the axis, such as a longer one, else which settings are the best. Below it
are details of the **selected** run, and the mean, least and highest score over the seeds of its settings. Leaving
loses nothing: every run is saved, and the same command resumes the sweep.
"""


_key = partial(bound, "sweep", show=True)


class SweepScreen(MainScreen):
    """The runs of a pool. It starts the pool's workers, and leaves it to the caller to close them."""

    DEFAULT_CSS = styles_of(__file__)
    ABOUT = ABOUT
    SHOWS = "the runs"
    TRAINS = True
    KEYS_OF = (RunsGrid,)
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("messages", "failures", "failures", "Show which runs failed, and why"),
        _key("help", "help", "help", "List the keys of this screen; typing finds one, Enter runs it"),
        _key("quit", "app.quit", "quit", "Save all runs and quit"),
    ]
    AUTO_FOCUS = "RunsGrid"

    def __init__(self, pool: Pool | WatchedPool) -> None:
        """A pool that this process drives, or one that it looks at."""
        super().__init__()
        self.pool = pool
        self._standing = StandingWriter(pool) if isinstance(pool, Pool) else None
        self._said: dict[str, str] = {}  # by the id of the widget that shows it
        self._draws_at = self._reads_at = 0.0  # not before that
        self._curves = RunCurves(pool.sweep)
        self._has_failed = False  # as the footer has it
        self._figure_for: object = None  # what the present figure was chosen for

    def compose(self) -> ComposeResult:
        yield Words(id="title")
        yield Words(id="heading")
        with Vertical():
            yield RunsGrid(self.pool.sweep.plan)
            yield LiveAnswer(self.pool.sweep.plan)
        yield StateCounts()
        yield Words(id="detail")
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        plan = self.pool.sweep.plan
        self._say("title", f"rnntui · {self.pool.sweep.name} · {plan.heading}")
        self._draw()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """Start the workers, now that the first frame is on the screen."""
        self.tick()
        self.set_interval(TICK_SECONDS, self.tick)

    # --- the clock --------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Poll the workers and draw what changed."""
        self.pool.poll()
        news = self.pool.news()
        for sentence in news:
            self.notify(shown_text(sentence))
        if self._standing is not None:
            self._standing.tell(news)
        if time.monotonic() >= self._draws_at or self.pool.is_over:
            self._draw()
        if self.pool.failure is not None:
            self.app.exit()

        if time.monotonic() >= self._reads_at:
            self._read_curves()

    def _read_curves(self) -> None:
        """Have the courses of what is in sight read; the next drawing shows them."""
        stale = self._curves.stale(self.query_one(RunsGrid).in_sight)
        if stale:
            self._reads_at = math.inf  # not while they are read
            self.run_worker(partial(self._read, stale), thread=True, name="courses")

    def _read(self, statuses: Sequence[JobStatus]) -> None:
        """Runs in a thread."""
        began = time.thread_time()
        self._curves.read(statuses)
        self._reads_at = time.monotonic() + max(READ_SECONDS, (time.thread_time() - began) / READ_SHARE)

    def end(self) -> None:
        """Called once the pool is closed."""
        if self._standing is not None:
            self._standing.close()

    def _draw(self) -> None:
        began = time.thread_time()
        statuses = self.pool.statuses
        self.query_one(RunsGrid).show(statuses, self._curves.courses)
        self.query_one(LiveAnswer).show(statuses, self._selected())
        self.query_one(StateCounts).show(statuses.values())
        self._say("heading", heading(self.pool))
        self._say_detail()
        self._choose_figure()
        if (has_failed := bool(self._failed)) != self._has_failed:
            self._has_failed = has_failed
            self.refresh_bindings()
        self._draws_at = time.monotonic() + max(0.0, (time.thread_time() - began) / DRAWN_SHARE - TICK_SECONDS)

    def _choose_figure(self) -> None:
        """On a low screen, bars in place of the chart, unless runs would go out of sight for them."""
        live, statuses = self.query_one(LiveAnswer), self.pool.statuses
        rows = live.rows_of_bars if self.has_class("low") and not self.has_class("lowest") else 0
        known = rows, self.size, len(statuses)
        if known == self._figure_for:
            return
        self._figure_for = known
        width, height = self.size.width - COLUMNS_BESIDE, self.size.height - ROWS_BESIDE
        points = {name: status.job.point for name, status in statuses.items()}
        live.set_class(rows > 0 and spares(self.pool.sweep.plan, points, width, height, rows), "with-bars")

    def _say_detail(self) -> None:
        status = self._selected()
        if status is not None:
            told, over_seeds = detail(status), answer.over_seeds(status, self.pool.statuses.values())
            self._say("detail", "\n".join(detail_rows(told, over_seeds, self.size.width - 2)))

    def on_resize(self, event: Resize) -> None:
        is_low = event.size.height < ROWS_WITH_CHART
        self.set_class(is_low, "low")
        self.set_class(not is_low and self.query_one(LiveAnswer).has_chart, "charted")
        self.set_class(event.size.height < ROWS_WITH_WORDS, "lowest")
        self.call_after_refresh(self._choose_figure)

    def on_runs_grid_selected(self) -> None:
        self._say_detail()
        self.query_one(LiveAnswer).show(self.pool.statuses, self._selected())

    def _say(self, where: str, words: str) -> None:
        if self._said.get(where) != words:
            self._said[where] = words
            self.query_one(f"#{where}", Words).update(words, layout=False)

    def _selected(self) -> JobStatus | None:
        return self.pool.statuses.get(self.query_one(RunsGrid).selected)

    # --- commands ---------------------------------------------------------------------------------------------------

    def on_runs_grid_opened(self) -> None:
        status = self._selected()
        assert status is not None
        run = self.pool.sweep.run(status.job)
        if not (run.path / METRICS).exists():
            self.notify(f"{run.path.name} has no curves: it {_without_curves(status)}")
            return
        try:
            self.ask(CompareScreen([run], "accuracy"))
        except ValueError as error:
            self.notify(str(error), severity="error")

    @property
    def _failed(self) -> list[JobStatus]:
        return [status for status in self.pool.statuses.values() if status.run.state in GRAVE]

    def why_useless(self, action: str) -> str:
        return "no run has failed" if action == "failures" and not self._failed else ""

    def action_failures(self) -> None:
        if why_not := self.why_useless("failures"):
            self.notify(why_not)
        else:
            self.ask(Failures(self._failed))


# --- in words -------------------------------------------------------------------------------------------------------


def heading(pool: Pool | WatchedPool) -> str:
    """How far the sweep is: `12/60 runs · 1 failed · 2.4k steps/s · 7 min left · cpu`, and what it waits for."""
    looks = [look for status in pool.statuses.values() if (look := run_cell.look(status)) != "dropped"]
    done, failed = sum(look in run_cell.OVER for look in looks), looks.count("failed")
    so_far = " so far" if pool.sweep.plan.search is not None and not pool.is_over else ""
    parts = [f"{done}/{len(looks)} runs{so_far}", *([f"{failed} failed"] if failed else [])]
    if pool.is_over:
        return " · ".join([*parts, "all done: q quits"])
    if isinstance(pool, WatchedPool) and not pool.is_driven:
        way_on = f"{next_commands.sweep_resumed_by(pool.sweep.path)} resumes it"
        return " · ".join([*parts, f"no process drives it: {way_on}"])
    if pool.doing:
        parts.append(pool.doing)
    parts.append(f"{format.count(pool.steps_per_second)} steps/s")
    if math.isfinite(left := pool.seconds_left):
        parts.append(f"{format.duration(left)} left")
    return " · ".join([*parts, *(part for part in (pool.device, pool.size) if part)])


def detail_rows(told: str, over_seeds: str, width: int) -> list[str]:
    """Details of a run in rows, and what is known over seeds: behind its name, or before its figures if there is room
    for them without the time that it took.
    """
    first, _, rest = told.partition("\n")
    figures = rest.split(GAP)
    if over_seeds and cell_len(f"{first}{GAP}{over_seeds}") <= width:
        first, over_seeds = f"{first}{GAP}{over_seeds}", ""
    choices = [[over_seeds, *figures], [over_seeds, *figures[:-1]]] if over_seeds else []
    rows = [format.in_rows(choice, width, len(GAP), cell_len) for choice in [*choices, figures]]
    chosen = next((each for each in rows if len(each) < DETAIL_ROWS), rows[-1])
    return [first, *map(GAP.join, chosen)]


def _without_curves(status: JobStatus) -> str:
    if status.run.state == "failed":
        return f"failed: {reason(status)}"
    return "is not needed" if status.run.state == "dropped" else "has not started"
