"""Run folders that no training made, in no time: their files say what a test or a benchmark wants to be listed."""

import os
from pathlib import Path
from typing import Any

from rnntui.config import as_dict, make_settings
from rnntui.runs import files
from rnntui.runs.rows import JOURNAL, METRICS, SAMPLES, as_lines
from rnntui.runs.run import Run
from rnntui.schemas import CheckpointState, FiguresState, JournalRow, MetricsRow, RunConfig, SampleRow


def made_up(
    root: Path,
    name: str,
    task: str = "palindrome",
    *,
    step: int = 3_000,
    rows: int = 40,
    figures: FiguresState | None = None,
    diverged: bool = False,
    sample: str = "",
    changed: float | None = None,
    baselines: dict[str, tuple[float, float]] | None = None,
    **given: Any,
) -> Run:
    """A run of a task that has reached a step, with so many rows of metrics; it has no weights."""
    settings = make_settings(task, {"steps": 3_000, **given})
    path = root / name
    saved = path / "checkpoints" / f"step-{step:08d}"
    saved.mkdir(parents=True)
    config = RunConfig(settings=as_dict(settings), device="cpu", created=1.0, baselines=baselines or {})
    (path / files.CONFIG).write_bytes(files.as_json(config.as_content()))
    state = CheckpointState(step=step, figures=figures or FiguresState())
    (saved / "state.json").write_bytes(files.as_json(state.as_content()))
    (saved / "optimizer.safetensors").touch()
    at = [max(1, step * (k + 1) // rows) for k in range(rows)]
    measured = [MetricsRow(step=each, loss=2.0 / (k + 1), accuracy=k / rows) for k, each in enumerate(at)]
    (path / METRICS).write_bytes(as_lines(measured, first=True))
    if diverged:
        (path / JOURNAL).write_bytes(as_lines([JournalRow(step=step, event="diverged", at=1.0)], first=True))
    if sample:
        (path / SAMPLES).write_bytes(as_lines([SampleRow(step=step, text=sample)], first=True))
    if changed is not None:
        for file in (files.CONFIG, METRICS):
            os.utime(path / file, (changed, changed))
    return Run(path)
