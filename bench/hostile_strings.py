"""Strings that a terminal would obey or hide, in every place where one is shown: none gets through.

    python bench/hostile_strings.py                          # 300 strings in pipes, drawings and on terminals
    python bench/hostile_strings.py --count 30 --only typed  # some, of one kind of place
    python bench/hostile_strings.py --list                   # the kinds of places

A string is typed as an argument, is the name of a run, a text or a sweep, stands in the files of one, in a text that is
learned, in an error of a user's cell; it is looked for by bytes in pipes, JSON, drawings and on a pseudo-terminal, in
what commands print and in what the screens draw.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", help="only this kind of place; may be given again")
    parser.add_argument("--list", action="store_true")
    given = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1", COLUMNS="400")
    from hostile import strings
    from places import PLACES, Stage

    if given.list:
        print(*PLACES, sep="\n")
        return
    fast = "/dev/shm" if os.path.isdir("/dev/shm") else None
    wrong: dict[str, list[tuple[str, str]]] = {}
    began, shown = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="rnntui-hostile-", dir=fast) as folder:
        stage = Stage.make(Path(folder))
        for name, place in PLACES.items():
            if given.only is None or name in given.only:
                found = 0
                for where, string, faults in place(stage, strings(given.count, given.seed)):
                    shown, found = shown + 1, found + bool(faults)
                    for fault in faults:
                        wrong.setdefault(f"{name}: {where}: {fault.partition(':')[0]}", []).append((string, fault))
                print(f"{name}: {shown:,} outputs so far, {found:,} wrong", flush=True)
    for kind, cases in sorted(wrong.items(), key=lambda item: -len(item[1])):
        string, fault = cases[0]
        print(f"{len(cases):5,}  {kind}\n       {string[:80]!r}: {fault[:300]}")
    faults = sum(map(len, wrong.values()))
    print(f"{given.count} strings, {shown:,} outputs, {faults:,} faults; {time.monotonic() - began:,.0f} s")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
