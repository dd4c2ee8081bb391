"""The names of classes: one thing has one name, and one name is one thing's."""

import ast
from collections import defaultdict
from pathlib import Path

import rnntui

PACKAGE = Path(rnntui.__file__).parent


def test_no_two_classes_have_one_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(file.relative_to(PACKAGE).as_posix())
    assert len(places) > 100
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_file_of_the_screens_is_longer_than_300_lines() -> None:
    files = list((PACKAGE / "tui").rglob("*.py"))
    assert len(files) > 100
    long = {
        str(file.relative_to(PACKAGE)): count for file in files if (count := len(file.read_text().splitlines())) > 300
    }
    assert long == {}
