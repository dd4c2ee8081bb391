"""Runs in words at a prompt, with the real command in a terminal: no screen, and a typed line that no report tears."""

import os
import re
import signal
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from command import refused
from test_detach import ENDLESS, nobody_left, process_of, until
from test_end_to_end import TINY, Terminal, open_terminal, saved
from tiny import new_run, palindrome

from rnntui.plain.commands import COMMANDS, completions
from rnntui.plain.console import Console, pace
from rnntui.runs import Run, folder
from rnntui.sessions.training import TrainingSession

pytest.importorskip("prompt_toolkit")
__all__ = ["nobody_left", "open_terminal"]  # fixtures
Open = Callable[..., Terminal]
PAGE = Path(__file__).parents[1] / "docs" / "plain.md"
PLAIN = "--plain --every 1s"


def answer(terminal: Terminal, typed: str, told: str) -> None:
    """Type a line and wait for words that were not there before."""
    before = terminal.raw.count(told)
    terminal.type(f"{typed}\r")
    terminal.until(lambda: terminal.raw.count(told) > before, f"{told!r} after {typed!r}")


def left_alone(terminal: Terminal) -> bool:
    """Whether no screen was opened, nothing was coloured, and nobody asked where the cursor is."""
    colours = re.findall(r"\x1b\[[\d;]*m", terminal.raw)
    return "\x1b[?1049" not in terminal.raw and set(colours) <= {"\x1b[0m"} and "\x1b[6n" not in terminal.raw


def test_one_listens_types_and_leaves(open_terminal: Open, corpus: Path) -> None:
    text = f"train text --preset report --corpus {corpus} {TINY} --name book --steps 100000000 --sample-every 50"
    terminal = open_terminal(f"{text} {PLAIN}")
    terminal.until(lambda: "steps a second" in terminal.raw, "a report")
    answer(terminal, "help", "this list")
    answer(terminal, "rate 0.001", "learning rate 0.001")
    answer(terminal, "clip 1", "clip 1")
    answer(terminal, "temperature 0.7", "temperature 0.7")
    answer(terminal, "sample", "temperature 0.")
    answer(terminal, "say green bottles", "after 'green bottles' it writes")
    answer(terminal, "views", "view gates: view of the gates")
    answer(terminal, "view horizon", "effective memory")
    answer(terminal, "view gates", "gate f: mean")
    answer(terminal, "view weights", "spectral radius")
    answer(terminal, "trend", "loss (bits per character)")
    answer(terminal, "save", ": saved")
    answer(terminal, "pause", "paused at step")
    answer(terminal, "status", "parameters")
    answer(terminal, "continue", ": continued")
    terminal.type("quit\r")
    assert terminal.status() == 0
    assert f"book: saved at step {saved('book'):,} of 100,000,000" in terminal.shown
    assert left_alone(terminal)
    assert "Traceback" not in terminal.raw


def test_a_report_does_not_tear_the_line_that_is_typed(open_terminal: Open) -> None:
    terminal = open_terminal(f"{ENDLESS} --name mine {PLAIN}")
    terminal.until(lambda: "steps a second" in terminal.raw, "a report")
    terminal.type("tempera")
    reports = terminal.raw.count("steps a second")
    terminal.until(lambda: terminal.raw.count("steps a second") > reports + 1, "two more reports")
    terminal.until(lambda: [row.strip() for row in terminal.screen.display if row.strip()][-1] == "mine> tempera")
    assert not any("mine> mine:" in row for row in terminal.screen.display)
    terminal.type("\t 1\r")  # completed
    terminal.until(lambda: "run mine is not trained on text" in terminal.raw, "the sentence")
    terminal.type("\x03")
    assert terminal.status() == 128 + signal.SIGINT
    assert f"mine: saved at step {saved('mine'):,}" in terminal.shown


def test_what_is_typed_while_a_report_is_written_is_not_lost(open_terminal: Open) -> None:
    """In cooked mode, if only for a moment, the terminal itself would take a Ctrl-D for itself."""
    terminal = open_terminal(f"{ENDLESS} --name mine {PLAIN}")
    terminal.until(lambda: "steps a second" in terminal.raw, "a report")
    reports, modes = terminal.raw.count("steps a second"), set[int]()
    while terminal.raw.count("steps a second") < reports + 3:
        modes |= {termios.tcgetattr(terminal.master)[3] & termios.ICANON for _ in range(20_000)}
        assert terminal.read()
    answer(terminal, "status", "parameters")
    terminal.type("\x04")
    assert terminal.status() == 0
    assert modes == {0}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("bogus", "there is no command 'bogus'"),
        ("stat", "did you mean status or stop?"),
        ("rate", "rate takes a number above 0, not ''"),
        ("rate 0", "rate takes a number above 0"),
        ("rate 50", "far above the usual range"),
        ("clip -1", "clip takes 0 or a number above it"),
        ("clip nan", "clip takes 0 or a number above it"),
        ("temperature hot", "is not trained on text"),
        ("say hello", "is not trained on text"),
        ("sample", "is not trained on text"),
        ("view nothing", "view takes horizon"),
        ("run other", "run takes the name of one that is here: mine"),
        ("every now", "a pace is a time of one second or more"),
        ("every 0", "a pace is a time of one second or more"),
        ("pause now", "pause takes nothing more"),
        ("resume", "has its process"),
        ("stop", "Then type stop yes"),
        ("help nothing", "there is no command 'nothing'"),
        ("\x1b[31mred", "there is no command '\\\\x1b[31mred'"),
    ],
)
def test_what_will_not_do_is_one_sentence(typed: str, said: str, loaded: tuple[Console, list[str]]) -> None:
    console, lines = loaded
    del lines[:]
    console.obey(typed)
    assert len(lines) == 1
    assert said in lines[0]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A console on a run that is paused, and what it said."""
    run = Run.create(tmp_path_factory.mktemp("runs"), "mine", palindrome())
    session, lines = TrainingSession(run, serves=False), []
    console = Console([session], lines.append, 1.0)
    session.pause(True)
    session.start()
    until(lambda: session.status.run.state == "paused")
    yield console, lines
    session.stop()
    assert session.join(30)


def test_several_runs_are_chosen_by_name_and_one_is_stopped() -> None:
    lines: list[str] = []
    sessions = [TrainingSession(new_run(palindrome(), name), serves=False) for name in ("one", "two")]
    console = Console(sessions, lines.append, 1.0)
    assert set(completions(console)["run"] or {}) == {"one", "two"}
    for session in sessions:
        session.start()
    until(lambda: all(session.status.run.state == "running" for session in sessions))
    console.obey("run two")
    console.obey("pause")
    until(lambda: sessions[1].status.run.state == "paused")
    assert sessions[0].status.run.state == "running"
    console.tick()
    assert any(line.startswith("two: step") and line.endswith(": paused") for line in lines)
    console.obey("stop yes")
    until(lambda: sessions[1].status.run.state == "stopped")
    assert not console.has_ended
    console.obey("run one")
    console.obey("stop yes")
    until(lambda: console.has_ended)
    for session in sessions:
        session.stop()
        assert session.join(30)


def test_a_run_elsewhere_is_attached_to_in_words_left_and_ended(open_terminal: Open) -> None:
    first = open_terminal(f"{ENDLESS} --name mine {PLAIN}")
    first.until(lambda: "steps a second" in first.raw, "a report")
    first.type("detach\r")
    assert first.status() == 0
    assert "mine: it trains on in process" in first.shown
    window = open_terminal(f"attach mine {PLAIN}")
    window.until(lambda: "steps a second" in window.raw, "a report")
    answer(window, "trend", "loss (nats)")
    answer(window, "rate 0.002", "learning rate 0.002")
    answer(window, "detach", "quit leaves it there")
    window.type("\x04")
    assert window.status() == 0
    assert process_of("mine").is_detached
    last = open_terminal(f"attach {PLAIN}")
    last.until(lambda: "steps a second" in last.raw, "a report")
    last.type("stop yes\r")
    assert last.status() == 0
    until(lambda: not Run(folder() / "mine").is_held())


def test_a_run_whose_process_was_killed_is_resumed_at_the_prompt(open_terminal: Open) -> None:
    first = open_terminal(f"{ENDLESS} --name mine {PLAIN}")
    first.until(lambda: "steps a second" in first.raw, "a report")
    first.type("detach\r")
    assert first.status() == 0
    window = open_terminal(f"attach mine {PLAIN}")
    window.until(lambda: "steps a second" in window.raw, "a report")
    answer(window, "save", ": saved")
    os.kill(process_of("mine").pid, signal.SIGKILL)
    window.until(lambda: "is gone: step" in window.raw and "resume takes it up" in window.raw, "the loss")
    reports = window.raw.count("steps a second")
    window.type("resume\r")
    window.until(lambda: window.raw.count("steps a second") > reports, "a report of the next process")
    window.type("stop yes\r")
    assert window.status() == 0


def test_a_run_is_looked_at_in_words_by_its_files(open_terminal: Open) -> None:
    first = open_terminal(f"{ENDLESS} --name mine {PLAIN}")
    first.until(lambda: "steps a second" in first.raw, "a report")
    window = open_terminal(f"attach mine --watch {PLAIN}")
    window.until(lambda: "steps a second" in window.raw, "a report")
    answer(window, "status", "looking on")
    answer(window, "pause", "nothing can be asked of it")
    answer(window, "views", "there is no network to look into")
    window.type("quit\r")
    assert window.status() == 0
    assert "when last looked at" in window.shown
    first.type("quit\r")
    assert first.status() == 0


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_and_says_so(open_terminal: Open, by: signal.Signals) -> None:
    terminal = open_terminal(f"{ENDLESS} --name mine {PLAIN}")
    terminal.until(lambda: "steps a second" in terminal.raw, "a report")
    os.kill(terminal.process.pid, by)
    assert terminal.status() == 128 + by
    assert f"mine: saved at step {saved('mine'):,}" in terminal.shown


@pytest.mark.parametrize("how", ["stop", "detach"])
def test_a_closed_terminal_does_as_it_was_told(open_terminal: Open, how: str) -> None:
    terminal = open_terminal(f"{ENDLESS} --name mine {PLAIN} --on-hangup {how}")
    terminal.until(lambda: "steps a second" in terminal.raw, "a report")
    terminal.hang_up()
    assert terminal.process.wait(60) == 128 + signal.SIGHUP
    assert Run(folder() / "mine").is_held() == (how == "detach")
    assert saved("mine") > 0


def test_a_dumb_terminal_gets_words_of_itself_and_no_escape(open_terminal: Open) -> None:
    terminal = open_terminal(f"{ENDLESS} --name mine", term="dumb")
    terminal.until(lambda: "loading PyTorch" in terminal.raw, "what it waits for")
    answer(terminal, "every 1s", "a report every 1 s")
    terminal.until(lambda: "steps a second" in terminal.raw, "a report")
    answer(terminal, "pause", "paused at step")
    terminal.type("quit\r")
    assert terminal.status() == 0
    assert "\x1b" not in terminal.raw
    assert "`rnntui resume mine` resumes it" in terminal.raw


def test_what_cannot_be_shown_in_words_is_refused() -> None:
    assert "--plain needs a terminal to type at" in refused(f"{ENDLESS} --plain")
    assert "--plain needs a terminal to type at" in refused("attach --plain")
    assert "--every is the pace of the reports of --plain" in refused(f"{ENDLESS} --every 5s")
    assert "--notify is for the screen" in refused(f"{ENDLESS} --plain --notify bell")
    assert "a pace is a time" in refused(f"{ENDLESS} --every soon")


def test_paces() -> None:
    assert [pace(typed) for typed in ("10", "10s", "1.5 m", "2min", "1h")] == [10, 10, 90, 120, 3600]


def test_the_page_lists_every_command_as_the_help_does() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = [f"| `{f'{command.name} {command.argument}'.strip()}` | {command.does} |" for command in COMMANDS]
    assert [line for line in page.splitlines() if line.startswith("| `")] == rows
