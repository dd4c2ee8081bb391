"""`rnntui corpora check`: whether a text is worth training on.

Imported inside the command, since Rich is slow to load.
"""

from collections.abc import Iterable

from rnntui import corpora
from rnntui.commands.progress import waiting
from rnntui.commands.tables import print_facts
from rnntui.config import Settings, as_dict
from rnntui.corpora import baselines
from rnntui.corpora.verdict import is_too_short, verdict
from rnntui.runs import making
from rnntui.specs import TASKS
from rnntui.system.output import as_json
from rnntui.system.signals import FAILED
from rnntui.text.format import counted, decimals, listed, share


def corpus_report(name: str, settings: Settings, *, wants_json: bool) -> int:
    """Print a report on a text for a new run of these settings; returns 1 if it is too short to train on."""
    with waiting.reading(name) as wait:
        corpus = corpora.load(name, progress=wait, encoding=settings.encoding)
    with waiting.named("loading PyTorch"):
        parameters = _parameters(settings, len(corpus.vocabulary))
    with waiting.Wait("compressing it") as wait:
        report = baselines.check(corpus, settings.batch, settings.length, parameters, wait)
    said = verdict(report, corpus, _dropped(settings))
    if wants_json:
        print(as_json({**report.to_dict(), "settings": as_dict(settings), "verdict": said}))
    else:
        further = [["", sentence] for sentence in said[1:]]
        print_facts([["verdict", said[0]], *further, *_report_lines(report, settings)])
    return FAILED if is_too_short(report) else 0


def _parameters(settings: Settings, vocabulary: int) -> int:
    """Parameters of such a network, by the cells' own formula."""
    from rnntui.core.cells import load_cell

    cell, n = load_cell(settings.cell, settings.layer_norm), settings.hidden
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
    yield [
        "training",
        f"{_training(report, settings)}: --preset {making.usual_preset('text')}, by the size of the text",
    ]
    yield from _of_other_presets(report, settings)
    if report.baselines is None:
        yield ["baselines", "too short to hold any of it out"]
        return
    fitted = report.baselines
    for name in ("uniform", "unigram", "bigram"):
        accuracy = getattr(fitted, f"{name}_accuracy")
        yield [name, f"{decimals(getattr(fitted, name))} bits per character, accuracy {share(accuracy)}"]
    is_known = fitted.lzma is not None
    yield ["lzma", f"{decimals(fitted.lzma)} bits per character" if is_known else "left out: too slow for a large text"]


def _training(report: baselines.CorpusReport, settings: Settings) -> str:
    """`260 steps, 29.2 epochs, --dropout 0.3, --dropout-recurrent 0.25`."""
    epochs = settings.steps * settings.batch * settings.length / max(1, report.training_characters)
    dropped = [f"{option} {share:g}" for option, share in _dropped(settings).items() if share]
    return ", ".join([counted(settings.steps, "step"), f"{decimals(epochs, 1)} epochs", *(dropped or ["no dropout"])])


def _dropped(settings: Settings) -> dict[str, float]:
    """The shares that are dropped, by their options."""
    return {"--dropout": settings.dropout, "--dropout-recurrent": settings.dropout_recurrent}


def _of_other_presets(report: baselines.CorpusReport, settings: Settings) -> Iterable[list[str]]:
    """What the other presets that follow the size of a text make of it."""
    given = {name: getattr(settings, name) for name in ("corpus", "encoding")}
    for preset, rules in TASKS["text"].presets.items():
        if preset != making.usual_preset("text") and any(rule.by_size for rule in rules):
            its = making.settings("text", given, preset)
            yield ["", f"{_training(report, its)}, {its.layers} × {its.cell} {its.hidden}: --preset {preset}"]


def _batches(number: int) -> str:
    return "1 batch" if number == 1 else f"{number:,} batches"


def _counts(characters: Iterable[baselines.Character]) -> str:
    return listed([f"{character.shown} {character.name} ×{character.count:,}" for character in characters])
