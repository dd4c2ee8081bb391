"""Steps per second of rnntui, headless, over its rivals': `python bench/training.py`, `--only ROW` for some rows.

plain         the PyTorch script of `plain.py`: a module of `torch.nn`, one-hot inputs
JAX           the script of `jax_script.py`, with one step of the scan at a time and in the fastest of eight ways to
              write it, which are tried beforehand; only where jax is installed (`pip install -e '.[bench]'`)
products      the matrix products of a step alone (`products.py`): the floor of which a share is reached

All train in turns of about a second, so that a drift of the machine's speed meets all. On one thread the clock is the
process's CPU time, which is its time on a machine that does nothing else; on two it is the wall's, rnntui on one thread
is a rival too, and the plain script trains in a process of its own, where the library's threads wait for work as they
do by themselves; in this one they do as `rnntui` has them. rnntui writes its run folder as always; held-out scoring is
left out.
"""

import argparse
import json
import os
import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

from contenders import Contender, load_jax, of_jax, of_plain, of_products, of_rnntui
from elsewhere import Elsewhere, elsewhere
from machine import describe, write
from rows import ROWS, Row, named, settings_of, training

from rnntui.entry import share_cores

TURNS, TURN_SECONDS = 12, 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default=ROWS, type=named, metavar="ROW", help="rows whose name has this in it")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--threads", type=int, default=1, choices=(1, 2))
    parser.add_argument("--kernel", default="auto", help="rnntui's --kernel")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the figures go; all rows: bench/results/")
    asked = parser.parse_args()
    rows = asked.only
    if asked.threads > 1 and share_cores():  # which is read when torch is loaded
        os.execv(sys.executable, [sys.executable, *sys.argv])
    jax = load_jax(asked.threads)
    print(HEAD)
    found = {"threads": asked.threads, "kernel": asked.kernel, "jax": jax.jax.__version__ if jax else None, "rows": {}}
    for row in rows:
        found["rows"][row.name] = measure(row, jax, asked.threads, asked.kernel, asked.turns)
        print(line(row, found["rows"][row.name]), flush=True)
        if asked.json:  # after each row, for all of them take a while
            asked.json.write_text(json.dumps({"machine": describe(), **found}, indent=2) + "\n", encoding="utf-8")
    if not asked.json and rows is ROWS:
        write("training" if asked.threads == 1 else "training-2-threads", found)


def measure(row: Row, jax: ModuleType | None, threads: int, kernel: str, turns: int) -> dict[str, Any]:
    """Milliseconds a step of each contender, the ratios of steps per second, and the share of the floor reached."""
    with ExitStack() as opened:
        trainer = opened.enter_context(training(settings_of(row, threads, kernel)))
        contenders: dict[str, Contender | Elsewhere] = {"rnntui": of_rnntui(trainer), "products": of_products(trainer)}
        if threads == 1:
            contenders["plain"] = of_plain(trainer)
        else:
            contenders["plain"] = opened.enter_context(elsewhere(row, threads))
            alone = opened.enter_context(training(settings_of(row, 1, kernel)))
            contenders["one thread"] = of_rnntui(alone)
        best = None
        if jax is not None and row.over_jax is not None:
            scripts, best = of_jax(jax, trainer)
            contenders |= scripts
        speeds = take_turns(contenders, turns, threads)
    over = {
        name: [own / other for own, other in zip(speeds["rnntui"], speeds[name], strict=True)]
        for name in contenders
        if name != "rnntui"
    }
    return {
        "kernel": trainer.learner.model.kernel.name,
        "ms a step": {name: 1e3 / statistics.median(turns) for name, turns in speeds.items()},
        "over": {name: statistics.median(ratios) for name, ratios in over.items()},
        "bars": {"plain": row.over_plain, "JAX, best": row.over_jax, "products": row.of_floor},
        "best way of JAX": best,
        "turns": {name: sorted(ratios) for name, ratios in over.items()},
    }


def take_turns(contenders: dict[str, Contender | Elsewhere], turns: int, threads: int) -> dict[str, list[float]]:
    """Steps per second of each contender, a turn each after the other; the first turn is for warming up."""
    clock = time.process_time if threads == 1 else time.perf_counter
    speeds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(turns + 1):
        for name, contender in contenders.items():
            speed = contender.speed(TURN_SECONDS, clock)
            if turn:
                speeds[name].append(speed)
    return speeds


HEAD = """\
| row | kernel | ms a step | over plain | over JAX, unroll 1 | over JAX, best | best way | over one thread | of floor |
|---|---|---:|---:|---:|---:|---|---:|---:|"""


def line(row: Row, found: dict[str, Any]) -> str:
    """A line of the table; in brackets the bars."""

    def ratio(name: str) -> str:
        bar = found["bars"].get(name)
        return f"{found['over'][name]:.2f}{f' ({bar:g})' if bar else ''}" if name in found["over"] else "–"

    rivals = [ratio(name) for name in ("plain", "JAX, unroll 1", "JAX, best")]
    cells = [row.name, found["kernel"], f"{found['ms a step']['rnntui']:.2f}", *rivals]
    cells += [found["best way of JAX"] or "–", ratio("one thread"), ratio("products")]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
