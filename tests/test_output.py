"""Streams that cannot be written to, and all that goes wrong: one sentence, an exit status, no words of Python."""

import errno
import io
import os
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
import torch
from command import TINY, begin, done, rnntui, said
from typer.testing import CliRunner

from rnntui import entry
from rnntui.cli import app
from rnntui.commands.progress import waiting
from rnntui.system import output
from rnntui.system.errors import Unwritable
from rnntui.system.failures import details, explain, is_mistake
from rnntui.system.output import Results, draws_screens, is_terminal, safe_streams


class Full(io.StringIO):
    """A stream whose disk is full: at once, or when it is flushed."""

    def __init__(self, number: int = errno.ENOSPC, *, late: bool = False) -> None:
        super().__init__()
        self.number, self.late = number, late

    def write(self, text: str) -> int:
        if not self.late:
            raise OSError(self.number, os.strerror(self.number))
        return len(text)

    def flush(self) -> None:
        raise OSError(self.number, os.strerror(self.number))


def ended(command: str, stream: io.StringIO) -> tuple[int, str]:
    """Exit status and standard error of a command whose results go to that stream."""
    err = io.StringIO()
    with redirect_stdout(stream), redirect_stderr(err), pytest.raises(SystemExit) as left:
        app(command.split(), prog_name="rnntui")
    assert isinstance(left.value.code, int)
    return left.value.code, " ".join(line.strip(" │╭╮╰╯─") for line in err.getvalue().splitlines())


COMMANDS = (
    "runs",
    "runs --json",
    "corpora",
    "sweep",
    "gate --headless",
    "--help",
    "--version",
    "train --help",
    "doctor",
)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("command", COMMANDS)
def test_results_that_cannot_be_written_are_a_failure_of_one_sentence(command: str, late: bool) -> None:
    status, sentence = ended(command, Full(late=late))
    assert status == 1
    assert "standard output cannot be written: the disk is full: make room and try again" in sentence
    assert "checkpoint" not in sentence
    assert "resume" not in sentence


def test_a_run_is_trained_though_its_results_cannot_be_told() -> None:
    status, sentence = ended(f"train palindrome --headless --steps 2 --name mine {TINY}", Full())
    assert status == 1
    assert "standard output cannot be written: the disk is full" in sentence
    assert "finished at step 2" in done("runs show mine")


def test_a_reader_that_has_seen_enough_is_no_failure() -> None:
    assert ended("runs", Full(errno.EPIPE)) == (0, "")
    assert ended("gate --headless", Full(errno.EPIPE, late=True)) == (0, "")


def test_a_users_mistake_keeps_its_status_where_nothing_can_be_written() -> None:
    status, sentence = ended("runs show nowhere", Full())
    assert status == 2
    assert "no run 'nowhere'" in sentence


def test_the_streams_are_as_before_once_a_command_is_over() -> None:
    before = sys.stdout, sys.stderr
    with safe_streams():
        assert isinstance(sys.stdout, Results)
    assert (sys.stdout, sys.stderr) == before


def test_a_closed_standard_output_and_error_are_one_sentence_and_none(tmp_path: Path) -> None:
    def close() -> None:
        os.close(1)

    closed = begin("runs", stdout=None, preexec_fn=close)
    assert "standard output cannot be written: it is closed" in closed.communicate(timeout=60)[1]
    assert closed.returncode == 1


def test_without_standard_error_a_command_still_gives_its_results() -> None:
    def close() -> None:
        os.close(2)

    mute = begin("gate --headless", stderr=None, preexec_fn=close)
    assert "opens" in mute.communicate(timeout=60)[0]
    assert mute.returncode == 0


def test_no_file_takes_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    code = "from rnntui.entry import _fill_gaps; _fill_gaps(); import os; print(os.open('x', os.O_CREAT), flush=True)"
    import subprocess

    process = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, preexec_fn=lambda: os.closerange(2, 3)
    )
    assert int(process.stdout) > 2


# --- an interrupt ---------------------------------------------------------------------------------------------------


def test_an_interrupt_while_the_command_line_is_loaded_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The handler that is in place while `rnntui.cli` is imported leaves at once and says nothing."""
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)
    before = signal.getsignal(signal.SIGINT)

    def interrupted() -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(entry, "_fill_gaps", interrupted)
    monkeypatch.setattr("rnntui.cli.main", lambda: None)
    try:
        entry.main()
    finally:
        signal.signal(signal.SIGINT, before)
    assert left == [130]


def test_an_interrupt_later_is_status_130_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr("rnntui.cli.main", interrupted)
    try:
        with pytest.raises(SystemExit) as left:
            entry.main()
    finally:
        signal.signal(signal.SIGINT, before)
    assert left.value.code == 130


def test_an_ignored_interrupt_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    monkeypatch.setattr("rnntui.cli.main", lambda: seen.append(signal.getsignal(signal.SIGINT)))
    try:
        entry.main()
        assert [*seen, signal.getsignal(signal.SIGINT)] == [signal.SIG_IGN] * 2
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_command_that_is_printed_is_not_broken_where_a_terminal_ends(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sentence = "SIGINT: a-run-of-mine is saved at step 1,234; `rnntui resume a-run-of-mine` resumes it"
    monkeypatch.setenv("COLUMNS", "60")
    output.say(sentence)
    assert capsys.readouterr().err == f"{sentence}\n"  # a pipe has no end of a line
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    output.say(sentence)
    first, second = capsys.readouterr().err.splitlines()
    assert (first, second) == (sentence.partition(";")[0], "  `rnntui resume a-run-of-mine` resumes it")
    monkeypatch.setenv("COLUMNS", "120")
    output.say(sentence)
    assert capsys.readouterr().err == f"{sentence}\n"


# --- what is waited for ---------------------------------------------------------------------------------------------


def test_what_is_waited_for_is_named_on_a_terminal_alone_and_taken_off(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for has_bars, written, erased in ((True, "loading \\x1b …", "\r\x1b[K"), (False, "", "")):
        monkeypatch.setattr(waiting, "has_bars", lambda has_bars=has_bars: has_bars)
        with waiting.named("loading \x1b"):
            assert capsys.readouterr() == ("", written)
        assert capsys.readouterr() == ("", erased)


# --- a terminal without a screen ------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_dumb_terminal_is_told_why_there_is_no_screen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal())
    with redirect_stdout(Terminal()):
        monkeypatch.setenv("TERM", "dumb")
        assert not is_terminal()
        (line,) = capsys.readouterr().err.splitlines()
        assert "TERM is 'dumb'" in line
        monkeypatch.setenv("TERM", "xterm")
        assert is_terminal()
        assert draws_screens()
    assert not is_terminal()
    assert capsys.readouterr().err == ""


# --- causes in words ------------------------------------------------------------------------------------------------


def raised(code: str, name: str = "rnntui.made_up") -> BaseException:
    """The exception that code of that module raises."""
    try:
        exec(compile(code, "<code>", "exec"), {"__name__": name})
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize(
    "code",
    [
        *("{}['x']", "1 + ''", "int('x')", "float('1e')", "a, b = 1,", "b'\\xff'.decode()", "None.x", "1 / 0"),
        *("[].index(1)", "import json; json.loads('{')", "int('9' * 5000)", "assert False", "open('\\0')"),
        "def f(): f()\nf()",
    ],
)
def test_what_python_says_of_our_own_failure_is_said_to_be_that(code: str) -> None:
    error = raised(code)
    assert not is_mistake(error)
    assert explain(error).startswith("rnntui itself failed (")
    assert explain(error).endswith("please report it; RNNTUI_TRACEBACK=1 shows where")


def test_a_sentence_of_rnntuis_is_a_mistake_of_the_users_and_speaks_for_itself() -> None:
    error = raised("raise ValueError('--steps must be at least 1')")
    assert is_mistake(error)
    assert explain(error) == "--steps must be at least 1"
    assert not is_mistake(raised("raise ValueError('of a library')", "json.decoder"))
    assert is_mistake(ValueError("never raised, handed on"))


@pytest.mark.parametrize(
    ("error", "training", "sentence"),
    [
        (OSError(errno.ENOSPC, "x"), True, "the disk is full: make room and resume"),
        (OSError(errno.ENOSPC, "x"), False, "the disk is full: make room and try again"),
        (OSError(errno.EDQUOT, "x", "runs/a"), False, "'runs/a': your disk quota is used up: make room and try again"),
        (MemoryError(), True, "out of memory: lower --batch, --length, --hidden or --layers"),
        (MemoryError(), False, "out of memory: stop other processes, or do less at once"),
        (torch.OutOfMemoryError("CUDA out of memory."), True, "out of memory: lower --batch"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), True, "out of memory: lower --batch"),
        (RuntimeError("Storage size calculation overflowed with sizes=[9]"), True, "out of memory: lower --batch"),
        (
            ImportError("libtorch_cpu.so: failed to map segment from shared object"),
            True,
            "a library cannot be loaded: there is too little memory",
        ),
        (OSError(errno.ENOMEM, "x"), True, "there is not enough memory"),
        (PermissionError(errno.EACCES, "x", "f"), False, "'f': permission denied"),
        (OSError(errno.EIO, "x"), True, "the disk reports an input/output error"),
        (OSError(errno.EMFILE, "x"), False, "too many files are open"),
        (FileNotFoundError(errno.ENOENT, "x", "runs/gone"), False, "'runs/gone': it does not exist"),
        (Unwritable(errno.EBADF, "x"), False, "standard output cannot be written: it is closed"),
        (Unwritable(errno.EIO, "x"), False, "standard output cannot be written: the disk reports"),
        (RuntimeError("CUDA error: no kernel image"), True, "the device failed (CUDA error: no kernel image)"),
    ],
)
def test_each_cause_has_its_own_advice(error: BaseException, training: bool, sentence: str) -> None:
    assert explain(error, training=training).startswith(sentence)
    assert "Errno" not in explain(error, training=training)


def test_an_unforeseen_failure_is_one_sentence_and_its_way_is_shown_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rnntui.commands.runs.runs_table", lambda *_, **__: print({}["x"]))
    result = rnntui("runs")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "rnntui itself failed (KeyError: 'x'): please report it; RNNTUI_TRACEBACK=1 shows where" in said(result)
    monkeypatch.setenv("RNNTUI_TRACEBACK", "1")
    told = CliRunner().invoke(app, ["runs"])
    assert told.exit_code == 1
    assert told.stderr.startswith("Traceback")
    assert "rnntui itself failed" in told.stderr


def test_the_variable_of_the_environment_shows_the_way_to_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    error = raised("int('x')")
    assert details(error) == ""
    monkeypatch.setenv("RNNTUI_TRACEBACK", "1")
    assert details(error).startswith("Traceback")
    assert details(error).splitlines()[-1].startswith("ValueError: invalid literal")


# --- what was typed -------------------------------------------------------------------------------------------------

HOSTILE = "x\x1b]52;c;aGk=\x07\u202ey\u200bz"


@pytest.mark.parametrize(
    "words",
    [
        ("runs", f"--{HOSTILE}"),
        (HOSTILE,),
        ("train", HOSTILE),
        ("runs", "show", HOSTILE),
        ("train", "palindrome", "--lr", HOSTILE),
        ("sample", "last", "--length", HOSTILE),
        ("sweep", HOSTILE),
        ("corpora", "get", HOSTILE),
        ("compare", HOSTILE, "--metric", HOSTILE),
    ],
)
def test_what_was_typed_is_repeated_as_text_that_no_terminal_obeys(words: tuple[str, ...]) -> None:
    result = rnntui("", *words)
    assert result.exit_code == 2
    assert not any(character in result.stderr for character in "\x1b\x07\u202e\u200b")
    assert r"\x1b]52" in result.stderr
