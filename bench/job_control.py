"""Each screen stopped and let go on, again and again: it is drawn anew, keys act, threads stay, and it ends as ever.

    python bench/job_control.py --cycles 50              # 50 SIGSTOPs and 50 SIGTSTPs or Ctrl-Zs on each screen
    python bench/job_control.py --only gate --seed 3     # of one screen, in another order

Each screen is a process in a group of its own in the foreground of a pseudo-terminal; its parent is no shell. Between
the stops come keys and SIGCONTs that were not needed; some stops are asked for three times, some while it is stopped,
and after some the terminal has a shell's modes. At each stop that is asked for, the terminal must be as before.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import test_end_to_end
from suspension import PLACES, QUIT, Suspended, ask, cycle
from test_end_to_end import TINY

PATIENCE = 20.0  # seconds until what is waited for is given up
KEY_SECONDS = 5.0  # that a key may take
SPARE = 1  # a thread may be on its way in or out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", choices=list(PLACES), help="only this screen; may be given again")
    given = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1")
    test_end_to_end.PATIENCE = PATIENCE
    print("screen        cycles  threads  key, s  status  terminal  seconds")
    wrong = [name for name in given.only or PLACES if not holds(name, given.cycles, given.seed)]
    print(f"wrong: {', '.join(wrong) or 'none'}")
    sys.exit(bool(wrong))


def train_tiny(folder: Path) -> None:
    """A run named `tiny` that has learned next to nothing of a small text."""
    (folder / "book.txt").write_text("Ten green bottles, hanging on the wall;\n" * 200)
    options = f"--corpus book.txt {TINY} --name tiny --steps 20 --headless"
    subprocess.run([sys.executable, "-m", "rnntui", "train", "text", *options.split()], check=True, capture_output=True)


def holds(name: str, cycles: int, seed: int) -> bool:
    """Whether one screen does all that it should; a line about it is printed."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rnntui-jobs-") as folder:
        os.chdir(folder)
        if "tiny" in PLACES[name].command:
            train_tiny(Path(folder))
        terminal = None
        try:
            terminal = Suspended(PLACES[name])
            ask(terminal)
            terminal.go_on()
            before = terminal.threads
            cycle(terminal, cycles, seed)
            key, after = terminal.seconds_of_key(), terminal.threads
            terminal.type(QUIT)
            status, clean = terminal.status(), terminal.is_clean
        except (AssertionError, OSError) as error:
            print(f"{name}: {error}", flush=True)
            return False
        finally:
            if terminal is not None:
                terminal.end()
            os.chdir("/")
    print(
        f"{name:12}  {cycles:3}+{cycles:<3}  {before:2} → {after:<2}  {key:6.2f}  {status:6}  "
        f"{'clean' if clean else 'NOT CLEAN':9} {time.monotonic() - began:7.0f}",
        flush=True,
    )
    return after <= before + SPARE and key < KEY_SECONDS and status == 0 and clean


if __name__ == "__main__":
    main()
