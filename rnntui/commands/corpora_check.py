"""`rnntui corpora check`: whether a text is worth training on.

Imported inside the command, since Rich is slow to load.
"""

from collections.abc import Iterable

from rnntui import corpora
from rnntui.commands.progress import waiting
from rnntui.commands.tables import print_facts
from rnntui.config import Settings
from rnntui.corpora import baselines
from rnntui.corpora.verdict import is_too_short, verdict
from rnntui.system.output import as_json
from rnntui.system.signals import FAILED
from rnntui.text.format import counted, decimals, listed, share

FEWEST_HIDDEN = 16  # units that are still worth training


def corpus_report(name: str, settings: Settings, *, wants_json: bool) -> int:
    """Print a report on a text for a network of these settings; returns 1 if it is too short to train on."""
    with waiting.reading(name) as wait:
        corpus = corpora.load(name, progress=wait, encoding=settings.encoding)
    with waiting.named("loading PyTorch"):
        parameters = _parameters(settings, len(corpus.vocabulary), settings.hidden)
    with waiting.Wait("compressing it") as wait:
        report = baselines.check(corpus, settings.batch, settings.length, parameters, wait)
    said = verdict(report, corpus, _smaller(settings, corpus))
    if wants_json:
        print(as_json({**report.to_dict(), "verdict": said}))
    else:
        print_facts(
            [["verdict", said[0]], *(["", sentence] for sentence in said[1:]), *_report_lines(report, settings)]
        )
    return FAILED if is_too_short(report) else 0


def _smaller(settings: Settings, corpus: corpora.Corpus) -> int | None:
    """The largest smaller network with at most half a parameter for each character; `None` if there is none."""
    hidden = settings.hidden
    while hidden >= 2 * FEWEST_HIDDEN:
        hidden //= 2
        if 2 * _parameters(settings, len(corpus.vocabulary), hidden) <= corpus.length:
            return hidden
    return None


def _parameters(settings: Settings, vocabulary: int, n: int) -> int:
    """Parameters of such a network with so many hidden units, by the cells' own formula."""
    from rnntui.core.cells import load_cell

    cell = load_cell(settings.cell)
    layers = sum(cell.parameter_count(n if k else vocabulary, n) for k in range(settings.layers))
    return layers + vocabulary * (n + 1)


def _report_lines(report: baselines.CorpusReport, settings: Settings) -> Iterable[list[str]]:
    yield ["corpus", f"{report.name} ({report.path or 'built in'})"]
    yield ["encoding", "; ".join(report.notes)]
    parts = f"{report.training_characters:,} to train on, {report.held_out_characters:,} held out"
    yield ["characters", f"{report.characters:,}: {parts}"]
    yield [
        "vocabulary",
        f"{len(report.vocabulary):,}: {listed([character.shown for character in report.vocabulary], ' ')}",
    ]
    verb = "occurs" if len(report.rare) == 1 else "occur"
    yield ["rare", f"{len(report.rare):,} {verb} fewer than {baselines.RARE} times: {_counts(report.rare)}"]
    yield ["control", f"{len(report.controls):,}: {_counts(report.controls)}"]
    windows = counted(report.batch, "window")
    yield ["an epoch", f"{_batches(report.batches_per_epoch)} of {windows} of {counted(report.length, 'character')}"]
    if report.parameters is not None:
        network = f"{settings.layers} × {settings.cell} {settings.hidden}"
        per_character = f"{decimals(report.parameters_per_character)} a character"
        yield ["network", f"{network}: {report.parameters:,} parameters, {per_character}"]
    if report.baselines is None:
        yield ["baselines", "too short to hold any of it out"]
        return
    fitted = report.baselines
    for name in ("uniform", "unigram", "bigram"):
        accuracy = getattr(fitted, f"{name}_accuracy")
        yield [name, f"{decimals(getattr(fitted, name))} bits per character, accuracy {share(accuracy)}"]
    is_known = fitted.lzma is not None
    yield ["lzma", f"{decimals(fitted.lzma)} bits per character" if is_known else "left out: too slow for a large text"]


def _batches(number: int) -> str:
    return "1 batch" if number == 1 else f"{number:,} batches"


def _counts(characters: Iterable[baselines.Character]) -> str:
    return listed([f"{character.shown} {character.name} ×{character.count:,}" for character in characters])
