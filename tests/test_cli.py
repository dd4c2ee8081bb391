"""The command line: what is typed is what is done, and what is said can be read by people and programs."""

import json
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from command import TINY, as_json, done, files, offered, refused, rnntui, run_named, said
from msgspec import structs

import rnntui as package
from rnntui import config, corpora, runs
from rnntui.commands.runs import print_lines
from rnntui.config import Settings, make_settings
from rnntui.corpora import catalogue
from rnntui.corpora.catalogue import Fetched, FetchError
from rnntui.runs import Run, RunSummary, making
from rnntui.runs.status import RunStatus
from rnntui.specs import CELLS, TASKS, presets
from rnntui.sweeps import plan
from rnntui.system import output
from rnntui.text.format import ago
from rnntui.text.sanitize import shown_text

# Markup, escape sequences, a bidirectional control, a tab, wide and combining characters.
WILD = "[bold]x[/] \x1b[31mred\x1b[0m \u202eright to left\t| 漢字 e\u0301\x07\n"


def train_tiny(name: str, *more: str) -> None:
    done(f"train palindrome {TINY} --steps 20 --headless --name {name}", *more)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a text run whose corpus is wild."""
    place = tmp_path_factory.mktemp("written")
    (place / "wild.txt").write_text(WILD * 20 + "plain words, and many of them. " * 200, encoding="utf-8")
    every = "--steps 200 --save-every 100 --sample-every 50"
    done(f"train text {TINY} {every} --headless --name book --runs {place} --corpus {place / 'wild.txt'}")
    return place


# Help


def test_alone_it_shows_help_in_groups() -> None:
    text = done("")
    for words in ("Learn", "Look and read", "Texts and machine", "train", "resume", "sample", "runs", "doctor"):
        assert words in text


def test_the_version_is_the_packages() -> None:
    assert done("--version") == f"rnntui {package.__version__}\n"


def test_every_setting_is_an_option_with_its_help_and_its_default() -> None:
    text = " ".join(done("train --help").split())
    for setting in fields(Settings):
        if setting.name != "task":
            assert f"{config.option(setting.name)} " in text
            assert setting.metadata["help"] in text
    assert "(default 10, text 30, frequency 500)" in text
    assert "(one-hot, scalar; palindrome, noise only; default one-hot)" in text
    assert "(rnn, lstm, gru, phased; default lstm)" in text
    assert "(phased only; default 0.05)" in text
    for group in ("Network", "Task", "Training", "Machine", "Record"):
        assert f"─ {group} ─" in text


def summary(name: str, task: str, corpus: str) -> RunSummary:
    return RunSummary(
        RunStatus(name, "finished", 100_000, 100_000, 1.05, 0.66, held_out_loss=1.4),
        task,
        "lstm",
        "cpu x86_64",
        0.0,
        corpus,
    )


@pytest.mark.parametrize(
    ("width", "heads", "cells"),
    [
        (200, "task cell state step loss accuracy bits device changed", ("text · odyssey", "100,000/100,000")),
        (110, "task cell state step loss acc bits device changed", ("odyssey", "100k/100k")),
        (80, "task state step loss acc bits changed", ("odyssey", "100k/100k")),
        (70, "state step acc bits changed", ("100k/100k",)),
    ],
)
def test_runs_of_texts_are_told_apart_at_every_width(
    width: int,
    heads: str,
    cells: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(output, "columns", lambda: width)
    names = ("shakespeare", "odyssey", "", "anna")
    print_lines(summary(f"long-name-of-run-{k}", "text" if name else "noise", name) for k, name in enumerate(names))
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["run", *heads.split()]
    assert all(cell in lines[1] for cell in cells)
    assert all(len(line) <= width for line in lines)
    assert ("noise" in lines[2]) == ("task" in heads)


def test_a_narrow_list_of_other_tasks_goes_without_bits_and_says_what_it_goes_without(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "columns", lambda: 79)
    found = summary("n" * 60, "palindrome", "")
    print_lines([replace(found, status=replace(found.status, held_out_loss=None))])
    out, err = capsys.readouterr()
    assert out.split()[:7] == ["run", "task", "state", "step", "loss", "acc", "changed"]
    assert err == "left out for width: cell, device, bits\n"


def test_the_list_of_runs_names_the_corpus_in_json(text_run: Run) -> None:
    (found,) = as_json("runs")
    assert found["corpus_name"] == "small"


@pytest.mark.parametrize("command", ["resume", "sample", "runs", "runs show", "runs rm", "corpora check", "doctor"])
def test_every_command_explains_itself(command: str) -> None:
    assert f"Usage: rnntui {command}" in done(f"{command} -h")


def test_a_shell_completes_tasks_choices_runs_and_texts() -> None:
    train_tiny("bottles")
    assert offered("root train te") == ["text"]
    assert offered("root train --optimizer ada") == ["adagrad", "adam", "adamw"]
    assert offered("root resume b") == ["bottles"]
    assert offered("root runs rm la") == ["last"]
    assert offered("root corpora get ody") == ["odyssey"]
    assert offered("root train palindrome --preset lo") == ["long-memory"]
    assert offered("root gate --preset r") == ["report"]
    assert offered("root write bottles --check la") == ["latex"]
    assert offered("root compare bottles --by s") == ["step", "seconds"]
    assert offered("root compare bottles --metric a") == ["accuracy"]
    for command in ("corpora check", "train text --corpus", "sweep text --corpus"):
        assert offered(f"root {command} py") == ["pydoc"]


# Train


def test_the_json_of_palindromes_has_what_a_script_needs() -> None:
    found = as_json(f"train palindrome --cell gru {TINY} --steps 30 --name mine --kernel library")
    assert (found["run"], found["task"], found["cell"], found["step"]) == ("mine", "palindrome", "gru", 30)
    assert found["parameters"] == 8 * (3 * 10 + 3 * 8 + 4) + 10 * 9
    assert found["device"].startswith("cpu")
    assert found["kernel"] == "torch"
    assert found["status"] == "finished"
    assert found["steps_per_second"] > 0
    last = next(run_named("mine").newest_metrics())
    assert last is not None
    assert (found["loss"], found["accuracy"]) == (last.loss, last.accuracy)
    assert found["settings"]["hidden"] == 8
    assert Path(found["path"], "config.json").exists()
    assert "bits_per_character" not in found


def test_the_json_of_text_has_the_held_out_score_in_its_units(corpus: Path) -> None:
    found = as_json(f"train text {TINY} --steps 30 --corpus {corpus}")
    assert found["run"] == "text-lstm-1"
    nats = found["validation_loss"]
    assert found["bits_per_character"] == pytest.approx(nats / 0.6931471805599453)
    assert found["perplexity"] == pytest.approx(2 ** found["bits_per_character"])
    assert 0 <= found["validation_accuracy"] <= 1
    assert set(found["rulers"]) == {"uniform", "unigram", "bigram"}


def test_the_preset_for_long_memory_is_what_won_the_frontier() -> None:
    for name, cell in (("RNN, latch", "rnn"), ("LSTM, latch", "lstm")):
        won = plan.find("frontier").job({"variant": name, "length": 100, "seed": 0}).settings
        preset = make_settings("palindrome", {"cell": cell, "length": 100}, "long-memory")
        assert replace(won, stop_at=0.0, threads=preset.threads) == preset


def test_a_preset_is_taken_and_what_is_typed_goes_before_it() -> None:
    found = as_json(f"train palindrome {TINY} --steps 2 --preset report")["settings"]
    assert (found["input"], found["init"]) == ("scalar", "normal")
    found = as_json(f"train palindrome {TINY} --steps 2 --preset report --init uniform")["settings"]
    assert (found["input"], found["init"]) == ("scalar", "uniform")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("frequency --preset report", "--preset report sets nothing for the frequency task"),
        ("text --preset long-memory", "--preset long-memory sets nothing for the text task: it is for palindrome with"),
        ("noise --cell rnn --preset long-memory", "sets nothing for the noise task with --cell rnn"),
        ("frequency --cell phased --preset long-memory", "sets nothing for the frequency task with --cell phased"),
    ],
)
def test_a_preset_that_sets_nothing_is_refused_and_says_what_it_is_for(typed: str, sentence: str) -> None:
    assert sentence in refused(f"train {typed} --headless")


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("preset", presets())
def test_a_preset_changes_a_setting_of_every_task_that_takes_it(task: str, preset: str) -> None:
    is_for_it = preset in TASKS[task].presets
    if is_for_it:
        usual = TASKS[task].usual
        assert (make_settings(task, {}, preset) != make_settings(task, {}, usual or None)) == (preset != usual)
    else:
        with pytest.raises(ValueError, match=f"sets nothing for the {task} task"):
            make_settings(task, {}, preset)


@pytest.mark.parametrize(
    ("typed", "init", "lr"),
    [
        ("palindrome", "latch", 0.003),
        ("palindrome --input scalar --cell rnn", "orthogonal", 0.001),
        ("noise", "chrono", 0.003),
        ("frequency --cell gru", "chrono", 0.003),
    ],
)
def test_the_preset_for_long_memory_goes_by_task_and_input(typed: str, init: str, lr: float) -> None:
    found = as_json(f"train {typed} {TINY} --steps 1 --preset long-memory")["settings"]
    assert (found["init"], found["optimizer"], found["lr"], found["clip"]) == (init, "adam", lr, 1.0)


def test_a_run_begins_by_saying_what_its_preset_set() -> None:
    told = said(rnntui(f"train palindrome {TINY} --steps 1 --preset long-memory --lr 0.01 --headless"))
    assert "--preset long-memory: --init latch --optimizer adam --clip 1.0 " in told
    assert "--init latch: units keep the first one-hot digit and nothing else" in told


def test_the_preset_of_the_report_has_the_name_of_earlier_versions_too() -> None:
    assert make_settings("palindrome", {}, "source") == make_settings("palindrome", {}, "report")
    assert "source" not in done("train --help")
    assert as_json("gate --preset source") == as_json("gate --preset report")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("palindrome", "units keep the first one-hot digit and nothing else"),
        ("palindrome --input scalar", "a scalar digit gives them no sign to keep: --init orthogonal does better"),
        ("noise", "the first digit of a noisy sequence is not the one that counts: --init chrono does better"),
        ("frequency", "not enough for frequencies: leave --init out"),
    ],
)
def test_latched_units_are_told_what_they_cannot_keep(typed: str, told: str) -> None:
    assert told in said(rnntui(f"train {typed} {TINY} --init latch --steps 1 --headless"))


def test_help_says_what_each_preset_sets_and_what_a_latched_network_can_keep() -> None:
    text = " ".join(done("train --help").replace("│", " ").split())
    assert "report: palindrome and noise: --input scalar --init normal" in text
    assert "(units keep the first one-hot digit and nothing else)" in text


def test_a_switch_can_be_put_on_and_off(corpus: Path) -> None:
    train = f"train text {TINY} --steps 2 --corpus {corpus}"
    assert as_json(f"{train} --stateful")["settings"]["stateful"] is True
    assert as_json(f"{train} --no-stateful")["settings"]["stateful"] is False


def test_runs_without_a_name_are_numbered() -> None:
    for _ in range(2):
        done(f"train palindrome --cell rnn {TINY} --steps 2 --headless")
    assert [run.name for run in runs.listed(runs.folder())] == ["palindrome-rnn-1", "palindrome-rnn-2"]


def test_a_run_made_elsewhere_is_found_from_here(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(corpus.parent)
    done(f"train text {TINY} --steps 2 --headless --corpus {corpus.name} --runs {tmp_path / 'else'} --name mine")
    (tmp_path / "away").mkdir()
    monkeypatch.chdir(tmp_path / "away")
    done(f"resume {tmp_path / 'else' / 'mine'} --steps 4 --headless")
    done(f"resume mine --runs {tmp_path / 'else'} --steps 6 --headless")


class Screen:
    """Stands in for the screen: notes what it was given and leaves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, status: int = 0) -> None:
        self.runs: list[Run] = []
        self.status = status
        module = ModuleType("rnntui.tui.training.app")
        module.open_screen = self.open_screen  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "rnntui.tui.training.app", module)
        monkeypatch.setattr(output, "is_terminal", lambda: True)

    def open_screen(self, opened: list[Run], root: Path, *, said: list[str], **how: str) -> int:
        self.runs, self.said = opened, said
        assert all(run.is_held() for run in opened)
        assert root == runs.folder()
        for run in opened:
            run.unlock()
        return self.status


def test_a_terminal_gets_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, status=3)
    assert rnntui("train --name x --seed 5").exit_code == 3
    assert [run.name for run in screen.runs] == ["x-palindrome", "x-text"]
    assert [run.settings().seed for run in screen.runs] == [5, 5]
    assert screen.runs[0].settings() == make_settings("palindrome", {"seed": 5}, "quick")


def test_a_terminal_gets_no_screen_where_it_was_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    train_tiny("mine")
    as_json("resume mine --steps 25")
    assert screen.runs == []


def test_the_screen_is_given_what_was_asked_of_a_resumed_run(monkeypatch: pytest.MonkeyPatch) -> None:
    train_tiny("mine")
    screen = Screen(monkeypatch)
    done("resume mine --steps 40 --lr 0.01")
    (run,) = screen.runs
    assert run.settings().steps == 40
    assert run.asked_dials == {"learning_rate": 0.01}
    assert run_named("mine").settings().steps == 20  # nothing is on disk before the run is open


def test_the_screen_is_told_which_of_the_runs_are_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    train_tiny("mine")
    train_tiny("other --steps 21 --stop-at 0")
    screen = Screen(monkeypatch)
    done("resume mine other --steps 21")
    assert [run.name for run in screen.runs] == ["mine"]
    assert screen.said == ["other is finished and not opened: `rnntui compare other` shows its curves"]


def test_a_corpus_that_will_not_do_opens_no_screen(monkeypatch: pytest.MonkeyPatch, make_corpus: Any) -> None:
    screen = Screen(monkeypatch)
    assert "has only one distinct character" in refused(f"train text --corpus {make_corpus('aaaa' * 100)}")
    assert screen.runs == []


# Resume


def test_a_finished_run_says_so_and_is_left_as_it_is() -> None:
    train_tiny("mine")
    before = files(runs.folder() / "mine")
    for more in ("", "--steps 20", "--lr 0.5"):
        assert "mine is finished: step 20" in (told := done(f"resume mine --headless {more}"))
        assert "a higher --steps resumes it\n" in told
    assert files(runs.folder() / "mine") == before
    found = as_json("resume mine")
    assert (found["status"], found["step"], found["steps_per_second"]) == ("finished", 20, None)
    assert found["loss"] is not None


def test_more_steps_go_on_and_equal_a_run_that_never_stopped() -> None:
    train = f"train palindrome {TINY} --log-every 5 --headless"
    done(f"{train} --steps 20 --name parts")
    done("resume parts --steps 30 --headless")
    done("resume parts --steps 40 --headless")
    done(f"{train} --steps 40 --name whole")
    parts, whole = (list(run_named(name).metrics()) for name in ("parts", "whole"))
    assert [structs.replace(row, seconds=0) for row in parts] == [structs.replace(row, seconds=0) for row in whole]
    assert run_named("parts").settings() == run_named("whole").settings()


def test_a_run_may_be_resumed_with_another_kernel_which_it_keeps_and_of_which_it_is_said_that_the_bits_differ() -> None:
    train_tiny("mine")
    before = run_named("mine").config().kernel
    told = rnntui("resume mine --steps 30 --kernel reference --headless").stderr
    assert f"recorded with the kernel {before}, now reference loop: results will not be equal to the bit" in told
    mine = run_named("mine").config()
    assert (mine.kernel, mine.settings["kernel"]) == ("reference loop", "reference")
    again = rnntui("resume mine --steps 40 --headless").stderr
    assert "kernel reference loop" in again
    assert "equal to the bit" not in again


def test_a_kernel_that_does_not_serve_a_resumed_run_is_refused_and_leaves_it_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train_tiny("mine")
    before = files(runs.folder() / "mine")
    assert "--kernel 'fast' is unknown: there are auto, compiled" in refused("resume mine --steps 30 --kernel fast")
    from rnntui.core.kernels.compiled.library import load

    with monkeypatch.context() as patched:
        patched.setenv("RNNTUI_INSTRUCTIONS", "none")
        load.cache_clear()
        sentence = refused("resume mine --steps 30 --kernel compiled --headless")
    load.cache_clear()
    assert "--kernel compiled: RNNTUI_INSTRUCTIONS=none; take auto" in sentence
    assert files(runs.folder() / "mine") == before


def test_a_changed_rate_and_clip_are_in_the_journal_and_not_in_the_settings() -> None:
    train_tiny("mine")
    done("resume mine --steps 30 --lr 0.01 --clip 2 --headless")
    mine = run_named("mine")
    events = [(row.step, row.event, row.value) for row in mine.events()]
    assert events == [(20, "learning_rate", 0.01), (20, "clip", 2.0)]
    assert mine.settings().lr == 0.0005
    assert [row.learning_rate for row in mine.metrics()] == [0.0005, 0.0005, 0.01]
    done("resume mine --steps 40 --headless")
    assert next(mine.newest_metrics()).learning_rate == 0.01


def test_last_is_the_run_that_was_written_to_last() -> None:
    for name in ("b", "a"):
        train_tiny(name)
        os.utime(runs.folder() / name / "metrics.jsonl", (1, 1 if name == "a" else 2))
    assert done("resume last --headless").startswith("b is finished")


def test_other_facts_of_a_run_survive_a_resume(corpus: Path) -> None:
    done(f"train text {TINY} --steps 4 --headless --corpus {corpus} --name mine")
    before = run_named("mine").config()
    done("resume mine --steps 6 --threads 1 --headless")
    after = run_named("mine").config()
    assert after == structs.replace(before, settings={**before.settings, "steps": 6})


# Sample


def test_a_sample_is_the_prompt_and_what_follows_it(written: Path) -> None:
    text = done(f"sample book --runs {written} --length 50 --seed 1", "--prompt=plain words")
    assert text.startswith("plain words")
    assert text.endswith("\n")
    found = as_json(f"sample book --runs {written} --length 50 --seed 1", "--prompt=plain words")
    assert len(found["text"]) == 50
    assert shown_text(found["prompt"] + found["text"]) + "\n" == text
    assert (found["run"], found["step"], found["seed"], found["temperature"]) == ("book", 200, 1, 0.5)


def test_one_seed_writes_one_text(written: Path) -> None:
    def sample(more: str) -> str:
        return done(f"sample book --runs {written} --length 60 --temperature 1 {more}")

    assert sample("--seed 1") == sample("--seed 1")
    assert sample("--seed 1") != sample("--seed 2")
    assert sample("--temperature 0 --seed 1 --top-k 3")
    assert sample("--temperature 1 --top-k 1 --seed 1")[1:] == sample("--temperature 0 --seed 1")[1:]


def test_an_infinite_temperature_is_json_too(written: Path) -> None:
    found = as_json(f"sample book --runs {written} --length 3000 --temperature inf")
    assert found["temperature"] == "inf"
    assert set(found["text"]) == set(WILD) | set("plain words, and many of them. ")


@pytest.mark.parametrize("step", [100, 200])
def test_any_checkpoint_can_be_read_the_weights_alone_too(step: int, written: Path) -> None:
    assert as_json(f"sample book --runs {written} --step {step}")["step"] == step


def test_a_sample_needs_no_corpus_and_no_lock(written: Path) -> None:
    run = Run(written / "book")
    run.lock()
    (written / "wild.txt").rename(written / "gone.txt")
    try:
        assert done(f"sample {written / 'book'} --length 5").strip()
    finally:
        (written / "gone.txt").rename(written / "wild.txt")
        run.unlock()


def test_characters_that_the_corpus_lacks_are_left_out_and_named(written: Path) -> None:
    result = rnntui(f"sample book --runs {written} --length 5", "--prompt=Жplain Ж\x02words")
    assert result.exit_code == 0
    assert result.stdout.startswith("plain words")
    assert r"'Ж' '\x02'" in said(result)
    assert as_json(f"sample book --runs {written} --length 5", "--prompt=Жa\x02")["left_out"] == "Ж\x02"


def test_nothing_wild_reaches_the_terminal_raw(written: Path) -> None:
    text = done(f"sample book --runs {written} --temperature inf --length 2000", f"--prompt={WILD}")
    assert text.startswith(r"[bold]x[/] \x1b[31mred\x1b[0m \u202eright to left" + "\t| 漢字 e\u0301\\x07\n")
    for raw in ("\x1b", "\u202e", "\x07"):
        assert raw not in text
    shown = done(f"runs show book --runs {written}") + done(f"corpora check {written / 'wild.txt'}")
    for raw in ("\x1b", "\u202e", "\x07", "\t"):
        assert raw not in shown
    assert r"\x1b ESCAPE ×40" in shown
    assert r"\u202e RIGHT-TO-LEFT OVERRIDE ×20" in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttext", "plain\n\ttext"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b31m\x85\r\b\x7f", r"\x9b31m\x85\r\x08\x7f"),
        ("a\u202eb\u2066\u200f\ufeff\u2028", r"a\u202eb\u2066\u200f\ufeff\u2028"),
        ("漢 e\u0301 \xa0 é 😀", "漢 e\u0301 \xa0 é 😀"),
        ("\ud800 \ue000 \U000e0041", r"\ud800 \ue000 \U000e0041"),
        ("[bold]x[/]", "[bold]x[/]"),
    ],
)
def test_a_text_is_shown_without_what_a_terminal_would_obey(text: str, shown: str) -> None:
    assert shown_text(text) == shown
    assert "".join(map(shown_text, text)) == shown


def test_an_encoding_without_a_character_gets_its_escape(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from rnntui.cli import app

    words = ["sample", "book", "--runs", str(written), "--length", "1", "--prompt", "漢 plain"]
    result = CliRunner(charset="ascii").invoke(app, words)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(r"\u6f22 plain")


# Runs


def test_runs_are_listed_with_their_state(written: Path) -> None:
    assert "there is no run in" in done("runs")
    assert as_json("runs") == []
    train_tiny("mine")
    Run.create(runs.folder(), "begun", make_settings("palindrome", {})).unlock()
    held = [run_named("mine"), Run.create(runs.folder(), "held", make_settings("palindrome", {}))]
    held[0].lock()
    found = {run["name"]: run for run in as_json("runs")}
    assert (found["mine"]["state"], found["mine"]["step"], found["mine"]["steps"]) == ("finished", 20, 20)
    assert (found["begun"]["state"], found["begun"]["step"], found["begun"]["loss"]) == ("stopped", 0, None)
    assert found["held"]["state"] == "running"
    for run in held:
        run.unlock()
    (book,) = as_json(f"runs --runs {written}")
    assert book["state"] == "finished"
    assert book["bits_per_character"] == pytest.approx(book["validation_loss"] / 0.6931471805599453)
    table = done("runs")
    for words in ("mine", "begun", "20/20", "0/10,000", "palindrome", "ago"):
        assert words in table


def test_names_are_never_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    train_tiny("mine")
    (runs.folder() / "mine").rename(runs.folder() / "[red]odd\x1b[0m")
    assert r"[red]odd\x1b[0m" in done("runs")
    assert r"[red]odd\x1b[0m is finished" in done("resume", "[red]odd\x1b[0m")


def test_a_run_is_shown_with_its_settings_journal_and_samples(written: Path) -> None:
    text = done(f"runs show book --runs {written}")
    kernel = Run(written / "book").config().kernel
    for words in ("book: finished at step 200 of 200", "hidden 8", "torch", kernel, "0, 100, 200", "Samples"):
        assert words in text
    train_tiny("mine")
    done("resume mine --steps 30 --lr 0.01 --headless")
    assert "20  learning_rate  value 0.01" in done("runs show mine")
    found = as_json("runs show mine")
    assert [checkpoint["step"] for checkpoint in found["checkpoints"]] == [0, 20, 30]
    assert found["settings"]["steps"] == 30
    assert found["journal"][0]["event"] == "learning_rate"


def test_a_run_that_has_not_begun_can_be_shown() -> None:
    Run.create(runs.folder(), "begun", make_settings("palindrome", {})).unlock()
    assert "not started" in done("runs show begun")


def test_runs_are_deleted_only_when_it_is_said_so() -> None:
    for name in ("a", "b", "c"):
        train_tiny(name)
    assert rnntui("runs rm a b", input="n\n").exit_code == 1
    assert len(as_json("runs")) == 3
    unanswered = rnntui("runs rm a b", input="")
    assert unanswered.exit_code == 2
    assert "there is no terminal to answer on: --yes deletes without asking" in said(unanswered)
    assert len(as_json("runs")) == 3
    assert rnntui("runs rm a b a", input="y\n").exit_code == 0
    assert [run["name"] for run in as_json("runs")] == ["c"]
    done("runs rm --yes", str(runs.folder() / "c"))
    assert as_json("runs") == []


def test_of_several_runs_none_is_deleted_where_one_is_held() -> None:
    for name in ("a", "b"):
        train_tiny(name)
    held = run_named("b")
    held.lock()
    assert "run 'b' is in use by process" in refused("runs rm --yes a b")
    held.unlock()
    assert len(as_json("runs")) == 2
    done("runs rm --yes a b")


# Corpora


def test_texts_are_listed_with_the_way_to_them(corpus: Path) -> None:
    corpora.folder().mkdir()
    corpus.rename(corpora.folder() / "bottles.txt")
    table = done("corpora")
    assert re.search(r"anna .* not here", table)
    assert "`rnntui corpora get NAME` fetches one that is not here" in table
    assert "built in" in table
    assert "bottles" in table
    found = {corpus["name"]: corpus for corpus in as_json("corpora")}
    assert found["bottles"]["is_here"] is True
    assert found["anna"]["is_here"] is False


def test_the_doctor_of_texts_says_what_a_network_meets(corpus: Path) -> None:
    found = as_json(f"corpora check {corpus} --batch 7 --length 9")
    v = found["vocabulary_size"]
    n = making.settings("text", {"corpus": str(corpus)}).hidden
    normalised = 2 * 10 * n
    assert found["parameters"] == 4 * n * (1 + v + n) + 4 * n * (1 + n + n) + normalised + v * (n + 1)
    assert (found["batch"], found["length"]) == (7, 9)
    assert found["rulers"]["bigram"] < found["rulers"]["unigram"] < found["rulers"]["uniform"]
    text = done(f"corpora check {corpus} --batch 64 --length 30")
    for words in (
        "no Project Gutenberg markers",
        "bits per character",
        "batches of 64 windows of 30 characters",
        "lzma",
    ):
        assert words in text


@pytest.mark.parametrize("typed", ["--batch 0", "--length 0"])
def test_the_doctor_of_texts_refuses_what_is_no_batch(typed: str, corpus: Path) -> None:
    assert f"{typed.split()[0]} must be at least 1" in refused(f"corpora check {corpus} {typed}")


def fetch_with(monkeypatch: pytest.MonkeyPatch, answer: Callable[..., Fetched]) -> None:

    from rnntui.commands import corpora as corpora_command

    monkeypatch.setattr(corpora_command, "fetch", answer)


def test_a_fetch_drives_the_bar_as_pooch_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(name: str, into: Path, bar: catalogue.Progress) -> Fetched:
        bar.total = 100
        for _ in range(2):
            bar.update(50)
        bar.reset()
        bar.update(100)
        bar.close()
        return Fetched(catalogue.fetchable()[name], into / f"{name}.txt", already_there=name == "html")

    fetch_with(monkeypatch, answer)
    result = rnntui("corpora get anna html")
    assert result.exit_code == 0
    assert f"anna: {corpora.folder() / 'anna.txt'} (licence: public domain in the USA)\n" in result.stderr
    assert "html.txt was already there (licence: not stated)\n" in result.stderr


def test_a_fetch_that_fails_is_no_mistake_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(*_: Any) -> Fetched:
        raise FetchError("the network cannot be reached: is there a network?")

    fetch_with(monkeypatch, answer)
    result = rnntui("corpora get anna")
    assert result.exit_code == 1
    assert "the network cannot be reached: is there a network?" in said(result)
    assert "FetchError" not in said(result)


# Doctor


def test_the_doctor_names_versions_device_kernels_and_folders() -> None:
    found = as_json("doctor")
    assert set(found["kernels"]) == set(CELLS)
    assert found["kernels"]["rnn"]["name"]
    sets, why = found["compiled"]["instructions"], found["compiled"]["why"]
    assert bool(sets) != bool(why)
    if sets and found["device"].startswith("cpu"):
        assert {found["kernels"][cell]["name"] for cell in ("rnn", "lstm", "gru")} == {f"compiled, {sets[0]}"}
    assert found["versions"]["python"] == sys.version.split()[0]
    assert found["folders"]["runs"] == {"path": str(runs.folder()), "exists": False, "writable": True, "problem": ""}
    assert found["terminal"]["gets_the_screen"] is False
    text = done("doctor")
    for words in ("kernel of lstm", "CUDA", "cuDNN", "MPS", "oneDNN", "threads", "terminal", "braille", "runs folder"):
        assert words in text


def test_the_doctor_says_why_there_are_no_compiled_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    from rnntui.core.kernels.compiled.library import load

    monkeypatch.setenv("RNNTUI_INSTRUCTIONS", "none")
    load.cache_clear()
    text = done("doctor")
    load.cache_clear()
    assert "none: RNNTUI_INSTRUCTIONS=none" in text
    assert "compiled, " not in text


def test_help_names_each_kernel_and_none_by_its_former_name() -> None:
    told = " ".join(done("train --help").split())
    assert "auto, compiled, library, reference" in told
    assert "fused" not in told


# Words


@pytest.mark.parametrize(("age", "words"), [(5, "5 s ago"), (240, "4 min ago"), (3 * 86400, "3.0 days ago")])
def test_how_long_ago_is_said_in_words(age: float, words: str) -> None:
    assert ago(time.time() - age) == words


def test_options_give_back_what_settings_hold() -> None:
    settings = replace(make_settings("text", {}), corpus="x", temperature=0.25)
    typed = {name: str(value) for name, value in config.as_dict(settings).items() if not isinstance(value, bool)}
    assert {name: config.parse(name, text) for name, text in typed.items()} == {
        name: getattr(settings, name) for name in typed
    }
    assert json.loads(json.dumps(config.as_dict(settings)))


# What is hardly meant


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            "palindrome --dropout-between 0.2",
            "--dropout-between acts between layers, and there is only one: add --layers 2",
        ),
        (
            "palindrome --dropout 0.2 --dropout-output 0.1",
            "--dropout is for places without a share of their own, and beside --dropout-output there is none",
        ),
        (
            "palindrome --layers 2 --dropout 0.2 --dropout-between 0.3 --dropout-output 0.1",
            "beside --dropout-between and --dropout-output there is none: leave it out",
        ),
        ("palindrome --lr-decay-every 5", "--lr-decay-every says when the rate decays, and it never does"),
        ("text --sample-every 0 --temperature 1", "--temperature is for the samples drawn during training"),
        ("text --sample-every 0 --sample-length 9", "--sample-length is for the samples drawn during training"),
        ("palindrome --ratio 0.05", "--ratio does not apply to the lstm: leave it out"),
        ("palindrome --rho 0.99", "--rho does not apply to the adam: leave it out"),
    ],
)
def test_a_setting_that_would_do_nothing_is_refused(typed: str, sentence: str) -> None:
    assert sentence in refused(f"train {typed} --headless")
    assert not runs.folder().exists()


@pytest.mark.parametrize("typed", ["--dropout 0.2 --layers 2", "--dropout 0", "--lr-decay-every 5 --lr-decay 0.9"])
def test_the_same_setting_that_does_something_is_taken(typed: str) -> None:
    done(f"train palindrome {TINY} --steps 2 --headless {typed}")


def test_an_extreme_learning_rate_is_taken_with_a_sentence() -> None:
    high = rnntui(f"train palindrome {TINY} --steps 2 --headless --name mine --lr 1e9")
    sentence = "--lr 1e+09 is far above what adam usually learns with, 0.0001 to 0.01: expect it to diverge"
    assert sentence in high.stderr
    assert "far above" not in rnntui(f"train palindrome {TINY} --steps 2 --headless --lr 1 --optimizer sgd").stderr
    assert f"mine: {sentence}" in rnntui("resume mine --steps 3 --lr 1e9 --headless").stderr
    assert "far above" not in rnntui("resume mine --steps 4 --lr 0.01 --headless").stderr


def test_help_of_resume_shows_no_defaults_of_a_new_run_and_that_of_gradients_only_its_own() -> None:
    text = " ".join(done("resume --help").split())
    for what_it_goes_by in ("(default RNNTUI_RUNS, else runs/)", "(default the newest)"):
        text = text.replace(what_it_goes_by, "")
    assert "(default" not in text
    assert "Total number of optimizer steps." in text
    own = " ".join(done("gradients --help").split())
    assert "(default 10)" in own
    assert "frequency 500" not in own
