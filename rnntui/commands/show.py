"""Lists and details of runs and texts. Imported inside the commands, since Rich is slow to load."""

import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from textwrap import indent
from typing import Any

from msgspec import to_builtins

from rnntui import corpora, runs
from rnntui.commands.progress import waiting
from rnntui.commands.tables import print_facts, print_table
from rnntui.config import Settings, belongs, settings_of, spec
from rnntui.corpora import baselines
from rnntui.corpora.verdict import is_too_short, verdict
from rnntui.runs import DamagedRun, Run, RunSummary, SweepFolder, is_milestone
from rnntui.runs.folders import option_for, place
from rnntui.runs.steps import BEST
from rnntui.schemas import CorpusFacts, JournalRow, RunConfig, SampleRow
from rnntui.specs import BITS, TASKS
from rnntui.system import output
from rnntui.system.output import as_json, say
from rnntui.system.signals import FAILED
from rnntui.text.format import count, counted, decimals, duration, figure, listed, share
from rnntui.text.sanitize import one_line, shown_text

Line = RunSummary | DamagedRun | SweepFolder

WIDE = 120  # columns of a terminal; a narrower one gets the list of runs in short
CHECKPOINTS = 24  # of the weights alone, 1, 2 and 5 × 10^k: all that a run comes to
FEWEST_HIDDEN = 16  # units that are still worth training
SHOWN = 12  # rows of the journal and of the samples that `runs show` prints


# --- runs -----------------------------------------------------------------------------------------------------------


def runs_table(root: Path, *, wants_json: bool) -> None:
    """All runs and sweeps under a folder, a line each; a damaged one is listed as that."""
    lines = list(runs.survey(root))
    if wants_json:
        print(as_json(lines_as_dicts(lines)))
    elif lines:
        print_lines(lines)
    else:
        print(shown_text(f"there is no run in {place(root)} yet: `rnntui train{option_for(root)}` makes one"))


def lines_as_dicts(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """The lines as `--json` prints them."""
    return [_run_facts(each) if isinstance(each, RunSummary) else asdict(each) for each in lines]


def print_lines(lines: Iterable[Line]) -> None:
    """A table of runs and sweeps, a line each; what is wrong with damaged ones goes to standard error."""
    lines = list(lines)
    in_short = output.columns() < WIDE
    heads = ["run", "task", "cell", "state", ">step", ">loss", ">acc" if in_short else ">accuracy", ">bits", "device"]
    rows = [_run_row(each, in_short=in_short) for each in lines]
    print_table([*heads, "changed"], rows, leave_out=_left_out(lines))
    for each in lines:
        if isinstance(each, DamagedRun):
            say(each.reason)


def _left_out(lines: Iterable[Line]) -> list[tuple[str, ...]]:
    """The columns that a narrow terminal goes without: of texts the loss, for there are bits; else the bits first."""
    has_bits = any(isinstance(each, RunSummary) and each.status.held_out_loss is not None for each in lines)
    return [("cell", "device"), ("loss",) if has_bits else ("bits",), ("task",), ("changed",)]


def run(shown_run: Run, *, wants_json: bool) -> None:
    """All that is known of a run."""
    summary, config = shown_run.summary(), shown_run.config()
    journal, samples = list(shown_run.events()), list(shown_run.samples())
    whole, best = shown_run.steps_saved(whole=True), shown_run.best_step()
    kept = [{"step": step, "whole": step in whole, "best": step == best} for step in shown_run.steps_saved(whole=False)]
    content = config.as_content()
    known = ("settings", "versions", "threads", "kernel", "parameters", "deaf", "data")
    facts = {
        **_run_facts(summary),
        **{name: content[name] for name in known},
        "last_row": next(map(to_builtins, shown_run.newest_metrics()), None),
        "corpus": _where_now(shown_run, config),
        "checkpoints": kept,
        "journal": to_builtins(journal),
        "samples": to_builtins(samples),
    }
    if wants_json:
        print(as_json(facts))
        return
    print_facts(_run_lines(facts, summary, config.data))
    _print_rows("Journal", [_journal_line(row) for row in journal[-SHOWN:]])
    _print_rows("Samples", [f"{row.step:>10,}  {one_line(row.text)}" for row in _course(samples)])


def _where_now(run: Run, config: RunConfig) -> str | None:
    """Where the text of a run is by now, in a word or a few."""
    settings = run.settings_in(config)
    if not spec(settings).has_corpus or not config.data.sha256:
        return None
    whereabouts = corpora.whereabouts(config.data, settings)
    if whereabouts.state == "moved":
        return f"moved to {whereabouts.place}"
    return f"changed ({corpora.short(whereabouts.sha256)} now)" if whereabouts.state == "changed" else whereabouts.state


def _run_facts(summary: RunSummary) -> dict[str, Any]:
    """As `--json` prints them, by the names that files give the figures."""
    status = summary.status
    return {
        "name": status.name,
        "task": summary.task,
        "cell": summary.cell,
        "state": status.state,
        "step": status.step,
        "steps": status.steps,
        "loss": status.loss,
        "accuracy": status.accuracy,
        "validation_loss": status.held_out_loss,
        "device": summary.device,
        "changed": summary.changed,
        "corpus_name": summary.corpus_name,
        "bits_per_character": _bits(status.held_out_loss),
    }


def _bits(nats: float | None) -> float | None:
    return None if nats is None else BITS.of(nats)


def _run_row(summary: Line, *, in_short: bool) -> list[str]:
    """Its cells; in short a text is its corpus's name, and steps are rounded."""
    if isinstance(summary, SweepFolder):
        return [summary.name, "", "", summary.state, counted(summary.runs, "run"), "", "", "", "", ago(summary.changed)]
    if isinstance(summary, DamagedRun):
        return [summary.name, "", "", summary.state, "", "", "", "", "", ago(summary.changed)]
    status = summary.status
    return [
        status.name,
        _learned(summary, in_short),
        summary.cell,
        status.state,
        f"{count(status.step)}/{count(status.steps)}" if in_short else f"{status.step:,}/{status.steps:,}",
        figure(status.loss),
        share(status.accuracy),
        figure(_bits(status.held_out_loss)),
        summary.device,
        ago(summary.changed),
    ]


def _learned(summary: RunSummary, in_short: bool) -> str:
    if not summary.corpus_name:
        return summary.task
    return summary.corpus_name if in_short else f"{summary.task} · {summary.corpus_name}"


def _run_lines(facts: dict[str, Any], summary: RunSummary, data: CorpusFacts) -> Iterable[list[str]]:
    status = summary.status
    yield ["run", f"{status.name}: {status.state} at step {status.step:,} of {status.steps:,}"]
    yield ["changed", ago(summary.changed)]
    yield ["loss", f"{figure(status.loss)}, accuracy {share(status.accuracy)} (last logged batch)"]
    if status.held_out_loss is not None:
        yield ["held-out text", f"{figure(_bits(status.held_out_loss))} bits per character"]
    size = counted(facts["parameters"], "parameter") if facts["parameters"] else "not started"
    yield ["network", f"{size}, kernel {facts['kernel']}, {summary.device}, --threads {facts['threads']}"]
    if facts["deaf"]:
        layers = ", ".join(f"{part:.1%}" for part in facts["deaf"])
        each = f" (layers 1 to {len(facts['deaf'])})" if len(facts["deaf"]) > 1 else ""
        yield ["time gates", f"no unit open at {layers} of the steps of a sequence{each}"]
    ratio = facts["settings"].get("ratio")
    if isinstance(ratio, float | int) and ratio > 1:
        yield ["open ratio", f"{ratio:g}: of an earlier version, and never closed; a new run takes at most 1"]
    if data.corpus:
        counts = f"{counted(data.characters, 'character')}, {len(data.vocabulary):,} distinct"
        yield ["corpus", f"{data.corpus} ({corpora.short(data.sha256)}), {facts['corpus']}: {counts}"]
    yield ["versions", ", ".join(f"{name} {version}" for name, version in (facts["versions"] or {}).items())]
    weights_alone = [_step(each) for each in facts["checkpoints"] if not each["whole"]]
    yield ["checkpoints", listed([_step(each) for each in facts["checkpoints"] if each["whole"]]) or "none"]
    if weights_alone:
        yield ["weights only", listed(weights_alone, most=CHECKPOINTS)]
    yield ["settings", ", ".join(_settings(facts["settings"]))]


def _step(checkpoint: dict[str, Any]) -> str:
    return f"{checkpoint['step']:,}{f' ({BEST})' if checkpoint['best'] else ''}"


def _settings(given: dict[str, Any]) -> Iterable[str]:
    """Those that the run's task and cell have and that are set; all of them where the task is not known."""
    task, cell, optimizer = (str(given.get(name, "")) for name in ("task", "cell", "optimizer"))
    own = {each.name for each in settings_of(task) if belongs(each, cell, optimizer)} if task in TASKS else set(given)
    words = {True: "on", False: "off"}
    shown = {name: words[value] if isinstance(value, bool) else value for name, value in given.items()}
    return (f"{name} {value}" for name, value in shown.items() if name in own | {"task"} and value != "")


def _journal_line(row: JournalRow) -> str:
    """A row of the journal; the calls within a user's own cell that failed are set in under it."""
    what = {name: value for name, value in to_builtins(row).items() if name not in ("format", "step", "event", "at")}
    calls = indent(f"\n{what.pop('traceback', '')}".rstrip(), " " * 12)
    return f"{row.step:>10,}  {row.event}  {', '.join(f'{name} {value}' for name, value in what.items())}{calls}"


def _course(samples: list[SampleRow]) -> list[SampleRow]:
    """Samples from which the course can be read: the first, those at milestones, the newest."""
    chosen = [row for k, row in enumerate(samples) if k in (0, len(samples) - 1) or is_milestone(row.step)]
    return chosen[-SHOWN:]


def ago(changed: float) -> str:
    """How long ago a time in seconds since the epoch was."""
    seconds = max(0.0, time.time() - changed)
    return f"{duration(seconds)} ago" if changed else "?"


# --- texts ----------------------------------------------------------------------------------------------------------


def corpora_table(*, wants_json: bool) -> None:
    """What texts there are and which can be fetched."""
    entries = corpora.listing()
    if wants_json:
        print(as_json([{**asdict(entry), "path": entry.path and str(entry.path)} for entry in entries]))
        return
    rows = [[entry.name, f"{entry.size:,}", entry.title or "", entry.licence or "", _where(entry)] for entry in entries]
    print_table(["name", ">bytes", "title", "licence", "where"], rows, leave_out=[("licence",), ("title",)])
    if not all(entry.is_here for entry in entries):
        print("`rnntui corpora get NAME` fetches one that is not here")


def corpus_report(name: str, settings: Settings, *, wants_json: bool) -> int:
    """The doctor's report of a text, for a text network of these settings; 1 where it is too short to train on."""
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
        print_facts([["verdict", said[0]], *(["", each] for each in said[1:]), *_report_lines(report, settings)])
    return FAILED if is_too_short(report) else 0


def _smaller(settings: Settings, corpus: corpora.Corpus) -> int | None:
    """Fewer hidden units that have half a parameter a character at most, if any have."""
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
    yield ["vocabulary", f"{len(report.vocabulary):,}: {listed([each.shown for each in report.vocabulary], ' ')}"]
    verb = "occurs" if len(report.rare) == 1 else "occur"
    yield ["rare", f"{len(report.rare):,} {verb} fewer than {baselines.RARE} times: {_counts(report.rare)}"]
    yield ["control", f"{len(report.controls):,}: {_counts(report.controls)}"]
    windows = counted(report.batch, "window")
    yield ["an epoch", f"{_batches(report.batches_per_epoch)} of {windows} of {counted(report.length, 'character')}"]
    if report.parameters is not None:
        network = f"{settings.layers} × {settings.cell} {settings.hidden}"
        each = f"{decimals(report.parameters_per_character)} a character"
        yield ["network", f"{network}: {report.parameters:,} parameters, {each}"]
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
    return listed([f"{each.shown} {each.name} ×{each.count:,}" for each in characters])


def _where(entry: corpora.Entry) -> str:
    if not entry.is_here:
        return "not here"
    return str(entry.path) if entry.path else "built in"


def _print_rows(title: str, lines: list[str]) -> None:
    if lines:
        print(f"\n{title}")
    for line in lines:
        print(shown_text(line))
