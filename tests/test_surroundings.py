"""The suite does not depend on who starts it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

HOSTILE = {
    "PATH": os.environ["PATH"], "HOME": "/nonexistent", "TERM": "dumb", "COLUMNS": "40", "LINES": "5", "NO_COLOR": "1",
    "FORCE_COLOR": "1", "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "TZ": "Asia/Kathmandu",
    "RNNTUI_RUNS": "/nonexistent", "PYTHONPATH": str(Path(__file__).parent), "PYTHONOPTIMIZE": "1",
}  # fmt: skip
LOOK = """
import locale, os, signal, subprocess, sys, time
from surroundings import make_alike
make_alike()
code = (
    "import locale, os, signal, sys, time;"
    "print(sorted(os.environ), locale.getencoding(), sys.flags.optimize, time.tzname[0], oct(os.umask(0)),"
    "[number.name for number in signal.valid_signals() if isinstance(number, signal.Signals)"
    " and signal.getsignal(number) is signal.SIG_IGN])"
)
subprocess.run([sys.executable, "-c", code], check=True)
signal.raise_signal(signal.SIGHUP)  # the suite outlives its terminal where it was started by nohup
print("alive")
"""


def as_nohup_in_the_background() -> None:
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))
    os.umask(0o077)


def test_a_process_of_a_test_is_alike_whatever_the_suite_inherits() -> None:
    seen = subprocess.run(
        [sys.executable, "-c", LOOK], env=HOSTILE, preexec_fn=as_nohup_in_the_background, capture_output=True, text=True
    )
    assert seen.stderr == ""
    first, last = seen.stdout.splitlines()
    assert first == "['LANG', 'PATH', 'PYTHONPATH', 'TERM', 'TZ'] UTF-8 0 UTC 0o22 ['SIGPIPE', 'SIGXFSZ']"
    assert last == "alive"


def test_each_test_is_in_an_empty_folder_and_has_a_home_it_may_write_in() -> None:
    assert os.listdir() == []
    assert os.access(Path.home(), os.W_OK)
