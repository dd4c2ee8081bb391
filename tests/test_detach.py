"""Training that outlives its terminal, with the real command: given away, looked at, ended, killed, taken up again."""

import getpass
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from command import as_json, done, refused, rnntui, said
from test_end_to_end import TINY, Terminal, curve, left_clean, open_terminal, saved
from tiny import again, events, new_run, palindrome, wait_for

from rnntui.commands import front_end
from rnntui.core.training.trainer import Trainer
from rnntui.runs import Run, folder, live
from rnntui.sessions import attached
from rnntui.sessions.attached import AttachedSession
from rnntui.sessions.detaching import detach
from rnntui.sessions.server import Server
from rnntui.sessions.training import TrainingSession
from rnntui.system import logout
from rnntui.tui.training import screen as _keys  # noqa: F401  whose keys are named
from rnntui.tui.training.what_next import keys_that_help

__all__ = ["open_terminal"]  # the fixture
ENDLESS = f"train palindrome {TINY} --steps 100000000"
PATIENCE = 60.0


@pytest.fixture(autouse=True)
def nobody_left() -> Iterator[None]:
    """Processes that hold a run when a test ends are killed, one that still loads PyTorch too."""
    yield
    for path in folder().glob("*/lock"):
        run = Run(path.parent)
        until(lambda: not run.is_held() or path.read_text())  # noqa: B023
        if run.is_held() and (pid := int(path.read_text() or os.getpid())) != os.getpid():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def process_of(name: str) -> live.Address:
    found = live.address(Run(folder() / name))
    assert found is not None
    return found


def test_a_run_is_said_to_run_once_it_can_be_attached_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state tells who detaches it that it may be."""
    states: list[str] = []
    opened = Server.open

    def noting(server: Server) -> str:
        states.append(server._session.status.run.state)
        return opened(server)

    monkeypatch.setattr(Server, "open", noting)
    session = TrainingSession(new_run(palindrome(steps=5)))
    session.start()
    wait_for(session, lambda: session.status.run.state == "finished")
    session.stop()
    session.join(PATIENCE)
    assert states == ["loading"]


def test_a_training_is_given_to_a_process_of_its_own_shown_and_ended() -> None:
    assert "mine: it trains on in process" in done(f"{ENDLESS} --name mine --detach")
    found = process_of("mine")
    assert found.is_detached
    assert os.getsid(found.pid) == found.pid  # no terminal can take it along
    listed = as_json("runs --json")[0]
    assert listed["state"] == "running"
    assert listed["trained_by"]["pid"] == found.pid
    assert f"process {found.pid}, detached" in done("runs")
    assert "in use by process" in refused("resume mine --detach")
    until(lambda: Run(folder() / "mine").newest_step("metrics.jsonl") > 20)
    assert "mine: ended, saved at step" in done("stop")
    until(lambda: not Run(folder() / "mine").is_held())
    assert saved("mine") > 20
    assert not (folder() / "mine" / "live").exists()


def test_the_three_commands_of_the_readme(open_terminal: Callable[..., Terminal]) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    typed = [
        line.split("#")[0].strip()
        for line in readme.splitlines()
        if line.startswith(("rnntui train", "rnntui attach", "rnntui stop"))
        and " away" in line
        and "--plain" not in line
    ]
    assert [line.split()[1] for line in typed] == ["train", "attach", "stop"]
    train, attach, stop = (line.removeprefix("rnntui ") for line in typed)
    done(f"{train} {TINY} --steps 100000000")
    window = open_terminal(attach)
    window.until(lambda: curve(window) > 40, "a curve")
    window.type("q")
    assert window.status() == 0
    assert "away: ended" in done(stop)


def test_what_cannot_be_is_one_sentence() -> None:
    assert "nothing for --headless to show" in refused(f"{ENDLESS} --detach --headless")
    assert "nothing for --json to show" in refused(f"{ENDLESS} --detach --json")
    assert "--on-hangup must be stop or detach" in refused(f"{ENDLESS} --on-hangup pray")
    assert "nothing trains in" in refused("attach")
    assert "nothing trains in" in refused("stop")
    done(f"train palindrome {TINY} --steps 2 --name few --headless")
    assert "no process trains run 'few' now" in refused("attach few")
    assert "no process trains run 'few' now" in refused("stop few")
    assert "--all takes every run" in refused("attach few --all")
    assert "attach needs a terminal" in refused("attach few --watch")
    assert "no run 'other'" in refused("attach other")


def test_a_start_that_fails_is_told_by_who_asked_for_it() -> None:
    result = rnntui(f"{ENDLESS} --name mine --detach --device cuda:99")
    assert result.exit_code == 2
    assert "cuda:99" in said(result)
    until(lambda: not Run(folder() / "mine").is_held())


def test_a_run_given_away_and_taken_back_is_equal_to_the_bit() -> None:
    settings = palindrome(steps=3_000, log_every=10)
    whole = Trainer(settings)
    for _ in whole:
        pass
    run = Run.create(folder(), "mine", settings)
    for step in (100, 900, 1_800):
        run.unlock()
        given = detach(run)
        until(lambda: Run(run.path).newest_step("metrics.jsonl") >= step)  # noqa: B023
        done("stop mine")
        given.close()
        run = again(run)
    last = Trainer(run.settings(), run)
    for _ in last:
        pass
    assert torch.equal(last.learner.theta, whole.learner.theta)
    steps = [row.step for row in run.metrics()]
    assert steps == list(range(10, 3_001, 10))


def test_what_was_asked_for_and_that_it_was_paused_goes_along() -> None:
    done(f"train palindrome {TINY} --steps 10 --name mine --headless")
    done("resume mine --steps 100000000 --lr 0.125 --detach")
    until(lambda: Run(folder() / "mine").newest_step("metrics.jsonl") > 20)
    assert [row.value for row in Run(folder() / "mine").events() if row.event == "learning_rate"] == [0.125]
    done("stop mine")
    run = again(Run(folder() / "mine"))
    run.unlock()
    detach(run, paused=True).close()
    window = AttachedSession(Run(run.path))
    window.start()
    until(lambda: window.status.run.state == "paused")
    step = window.status.run.step
    assert step == saved("mine")
    window.pause(False)
    until(lambda: window.status.run.step > step)
    window.stop()
    assert window.join(30)
    done("stop mine")


def test_a_window_says_that_the_process_was_killed_and_has_it_resumed() -> None:
    done(f"{ENDLESS} --name mine --detach")
    window = AttachedSession(Run(folder() / "mine"))
    window.start()
    until(lambda: window.status.run.step > 50)
    os.kill(process_of("mine").pid, signal.SIGKILL)
    assert attached.GONE_SECONDS + attached.AGAIN_SECONDS < 2.0  # what a window waits before it says so
    until(lambda: window.status.run.state == "lost")
    assert "the process that trained it is gone" in window.status.sentence
    assert keys_that_help(window.status) == "; R resumes it"
    window.revive()
    until(lambda: window.status.run.state == "running")
    window.end()
    until(lambda: window.status.run.state == "stopped")
    window.stop()
    assert window.join(30)


def test_a_window_says_that_the_folder_was_removed(tmp_path: Path) -> None:
    done(f"{ENDLESS} --name mine --detach --runs {tmp_path}")
    window = AttachedSession(Run(tmp_path / "mine"))
    window.start()
    until(lambda: window.status.run.step > 50)
    (tmp_path / "mine").rename(tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "elsewhere")
    until(lambda: window.status.run.state == "failed")
    assert "was removed or moved while in use: nothing more is written" in window.status.sentence
    window.stop()
    assert window.join(30)


def test_a_training_without_a_screen_is_listed_and_stopped_too() -> None:
    terminal = Terminal(f"{ENDLESS} --name mine --headless")
    try:
        terminal.until(lambda: live.address(Run(folder() / "mine")) is not None, "its address")
        assert "answers no window" in refused("attach mine")
        assert "mine: ended, saved at step" in done("stop mine")
        assert terminal.status() == 128 + signal.SIGTERM
    finally:
        terminal.end()


@pytest.mark.parametrize(
    ("files", "is_warned"),
    [
        ({}, False),
        ({"etc/systemd/logind.conf": "[Login]\n#KillUserProcesses=yes\n"}, False),
        ({"etc/systemd/logind.conf": "[Login]\nKillUserProcesses=yes\n"}, True),
        ({"etc/systemd/logind.conf": "[Login]\nKillUserProcesses = 1\n"}, True),
        (
            {
                "usr/lib/systemd/logind.conf": "[Login]\nKillUserProcesses=yes\n",
                "etc/systemd/logind.conf.d/mine.conf": "[Login]\nKillUserProcesses=no\n",
            },
            False,
        ),
        ({"etc/systemd/logind.conf": "KillUserProcesses=yes", "var/lib/systemd/linger/{}": ""}, False),
        ({"etc/systemd/logind.conf": b"\xff\xfe"}, False),
    ],
)
def test_a_system_that_kills_at_the_logout_is_told_of(
    tmp_path: Path, files: dict[str, str | bytes], is_warned: bool
) -> None:
    for name, content in files.items():
        file = tmp_path / name.format(getpass.getuser())
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert bool(logout.warning(tmp_path)) == is_warned


def hangup(given: str | None) -> str:
    nothing = {"headless": False, "as_json": False, "detach": False, "on_end": None, "on_trouble": None}
    return front_end.asked(**nothing, on_hangup=given, notify=None).on_hangup  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ('on-hangup = "detach"', ""),
        ('on-hangup = "pray"', "on-hangup must be stop or detach, not 'pray'"),
        ("on-hangup = 3", "must be stop or detach, not 3"),
        ("on-end = 3", "on-end must be a command, not 3"),
        ('on-trouble = " "', "on-trouble must be a command, not ' '"),
        ('onhangup = "stop"', "'onhangup' is unknown"),
        ("on-hangup", "line 1 ('on-hangup'): = and a value are missing behind the name"),
        (b"\xff", "is not a text in UTF-8"),
    ],
)
def test_the_users_configuration_says_what_a_closed_terminal_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | bytes, what: str
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert hangup(None) == "stop"
    (tmp_path / "rnntui").mkdir()
    (tmp_path / "rnntui" / "config.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    if what:
        assert what in refused(f"{ENDLESS} --name mine")
    else:
        assert hangup(None) == "detach"
        assert hangup("stop") == "stop"
    assert not (folder() / "mine").exists()


# On the screen


def test_d_leaves_the_screen_and_the_training_goes_on(open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal(f"{ENDLESS} --name mine")
    terminal.until(lambda: curve(terminal) > 40, "a curve")
    own = process_of("mine").pid
    terminal.type("d")
    assert terminal.status() == 0
    assert left_clean(terminal)
    assert "it trains on in process" in terminal.shown
    assert "given over in" in terminal.shown
    until(lambda: (found := live.address(Run(folder() / "mine"))) is not None and found.pid != own)
    step = saved("mine")
    until(lambda: Run(folder() / "mine").newest_step("metrics.jsonl") > step)
    window = open_terminal("attach")
    window.until(lambda: curve(window) > 40, "a curve")
    window.type("q")
    assert window.status() == 0
    assert "it trains on" in window.shown
    last = open_terminal("attach mine")
    last.until(lambda: curve(last) > 40, "a curve")
    last.type("Q")
    last.until(lambda: "Save and end" in last.shown, "the question")
    last.type("y")
    last.until(lambda: "· stopped" in last.shown, "the end")
    last.type("q")
    assert last.status() == 0
    assert "resumes it" in last.shown


def test_a_closed_terminal_leaves_a_training_that_was_told_to_go_on(open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal(f"{ENDLESS} --name mine --on-hangup detach")
    terminal.until(lambda: curve(terminal) > 40, "a curve")
    terminal.process.send_signal(signal.SIGHUP)
    assert terminal.status() == 129
    until(lambda: (found := live.address(Run(folder() / "mine"))) is not None and found.is_detached)
    step = saved("mine")
    until(lambda: Run(folder() / "mine").newest_step("metrics.jsonl") > step)
    assert [event for event in events(Run(folder() / "mine")) if event == "diverged"] == []
    done("stop mine")


def test_watching_follows_the_files_of_a_run(open_terminal: Callable[..., Terminal]) -> None:
    done(f"{ENDLESS} --name mine --detach")
    window = open_terminal("attach mine --watch")
    window.until(lambda: curve(window) > 40, "a curve")
    window.until(lambda: "looking on" in window.shown, "that it only looks on")
    window.type(" ")
    window.type("w")
    window.until(lambda: "only looks on (--watch)" in window.shown, "why space does nothing")
    window.type("q")
    assert window.status() == 0
    done("stop mine")
