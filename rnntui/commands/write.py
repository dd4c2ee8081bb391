"""`rnntui write`: networks continue one prompt with the same random numbers, on the screen, as text, JSON or a picture.

Invariant: every mistake is reported before the first character is printed, so that output is never partial.
"""

import math
import sys
import time
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnntui.commands import corpus_status, untrained
from rnntui.commands.network_names import NamedNetwork, say_checkpoints, say_taken
from rnntui.commands.progress.waiting import MEASURING, Wait
from rnntui.runs import Run, weights
from rnntui.runs.networks import Checkpoints as NetworkCheckpoints
from rnntui.runs.networks import NetworkSpec
from rnntui.runs.writers import LENGTH, LONGEST, Sampling, WriterSpec, check_writers
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
    length: int = LENGTH
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0
    stop_at: str = ""  # empty: nothing
    fills_page: bool = False  # whether on the screen the length is that of a page instead

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
        from rnntui.commands.surprisal_picture import check_length
        from rnntui.commands.text_picture import check_file

        check_file(form.svg)
        check_length(len(writers) * (request.length + len(request.prompt)))
    texts = begun(writers, request)
    say_left_out(texts)
    say_never(texts, request.stop_at)
    say_checkpoints((text.network, text.checkpoints) for text in texts)
    untrained.tell(pair for text in texts for pair in steps_of(text))
    if form.check is not None:  # which itself refuses a corpus that is not what it was
        _check(writers, request, form.check, form)
        return 0
    states = corpus_status.tell(run for writer in writers for run in writer.network.runs)
    if form.wants_json:
        _print_json([facts(text, request, states) for text in texts])
    else:
        _print_blocks(texts, request)
    if form.svg is not None:
        _draw(form.svg, texts, request)
    return 0


def begun(writers: Sequence[WriterSpec], request: WriteRequest) -> list["Continuation"]:
    """The texts of the writers, with the prompt read; what takes long says so on standard error.

    Raises `ValueError` as `run`.
    """
    from rnntui.core.generation.continuation import continuations, networks_of

    with Wait(MEASURING) as wait:
        networks = networks_of(writers, wait)
    with Wait("reading the prompt") as wait:
        return continuations(writers, networks, request.prompt, request.seed, wait)


def open_writing_room(writers: Sequence[WriterSpec], request: WriteRequest, root: Path) -> int:
    """Open the screen on which they write; the exit status."""
    check_writers(writers, request.prompt)
    say_taken(writer.network for writer in writers)
    from rnntui.tui.base.viewer import look_at
    from rnntui.tui.writing_room.prompts import Prompts
    from rnntui.tui.writing_room.screen import WritingRoom
    from rnntui.tui.writing_room.sources import Checkpoints

    writing_room = WritingRoom(
        [Checkpoints(replace(writer.network, adaptation=None)) for writer in writers],
        [writer.sampling for writer in writers],
        Prompts(root),
        prompt=request.prompt,
        length=None if request.fills_page else request.length,
        seed=request.seed,
        stop_at=request.stop_at,
        adaptation=writers[0].network.adaptation,
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
    requests = [replace(request, sampling=writer.sampling) for writer in writers]
    checked = (write_check.facts(writer, kind, its, samples) for writer, its in zip(writers, requests, strict=True))
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
    return shown_text(f"{text.network.in_words(text.checkpoints)} · {text.writer.sampling.in_words()}")


def steps_of(text: "Continuation") -> Iterable[tuple[Run, int]]:
    """The runs and the steps of the weights that a text is written with."""
    for member, (step, _) in zip(text.network.members, text.checkpoints, strict=True):
        yield member.run, step


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


def say_left_out(texts: Sequence["Continuation"]) -> None:
    """Note, once for each run, which characters of the prompt are not in its vocabulary."""
    left_out = {text.network.name: text.draft.left_out for text in texts}
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
    never = {text.network.name: text.never_writes(stop_at) for text in texts}
    for name, characters in never.items():
        if characters:
            named = listed([repr(character) for character in characters], " ")
            say(f"{name}: --stop-at: it can never write that, since its corpus lacks {named}")


def each_once(networks: Iterable[NamedNetwork]) -> list[NamedNetwork]:
    """The networks in order; repeated ones are left out, with a note."""
    distinct: dict[Hashable, NamedNetwork] = {}
    for network in networks:
        if network.key in distinct:
            say(f"{network.name} is named more than once: it writes once")
        distinct.setdefault(network.key, network)
    return list(distinct.values())


# --- as JSON and as a picture ---------------------------------------------------------------------------------------


def _print_json(facts: Sequence[dict[str, Any]]) -> None:
    """One object, or where there are several writers a list of them."""
    print(as_json(facts[0] if len(facts) == 1 else facts))


def facts(text: "Continuation", request: WriteRequest, states: Mapping[Path, str]) -> dict[str, Any]:
    """Let it write, and tell all of it as `--json` prints it; `bits` and `prompt_bits` are a number a character.

    `states` are what has become of the corpora (`corpus_status.state`), by the run's path.
    """
    for _ in text.write(request.length, request.stop_at):
        pass
    sampling = text.writer.sampling
    return {
        **network_facts(text.network, text.checkpoints, states),
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


def network_facts(network: NetworkSpec, checkpoints: NetworkCheckpoints, states: Mapping[Path, str]) -> dict[str, Any]:
    """Which network it is, as `--json` prints it: `members` of an ensemble, whose first one's facts stand above too."""
    pairs = zip(network.members, checkpoints, strict=True)
    members = [
        {
            "run": member.run.name,
            "step": step,
            "checkpoint": member.said or None,
            "weights": which or weights.RAW,
            "corpus": states[member.run.path],
        }
        for member, (step, which) in pairs
    ]
    found = {**members[0], "run": network.name, **({"members": members} if network.beside else {})}
    return found if network.adaptation is None else {**found, "adaptation": asdict(network.adaptation)}


def _draw(file: Path, texts: Iterable["Continuation"], request: WriteRequest) -> None:
    from rnntui.commands.surprisal_picture import Block, draw

    draw(file, f"rnntui write · seed {request.seed}", [Block(label(text), list(text.characters())) for text in texts])
    say(f"drawn: {file}")
