"""The answers of a network to prompts, one after the other, written as fast as one reads; in the thread that has it."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rnntui.sessions.contract import Answer
from rnntui.system.failures import explain
from rnntui.system.user_code import user_traceback

if TYPE_CHECKING:
    from rnntui.core.generation.loading import TextNetwork
    from rnntui.core.generation.sampler import Writer

CHARACTERS_PER_SECOND = 60  # at which an answer streams: as fast as one reads
ANSWER_LENGTH = 400  # characters


class Answering:
    """Adds to the `answers` of a session; what goes wrong is told to `note`."""

    def __init__(self, answers: list[Answer], seed: int, note: Callable[..., None]) -> None:
        self._answers, self._seed, self._note = answers, seed, note
        self._writing: tuple[Answer, Writer] | None = None
        self._written_until = 0.0

    @property
    def is_writing(self) -> bool:
        """Whether an answer is not written to its end."""
        return self._writing is not None

    def begin(self, prompt: str, temperature: float, step: int, take: "Callable[[], TextNetwork]") -> None:
        """Begin to continue a prompt with the network of a step that `take` gives; what was still written ends."""
        import rnntui.core.generation.sampler as generating

        self.end()
        answer = Answer(prompt, temperature, step)
        try:
            network = take()
            seeds = self._seed, len(self._answers)
            writer = generating.Writer(network.network, network.vocabulary, *seeds, temperature=temperature)
            writer.read(prompt)
        except ValueError:
            answer.problem, answer.is_done = "none of its characters is in the corpus", True
        except Exception as error:
            self._give_up(answer, error)
        else:
            answer.left_out = writer.left_out
            self._writing, self._written_until = (answer, writer), time.monotonic()
        self._answers.append(answer)

    def write_on(self) -> None:
        """Write as many characters of the answer as reading speed allows."""
        if self._writing is None:
            return
        answer, writer = self._writing
        now = time.monotonic()
        count = min(int((now - self._written_until) * CHARACTERS_PER_SECOND), ANSWER_LENGTH - len(answer.text))
        if count:
            try:
                answer.text += "".join(next(writer) for _ in range(count))
            except Exception as error:
                self._give_up(answer, error)
                self.end()
                return
            self._written_until += count / CHARACTERS_PER_SECOND
        if len(answer.text) >= ANSWER_LENGTH:
            self.end()

    def end(self) -> None:
        """Write no more of the answer."""
        if self._writing is not None:
            self._writing[0].is_done, self._writing = True, None

    def _give_up(self, answer: Answer, error: Exception) -> None:
        """End an answer that failed, for lack of memory or in a user's own cell; training continues."""
        answer.problem, answer.is_done = explain(error), True
        self._note(f"the answer after {answer.prompt!r} failed: {answer.problem}")
        self._note(*user_traceback(error).splitlines())
