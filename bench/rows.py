"""The networks that `training.py` and `profile_step.py` measure: a row each, with its sizes and its bars."""

import tempfile
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnntui.config import Settings, make_settings
from rnntui.core.training.trainer import Trainer, open_trainer
from rnntui.runs import Run

ENDLESS = 10**9  # steps
LARGE = {"layers": 2, "hidden": 512, "length": 100}


@dataclass(frozen=True)
class Row:
    """A task with the settings that differ from its defaults, and the bars: steps a second over each rival's."""

    name: str
    task: str
    given: dict[str, Any]
    over_plain: float | None = None
    over_jax: float | None = None
    of_floor: float | None = None  # the share of the floor that is to be reached


ROWS = [
    Row("text 2×128 T30", "text", {}, 1.35, 1.35, 0.8),
    Row("text 2×512 T100", "text", LARGE, 1.1, 1.1, 0.8),
    Row("palindrome LSTM T10", "palindrome", {"cell": "lstm"}, 1.6, 1.4),
    Row("palindrome LSTM T50", "palindrome", {"cell": "lstm", "length": 50}, 1.4, 1.3),
    Row("palindrome RNN T10", "palindrome", {"cell": "rnn"}, 2.2, 1.2),
    Row("palindrome RNN T200", "palindrome", {"cell": "rnn", "length": 200}, 1.6, 1.1),
    Row("text GRU 2×128 T30", "text", {"cell": "gru"}, 1.6, 1.3),
    Row("text GRU 2×512 T100", "text", {"cell": "gru", "lr": 0.0003, **LARGE}, 1.6, 1.3),
    Row("noise LSTM", "noise", {}, 1.0),
    Row("frequency LSTM", "frequency", {}, 1.0),
]


def named(word: str) -> list[Row]:
    """The rows whose name has this in it, as the value of an option: one that is in no name is a usage error."""
    found = [row for row in ROWS if word.lower() in row.name.lower()]
    if not found:
        raise ArgumentTypeError(f"no row {word!r}: there are {', '.join(row.name for row in ROWS)}")
    return found


def settings_of(row: Row, threads: int = 1, kernel: str = "auto", **given: Any) -> Settings:
    """The settings of a run that does not end; `given` comes over the row's own."""
    own: dict[str, Any] = {"steps": ENDLESS, "threads": threads, "kernel": kernel, "device": "cpu"}
    if row.task == "text":
        own |= {"validate_every": 0, "sample_every": 100, "corpus": corpus()}
    return make_settings(row.task, {**own, **row.given, **given})


def corpus() -> str:
    """Anna Karenina where it lies beside the project, else the built-in."""
    beside = Path(__file__).parents[2] / "shared" / "corpora" / "anna.txt"
    return str(beside) if beside.exists() else "pydoc"


@contextmanager
def training(settings: Settings) -> Iterator[Trainer]:
    """A trainer that writes its run folder as always, in a place that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield open_trainer(Run.create(Path(folder), None, settings))
