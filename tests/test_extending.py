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
PLACES = {"CellSpec(": "CELLS: dict[str, CellSpec] = {", "TaskSpec(": "TASKS: dict[str, TaskSpec] = {"}
PLACES["OptimizerSpec("] = "OPTIMIZERS: dict[str, OptimizerSpec] = {"


def extend(package: Path) -> list[str]:
    """Write each printed file and add each printed line; the names of the files."""
    page = PAGE.read_text(encoding="utf-8")
    files = re.findall(r"^`rnntui/([\w/]+\.py)`\n\n```python\n(.*?)```", page, re.M | re.S)
    for name, code in files:
        (package / name).write_text(code, encoding="utf-8")
    lines = [block.rstrip() for block in re.findall(r"```python\n([^\n]*\n)```", page)]
    specs, cli = package / "specs.py", package / "cli.py"
    for line in lines:
        assert len(line) <= 120
        place = next((at for word, at in PLACES.items() if word in line), None)
        if place is None:
            cli.write_text(f"{cli.read_text()}\n\n{line}\n")
        else:
            assert place in specs.read_text()
            specs.write_text(specs.read_text().replace(place, f"{place}\n{line}"))
    assert len(lines) == len(files)
    return [name for name, _ in files]


def test_what_is_printed_is_one_file_and_one_line_and_is_used_everywhere(tmp_path: Path) -> None:
    package = tmp_path / "extended" / "rnntui"
    shutil.copytree(ROOT / "rnntui", package, ignore=shutil.ignore_patterns("__pycache__"))
    names = extend(package)
    assert len(names) == 6
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
