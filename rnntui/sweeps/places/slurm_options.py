"""What is asked of SLURM for each worker: `--slurm KEY=VALUE` by submitit's names, and the script that comes of it."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnntui.config import nearest

WITHOUT_END = 1_000_000  # times that a job is requeued after it timed out
MOST = 256  # jobs at a time, as many as submitit lets run of an array
TIME = 60  # minutes that a job takes unless another time is given; it is requeued then
LISTS = ("setup", "teardown", "srun_args")  # a KEY=VALUE for each
NUMBERS = ("cpus_per_gpu", "signal_delay_s")
FLAGS = ("exclusive",)
TABLE = "additional_parameters"  # of sbatch, which submitit does not know
OTHERWISE = {
    "array_parallelism": "--workers says how many jobs there are at a time",
    "cpus_per_task": "--cpus-per-run says it",
    "gpus_per_node": "--gpus-per-run says it",
    "num_gpus": "--gpus-per-run says it",
    "nodes": "a run is trained on one",
    "ntasks_per_node": "a worker is one task",
    "stderr_to_stdout": "it is so",
    "use_srun": "a worker hears of a time-out by srun",
}


@dataclass(frozen=True)
class Script:
    """The sbatch script of a sweep's workers; `folder` is where submitit keeps what it writes."""

    folder: Path
    parameters: dict[str, Any]  # by submitit's names

    def executor(self) -> Any:
        """Submitit's executor. Raises `ValueError` for what it does not take."""
        import submitit

        executor = submitit.SlurmExecutor(self.folder, max_num_timeout=WITHOUT_END)
        executor.update_parameters(**self.parameters)
        return executor

    def of_local(self) -> dict[str, Any]:
        """What submitit's local executor takes of it."""
        same = ("gpus_per_node", "setup", "signal_delay_s", "stderr_to_stdout")
        taken = {name: self.parameters[name] for name in same if name in self.parameters}
        return {"timeout_min": self.parameters["time"], **taken}

    def text(self, workers: int) -> str:
        """The script for an array of so many workers, as submitit writes it; SLURM need not be on this machine."""
        from submitit.slurm.slurm import SlurmExecutor

        class Shown(SlurmExecutor):
            @classmethod
            def affinity(cls) -> int:
                return 1

        shown = Shown(self.folder)
        shown.update_parameters(**self.parameters)
        if workers > 1:
            shown.parameters["map_count"] = workers
        return str(shown._make_submission_file_text(shown._submitit_command_str, ""))


def read(given: Sequence[str]) -> dict[str, Any]:
    """What was given as submitit takes it. Raises `ValueError`."""
    from submitit.slurm.slurm import SlurmExecutor

    known = sorted(SlurmExecutor._valid_parameters() - OTHERWISE.keys())
    values: dict[str, Any] = {}
    for word in given:
        name, equals, value = word.partition("=")
        name = name.strip().removeprefix("--").replace("-", "_")
        if not equals or not name:
            raise ValueError(f"--slurm takes KEY=VALUE, such as --slurm partition=long, not {word!r}")
        if name in OTHERWISE:
            raise ValueError(f"--slurm {name} is left out: {OTHERWISE[name]}")
        if name not in known:
            raise ValueError(
                f"--slurm {name!r} is unknown{nearest(name, known)}: there are {', '.join(known)}; another option of "
                f"sbatch is --slurm {TABLE}=NAME=VALUE"
            )
        if name in values and name not in (*LISTS, TABLE):
            raise ValueError(f"--slurm {name} is given twice: give it once")
        _take(values, name, value.strip())
    return values


def _take(values: dict[str, Any], name: str, value: str) -> None:
    if name in LISTS:
        values.setdefault(name, []).append(value)
    elif name == TABLE:
        key, equals, content = value.partition("=")
        values.setdefault(TABLE, {})[key] = content if equals else True
    elif name == "time":
        values[name] = minutes(value)
    elif name in NUMBERS:
        if not re.fullmatch(r"[0-9]{1,6}", value):
            raise ValueError(f"--slurm {name} must be a whole number, not {value!r}")
        values[name] = int(value)
    else:
        values[name] = True if name in FLAGS and value.lower() in ("", "true", "yes") else value


def minutes(text: str) -> int:
    """A time as sbatch takes it, in minutes: 90, 1:30:00, 2-12 for days and hours. Raises `ValueError`."""
    match = re.fullmatch(r"(?:(\d{1,4})-)?(\d{1,6})(?::(\d{1,6}))?(?::(\d{1,6}))?", text)
    if match is not None:
        days, *parts = match.groups()
        numbers = [int(part) for part in parts if part is not None]
        if days is None and len(numbers) < 3:
            numbers = [0, *numbers]
        hours, mins, seconds = (*numbers, 0, 0)[:3]
        if total := math.ceil(int(days or 0) * 1440 + hours * 60 + mins + seconds / 60):
            return total
    raise ValueError(f"--slurm time must be minutes, hours:minutes:seconds or days-hours, such as 90, not {text!r}")


def parameters(name: str, cpus: float, gpus: float, given: Sequence[str]) -> dict[str, Any]:
    """All that is asked for a worker of the sweep of that name. Raises `ValueError`."""
    for option, number in (("--cpus-per-run", cpus), ("--gpus-per-run", gpus)):
        if number != int(number):
            raise ValueError(f"{option} must be a whole number on SLURM, not {number:g}")
    asked = read(given)
    more = {"requeue": True, **asked.pop(TABLE, {})}
    own: dict[str, Any] = {"job_name": f"rnntui-{name}", "time": TIME, "cpus_per_task": int(cpus)}
    if gpus:
        own["gpus_per_node"] = int(gpus)
    return {**own, "stderr_to_stdout": True, **asked, TABLE: more}
