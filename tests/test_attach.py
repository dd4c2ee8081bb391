"""Windows on a run that another process trains: what they show, what they may ask, and that training never notices."""

import json
import math
import os
import random
import socket
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import again, events, new_run, palindrome, text, wait_for

from rnntui.core.analysis.gradients import horizon as horizons
from rnntui.core.generation.loading import TextNetwork
from rnntui.core.training.learner import Learner
from rnntui.core.training.trainer import Trainer
from rnntui.probes import Reading, ReadingQuestion, View
from rnntui.runs import Run, contents, live
from rnntui.runs.history import Bins, Column
from rnntui.sessions import messages
from rnntui.sessions.attached import AttachedSession, connection_to
from rnntui.sessions.contract import Session, TrainingCurves
from rnntui.sessions.insights import encoded
from rnntui.sessions.training import TrainingSession
from rnntui.sessions.watched import WatchedSession

Attach = Callable[..., tuple[TrainingSession, AttachedSession]]


@pytest.fixture
def attach() -> Iterator[Attach]:
    """A run in training, and a window on it through its socket."""
    begun: list[Session] = []

    def start(what: Run, **how: bool) -> tuple[TrainingSession, AttachedSession]:
        training, window = TrainingSession(what, **how), AttachedSession(Run(what.path))
        begun.extend((window, training))
        training.start()
        window.start()
        wait_for(window, lambda: window.status.run.state not in ("loading",))
        return training, window

    yield start
    for session in begun:
        session.stop()
        assert session.join(30)


def points(column: Column) -> list[tuple[float, ...]]:
    bins = column.bins
    return [tuple(getattr(bins, name)[k] for name in Bins.FIELDS) for k in range(bins.length)]


def same(a: Column, b: Column) -> bool:
    """Whether two columns are equal, NaN being equal to itself."""
    return str(points(a)) == str(points(b)) and a.appended == b.appended


def stand(training: TrainingSession, window: AttachedSession) -> None:
    """Pause, and wait until the window has all."""
    window.pause(True)
    wait_for(window, lambda: training.status.run.state == "paused" == window.status.run.state)
    wait_for(window, lambda: window.curves.loss.appended == training.curves.loss.appended)


# What a window shows


def test_a_window_shows_what_the_screen_of_the_process_shows(attach: Attach, corpus: Path) -> None:
    training, window = attach(new_run(text(corpus, sample_every=5, validate_every=10, average="ema")))
    training.ask("green", 0.5)
    wait_for(window, lambda: window.answers and window.answers[0].is_done and len(window.samples) > 3)
    stand(training, window)
    for curve in fields(TrainingCurves):
        assert same(getattr(window.curves, curve.name), getattr(training.curves, curve.name)), curve.name
    wait_for(window, lambda: window.status == training.status)
    assert window.curves.held_out_loss.appended
    assert window.curves.averaged_loss.appended
    assert window.samples == training.samples
    assert all(len(sample.bits) == len(sample.text) for sample in window.samples)
    assert window.answers == training.answers
    assert window.baselines == training.baselines
    assert window.settings == training.settings
    assert window.views == training.views


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.floats(width=32), max_size=20), max_size=12), st.sampled_from([2, 4, 8, 64]))
def test_pieces_of_a_column_make_the_same_column(strides: list[list[float]], capacity: int) -> None:
    column, copy, known, step = Column(capacity), Column(capacity), None, 0
    for stride in strides:
        for value in stride:
            step += 1
            column.append(step, value)
        piece = column.piece(known)
        told = messages.piece_told(messages.news(messages.line(messages.curve_now(0, "loss", piece))[:-1]))  # type: ignore[arg-type]
        copy.take(told)
        known = piece
        assert same(column, copy)
        assert (copy.last is None) == (column.last is None)


def test_why_a_view_cannot_be_measured_is_told_to_the_window_that_watches_it_until_it_asks_again(
    attach: Attach, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe, may_fail = horizons.probe, True

    def too_large(learner: Learner) -> Iterator[float]:
        if may_fail:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3 GiB")
        return probe(learner)

    monkeypatch.setattr(horizons, "probe", too_large)
    training, window = attach(new_run(palindrome(length=6)))
    window.watch("horizon")
    wait_for(window, lambda: window.why_unseen)
    assert window.why_unseen.startswith("the gradient horizon cannot be measured: out of memory")
    assert training.why_unseen == "", "this window asked for nothing"
    may_fail = False
    window.watch(None)
    window.watch("horizon")
    wait_for(window, lambda: window.seen is not None)
    assert window.why_unseen == ""


@pytest.mark.parametrize("view", get_args(View))
def test_each_view_is_measured_for_the_window_that_watches_it(attach: Attach, view: View) -> None:
    training, window = attach(new_run(palindrome(cell="phased", length=6)))
    training.watch("horizon")
    window.watch(view)
    wait_for(window, lambda: window.seen is not None)
    wait_for(training, lambda: training.seen is not None)
    stand(training, window)
    wait_for(window, lambda: window.seen is not None and window.seen.step == training.status.run.step)
    mine, theirs = window.seen, training.seen_by(window.window)
    assert type(mine) is type(theirs)
    if view == "gates":
        for here, there in zip(mine.openings, theirs.openings, strict=True):  # type: ignore[union-attr]
            assert (here.units == there.units).all()
            assert (here.layer, here.letter) == (there.layer, there.letter)
    elif view == "horizon":
        assert mine == theirs
    elif view == "reading":
        assert (mine.text, mine.tracks) == (theirs.text, theirs.tracks)  # type: ignore[union-attr]
        np.testing.assert_array_equal(mine.states, theirs.states)  # type: ignore[union-attr]
    elif view == "weights":
        assert encoded(mine) == encoded(theirs)
        assert [layer.update_ratio > 0 for layer in mine.layers] == [True, True]  # type: ignore[union-attr]
    else:
        for layer, other in zip(mine.layers, theirs.layers, strict=True):  # type: ignore[union-attr]
            assert all((layer.now[name] == other.now[name]).all() for name in layer.now)
            assert (layer.holes == other.holes).all()
    window.watch(None)
    wait_for(training, lambda: training.seen_by(window.window) is None)


# What it may ask


def test_every_key_of_a_window_does_what_it_does_in_the_process(attach: Attach, corpus: Path) -> None:
    training, window = attach(new_run(text(corpus, log_every=10)))
    window.change("learning_rate", 0.125)
    window.change("clip", 0.5)
    window.set_temperature(0.75)
    window.save()
    wait_for(window, lambda: window.status.saved_step)
    wait_for(window, lambda: window.status.learning_rate == 0.125 and window.status.clip == 0.5)
    assert window.status.saved_step in training.run.steps_saved(whole=True)
    wait_for(window, lambda: window.status.run.step > (training.status.saved_step or 0))
    stand(training, window)
    window.go_back()
    wait_for(window, lambda: window.status.run.step == window.status.saved_step)
    wait_for(window, lambda: same(window.curves.loss, training.curves.loss))
    assert training.temperature == 0.75
    assert [event for event in events(training.run) if event != "sample"] == [
        "learning_rate",
        "clip",
        "temperature",
        "save",
        "pause",
        "go_back",
    ]
    window.pause(False)
    wait_for(window, lambda: window.is_going)
    window.end()
    wait_for(window, lambda: window.status.run.state == "stopped")
    assert training.join(30)


def test_a_window_is_told_why_its_question_has_no_answer(attach: Attach, corpus: Path) -> None:
    training, window = attach(new_run(text(corpus)))
    wait_for(window, lambda: "reading" in window.views)
    question = ReadingQuestion("(")
    window.watch("reading", question=question)
    wait_for(window, lambda: window.unanswered is not None)
    assert window.unanswered is not None
    assert window.unanswered[0] == question
    assert "is not a regular expression" in window.unanswered[1]
    assert training.unanswered is None, "it was not asked there"
    window.watch("reading", question=ReadingQuestion("a"))
    assert window.unanswered is None
    wait_for(window, lambda: isinstance(window.seen, Reading) and window.seen.question == ReadingQuestion("a"))
    assert window.unanswered is None


def test_a_window_knows_at_once_whether_a_run_will_go_on(attach: Attach) -> None:
    training, window = attach(new_run(palindrome()))
    wait_for(window, lambda: window.status.run.step > 0)
    for paused in (True, False, True):
        window.pause(paused)
        assert window.is_going is not paused
    wait_for(window, lambda: events(training.run) == ["pause", "go_on", "pause"])
    assert not window.is_going
    training.pause(False)  # by another window
    wait_for(window, lambda: window.is_going)


def test_of_orders_of_two_windows_the_last_counts_in_both(attach: Attach, monkeypatch: pytest.MonkeyPatch) -> None:
    goes, drain = threading.Event(), TrainingSession._drain
    goes.set()

    def held(session: TrainingSession, trainer: Trainer, *, wait: bool) -> None:
        assert goes.wait(30)
        drain(session, trainer, wait=wait)

    monkeypatch.setattr(TrainingSession, "_drain", held)
    training, window = attach(new_run(palindrome()))
    wait_for(window, lambda: window.status.run.step > 0)
    goes.clear()
    try:
        window.pause(True)
        wait_for(window, lambda: not training.is_going)
        training.pause(False)
        wait_for(window, lambda: window.is_going)  # though nothing of both was done
    finally:
        goes.set()
    wait_for(window, lambda: not training._asked_to_go)
    assert training.is_going
    wait_for(window, lambda: window.is_going and window.status.run.state == "running")


def test_what_was_asked_while_a_run_went_back_counts_after_it(attach: Attach) -> None:
    training, window = attach(new_run(palindrome()))
    wait_for(window, lambda: window.status.run.step > 0)
    training.go_back(0)
    training.pause(False)
    wait_for(window, lambda: not training._asked_to_go and training.status.run.state == "running")
    assert training.is_going
    wait_for(window, lambda: window.is_going)


def test_a_network_is_lent_as_it_is(attach: Attach, corpus: Path) -> None:
    training, window = attach(new_run(text(corpus)))
    stand(training, window)
    lent, own = window.lend().get(timeout=30), training.lend().get(timeout=30)
    assert callable(lent)
    assert isinstance(own, TextNetwork)
    network = lent()
    state, other = network.network.initial_state, own.network.initial_state
    for index in (0, 3, 1):
        logits, state = network.network.step(index, state)
        wanted, other = own.network.step(index, other)
        assert (logits == wanted).all()
    assert (network.step, network.vocabulary) == (own.step, own.vocabulary)
    assert not [name for name in os.listdir(live.folder(training.run)) if name.startswith("network")]


def test_what_one_window_does_the_others_are_told(attach: Attach) -> None:
    training, first = attach(new_run(palindrome()))
    second = AttachedSession(Run(training.run.path))
    second.start()
    try:
        wait_for(second, lambda: second.status.run.state == "running")
        first.change("clip", 3.0)
        wait_for(second, lambda: second.deeds)
        wait_for(first, lambda: first.deeds)
        assert second.deeds[0].words == "clip 3"
        assert second.deeds[0].window == first.window != second.window
        assert training.deeds[0].window == first.window
        wait_for(second, lambda: second.marks == training.marks and second.marks)
        assert training.windows == 2
    finally:
        second.stop()
        assert second.join(30)
    wait_for(training, lambda: training.windows == 1)


# Promise: nobody who looks changes a number


def test_windows_change_no_number(attach: Attach, corpus: Path) -> None:
    given = text(corpus, steps=120, sample_every=20, validate_every=30)
    alone = Trainer(given)
    losses = [loss for report in alone for loss in report.loss]
    training, window = attach(new_run(given))
    window.watch("horizon")
    window.ask("green", 1.0)
    window.lend()
    window.pause(True)
    wait_for(window, lambda: window.status.run.state in ("paused", "finished"))
    window.pause(False)
    wait_for(window, lambda: window.status.run.state == "finished")
    wait_for(window, lambda: window.curves.loss.appended == len(losses))
    unit = training.spec.unit.size
    assert [mean * unit for _, mean in _means(window.curves.loss)] == pytest.approx(losses, abs=1e-12)
    weights = training.run.checkpoint(120) / "model.safetensors"
    whole = Trainer(training.run.settings(), again_after(training))
    assert torch.equal(whole.learner.theta, alone.learner.theta)
    assert weights.is_file()


def _means(column: Column) -> list[tuple[float, float]]:
    return [(column.bins.step[k], column.bins.mean[k]) for k in range(column.bins.length)]


def again_after(training: TrainingSession) -> Run:
    training.stop()
    assert training.join(30)
    return again(training.run)


# What comes by the socket is not trusted


def address(training: TrainingSession) -> live.Address:
    found = live.address(training.run)
    assert found is not None
    return found


def answers(training: TrainingSession, raw: bytes) -> list[dict[str, object]]:
    """What the process says to a connection that sends this, until it ends it."""
    connection = connection_to(address(training))
    assert connection is not None
    with connection:
        connection.settimeout(30.0)
        received = b""
        try:
            connection.sendall(raw)
            while part := connection.recv(1 << 16):
                received += part
        except OSError:
            pass
    return [json.loads(line) for line in received.splitlines() if line.endswith(b"}")]


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"is": "evaluate", "code": "1"}',
        b'{"is": "pause"}',
        b'{"is": "pause", "paused": 1}',
        b'{"is": "learning_rate", "value": 0}',
        b'{"is": "learning_rate", "value": -1}',
        b'{"is": "learning_rate", "value": 1e999}',
        b'{"is": "learning_rate", "value": NaN}',
        b'{"is": "clip", "value": "1"}',
        b'{"is": "go_back", "step": -1}',
        b'{"is": "ask", "prompt": "a", "temperature": 1}',  # of a palindrome
        b'{"is": "lend", "number": 1}',
        b'{"is": "watch", "view": "secrets"}',
        b'{"is": "watch", "view": "rhythms"}',  # which an LSTM has not
        b'{"is": "watch", "view": "reading", "question": {"place": -2}}',
        b'{"is": "watch", "view": "reading", "question": {"features": "a"}}',
        b'{"is": "save", "to": "/etc/passwd"}',
        b"[" * 60_000,
        b'"' + b"a" * 70_000,
    ],
)
def test_what_is_no_request_ends_the_connection_with_a_sentence(attach: Attach, line: bytes) -> None:
    training, _ = attach(new_run(palindrome()))
    told = answers(training, line + b"\n")
    assert told[-1]["is"] == "rejected"
    assert told[-1]["why"]
    step = training.status.run.step
    wait_for(training, lambda: training.status.run.step > step)
    assert events(training.run) == []


def test_a_line_without_end_ends_the_connection(attach: Attach) -> None:
    training, _ = attach(new_run(palindrome()))
    assert answers(training, b"a" * 200_000)[-1]["is"] == "rejected"


def test_fuzzed_lines_change_no_bit(attach: Attach, corpus: Path) -> None:
    given = palindrome(steps=400)
    alone = Trainer(given)
    for _ in alone:
        pass
    training, window = attach(new_run(given))
    random.seed(1)
    seeds = [messages.line(messages.Pause(True)), messages.line(messages.LearningRate(0.5)), b'{"is": "end"}\n']
    for _ in range(60):
        raw = b"".join(_damaged(random.choice(seeds)) for _ in range(5))
        answers_at_once(training, raw)
    wait_for(window, lambda: window.status.run.state == "finished")
    assert torch.equal(Trainer(training.run.settings(), again_after(training)).learner.theta, alone.learner.theta)


def _damaged(line: bytes) -> bytes:
    """A line that is certainly no request any more."""
    raw = bytearray(line)
    for _ in range(random.randint(1, 6)):
        raw[random.randrange(len(raw))] = random.randrange(256)
    try:
        messages.request(bytes(raw).strip())
    except ValueError:
        return bytes(raw)
    return b"{]\n"


def answers_at_once(training: TrainingSession, raw: bytes) -> None:
    found = live.address(training.run)
    connection = None if found is None else connection_to(found)
    if connection is not None:
        with connection:
            connection.settimeout(0.2)
            try:
                connection.sendall(raw)
                connection.recv(1 << 16)
            except OSError:
                pass


def test_a_window_that_never_reads_holds_up_nobody(attach: Attach) -> None:
    training, window = attach(new_run(palindrome()))
    deaf = connection_to(address(training))
    assert deaf is not None
    with deaf:
        step = training.status.run.step
        wait_for(window, lambda: window.status.run.step > step + 2_000)
        server = training._server
        assert server is not None
        kept = max(len(other.unsent) for other in server._windows.values())
        assert kept < 4 << 20
        wait_for(window, lambda: window.status.run.step > step + 4_000)
        assert max(len(other.unsent) for other in server._windows.values()) <= max(kept, 4 << 20)


# Where it listens


def test_the_socket_is_its_owners_alone_and_goes_with_the_run(attach: Attach) -> None:
    training, _ = attach(new_run(palindrome()))
    folder = live.folder(training.run)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(Path(address(training).socket).stat().st_mode) == 0o600
    assert training.run.foreign_files() == []
    training.stop()
    assert training.join(30)
    assert not folder.exists()


@pytest.mark.parametrize("depth", [0, 40])
def test_a_socket_lies_in_the_folder_unless_its_path_is_too_long(
    attach: Attach, monkeypatch: pytest.MonkeyPatch, depth: int
) -> None:
    with tempfile.TemporaryDirectory(prefix="r-", dir="/tmp") as short:
        monkeypatch.setenv("RNNTUI_RUNS", str(Path(short, *(["deep"] * depth))))
        training, window = attach(new_run(palindrome()))
        place = Path(address(training).socket)
        assert len(os.fsencode(str(place))) < 100
        assert (place.parent == live.folder(training.run)) == (depth == 0)
        assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
        stand(training, window)
        training.stop()
        assert training.join(30)
        assert not place.parent.exists()


def test_what_a_killed_process_left_is_no_address_and_goes_with_the_run() -> None:
    run = new_run(palindrome())
    with live.open_folder(run.folder) as folder:
        live.announce(folder, live.Address(1, socket.gethostname(), 0.0, "/nowhere"))
    assert live.address(run) is not None
    run.unlock()
    assert live.address(run) is None
    assert run.foreign_files() == []
    (live.folder(run) / "mine.txt").touch()
    assert run.foreign_files() == ["live/mine.txt"]
    with pytest.raises(ValueError, match=r"mine\.txt"):
        run.remove()
    (live.folder(run) / "mine.txt").unlink()
    run.remove()
    assert not run.path.exists()


@pytest.mark.parametrize(
    "found",
    [
        live.Address(1, "another-machine", 0.0, "/tmp/x"),
        live.Address(1, socket.gethostname(), 0.0, "/nowhere", version=99),
        live.Address(1, socket.gethostname(), 0.0, ""),
    ],
)
def test_a_process_that_cannot_be_reached_is_told_with_a_way_out(
    found: live.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnntui.sessions.attached.PATIENCE_SECONDS", 0.2)
    run = new_run(palindrome())
    with live.open_folder(run.folder) as folder:
        live.announce(folder, found)
    window = AttachedSession(Run(run.path))
    window.start()
    deadline = time.monotonic() + 30
    while window.status.run.state != "refused":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    window.stop()
    assert window.join(30)
    assert window.status.sentence
    run.unlock()


# When the process is gone


def test_another_process_that_takes_up_the_run_is_followed(attach: Attach) -> None:
    training, window = attach(new_run(palindrome(log_every=1)))
    wait_for(window, lambda: window.status.run.step > 20)
    training.stop()
    assert training.join(30)
    wait_for(window, lambda: window.status.run.state == "stopped")
    reached = training.status.run.step
    resumed = TrainingSession(again(training.run))
    resumed.start()
    try:
        wait_for(window, lambda: window.status.run.step > reached + 20)
        assert window.status.run.state == "running"
    finally:
        resumed.stop()
        assert resumed.join(30)


def test_a_window_shows_what_the_run_has_reached_while_the_process_that_resumes_it_still_loads(attach: Attach) -> None:
    training, _ = attach(new_run(palindrome(log_every=1)))
    wait_for(training, lambda: training.status.run.step > 20)
    training.stop()
    assert training.join(30)
    resumed = again(training.run)  # it holds the run, and listens nowhere yet
    window = AttachedSession(Run(resumed.path))
    window.start()
    try:
        wait_for(window, lambda: "to load PyTorch" in window.status.sentence)
        reached = training.status.run.step
        assert window.status.run.step == reached
        assert window.curves.loss.newest_step >= reached - 1  # the row of the last step may be due
    finally:
        window.stop()
        assert window.join(30)
        resumed.unlock()


# From the files alone


def test_from_the_files_alone_one_sees_rows_samples_and_what_was_done(attach: Attach, corpus: Path) -> None:
    training, window = attach(new_run(text(corpus, log_every=1, sample_every=10, validate_every=20)))
    watched = WatchedSession(Run(training.run.path))
    watched.start()
    try:
        window.change("clip", 2.0)
        wait_for(watched, lambda: watched.marks and len(watched.samples) > 2 and watched.status.run.state == "running")
        stand(training, window)
        wait_for(
            watched, lambda: watched.status.run.step >= training.status.run.step - 1
        )  # its row comes with the next
        loss, wanted = _means(watched.curves.loss), _means(training.curves.loss)
        wanted = wanted[: len(loss)]
        assert [step for step, _ in loss] == [step for step, _ in wanted]
        assert [mean for _, mean in loss] == pytest.approx([mean for _, mean in wanted], rel=1e-5)
        assert watched.samples == training.samples[: len(watched.samples)]
        assert watched.baselines == training.baselines
        watched.pause(False)
        assert "only looks on" in watched.notes[-1]
        assert training.status.run.state == "paused"
        network = watched.lend().get(timeout=30)
        assert callable(network)
        training.save()
        wait_for(training, lambda: training.status.saved_step == training.status.run.step)
        assert network().step == training.status.saved_step
    finally:
        watched.stop()
        assert watched.join(30)


def test_rows_that_are_cut_by_going_back_are_forgotten_by_who_looks_on(attach: Attach) -> None:
    training, window = attach(new_run(palindrome(log_every=1)))
    watched = WatchedSession(Run(training.run.path))
    watched.start()
    try:
        window.save()
        wait_for(window, lambda: window.status.saved_step)
        wait_for(watched, lambda: watched.status.run.step > (window.status.saved_step or math.inf) + 50)
        stand(training, window)
        window.go_back()
        wait_for(window, lambda: window.status.run.step == window.status.saved_step)
        window.pause(False)
        wait_for(window, lambda: window.status.run.step > (window.status.saved_step or math.inf) + 3)
        stand(training, window)
        last = training.status.run.step - 1  # the row of the newest step comes with the next
        wait_for(watched, lambda: [step for step, _ in _means(watched.curves.loss)][-1] in (last, last + 1))
        steps = [step for step, _ in _means(watched.curves.loss)]
        assert steps == [float(step) for step in range(1, len(steps) + 1)]
    finally:
        watched.stop()
        assert watched.join(30)


def test_nothing_is_left_when_all_is_over(attach: Attach) -> None:
    before = {thread.name for thread in threading.enumerate()}
    training, window = attach(new_run(palindrome(), "gone"))
    for session in (window, training):
        session.stop()
        assert session.join(30)
    left = {thread.name for thread in threading.enumerate()} - before
    assert not {name for name in left if "gone" in name or name == "windows"}
    contents.check_kinds(again(training.run).folder)
