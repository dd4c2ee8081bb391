"""SLURM's commands as far as a sweep uses them, on this machine: a job is a process that a keeper starts and ends.

`install` makes them; each keeps what it knows in files of one folder. They do what SLURM 22.05 was seen to do: a signal
goes to all processes of a job, a requeued job begins anew with its script, and a job without room waits.
"""

import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

COMMANDS = ("sbatch", "srun", "squeue", "scancel", "scontrol")
PLACE, ROOM = "TEST_SLURM", "TEST_SLURM_ROOM"  # the folder of all that is known, and jobs at a time
KILL_SECONDS, LOOK_SECONDS = 5.0, 0.05


def install(place: Path, room: int = 2) -> dict[str, str]:
    """Make the commands; the environment that has them."""
    (place / "bin").mkdir(parents=True)
    for name in COMMANDS:
        command = place / "bin" / name
        command.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).resolve()} {name} "$@"\n')
        command.chmod(0o755)
    return {"PATH": f"{place / 'bin'}:{os.environ['PATH']}", PLACE: str(place), ROOM: str(room)}


def state(place: Path, job: str, name: str = "") -> str:
    """What is known of a job, and with a name, what is from now on."""
    file = place / f"{job}.state"
    if name:
        beside = file.with_suffix(f".{os.getpid()}")
        beside.write_text(name)
        beside.rename(file)
    return file.read_text()


def jobs(place: Path) -> list[str]:
    """All jobs, in order."""
    return sorted((file.stem for file in place.glob("*.state")), key=lambda job: [int(n) for n in job.split("_")])


def processes(place: Path, job: str) -> list[int]:
    """Those of a job that are left, without its keeper; the first is the shell of its script."""
    try:
        return _children(int((place / f"{job}.keeper").read_text()))
    except FileNotFoundError:
        return []


def _children(pid: int) -> list[int]:
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, children.read_text().split()):
                found += [child, *_children(child)]
    return found


def end(place: Path) -> None:
    """End all jobs, with their keepers."""
    for job in jobs(place):
        state(place, job, "CANCELLED")
        for pid in processes(place, job):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


# --- the commands -------------------------------------------------------------------------------------------------


def sbatch(place: Path, script: str) -> None:
    options = dict(re.findall(r"^#SBATCH --([\w-]+)=?(.*)$", Path(script).read_text(), re.MULTILINE))
    if options.get("partition") == "full":
        (place / "refused.sh").write_bytes(Path(script).read_bytes())
        sys.exit("sbatch: error: Batch job submission failed: Job violates accounting/QOS policy")
    number = 1 + max((int(job.partition("_")[0]) for job in jobs(place)), default=10)
    array = options.get("array", "")
    count = int(array.partition("%")[0].removeprefix("0-")) + 1 if array else 0
    for job in [f"{number}_{task}" for task in range(count)] or [str(number)]:
        state(place, job, "PENDING")
        keeper = [sys.executable, __file__, "keep", job, script]
        null = subprocess.DEVNULL
        subprocess.Popen(keeper, start_new_session=True, stdin=null, stdout=null, stderr=null)
    (place / f"{number}.sh").write_bytes(Path(script).read_bytes())
    print(f"Submitted batch job {number}")


def keep(place: Path, job: str, script: str) -> None:
    """Start a job when there is room, again when it was requeued, and note how it ended."""
    (place / f"{job}.keeper").write_text(str(os.getpid()))
    number, _, task = job.partition("_")
    environment = {**os.environ, "SLURM_JOB_ID": number, "SLURM_JOB_NODELIST": "node1", "SLURM_PROCID": "0"}
    if task:
        environment |= {"SLURM_ARRAY_JOB_ID": number, "SLURM_ARRAY_TASK_ID": task}
    while state(place, job) == "PENDING":
        slot = _room(place, job)
        if slot is None:
            return
        state(place, job, "RUNNING")
        process = subprocess.Popen(["bash", script], env=environment)
        asked_at = 0.0
        while process.poll() is None:
            if state(place, job) in ("CANCELLED", "REQUEUED"):
                asked_at = asked_at or time.monotonic()
                if time.monotonic() - asked_at > KILL_SECONDS:
                    for pid in _children(os.getpid()):
                        with suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
            time.sleep(LOOK_SECONDS)
        os.close(slot)
        if state(place, job) == "REQUEUED":
            state(place, job, "PENDING")
        elif state(place, job) == "RUNNING":
            state(place, job, "COMPLETED" if process.returncode == 0 else "FAILED")


def _room(place: Path, job: str) -> int | None:
    """A lock on one of the places that jobs have, once one is free; `None` where the job was cancelled."""
    while state(place, job) == "PENDING":
        for number in range(int(os.environ[ROOM])):
            slot = os.open(place / f"slot-{number}", os.O_RDWR | os.O_CREAT)
            try:
                fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(slot)
            else:
                return slot
        time.sleep(LOOK_SECONDS)
    return None


def srun(place: Path, *words: str) -> None:
    output = words[words.index("--output") + 1]
    for mark, name in (("%A", "SLURM_ARRAY_JOB_ID"), ("%a", "SLURM_ARRAY_TASK_ID"), ("%j", "SLURM_JOB_ID")):
        output = output.replace(mark, os.environ.get(name, ""))
    log = os.open(output.replace("%t", "0"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.dup2(log, 1)
    os.dup2(log, 2)
    command = words[words.index("--output") + 2 :]
    os.execvp(command[0], command)


def squeue(place: Path, *words: str) -> None:
    for job in jobs(place):
        name = state(place, job)
        print(f"{job}|{name}|{'' if name == 'PENDING' else 'node1'}|{'Resources' if name == 'PENDING' else 'None'}")


def scancel(place: Path, job: str, signal_option: str = "", name: str = "") -> None:
    if signal_option:
        number = signal.Signals[f"SIG{name.removeprefix('SIG')}"]
    else:
        number = signal.SIGTERM
        for each in [each for each in jobs(place) if each == job or each.startswith(f"{job}_")]:
            if state(place, each) in ("PENDING", "RUNNING"):
                state(place, each, "CANCELLED")
    for pid in processes(place, job)[1:]:  # the script itself is left alone
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def scontrol(place: Path, requeue: str, job: str) -> None:
    state(place, job, "REQUEUED")


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(os.environ[PLACE]), *sys.argv[2:])
