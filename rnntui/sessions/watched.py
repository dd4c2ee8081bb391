"""A run as its folder tells it, whoever writes there: a process of this machine, of a cluster's node, or a copy that
grows as it arrives. Nothing can be asked of it.

Invariant: it reads only, and of each file only what was appended.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from rnntui.probes import ReadingQuestion, View
from rnntui.runs import Run, changes, live, rows_in_force
from rnntui.runs.logged import clip_at
from rnntui.runs.rows import JOURNAL, METRICS, SAMPLES
from rnntui.runs.tail import RowsTail
from rnntui.schemas import JournalRow, MetricsRow, Row, SampleRow, number
from rnntui.sessions.contract import SAMPLES_KEPT, Session, TrainingCurves, TrainingSample
from rnntui.sessions.marks import marks_of
from rnntui.sessions.speed import RecentSpeed
from rnntui.system.errors import sentence
from rnntui.system.failures import explain

if TYPE_CHECKING:
    from rnntui.core.generation.loading import TextNetwork
    from rnntui.sessions.contract import Loan

LOOK_SECONDS = 0.3  # from one look at the files to the next
STATUS_SECONDS = 1.0  # from one look at all that is known of the run to the next
ONLY_LOOKS = "this window only looks on (--watch): `rnntui attach {}` without it has the keys"
NOTHING_MEASURED = "this window reads the run's files alone (--watch), and there is no network to measure in them: {}"
WHERE_TRAINED = "`rnntui attach {}` shows it, on the machine that trains the run"
FROM_LIST = "`rnntui` alone lists all runs, and opens this one with the network of a checkpoint"
RowOf = TypeVar("RowOf", bound=Row)


class _Tail(RowsTail[RowOf]):
    """Gives each new row to `take`, after `restart` where the file is another one."""

    def __init__(
        self, file: Path, kind: type[RowOf], restart: Callable[[], object], take: Callable[[RowOf], object]
    ) -> None:
        self._restarted, self._taken = restart, take
        super().__init__(file, kind)

    def _restart(self) -> None:
        self._restarted()

    def _append(self, row: RowOf) -> None:
        self._taken(row)


class WatchedSession(Session):
    """The run as its files have it, a row each ten steps, with the samples and what the journal says was done."""

    looks_only = True
    REFUSAL: ClassVar[str] = ONLY_LOOKS

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.status = replace(self.status, sentence="reading its files")
        self._unit = self.spec.unit.size
        self._stop = threading.Event()
        self._curves = TrainingCurves()
        self._newest_row: MetricsRow | None = None
        self._last, self._seconds = 0, 0.0  # its step, and the seconds of training up to it
        self._steps_per_second = 0.0
        self._samples: deque[TrainingSample] = deque(maxlen=SAMPLES_KEPT)
        self._journal: list[JournalRow] = []
        self._clips = [(0, self.settings.clip)]  # the steps after which the clip was another
        self._speed = RecentSpeed()
        self._thread = threading.Thread(target=self._follow, name=f"watch {run.name}", daemon=True)

    def stop(self) -> None:
        self._stop.set()

    # --- what cannot be asked ---------------------------------------------------------------------------------------

    @property
    def why_not_asked(self) -> str:
        return self.REFUSAL.format(self.run.name)

    def _refuse(self) -> None:
        if self.why_not_asked not in self.notes:
            self._note(self.why_not_asked)

    def end(self) -> None:
        self._refuse()

    def pause(self, paused: bool) -> None:
        self._refuse()

    def save(self) -> None:
        self._refuse()

    def change(self, event: str, value: float) -> None:
        self._refuse()

    def set_temperature(self, temperature: float) -> None:
        self._refuse()

    def go_back(self, step: int | None = None) -> None:
        self._refuse()

    def ask(self, prompt: str, temperature: float) -> None:
        self._refuse()

    def lend(self) -> "queue.SimpleQueue[Loan]":
        answer: queue.SimpleQueue[Loan] = queue.SimpleQueue()
        answer.put(self._newest)
        return answer

    def _newest(self) -> "TextNetwork":
        from rnntui.core.generation.loading import read_network

        return read_network(self.run)

    @property
    def why_no_view(self) -> str:
        is_trained = self.status.run.state in ("loading", "running", "paused")
        return NOTHING_MEASURED.format(WHERE_TRAINED.format(self.run.name) if is_trained else FROM_LIST)

    def watch(self, view: View | None, *, question: ReadingQuestion | None = None) -> None:
        """No view is to be had without the network."""

    # --- the thread's side ------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        path = self.run.path
        metrics = _Tail(path / METRICS, MetricsRow, self._restart_curves, self._take_row)
        samples = _Tail(path / SAMPLES, SampleRow, self._samples.clear, self._take_sample)
        journal = _Tail(path / JOURNAL, JournalRow, self._journal.clear, self._take_event)
        looked_at = -STATUS_SECONDS
        while not self._stop.is_set():
            if journal.poll():  # before the rows that what it says has led to
                journal.read()
                self._clips = [(0, self.settings.clip), *changes(self._journal, "clip")]
                self.marks = marks_of(rows_in_force(iter(self._journal)), self.settings)
            metrics.read()
            is_new = self._publish_curves()
            if samples.poll():
                samples.read()
                self.samples = tuple(self._samples)
            for tail in (metrics, samples, journal):
                if tail.damage and tail.damage not in self.notes:
                    self._note(tail.damage)
            if is_new or time.monotonic() - looked_at >= STATUS_SECONDS:
                looked_at = time.monotonic()
                self._look()
            self._stop.wait(LOOK_SECONDS)

    def _restart_curves(self) -> None:
        self._curves, self._last, self._seconds = TrainingCurves(), 0, 0.0
        self._speed = RecentSpeed()

    def _take_row(self, row: MetricsRow) -> None:
        if row.step <= self._last:
            return
        seconds = number(row.seconds)
        if seconds > self._seconds:
            self._steps_per_second = self._speed.after(row.step - self._last, seconds - self._seconds)
            self._seconds = seconds
        self._last, self._newest_row = row.step, row
        self._curves.add(row, self._unit, clip_at(self._clips, row.step))

    def _publish_curves(self) -> bool:
        is_new = self.curves is not self._curves or self.status.run.step != self._last
        self.curves = self._curves
        return is_new

    def _take_sample(self, row: SampleRow) -> None:
        self._samples.append(TrainingSample(row.step, row.text, row.warmth, row.surprisal))

    def _take_event(self, row: JournalRow) -> None:
        self._journal.append(row)

    def _look(self) -> None:
        """Read what else is known of the run: whether it trains and what was saved."""
        try:
            config, summary = self.run.config(), self.run.summary()
        except FileNotFoundError:
            self._say_gone(f"the folder of run {self.run.name!r} is gone")
            return
        except (ValueError, OSError) as error:
            self._say_gone(str(error) if isinstance(error, ValueError) else sentence(error))
            return
        with suppress(ValueError):
            self.settings = self.run.settings()
        self.baselines = self.baselines or {
            name: (loss / self._unit, number(accuracy)) for name, (loss, accuracy) in config.baselines.items()
        }
        row, run = self._newest_row, summary.status
        is_here = run.state == "running"
        step = max(run.step, self._last)
        self.status = replace(
            self.status,
            run=replace(run, step=step, steps_per_second=self._steps_per_second if is_here or row else None),
            sentence=self._in_words(run.state),
            learning_rate=number(row.learning_rate) if row else self.status.learning_rate,
            gradient_norm=number(row.gradient_norm) if row else self.status.gradient_norm,
            clip=self.settings.clip,
            kernel=config.kernel,
            device=config.device,
            parameters=config.parameters or 0,
            saved_step=max(self.run.steps_saved(whole=True), default=None),
        )

    def _in_words(self, state: str) -> str:
        if state == "running":
            found = live.address(self.run)
            by = "" if found is None else f", trained by {found.in_words()}"
            return f"looking on{by}"
        if state in ("stopped", "lost"):
            return "looking on; no process of this machine trains it now"
        return ""

    def _say_gone(self, why: str) -> None:
        self.error = ValueError(why)
        self.status = replace(self.status, run=replace(self.status.run, state="failed"), sentence=explain(self.error))
