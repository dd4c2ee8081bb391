"""The README's commands, in their order, from a fresh clone: each is typed, and what it needs is there by then.

Training is made tiny and sweeps are only planned; fetching is answered without the network.
"""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command import rnntui
from conftest import PROSE

from rnntui import corpora
from rnntui.corpora.catalogue import Fetched, fetchable

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|toml)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
TINY = "--hidden 8 --batch 4 --threads 1 --headless"  # options that are given again count as they stand last


def lines(block: str) -> Iterator[str]:
    """The commands of a block, without what is said of them; those joined by `&&` one by one."""
    for line in block.splitlines():
        command = " ".join(shlex.split(line, comments=True, posix=False))
        yield from (part.strip() for part in command.split("&&") if part.strip())


def made_small(command: str) -> str:
    """The same command for networks that learn in no time."""
    words = command.split()
    if words[1] == "train":
        pair = len(words) == 2
        return f"{command} --threads 1 --headless" if pair else f"{command} {TINY} --steps 3 --length 5"
    if words[1] == "resume":
        return f"{command} --headless"
    return f"{command} --samples 2" if "--check" in words else command


class Steps:
    """What stands in the place of a screen, a fetch and a sweep that would take long."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.planned: list[str] = []
        monkeypatch.setattr("rnntui.commands.corpora.fetch", self.fetch)
        monkeypatch.setattr("rnntui.commands.sweep.train", self.plan)

    def fetch(self, name: str, into: Path, bar: Any) -> Fetched:
        into.mkdir(parents=True, exist_ok=True)
        text = {"latex": r"\section{One} $a$ and {b}.", "html": "<p>One <b>two</b> three.</p>"}.get(name, PROSE)
        (into / f"{name}.txt").write_text(text * 200)
        return Fetched(fetchable()[name], into / f"{name}.txt", already_there=False)

    def plan(self, root: Path, plan: Any, request: Any) -> Any:
        from rnntui.sweeps.folder import Sweep

        self.planned.append(plan.name)
        sweep = Sweep.open(root, request.name, plan)
        sweep.close()
        return sweep, 0


@pytest.mark.timeout(3_000)  # as many seconds as all of it takes where the machine has ten times as much to do
def test_every_command_of_the_readme_works_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_signals: None
) -> None:
    for name in ("RNNTUI_RUNS", "RNNTUI_CORPORA"):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    for path in ("README.md", "docs"):
        source = ROOT / path
        shutil.copytree(source, tmp_path / path) if source.is_dir() else shutil.copy(source, tmp_path)
    monkeypatch.setattr(corpora.places, "built_in", lambda name: PROSE * 3)
    smaller_pair(monkeypatch)
    steps = Steps(monkeypatch)
    typed = []
    for kind, block in BLOCKS:
        if kind == "toml":
            (tmp_path / "mine.toml").write_text(block)
            continue
        if "mybook.txt" in block:  # "with a text of yours, say mybook.txt"
            assert "With your own text, say `mybook.txt`:" in README
            (tmp_path / "mybook.txt").write_text(PROSE)
        for command in lines(block):
            program, *words = shlex.split(command)
            if program == "python":
                assert (ROOT / words[0]).is_file(), command
            elif "--detach" in words or words[:1] in (["attach"], ["serve"], ["stop"]):
                assert program == "rnntui", command  # with a terminal or pages, in `test_detach.py` and `test_serve.py`
            elif command == "rnntui":
                pass  # opens a screen: in `test_home.py`
            elif program == "rnntui":
                result = rnntui(made_small(command).removeprefix("rnntui "))
                assert result.exit_code == 0, (command, result.output)
                typed.append(words[0])
            else:
                assert program in ("pip", "pytest", "torchrun"), command  # torchrun is in `test_parallel.py`
    assert {"train", "resume", "sample", "write", "score", "sweep", "compare", "corpora", "gate"} <= set(typed)
    assert steps.planned[0] == "palindrome-cell-length-seed-1"


def smaller_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    """`rnntui train` alone, which takes no settings of size, with tiny ones."""
    from rnntui.commands import launch

    pair = launch.side_by_side

    def tiny(given: Any, preset: str | None) -> Any:
        small = {"hidden": 8, "batch": 4, "length": 5, "steps": 3}
        return [type(plan)(**{**vars(plan), **small}) for plan in pair(given, preset)]

    monkeypatch.setattr(launch, "side_by_side", tiny)


def test_the_test_command_is_the_one_that_is_run_by_the_checks() -> None:
    assert re.search(r"^pip install .* && pytest$", README, re.MULTILINE)
