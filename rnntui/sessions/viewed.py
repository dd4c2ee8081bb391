"""A run that nobody trains here, looked into: its curves from its files, and its network from a checkpoint.

It answers prompts and is measured as one in training is, and nothing is written. The checkpoint is the best where the
newest is worse on the held-out text, else the newest.
"""

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from rnntui import corpora
from rnntui.config import spec, without_dropout
from rnntui.probes import NAMES, Insight, ReadingQuestion, View
from rnntui.runs import Run
from rnntui.runs.better import better
from rnntui.sessions.answering import Answering
from rnntui.sessions.watched import WatchedSession
from rnntui.system import consent
from rnntui.system.failures import explain

if TYPE_CHECKING:
    from rnntui.core.generation.loading import TextNetwork
    from rnntui.core.training.learner import Learner
    from rnntui.sessions.contract import Loan, Watched

WRITE_SECONDS = 0.02  # from one look at what is being written to the next
FINISHED = "run {} is finished, and is only looked at: nothing of it is trained"
ONLY_LOOKED_AT = "run {} is looked at and not trained here: it can be resumed in the list of runs"


class ViewedSession(WatchedSession):
    """The run as its files have it, with a network that was read from a checkpoint, in a second thread."""

    REFUSAL = ONLY_LOOKED_AT

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._asked: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._answering = Answering(self.answers, self.settings.seed, self._note)
        self._learner: Learner | None = None
        self._text_network: TextNetwork | None = None
        self._insights: dict[Watched, Insight] = {}
        self._step = 0  # of the checkpoint
        self._is_read = False  # the network, or why it cannot be
        self._watched: Watched | None = None
        self._network_thread = threading.Thread(target=self._work, name=f"network of {run.name}", daemon=True)

    # --- the screen's side ------------------------------------------------------------------------------------------

    def start(self) -> None:
        super().start()
        self._network_thread.start()

    def stop(self) -> None:
        super().stop()
        self._asked.put(None)

    def join(self, timeout: float | None = None) -> bool:
        if self._network_thread.ident is not None:
            self._network_thread.join(timeout)
        return super().join(timeout) and not self._network_thread.is_alive()

    @property
    def why_not_asked(self) -> str:
        is_finished = self.status.run.state == "finished"
        return FINISHED.format(self.run.name) if is_finished else super().why_not_asked

    @property
    def is_loading(self) -> bool:
        return not self._is_read

    @property
    def why_no_view(self) -> str:
        return ""

    @property
    def why_no_network(self) -> str:
        return "cannot be looked into" if self._is_read and self._learner is None else ""

    def set_temperature(self, temperature: float) -> None:
        self.temperature = temperature

    def ask(self, prompt: str, temperature: float) -> None:
        self._asked.put(lambda: self._answer(prompt, temperature))

    def lend(self) -> "queue.SimpleQueue[Loan]":
        answer: queue.SimpleQueue[Loan] = queue.SimpleQueue()
        answer.put(self._network)
        return answer

    def watch(self, view: View | None, *, question: ReadingQuestion | None = None) -> None:
        self._watched = watched = None if view is None else (view, question)
        self.why_unseen, self.unanswered = "", None
        kept = {each: seen for each, seen in self._insights.items() if each[1] is None or each == watched}
        self._insights = kept  # answers to questions are large, and many
        self.seen = None if watched is None else kept.get(watched)
        if watched is not None and self.seen is None:
            self._asked.put(partial(self._measure, watched))

    # --- the thread's side ------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self._read()
        except Exception as error:  # its text is gone, or a cell of the user's own will not do
            self._note(f"its network cannot be looked into: {explain(error)}")
        self._is_read = True
        while not self._stop.is_set():
            command = self._next()
            if command is not None:
                command()
            self._answering.write_on()
        self._answering.end()

    def _next(self) -> Callable[[], None] | None:
        with suppress(queue.Empty):
            return self._asked.get(timeout=WRITE_SECONDS if self._answering.is_writing else None)
        return None

    def _read(self) -> None:
        """Read the network, as it is measured."""
        import rnntui.core.analysis.probing as probing
        from rnntui.core.training import checkpoint
        from rnntui.core.training.learner import Learner

        run, settings, config = self.run, without_dropout(self.run.settings()), self.run.config()
        consent.check(settings.cell, f"run {run.name!r}")
        found = better(run)
        self._step = checkpoint.newest(run, whole=False) if found is None else found.step
        if found is not None:
            self._note(f"its network is of {found.in_words()}")
        checkpoint.check_size(run, self._step, settings)
        with suppress(ValueError):
            self.temperature = self._last_temperature()
        if spec(settings).has_corpus:
            settings = replace(settings, corpus=corpora.place_of_run(run))
        with run.naming_its_cell_file():
            learner = Learner(replace(settings, kernel="auto"), config.data if spec(settings).has_corpus else None)
        learner.is_drawn = not config.origin
        checkpoint.read_weights(run, self._step, learner.model)
        self._learner = learner
        self.views = probing.views(learner.model)

    def _last_temperature(self) -> float:
        chosen = [row.value for row in self.run.events() if row.event == "temperature" and isinstance(row.value, float)]
        return chosen[-1] if chosen else self.temperature

    def _network(self) -> "TextNetwork":
        """The network as it writes; called by whoever needs it, it is read once."""
        from rnntui.core.generation.loading import read_network

        if self._text_network is None:
            self._text_network = read_network(self.run, None if not self._step else self._step)
        return self._text_network

    def _answer(self, prompt: str, temperature: float) -> None:
        self._answering.begin(prompt, temperature, self._step, self._network)

    def _measure(self, watched: "Watched") -> None:
        import rnntui.core.analysis.probing as probing

        if self._learner is None or watched in self._insights:
            return
        view, question = watched
        try:
            for measurement in probing.look(view, self._learner, self._step, question):
                if self._stop.is_set() or watched != self._watched:
                    return
                if measurement is not None:
                    self._insights[watched] = measurement
                    self.seen = measurement
        except Exception as error:  # out of memory, a question without an answer, or what a user's own cell does
            why = f"the {NAMES[view]} cannot be measured: {explain(error)}"
            if watched == self._watched and question is None:
                self.why_unseen = why
            elif question is not None:
                self.unanswered = question, explain(error)
            self._note(why)
