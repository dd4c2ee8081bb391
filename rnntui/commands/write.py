"""`rnntui write`: networks continue one prompt with the same random numbers, on the screen, as text, JSON or a picture.

Invariant: every mistake is reported before the first character is printed, so that output is never partial.
"""

import math
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnntui.commands import corpus_status, untrained
from rnntui.commands.progress.waiting import Wait
from rnntui.runs import Run, weights
from rnntui.runs.writers import LONGEST, Sampling, WriterSpec, check_writers
from rnntui.syntax import KINDS
from rnntui.system import output
from rnntui.system.output import as_json, say
from rnntui.text.format import listed
from rnntui.text.sanitize import shown_text

if TYPE_CHECKING:
    from rnntui.core.generation.continuation import Continuation

SAMPLES = 100  # that a check writes where nothing else is requested
FLUSH_SECONDS = 0.02  # a reader is never behind by more, and a pipe costs little


@dataclass(frozen=True)
class WriteRequest:
    """What to write. Raises `ValueError`, naming the option, for an invalid value."""

    prompt: str = ""
    length: int = 200
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0
    stop_at: str = ""  # empty: nothing
    step: int | None = None  # of the checkpoint; the newest
    said: str = ""  # on the checkpoint, where none was named and it is not the newest

    def __post_init__(self) -> None:
        if not 0 <= self.length <= LONGEST:
            raise ValueError(f"--length must be at least 0 (read only) and at most {LONGEST:,}, not {self.length}")
        if self.seed < 0:
            raise ValueError(f"--seed must be at least 0, not {self.seed}")
        if self.stop_at and not self.length:
            raise ValueError("--stop-at ends the writing, and --length 0 writes nothing: leave one of them out")


@dataclass(frozen=True)
class WriteFormat:
    """How to format the output. Raises `ValueError`, naming the option, for a contradiction."""

    check: str | None = None
    samples: int | None = None
    svg: Path | None = None
    plain: bool = False
    wants_json: bool = False

    def __post_init__(self) -> None:
        if self.check is not None and self.check not in KINDS:
            raise ValueError(f"--check must be {' or '.join(KINDS)}, not {self.check!r}")
        if self.samples is not None and self.check is None:
            raise ValueError("--samples is for --check latex or --check html: give one of them, or leave it out")
        if self.samples is not None and self.samples < 1:
            raise ValueError(f"--samples must be at least 1, not {self.samples}")
        if self.svg is not None and self.check is not None:
            raise ValueError("--svg draws texts and --check counts them: give one of them")

    @property
    def opens_writing_room(self) -> bool:
        """Whether to open the writing room: nothing else was asked for, and there is a terminal."""
        asked = self.plain or self.wants_json or self.svg is not None or self.check is not None
        return not asked and output.is_terminal()


def run(writers: Sequence[WriterSpec], request: WriteRequest, form: WriteFormat, root: Path) -> int:
    """Print what the writers write, in the format requested; the exit status.

    Raises `ValueError` for a writer that cannot be opened, a prompt that one cannot read and a file that cannot be
    written.
    """
    if form.opens_writing_room:
        return open_writing_room(writers, request, root)
    if form.check is not None and not request.length:
        raise ValueError("--check counts what is written: --length must be at least 1, not 0")
    if form.svg is not None:
        from rnntui.commands.surprisal_picture import check_file, check_length

        check_file(form.svg)
        check_length(len(writers) * (request.length + len(request.prompt)))
    from rnntui.core.generation.continuation import continuations

    with Wait("reading the prompt") as wait:
        texts = continuations(writers, request.prompt, request.seed, tell=wait)
    say_left_out(texts)
    say_never(texts, request.stop_at)
    say_taken(text.writer for text in texts)
    say_weights(texts)
    untrained.tell((text.writer.run, text.step) for text in texts)
    if form.check is not None:  # which itself refuses a corpus that is not what it was
        _check(writers, request, form.check, form)
        return 0
    states = corpus_status.tell(writer.run for writer in writers)
    if form.wants_json:
        _print_json([facts(text, request, states[text.writer.run.path]) for text in texts])
    else:
        _print_blocks(texts, request)
    if form.svg is not None:
        _draw(form.svg, texts, request)
    return 0


def open_writing_room(writers: Sequence[WriterSpec], request: WriteRequest, root: Path) -> int:
    """Open the screen on which they write; the exit status."""
    check_writers(writers, request.prompt)
    say_taken(writers)
    from rnntui.tui.base.viewer import look_at
    from rnntui.tui.writing_room.prompts import Prompts
    from rnntui.tui.writing_room.screen import WritingRoom
    from rnntui.tui.writing_room.sources import Checkpoint

    writing_room = WritingRoom(
        [Checkpoint(writer.run, writer.step, writer.said) for writer in writers],
        [writer.sampling for writer in writers],
        Prompts(root),
        prompt=request.prompt,
        length=request.length,
        seed=request.seed,
        stop_at=request.stop_at,
    )
    try:
        return look_at(writing_room)
    finally:
        writing_room.writing_thread.stop()
        writing_room.writing_thread.join()


def _check(writers: Sequence[WriterSpec], request: WriteRequest, kind: str, form: WriteFormat) -> None:
    """Write many samples of each writer and say how many are valid, one block a writer."""
    from rnntui.commands import write_check

    samples = SAMPLES if form.samples is None else form.samples
    requests = [replace(request, sampling=writer.sampling, step=writer.step) for writer in writers]
    checked = (
        {**write_check.facts(writer.run, kind, its, samples), "checkpoint": writer.said or None}
        for writer, its in zip(writers, requests, strict=True)
    )
    if form.wants_json:
        _print_json(list(checked))
        return
    for number, facts in enumerate(checked):
        if number:
            print()
        write_check.tell(facts)


# --- as text --------------------------------------------------------------------------------------------------------


def _print_blocks(texts: Iterable["Continuation"], request: WriteRequest) -> None:
    for number, text in enumerate(texts):
        if number:
            print()
        print(label(text))
        stream(text, request)


def label(text: "Continuation") -> str:
    """The heading of a text: `anna · step 20,000 · temp 0.5`."""
    checkpoint = weights.in_words(text.step, text.weights)
    return shown_text(f"{text.writer.run.name} · {checkpoint} · {text.writer.sampling.in_words()}")


def stream(text: "Continuation", request: WriteRequest) -> None:
    """Print prompt and text as safe text while it is written, and a line end."""
    out, flushed_at = sys.stdout, -math.inf
    out.write(shown_text(text.prompt))
    try:
        for character in text.write(request.length, request.stop_at):
            out.write(shown_text(character))
            now = time.monotonic()
            if now - flushed_at >= FLUSH_SECONDS:
                out.flush()
                flushed_at = now
    except KeyboardInterrupt:
        out.write("\n")
        out.flush()
        raise
    out.write("\n")


def say_taken(writers: Iterable[WriterSpec]) -> None:
    """Say, once a run, where its best checkpoint writes in the place of the newest."""
    for name, said in dict.fromkeys((writer.run.name, writer.said) for writer in writers if writer.said):
        say(f"{name}: {said}")


def say_weights(texts: Iterable["Continuation"]) -> None:
    """Say, once a checkpoint, where its averaged weights write since they are the better ones."""
    for run, step, which in dict.fromkeys((text.writer.run, text.step, text.weights) for text in texts):
        if sentence := weights.sentence(run, step, which):
            say(f"{run.name}: {sentence}")


def say_left_out(texts: Sequence["Continuation"]) -> None:
    """Note, once for each run, which characters of the prompt are not in its vocabulary."""
    left_out = {text.writer.run.name: text.draft.left_out for text in texts}
    for name, characters in left_out.items():
        if characters:
            whose = f"{name}: " if len(left_out) > 1 else ""
            named = listed([repr(character) for character in characters], " ")
            say(f"{whose}left out of the prompt, since they are not in the network's corpus: {named}")


def say_undrawn(temperatures: Sequence[float], options: Sequence[str]) -> None:
    """Note which options have no effect at temperature 0."""
    if options and not any(temperatures):
        say(f"at temperature 0 the most likely character is always taken: no effect of {' and '.join(options)}")


def say_never(texts: Sequence["Continuation"], stop_at: str) -> None:
    """Note, once for each run, that `stop_at` will never stop its texts."""
    never = {text.writer.run.name: text.never_writes(stop_at) for text in texts}
    for name, characters in never.items():
        if characters:
            named = listed([repr(character) for character in characters], " ")
            say(f"{name}: --stop-at: it can never write that, since its corpus lacks {named}")


def each_once(runs: Iterable[Run]) -> list[Run]:
    """The runs in order; repeated ones are left out, with a note."""
    distinct: dict[Path, Run] = {}
    for run in runs:
        if run.path.resolve() in distinct:
            say(f"{run.name} is named more than once: it writes once")
        distinct.setdefault(run.path.resolve(), run)
    return list(distinct.values())


# --- as JSON and as a picture ---------------------------------------------------------------------------------------


def _print_json(facts: Sequence[dict[str, Any]]) -> None:
    """One object, or where there are several writers a list of them."""
    print(as_json(facts[0] if len(facts) == 1 else facts))


def facts(text: "Continuation", request: WriteRequest, corpus: str) -> dict[str, Any]:
    """Let it write, and tell all of it as `--json` prints it; `bits` and `prompt_bits` are a number a character.

    `corpus` is what has become of its corpus (`learned.state`).
    """
    for _ in text.write(request.length, request.stop_at):
        pass
    sampling = text.writer.sampling
    return {
        "run": text.writer.run.name,
        "step": text.step,
        "checkpoint": text.writer.said or None,
        "weights": text.weights or weights.RAW,
        "corpus": corpus,
        "prompt": text.prompt,
        "text": text.text,
        "temperature": "inf" if math.isinf(sampling.temperature) else sampling.temperature,
        "top_k": sampling.top_k,
        "top_p": sampling.top_p,
        "seed": request.seed,
        "left_out": text.draft.left_out,
        "stopped": text.stopped,
        "bits_per_character": text.bits_per_character,
        "bits": text.bits,
        "prompt_bits_per_character": text.prompt_bits_per_character,
        "prompt_bits": text.prompt_bits,
    }


def _draw(file: Path, texts: Iterable["Continuation"], request: WriteRequest) -> None:
    from rnntui.commands.surprisal_picture import Block, draw

    draw(file, f"rnntui write · seed {request.seed}", [Block(label(text), list(text.characters())) for text in texts])
    say(f"drawn: {file}")
