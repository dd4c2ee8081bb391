"""What came about in the runs of the training screen, told once: as messages, as a question, or by the terminal."""

from typing import TYPE_CHECKING

from rnntui.system.output import desktop_notification
from rnntui.tui.training.messages import Messages

if TYPE_CHECKING:
    from rnntui.sessions.contract import Session
    from rnntui.tui.training.screen import Laboratory

ENDS = ("finished", "diverged", "failed", "lost")  # states that the terminal tells of


class RunNews:
    """What was told of each session; `tell` tells what is new."""

    def __init__(self, screen: "Laboratory") -> None:
        self._screen = screen
        self._noted: set[tuple[str, str]] = set()
        self._deeds: dict[Session, int] = {}  # how many of each were told
        self._lost: set[Session] = set()  # whose end was told
        self._notified: dict[Session, str] = {}  # the state that was told of

    def tell(self) -> None:
        """Tell what is new since the last call."""
        self._say_first()
        self._say_notes()
        self._say_failures()
        self._say_deeds()
        self._ask_about_lost()
        self._notify_terminal()

    def _say_first(self) -> None:
        """What the screen was opened with, at once and among the messages."""
        while self._screen.said_first:
            sentence = self._screen.said_first.pop(0)
            self._screen.notify(sentence, timeout=10)
            self._screen.query_one(Messages).say(sentence)

    def _say_notes(self) -> None:
        for session in self._screen.every_session:
            for note in session.notes:
                if (session.run.name, note) not in self._noted:
                    self._noted.add((session.run.name, note))
                    self._screen.query_one(Messages).say(f"{session.run.name}: {note}")

    def _say_failures(self) -> None:
        """Why runs failed, which their panes say too, so that it is no news."""
        for session in self._screen.every_session:
            told = session.run.name, session.status.sentence
            if session.status.run.state == "failed" and told[1] and told not in self._noted:
                self._noted.add(told)
                self._screen.query_one(Messages).say(": ".join(told), is_news=False)

    def _say_deeds(self) -> None:
        """Tell what was done to the runs; what another window did comes up at once."""
        for session in self._screen.sessions:
            told, deeds = self._deeds.get(session, 0), session.deeds
            self._deeds[session] = len(deeds)
            for deed in deeds[told:]:
                words = f"{session.run.name}: step {deed.step:,}: {deed.words}"
                if deed.window != session.window:
                    words += ", in another window"
                    self._screen.notify(words, timeout=4)
                self._screen.query_one(Messages).say(words, is_news=deed.window != session.window)

    def _ask_about_lost(self) -> None:
        """A run whose process is gone can be resumed at once."""
        for session in self._screen.sessions:
            if session.status.run.state != "lost":
                self._lost.discard(session)
            elif session not in self._lost and self._screen.is_current and not session.looks_only:
                self._lost.add(session)
                self._screen.ask_to_resume(session)

    def _notify_terminal(self) -> None:
        """Ring the bell, or have the terminal notify the desktop (OSC 9), when a run has ended or diverged."""
        for session in self._screen.sessions if self._screen.notifies != "off" else ():
            state = session.status.run.state
            if state in ENDS and self._notified.get(session) != state:
                if self._screen.notifies == "bell":
                    self._screen.app.bell()
                elif (driver := self._screen.app._driver) is not None:
                    driver.write(desktop_notification(f"{session.run.name}: {state}"))
            self._notified[session] = state
