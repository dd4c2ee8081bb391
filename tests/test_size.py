"""What cannot fit into memory is refused before any of it is taken."""

from pathlib import Path

import pytest
from command import TINY, done, refused, run_named
from msgspec import structs

from rnntui.config import Settings, make_settings
from rnntui.core import size
from rnntui.core.model import Model
from rnntui.runs import making
from rnntui.specs import CELLS


@pytest.mark.parametrize("cell", CELLS)
def test_the_weights_are_counted_as_the_cells_have_them(cell: str) -> None:
    settings = Settings(cell=cell, hidden=7, layers=1, learn="period,shift,ratio")
    model = Model(settings, 1, 1, "last")
    assert size.weights(settings) == sum(p.numel() for p in model.layers.parameters() if p.requires_grad)


def test_a_network_that_no_memory_holds_is_refused_at_once() -> None:
    told = refused(f"train palindrome {TINY} --hidden 2000000 --headless")
    assert "--hidden 2000000 and --layers 1 make 16,000," in told
    assert "lower one of them" in told
    assert "--layers must be at most 1000" in refused(f"train palindrome {TINY} --layers 1001 --headless")


def test_batches_that_no_memory_holds_are_refused_at_once() -> None:
    told = refused(f"train palindrome {TINY} --batch 2000000000 --length 100000 --headless")
    assert "--batch 2000000000, --length 100000, --hidden 8 and --layers 1 make" in told


@pytest.mark.parametrize("command", ["sample mine", "resume mine --headless --steps 9", "gradients mine", "score mine"])
def test_a_config_of_a_larger_network_than_its_checkpoint_is_refused_before_it_is_made(
    command: str, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(f"train text {TINY} --layers 1 --steps 4 --headless --name mine --corpus {corpus}")
    run = run_named("mine")
    run.lock()
    run.write_config(structs.replace(run.config(), settings={**run.config().settings, "hidden": 5_000}))
    run.unlock()
    monkeypatch.setattr(Model, "__init__", lambda *given, **more: pytest.fail("the network was made"))
    assert "does not fit: a network of --hidden 5000 and --layers 1 has 100,0" in refused(command)


def test_what_fits_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "memory", lambda: 40_000)
    size.check_weights(make_settings("palindrome", {"hidden": 20, "cell": "rnn"}))
    with pytest.raises(ValueError, match="weights, more than this machine's memory"):
        size.check_weights(make_settings("palindrome", {"hidden": 101, "cell": "rnn"}))
    monkeypatch.setattr(making, "memory", lambda: 40_000)
    making.check_batch(make_settings("palindrome", {"hidden": 10, "length": 10, "batch": 100}))
    with pytest.raises(ValueError, match="values a batch, more than this machine's memory"):
        making.check_batch(make_settings("palindrome", {"hidden": 10, "length": 10, "batch": 101}))
