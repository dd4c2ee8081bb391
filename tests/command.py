"""The command line as a test types it."""

import json
import shlex
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from typer import testing
from typer.testing import CliRunner, Result

from rnntui.cli import app
from rnntui.runs import Run, folder

# Typer puts all commands together anew for each call, which takes longer than most of them.
testing._get_command = cache(testing._get_command)

# A network that learns in no time.
TINY = "--hidden 8 --length 3 --batch 4 --threads 1"


def rnntui(command: str, *more: str, **how: Any) -> Result:
    """What `rnntui COMMAND` does, in this process; `more` are arguments that no shell takes apart."""
    result = CliRunner(env={"COLUMNS": "400"}).invoke(app, [*shlex.split(command), *more], prog_name="rnntui", **how)
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def done(command: str, *more: str) -> str:
    """Standard output of a command that must succeed."""
    result = rnntui(command, *more)
    assert result.exit_code == 0, result.output
    return result.stdout


def said(result: Result) -> str:
    """What stands on standard error, the box around it taken off."""
    return " ".join(line.strip(" │╭╮╰╯─") for line in result.stderr.splitlines())


def refused(command: str, *more: str) -> str:
    """The sentence that a user's mistake earns: exit status 2, nothing on standard output."""
    result = rnntui(command, *more)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    return said(result)


def offered(words: str) -> list[str]:
    """What a shell offers after these words, where the program is called `root`."""
    env = {"_ROOT_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    return CliRunner().invoke(app, [], env=env, prog_name="root").stdout.split()


def as_json(command: str, *more: str) -> Any:
    """What a command prints with `--json`; it must be JSON to the letter."""

    def no(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(done(command + " --json", *more), parse_constant=no)


def begin(command: str, **how: Any) -> "subprocess.Popen[str]":
    """`rnntui COMMAND` in a process of its own, with the signals as a shell leaves them."""

    def obey() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    usual = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "preexec_fn": obey}
    words = [sys.executable, "-m", "rnntui", *shlex.split(command)]
    return subprocess.Popen(words, text=True, **{**usual, **how})


def run_named(name: str) -> Run:
    """The run of that name in the test's own folder."""
    return Run(folder() / name)


def files(path: Path) -> dict[str, bytes]:
    """All files under a folder, to be compared with a later look."""
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}
