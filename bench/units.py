"""What it takes to compare every unit with every feature, on one core: the features, the reading, and the ranking.

An LSTM of 128 units reads 100,000 characters, and its 128 cells are compared with 20 features: `python bench/units.py`.
"""

import time

import numpy as np
import torch
from machine import write

from rnntui.config import make_settings
from rnntui.core.analysis.units.features import MeasuredFeatures, measure_features
from rnntui.core.analysis.units.states import groups, read_text
from rnntui.core.analysis.units.survey import UnitComparison
from rnntui.core.model import Model
from rnntui.core.tasks.text import encode

CHARACTERS, UNITS, FEATURES = 100_000, 128, 20
WORDS = (
    '"Happy families," she said (in 1877), ',
    "are all alike;\n",
    "Every unhappy ",
    "family is unhappy. ",
    "In its own way!\n\n",
)


def text() -> str:
    """Words in an order that is drawn, so that most features occur."""
    draw = np.random.default_rng(0)
    return "".join(draw.choice(WORDS, size=CHARACTERS // 10))[:CHARACTERS]


def main() -> None:
    """Measure processor seconds and write `results/units.json`."""
    torch.set_num_threads(1)
    content = text()
    vocabulary = tuple(sorted(set(content)))
    model = Model(make_settings("text", {"hidden": UNITS, "layers": 1}), len(vocabulary), len(vocabulary), "every")
    model.initialise("uniform", 100, torch.Generator().manual_seed(0))
    chosen = groups(model, state="c")
    began = time.process_time()
    found = measure_features(content)
    features = MeasuredFeatures(found.names[:FEATURES], found.columns[:, :FEATURES], found.are_marks, {})
    seconds = {"features": time.process_time() - began}
    blocks = []
    began = time.process_time()
    for block in read_text(model, encode(content, vocabulary), chosen):
        if block is not None:
            blocks.append(block)
    seconds["reading"] = time.process_time() - began
    began = time.process_time()
    comparison = UnitComparison(features)
    for positions, states in blocks:
        comparison.add(states, positions)
    assert comparison.survey(chosen).r.shape == (UNITS, FEATURES)
    seconds["ranking"] = time.process_time() - began
    for part, took in seconds.items():
        print(f"{part:10} {took:6.2f} s of a core")
    print(f"{'together':10} {sum(seconds.values()):6.2f} s")
    figures = {part: round(took, 3) for part, took in seconds.items()}
    write("units", {"seconds of a core, 128 units, 20 features, 100,000 characters": figures})


if __name__ == "__main__":
    main()
