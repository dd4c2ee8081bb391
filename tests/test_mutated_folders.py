"""Whatever a run's or a sweep's folder holds, each command answers in a sentence, and touches nothing beside it.

A seeded part of `python bench/mutated_folders.py`, and the seeds that once found something.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from damaged import Place, bounded_memory, trial

SEEDS = range(100)
FOUND = (10051, 1027, 1153, 1267, 1281, 2025, 2052, 2121, 2790, 2968, 3133, 3334)
MOST_SECONDS = 60.0  # of CPU: how long an answer takes is measured by the benchmark, on a quiet machine


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place.make(tmp_path_factory.mktemp("damaged"))


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No folder but the trial's, no figure drawn, and an end to what takes memory without one."""
    monkeypatch.delenv("RNNTUI_RUNS", raising=False)
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda *_, **__: None)
    with bounded_memory():
        yield


@pytest.mark.usefixtures("alone")
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="what memory is taken is not told")
def test_each_damaged_folder_is_answered_in_sentences_and_nothing_beside_it_changes(place: Place) -> None:
    outcomes = [trial(place, seed, MOST_SECONDS) for seed in (*SEEDS, *FOUND)]
    wrong = [
        f"{outcome.seed} ({outcome.base}: {'; '.join(outcome.done)}): {outcome.faults}"
        for outcome in outcomes
        if outcome.faults
    ]
    assert not wrong, "\n".join(wrong)
    assert len({outcome.base for outcome in outcomes}) > 3
    assert {answer.status for outcome in outcomes for answer in outcome.answers} >= {0, 2}
