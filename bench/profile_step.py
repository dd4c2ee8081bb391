"""Where the time of a training step goes, row by row: `python bench/profile_step.py [--only ROW] [--kernel NAME]`.

The trainer runs as always; each of its pieces is wrapped, and the process's CPU time between two stamps goes to the
piece that ran. In the backward pass a hook on each layer's output stamps the moment at which its gradient is there:
what came before it is the read-out's and the loss's, what comes after it the kernel's. Compiled kernels need no
autograd; their products over whole sequences, for the gradients of weights and inputs, stand apart.

`wrapped` is the time of a step with the stamps over that of one without: how far the measurement itself slows it.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import torch
from rows import ROWS, Row, named, settings_of, training

from rnntui.core.kernels.compiled.layer import LayerPass
from rnntui.core.training import learner as learner_module
from rnntui.core.training.trainer import Report, Trainer

TURNS, TURN_SECONDS = 5, 1.0
FORWARD, BACKWARD, PRODUCTS = "kernel forward", "kernel backward", "gradients of whole sequences"
READOUT, BATCH = "read-out, loss", "batch"
GATHER, CLIP, OPTIMIZER = "gather gradients", "clip", "optimizer"
STEP, TRAINER = "rest of the step", "trainer"
PARTS = (FORWARD, BACKWARD, PRODUCTS, READOUT, GATHER, CLIP, OPTIMIZER, BATCH, STEP, TRAINER)


class Stopwatch:
    """CPU seconds of each part; one part runs at any time, and what it calls may hand over to another."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin anew, with the trainer's own part."""
        self.spent = dict.fromkeys(PARTS, 0.0)
        self._part, self._since = TRAINER, time.process_time()

    def switch(self, part: str) -> str:
        """Let another part run from now on; the one that ran until now."""
        before, now = self._part, time.process_time()
        self.spent[before] += now - self._since
        self._part, self._since = part, now
        return before

    def within(self, part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, its time counted as the part's but for what hands over to others inside."""

        def timed(*given: Any, **named: Any) -> Any:
            before = self.switch(part)
            try:
                return call(*given, **named)
            finally:
                self.switch(before)

        return timed


@contextmanager
def stamped(trainer: Trainer, watch: Stopwatch) -> Iterator[None]:
    """Wrap the pieces of a trainer's step, until the end."""
    learner = trainer.learner
    run = watch.within(FORWARD, learner.model.kernel.run)

    def forward(*given: Any) -> Any:
        outputs, state = run(*given)
        for tensor in (outputs, state[0]):
            if tensor.requires_grad:
                tensor.register_hook(lambda _: watch.switch(BACKWARD) and None)
        return outputs, state

    pieces: list[tuple[Any, str, str]] = [
        (learner, "train_one", STEP),
        (learner.task, "batch", BATCH),
        (learner.model, "forward", READOUT),
        (learner.task, "loss_and_accuracy", READOUT),
        (learner, "_gradient", READOUT),  # the compiled one; none where autograd does it
        (learner, "_update", OPTIMIZER),  # the compiled one, clipping within; none where torch does it
        (torch.autograd, "grad", READOUT),
        (learner_module, "gather_gradients", GATHER),
        (learner_module, "clip_gradient", CLIP),
        (learner_module, "set_learning_rate", OPTIMIZER),
        (learner.optimizer, "step", OPTIMIZER),
        (LayerPass, "forward", FORWARD),
        (LayerPass, "backward", BACKWARD),
        (LayerPass, "gradients", PRODUCTS),
        (LayerPass, "input_gradient", PRODUCTS),
    ]
    with ExitStack() as patched:
        for owner, name, part in pieces:
            if (call := getattr(owner, name)) is not None:
                patched.enter_context(patch.object(owner, name, watch.within(part, call)))
        patched.enter_context(patch.object(learner.model, "kernel", replace(learner.model.kernel, run=forward)))
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default=ROWS, type=named, metavar="ROW", help="rows whose name has this in it")
    parser.add_argument("--kernel", default="auto", help="rnntui's --kernel")
    parser.add_argument("--turns", type=int, default=TURNS)
    asked = parser.parse_args()
    print(f"| row | kernel | ms a step | {' | '.join(PARTS)} | wrapped |\n|---|---|{'---:|' * (len(PARTS) + 2)}")
    for row in asked.only:
        print(profile(row, asked.kernel, asked.turns), flush=True)


def profile(row: Row, kernel: str, turns: int) -> str:
    """A line of the table: milliseconds of a step, each part's share of it, and what the stamps cost."""
    settings = settings_of(row, kernel=kernel)
    with training(settings) as plain, training(settings) as trainer:
        name, watch = trainer.learner.model.kernel.name, Stopwatch()
        bare, wrapped = iter(plain), iter(trainer)
        seconds(bare), seconds(wrapped)
        bare_seconds, shares = [], []
        with stamped(trainer, watch):
            seconds(wrapped)
            for _ in range(turns):
                bare_seconds.append(seconds(bare))
                watch.restart()
                steps = sum(len(report.steps) for report in for_a_turn(wrapped))
                watch.switch(TRAINER)
                shares.append({part: spent / steps for part, spent in watch.spent.items()})
    step = statistics.median(bare_seconds)
    parts = {part: statistics.median(share[part] for share in shares) for part in PARTS}
    total = sum(parts.values())
    told = " | ".join(f"{spent / total:.1%}" for spent in parts.values())
    return f"| {row.name} | {name} | {1e3 * step:.2f} | {told} | {total / step:.2f} |"


def for_a_turn(reports: Iterator[Report]) -> Iterator[Report]:
    """Reports for a turn's CPU time."""
    began = time.process_time()
    while time.process_time() - began < TURN_SECONDS:
        yield next(reports)


def seconds(reports: Iterator[Report]) -> float:
    """CPU seconds of a step over a turn."""
    began = time.process_time()
    steps = sum(len(report.steps) for report in for_a_turn(reports))
    return (time.process_time() - began) / steps


if __name__ == "__main__":
    main()
