"""Whether a text is good to train on: what a report of it comes to, in words, with the figures behind them.

The bounds are from the texts of `docs/results/text/scores.md`. How much worse the held-out text was after the last step
than at its best, in bits per character: with 0.13 parameters a character by 0.07, with 0.34 by 0.20, with 0.77 by 0.85,
with 1.1 by 0.61, with 2.4 by 2.44.
"""

import re
from collections.abc import Iterator, Mapping

from rnntui.corpora.baselines import RARE, CorpusReport
from rnntui.corpora.corpus import Corpus, least_length
from rnntui.corpora.decoding import DOUBTFUL, GUESSED
from rnntui.text.format import counted, decimals

AMPLE = 0.2  # parameters a character
FEWEST = 20_000  # characters from which on the recipes of `train text` suit a text
REPETITIVE = 0.05  # of the unigram's bits: where lzma needs less, the held-out part stands in the training part
_STRAY_ENDS = re.compile(r"\s*(\\end\{[^}\n]*\}\s*)+")


def verdict(report: CorpusReport, corpus: Corpus, dropout: Mapping[str, float]) -> tuple[str, ...]:
    """The sentences of a verdict, the first on the whole; `dropout` are the shares that the network which the report is
    of drops, by their options.
    """
    return (_whole(report, dropout), *_about_encoding(report), *_about_content(report, corpus))


def is_too_short(report: CorpusReport) -> bool:
    """Whether `train text` of that length refuses it."""
    return report.characters < least_length(report.length)


def _whole(report: CorpusReport, dropout: Mapping[str, float]) -> str:
    if is_too_short(report):
        has, needed = counted(report.characters, "character"), f"{least_length(report.length):,}"
        return f"too short to train on: it has {has}, and --length {report.length} needs at least {needed}"
    share = report.parameters_per_character
    if share is None or share <= AMPLE:
        return f"large enough for this network: {_figures(report)}"
    if report.characters < FEWEST:
        return f"too small for any network, {_figures(report)}: take {FEWEST:,} characters or more"
    if there := [f"{option} {share:g}" for option, share in dropout.items() if share]:
        verb = "is" if len(there) == 1 else "are"
        return f"small for this network, {_figures(report)}: {' and '.join(there)} {verb} there against memorizing it"
    return f"small for this network, {_figures(report)}: it may memorize the training part; --dropout 0.5 helps"


def _figures(report: CorpusReport) -> str:
    share = decimals(report.parameters_per_character, 2)
    return f"{counted(report.characters, 'character')}, {share} parameters per character"


def _about_encoding(report: CorpusReport) -> Iterator[str]:
    if any(note.startswith(DOUBTFUL) for note in report.notes):
        yield f"its encoding is doubtful ({report.encoding}): look at the vocabulary, and name it with --encoding"
    elif any(note.startswith(GUESSED) for note in report.notes):
        yield f"its encoding is guessed ({report.encoding}): look at the vocabulary; --encoding takes another"


def _about_content(report: CorpusReport, corpus: Corpus) -> Iterator[str]:
    fitted = report.baselines
    if fitted is not None and fitted.lzma is not None and fitted.lzma < REPETITIVE * fitted.unigram:
        yield (
            f"it repeats itself: the held-out part also occurs in the training part (lzma needs "
            f"{decimals(fitted.lzma, 2)} bits per character), so a good score means little"
        )
    if 2 * len(report.rare) > len(report.vocabulary):
        yield (
            f"{len(report.rare):,} of its {len(report.vocabulary):,} characters occur fewer than {RARE} times: a "
            f"network hardly learns them"
        )
    ends = _STRAY_ENDS.match(next(corpus.pieces(), ""))
    if ends is not None:
        yield (
            f"it begins inside a LaTeX document: {ends[0].count(chr(92) + 'end')} \\end{{…}} at the beginning close "
            f"what was opened before"
        )
