"""What several test files share. Every test has its own folder and one thread (see also `surroundings`)."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from surroundings import make_alike

from rnntui.system import consent, user_state
from rnntui.system.signals import SIGNALS

if TYPE_CHECKING:
    from rnntui.runs import Run
    from rnntui.sessions.training import TrainingSession

settings.register_profile("rnntui", deadline=None)
settings.load_profile("rnntui")

make_alike()

HOPS = 3  # from the app to the screen to a widget and back
PATIENCE = 120.0  # seconds for one of them

# No two lines alike, so that windows can be told apart; the same on every machine.
PROSE = "".join(f"{k * k % 97} green bottles, {k} on the wall; if one should fall: {97 - k}!\n" for k in range(60))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    marked = [item for item in items if item.get_closest_marker("cuda")]
    if not marked:
        return
    import torch

    if not torch.cuda.is_available():
        for item in marked:
            item.add_marker(pytest.mark.skip(reason="no CUDA device"))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collector need not look through torch and textual again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)  # screens make many objects that go by themselves


@pytest.fixture(autouse=True, scope="session")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A home that can be written, of a user who has seen the tour."""
    os.environ["HOME"] = str(tmp_path_factory.mktemp("home"))
    os.environ.pop("XDG_STATE_HOME", None)
    assert user_state.is_first("tour")


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test works in its own temporary folder, where its runs and corpora lie too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RNNTUI_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    monkeypatch.setenv("RNNTUI_CORPORA", str(tmp_path / "corpora"))


@pytest.fixture(autouse=True)
def own_cells_may_be_imported() -> Iterator[None]:
    """A test that makes a network without a command trusts the cells that it names; each command begins anew."""
    consent.give_for_all(from_here=True)
    yield
    consent.forget()


@pytest.fixture(autouse=True)
def whole_arithmetic() -> Iterator[None]:
    """A test that trains in this thread leaves tiny numbers as they are for the next."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)


@pytest.fixture
def own_signals() -> Iterator[None]:
    """A command that was signalled keeps its handlers: here they are put back."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def make_corpus(tmp_path: Path) -> Callable[..., Path]:
    """Writes a text file; without a text it is some 3,000 characters of prose."""

    def make(text: str = PROSE, name: str = "small.txt") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return make


@pytest.fixture
def corpus(make_corpus: Callable[..., Path]) -> Path:
    """A small text file."""
    return make_corpus()


@pytest.fixture(autouse=True)
def keys_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key goes from the app to the screen to the widget in focus, and what that says goes back: however busy the
    machine, Textual's pilot waits for each of these.
    """
    if "textual.pilot" not in sys.modules:
        return
    pilot = sys.modules["textual.pilot"].Pilot
    once = pilot._wait_for_screen

    async def each_hop(self: object, timeout: float = PATIENCE) -> bool:
        return all([await once(self, timeout) for _ in range(HOPS)])

    monkeypatch.setattr(pilot, "_wait_for_screen", each_hop)


@pytest.fixture
def no_waiting_for_idleness(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers keep the process busy, so that idleness tells nothing: a key is waited for until all of it is heard.

    What a worker or a clock does comes later: a test waits for what it expects of these.
    """

    async def go_on(*_: float) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(1_000):
            await asyncio.sleep(0)
            if not loop._ready:  # type: ignore[attr-defined]  # nothing is left to do but what waits
                break
        await asyncio.sleep(0.005)

    monkeypatch.setattr("textual.app.wait_for_idle", go_on)
    monkeypatch.setattr("textual.pilot.wait_for_idle", go_on)


@pytest.fixture
def single_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strides of one step, so that a test can stop at any."""
    from rnntui.core.training.trainer import Trainer

    monkeypatch.setattr(Trainer, "stride_length", lambda self: 1)


@pytest.fixture
def few_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks that adapt have measured little of their own writing before, and so begin at once."""
    from rnntui.core.generation import adaptation

    monkeypatch.setattr(adaptation, "WRITTEN", 12)


@pytest.fixture
def session() -> "Iterator[TrainingSession]":
    """A palindrome in training in a thread of its own."""
    from tiny import new_run, palindrome

    from rnntui.sessions.training import TrainingSession

    begun = TrainingSession(new_run(palindrome()))
    begun.start()
    yield begun
    begun.stop()
    assert begun.join(30)


@pytest.fixture
def text_run(corpus: Path) -> "Run":
    """A text run named `tiny` that has learned next to nothing, with checkpoints at 0, 2 and 3; nobody holds it."""
    from tiny import text, trained

    return trained(text(corpus, steps=3, save_every=2, validate_every=0, sample_every=0), "tiny")


@pytest.fixture
def as_in_training() -> Iterator[None]:
    """Tiny numbers are zero, as `core.device.prepare` has it, and one thread works: two would wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_flush_denormal(True)
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
