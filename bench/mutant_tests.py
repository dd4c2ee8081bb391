"""Which test files are likeliest to notice that a line is broken, by what they import and name.

A file is the nearer to a module the more names of those it uses that the module defines and few others use, and the
fewer imports lead there. What starts many processes or runs the documents is asked last.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SLOW = {
    "test_alarms.py", "test_docs.py", "test_end_to_end.py", "test_extending.py", "test_faults.py",
    "test_hostile_strings.py", "test_imports.py", "test_mutated_folders.py", "test_pictures.py", "test_readme.py",
    "test_suspending.py", "test_twice.py",
}  # fmt: skip
NEAR = (3.0, 1.0, 0.4, 0.2, 0.1)  # what so many imports from a test file to a module are worth


def related(file: str, line: int, most: int) -> list[Path]:
    """The test files that a change of this line is shown to, likeliest first."""
    module = _module(ROOT / file)
    defined, enclosing = _defined(file), set(_enclosing(file, line))
    scores = {}
    for test, words in _names().items():
        common = sum((3.0 if name in enclosing else 1.0) / _spread()[name] for name in defined & words)
        distance = _distances(test).get(module)
        near = NEAR[distance] if distance is not None and distance < len(NEAR) else 0.0
        like = sum(part in test.stem for part in Path(file).with_suffix("").parts[2:])  # `phased` in `test_phased`
        scores[test] = (common + near + like) * (0.1 if test.name in SLOW else 1.0)
    return sorted(scores, key=lambda test: (-scores[test], test.name))[:most]


@cache
def _names() -> dict[Path, set[str]]:
    return {test: set(_named(test)) for test in sorted((ROOT / "tests").glob("test_*.py"))}


def _named(test: Path) -> Iterator[str]:
    """The names that its code uses."""
    for node in ast.walk(_tree(test)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg


@cache
def _spread() -> Counter[str]:
    """In how many test files a name stands."""
    return Counter(word for words in _names().values() for word in words)


@cache
def _defined(file: str) -> set[str]:
    """Names that a module gives to what it has: functions, classes, methods, constants and fields."""
    names = set()
    for node in ast.walk(_tree(ROOT / file)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
    for node in _tree(ROOT / file).body:
        if isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return {name for name in names if not name.startswith("__")}


def _enclosing(file: str, line: int) -> list[str]:
    kinds = (ast.FunctionDef, ast.ClassDef)
    nodes = (node for node in ast.walk(_tree(ROOT / file)) if isinstance(node, kinds))
    return [node.name for node in nodes if node.lineno <= line <= (node.end_lineno or 0)]


@cache
def _distances(test: Path) -> dict[str, int]:
    """How many imports lead from a test file to each module of rnntui; helpers of the tests count as itself."""
    known: dict[str, int] = {}
    seen, now = set(), {test}
    while now - seen:  # a test and its helpers
        seen |= now
        named = {name for path in now for name in _imports(path)}
        now = {ROOT / "tests" / f"{name}.py" for name in named} & set((ROOT / "tests").glob("*.py"))
    reached = {name for path in seen for name in _imports(path) if name in _modules()}
    for distance in range(len(NEAR)):
        known.update({name: distance for name in reached if name not in known})
        reached = {further for name in reached for further in _imports(_modules()[name]) if further in _modules()}
    return known


@cache
def _modules() -> dict[str, Path]:
    return {_module(path): path for path in (ROOT / "rnntui").rglob("*.py")}


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def _imports(path: Path) -> set[str]:
    """The modules that a file imports, also in a function; `from a import b` may mean `a.b`."""
    names = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())
