"""What can be done with the runs that were chosen in the list: open, resume and compare them, and begin another.

It trains nothing: what is resumed or begun here has a process of its own, and the screens over the list are windows.
"""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from rnntui.config import Settings
from rnntui.runs import Run, making, next_commands
from rnntui.runs.overview import FoundRun, RunGlance
from rnntui.sessions.alerts import Alerts
from rnntui.sessions.attached import begin_detached
from rnntui.sessions.contract import Session
from rnntui.system.failures import explain
from rnntui.system.folder import NEVER
from rnntui.text import format
from rnntui.tui.base import own_keys
from rnntui.tui.base.captured_output import CapturedOutput
from rnntui.tui.base.main_screen import MainScreen
from rnntui.tui.dialogs.choose import Choose
from rnntui.tui.home import opening
from rnntui.tui.home.catalogue import Glance
from rnntui.tui.home.laboratory import OpenedRuns
from rnntui.tui.training.form import NewRun, NewRunForm
from rnntui.tui.training.what_next import harder_than


class OpeningScreen(MainScreen):
    """A screen that knows which runs are wanted."""

    def __init__(self, root: Path, captured: CapturedOutput | None, alerts: Alerts) -> None:
        super().__init__()
        self.begun: list[Run] = []  # those that processes of their own train since this screen had it so
        self.sessions: list[Session] = []  # of the training screens that were opened
        self._root, self._captured, self._alerts = root, captured, alerts

    @property
    @abstractmethod
    def wanted(self) -> tuple[FoundRun, ...]:
        """The runs that were chosen, else the one under the cursor."""

    @abstractmethod
    def glance_here(self) -> Glance | None:
        """What is known of the run under the cursor."""

    @abstractmethod
    def take_back(self) -> None:
        """A screen over this one was closed."""

    # --- opening ----------------------------------------------------------------------------------------------------

    def open_wanted(self) -> None:
        """Open the runs that are wanted together, or the sweep; what could be trained on is asked about over them."""
        wanted = self.wanted
        if len(wanted) == 1 and wanted[0].is_sweep:
            self._open_sweep(wanted[0])
            return
        if (chosen := self._to_open(wanted)) is None:
            return
        self._look_at(chosen)

    def action_resume(self) -> None:
        if len(self.wanted) == 1 and self.wanted[0].is_sweep:
            self.notify(f"{next_commands.sweep_resumed_by(self.wanted[0].path)} resumes it, with --detach unseen")
            return
        chosen = self._to_open(self.wanted)
        if chosen is None or not chosen.runs:
            return
        if chosen.idle:
            self._train_on(chosen)
        else:
            run, glance = chosen.runs[0]
            self.notify(self.why_not_resumed(run.name, glance), timeout=4)

    def why_not_resumed(self, name: str, glance: RunGlance) -> str:
        """A sentence about a run that is finished or trained, with what helps."""
        open_, new = own_keys.key("run-list.open"), own_keys.key("home.new-run")
        return f"run {name} is {glance.status.state}: {open_} opens it, {new} starts another"

    def _to_open(self, wanted: Sequence[FoundRun]) -> opening.ToOpen | None:
        try:
            return opening.to_open(wanted)
        except ValueError as error:
            self.notify(str(error), severity="warning", timeout=8)
            return None

    def _train_on(self, chosen: opening.ToOpen) -> None:
        self.notify(f"starting {format.listed([run.name for run in chosen.idle], most=3)} …", timeout=3)
        self.run_worker(partial(self._resume, chosen), thread=True, name="resume", exclusive=True)

    def _resume(self, chosen: opening.ToOpen) -> None:
        """Runs in a thread: each process needs a moment to take its run up."""
        sessions, idle = [], chosen.idle
        for run, glance in chosen.runs:
            try:
                sessions.append(opening.resume(run, self._alerts) if run in idle else opening.look_at(run, glance))
            except ValueError as error:
                self.app.call_from_thread(self.notify, str(error), severity="error", timeout=10)
            else:
                self.begun += [run] if run in idle else []
        if sessions:
            self.app.call_from_thread(self._show, sessions)

    def _look_at(self, chosen: opening.ToOpen) -> None:
        try:
            sessions = [opening.look_at(run, glance) for run, glance in chosen.runs]
        except (ValueError, OSError) as error:
            self.notify(explain(error), severity="error", timeout=8)
            return
        self._show(sessions, chosen)

    def _show(self, sessions: Sequence[Session], looked_at: opening.ToOpen | None = None) -> None:
        """Open the training screen; at its end its sessions let go. What is looked at may be to be trained on then."""
        self.sessions += sessions
        opened = OpenedRuns(list(sessions), self._root, self._captured, self._begin)
        if looked_at is not None and looked_at.idle:
            opened.question = looked_at.question
        self.ask(opened, lambda _: self._let_go(opened, looked_at))

    def _let_go(self, opened: OpenedRuns, looked_at: opening.ToOpen | None) -> None:
        for session in opened.every_session:
            session.stop()
        self.take_back()
        if looked_at is not None and opened.is_to_train_on:
            self._train_on(looked_at)

    def _begin(self, run: Run) -> Session:
        session = begin_detached(run, self._alerts)
        self.begun.append(run)
        self.sessions.append(session)
        return session

    def _open_sweep(self, found: FoundRun) -> None:
        from rnntui.tui.home.sweep import OpenedSweep, opened_sweep

        try:
            self.ask(OpenedSweep(opened_sweep(found.path)), lambda _: self.take_back())
        except (ValueError, OSError) as error:
            self.notify(explain(error), severity="error", timeout=8)

    def action_compare(self) -> None:
        from rnntui.tui.compare.screen import CompareScreen

        wanted = [found for found in self.wanted if not found.is_sweep]
        if not wanted:
            self.notify(own_keys.said("choose the runs to compare with {run-list.choose}"), timeout=4)
            return
        try:
            self.ask(CompareScreen([Run(found.path) for found in wanted]))
        except (ValueError, OSError) as error:
            self.notify(explain(error), severity="warning", timeout=8)

    # --- deleting ---------------------------------------------------------------------------------------------------

    def action_delete(self) -> None:
        """Ask, and delete what is wanted; what a process is using is refused before one is asked."""
        wanted = self.wanted
        why_kept = next(filter(None, map(_why_kept, wanted)), "")
        if why_kept:
            self.notify(why_kept, severity="error", timeout=10)
        elif wanted:
            names = format.listed([found.name for found in wanted], most=3)
            one = f"the sweep {names} with all its runs" if wanted[0].is_sweep else f"the run {names}"
            what = (
                one
                if len(wanted) == 1
                else f"{len(wanted)} {'runs and sweeps' if any(each.is_sweep for each in wanted) else 'runs'}: {names}"
            )
            ask = Choose(f"Permanently delete {what}?", {"y": "delete"}, otherwise="keep")
            self.ask(ask, lambda way: self._delete(wanted) if way else None)

    def _delete(self, wanted: Sequence[FoundRun]) -> None:
        self.notify(f"deleting {format.listed([found.name for found in wanted], most=3)} …", timeout=3)
        self.run_worker(partial(self._remove, wanted), thread=True, name="delete")

    def _remove(self, wanted: Sequence[FoundRun]) -> None:
        """Runs in a thread: a sweep may have thousands of files. All is deleted or, where one is in use, nothing."""
        from rnntui.sweeps.removal import locked_for_removal

        show = self.take_back
        try:
            doomed = locked_for_removal(self._root, [str(found.path.absolute()) for found in wanted])
            try:
                for target in doomed:
                    target.remove()
            finally:
                for target in doomed:
                    target.unlock()
        except (ValueError, OSError) as error:
            show = partial(self.notify, explain(error), severity="error", timeout=10)
        self.app.call_from_thread(show)

    # --- a new run --------------------------------------------------------------------------------------------------

    def action_new(self) -> None:
        self.ask(NewRunForm(self._usual(), self._root), self._start)

    def _usual(self) -> Settings:
        """The settings that the form begins with: those of the run under the cursor, if there is one, or what follows
        it where it is solved.
        """
        glance = self.glance_here()
        if not isinstance(glance, RunGlance) or glance.settings is None:
            return making.settings("palindrome", {})
        return harder_than(glance.settings, glance.status) or glance.settings

    def _start(self, new: NewRun | None) -> None:
        if new is None:
            return
        self.notify(f"starting {new.run.name} …", timeout=3)
        self.run_worker(partial(self._start_new, new.run), thread=True, name="new run")

    def _start_new(self, run: Run) -> None:
        """Runs in a thread, as `_resume`."""
        show: Callable[[], None]
        try:
            session = begin_detached(run, self._alerts)
        except (ValueError, OSError) as error:
            show = partial(self.notify, f"{run.name}: {explain(error)}", severity="error", timeout=10)
        else:
            self.begun.append(run)
            show = partial(self._show, [session])
        self.app.call_from_thread(show)


def _why_kept(found: FoundRun) -> str:
    """Why a run cannot be deleted; empty where it can."""
    if found.path.is_symlink():
        return f"{found.name!r} is a link to {str(found.path.readlink())!r}, and {NEVER}: delete the run there"
    if not found.is_sweep and Run(found.path).is_held():
        return f"run {found.name!r} is in use by another process: stop that process first"
    return ""
