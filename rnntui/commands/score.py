"""`rnntui score`: bits per character of a text under a network, as a table, line by line, as JSON or as a picture."""

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnntui import corpora
from rnntui.commands import corpus_status, input_text
from rnntui.commands.network_names import say_checkpoints
from rnntui.commands.progress.counting import Counting
from rnntui.commands.progress.waiting import MEASURING, Wait
from rnntui.commands.surprisal_picture import Block, check_length, draw
from rnntui.commands.tables import print_facts, print_table
from rnntui.commands.text_picture import check_file
from rnntui.commands.write import network_facts
from rnntui.corpora.baselines import lzma_bits, shown
from rnntui.runs import Run, weights
from rnntui.runs.networks import Checkpoints, NetworkSpec
from rnntui.runs.writers import common_vocabulary
from rnntui.specs import BITS
from rnntui.system.output import as_json, say
from rnntui.system.signals import DIVERGED
from rnntui.text.format import counted, decimals, figure, listed
from rnntui.text.sanitize import shown_text

if TYPE_CHECKING:
    from rnntui.core.generation.loading import TextNetwork
    from rnntui.core.generation.scoring import Score

WORST = 5  # least expected characters that are shown
BEFORE = 32  # characters before one of them


@dataclass(frozen=True)
class ScoreFormat:
    """How the output is to be formatted."""

    per_character: bool = False
    svg: Path | None = None
    wants_json: bool = False


@dataclass(frozen=True)
class Given:
    """A text to be scored, what was done to decode it, and, for a run's own corpus, the baselines to lay beside it."""

    what: str
    text: str
    notes: tuple[str, ...]
    baselines: Mapping[str, float]  # bits per character
    in_training: float | None = None  # bits per character of the same characters, as the trainer scored them


def run(network: NetworkSpec, file: str | None, form: ScoreFormat, encoding: str = "") -> int:
    """Score a file, or the held-out part of the run's own corpus, of an ensemble its first run's; the exit status.

    Raises `ValueError` as `read_predictor` does, for a text that cannot be read or scored, and for a corpus that is
    not what it was.
    """
    if form.svg is not None:
        check_file(form.svg)
    from rnntui.core.generation.loading import read_predictor
    from rnntui.core.generation.scoring import check_worth_scoring, read_as, score

    if file is None and encoding:
        raise ValueError("--encoding is for a FILE: the run's own corpus is read as it was learned")
    common_vocabulary(network)  # before a long text is read
    given = _held_out(network) if file is None else _of_file(file, encoding)
    as_trained = read_predictor(replace(network, adaptation=None))
    if file is None and not network.beside:
        given = replace(given, in_training=_in_training(network.run, as_trained.step, as_trained.weights))
    text = read_as(given.text, lower=network.lower)
    check_worth_scoring(as_trained, text, given.what)
    say_checkpoints([(network, as_trained.checkpoints)])
    if form.svg is not None:
        check_length(len(text))
    states = corpus_status.tell(network.runs)
    streams = form.per_character and not form.wants_json
    bits = _bits(network, as_trained, text, streams=streams)
    scored = score(as_trained, text, bits.by_network)
    members = [score(as_trained, text, each) for each in bits.by_members]
    unadapted = None if bits.unadapted is None else score(as_trained, text, bits.unadapted)
    found = Found(network, as_trained.checkpoints, given, scored, members, unadapted)
    if form.wants_json:
        print(as_json(_facts(found, form, states)))
    elif streams:
        say(f"{found.title}: {decimals(scored.bits_per_character, 4)} bits per character")
    else:
        _tell(found)
    if form.svg is not None:
        _draw(form.svg, found.title, scored)
    return _say_divergence(found, math.log2(len(as_trained.vocabulary)))


@dataclass(frozen=True)
class Bits:
    """The bits of each character: by the network, by each member of an ensemble, and without adapting where it does."""

    by_network: list[float]
    by_members: list[list[float]]
    unadapted: list[float] | None


@dataclass(frozen=True)
class Found:
    """What came out, of a network and the checkpoints of its members; `unadapted` is its score as it was trained."""

    network: NetworkSpec
    checkpoints: Checkpoints
    given: Given
    scored: "Score"
    members: Sequence["Score"]
    unadapted: "Score | None"

    @property
    def title(self) -> str:
        return f"{self.network.in_words(self.checkpoints)} · {self.given.what}"

    @property
    def best_member(self) -> float:
        """The bits per character of the best member."""
        return min(each.bits_per_character for each in self.members)


# --- the text -------------------------------------------------------------------------------------------------------


def _of_file(name: str, encoding: str) -> Given:
    decoded = input_text.read(name, encoding)
    what = "standard input" if name == input_text.STANDARD_INPUT else name
    return Given(what, decoded.text, decoded.notes, {})


def _held_out(network: NetworkSpec) -> Given:
    """The held-out part of the corpus that the first run learned. Raises `ValueError` where it changed or is gone."""
    run = network.run
    corpus = corpora.of_run(run)
    if isinstance(corpus, corpora.Large):
        raise ValueError(
            f"corpus {corpus.name!r} has a held-out part too large to score character by character: name a FILE"
        )
    for other in network.runs[1:]:
        if other.config().data.sha256 != run.config().data.sha256:
            say(f"{other.name} learned another text than {run.name}, and may have learned this one's held-out part")
    baselines = {name: BITS.of(nats) for name, (nats, _) in run.config().baselines.items()}
    what = f"the held-out part of {corpus.name}"
    baselines["lzma"] = lzma_bits(corpus.training(), corpus.held_out())
    return Given(what, corpus.held_out(), corpus.notes, baselines)


def _in_training(run: Run, step: int, which: str) -> float | None:
    """The held-out bits per character that the trainer logged at a step for these weights, if it scored then."""
    for row in run.metrics():
        if row.step == step:
            loss = row.averaged_validation_loss if which == weights.AVERAGED else row.validation_loss
            return BITS.of(loss) if isinstance(loss, float) else None
    return None


# --- the bits -------------------------------------------------------------------------------------------------------


def _bits(network: NetworkSpec, as_trained: "TextNetwork", text: str, *, streams: bool) -> Bits:
    """Score a text, where the network adapts also without; with `streams` print each character as it is scored."""
    from rnntui.core.generation.loading import read_predictor

    adapts, loaded = network.adaptation is not None, as_trained
    if adapts:
        with Wait(MEASURING) as wait:
            loaded = read_predictor(network, tell=wait)
    bits, *members = _scored(loaded, text, "scoring", streams=streams)
    unadapted = _scored(as_trained, text, "scoring without adapting", streams=False)[0] if adapts else None
    return Bits(bits, members, unadapted)


def _scored(loaded: "TextNetwork", text: str, doing: str, *, streams: bool) -> list[list[float]]:
    """The bits of each character by the network and each of its members."""
    rows: list[list[float]] = [[] for _ in range(1 + len(loaded.others) + bool(loaded.others))]
    for block in _blocks(loaded, text, doing, bar=not streams):
        if streams:
            done = len(rows[0])
            sys.stdout.writelines(_line(done + k, text[done + k], each) for k, each in enumerate(block[0]))
        for row, new in zip(rows, block, strict=True):
            row += new
    return rows


def _blocks(loaded: "TextNetwork", text: str, doing: str, *, bar: bool) -> Iterator[list[list[float]]]:
    from rnntui.core.generation.scoring import surprisals

    if not bar:
        yield from surprisals(loaded, text)
        return
    with Counting(doing, len(text)) as progress:
        for block in surprisals(loaded, text):
            progress.advance(len(block[0]))
            yield block


# --- what is said ---------------------------------------------------------------------------------------------------


def _say_divergence(found: Found, guessing: float) -> int:
    """Say where adapting made a network worse than guessing, which costs so many bits a character; the exit status."""
    bits = found.scored.bits_per_character
    if found.unadapted is None or bits <= max(guessing, found.unadapted.bits_per_character):
        return 0
    say(
        f"adapting diverged: it made the network worse than guessing, which costs {decimals(guessing)} bits per "
        "character; a lower --adapt-rate may help"
    )
    return DIVERGED


def _line(position: int, character: str, bits: float) -> str:
    told = "" if math.isnan(bits) else f"{bits:.6f}"
    return f"{position}\t{_escaped(character)}\t{told}\n"


def _escaped(character: str) -> str:
    r"""A character that stays on its line: `\n`, `\t`, a space as itself."""
    return character if character == " " else shown(character)


def _tell(found: Found) -> None:
    scored = found.scored
    print(shown_text(found.title))
    print_facts(_rows(found))
    print("\nleast expected")
    rows = (
        [f"{k:,}", decimals(scored.bits[k], 2), shown(scored.text[k]), _before(scored.text, k)]
        for k in scored.worst(WORST)
    )
    print_table([">position", ">bits", "character", "after"], rows)


def _rows(found: Found) -> Iterator[list[str]]:
    given, scored = found.given, found.scored
    yield ["bits per character", decimals(scored.bits_per_character, 4)]
    yield from _compared(found)
    if given.in_training is not None:
        yield [
            "  in training",
            f"{decimals(given.in_training, 4)} (the same text as parallel streams, each from a fresh state)",
        ]
    for name, bits in given.baselines.items():
        yield [f"  {name}", f"{decimals(bits, 4)}{' (compressed, given the training part)' if name == 'lzma' else ''}"]
    yield ["perplexity", f"{scored.perplexity:.4g}" if math.isfinite(scored.perplexity) else "beyond any number"]
    total = f"{scored.total_bits:,.1f}" if scored.total_bits < 1e12 else figure(scored.total_bits)
    yield ["total", f"{total} bits"]
    yield ["characters scored", f"{scored.scored:,}"]
    if scored.left_out:
        each = listed([f"{shown(c)} ×{times:,}" for c, times in scored.left_out.most_common()])
        yield ["left out", f"{counted(scored.left_out.total(), 'character')} not in the corpus: {each}"]
    yield ["read", "; ".join(given.notes)]


def _compared(found: Found) -> Iterator[list[str]]:
    """The same text without adapting, and by each member of an ensemble, with what is gained over these."""
    bits = found.scored.bits_per_character
    if found.unadapted is not None:
        without = found.unadapted.bits_per_character
        yield ["  without adapting", f"{decimals(without, 4)} (adapting gains {decimals(without - bits, 4)})"]
    for member, checkpoint, each in zip(found.network.members, found.checkpoints, found.members, strict=False):
        alone = f"({weights.in_words(*checkpoint)}, alone)"
        yield [f"  {shown_text(member.run.name)}", f"{decimals(each.bits_per_character, 4)} {alone}"]
    if found.members:
        yield ["  gain over the best", decimals(found.best_member - bits, 4)]


def _before(text: str, position: int) -> str:
    cut = "…" if position > BEFORE else ""
    return cut + text[max(0, position - BEFORE) : position]


def _facts(found: Found, form: ScoreFormat, states: Mapping[Path, str]) -> dict[str, Any]:
    given, scored = found.given, found.scored
    worst = [
        {"position": k, "character": scored.text[k], "bits": scored.bits[k], "after": _before(scored.text, k)}
        for k in scored.worst(WORST)
    ]
    told = network_facts(found.network, found.checkpoints, states)
    facts = {
        **told,
        "of": given.what,
        "notes": given.notes,
        "bits_per_character": scored.bits_per_character,
        **_gains(found, told),
        "in_training": given.in_training,
        "perplexity": scored.perplexity,
        "total_bits": scored.total_bits,
        "characters": len(scored.text),
        "scored": scored.scored,
        "left_out": dict(scored.left_out),
        "baselines": dict(given.baselines) or None,
        "rulers": dict(given.baselines) or None,  # as earlier versions call them
        "worst": worst,
    }
    if not form.per_character:
        return facts
    every = zip(scored.text, scored.bits, strict=True)
    return {
        **facts,
        "per_character": [{"position": k, "character": c, "bits": bits} for k, (c, bits) in enumerate(every)],
    }


def _gains(found: Found, told: Mapping[str, Any]) -> dict[str, Any]:
    """What is gained by adapting and by the mean, in bits per character; `told` are the network's own facts."""
    bits, gains = found.scored.bits_per_character, dict[str, Any]()
    if found.unadapted is not None:
        without = found.unadapted.bits_per_character
        gains |= {"bits_per_character_without_adapting": without, "gain_of_adapting": without - bits}
    if found.members:
        each = (score.bits_per_character for score in found.members)
        members = [{**member, "bits_per_character": alone} for member, alone in zip(told["members"], each, strict=True)]
        gains |= {"members": members, "gain_over_best": found.best_member - bits}
    return gains


def _draw(file: Path, title: str, scored: "Score") -> None:
    from rnntui.core.generation.continuation import GeneratedCharacter

    characters = [
        GeneratedCharacter(character, bits, given=False, known=character not in scored.left_out)
        for character, bits in zip(scored.text, scored.bits, strict=True)
    ]
    draw(
        file, "rnntui score", [Block(f"{title} · {decimals(scored.bits_per_character)} bits per character", characters)]
    )
    say(f"drawn: {file}")
