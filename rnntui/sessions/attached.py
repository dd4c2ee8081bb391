"""A run that another process of this machine trains: a window on it, by the socket that its folder names.

Invariant: the thread that follows the socket writes what the screen reads, as the thread that trains does elsewhere;
the screen only puts requests into a queue, so a process that does not answer never holds up a key.
"""

import os
import queue
import selectors
import socket
import stat
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rnntui.config import from_dict, spec
from rnntui.probes import ReadingQuestion, View
from rnntui.runs import Run, live
from rnntui.runs.history import CurveMark
from rnntui.runs.status import RunState
from rnntui.sessions import insights, messages
from rnntui.sessions.alerts import Alerts
from rnntui.sessions.contract import (
    OVER,
    SAMPLES_KEPT,
    Answer,
    Deed,
    Loan,
    Session,
    TrainingCurves,
    TrainingSample,
)
from rnntui.sessions.detaching import detach
from rnntui.sessions.recorded import show_what_was_reached
from rnntui.system.errors import meaning

if TYPE_CHECKING:
    from rnntui.core.generation.loading import TextNetwork

AGAIN_SECONDS = 0.2  # from one look for the process to the next
PATIENCE_SECONDS = 15.0  # that a process which holds the run has until it listens: it loads PyTorch first
GONE_SECONDS = 1.0  # until a process that fell silent is given up, unless another takes its place
RECEIVED = 1 << 18  # bytes read at a time


def runs_at(path: Path) -> bool:
    """Whether a socket is there, and its owner is who asks."""
    with suppress(OSError):
        found = os.stat(path, follow_symlinks=False)
        return stat.S_ISSOCK(found.st_mode) and found.st_uid == os.getuid()
    return False


def connection_to(found: live.Address) -> socket.socket | None:
    """A connection to the process at an address; `None` where it does not listen yet, or any more."""
    if not runs_at(Path(found.socket)):
        return None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(found.socket)
    except OSError:
        connection.close()
        return None
    return connection


def send_end(found: live.Address, wait: Callable[[], object]) -> None:
    """Ask the process at an address to save the run and end, until it has; `wait` is called now and then meanwhile."""
    connection = connection_to(found)
    if connection is not None:
        with connection, suppress(OSError):
            connection.sendall(messages.line(messages.End()))
            connection.settimeout(AGAIN_SECONDS)
            while True:
                wait()
                with suppress(TimeoutError):
                    if not connection.recv(RECEIVED):
                        return


def begin_detached(run: Run, alerts: Alerts | None = None) -> Session:
    """A window on a run, held or not, that a process of its own trains from now on. Raises as `detach`."""
    run.unlock()
    detach(run, alerts=alerts).close()
    return AttachedSession(run)


class AttachedSession(Session):
    """The run as the process that trains it tells it. One that ends is waited for: another may take the run up."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.status = replace(self.status, sentence="looking for the process that trains it")
        self._requests: queue.SimpleQueue[messages.Request] = queue.SimpleQueue()
        self._wake_here, self._wake_there = socket.socketpair()
        self._wake_here.setblocking(False)
        self._is_leaving = False
        self._told_going: bool | None = None
        self._sent = self._heard = 0  # orders to pause or go on, of this connection
        self._watched: View | None = None
        self._question: ReadingQuestion | None = None
        self._lent: dict[int, queue.SimpleQueue[Loan]] = {}
        self._lends = 0
        self._course = -1
        self._first_answer = 0  # of this connection, among all answers
        self._is_met = False  # a process was there
        self._thread = threading.Thread(target=self._follow, name=f"attached to {run.name}", daemon=True)

    # --- the screen's side --------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Close this window; the training goes on."""
        self._is_leaving = True
        self._wake()

    def end(self) -> None:
        self._put(messages.End())

    def revive(self) -> None:
        """Have another process resume the run; this window follows that one."""
        detach(self.run).close()

    @property
    def _goes(self) -> bool:
        return super()._goes if self._told_going is None else self._told_going

    def pause(self, paused: bool) -> None:
        self._asked_to_go.append(not paused)
        self._put(messages.Pause(paused))

    def save(self) -> None:
        self._put(messages.Save())

    def change(self, event: str, value: float) -> None:
        self._put(messages.LearningRate(value) if event == "learning_rate" else messages.Clip(value))

    def set_temperature(self, temperature: float) -> None:
        self.temperature = temperature
        self._put(messages.Temperature(temperature))

    def go_back(self, step: int | None = None) -> None:
        self._put(messages.GoBack(step))

    def ask(self, prompt: str, temperature: float) -> None:
        self._put(messages.Ask(prompt, temperature))

    def lend(self) -> "queue.SimpleQueue[Loan]":
        answer: queue.SimpleQueue[Loan] = queue.SimpleQueue()
        self._lends += 1
        self._lent[self._lends] = answer
        self._put(messages.Lend(self._lends))
        return answer

    def watch(self, view: View | None, *, question: ReadingQuestion | None = None) -> None:
        if view != self._watched:
            self.seen = None
        self._watched, self._question, self.why_unseen, self.unanswered = view, question, "", None
        self._put(self._watch_request())

    def _watch_request(self) -> messages.Watch:
        return messages.Watch(self._watched, None if self._question is None else messages.asked(self._question))

    def _put(self, request: messages.Request) -> None:
        self._requests.put(request)
        self._wake()

    def _wake(self) -> None:
        with suppress(OSError):
            self._wake_there.send(b".")

    # --- the thread's side --------------------------------------------------------------------------------------

    def _follow(self) -> None:
        try:
            self._follow_all()
        except Exception as error:  # a line that is not as it should be, of another version perhaps
            self.error = error
            self._say("failed", f"what the process of the run says cannot be understood: {error}")
        finally:
            for end in (self._wake_here, self._wake_there):
                end.close()

    def _follow_all(self) -> None:
        """Follow one process after the other until this window closes."""
        silent_since, why = time.monotonic(), ""
        while not self._is_leaving:
            try:
                connection = self._connect()
            except ValueError as error:
                connection, why = None, str(error)
            if connection is not None:
                with connection:
                    self._follow_one(connection)
                silent_since = time.monotonic()
                continue
            if time.monotonic() - silent_since > (GONE_SECONDS if self._is_met else 0.0):
                self._give_up(why, time.monotonic() - silent_since)
            self._pause()

    def _connect(self) -> socket.socket | None:
        """A connection to the process that trains the run; `None` where it does not listen yet.

        Raises `ValueError` with a sentence where there is none to wait for.
        """
        found = live.address(self.run)
        if found is None:
            if not self.run.is_held():
                raise ValueError(f"no process trains run {self.run.name!r} now")
            return None
        if not found.is_here:
            raise ValueError(f"it is trained by {found.in_words()}: --watch follows its files")
        if found.version != live.VERSION:
            raise ValueError(f"{found.in_words()} is of another version of rnntui: attach with that one")
        connection = connection_to(found)
        if connection is not None:
            connection.setblocking(False)
        return connection

    def _give_up(self, why: str, silent: float) -> None:
        """Say that nobody trains the run; one that ended properly has said how it stands."""
        state = self.status.run.state
        if self.run.is_held() and silent < PATIENCE_SECONDS:
            if state == "loading":
                self._recall()
                self._say("loading", "waiting for the process that trains it to load PyTorch")
        elif not self._is_met:
            self.error = self.error or ValueError(why or f"the process of run {self.run.name!r} does not answer")
            self._say("refused", str(self.error))
        elif state not in OVER:
            saved = self.status.saved_step
            kept = "nothing of it is saved" if saved is None else f"step {saved:,} is saved"
            self._say("lost", f"the process that trained it is gone: {kept}")

    def _recall(self) -> None:
        """Show what the run has reached, while nobody tells it yet."""
        if self.curves.loss.last is None:
            with suppress(ValueError, OSError):  # the process finds the same, and says it
                show_what_was_reached(self)

    def _pause(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_here, selectors.EVENT_READ)
            if selector.select(AGAIN_SECONDS):
                with suppress(OSError):
                    self._wake_here.recv(RECEIVED)

    def _follow_one(self, connection: socket.socket) -> None:
        """Take in what one process says, and tell it what is asked, until it ends."""
        unread, unsent = b"", bytearray()
        del self._asked_to_go[: self._sent - self._heard]  # of a process that is gone
        self._sent, self._heard, self._told_going, self.unanswered = 0, 0, None, None
        self._first_answer, self._course = len(self.answers), -1
        if self._watched is not None:
            self._requests.put(self._watch_request())
        with selectors.DefaultSelector() as selector:
            selector.register(connection, selectors.EVENT_READ)
            selector.register(self._wake_here, selectors.EVENT_READ)
            while not self._is_leaving:
                with suppress(queue.Empty):
                    while True:
                        request = self._requests.get_nowait()
                        self._sent += isinstance(request, messages.Pause)
                        unsent += messages.line(request)
                if unsent:
                    try:
                        del unsent[: connection.send(unsent)]
                    except BlockingIOError:
                        pass
                    except OSError:
                        return
                awaited = selectors.EVENT_READ | (selectors.EVENT_WRITE if unsent else 0)
                selector.modify(connection, awaited)
                for key, events in selector.select():
                    if key.fileobj is self._wake_here:
                        with suppress(OSError):
                            self._wake_here.recv(RECEIVED)
                    elif events & selectors.EVENT_READ:
                        try:
                            received = connection.recv(RECEIVED)
                        except BlockingIOError:
                            continue
                        except OSError:
                            return
                        if not received:
                            return
                        unread = self._take_lines(unread + received)
            with suppress(OSError):
                connection.setblocking(True)
                connection.settimeout(GONE_SECONDS)
                connection.sendall(unsent)

    def _take_lines(self, received: bytes) -> bytes:
        """Take in whole lines; what is left of the last. Raises `ValueError` for one that is none."""
        if len(received) > messages.LONGEST_NEWS:
            raise ValueError("a line is too long")
        *lines, rest = received.split(b"\n")
        for line in lines:
            self._take(messages.news(line))
        return rest

    # --- what it is told ----------------------------------------------------------------------------------------

    def _take_hello(self, told: messages.Hello) -> None:
        if told.version != live.VERSION:
            raise ValueError(f"it is version {told.rnntui} of rnntui")
        self.window, self._is_met = told.window, True
        self.settings = from_dict(told.settings)
        self.spec = spec(self.settings)

    def _take_curve(self, told: messages.CurveNow) -> None:
        curves = self.curves
        if told.course != self._course:
            curves, self._course = TrainingCurves(), told.course
        if told.name not in vars(curves):
            return  # of a later version
        getattr(curves, told.name).take(messages.piece_told(told))
        self.curves = curves

    def _take_samples(self, told: messages.SamplesNow) -> None:
        known_bits = ([messages.number(each) for each in bits] for bits in told.bits)
        new = [
            TrainingSample(step, text, messages.number(warmth), tuple(next(known_bits, ())))
            for step, text, warmth in told.samples
        ]
        known = () if told.afresh else self.samples
        self.samples = (*known, *new)[-SAMPLES_KEPT:]

    def _take_answer(self, told: messages.AnswerNow) -> None:
        number = self._first_answer + told.number
        if number == len(self.answers):
            self.answers.append(Answer(told.prompt, messages.number(told.temperature)))
        answer = self.answers[number]
        answer.step, answer.left_out, answer.problem = told.step, told.left_out, told.problem
        answer.text, answer.is_done = told.text, told.is_done

    def _take_seen(self, told: messages.SeenNow) -> None:
        if told.view is None or told.seen is None:
            self.seen = None
            if told.view == self._watched:
                self.why_unseen = told.why
        elif told.view == self._watched:
            self.seen = insights.decoded(told.view, told.seen)

    def _borrowed(self, told: messages.Lent) -> "TextNetwork":
        """The network that was lent; its file is deleted. Raises `ValueError` where there is none."""
        from rnntui.core.generation.loading import lent_network, read_network

        if told.problem:
            raise ValueError(told.problem)
        if not told.file:
            return read_network(self.run, told.step)
        if not live.LENT.fullmatch(told.file):
            raise ValueError("the process of the run names a file that is none of its own")
        file = live.folder(self.run) / told.file
        try:
            held = file.read_bytes()
            file.unlink()
        except OSError as error:
            raise ValueError(f"the network lent of run {self.run.name!r} cannot be read: {meaning(error)}") from None
        return lent_network(self.run, held, told.step, told.weights)

    def _take(self, told: messages.AnyNews) -> None:
        match told:
            case messages.Hello():
                self._take_hello(told)
            case messages.StatusNow():
                self.status = messages.status_told(told)
            case messages.GoesNow(is_going, heard):
                self._told_going = is_going
                del self._asked_to_go[: heard - self._heard]
                self._heard = heard
            case messages.CurveNow():
                self._take_curve(told)
            case messages.SamplesNow():
                self._take_samples(told)
            case messages.AnswerNow():
                self._take_answer(told)
            case messages.MarksNow(marks):
                self.marks = [CurveMark(step, label) for step, label in marks]
            case messages.NotesNow(notes):
                self._note(*notes)
            case messages.DeedsNow(deeds):
                self.deeds = [*self.deeds, *(Deed(step, words, window) for step, words, window in deeds)]
            case messages.BaselinesNow(baselines):
                self.baselines = {
                    name: (messages.number(loss), messages.number(accuracy))
                    for name, (loss, accuracy) in baselines.items()
                }
            case messages.TemperatureNow(value):
                self.temperature = messages.number(value)
            case messages.ViewsNow(views):
                self.views = views
            case messages.SeenNow():
                self._take_seen(told)
            case messages.Unanswered(question, why):
                self.unanswered = messages.question_of(question), why
            case messages.Lent():
                if (answer := self._lent.pop(told.number, None)) is not None:
                    answer.put(partial(self._borrowed, told))
            case messages.Rejected(why):
                self._note(f"the process of the run ended this connection: {why}")

    def _say(self, state: RunState, sentence: str) -> None:
        self.status = replace(
            self.status, run=replace(self.status.run, state=state, steps_per_second=None), sentence=sentence
        )
