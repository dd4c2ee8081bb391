"""`rnntui write RUN --check latex|html`: samples many texts from one network and counts the well-formed ones."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from rich.progress import BarColumn, MofNCompleteColumn

from rnntui import corpora
from rnntui.commands.progress.bars import bar
from rnntui.commands.progress.waiting import MEASURING, Wait
from rnntui.core.generation.loading import TextNetwork, read_predictor
from rnntui.core.generation.syntax_check import Checked, Standard, checked, standard, trained_on
from rnntui.runs import weights
from rnntui.runs.writers import Sampling, WriterSpec
from rnntui.syntax import KINDS, Kind
from rnntui.syntax.place import in_place
from rnntui.syntax.tally import tally
from rnntui.system.output import has_bars, say
from rnntui.text.format import counted
from rnntui.text.sanitize import shown_text

FEW = 30  # pieces of a corpus, below which their share says little

WORDS: dict[Kind, str] = {"latex": "command", "html": "tag"}


class CheckRequest(Protocol):
    """What is to be written and checked, as `rnntui write --check` was asked."""

    @property
    def prompt(self) -> str: ...
    @property
    def length(self) -> int: ...
    @property
    def sampling(self) -> Sampling: ...
    @property
    def seed(self) -> int: ...
    @property
    def stop_at(self) -> str: ...


def facts(writer: WriterSpec, kind: str, request: CheckRequest, samples: int) -> dict[str, Any]:
    """Write texts with the seeds from the requested one on, and check them; what came out, as `--json` prints it.

    Raises `ValueError` for another kind, a run that cannot write, a prompt that it cannot read, and a corpus that is
    not what the run has learned.
    """
    which = _kind(kind)
    with Wait(MEASURING) as wait:
        loaded = read_predictor(writer.network, tell=wait)
    if request.prompt and request.sampling.temperature == 0 and samples > 1:
        say("at temperature 0 a prompt has only one continuation, whatever the seed: one text is written")
        samples = 1
    held_against = standard(trained_on(corpora.of_run(writer.network.run)), which, request.length)
    beginnings = [(request.prompt, request.seed + number) for number in range(samples)]
    texts = checked(writer, loaded, held_against, beginnings, request.length, request.stop_at)
    found = list(_shown(texts, f"{writer.network.name}: writing and checking", samples))
    return _facts(writer, loaded, held_against, request, found)


def tell(result: dict[str, Any]) -> None:
    """Print the result: shares, those of the corpus itself, and the first fault in its context."""
    length, texts = result["length"], result["texts"]
    seeds = f"seeds {result['seed']:,} to {result['seed'] + texts - 1:,}" if texts > 1 else f"seed {result['seed']:,}"
    writer = f"{result['network']} · {result['drawn']}"
    print(shown_text(f"{writer} · {counted(texts, 'text')} of {counted(length, 'character')}, {seeds}"))
    for name, words in _lines(result):
        print(f"  {name:18}{words}")
    wrong = result["invalid"]
    if wrong:
        first = wrong[0]
        print(f"  first fault       seed {first['seed']:,}: {shown_text(first['sentence'])}\n")
        print("".join(f"    {line}\n" for line in first["in_place"].split("\n")), end="")
    else:
        print("  first fault       none")


def _kind(kind: str) -> Kind:
    for known in KINDS:
        if kind == known:
            return known
    raise ValueError(f"--check must be {' or '.join(KINDS)}, not {kind!r}")


def _lines(result: dict[str, Any]) -> Iterator[tuple[str, str]]:
    valid = f"{result['valid']:,} of {result['texts']:,} ({result['share_valid']:.1%})"
    yield f"valid {result['check']}", valid + _without(result["without"], result["texts"])
    if result["corpus_pieces"]:
        few = " (a small sample)" if result["corpus_pieces"] < FEW else ""
        pieces = counted(result["corpus_pieces"], "piece")
        yield "the corpus itself", f"{result['corpus_share_valid']:.1%} of {pieces} as long{few}"
    yield "closed properly", _closed(result["closed"], result["faults"])
    yield "open at the end", f"{result['open']:,}"
    word, share = WORDS[_kind(result["check"])], result["share_known"]
    known = f"{result['known']:,} of {result['words']:,} ({share:.1%})" if share is not None else "none written"
    yield f"known {word}s", known


def _without(without: int, texts: int) -> str:
    """The number of texts in which there was nothing to get wrong, which a share of valid texts hides."""
    if not without:
        return ""
    if without == texts:
        return "; nothing opens or closes in any of them"
    return f"; {without:,} of them {'has' if without == 1 else 'have'} nothing that opens or closes"


def _closed(closed: int, faults: int) -> str:
    both = closed + faults
    if not both:
        return "nothing was"
    return f"{closed:,} of {both:,} ({closed / both:.1%})" + (f"; {counted(faults, 'fault')}" if faults else "")


def _facts(
    writer: WriterSpec, loaded: TextNetwork, held_against: Standard, request: CheckRequest, verdicts: Sequence[Checked]
) -> dict[str, Any]:
    came_out = tally(sample.verdict for sample in verdicts)
    baseline = held_against.baseline
    return {
        "run": writer.network.name,
        "network": writer.network.in_words(loaded.checkpoints),
        "step": loaded.step,
        "checkpoint": writer.network.said or None,
        "weights": loaded.weights or weights.RAW,
        "check": held_against.kind,
        "drawn": writer.sampling.in_words(),
        "temperature": "inf" if writer.sampling.temperature == float("inf") else writer.sampling.temperature,
        "top_k": writer.sampling.top_k,
        "top_p": writer.sampling.top_p,
        "prompt": request.prompt,
        "length": request.length,
        "seed": request.seed,
        **asdict(came_out),
        "without": sum(not (v.closed or v.faults or v.open) for v in (sample.verdict for sample in verdicts)),
        "share_valid": came_out.share_valid,
        "share_closed": came_out.share_closed,
        "share_known": came_out.share_known,
        "corpus_share_valid": baseline.share if baseline is not None else None,
        "corpus_pieces": baseline.pieces if baseline is not None else 0,
        "invalid": list(_invalid(verdicts)),
    }


def _invalid(verdicts: Iterable[Checked]) -> Iterator[dict[str, Any]]:
    for sample in verdicts:
        if (flaw := sample.verdict.flaw) is not None:
            shown = in_place(sample.text, flaw.position)
            yield {"seed": sample.seed, **asdict(flaw), "in_place": shown, "text": sample.text}


def _shown(texts: Iterable[Checked], what: str, count: int) -> Iterator[Checked]:
    """The texts as they come, with a bar on standard error where that is a terminal."""
    how = {"transient": True, "disable": not has_bars()}
    with bar(BarColumn(), MofNCompleteColumn(), **how) as progress:
        yield from progress.track(texts, total=count, description=shown_text(what))
