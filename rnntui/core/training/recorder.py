"""What a trainer writes to its run folder, and how it resumes from there."""

import inspect
import math
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from msgspec import UNSET, structs

from rnntui.config import FALLING, Settings, as_dict, time_steps
from rnntui.core.analysis import gate_coverage
from rnntui.core.cells import Cell, is_own
from rnntui.core.device import describe
from rnntui.core.generation.sampler import Sample
from rnntui.core.tasks import Baseline
from rnntui.core.training import checkpoint
from rnntui.core.training.learner import Learner
from rnntui.core.training.metrics import Figures
from rnntui.core.training.reproducibility import differences, versions
from rnntui.core.training.schedules import TOTAL, Dials, follows_total
from rnntui.runs import METRICS, SAMPLES, Run
from rnntui.runs.steps import behind
from rnntui.schemas import CheckpointState, MetricsRow, Row, SampleRow, number


class Recorder:
    """Writes metrics, samples, journal and checkpoints of a run that this process holds the lock of."""

    def __init__(self, run: Run, learner: Learner) -> None:
        self.run, self._learner = run, learner
        self.saved_at = time.monotonic()  # of the newest checkpoint
        self.saved_step: int | None = None
        self._rows: dict[str, int] = {}  # the step of the newest row of each file

    # --- on the way in ------------------------------------------------------------------------------------------

    def resume_from(self, figures: Figures, dials: Dials) -> tuple[CheckpointState, list[str]]:
        """Put the checkpoint that is asked for, else the newest, into the learner; its `state.json` and what differs.

        Without a checkpoint the state is that of step 0. What lies behind one that was asked for is deleted once it is
        in the learner. Raises `ValueError` for a checkpoint that does not fit, and where the corpus is not the one that
        the run learned.
        """
        config, learner = self.run.config(), self._learner
        notes = differences(self.run.name, config, learner)
        if not (saved := self.run.steps_saved(whole=True)):
            dials.replay(self.run.events(), self.run.recorded_settings().steps)
            self.run.cut_after(0)
            return CheckpointState(step=0), notes
        step = saved[-1] if self.run.asked_step is None else self.run.asked_step
        state = checkpoint.read_state(self.run, step)
        checkpoint.read_weights(self.run, step, learner.model)
        tensors = checkpoint.read_tensors(self.run, step)
        if state.device != learner.device.type:
            learner.reseed(step)
            tensors = {k: v for k, v in tensors.items() if not k.startswith("generator.")}
        try:
            learner.restore(tensors)
            learner.task.seek(state.position)
            figures.restore(state.figures)
        except (KeyError, RuntimeError, TypeError) as error:
            raise ValueError(f"{self.run.checkpoint_in_words(step)} does not fit: {error}") from None
        notes += self._leave_what_lies_behind(step)
        figures.forget_best_but(self.run.steps_saved(whole=True))
        dials.replay(self.run.events(), self.run.recorded_settings().steps)
        self.run.cut_after(state.events_done_until)
        self._rows = dict(state.rows)
        notes += self._missing_rows()
        self.saved_step = step
        return state, notes

    def _leave_what_lies_behind(self, step: int) -> Iterator[str]:
        """Go back to the step that is asked for, if one is and it is not the newest; a sentence that it was done."""
        if self.run.asked_step is not None and (left := behind(self.run, step)) is not None:
            self.run.go_back(step)
            yield f"went back from step {left.newest:,} to step {step:,}; everything after it was deleted"

    def _missing_rows(self) -> Iterator[str]:
        """A sentence for each file of rows that ends before the checkpoint: a power failure may take the newest."""
        for file, step in self._rows.items():
            last = self.run.newest_step(file)
            if last < step:
                yield (
                    f"{file} ends at step {last:,} and not at {step:,}, where its last row before this checkpoint was: "
                    f"rows are missing; the figures of later steps are not affected"
                )

    def take_total(self, settings: Settings, step: int, dials: Dials) -> Iterator[str]:
        """Let a rate that goes by the total go by a new one after `step`; a sentence that it does.

        The journal has it before `config.json` does: the rates of the steps that are done stay known.
        """
        before, total = dials.newest_total, settings.steps
        if not follows_total(settings) or before == total:
            return
        rate = dials.learning_rate(step)
        self.run.journal(step, TOTAL, value=float(total), before=before)
        dials.change(TOTAL, step, total)
        asked = self.run.asked_dials.get("learning_rate")
        now = dials.learning_rate(step) if asked is None else asked
        falls = f", and falls to zero at step {total:,}" if settings.schedule in FALLING else ""
        yield (
            f"--steps is {total:,}, where it was {before:,}: from step {step:,} on the learning rate is that of a "
            f"schedule of {total:,} steps: {now:.3g} now, where it was {rate:.3g}{falls}"
        )

    def describe(self, settings: Settings, baselines: dict[str, Baseline]) -> None:
        """Write `config.json`: settings, versions, device, threads, and the facts of the data."""
        learner = self._learner
        self.run.write_config(
            structs.replace(
                self.run.config(),
                settings=as_dict(settings),
                device=describe(learner.device),
                threads=settings.threads,
                versions=versions(),
                kernel=learner.model.kernel.name,
                processes=learner.processes if learner.processes > 1 else UNSET,
                parameters=learner.model.parameter_count(),
                cell_file=file_of(type(learner.model.cells[0])),
                deaf=tuple(gate_coverage.uncovered_shares(learner.model, time_steps(settings))),
                data=learner.task.facts(),
                baselines={
                    name: (baseline.loss, baseline.accuracy if math.isfinite(baseline.accuracy) else None)
                    for name, baseline in baselines.items()
                },
            )
        )

    def known_baselines(self) -> dict[str, Baseline] | None:
        """The baselines that an earlier process fitted to the same data, if one did."""
        config = self.run.config()
        if config.baselines and config.data == self._learner.task.facts():
            return {name: Baseline(baseline[0], number(baseline[1])) for name, baseline in config.baselines.items()}
        return None

    # --- while training -----------------------------------------------------------------------------------------

    def log(self, row: MetricsRow) -> None:
        """Add a row to `metrics.jsonl`."""
        self._append(METRICS, row)

    def keep_sample(self, sample: Sample) -> None:
        """Add a row to `samples.jsonl`."""
        bits = tuple(each if math.isfinite(each) else None for each in sample.bits)
        row = SampleRow(step=sample.step, text=sample.text, temperature=str(sample.temperature), bits=bits)
        self._append(SAMPLES, row)

    def _append(self, file: str, row: Row) -> None:
        self.run.append(file, row)
        self._rows[file] = row.step

    def save(self, step: int, figures: Figures, facts: dict[str, Any]) -> None:
        """Write a full checkpoint, then drop those that need not be kept. Raises `OSError`; the old ones survive."""
        self._write(step, figures, facts, whole=True)
        self.run.drop_origin()
        self.run.prune(figures.best[1] if figures.best else None)
        self.saved_at, self.saved_step = time.monotonic(), step

    def save_weights(self, step: int, figures: Figures, facts: dict[str, Any]) -> None:
        """Write the weights alone, to be kept for ever."""
        self._write(step, figures, facts, whole=False)

    def _write(self, step: int, figures: Figures, facts: dict[str, Any], *, whole: bool) -> None:
        learner = self._learner
        state = CheckpointState(
            step=step,
            device=learner.device.type,
            position=learner.task.position(),
            figures=figures.state(),
            rows=dict(self._rows),
            **facts,
        )
        tensors = learner.kept() if whole else None
        self.run.write_checkpoint(step, checkpoint.content(learner.model, learner.averaged_model(), tensors, state))


def file_of(kind: type[Cell]) -> str:
    """The file of a user's own cell; empty for one of rnntui's, and where it is not known."""
    with suppress(TypeError, OSError):
        return os.path.abspath(inspect.getfile(kind)) if is_own(kind) else ""
    return ""
