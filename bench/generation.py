"""Characters per second of rnntui's writer over a loop that calls `nn.LSTM` once a character.

Same sizes as the text task's default (2 × 128, 87 characters), temperature 0.5, in turns: `python bench/generation.py`.
"""

import statistics
import time
from collections.abc import Iterator

import torch
from machine import write
from torch import nn

from rnntui.config import default_threads, make_settings
from rnntui.core.generation.sampler import Writer
from rnntui.core.kernels.single import Snapshot
from rnntui.core.model import Model

TURNS, TURN_SECONDS, VOCABULARY, BAR = 12, 0.5, 87, 6.0


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
    torch.set_num_threads(default_threads())
    model = Model(make_settings("text", {}), VOCABULARY, VOCABULARY, "every")
    model.initialise("uniform", 30, torch.Generator().manual_seed(0))
    writer = Writer(Snapshot(model), [chr(65 + k) for k in range(VOCABULARY)], 1, temperature=0.5)
    loop = plain()
    for each in (writer, loop):
        speed(each)
    ratios = [speed(writer) / speed(loop) for _ in range(TURNS)]
    print(f"{statistics.median(ratios):.2f} times the loop (bar {BAR})")
    write(
        "generation",
        {"characters per second, rnntui over the loop": statistics.median(ratios), "bar": BAR, "turns": sorted(ratios)},
    )


def speed(characters: Iterator[object]) -> float:
    """Characters per second over a turn."""
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < TURN_SECONDS:
        next(characters)
        count += 1
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
