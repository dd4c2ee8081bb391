"""What a form says of a run before it begins."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import palindrome, text, trained

from rnntui.config import make_settings
from rnntui.core.model import Model
from rnntui.core.tasks import load_task
from rnntui.runs import folder
from rnntui.sessions.forecast import Pace, forecast, paces, parameters, products

KNOWN = Pace("known", make_settings("palindrome", {"hidden": 100, "length": 10}), 50.0)


def test_the_time_is_that_of_the_most_similar_run_times_the_products_of_matrices() -> None:
    same = dataclasses.replace(KNOWN.settings, steps=100)
    assert forecast(same, [KNOWN]).seconds == pytest.approx(2.0)
    longer = dataclasses.replace(same, length=20, hidden=200, seed=7)
    assert forecast(longer, [KNOWN]).seconds == pytest.approx(2.0 * 2 * 4)
    two_layers = dataclasses.replace(same, layers=2)
    assert products(two_layers) == 3 * products(same)
    nearer = Pace("nearer", dataclasses.replace(longer, length=19), 10.0)
    found = forecast(longer, [KNOWN, nearer])
    assert found.like == "nearer"
    assert found.seconds == pytest.approx(10.0 * 20 / 19)


def test_nothing_is_said_where_no_run_tells_it() -> None:
    asked = KNOWN.settings
    assert forecast(asked, []) is None
    for odd in ({"cell": "rnn"}, {"threads": asked.threads + 1}, {"device": "cuda"}, {"kernel": "reference"}):
        assert forecast(dataclasses.replace(asked, **odd), [KNOWN]) is None, odd
    for sizes in ({"hidden": 40}, {"hidden": 300}):
        assert forecast(dataclasses.replace(asked, **sizes), [KNOWN]) is None, sizes
    assert forecast(make_settings("noise", {}), [KNOWN]) is None


def test_speeds_are_those_of_the_runs_of_a_folder_that_were_trained() -> None:
    assert paces(folder()) == ()
    assert paces(folder() / "none") == ()
    run = trained(palindrome(steps=60), "done")
    (pace,) = paces(folder())
    assert (pace.name, pace.settings) == ("done", run.settings())
    assert pace.steps_per_second > 0


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "phased"])
@pytest.mark.parametrize("layers", [1, 3])
def test_the_parameters_are_those_of_the_network(cell: str, layers: int, corpus: Path) -> None:
    import torch

    def learned(names: str) -> dict[str, str]:
        return {"learn": names} if cell == "phased" else {}

    for settings in (
        palindrome(cell=cell, layers=layers),
        palindrome(cell=cell, layers=layers, input="scalar", **learned("period,ratio")),
        make_settings("noise", {"cell": cell, "layers": layers}),
        make_settings("frequency", {"cell": cell, "layers": layers, "sampling": "uneven", **learned("none")}),
        make_settings("frequency", {"cell": cell, "layers": layers}),
        dataclasses.replace(text(corpus, cell=cell), layers=layers),
    ):
        task = load_task(settings, torch.device("cpu"))
        network = Model(settings, task.input_size, task.output_size, task.readout)
        assert parameters(settings) == network.parameter_count()


def test_the_parameters_are_counted_before_torch_is_there() -> None:
    count = (
        "import sys; from rnntui.config import make_settings; from rnntui.sessions.forecast import parameters;"
        "print(parameters(make_settings('palindrome', {'hidden': 128})), 'torch' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", count], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["72458", "False"]


def test_the_parameters_of_what_nobody_has_read_are_not_guessed() -> None:
    assert parameters(palindrome(cell="own_cell:OwnCell")) == 0
    assert parameters(make_settings("text", {"corpus": "/no/such/text"})) == 0
