"""A relay on a node: what its worker says and changes arrives once and in order, and an end has its reason."""

import os
import resource
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import palindrome, text

from rnntui.corpora import find, fingerprint
from rnntui.runs import METRICS, RESULT, Run, folder
from rnntui.sweeps.folder import read_result
from rnntui.sweeps.places.relay import Relay, RelayAnswer, Text, keep
from rnntui.sweeps.places.travel import Change, apply, carried
from rnntui.sweeps.plan import Job
from rnntui.system.folder import Folder

PATIENCE = 100.0  # seconds


@pytest.fixture
def relay() -> Iterator[Relay]:
    made = Relay(1, "cpu")
    yield made
    made.close()
    list(answers(made))


def answers(relay: Relay, known: int = 0) -> Iterator[RelayAnswer]:
    """What it answers up to its end, after the answer of that number."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        answer = relay.hear(known, 5.0)
        known = answer.number
        yield answer
        if answer.end is not None:
            return


def told(relay: Relay, known: int = 0) -> Iterator[Change | dict]:
    for answer in answers(relay, known):
        yield from answer.told


def job(steps: int = 40, name: str = "one") -> Job:
    return Job(name, {}, palindrome(steps=steps, save_every=10, log_every=1))


def test_all_that_changes_is_heard_before_the_result(relay: Relay) -> None:
    relay.give(job(), None)
    heard = []
    for one in told(relay):
        heard.append(one)
        if isinstance(one, dict) and "result" in one:
            break
    assert heard[-1]["result"]["state"] == "finished"
    names = [one.name for one in heard if isinstance(one, Change)]
    assert names[-1] == RESULT
    assert names.index("config.json") < names.index(METRICS) < names.index("step-00000040")


def test_an_answer_is_given_again_until_it_is_known(relay: Relay) -> None:
    relay.give(job(), None)
    first = relay.hear(0, PATIENCE)
    assert relay.hear(0, 0.0) == first
    assert relay.hear(first.number, PATIENCE).number == first.number + 1


def test_a_run_goes_on_from_what_is_sent_along(relay: Relay) -> None:
    """The second machine trains the rest alone; the steps of both are one run's."""
    home = Run.create(folder(), "one", job().settings)
    relay.give(job(100_000), None)
    for one in told(relay):
        if isinstance(one, Change):
            apply(home.folder, one)
        if max(home.steps_saved(whole=True), default=0) >= 20:
            break
    reached = max(home.steps_saved(whole=True))
    other = Relay(1, "cpu")
    other.give(job(100_000), None, carried(home.path))
    first = next(one for one in told(other) if isinstance(one, Change) and one.name == METRICS)
    assert first.content.count(b"\n") >= reached  # cut to the checkpoint and added to
    other.drop("one")
    assert any(isinstance(one, dict) and one.get("left") for one in told(other, 10**9))
    other.close()
    assert [answer.end for answer in answers(other)][-1] is not None
    home.unlock()


def test_a_worker_that_is_killed_ends_with_a_reason(relay: Relay) -> None:
    relay.give(job(100_000), None)
    next(one for one in told(relay) if isinstance(one, dict) and "step" in one)
    os.kill(relay.pid, signal.SIGKILL)
    last = [answer.end for answer in answers(relay, 10**9)][-1]
    assert last is not None
    assert "killed by signal 9" in last.reason


def test_a_text_is_kept_by_its_hash_and_under_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    book = Text("00ff", Path("/somewhere/book.txt"))
    assert not book.place.exists()
    keep(book, (("book.txt", b"abc"),))
    keep(book, (("book.txt", b"never"),))
    assert book.place.read_bytes() == b"abc"
    assert [path.read_bytes() for path in tmp_path.rglob("book.txt")] == [b"abc"]


def test_what_cannot_be_kept_in_scratch_space_ends_the_run_and_leaves_nothing(
    relay: Relay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first as where a disk fills within a text; the second as where it fills within a run's folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    book = Text("00ff", Path("/somewhere/book.txt"))
    relay.give(job(name="one"), None, (), book, (("book.txt", b"abc"), ("book.txt/no folder", b"abc")))
    relay.give(job(name="two"), None, [Change("two", "append", METRICS, b"{}\n", 7)])
    failed = []
    for one in told(relay):
        failed += [one["run"]] if isinstance(one, dict) and one.get("result", {}).get("state") == "failed" else []
        if len(failed) == 2:
            break
    assert failed == ["one", "two"]
    assert not list(tmp_path.rglob("book.txt"))


def test_what_is_seen_of_the_sweeps_folder_decides_where_a_run_is_trained(relay: Relay, tmp_path: Path) -> None:
    (tmp_path / "probe").touch()
    assert relay.node(str(tmp_path / "probe")).is_shared
    assert not relay.node(str(tmp_path / "no probe")).is_shared
    sweep = folder() / "sweep"
    sweep.mkdir(parents=True)
    relay.give(job(), str(sweep))
    heard = []
    for one in told(relay):
        heard.append(one)
        if isinstance(one, dict) and "result" in one:
            break
    assert not any(isinstance(one, Change) for one in heard)
    with Folder(sweep / "one", "the run") as opened:
        assert opened.kind(RESULT) == "file"


def test_a_text_run_is_trained_on_the_copy_and_names_the_original(
    relay: Relay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, corpus: Path
) -> None:
    """Its settings name the text's whole path, as those of any run, and its result what the sweep calls it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    kept = Text("00ff", corpus.resolve())
    home = Run.create(folder(), "one", text(corpus, steps=20))
    named = Job("one", {}, replace(text(corpus, steps=20), corpus="a book"))
    relay.give(named, None, carried(home.path), kept, ((corpus.name, corpus.read_bytes()),))
    for one in told(relay):
        if isinstance(one, Change):
            apply(home.folder, one)
        elif "result" in one:
            assert one["result"]["state"] == "finished"
            break
    home.unlock()
    assert home.recorded_settings().corpus == str(corpus.resolve())
    assert read_result(home.path, named.settings) is not None


def test_another_text_on_a_node_that_sees_the_folder_is_refused_before_anything_is_learned(
    relay: Relay, tmp_path: Path, corpus: Path
) -> None:
    """The folder is shared, the text is not: the node has another one at the same path."""
    learned = text(corpus, steps=4)
    (tmp_path / "sweep").mkdir()
    reasons = {}
    for name, sha256 in (("one", "00ff" * 16), ("two", fingerprint(find(learned.corpus))[1])):
        relay.give(Job(name, {}, learned, text=sha256), str(tmp_path / "sweep"))
    for one in told(relay):
        if isinstance(one, dict) and "result" in one:
            reasons[one["run"]] = one["result"]["reason"]
            if len(reasons) == 2:
                break
    assert f"on {socket.gethostname()} is not the text that the sweep was begun with" in reasons["one"]
    assert "not 00ff00…" in reasons["one"]
    assert not (tmp_path / "sweep" / "one" / METRICS).exists()
    assert reasons["two"] == ""


def test_a_scratch_disk_that_takes_no_more_fails_the_run_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest size of a file stands in for the disk: a worker inherits it from whoever starts it."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")  # which Python would cut, too, and read again later
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        relay = Relay(1, "cpu")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    relay.give(replace(job(), settings=replace(job().settings, hidden=128)), None)
    result = next(one["result"] for one in told(relay) if isinstance(one, dict) and "result" in one)
    assert result["state"] == "failed"
    assert "it would exceed the largest file size allowed: raise the limit" in result["reason"]
    relay.close()
    list(answers(relay))
