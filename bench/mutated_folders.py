"""Damaged run and sweep folders, each asked by five commands: what is wrong with the answers, and what was touched.

    python bench/mutated_folders.py --count 10000 --seed 0        # a table of what is wrong, with seeds
    python bench/mutated_folders.py --only 4711                   # one folder: what was done to it, every answer

A folder is a function of its seed. Checked are each answer as `tests/answers.py` says, that a healthy run beside the
damaged one is listed, and that nothing outside the damaged folder changed.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

BLOCK = 20  # folders that one process asks about; what it kills or fills ends with it
BLOCK_SECONDS = 600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0, help="seed of the first folder")
    parser.add_argument("--only", type=int, help="one seed, told in full")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write every fault as a line of JSON into this file")
    given = parser.parse_args()

    os.environ.update(OMP_NUM_THREADS="1", COLUMNS="400")
    fast = "/dev/shm" if os.path.isdir("/dev/shm") else None  # where a flush takes no time
    with tempfile.TemporaryDirectory(prefix="rnntui-mutated-", dir=fast) as folder:
        from damaged import Place

        place = Place.make(Path(folder))
        if given.only is not None:
            tell(place, given.only)
            return
        began = time.monotonic()
        found = list(every(place, range(given.seed, given.seed + given.count), given.processes))
        summarize(found, given.count, time.monotonic() - began)
        if given.json:
            given.json.write_text("".join(json.dumps(outcome) + "\n" for outcome in found))
        sys.exit(any(outcome["faults"] for outcome in found))


def tell(place: object, seed: int) -> None:
    from damaged import trial

    outcome = trial(place, seed)  # type: ignore[arg-type]
    print(f"{outcome.base}: {'; '.join(outcome.done)}")
    for answer in outcome.answers:
        print(
            f"\n$ rnntui {' '.join(map(str, answer.command))}\n[{answer.status}, {answer.seconds:.2f} s] {answer.error}"
        )
        print(f"{answer.stdout[-2000:]}{answer.stderr[-2000:]}")
    print("\nwrong:", *outcome.faults or ["nothing"], sep="\n  ")


def every(place: object, seeds: range, processes: int) -> Iterator[dict]:
    """The outcome of each seed, from blocks of seeds in processes of their own."""
    blocks = [seeds[k : k + BLOCK] for k in range(0, len(seeds), BLOCK)]
    running: dict[int, tuple[int, range, list[dict]]] = {}
    while blocks or running:
        while blocks and len(running) < processes:
            block = blocks.pop(0)
            pipe, process = begin(place, block)
            running[pipe] = process, block, []
        pipe = next(iter(running))
        process, block, got = running.pop(pipe)
        with os.fdopen(pipe) as lines:
            for line in lines:
                got.append(json.loads(line))
        _, status = os.waitpid(process, 0)
        yield from got
        if len(got) < len(block):  # it died at the next one
            seed = block[len(got)]
            died = f"the process died: {signal.Signals(status).name if status in set(signal.Signals) else status}"
            yield {"seed": seed, "base": "?", "done": ["?"], "faults": [["?", died]], "seconds": 0.0}
            blocks.insert(0, block[len(got) + 1 :])
        progress = sum(map(len, blocks))
        if sys.stderr.isatty():
            print(f"\r{len(seeds) - progress:,} of {len(seeds):,}", end="", file=sys.stderr, flush=True)


def begin(place: object, block: range) -> tuple[int, int]:
    """Start a process that tries a block; where its lines can be read, and its id."""
    reading, writing = os.pipe()
    if process := os.fork():
        os.close(writing)
        return reading, process
    os.close(reading)
    status = 1
    try:
        from damaged import bounded_memory, trial

        with bounded_memory(), os.fdopen(writing, "w") as out:
            for seed in block:
                signal.alarm(BLOCK_SECONDS)  # where nothing in the process can end it
                out.write(json.dumps(trial(place, seed).as_dict()) + "\n")  # type: ignore[arg-type]
                out.flush()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def summarize(found: list[dict], count: int, seconds: float) -> None:
    """A line for each kind of fault of each command: how often, at which seeds, and one in its own words."""
    kinds: dict[str, list[tuple[int, str]]] = {}
    for outcome in found:
        for command, fault in outcome["faults"]:
            kind, _, detail = fault.partition(": ")
            kinds.setdefault(f"{command}: {kind}", []).append((outcome["seed"], detail))
    for kind, cases in sorted(kinds.items(), key=lambda item: -len(item[1])):
        seeds = ", ".join(str(seed) for seed in dict(cases[:6]))
        print(f"{len(cases):6,}  {kind}   (seeds {seeds})\n        {cases[0][1][:300]}")
    wrong = sum(bool(outcome["faults"]) for outcome in found)
    answers = sum(outcome.get("answers", 0) for outcome in found)
    slowest = max((outcome["seconds"] for outcome in found), default=0.0)
    print(
        f"\n{wrong:,} of {count:,} folders with a fault; {answers:,} answers, the slowest took {slowest:.2f} s of CPU"
    )
    print(f"{seconds:,.0f} s in all")


if __name__ == "__main__":
    main()
