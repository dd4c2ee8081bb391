"""The runs of a plain terminal: what is said of them as time goes on, and which of them typed commands concern.

It draws nothing and reads nothing: `terminal.py` calls `tick` ten times a second and gives it
the lines that were typed.
"""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rnntui.plain import words
from rnntui.probes import NAMES, View
from rnntui.sessions import ending
from rnntui.sessions.contract import GONE, OVER, Answer, Session
from rnntui.system.failures import explain
from rnntui.text.sanitize import one_line, shown_text

ANSWER_WIDTH = 70  # columns from which on a line of an answer is broken at a blank
SECONDS_OF = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
LEAST_SECONDS = 1.0  # between two reports


def pace(typed: str) -> float:
    """Seconds of `10s`, `2m` or `1h`. Raises `ValueError` for anything else, and for less than one second."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(s|m|min|h)?", typed.strip())
    seconds = float(found[1]) * SECONDS_OF[found[2] or ""] if found else 0.0
    if not LEAST_SECONDS <= seconds <= 1e9:
        raise ValueError(f"a pace is a time of one second or more, as 10s, 2m or 1h, not {typed!r}")
    return seconds


@dataclass
class _Told:
    """What was said of a session already."""

    state: str = ""
    waits: str = ""
    notes: int = 0
    deeds: int = 0
    answers: int = 0  # those that were written to their end
    characters: int = 0  # of the answer that is being written
    is_begun: bool = False  # that answer
    view: View | None = None  # that was asked for and is not measured yet
    step: int = field(default=-1)


class Console:
    """Sessions, the one that is chosen, and the pace of reports. `say` takes one line."""

    def __init__(self, sessions: Sequence[Session], say: Callable[[str], None], every: float) -> None:
        self.sessions, self.chosen = list(sessions), sessions[0]
        self.every = every
        self.is_left = self.is_detaching = False
        self.paused: tuple[Session, ...] = ()  # those that were when it was left
        self._say = say
        self._told = {session: _Told() for session in sessions}
        self._due = 0.0

    def say(self, line: str) -> None:
        """Say a line in which no terminal finds anything to obey."""
        self._say(shown_text(line))

    def say_of(self, session: Session, sentence: str) -> None:
        """Say a sentence about a run."""
        self.say(f"{session.run.name}: {sentence}")

    # --- what is said as time goes on -------------------------------------------------------------------------------

    def tick(self) -> None:
        """Say what is new: at once what came about, and at the chosen pace how the runs stand."""
        for session in self.sessions:
            self._say_events(session)
            self._say_answers(session)
            self._say_view(session)
        now = time.monotonic()
        if now >= self._due:
            self._due = now + self.every
            for session in self.sessions:
                told = self._told[session]
                if session.status.run.state == "running" and session.status.run.step != told.step:
                    told.step = session.status.run.step
                    self.say(words.standing(session))

    @property
    def is_refused(self) -> bool:
        """Whether a run cannot be trained as it is set."""
        return any(session.status.run.state == "refused" for session in self.sessions)

    @property
    def has_ended(self) -> bool:
        """Whether all that is left has been stopped; a run whose process is lost can be resumed at the prompt."""
        return all(session.status.run.state in GONE and session.status.run.state != "lost" for session in self.sessions)

    def _say_events(self, session: Session) -> None:
        told, now = self._told[session], session.status
        notes, deeds = session.notes, session.deeds
        for note in notes[told.notes :]:
            self.say_of(session, note)
        for deed in deeds[told.deeds :]:
            other = "" if deed.window == session.window else ", in another window"
            self.say_of(session, f"step {deed.step:,}: {deed.words}{other}")
        told.notes, told.deeds = len(notes), len(deeds)
        state = now.run.state
        is_loading = state == "loading" and now.sentence != told.waits and "%" not in now.sentence
        if is_loading:
            told.waits = now.sentence
            self.say_of(session, f"{now.sentence} …")
        elif state != told.state and state != "loading" and not (state == "running" and not told.state):
            self.say(words.standing(session))
        told.state = state

    def _say_answers(self, session: Session) -> None:
        told = self._told[session]
        for answer in session.answers[told.answers :]:
            if not told.is_begun:
                told.is_begun = True
                self._begin_answer(session, answer)
            is_done, text = answer.is_done, answer.text  # in this order: a text that is done grows no more
            while line := _next_line(text[told.characters :], is_done):
                told.characters += len(line)
                self.say(f"  {line.rstrip()}" if line.strip() else "")
            if not is_done:
                break
            if answer.problem:
                self.say(f"  ({answer.problem})")
            told.answers, told.characters, told.is_begun = told.answers + 1, 0, False

    def _begin_answer(self, session: Session, answer: Answer) -> None:
        left_out = f", without {one_line(answer.left_out)}, which its text lacks" if answer.left_out else ""
        at = f"step {answer.step:,}, temperature {answer.temperature:.3g}"
        self.say_of(session, f"{at}: after {one_line(answer.prompt)!r}{left_out} it writes")

    def _say_view(self, session: Session) -> None:
        told = self._told[session]
        if told.view is None:
            return
        from rnntui.sessions.insights import view_of

        if session.seen is not None and view_of(session.seen) == told.view:
            for line in words.seen(session.seen):
                self.say_of(session, line)
        elif session.status.run.state in GONE:
            self.say_of(session, f"it {GONE[session.status.run.state]} before the {NAMES[told.view]} was measured")
        else:
            return
        told.view = None
        session.watch(None)

    def remember_paused(self) -> None:
        """Keep which runs are paused now, so that one that is given away stays so."""
        self.paused = ending.paused(self.sessions)

    def set_pace(self, seconds: float) -> None:
        """Report every so many seconds, from now on."""
        self.every, self._due = seconds, 0.0

    # --- what is typed ----------------------------------------------------------------------------------------------

    def obey(self, line: str) -> None:
        """Do what a typed line says, or say in a sentence why not."""
        from rnntui.plain.commands import find

        word, _, argument = line.strip().partition(" ")
        if not word:
            return
        try:
            command = find(word)
            if command.argument == "" and argument.strip():
                raise ValueError(f"{command.name} takes nothing more: type {command.name} alone")
            if command.asks:
                self._check_can_ask()
            command.act(self, argument.strip())
        except (ValueError, OSError) as error:
            self.say(explain(error))

    def _check_can_ask(self) -> None:
        session = self.chosen
        state, name = session.status.run.state, session.run.name
        if session.looks_only:
            raise ValueError(f"run {name} is only looked at here, by its files: nothing can be asked of it")
        if state in GONE:
            raise ValueError(f"run {name} {GONE[state]}: nothing can be asked of it")

    def check_trains(self) -> None:
        """Raise `ValueError` where the chosen run is over."""
        state, name = self.chosen.status.run.state, self.chosen.run.name
        if state in OVER:
            raise ValueError(f"run {name} {GONE.get(state, 'is finished')}: there is no training to change")

    def measure(self, view: View) -> None:
        """Have the chosen run's network measured, once; the tick says what came of it."""
        self._told[self.chosen].view = view
        self.chosen.seen = None
        self.chosen.watch(view)
        self.say_of(self.chosen, f"measuring the {NAMES[view]} …")


def _next_line(text: str, is_done: bool) -> str:
    """The next line of an answer with what ends it, whole words; empty where it is not written yet."""
    line, newline, _ = text.partition("\n")
    if len(line) > ANSWER_WIDTH:
        cut = line.rfind(" ", 0, ANSWER_WIDTH) + 1
        return line[: cut or ANSWER_WIDTH]
    return line + newline if newline or is_done else ""
