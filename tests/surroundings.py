"""What a test process inherits from whoever starts it, made the same everywhere.

Invariant: no test can tell which shell, terminal, user, locale or time zone it was started from, nor can a process
that it starts. pytest-xdist starts its workers after this, so that their interpreters are alike too.
"""

import locale
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[1]
# All else of the environment is taken away: what decides about colours and widths alone has a dozen names.
# But RNNTUI_INSTRUCTIONS=none, with which the suite runs as where nothing is compiled.
KEPT = {"PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV", "CI", "RNNTUI_INSTRUCTIONS"}
KEPT_PREFIXES = ("PYTEST_", "COVERAGE_", "COV_", "CUDA_", "NVIDIA_")
SET = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONPATH": str(ROOT)}
UMASK = 0o022
_PYTHONS = {signal.SIGPIPE, signal.SIGXFSZ}  # Python itself ignores them, and lets them loose in what it starts


def make_alike() -> None:
    """Set environment, locale, time zone, umask and signals; the home and the folder are each session's own."""
    _environment()
    _locale()
    _signals()
    os.umask(UMASK)
    # Each process that a test starts would compile all of rnntui anew where nothing compiled may be kept.
    sys.dont_write_bytecode = False


def _environment() -> None:
    for name in [name for name in os.environ if name not in KEPT and not name.startswith(KEPT_PREFIXES)]:
        del os.environ[name]
    os.environ.update(SET)
    time.tzset()


def _locale() -> None:
    """UTF-8 where the system has it by this name, else what Python chose."""
    try:
        locale.setlocale(locale.LC_ALL, SET["LANG"])
    except locale.Error:
        locale.setlocale(locale.LC_ALL, "C")


def _signals() -> None:
    """What was ignored (`nohup`, a job in the background) or blocked stays so for every process started from here."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in signal.valid_signals() - _PYTHONS:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # A suite under nohup outlives its terminal; unlike a signal that is ignored, this one is not inherited.
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _no_matter)


def _no_matter(number: int, frame: FrameType | None) -> None:
    pass
