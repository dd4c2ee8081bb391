"""`rnntui score`: bits per character of a text under a network, as a table, line by line, as JSON or as a picture."""

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnntui import corpora
from rnntui.commands import corpus_status, input_text
from rnntui.commands.progress.counting import Counting
from rnntui.commands.surprisal_picture import Block, check_file, check_length, draw
from rnntui.commands.tables import print_facts, print_table
from rnntui.corpora.baselines import lzma_bits, shown
from rnntui.runs import Run, weights
from rnntui.specs import BITS
from rnntui.system.output import as_json, say
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
    """A text to score, notes on its decoding and, for a run's own corpus, the baselines to compare with."""

    what: str
    text: str
    notes: tuple[str, ...]
    baselines: Mapping[str, float]  # bits per character
    in_training: float | None = None  # bits per character of the same characters, as the trainer scored them


def run(
    scored_run: Run, file: str | None, taken: tuple[int | None, str], form: ScoreFormat, encoding: str = ""
) -> None:
    """Score a file, or the held-out part of the run's own corpus, with the checkpoint that was `taken`.

    Raises `ValueError` as `read_network` does, for a text that cannot be read or scored, and for a corpus that is not
    what it was.
    """
    if form.svg is not None:
        check_file(form.svg)
    from rnntui.core.generation.loading import read_network
    from rnntui.core.generation.scoring import check_worth_scoring, read_as, score

    if file is None and encoding:
        raise ValueError("--encoding is for a FILE: the run's own corpus is read as it was learned")
    given = _held_out(scored_run) if file is None else _of_file(file, encoding)
    step, said = taken
    loaded = read_network(scored_run, step, "--at")
    if said:
        say(f"{scored_run.name}: {said}")
    if which := weights.sentence(scored_run, loaded.step, loaded.weights):
        say(f"{scored_run.name}: {which}")
    if file is None:
        given = replace(given, in_training=_in_training(scored_run, loaded.step, loaded.weights))
    title = f"{scored_run.name} · {weights.in_words(loaded.step, loaded.weights)} · {given.what}"
    text = read_as(given.text, lower=scored_run.settings().lower)
    check_worth_scoring(loaded, text, given.what)
    states = corpus_status.tell([scored_run])
    if form.svg is not None:
        check_length(len(text))
    bits: list[float] = []
    streams = form.per_character and not form.wants_json
    for block in _blocks(loaded, text, bar=not streams):
        if streams:
            sys.stdout.writelines(
                _line(len(bits) + k, text[len(bits) + k], surprisal) for k, surprisal in enumerate(block)
            )
        bits += block
    scored = score(loaded, text, bits)
    if form.wants_json:
        facts = _facts(scored_run, loaded.step, given, scored, form, states[scored_run.path])
        print(as_json({**facts, "checkpoint": said or None, "weights": loaded.weights or weights.RAW}))
    elif streams:
        say(f"{title}: {decimals(scored.bits_per_character, 4)} bits per character")
    else:
        _tell(title, given, scored)
    if form.svg is not None:
        _draw(form.svg, title, scored)


# --- the text -------------------------------------------------------------------------------------------------------


def _of_file(name: str, encoding: str) -> Given:
    decoded = input_text.read(name, encoding)
    what = "standard input" if name == input_text.STANDARD_INPUT else name
    return Given(what, decoded.text, decoded.notes, {})


def _held_out(run: Run) -> Given:
    """The held-out part of the corpus that a run learned. Raises `ValueError` where it changed or is gone."""
    corpus = corpora.of_run(run)
    if isinstance(corpus, corpora.Large):
        raise ValueError(
            f"corpus {corpus.name!r} has a held-out part too large to score character by character: name a FILE"
        )
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


def _blocks(loaded: "TextNetwork", text: str, *, bar: bool) -> Iterator[list[float]]:
    from rnntui.core.generation.scoring import surprisals

    if not bar:
        yield from surprisals(loaded, text)
        return
    with Counting("scoring", len(text)) as progress:
        for block in surprisals(loaded, text):
            progress.advance(len(block))
            yield block


# --- what is said ---------------------------------------------------------------------------------------------------


def _line(position: int, character: str, bits: float) -> str:
    told = "" if math.isnan(bits) else f"{bits:.6f}"
    return f"{position}\t{_escaped(character)}\t{told}\n"


def _escaped(character: str) -> str:
    r"""A character that stays on its line: `\n`, `\t`, a space as itself."""
    return character if character == " " else shown(character)


def _tell(title: str, given: Given, scored: "Score") -> None:
    print(shown_text(title))
    print_facts(_rows(given, scored))
    print("\nleast expected")
    rows = (
        [f"{k:,}", decimals(scored.bits[k], 2), shown(scored.text[k]), _before(scored.text, k)]
        for k in scored.worst(WORST)
    )
    print_table([">position", ">bits", "character", "after"], rows)


def _rows(given: Given, scored: "Score") -> Iterator[list[str]]:
    yield ["bits per character", decimals(scored.bits_per_character, 4)]
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
        left_out = listed([f"{shown(c)} ×{times:,}" for c, times in scored.left_out.most_common()])
        yield ["left out", f"{counted(scored.left_out.total(), 'character')} not in the corpus: {left_out}"]
    yield ["read", "; ".join(given.notes)]


def _before(text: str, position: int) -> str:
    cut = "…" if position > BEFORE else ""
    return cut + text[max(0, position - BEFORE) : position]


def _facts(run: Run, step: int, given: Given, scored: "Score", form: ScoreFormat, corpus: str) -> dict[str, Any]:
    worst = [
        {"position": k, "character": scored.text[k], "bits": scored.bits[k], "after": _before(scored.text, k)}
        for k in scored.worst(WORST)
    ]
    facts = {
        "run": run.name,
        "step": step,
        "corpus": corpus,
        "of": given.what,
        "notes": given.notes,
        "bits_per_character": scored.bits_per_character,
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
