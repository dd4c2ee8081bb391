"""Characters per second of rnntui's writer over a loop that calls `nn.LSTM` once a character.

Same sizes as the text task's default (2 × 128, 87 characters), temperature 0.5, in turns of CPU time:
`python bench/generation.py`.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from machine import describe, write
from torch import nn

from rnntui.config import default_threads, make_settings
from rnntui.core.generation.sampler import Writer
from rnntui.core.kernels.single import Snapshot
from rnntui.core.model import Model

TURNS, TURN_SECONDS, VOCABULARY, BAR = 12, 0.5, 87, 10.0


@torch.inference_mode()
def plain() -> Iterator[int]:
    """What one would write: one call of the module, one softmax and one draw a character."""
    lstm, readout = nn.LSTM(VOCABULARY, 128, 2), nn.Linear(128, VOCABULARY)
    state, index = None, 0
    while True:
        x = torch.zeros(1, 1, VOCABULARY)
        x[0, 0, index] = 1.0
        h, state = lstm(x, state)
        weights = torch.softmax(readout(h[0, 0]) / 0.5, 0)
        index = int(torch.multinomial(weights, 1))
        yield index


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the figures go instead of bench/results/")
    asked = parser.parse_args()
    torch.set_num_threads(default_threads())
    model = Model(make_settings("text", {}), VOCABULARY, VOCABULARY, "every")
    model.initialise("uniform", 30, torch.Generator().manual_seed(0))
    writer = Writer(Snapshot(model), [chr(65 + k) for k in range(VOCABULARY)], 1, temperature=0.5)
    loop = plain()
    for contender in (writer, loop):
        speed(contender)
    ratios = [speed(writer) / speed(loop) for _ in range(asked.turns)]
    print(f"{statistics.median(ratios):.2f} times the loop (bar {BAR})")
    found = {
        "characters per second, rnntui over the loop": statistics.median(ratios),
        "bar": BAR,
        "turns": sorted(ratios),
    }
    if asked.json:
        asked.json.write_text(json.dumps({"machine": describe(), **found}, indent=2) + "\n", encoding="utf-8")
    else:
        write("generation", found)


def speed(characters: Iterator[object]) -> float:
    """Characters per second over a turn."""
    began, count = time.process_time(), 0
    while time.process_time() - began < TURN_SECONDS:
        next(characters)
        count += 1
    return count / (time.process_time() - began)


if __name__ == "__main__":
    main()
