"""Two ranks as processes of a test's own, as torchrun starts them; and, run as a script, what such a rank does.

python tests/ranks.py FOLDER    rank 0 trains the settings in FOLDER/cases.json one after the other
python tests/ranks.py           a session on a run, as the screen has one, whose user pauses, turns and goes back
"""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def environment(rank: int, port: int, **more: str) -> dict[str, str]:
    """What torchrun tells a rank of two on one machine."""
    return {
        **os.environ,
        "PYTHONPATH": f"{HERE.parent}{os.pathsep}{HERE}",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
        "TORCHELASTIC_RUN_ID": f"test-{port}",
        "OMP_NUM_THREADS": "1",
        **more,
    }


def begin(words: list[str], **of_rank_1: str) -> "list[subprocess.Popen[str]]":
    """Two ranks of `python WORDS`, each a process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def obey() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    return [
        subprocess.Popen(
            [sys.executable, *words],
            env=environment(rank, port, **(of_rank_1 if rank else {})),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=obey,
        )
        for rank in range(2)
    ]


def begin_command(command: str, **of_rank_1: str) -> "list[subprocess.Popen[str]]":
    """Two ranks of `rnntui COMMAND`."""
    return begin(["-m", "rnntui", *shlex.split(command)], **of_rank_1)


def ended(ranks: "list[subprocess.Popen[str]]") -> list[tuple[int, str, str]]:
    """Exit status, standard output and standard error of each."""
    told = [rank.communicate(timeout=250) for rank in ranks]
    return [(rank.returncode, *streams) for rank, streams in zip(ranks, told, strict=True)]


def done(command: str) -> str:
    """The standard output of a command that two ranks must do well."""
    (status, output, errors), other = ended(begin_command(command))
    assert status == 0, errors
    assert other == (0, "", ""), other
    return output


def train_cases(folder: Path) -> None:
    """As rank 0: train each case and keep its losses and weights."""
    from safetensors.torch import save_file

    from rnntui.config import from_dict
    from rnntui.core.training.leading import lead
    from rnntui.core.training.trainer import Trainer
    from rnntui.system.world import world

    here = world()
    assert here is not None
    ranks = lead(here)
    for name, case in json.loads((folder / "cases.json").read_text()).items():
        trainer = Trainer(from_dict(case), ranks=ranks)
        losses = [loss for report in trainer for loss in report.loss]
        kept = {**trainer.learner.kept(), "theta": trainer.learner.theta.detach()}
        save_file({name: tensor.clone() for name, tensor in kept.items()}, folder / f"{name}.safetensors")
        (folder / f"{name}.json").write_text(json.dumps(losses))


def use_the_screen() -> None:
    """As rank 0: what a user does on the screen. A save compares the weights of all ranks to the bit."""
    import tiny
    from tiny import ENDLESS, new_run, palindrome, wait_for

    from rnntui.sessions.training import TrainingSession
    from rnntui.system.world import world

    tiny.PATIENCE = 240.0  # seconds: two processes and a thread share what a busy machine has
    run = new_run(palindrome(steps=ENDLESS), "seen")
    run.world = world()
    session = TrainingSession(run)
    session.start()
    wait_for(session, lambda: session.status.run.step > 10)
    session.pause(True)
    session.change("learning_rate", 0.02)
    session.save()
    session.pause(False)
    wait_for(session, lambda: session.status.saved_step and session.status.run.step > session.status.saved_step + 10)
    session.go_back()
    wait_for(session, lambda: session.status.sentence.startswith("back at step"))
    session.pause(False)
    back = session.status.run.step
    wait_for(session, lambda: session.status.run.step > back + 10)
    session.change("clip", 0.5)
    session.stop()
    assert session.join(60)
    assert session.status.run.state == "stopped", session.status
    print(json.dumps([row.event for row in run.events()]))


def main() -> None:
    from rnntui.commands.follow import follow
    from rnntui.system.world import world

    here = world()
    assert here is not None
    if here.rank:
        sys.exit(follow(here))
    if sys.argv[1:]:
        train_cases(Path(sys.argv[1]))
    else:
        use_the_screen()


if __name__ == "__main__":
    main()
