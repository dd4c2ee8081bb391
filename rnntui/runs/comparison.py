"""The comparison of runs: which ones, in what settings they differ, and the units of their curves.

Only reads, and needs no lock: the runs may be training. All runs of a comparison learn the same task.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from rnntui import runs
from rnntui.config import Settings, as_dict
from rnntui.runs import METRICS, Run, tail
from rnntui.runs.folders import name_of
from rnntui.runs.tail import LOSSES, Follower, Metric
from rnntui.specs import TASKS, LossUnit, TaskSpec

Baselines = dict[str, tuple[float, float | None]]  # loss in nats and accuracy of simple guessers, by name


@dataclass(frozen=True)
class Compared:
    """One run of a comparison."""

    label: str
    run: Run
    settings: Settings
    baselines: Baselines

    def follower(self, losses_in: float) -> Follower:
        """A reader of the run's curves; `losses_in` is the unit of the losses, in nats."""
        return Follower(self.run.path / METRICS, losses_in)


@dataclass(frozen=True)
class Comparison:
    """What is compared. `differing` are the names of settings whose values differ, in order of declaration."""

    compared: tuple[Compared, ...]
    differing: tuple[str, ...]
    left_out: tuple[str, ...]  # a sentence for each run of a folder that could not be read

    @property
    def task(self) -> str:
        return self.compared[0].settings.task

    @property
    def spec(self) -> TaskSpec:
        """The spec of the task that all learn."""
        return TASKS[self.task]

    @property
    def has_averages(self) -> bool:
        """Whether one of them keeps averaged weights."""
        return any(entry.settings.average != "none" for entry in self.compared)

    @property
    def unit(self) -> LossUnit:
        return self.spec.unit

    @property
    def losses_in(self) -> float:
        """The unit in which losses are shown, in nats."""
        return self.unit.size

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that these runs have."""
        none = {*(() if self.spec.holds_out else ("held-out",)), *(() if self.spec.has_accuracy else ("accuracy",))}
        return [metric for metric in tail.METRICS if metric not in none]

    def title(self, metric: Metric) -> str:
        """What a metric's curves show, with its unit."""
        titles: dict[Metric, str] = {
            "loss": self.unit.label,
            "accuracy": "accuracy",
            "held-out": f"held-out loss{', raw or averaged' if self.has_averages else ''}, {self.unit.name}",
            "gradient-norm": "gradient norm",
        }
        return titles[metric]

    def baselines(self, metric: Metric) -> dict[str, float]:
        """The baselines of a metric, by name, if they are the same for every run."""
        if metric == "gradient-norm":
            return {}
        every = [entry.baselines for entry in self.compared]
        common = {
            name: baseline
            for name, baseline in every[0].items()
            if all(of_run.get(name) == baseline for of_run in every)
        }
        drawn = {name: baseline for name, baseline in common.items() if name in self.spec.baselines_drawn}
        if metric in LOSSES:
            return {name: loss / self.losses_in for name, (loss, _) in drawn.items()}
        return {name: accuracy for name, (_, accuracy) in drawn.items() if accuracy is not None}

    def values(self, entry: Compared) -> dict[str, Any]:
        """The values of one run in the settings that differ."""
        every = as_dict(entry.settings)
        return {name: every[name] for name in self.differing}


# --- finding --------------------------------------------------------------------------------------------------------


def find(root: Path, references: Sequence[str]) -> list[Run]:
    """The runs with these names, each once; a folder of runs, such as a sweep's, stands for all its runs.

    Raises `ValueError` where there is none of a name.
    """
    compared: dict[Path, Run] = {}
    for reference in references:
        for run in _standing_for(root, reference):
            compared.setdefault(run.path.resolve(), run)
    return list(compared.values())


def _standing_for(root: Path, reference: str) -> list[Run]:
    for folder in (root / reference, Path(reference)):
        if reference and folder.is_dir() and not runs.is_run(folder) and (inside := runs.listed(folder)):
            return sorted(inside, key=lambda run: _natural(run.name))
    return [runs.find(root, reference)]


def _natural(name: str) -> list[tuple[int, str]]:
    """A key by which `length5` comes before `length10`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


# --- laying beside each other ---------------------------------------------------------------------------------------


def compare(found: Iterable[Run]) -> Comparison:
    """The comparison of those runs. A run that cannot be read is left out where others can.

    Raises `ValueError` where the runs learn different tasks, and where none can be read.
    """
    read: list[tuple[Run, Settings, Baselines]] = []
    unreadable: list[str] = []
    for run in found:
        try:
            read.append((run, *_read(run)))
        except ValueError as error:
            unreadable.append(str(error))
    if not read:
        raise ValueError(unreadable[0] if unreadable else "there is no run to compare")
    _check_tasks([(run, settings) for run, settings, _ in read])
    labels = _labels([run for run, _, _ in read])
    compared = tuple(Compared(label, *entry) for label, entry in zip(labels, read, strict=True))
    return Comparison(compared, differing([run.settings for run in compared]), tuple(unreadable))


def _read(run: Run) -> tuple[Settings, Baselines]:
    config = run.config()
    return run.settings_in(config), config.baselines


def differing(settings: Sequence[Settings]) -> tuple[str, ...]:
    """Names of the settings whose values are not the same in all, in order of declaration."""
    return tuple(
        setting.name for setting in fields(Settings) if len({getattr(of_run, setting.name) for of_run in settings}) > 1
    )


def _check_tasks(read: Sequence[tuple[Run, Settings]]) -> None:
    (first, task), *others = ((run, settings.task) for run, settings in read)
    for run, other in others:
        if other != task:
            raise ValueError(
                f"runs of different tasks cannot be compared: {first.name!r} learns {task}, {run.name!r} {other}"
            )


def _labels(compared: Sequence[Run]) -> list[str]:
    """The runs' names, short where all are of one folder, with as much of their paths as tells them apart."""
    is_one_folder = len({run.path.absolute().parent for run in compared}) == 1
    spellings: tuple[Callable[[Path], str], ...] = (
        lambda p: p.name if is_one_folder else name_of(p),
        lambda p: f"{p.parent.name}/{p.name}",
        str,
    )
    labels = [""] * len(compared)
    for spell in spellings:
        twice = Counter(labels)
        labels = [
            spell(run.path.absolute()) if twice[label] > 1 or not label else label
            for run, label in zip(compared, labels, strict=True)
        ]
    return labels
