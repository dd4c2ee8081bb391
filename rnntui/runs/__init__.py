"""Runs on disk: their folders, rows, checkpoints, locks and status.

Invariant: whenever the process dies, a run's folder holds a full checkpoint. What is written under a temporary name is
flushed to disk before it gets its own, so a name that can be seen is a file that can be read.
"""

from rnntui.runs.checkpoints import is_milestone, next_milestone
from rnntui.runs.files import CONFIG, RESULT, SWEEP, SYNTAX, as_json
from rnntui.runs.finding import find, last
from rnntui.runs.folders import check_name, folder, is_run, is_sweep, sweep_at, sweeps
from rnntui.runs.listing import DamagedRun, SweepFolder, listed, survey
from rnntui.runs.record import RunSummary
from rnntui.runs.rows import JOURNAL, METRICS, SAMPLES, changes, rows_in_force
from rnntui.runs.run import Run

__all__ = [
    "CONFIG",
    "JOURNAL",
    "METRICS",
    "RESULT",
    "SAMPLES",
    "SWEEP",
    "SYNTAX",
    "DamagedRun",
    "Run",
    "RunSummary",
    "SweepFolder",
    "as_json",
    "changes",
    "check_name",
    "find",
    "folder",
    "is_milestone",
    "is_run",
    "is_sweep",
    "last",
    "listed",
    "next_milestone",
    "rows_in_force",
    "survey",
    "sweep_at",
    "sweeps",
]
