"""Recipes: what the presets of the text task set, by the size of the corpus.

Why by size: a network that is right for a book learns 20 kB by heart, and one that is right for 20 kB has no room for a
book. A recipe fixes how much work a network is worth; units, dropout and steps follow from that and from the corpus.
What was measured to choose the numbers is in `docs/results/recipes/`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from rnntui.specs.cells import recurrent_products

HELD_OUT = 10  # the last 1/10 of the characters
TRAINED_ON = 1 - 1 / HELD_OUT
MOST_SCORED = 250_000  # characters of the held-out text
SCORING, MOST_SCORINGS = 0.07, 20  # share of the work that goes into scoring held-out text, and how often at most
PATIENCE = 3  # scorings without a gain, after which a text is being learned by heart
FORWARD = 1 / 3  # of the work of training on a character: what it costs to score one
WINDOWS = 8  # of a parallel stream, at least: where they would be fewer, there are fewer streams
FEWEST_STREAMS = 4  # below them, windows at random places
SHORT = {"batch": 32, "length": 30, "stateful": False}  # for a corpus too short for streams
UNITS = 32  # hidden units are a multiple of it
FEWEST_STEPS = 100
NORMED = ("rnn", "lstm", "gru")  # cells whose layers are normalised: those that a kernel does it for
SCALED = ("lstm", "rnn")  # cells that gain by a larger input scale where they are not; a GRU gains nothing
COUNTS = ("hidden", "layers", "batch", "length", "steps")
# From so many epochs on, such a share is dropped: what is read often is learned by heart.
DROPOUT = ((0.0, 0.0), (3.0, 0.1), (6.0, 0.2), (12.0, 0.3), (18.0, 0.4), (28.0, 0.5))
# With layer normalisation of the recurrent state first, and of the units less.
NORMED_DROPOUT = ((0.0, 0.0), (8.0, 0.1), (16.0, 0.2), (20.0, 0.3))
OF_STATE = ((0.0, 0.0), (3.0, 0.1), (14.0, 0.2), (20.0, 0.25))


@dataclass(frozen=True)
class TextRecipe:
    """A text network by the size of its corpus.

    `work` is how often a weight of the recurrent layers is to be multiplied, forward, over the whole training: a core
    of 2021 does 18 billion a second of such, with the two of the backward pass that each entails. Without layer
    normalisation, which learns as much in half the steps, it is `plain` times as much. `hidden` are the
    units for a corpus of `full` bytes and more; below it they fall with the fourth root, as the weights with the
    square root. No corpus is read more often than `epochs` times. `layer_norm` is whether `NORMED` cells have it,
    `input_scale` that of `SCALED` cells without: on the initial weights from the characters, of which one is 1 and all
    others 0, which drives units little. `counted` is how often each epoch counts where dropout is chosen: more in a
    network that is large for its text.
    """

    work: float
    hidden: int
    full: int
    epochs: float
    layers: int = 2
    batch: int = 32
    length: int = 64
    lr: float = 0.006
    input_scale: float = 16.0
    layer_norm: bool = True
    counted: float = 1.0
    plain: float = 2.0

    def __call__(self, size: int, given: Mapping[str, Any]) -> dict[str, Any]:
        """The settings for a corpus of so many bytes; where some are given, those that depend on them follow."""
        size = max(size, 1)  # an empty file, like a number below 1, is refused later, in a sentence
        given = {name: max(value, 1) if name in COUNTS else value for name, value in given.items()}
        windows = self._windows(size, given)
        hidden, layers = given.get("hidden", self._hidden(size)), given.get("layers", self.layers)
        cell = given.get("cell", "lstm")
        layer_norm = given.get("layer_norm", self.layer_norm and cell in NORMED)
        scaled = cell in SCALED and not layer_norm
        window = windows["batch"] * windows["length"]
        network = SimpleNamespace(cell=cell, hidden=hidden, layers=layers, layer_norm=layer_norm, ratio=1.0)
        characters = self._characters(size, network)
        steps = given.get("steps", max(FEWEST_STEPS, _rounded(characters / window)))
        epochs = steps * window / (TRAINED_ON * size)
        scorings = min(MOST_SCORINGS, SCORING * steps * window / self._scoring(size))
        return {
            "hidden": hidden,
            "layers": layers,
            **windows,
            "steps": steps,
            "dropout": dropped(self.counted * epochs, layer_norm),
            "dropout_recurrent": dropped_of_state(self.counted * epochs, layer_norm),
            "optimizer": "adam",
            "schedule": "cosine",
            "warmup": 0.02,
            "lr": self.lr,
            "average": "ema",
            "clip": 1.0,
            "patience": PATIENCE,
            "validate_on": MOST_SCORED if size / HELD_OUT > MOST_SCORED else 0,
            "validate_every": _rounded(steps / scorings) if scorings >= 2 else 0,
            "temperature": 0.7,
            "sample_length": 100,
            "layer_norm": layer_norm,
            "input_scale": given.get("input_scale", self.input_scale if scaled else 1.0),
        }

    @staticmethod
    def _scoring(size: int) -> float:
        """What it costs to score the held-out text, in characters trained on."""
        return max(1.0, FORWARD * min(size / HELD_OUT, MOST_SCORED))

    def _hidden(self, size: int) -> int:
        share = math.sqrt(math.sqrt(min(1.0, size / self.full)))
        return max(UNITS, round(self.hidden * share / UNITS) * UNITS)

    def _windows(self, size: int, given: Mapping[str, Any]) -> dict[str, Any]:
        """Batch, length and whether the state is carried along parallel streams."""
        batch, length = given.get("batch", self.batch), given.get("length", self.length)
        while batch > FEWEST_STREAMS and "batch" not in given and TRAINED_ON * size < WINDOWS * batch * length:
            batch //= 2
        if TRAINED_ON * size < WINDOWS * batch * length:
            return {**SHORT, **{name: given[name] for name in SHORT if name in given}}
        return {"batch": batch, "length": length, "stateful": True}

    def _characters(self, size: int, network: SimpleNamespace) -> float:
        """How many characters are trained on for the work that the recipe is worth, as if no unit were ever closed."""
        work = self.work if network.layer_norm else self.plain * self.work
        return min(self.epochs * TRAINED_ON * size, work / recurrent_products(network))


def dropped(epochs: float, layer_norm: bool) -> float:
    """The share of units that is dropped where a text is read so often."""
    return _share(NORMED_DROPOUT if layer_norm else DROPOUT, epochs)


def dropped_of_state(epochs: float, layer_norm: bool) -> float:
    """The share of the recurrent state that is dropped where a text is read so often."""
    return _share(OF_STATE, epochs) if layer_norm else 0.0


def _share(by_epochs: tuple[tuple[float, float], ...], epochs: float) -> float:
    return [share for least, share in by_epochs if epochs >= least][-1]


def _rounded(number: float) -> int:
    """To two digits, so that it can be said."""
    last = math.pow(10, max(0, math.floor(math.log10(max(number, 1))) - 1))
    return int(round(number / last) * last)


SECOND = 18e9  # multiplications of weights, forward, in a second of a core that trains
TINY = TextRecipe(
    work=60 * SECOND, hidden=256, full=100_000, epochs=20, layers=1, batch=16, length=32, lr=0.01, plain=1.0
)
QUICK = TextRecipe(work=600 * SECOND, hidden=256, full=100_000, epochs=30)
BOOK = TextRecipe(work=2_100 * SECOND, hidden=512, full=1_500_000, epochs=40, lr=0.004, counted=2.6)
BOOK_LARGE = TextRecipe(
    work=60_000 * SECOND, hidden=1_024, full=2_000_000, epochs=60, lr=0.002, layer_norm=False, plain=1.0
)
