"""What is known of the runs of a folder, read by a thread of its own: first of those in sight, then of all others.

The files of thousands of runs take seconds, and a folder on a server may take as long as it likes: no key waits for
either. Invariant: what the screen reads is replaced as a whole, or a dictionary that only this thread writes to.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rnntui.config import spec
from rnntui.runs import Run, overview
from rnntui.runs.history import Column
from rnntui.runs.overview import FoundRun, RunGlance
from rnntui.sweeps.glance import MOST_READ, SweepGlance, answer_in, glance_of_sweep
from rnntui.system.errors import sentence
from rnntui.text import format

FOLDER_SECONDS = 1.0  # from one look at the folder to the next, at least
FOLDER_SHARE = 0.03  # of the time that such looks take at most: in one of thousands each is a tenth of a second
SIGHT_SECONDS = 0.5  # from one look at the runs in sight to the next
REST_SECONDS = 0.003  # between two runs that are out of sight, so that keys come first
QUIET_SECONDS = 0.4  # after a key of the filter
MOST_COURSES = 100  # curves in large that are kept

Glance = RunGlance | SweepGlance


@dataclass(frozen=True)
class Listed:
    """All runs of the folder, the newest first; or why there are none to be had."""

    found: tuple[FoundRun, ...] = ()
    problem: str = ""
    is_read: bool = False


class Catalogue:
    """The runs of a folder; `turn` is another number whenever something has become known."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.listed = Listed()
        self.turn = 0
        self._glances: dict[Path, Glance] = {}
        self._words: dict[Path, str] = {}  # what a filter looks through
        self._marks: dict[Path, tuple[float, ...]] = {}
        self._samples: dict[Path, str] = {}
        self._courses: dict[Path, Column] = {}
        self._old_courses: set[Path] = set()  # of runs that have gone on since
        self.draws_courses = False  # whether there is room for a curve in large
        self._looked_into: FoundRun | None = None
        self._in_sight: tuple[FoundRun, ...] = ()
        self._quiet_until = 0.0
        self._looks_at = 0.0  # not before that at the folder again
        self._unread: Iterator[FoundRun] = iter(())
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="runs of the folder", daemon=True)

    # --- the screen's side ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to read, if it has not begun."""
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """Read no more."""
        self._stop.set()
        self._wake.set()

    def look_again(self) -> None:
        """Look at the folder now."""
        self._looks_at = 0.0
        self._wake.set()

    def keep_quiet(self) -> None:
        """Leave runs that are out of sight alone for a moment: somebody types."""
        self._quiet_until = time.monotonic() + QUIET_SECONDS

    def show(self, in_sight: Sequence[FoundRun]) -> None:
        """These are in sight now: they come first."""
        if tuple(in_sight) != self._in_sight:
            self._in_sight = tuple(in_sight)
            self._wake.set()

    def glance(self, found: FoundRun) -> Glance | None:
        """What is known of a run, `None` where nothing is yet."""
        return self._glances.get(found.path)

    def sample(self, found: FoundRun) -> str:
        """What the network of a run wrote last, or what the runs of a sweep say, once `look_into` asked for it."""
        return self._samples.get(found.path, "")

    def course(self, found: FoundRun) -> Column | None:
        """The curve of a run in its unit, once it is read of the one that is looked into."""
        return self._courses.get(found.path)

    def look_into(self, found: FoundRun | None) -> None:
        """This is the run of which more is shown."""
        if found is not self._looked_into:
            self._looked_into = found
            self._wake.set()

    def words(self, found: FoundRun) -> str:
        """What a filter finds a run by, in small letters: its name, and once it is read what it learns, with which
        network, and how it stands.
        """
        return self._words.get(found.path) or found.name.lower()

    @property
    def is_all_known(self) -> bool:
        """Whether every run has been read."""
        return self.listed.is_read and len(self._glances) >= len(self.listed.found)

    # --- the thread's side ------------------------------------------------------------------------------------------

    def _work(self) -> None:
        sight_at = 0.0
        while not self._stop.is_set():
            now = time.monotonic()
            is_free = now >= self._quiet_until
            if now >= self._looks_at and (is_free or not self.listed.is_read):
                self._look_at_folder()
                took = time.monotonic() - now
                self._looks_at = now + max(FOLDER_SECONDS, took / FOLDER_SHARE)
            seen = self._in_sight
            for found in seen:
                if found.path not in self._glances:
                    self._read(found)
                    self._stop.wait(0.0 if is_free else REST_SECONDS)
            if is_free and now >= sight_at:
                sight_at = now + SIGHT_SECONDS
                self._look_at(seen)
            self._read_sample(self._looked_into)
            if is_free and self.draws_courses:
                self._read_course(self._looked_into)
            self._wake.wait(REST_SECONDS if is_free and self._read_another() else SIGHT_SECONDS)
            self._wake.clear()

    def _look_at_folder(self) -> None:
        try:
            found = tuple(overview.found_in(self.root))
        except OSError as error:
            self._list(Listed((), sentence(error), is_read=True))
            return
        there = {each.path for each in found}
        for gone in self._glances.keys() - there:
            del self._glances[gone]
            self._words.pop(gone, None)
        self._unread = iter(found)
        self._list(Listed(found, is_read=True))

    def _list(self, listed: Listed) -> None:
        if listed != self.listed:
            self.listed = listed
            self.turn += 1

    def _read_another(self) -> bool:
        """Read the newest run that was not read yet; whether there was one."""
        for found in self._unread:
            if found.path not in self._glances:
                self._read(found)
                return True
        return False

    def _read_sample(self, found: FoundRun | None) -> None:
        if found is None or found.path in self._samples:
            return
        if not found.is_sweep:
            self._samples[found.path] = overview.last_sample(Run(found.path))
        elif isinstance(glance := self._glances.get(found.path), SweepGlance):
            self._samples[found.path] = answer_in(found.path) if 0 < glance.ended <= MOST_READ else ""
        else:
            return
        self.turn += 1

    def _read_course(self, found: FoundRun | None) -> None:
        if found is None or found.is_sweep:
            return
        if found.path in self._courses and found.path not in self._old_courses:
            return
        glance = self._glances.get(found.path)
        if not isinstance(glance, RunGlance) or glance.settings is None:
            return
        import rnntui.tui.chart.drawing  # noqa: F401  here, so that the screen does not wait for NumPy when it draws

        self._old_courses.discard(found.path)
        about, column = spec(glance.settings), Column()
        for step, value in overview.course(Run(found.path), lambda row: overview.value_shown(about, row)):
            column.append(step, value)
        if len(self._courses) >= MOST_COURSES:
            self._courses.clear()
        self._courses[found.path] = column
        self.turn += 1

    def _look_at(self, seen: Sequence[FoundRun]) -> None:
        """Read again those in sight that were written to, or that train: a killed process writes nothing."""
        for found in seen:
            glance = self._glances.get(found.path)
            is_going = glance is not None and glance.is_going
            if is_going or self._marks.get(found.path) != overview.marks(found.path):
                self._read(found)

    def _read(self, found: FoundRun) -> None:
        self._marks[found.path] = overview.marks(found.path)
        glance: Glance = glance_of_sweep(found.path) if found.is_sweep else overview.glance(found)
        if glance != self._glances.get(found.path):
            self._samples.pop(found.path, None)
            self._old_courses.add(found.path)
            self._glances[found.path] = glance
            self._words[found.path] = _searched(found, glance)
            self.turn += 1


def _searched(found: FoundRun, glance: Glance) -> str:
    parts = [found.name]
    if isinstance(glance, SweepGlance):
        parts += ["sweep", *glance.tasks]
    elif glance.settings is not None:
        parts += [glance.settings.task, glance.corpus, format.network(glance.settings), glance.status.state]
        parts.append(glance.status.stands(spec(glance.settings)))
    else:
        parts.append(glance.status.state)
    return " ".join(parts).lower()
