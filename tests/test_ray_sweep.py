"""Sweeps on a Ray cluster: the same results, whatever node is killed; and places that there are not."""

import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from command import done, refused

from rnntui.runs import Run, folder
from rnntui.sweeps.places.ray_cluster import RayWorker
from rnntui.sweeps.places.ray_connection import why
from rnntui.sweeps.places.relay import Node, versions

SWEEP = "sweep --cell rnn,lstm --length 5 --seeds 3 --steps 2000 --hidden 8 --batch 4 --name s --save-every 100"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--on mars", "--on 'mars' is no place that runs can be trained in: take `ray`"),
        ("--shared", "--shared is for a cluster: add --on ray or --on slurm, or leave it out"),
        ("--no-shared", "--shared is for a cluster"),
        ("--cpus-per-run 2", "--cpus-per-run is for a cluster"),
        ("--on ray://", "--on 'ray://' must name host and port, as in ray://HOST:10001"),
        ("--on ray://head", "must name host and port"),
        ("--on ray://head:x", "must name host and port"),
        ("--on ray://head:99999", "must name host and port"),
        ("--on ray --cpus-per-run 0", "--cpus-per-run must be a number above 0, not 0"),
        ("--on ray --cpus-per-run nan", "--cpus-per-run must be a number above 0, not nan"),
        ("--on ray --gpus-per-run -1", "--gpus-per-run must be a number 0 or more, not -1"),
        ("--on ray --gpus-per-run inf", "--gpus-per-run must be a number 0 or more, not inf"),
        ("--on ray --gpus-per-run half", "--gpus-per-run must be a number, not 'half'"),
    ],
)
def test_a_place_that_there_is_not_is_refused_before_anything_is_made(words: str, sentence: str) -> None:
    assert sentence in refused(f"{SWEEP} {words}")
    assert not folder().exists()


def test_without_ray_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert "`pip install 'rnntui[ray]'`" in refused(f"{SWEEP} --on ray")
    assert not folder().exists()


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("ray://127.0.0.1:1", "--on ray://127.0.0.1:1: nothing answers at port 1 of 127.0.0.1"),
        ("ray:auto", "RAY_ADDRESS=127.0.0.1:1: nothing answers at port 1 of 127.0.0.1"),
    ],
)
def test_an_address_that_does_not_answer_is_one_sentence(
    place: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    assert sentence in refused(f"{SWEEP} --on {place} --headless")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            RuntimeError(
                "Version mismatch: The cluster was started with:\n    Ray: 2.50.0\n    Python: 3.12.1\n"
                "This process on Ray Client was started with:\n    Ray: 2.60.0\n    Python: 3.11.7\n"
            ),
            "the cluster has Ray 2.50.0 and Python 3.12.1, here are Ray 2.60.0 and Python 3.11.7",
        ),
        (ConnectionError("ray client connection timeout"), "what answers there takes no connection of Ray's"),
    ],
)
def test_what_ray_raises_is_said_in_words_of_ours(error: Exception, sentence: str) -> None:
    assert why("ray://head:10001", error).startswith(sentence)


def test_a_cluster_of_this_machine_is_refused_where_it_can_never_have_room_for_a_run() -> None:
    """The process is one of its own: once Ray was connected, it is not begun anew."""
    pytest.importorskip("ray")
    command = [sys.executable, "-m", "rnntui", *SWEEP.split(), "--on", "ray", "--cpus-per-run", "9999", "--headless"]
    ended = subprocess.run(command, capture_output=True, text=True)
    said = " ".join(line.strip(" │") for line in ended.stderr.splitlines())
    assert ended.returncode == 2
    assert "--on ray: a run takes 9999 CPUs, and this machine has " in said
    assert "Traceback" not in said


def test_a_file_that_nodes_look_for_and_a_killed_sweep_left_is_no_stranger_in_its_folder() -> None:
    done("sweep --cell rnn --length 2 --seeds 2 --steps 2 --hidden 3 --name s --headless --workers 1")
    (folder() / "s" / ".probe-0123456789abcdef").touch()
    done("runs rm s --yes")
    assert not (folder() / "s").exists()


@pytest.mark.parametrize(
    ("node", "sentence"),
    [
        (Node("n7", {**versions(), "torch": "1.0"}, is_shared=True), "node n7 has torch 1.0, here "),
        (Node("n7", {**versions(), "rnntui": "0.0"}, is_shared=True), "node n7 has rnntui 0.0, here "),
        (Node("n7", {**versions(), "torch": ""}, is_shared=True), "node n7 has no torch, here "),
        (Node("n7", versions(), is_shared=False), "node n7 does not see '/sweeps/s': leave out --shared"),
    ],
)
def test_a_node_that_cannot_go_on_with_the_runs_is_refused_by_name(node: Node, sentence: str) -> None:
    cluster = MagicMock()
    cluster.ray.get.return_value = node
    cluster.refuse.return_value = False
    worker = RayWorker(cluster, MagicMock(path=Path("/sweeps/s")), shared=True)
    worker.begin(MagicMock())
    assert worker.read() == ([], False)
    assert worker.slots == 0
    assert sentence in str(worker.refusal)
    assert sentence in worker.end().reason


def test_a_sweep_loses_a_node_and_no_step() -> None:
    """Two nodes without a shared folder, six runs, one node killed whole; rows and results as on one machine."""
    pytest.importorskip("ray")
    from ray_nodes import Nodes, held_twice, results_of, rows_of

    nodes = Nodes(2)
    try:
        command = [sys.executable, "-m", "rnntui", *SWEEP.split(), "--on", "ray:auto", "--no-shared", "--headless"]
        environment = {**os.environ, "RAY_ADDRESS": nodes.address}
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        names, twice, killed = {f"{cell}-seed{seed}" for cell in ("rnn", "lstm") for seed in range(3)}, [], False
        while process.poll() is None:
            twice += held_twice(names)
            if not killed and any(Run(folder() / "s" / name).steps_saved(whole=True) for name in names):
                nodes.kill(0)
                killed = True
        assert process.stderr is not None
        assert process.returncode == 0, process.stderr.read()
    finally:
        nodes.close()
    assert killed
    assert not twice
    here = [sys.executable, "-m", "rnntui", *SWEEP.split(), "--headless", "--runs", str(folder() / "here")]
    subprocess.run(here, check=True, capture_output=True)
    assert results_of(folder() / "s") == results_of(folder() / "here" / "s")
    for name in names:
        assert rows_of(folder() / "s" / name) == rows_of(folder() / "here" / "s" / name) != []
