"""`rnntui runs show RUN`: all that is known of one run.

Imported inside the command, since Rich is slow to load.
"""

from collections.abc import Iterable
from textwrap import indent
from typing import Any

from msgspec import UNSET, to_builtins

from rnntui import corpora
from rnntui.commands.runs import run_facts
from rnntui.commands.tables import print_facts
from rnntui.config import WINDOW, belongs, settings_of, spec
from rnntui.runs import Run, RunSummary
from rnntui.runs.course import SHOWN, course_of
from rnntui.runs.origin import in_words
from rnntui.runs.status import in_full
from rnntui.runs.steps import BEST
from rnntui.schemas import JournalRow, RunConfig
from rnntui.specs import BITS, NATS, TASKS
from rnntui.system.output import as_json
from rnntui.text.format import ago, counted, listed, loss, share
from rnntui.text.sanitize import one_line, shown_text

CHECKPOINTS = 24  # of the weights alone, 1, 2 and 5 × 10^k: all that a run comes to


def show_run(run: Run, *, wants_json: bool) -> None:
    """Print all that is known of a run."""
    summary, config = run.summary(), run.config()
    journal, samples = list(run.events()), list(run.samples())
    whole, best = run.steps_saved(whole=True), run.best_step()
    kept = [{"step": step, "whole": step in whole, "best": step == best} for step in run.steps_saved(whole=False)]
    content = config.as_content()
    known = ("settings", "versions", "threads", "kernel", "parameters", "deaf", "data")
    facts = {
        **run_facts(summary),
        **{name: content[name] for name in known},
        "from": content.get("from"),
        "last_row": next(map(to_builtins, run.newest_metrics()), None),
        "corpus": _where_now(run, config),
        "checkpoints": kept,
        "journal": to_builtins(journal),
        "samples": to_builtins(samples),
    }
    if wants_json:
        print(as_json(facts))
        return
    print_facts(_run_lines(facts, summary, config))
    _print_rows("Journal", [_journal_line(row) for row in journal[-SHOWN:]])
    _print_rows("Samples", [f"{row.step:>10,}  {one_line(row.text)}" for row in course_of(samples)])


def _where_now(run: Run, config: RunConfig) -> str | None:
    """Where a run's text is now, in a few words."""
    settings = run.settings_in(config)
    if not spec(settings).has_corpus or not config.data.sha256:
        return None
    whereabouts = corpora.whereabouts(config.data, settings)
    if whereabouts.state == "moved":
        return f"moved to {whereabouts.place}"
    return f"changed ({corpora.short(whereabouts.sha256)} now)" if whereabouts.state == "changed" else whereabouts.state


def _run_lines(facts: dict[str, Any], summary: RunSummary, config: RunConfig) -> Iterable[list[str]]:
    status, data = summary.status, config.data
    early = f", {status.early_ending}" if status.early_ending else ""
    yield ["run", f"{status.name}: {in_full(summary.stands)} at step {status.step:,} of {status.steps:,}{early}"]
    yield ["changed", ago(summary.changed)]
    yield ["loss", f"{loss(status.loss, NATS)}, accuracy {share(status.accuracy)} (mean over the last {WINDOW} steps)"]
    if status.held_out_loss is not None:
        best = (
            f", best {loss(status.best_loss, BITS)} at step {status.best_step:,}"
            if status.best_step is not None
            else ""
        )
        averaged = "" if status.averaged_loss is None else f", averaged weights {loss(status.averaged_loss, BITS)}"
        yield ["held-out text", f"{loss(status.held_out_loss, BITS)} bits per character{averaged}{best}"]
    size = counted(facts["parameters"], "parameter") if facts["parameters"] else "not started"
    yield ["network", f"{size}, kernel {facts['kernel']}, {summary.device}, --threads {facts['threads']}"]
    if config.origin is not UNSET:
        yield ["from", one_line(in_words(config.origin, data))]
    if facts["deaf"]:
        layers = ", ".join(f"{part:.1%}" for part in facts["deaf"])
        which = f" (layers 1 to {len(facts['deaf'])})" if len(facts["deaf"]) > 1 else ""
        yield ["time gates", f"no unit open at {layers} of the steps of a sequence{which}"]
    ratio = facts["settings"].get("ratio")
    if isinstance(ratio, float | int) and ratio > 1:
        yield ["open ratio", f"{ratio:g}: of an earlier version, and never closed; a new run takes at most 1"]
    if data.corpus:
        counts = f"{counted(data.characters, 'character')}, {len(data.vocabulary):,} distinct"
        yield ["corpus", f"{data.corpus} ({corpora.short(data.sha256)}), {facts['corpus']}: {counts}"]
    yield ["versions", ", ".join(f"{name} {version}" for name, version in (facts["versions"] or {}).items())]
    weights_alone = [_step(checkpoint) for checkpoint in facts["checkpoints"] if not checkpoint["whole"]]
    yield [
        "checkpoints",
        listed([_step(checkpoint) for checkpoint in facts["checkpoints"] if checkpoint["whole"]]) or "none",
    ]
    if weights_alone:
        yield ["weights only", listed(weights_alone, most=CHECKPOINTS)]
    yield ["settings", ", ".join(_settings(facts["settings"]))]


def _step(checkpoint: dict[str, Any]) -> str:
    return f"{checkpoint['step']:,}{f' ({BEST})' if checkpoint['best'] else ''}"


def _settings(given: dict[str, Any]) -> Iterable[str]:
    """The settings that apply to the run's task and cell; all of them if the task is unknown."""
    task, cell, optimizer = (str(given.get(name, "")) for name in ("task", "cell", "optimizer"))
    own = (
        {setting.name for setting in settings_of(task) if belongs(setting, cell, optimizer)}
        if task in TASKS
        else set(given)
    )
    words = {True: "on", False: "off"}
    shown = {name: words[value] if isinstance(value, bool) else value for name, value in given.items()}
    return (f"{name} {value}" for name, value in shown.items() if name in own | {"task"} and value != "")


def _journal_line(row: JournalRow) -> str:
    """A row of the journal; the calls within a user's own cell that failed are set in under it."""
    what = {name: value for name, value in to_builtins(row).items() if name not in ("format", "step", "event", "at")}
    calls = indent(f"\n{what.pop('traceback', '')}".rstrip(), " " * 12)
    return f"{row.step:>10,}  {row.event}  {', '.join(f'{name} {value}' for name, value in what.items())}{calls}"


def _print_rows(title: str, lines: list[str]) -> None:
    if lines:
        print(f"\n{title}")
    for line in lines:
        print(shown_text(line))
