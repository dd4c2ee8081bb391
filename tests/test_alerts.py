"""Commands of a user that are run when a training ends or is in trouble: once, and no shell reads a run's words."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from command import done, refused, rnntui, said
from test_end_to_end import TINY
from tiny import new_run, palindrome, wait_for

from rnntui.runs import Run, folder
from rnntui.sessions import alerts
from rnntui.sessions.alerts import Alerts, AlertThread, Course, run_command
from rnntui.sessions.detaching import detach
from rnntui.sessions.training import TrainingSession

WRITES = 'echo "$RNNTUI_REASON|$RNNTUI_RUN|$RNNTUI_STEP|$RNNTUI_STATE" >> told'


def told() -> list[str]:
    return Path("told").read_text().splitlines() if Path("told").exists() else []


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_at_the_end_of_a_training_without_a_screen_the_command_is_run_once() -> None:
    done(f"train palindrome {TINY} --steps 5 --name mine --headless", "--on-end", WRITES, "--on-trouble", WRITES)
    assert told() == ["finished|mine|5|finished"]
    done("resume mine --steps 6 --headless --on-end", WRITES)
    assert told()[1:] == ["finished|mine|6|finished"]


def test_a_run_that_diverges_is_trouble_and_an_end() -> None:
    result = rnntui(
        f"train palindrome {TINY} --steps 500 --lr 1e38 --name mine --headless",
        "--on-end",
        f"echo end >> told; {WRITES}",
        "--on-trouble",
        WRITES,
    )
    assert result.exit_code == 3
    assert [line.split("|")[0] for line in told()] == ["end", "diverged", "diverged"]


def test_on_the_screen_and_in_a_process_of_its_own_too() -> None:
    session = TrainingSession(new_run(palindrome(steps=20), "here"), alerts=Alerts(on_end=WRITES))
    session.start()
    wait_for(session, lambda: told() == ["finished|here|20|finished"])
    session.stop()
    assert session.join(30)
    run = new_run(palindrome(steps=20), "there")
    run.unlock()
    given = detach(run, alerts=Alerts(on_end=WRITES))
    until(lambda: told()[1:] == ["finished|there|20|finished"])
    until(lambda: not Run(run.path).is_held())
    given.close()
    assert len(told()) == 2


def test_who_stops_a_run_needs_no_alert() -> None:
    session = TrainingSession(new_run(palindrome()), alerts=Alerts(WRITES, WRITES))
    session.start()
    wait_for(session, lambda: session.status.run.step > 10)
    session.stop()
    assert session.join(30)
    assert told() == []


def test_words_of_a_run_are_read_by_no_shell(tmp_path: Path) -> None:
    nasty = "$(touch evil) `touch evil`; touch evil\0"
    wrong = run_command('echo "$RNNTUI_SAID" > told', "test", "mine", "", Course("failed", 1, nasty))
    assert wrong == ""
    assert told() == [nasty.replace("\0", "")]
    assert not Path("evil").exists()


@pytest.mark.parametrize(
    ("command", "what"),
    [("exit 3", "ended with status 3"), ("echo no >&2; exit 1", "status 1: no"), ("nothing-such", "status 127")],
)
def test_a_command_that_fails_is_a_note(command: str, what: str) -> None:
    assert what in run_command(command, "test", "mine", "", Course("finished", 1))
    session = TrainingSession(new_run(palindrome(steps=3)), alerts=Alerts(on_end=command))
    session.start()
    wait_for(session, lambda: any(what in note for note in session.notes))
    session.stop()
    assert session.join(30)


def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "COMMAND_SECONDS", 0.2)
    assert "was ended after" in run_command("sleep 1000", "test", "mine", "", Course("finished", 1))


def test_a_run_that_stalls_and_a_disk_that_fills_are_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "STALLED_SECONDS", 0.3)
    monkeypatch.setattr(alerts, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(alerts, "DISK_SECONDS", 0.02)
    run, course = new_run(palindrome(), "mine"), [Course("running", 7)]
    alarm = AlertThread(Alerts(on_trouble=WRITES), run, lambda: course[0])
    until(lambda: told() == ["stalled|mine|7|running"])
    course[0] = Course("paused", 7)
    time.sleep(0.5)  # a run that is paused does not stall, however long
    course[0] = Course("running", 8)
    until(lambda: told()[1:] == ["stalled|mine|8|running"])
    usage = shutil.disk_usage(run.path)
    monkeypatch.setattr(alerts.shutil, "disk_usage", lambda path: usage._replace(free=1 << 20))
    until(lambda: "disk nearly full|mine|8|running" in told())
    alarm.close()
    assert len(told()) == 3
    run.unlock()


def test_the_doctor_tries_what_is_configured(tmp_path: Path) -> None:
    assert done("doctor --test-alert").count("not set in") == 2
    place = Path(os.environ["XDG_CONFIG_HOME"]) / "rnntui" / "config.toml"
    place.parent.mkdir(parents=True)
    place.write_text('on-end = "echo $RNNTUI_REASON >> told"\non-trouble = "exit 4"\nnotify = "bell"\n')
    result = rnntui("doctor --test-alert")
    assert result.exit_code == 1
    assert "on-end: the command succeeded" in result.stdout
    assert "on-trouble: the command for 'test' ended with status 4" in result.stdout
    assert "notify: bell" in result.stdout
    assert told() == ["test"]
    done(f"train palindrome {TINY} --steps 2 --headless")
    assert told() == ["test", "finished"]
    assert "leave out --json" in refused("doctor --test-alert --json")


def test_what_is_no_way_to_notify_is_refused() -> None:
    assert "--notify must be off or bell or desktop" in refused(f"train palindrome {TINY} --notify loud")
    assert "--on-end must be a command" in refused(f"train palindrome {TINY} --on-end", "")
    assert not list(folder().glob("*"))
    assert said(rnntui("train --on-hangup x"))
