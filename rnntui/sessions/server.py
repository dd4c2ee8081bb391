"""The socket at which other processes reach a run in training: a thread that listens, tells and takes requests.

Invariant: it touches neither the trainer nor any of its files. What it tells it reads as a screen does, what it is
asked goes through the session's own queue; and where nobody is attached it does nothing but wait.
"""

import os
import selectors
import socket
import stat
import tempfile
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import rnntui
from rnntui.config import as_dict
from rnntui.runs import live
from rnntui.sessions import messages
from rnntui.sessions.feed import Feed
from rnntui.system.errors import meaning

if TYPE_CHECKING:
    from rnntui.sessions.training import TrainingSession
    from rnntui.system.folder import Folder

TELL_SECONDS = 0.1  # from one look at what is new to the next
FROZEN_SECONDS = 300.0  # until a window that takes nothing in is given up
LAST_SECONDS = 1.0  # that windows have to take in the last news
MOST_WINDOWS = 64
LONGEST_PATH = 100  # bytes that a socket's path may have on any system
RECEIVED = 1 << 16  # bytes read at a time


class _Window:
    """A connection: what it is still to be sent, and what came without a line end."""

    def __init__(self, connection: socket.socket, number: int, feed: Feed) -> None:
        self.connection, self.number, self.feed = connection, number, feed
        self.unsent = bytearray()
        self.late: list[bytes] = []  # lines of other threads
        self.unread = b""
        self.moved_at = time.monotonic()
        self.is_rejected = False  # it is closed once the last line is sent


class Server:
    """Serves a session to windows of other processes, from `open` to `close`."""

    def __init__(self, session: "TrainingSession", *, is_detached: bool = False) -> None:
        self._session = session
        self.is_detached = is_detached
        self._listening: socket.socket | None = None
        self._folder: Folder | None = None  # `live` in the run's
        self._elsewhere = ""  # a folder for a socket whose path in the run's folder is too long
        self._selector = selectors.DefaultSelector()
        self._windows: dict[int, _Window] = {}  # by number
        self._count = 0
        self._lent = 0
        self._wake_here, self._wake_there = socket.socketpair()
        self._wake_here.setblocking(False)
        self._is_closing = False
        self._thread = threading.Thread(target=self._serve, name="windows", daemon=True)

    @property
    def windows(self) -> int:
        """How many are attached."""
        return len(self._windows)

    def open(self) -> str:
        """Listen, and say in the run's folder where; a sentence where that cannot be, and then nothing is left open."""
        if self._listening is not None:
            return ""
        try:
            self._listen()
        except (OSError, ValueError) as error:
            self._let_go()
            return meaning(error) if isinstance(error, OSError) else str(error)
        self._thread.start()
        return ""

    def close(self) -> None:
        """Tell what is last, and end all connections."""
        if self._listening is not None:
            self._is_closing = True
            self.wake()
            self._thread.join()
        for end in (self._wake_here, self._wake_there):
            end.close()
        self._selector.close()

    def wake(self) -> None:
        """Have the thread look at once."""
        with suppress(OSError):
            self._wake_there.send(b".")

    # --- where it listens -------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        run = self._session.run
        self._folder = folder = live.open_folder(run.folder)
        path = str((live.folder(run) / live.SOCKET).absolute())
        if len(os.fsencode(path)) > LONGEST_PATH:
            self._elsewhere = tempfile.mkdtemp(prefix="rnntui-")  # its owner's alone
            path = os.path.join(self._elsewhere, live.SOCKET)
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(path)
        os.chmod(path, stat.S_IRUSR | stat.S_IWUSR)
        self._listening.listen(MOST_WINDOWS)
        self._listening.setblocking(False)
        live.announce(folder, live.Address(os.getpid(), socket.gethostname(), time.time(), path, self.is_detached))
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._selector.register(self._wake_here, selectors.EVENT_READ)

    def _let_go(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        if self._folder is not None:
            self._folder.close()
            self._folder = None
            with suppress(OSError, ValueError):  # the run may be gone
                live.remove(self._session.run.folder, keep_log=True)
        if self._elsewhere:
            with suppress(OSError):
                os.unlink(os.path.join(self._elsewhere, live.SOCKET))
            with suppress(OSError):
                os.rmdir(self._elsewhere)

    # --- the thread -------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        tell_at = 0.0
        while not self._is_closing:
            wait = max(0.0, tell_at - time.monotonic()) if self._windows else None
            for key, events in self._selector.select(wait):
                self._attend(key, events)
            if self._windows and time.monotonic() >= tell_at:
                self._tell()
                tell_at = time.monotonic() + TELL_SECONDS
        self._say_last()
        for window in list(self._windows.values()):
            self._drop(window)
        self._let_go()

    def _attend(self, key: selectors.SelectorKey, events: int) -> None:
        if key.fileobj is self._listening:
            self._admit()
        elif key.fileobj is self._wake_here:
            with suppress(OSError):
                self._wake_here.recv(RECEIVED)
        elif isinstance(key.data, _Window):
            if events & selectors.EVENT_READ:
                self._read(key.data)
            if events & selectors.EVENT_WRITE and key.data.number in self._windows:
                self._send(key.data)

    def _admit(self) -> None:
        assert self._listening is not None
        try:
            connection, _ = self._listening.accept()
        except OSError:
            return
        connection.setblocking(False)
        if len(self._windows) >= MOST_WINDOWS:
            with suppress(OSError):
                connection.send(messages.line(messages.Rejected(f"{MOST_WINDOWS} windows are attached already")))
            connection.close()
            return
        self._count += 1
        window = _Window(connection, self._count, Feed(self._session, self._count))
        self._windows[window.number] = window
        self._selector.register(connection, selectors.EVENT_READ, window)
        run, settings = self._session.run, self._session.settings
        hello = messages.Hello(
            live.VERSION, rnntui.__version__, run.name, os.getpid(), window.number, as_dict(settings)
        )
        window.unsent += messages.line(hello)

    def _tell(self) -> None:
        """Send what is new to each window that has taken in all before."""
        for window in list(self._windows.values()):
            if not window.unsent and not window.is_rejected:
                while window.late:
                    window.unsent += window.late.pop(0)
                for line in window.feed.news():
                    window.unsent += line
                if window.unsent:
                    window.moved_at = time.monotonic()
            if window.unsent:
                self._send(window)

    def _send(self, window: _Window) -> None:
        try:
            while window.unsent:
                sent = window.connection.send(window.unsent)
                del window.unsent[:sent]
                window.moved_at = time.monotonic()
        except BlockingIOError:
            if time.monotonic() - window.moved_at > FROZEN_SECONDS:
                self._drop(window)
                return
        except OSError:
            self._drop(window)
            return
        if window.is_rejected and not window.unsent:
            self._drop(window)
            return
        awaited = selectors.EVENT_READ | (selectors.EVENT_WRITE if window.unsent else 0)
        self._selector.modify(window.connection, awaited, window)

    def _read(self, window: _Window) -> None:
        try:
            received = window.connection.recv(RECEIVED)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self._drop(window)
            return
        if window.is_rejected:
            return
        *lines, window.unread = (window.unread + received).split(b"\n")
        try:
            for line in lines:
                if len(line) > messages.LONGEST_REQUEST:
                    raise ValueError("the line is too long")
                self._obey(window, messages.request(line))
            if len(window.unread) > messages.LONGEST_REQUEST:
                raise ValueError("the line is too long")
        except ValueError as error:
            window.is_rejected = True
            window.unsent += messages.line(messages.Rejected(str(error)))
            self._send(window)

    def _drop(self, window: _Window) -> None:
        if self._windows.pop(window.number, None) is not None:
            self._session.watch(None, window.number)
            self._selector.unregister(window.connection)
            window.connection.close()

    def _say_last(self) -> None:
        """Tell each window the end, if it takes it in."""
        until = time.monotonic() + LAST_SECONDS
        self._tell()
        for window in self._windows.values():
            if not window.is_rejected:
                for line in window.feed.news():
                    window.unsent += line
        for window in list(self._windows.values()):
            with suppress(OSError):
                window.connection.settimeout(max(0.01, until - time.monotonic()))
                window.connection.sendall(window.unsent)

    # --- what is asked ----------------------------------------------------------------------------------------------

    def _obey(self, window: _Window, request: messages.AnyRequest) -> None:
        session, number = self._session, window.number
        match request:
            case messages.Pause(paused):
                session.pause(paused, number)
                window.feed.pauses += 1
            case messages.Save():
                session.save(number)
            case messages.LearningRate(value):
                session.change("learning_rate", value, number)
            case messages.Clip(value):
                session.change("clip", value, number)
            case messages.Temperature(value):
                session.set_temperature(value, number)
            case messages.GoBack(step):
                session.go_back(step, number)
            case messages.Ask(prompt, temperature):
                if not session.spec.generates:
                    raise ValueError("the run is not trained on text")
                session.ask(prompt, temperature)
            case messages.Watch(view, question):
                if view is not None and view not in session.views:
                    raise ValueError(f"the network has no {view} to watch")
                session.watch(view, number, question=messages.question_told(question))
            case messages.Lend(asked):
                self._lend(window, asked)
            case messages.End():
                session.end()

    def _lend(self, window: _Window, asked: int) -> None:
        """Have a copy of the network written into the folder; called back by the thread that trains."""
        if not self._session.spec.generates:
            raise ValueError("the run is not trained on text")

        def give(step: int, weights: str, held: bytes) -> None:
            name = ""
            if held and self._folder is not None:
                self._lent += 1
                name = f"network-{self._lent}.safetensors"
                try:
                    self._folder.create(name, held)
                except (OSError, ValueError) as error:
                    refuse(error)
                    return
            self._answer(window, messages.Lent(asked, step, weights, name))

        def refuse(error: Exception) -> None:
            self._answer(window, messages.Lent(asked, 0, "", "", str(error)))

        self._session.lend_to(give, refuse)

    def _answer(self, window: _Window, lent: messages.Lent) -> None:
        window.late.append(messages.line(lent))
        self.wake()
