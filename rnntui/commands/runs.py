"""`rnntui runs`: all runs and sweeps of a folder, a line each.

Imported inside the commands, since Rich is slow to load.
"""

import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rnntui import runs
from rnntui.commands.tables import print_table
from rnntui.runs import DamagedRun, RunSummary, SweepFolder
from rnntui.runs.folders import option_for, place
from rnntui.runs.status import RunStatus, in_full
from rnntui.schemas import is_better
from rnntui.specs import BITS, NATS, bits
from rnntui.system import output
from rnntui.system.output import as_json, say
from rnntui.text.format import ago, count, counted, duration, loss, share
from rnntui.text.sanitize import shown_text

Line = RunSummary | DamagedRun | SweepFolder

WIDE = 120  # columns of a terminal; a narrower one gets the list of runs in short


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
    return [run_facts(line) if isinstance(line, RunSummary) else asdict(line) for line in lines]


def print_lines(lines: Iterable[Line]) -> None:
    """A table of runs and sweeps, a line each; what is wrong with damaged ones goes to standard error."""
    lines = list(lines)
    in_short = output.columns() < WIDE
    heads = ["run", "task", "cell", "state", ">step", ">loss", ">acc" if in_short else ">accuracy", ">bits", "device"]
    rows = [_run_row(line, in_short=in_short) for line in lines]
    heads.append("changed")
    if any(isinstance(line, RunSummary) and line.trained_by is not None for line in lines):
        heads.append("trained by")
        rows = [[*row, _trained_by(line)] for row, line in zip(rows, lines, strict=True)]
    print_table(heads, rows, leave_out=_left_out(lines))
    for line in lines:
        if isinstance(line, DamagedRun):
            say(line.reason)


def _left_out(lines: Iterable[Line]) -> list[tuple[str, ...]]:
    """Columns to leave out on a narrow terminal: first the loss if there are bits per character, else the bits."""
    has_bits = any(isinstance(line, RunSummary) and line.status.held_out_loss is not None for line in lines)
    return [("cell", "device"), ("trained by",), ("loss",) if has_bits else ("bits",), ("task",), ("changed",)]


def _trained_by(line: Line) -> str:
    """Which process trains a run, and since when."""
    found = line.trained_by if isinstance(line, RunSummary) else None
    if found is None:
        return ""
    how = "detached" if found.is_detached else "on its screen" if found.socket else "without a screen"
    return f"{found.in_words()}, {how}, for {duration(max(0.0, time.time() - found.since))}"


def run_facts(summary: RunSummary) -> dict[str, Any]:
    """What is known of a run in the list, as `--json` prints them, by the names that files give the figures."""
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
        "bits_per_character": bits(status.held_out_loss),
        "averaged_validation_loss": status.averaged_loss,
        "averaged_bits_per_character": bits(status.averaged_loss),
        "best_loss": status.best_loss,
        "best_step": status.best_step,
        "early_ending": status.early_ending or None,
        "trained_by": _process_facts(summary),
    }


def _process_facts(summary: RunSummary) -> dict[str, Any] | None:
    found = summary.trained_by
    if found is None:
        return None
    return {"pid": found.pid, "host": found.host, "since": found.since, "detached": found.is_detached}


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
        summary.stands if in_short else in_full(summary.stands),
        f"{count(status.step)}/{count(status.steps)}" if in_short else f"{status.step:,}/{status.steps:,}",
        loss(status.loss, NATS),
        share(status.accuracy),
        _held_out(status, in_short),
        summary.device,
        ago(summary.changed),
    ]


def _held_out(status: RunStatus, in_short: bool) -> str:
    """The newest held-out bits per character, of the averaged weights where they did better, and the lowest, where
    there is room for both: `1.93, best 1.72`.
    """
    averaged_is_better = is_better(status.averaged_loss, status.held_out_loss)
    found = status.averaged_loss if averaged_is_better else status.held_out_loss
    newest = loss(found, BITS)
    is_worse = is_better(status.best_loss, found)
    return f"{newest}, best {loss(status.best_loss, BITS)}" if is_worse and not in_short else newest


def _learned(summary: RunSummary, in_short: bool) -> str:
    if not summary.corpus_name:
        return summary.task
    return summary.corpus_name if in_short else f"{summary.task} · {summary.corpus_name}"
