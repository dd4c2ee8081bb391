"""What the read-out alone reads from what `--preset carry` draws: `python docs/carry_readout.py [T ...]`.

W_hh, W_hx and b_h stay as they were drawn and only W_ph and b_p are learned. Prints the accuracy (mean of the last 100
batches) every 50 steps.
"""

import sys

from rnntui.config import WINDOW, make_settings
from rnntui.core.training.learner import Learner
from rnntui.core.training.metrics import Figures

STEPS = 300


def train_the_readout(length: int) -> None:
    """Train for some steps, with the recurrent weights put back after each."""
    learner = Learner(make_settings("palindrome", {"length": length, "device": "cpu"}, "carry"))
    kept = [(weight, weight.clone()) for name, weight in learner.model.letters() if name.startswith("0.")]
    figures = Figures()
    for step in range(1, STEPS + 1):
        loss, accuracy, _ = learner.train_one(learner.settings.lr, learner.settings.clip).tolist()
        for weight, drawn in kept:
            weight.copy_(drawn)
        figures.follow(step, [loss], [accuracy])
        if step % 50 == 0:
            batches = min(step, WINDOW)
            print(f"T = {length}, step {step}: accuracy {figures.smoothed_accuracy:.4f} (last {batches} batches)")


if __name__ == "__main__":
    for given in sys.argv[1:] or ["400"]:
        train_the_readout(int(given))
