"""How much of what a run writes is well formed, at each of its checkpoints: what a sweep measures after training.

Invariant: what was measured is on disk before the next is begun, so whoever stops loses one row.
"""

from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import cycle

from rnntui import corpora
from rnntui.core.generation.loading import read_network
from rnntui.core.generation.syntax_check import Standard, checked, standard, trained_on
from rnntui.corpora import Corpus, Small
from rnntui.runs import Run, is_milestone
from rnntui.runs.networks import NetworkSpec
from rnntui.runs.writers import Sampling, WriterSpec
from rnntui.sweeps import syntax as kept
from rnntui.sweeps.syntax import Measured, Syntax
from rnntui.syntax import Kind, kind_of, pieces
from rnntui.syntax.tally import tally


def measure(run: Run, asked: Syntax) -> Iterator[str]:
    """Measure what is not measured yet, a row at a time; before each, what is done next, in words.

    The run is held by this process. Raises `ValueError` for one that cannot write, and where its corpus is gone or has
    changed.
    """
    corpus = corpora.of_run(run)
    text = trained_on(corpus)
    kind = kind_of(corpus.name, text)
    held_against = standard(text, kind, asked.prompt + asked.length)
    baseline = held_against.baseline
    measured = kept.read(run.path, asked) or Measured(
        kind, baseline.share if baseline is not None else None, baseline.pieces if baseline is not None else 0
    )
    beginnings = _beginnings(corpus, text, kind, asked)
    for step in steps_measured(run):
        for temperature in asked.temperatures:
            if not measured.has(step, temperature):
                yield f"checking the syntax of step {step:,} at temperature {temperature:g}"
                row = _row(run, held_against, beginnings, step, temperature, asked.length)
                measured = replace(measured, rows=[*measured.rows, row])
                kept.write(run.folder, asked, measured)
    kept.write(run.folder, asked, replace(measured, is_done=True))


def steps_measured(run: Run) -> list[int]:
    """The steps whose weights are kept for ever, and the last."""
    saved = [step for step in run.steps_saved(whole=False) if step]
    return [step for step in saved if is_milestone(step) or step == saved[-1]]


def _row(
    run: Run, held_against: Standard, beginnings: list[tuple[str, int]], step: int, temperature: float, length: int
) -> dict[str, float]:
    writer = WriterSpec(NetworkSpec(run, step), Sampling(temperature))
    texts = checked(writer, read_network(run, step), held_against, beginnings, length)
    return {"step": step, "temperature": temperature, **asdict(tally(text.verdict for text in texts))}


def _beginnings(corpus: Corpus, learned: str, kind: Kind, asked: Syntax) -> list[tuple[str, int]]:
    """A prompt and a seed for each text; the prompts from the held-out part, of a large corpus from what was learned.

    Where there is no place that a prompt can begin at, or none is asked for, they are empty.
    """
    text, begin = (corpus.text, corpus.trained_on) if isinstance(corpus, Small) else (learned, 0)
    prompts = pieces(kind, text, asked.prompt, asked.samples, begin) if asked.prompt else []
    return [(prompt, seed) for seed, prompt in zip(range(asked.samples), cycle(prompts or [""]), strict=False)]
