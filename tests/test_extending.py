"""What `docs/extending.md` prints is done to a copy of the package, and every front end is asked about it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "extending.md"
CELLS, TASKS, OPTIMIZERS = "specs/cells.py", "specs/tasks.py", "specs/optimizers.py"
VIEWS, TEXTS, COMMANDS = "tui/training/views.py", "corpora/builtin.py", "cli.py"
PLACES = {  # what a line begins with: the file that it goes to, and the line before it; at the end where there is none
    r'"\w+": CellSpec\(': (CELLS, "CELLS: dict[str, CellSpec] = {"),
    r'"\w+": TaskSpec\(': (TASKS, "TASKS: dict[str, TaskSpec] = {"),
    r'"\w+": OptimizerSpec\(': (OPTIMIZERS, "OPTIMIZERS: dict[str, OptimizerSpec] = {"),
    r'".+": "rnntui\.tui\.training\.': (VIEWS, '    "gates": "rnntui.tui.training.gates:GatesView",'),
    r'"\w+": BuiltIn\(': (TEXTS, "BUILT_IN = {"),
    r"_add\(": (COMMANDS, ""),
}


def extend(package: Path) -> list[str]:
    """Write each printed file and add each printed line; the names of the files."""
    page = PAGE.read_text(encoding="utf-8")
    files = re.findall(r"^`rnntui/([\w/]+\.(?:py|toml))`\n\n```(?:python|toml)\n(.*?)```", page, re.M | re.S)
    for name, code in files:
        assert len(code.splitlines()) <= 30
        (package / name).write_text(code, encoding="utf-8")
    lines = [block.rstrip() for block in re.findall(r"```python\n([^\n]*\n)```", page)]
    for line in lines:
        assert len(line) <= 120
        ((name, before),) = (place for begins, place in PLACES.items() if re.match(begins, line.strip()))
        file = package / name
        text = file.read_text(encoding="utf-8")
        assert text.count(f"{before}\n") == 1 or not before
        file.write_text(text.replace(f"{before}\n", f"{before}\n{line}\n") if before else f"{text}\n\n{line}\n")
    assert len(lines) == len([name for name, _ in files if name.endswith(".py")])
    return [name for name, _ in files]


def test_what_is_printed_is_one_file_and_one_line_and_is_used_everywhere(tmp_path: Path) -> None:
    package = tmp_path / "extended" / "rnntui"
    shutil.copytree(ROOT / "rnntui", package, ignore=shutil.ignore_patterns("__pycache__"))
    names = extend(package)
    assert len(names) == 9
    words = "-q -n 0 -c /dev/null -p no:cacheprovider -o asyncio_mode=auto"
    loops = "-o asyncio_default_fixture_loop_scope=function --rootdir"
    cases = str(Path(__file__).with_name("extended_cases.py"))
    environment = {**os.environ, "PYTHONPATH": str(package.parent), "HOME": str(tmp_path)}
    asked = subprocess.run(
        [sys.executable, "-m", "pytest", *words.split(), *loops.split(), str(tmp_path), cases],
        cwd=package.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode:
        pytest.fail(asked.stdout[-8_000:] + asked.stderr[-2_000:])
    assert re.search(r"^\d+ passed", asked.stdout, re.M)
