"""Every option of every command does something, or is refused with a sentence: nothing is taken and ignored.

`CASES` has a command without and with each option; what comes out must differ. The settings of `train` and `sweep` are
looked at in what is recorded, and in the code that reads them.
"""

import ast
import gzip
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer
from command import TINY, as_json, done, refused, rnntui
from conftest import PROSE
from test_sweep_folder import end

from rnntui.cli import app
from rnntui.commands import front_end, launch
from rnntui.commands.options import values
from rnntui.config import Settings, kind_of, make_settings, option, with_captions
from rnntui.runs import Run, folder
from rnntui.specs import tasks_with
from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.plan import find
from rnntui.system import output

PACKAGE = Path(__file__).parent.parent / "rnntui"
SETTINGS = {option(setting.name) for setting in fields(Settings) if setting.name != "task"}

# Command: its option, then the command without and with it, `{}` being the folder of the test.
CASES: dict[str, dict[str, tuple[str, str]]] = {
    "": {
        "--version": ("", "--version"),
        "--theme": ("", "--theme light"),
        "--runs": ("runs", "--runs {} runs"),  # before a command it is refused; alone it is in `test_home.py`
    },
    "train": {
        "--name": (f"train palindrome {TINY} --steps 2 --headless", "@ --name other"),
        "--runs": (f"train palindrome {TINY} --steps 2 --headless", "@ --runs {}/elsewhere"),
        "--preset": (f"train palindrome {TINY} --steps 2 --json", "@ --preset long-memory"),
        "--from": (f"train palindrome {TINY} --steps 2 --json", "@ --from few"),
        "--json": (f"train palindrome {TINY} --steps 2", "@ --json"),
        "--plain": (f"train palindrome {TINY} --steps 2", "@ --plain"),
        "--every": (f"train palindrome {TINY} --steps 2", "@ --every 5s"),
        "--theme": (f"train palindrome {TINY} --steps 2", "@ --theme light"),  # with a terminal: `test_themes.py`
    },
    "resume": {
        "--runs": ("resume few", "resume few --runs {}/nowhere"),
        "--json": ("resume few", "@ --json"),
        "--plain": ("resume more", "@ --plain"),
        "--every": ("resume more", "@ --every 5s"),
        "--theme": ("resume more", "@ --theme light"),
        "--steps": ("resume few --json", "@ --steps 4"),
        "--stop-at": ("resume few --json", "@ --stop-at 0.5"),
        "--patience": ("resume few --json", "@ --patience 1"),
        "--lr": ("resume few --json --steps 4", "@ --lr 0.5"),
        "--clip": ("resume few --json --steps 4", "@ --clip 0.001"),
        "--device": ("resume few --json", "@ --device cuda:99"),
        "--threads": ("resume few --json", "@ --threads 2"),
        "--kernel": ("resume few --json --steps 4", "@ --kernel reference"),
        "--at": ("resume few --json --steps 4", "@ --at 0"),
        "--yes": ("resume few --json --steps 4 --at 0", "@ --yes"),
    },
    "attach": {
        "--theme": ("attach few", "@ --theme light"),
        "--all": ("attach few", "@ --all"),
        "--plain": ("attach few", "@ --plain"),  # with a terminal, in `test_plain.py`
        "--every": ("attach few", "@ --every 5s"),
        "--runs": ("attach few", "@ --runs {}/nowhere"),
    },
    "serve": {
        "--host": ("serve few", "@ --host 203.0.113.1"),
        "--port": ("serve few", "@ --port 0"),
        "--theme": ("serve few", "@ --theme none"),
        "--runs": ("serve few", "@ --runs {}/nowhere"),
    },
    "stop": {"--runs": ("stop few", "@ --runs {}/nowhere")},
    "sweep": {
        "--theme": ("sweep mine --report", "@ --theme light"),
        "--name": ("sweep mine --report", "sweep mine --report --name other"),
        "--runs": ("sweep mine --report", "@ --runs {}/nowhere"),
        "--seeds": ("sweep mine", "@ --seeds 0"),
        "--workers": ("sweep mine", "@ --workers 0"),
        "--limit": ("sweep mine", "@ --limit 5"),
        "--on": ("sweep mine --report", "@ --on ray"),  # clusters: `test_ray_sweep.py`, `test_slurm_sweep.py`
        "--slurm": ("sweep mine", "@ --slurm time=5"),
        "--dry-run": ("sweep mine", "@ --dry-run"),
        "--shared": ("sweep mine", "@ --shared"),
        "--cpus-per-run": ("sweep mine", "@ --cpus-per-run 2"),
        "--gpus-per-run": ("sweep mine", "@ --gpus-per-run 1"),
        "--report": ("sweep lengths", "@ --report"),
        "--to": ("sweep mine --report", "@ --to {}/results"),
        "--overwrite": ("sweep mine --report --to {}/tables", "@ --overwrite"),
        "--reference": ("sweep mine --report", "@ --reference {}/nowhere.json"),
        "--json": ("sweep mine --report", "@ --json"),
    },
    "sample": {
        "--prompt": ("sample tiny --length 20", "@ --prompt green"),
        "--encoding": ("sample tiny --length 5", "@ --encoding cp437"),  # of what is typed there is none
        "--length": ("sample tiny", "@ --length 20"),
        "--temperature": ("sample tiny --length 20", "@ --temperature 2"),
        "--top-k": ("sample tiny --length 20 --temperature 2", "@ --top-k 1"),
        "--top-p": ("sample tiny --length 20 --temperature 2", "@ --top-p 0.1"),
        "--seed": ("sample tiny --length 20", "@ --seed 1"),
        "--stop-at": ("sample tiny --temperature 2", "@ --stop-at e"),
        "--at": ("sample tiny --length 20", "@ --at 0"),
        "--weights": ("sample tiny --length 5", "@ --weights averaged"),  # it has none
        "--step": ("sample tiny --length 20", "@ --step 0"),
        "--adapt": ("sample tiny --length 5 --json", "@ --adapt"),
        "--adapt-rate": ("sample tiny --length 5 --json --adapt", "@ --adapt-rate 0.5"),
        "--adapt-length": ("sample tiny --length 5 --json --adapt", "@ --adapt-length 3"),
        "--adapt-decay": ("sample tiny --length 5 --json --adapt", "@ --adapt-decay 0.5"),
        "--runs": ("sample tiny", "@ --runs {}/nowhere"),
        "--json": ("sample tiny --length 5", "@ --json"),
    },
    "write": {
        "--theme": ("write tiny --length 20", "@ --theme light"),
        "--prompt": ("write tiny --length 20", "@ --prompt green"),
        "--encoding": ("write tiny --length 5", "@ --encoding cp437"),  # of what is typed there is none
        "--length": ("write tiny", "@ --length 20"),
        "--temperature": ("write tiny --length 20", "@ --temperature 2"),
        "--temperatures": ("write tiny --length 20", "@ --temperatures 0,2"),
        "--at": ("write tiny --length 20", "@ --at 0,2"),
        "--weights": ("write tiny --length 5", "@ --weights averaged"),
        "--top-k": ("write tiny --length 20 --temperature 2", "@ --top-k 1"),
        "--top-p": ("write tiny --length 20 --temperature 2", "@ --top-p 0.1"),
        "--seed": ("write tiny --length 20", "@ --seed 1"),
        "--stop-at": ("write tiny --temperature 2", "@ --stop-at e"),
        "--check": ("write tiny --length 5", "@ --check html --samples 1"),
        "--samples": (
            "write tiny --length 5 --check html --samples 1",
            "write tiny --length 5 --check html --samples 2",
        ),
        "--svg": ("write tiny --length 5", "@ --svg {}/text.svg"),
        "--adapt": ("write tiny --length 5 --json", "@ --adapt"),
        "--adapt-rate": ("write tiny --length 5 --json --adapt", "@ --adapt-rate 0.5"),
        "--adapt-length": ("write tiny --length 5 --json --adapt", "@ --adapt-length 3"),
        "--adapt-decay": ("write tiny --length 5 --json --adapt", "@ --adapt-decay 0.5"),
        "--runs": ("write tiny", "@ --runs {}/nowhere"),
        "--json": ("write tiny --length 5", "@ --json"),
    },
    "score": {
        "--per-character": ("score tiny {}/few.txt", "@ --per-character"),
        "--encoding": ("score tiny {}/cp437.txt", "@ --encoding cp437"),
        "--at": ("score tiny {}/few.txt", "@ --at 0"),
        "--weights": ("score tiny {}/few.txt", "@ --weights averaged"),
        "--svg": ("score tiny {}/few.txt", "@ --svg {}/score.svg"),
        "--adapt": ("score tiny {}/few.txt --json", "@ --adapt"),
        "--adapt-rate": ("score tiny {}/few.txt --json --adapt", "@ --adapt-rate 0.5"),
        "--adapt-length": ("score tiny {}/few.txt --json --adapt", "@ --adapt-length 3"),
        "--adapt-decay": ("score tiny {}/few.txt --json --adapt", "@ --adapt-decay 0.5"),
        "--runs": ("score tiny {}/few.txt", "@ --runs {}/nowhere"),
        "--json": ("score tiny {}/few.txt", "@ --json"),
    },
    "units": {
        "--feature": ("units tiny", "@ --feature bottles"),
        "--by": ("units tiny", "@ --by mutual-information"),
        "--layer": ("units tiny", "@ --layer 1"),
        "--state": ("units tiny", "@ --state h"),
        "--top": ("units tiny", "@ --top 2"),
        "--characters": ("units tiny", "@ --characters 100"),
        "--similar": ("units tiny", "@ --similar bottles"),
        "--unit": ("units tiny --similar bottles --layer 1 --state h", "@ --unit 3"),
        "--at": ("units tiny", "@ --at 0"),
        "--weights": ("units tiny", "@ --weights averaged"),  # it has none
        "--encoding": ("units tiny {}/cp437.txt", "@ --encoding cp866"),
        "--figure": ("units tiny", "@ --figure {}/units.svg"),
        "--svg": ("units tiny", "@ --svg {}/units.svg"),
        "--runs": ("units tiny", "@ --runs {}/nowhere"),
        "--json": ("units tiny", "@ --json"),
    },
    "gradients": {
        "--cells": ("gradients --length 3", "@ --cells gru"),
        "--figure": ("gradients --length 3 --cells gru", "@ --figure {}/horizon.svg"),
        "--at": ("gradients few --length 3", "@ --at 0"),
        "--runs": ("gradients few --length 3", "@ --runs {}/nowhere"),
        "--json": ("gradients --length 3", "@ --json"),
        "--layers": ("gradients --length 3 --cells gru", "@ --layers 2"),
        "--hidden": ("gradients --length 3 --cells gru", "@ --hidden 9"),
        "--init": ("gradients --length 3 --cells gru", "@ --init normal"),
        "--length": ("gradients --length 3 --cells gru", "gradients --length 4 --cells gru"),
        "--input": ("gradients --length 3 --cells gru", "@ --input scalar"),
        "--batch": ("gradients --length 3 --cells gru", "@ --batch 5"),
        "--seed": ("gradients --length 3 --cells gru", "@ --seed 5"),
    },
    "runs": {"--runs": ("runs", "@ --runs {}/nowhere"), "--json": ("runs", "@ --json")},
    "runs show": {
        "--runs": ("runs show few", "@ --runs {}/nowhere"),
        "--json": ("runs show few", "@ --json"),
    },
    "runs rm": {"--runs": ("runs rm few", "@ --runs {}/nowhere"), "--yes": ("runs rm few", "@ --yes")},
    "compare": {
        "--theme": ("compare few", "@ --theme light"),
        "--metric": ("compare few --figure {}/a.svg", "@ --metric held-out"),
        "--by": ("compare few --figure {}/a.svg", "compare few --figure {}/b.svg --by seconds"),
        "--smooth": ("compare few --figure {}/a.svg", "@ --smooth 1"),
        "--log": ("compare few --figure {}/a.svg", "@ --log"),
        "--figure": ("compare few", "@ --figure {}/a.svg"),
        "--runs": ("compare few", "@ --runs {}/nowhere"),
        "--json": ("compare few", "@ --json"),
    },
    "plot": {
        "--figure": ("plot few", "@ --figure gradient"),
        "--to": ("plot few", "@ --to {}/a.svg"),
        "--format": ("plot few", "@ --format pdf"),
        "--width": ("plot few --to {}/a.svg", "@ --width page"),
        "--smooth": ("plot few --to {}/a.svg --smooth 1", "plot few --to {}/a.svg --smooth 2"),
        "--log": ("plot few --to {}/a.svg", "@ --log"),
        "--at": ("plot few --figure horizon --to {}/a.svg", "@ --at 0"),
        "--overwrite": ("plot few --figure curves --to {}/tables", "@ --overwrite"),
        "--runs": ("plot few", "@ --runs {}/nowhere"),
        "--json": ("plot few", "@ --json"),
    },
    "ravine": {
        "--figure": ("ravine --steps 30", "@ --figure {}/ravine.svg"),
        "--steps": ("ravine --json", "@ --steps 10"),
        "--json": ("ravine --steps 30", "@ --json"),
    },
    "gate": {
        "--theme": ("gate", "@ --theme light"),
        "--period": ("gate", "@ --period 7"),
        "--shift": ("gate", "@ --shift 0"),
        "--ratio": ("gate", "@ --ratio 0.1"),
        "--leak": ("gate --json", "@ --leak 0.1"),
        "--preset": ("gate", "@ --preset report"),
        "--from": ("gate", "@ --from 10"),
        "--to": ("gate", "@ --to 10"),
        "--figure": ("gate", "@ --figure {}/gate.svg"),
        "--json": ("gate", "@ --json"),
    },
    "corpora": {"--json": ("corpora", "@ --json")},
    "corpora get": {},
    "corpora add": {
        "--encoding": ("corpora add one {}/cp437.txt", "corpora add two {}/cp437.txt --encoding cp437"),
        "--most": ("corpora add one {}/small.txt.gz", "corpora add two {}/small.txt.gz --most 10"),
    },
    "corpora check": {
        "--batch": ("corpora check {}/small.txt", "@ --batch 7"),
        "--length": ("corpora check {}/small.txt", "@ --length 9"),
        "--encoding": ("corpora check {}/cp437.txt", "@ --encoding cp437"),
        "--json": ("corpora check {}/small.txt", "@ --json"),
    },
    "config": {"--json": ("config", "@ --json")},
    "config set": {},
    "config unset": {},
    "config path": {},
    "config edit": {},
    "doctor": {"--json": ("doctor", "@ --json")},
}
ELSEWHERE = {
    "--trust",  # what it allows is in `test_consent.py`
    "--detach",  # these three are in `test_detach.py`
    "--on-hangup",
    "--watch",
    "--on-end",  # these in `test_alerts.py`
    "--on-trouble",
    "--notify",
    "--test-alert",
}
# These open a screen where there is a terminal, and with the option none.
SCREENLESS = {
    "train": (f"train palindrome {TINY} --steps 2", "--headless"),
    "resume": ("resume more", "--headless"),
    "sweep": ("sweep mine", "--headless"),
    "write": ("write tiny --length 5", "--plain"),
    "compare": ("compare few", "--headless"),
    "gate": ("gate", "--headless"),
}


def commands() -> dict[str, list[str]]:
    """Every command and the options that it has, its help left out."""
    found: dict[str, list[str]] = {}

    def walk(name: str, command: Any) -> None:
        every = [param for param in command.params if param.param_type_name == "option"]
        found[name] = [param.opts[0] for param in every if param.name not in ("install_completion", "show_completion")]
        for word, inner in getattr(command, "commands", {}).items():
            walk(f"{name} {word}".strip(), inner)

    walk("", typer.main.get_command(app))
    return {name: [option for option in options if option != "--help"] for name, options in found.items()}


def test_every_option_of_every_command_has_a_case() -> None:
    for name, options in commands().items():
        known = set(CASES[name]) | ELSEWHERE | {*SCREENLESS.get(name, ())[1:]}
        known |= SETTINGS if name in ("train", "sweep") else set()
        assert set(options) <= known, name


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with runs `tiny` of a text, `few` that is finished and `more` that is not, a sweep `mine`, and texts."""
    place = tmp_path_factory.mktemp("template")
    (place / "small.txt").write_text(PROSE)
    (place / "few.txt").write_text("green bottles on the wall")
    (place / "cp437.txt").write_bytes(PROSE.replace("green", "grün").encode("cp437"))
    (place / "small.txt.gz").write_bytes(gzip.compress(PROSE.encode()))
    (place / "mine.toml").write_text("[base]\nhidden = 8\nsteps = 2\n[axes]\nlength = [3, 4]\n")
    (place / "tables").mkdir()
    for name in ("results.csv", "curves.svg"):
        (place / "tables" / name).touch()
    every = f"{TINY} --log-every 1 --headless --runs {place / 'runs'}"
    text = f"--preset report --steps 3 --save-every 2 --validate-every 2 --corpus {place / 'small.txt'}"
    done(f"train text {every} {text} --name tiny")
    done(f"train palindrome {every} --steps 2 --name few")
    Run.create(place / "runs", "more", make_settings("palindrome", {"steps": 2, "hidden": 8})).unlock()
    sweep = Sweep.open(place / "runs", None, find(str(place / "mine.toml")))
    end(sweep, "length3", test_accuracy=0.5)
    sweep.close()
    return place


@pytest.fixture
def things(template: Path, tmp_path: Path) -> Callable[[str], str]:
    """A copy of the template for one test; what it gives puts the folder's name into a command."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return lambda command: command.replace("{}", str(tmp_path))


def came_out(command: str, place: Path) -> tuple[object, ...]:
    """What a command says, how it ends, and what it draws; a folder's name left out, and how long it took."""
    result = rnntui(command)
    drawn = [path.read_bytes() for path in sorted(place.glob("*.svg"))]
    texts = (re.sub(r"[\d,.]+ (steps/s|s|min|ms)\b", "", stream) for stream in (result.stdout, result.stderr))
    return (*texts, result.exit_code, drawn)


@pytest.mark.parametrize(
    ("without", "with_it"),
    [pytest.param(*pair, id=f"{name} {case}") for name, own in CASES.items() for case, pair in own.items()],
)
def test_an_option_changes_what_comes_out(
    without: str, with_it: str, things: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnntui.commands.sweep.train", refuse_to_train)
    monkeypatch.setattr("rnntui.plots.sweep.accuracy", lambda *_, **how: None)  # a second each
    plain = came_out(things(without), tmp_path)
    assert came_out(things(with_it.replace("@", without)), tmp_path) != plain


def refuse_to_train(*_: object) -> None:
    raise ValueError("a sweep would train now")


@pytest.mark.parametrize("name", SCREENLESS)
def test_without_a_screen_none_is_opened_where_there_is_a_terminal(
    name: str, things: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    for place in ("tui.training.app.open_screen", "tui.sweep.app.open_sweep", "tui.base.viewer.look_at"):
        monkeypatch.setattr(f"rnntui.{place}", lambda *_, place=place, **how: opened.append(place) or 0)
    monkeypatch.setattr("rnntui.commands.sweep.follow", lambda *_: 0)
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    command, screenless = SCREENLESS[name]
    done(command)
    assert len(opened) == 1
    for run in (folder() / name for name in ("more", "palindrome-lstm-1")):
        (run / "lock").unlink(missing_ok=True)  # what the screen would have let go
    done(f"{command} {screenless}")
    assert len(opened) == 1


# Settings


def tried() -> Iterator[tuple[str, str, str]]:
    """A task, a setting that it has, and a value that is not its default, with what that value needs beside it."""
    beside = {
        "dropout_between": "--layers 3",
        "hold": "--schedule cosine",
        "lr_decay_every": "--lr-decay 0.5",
        "average_decay": "--average ema",
        "momentum": "--optimizer momentum",
        "rho": "--optimizer rmsprop",
        "beta1": "--optimizer adam",
        "beta2": "--optimizer adam",
    }
    words = {"corpus": "pydoc", "period": "3:30", "shift": "2", "learn": "none", "device": "cpu", "name": "x"}
    for setting in fields(Settings):
        if setting.name == "task":
            continue
        task = next(iter(tasks_with(setting.name)), "palindrome")
        cell = f"--cell {setting.metadata['cells'][0]}" if setting.metadata["cells"] else ""
        if setting.type is bool:
            usual = getattr(launch.settings_of(task, {}, None), setting.name)
            value = option(f"no_{setting.name}" if usual else setting.name)
        elif kind_of(setting) in (int, float):
            value = f"{option(setting.name)} {0.25 if kind_of(setting) is float else 7}"
        else:
            value = (
                f"{option(setting.name)} {words.get(setting.name) or list(setting.metadata['choices'] or ('x',))[-1]}"
            )
        yield task, setting.name, f"{value} {cell} {beside.get(setting.name, '')}"


@pytest.mark.parametrize(("task", "name", "typed"), list(tried()))
def test_every_setting_of_train_is_recorded_as_it_was_typed(
    task: str, name: str, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Settings] = []
    monkeypatch.setattr(launch, "new_runs", lambda root, new, start: made.extend(settings for _, settings in new) or [])
    monkeypatch.setattr(front_end, "show", lambda *_, **how: 0)
    done(f"train {task} {typed}")
    usual = launch.settings_of(task, values({}), None)
    assert getattr(made[0], name) != getattr(usual, name)


def test_every_setting_is_read_by_what_trains() -> None:
    read = {
        node.attr
        for path in [*(PACKAGE / "core").rglob("*.py"), *(PACKAGE / "runs").rglob("*.py"), PACKAGE / "config.py"]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    assert {setting.name for setting in fields(Settings)} <= read


# What is refused, or said to have no effect


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("compare few --metric accuracy", "--metric is for curves, and none are drawn here: add --figure"),
        ("compare few --json --smooth 5", "--smooth is for curves"),
        ("compare few --headless --log", "--log is for curves"),
        ("compare few --by seconds", "--by is for curves"),
        ("compare few --figure {}/a.svg --metric held-out --smooth 5", "held-out losses are drawn as they are"),
        ("gradients --runs {}", "--runs is the folder of trained networks: name a run in it, or leave it out"),
        ("sample tiny --length 0 --stop-at x", "--stop-at ends the writing, and --length 0 writes nothing"),
        ("runs --json rm few", "--json: rm has no result to print"),
        ("corpora --json get anna", "--json: get has no result to print"),
        ("corpora --json add x {}/small.txt", "--json: add has no result to print"),
        ("write tiny --samples 3", "--samples is for --check latex or --check html"),
        ("write tiny --temperature 1 --temperatures 0,1", "leave one of them out"),
        ("write tiny --check html --svg {}/a.svg", "--svg draws texts and --check counts them"),
        ("gate --preset report --period 3", "leave out --period"),
    ],
)
def test_an_option_that_another_makes_idle_is_refused(
    command: str, sentence: str, things: Callable[[str], str]
) -> None:
    assert sentence in refused(things(command))


def test_an_option_before_the_subcommand_counts_as_one_behind_it(
    things: Callable[[str], str], corpus: Path, tmp_path: Path
) -> None:
    assert rnntui("runs --json show few").stdout == rnntui("runs show few --json").stdout
    assert "no run 'few'" in refused(f"runs --runs {tmp_path / 'nowhere'} show few")
    assert "no run 'few'" in refused(f"runs --runs {tmp_path / 'nowhere'} rm few --yes")
    assert rnntui(f"corpora --json check {corpus}").stdout == rnntui(f"corpora check {corpus} --json").stdout


@pytest.mark.parametrize("command", ["sample", "write"])
def test_what_draws_nothing_at_temperature_0_is_said_to_have_no_effect(command: str, text_run: Run) -> None:
    typed = f"{command} tiny --length 5 --temperature 0 --top-k 3 --seed 2"
    assert "most likely character is always taken: no effect of --top-k\n" in rnntui(typed).stderr
    assert "no effect of --top-k and --seed\n" in rnntui(f"{typed} --prompt green").stderr
    assert "no effect" not in rnntui(typed.replace("temperature 0", "temperature 1")).stderr


def test_the_version_is_shown_and_nothing_else_is_done() -> None:
    assert done("--version train palindrome").startswith("rnntui ")
    assert not folder().exists()


def test_settings_of_a_finished_run_that_are_not_used_are_said_with_json_too(things: Callable[[str], str]) -> None:
    assert "few is finished: step 2 (--lr not used)" in rnntui("resume few --lr 0.1 --json").stderr
    assert as_json("resume few --lr 0.1")["step"] == 2


@pytest.mark.parametrize("option", ["--at", "--step"])
def test_a_checkpoint_that_is_not_there_is_told_by_the_option_that_was_typed(option: str, text_run: Run) -> None:
    assert f"{option}: run 'tiny' has no checkpoint of step 7" in refused(f"sample tiny {option} 7")
    assert f"{option} must be a step, best or newest, not 'x'" in refused(f"sample tiny {option} x")
    assert "--at and --step are the same" in refused("sample tiny --at 0 --step 0")


def test_a_bound_on_what_is_fetched_or_unpacked_is_said_to_have_no_effect_on_other_texts(
    things: Callable[[str], str],
) -> None:
    said = "--most had no effect: nothing was fetched or unpacked\n"
    assert said in rnntui(things("corpora add one {}/small.txt --most 1G")).stderr
    assert said not in rnntui(things("corpora add two {}/small.txt.gz --most 1G")).stderr
    assert said not in rnntui(things("corpora add three {}/small.txt")).stderr


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"input_scale": 0.0}, "input scale must be above 0, not 0.0"),
        (
            {"cell": "rnn", "init": "chrono"},
            "init chrono sets a forget gate's bias and the rnn has none: take orthogonal",
        ),
        ({"period": "9:5", "cell": "phased"}, "period 9:5: the lowest period comes first: 5:9"),
        ({"optimizer": "sgd", "momentum": 0.5}, "momentum does not apply to the sgd: take optimizer momentum"),
    ],
)
def test_a_form_names_settings_as_it_shows_them(typed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match="--") as refusal:
        make_settings("palindrome", typed)
    assert with_captions(str(refusal.value)) == sentence
    assert with_captions("--lr: `rnntui resume x --lr 1`, --runs x") == "lr: `rnntui resume x --lr 1`, --runs x"
