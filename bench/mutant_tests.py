"""Which tests can notice that a line is broken: those that run it, by the map of `mutant_coverage.py`.

What runs when its module is loaded (a constant, a field, a default) is noticed later: asked are the tests that run a
function of the module, or any line of rnntui with a name that the broken line gives, or whose own file has that name.

Likeliest first: the larger the part of what a test runs that lies in the broken file, and the shorter the test. Of a
test with many cases one comes early, the others later.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mutant_coverage import Map

ROOT = Path(__file__).parents[1]


def related(file: str, line: int, known: Map) -> list[str]:
    """The tests that a change of this line is shown to, likeliest first."""
    statement = _statement(_tree(file), line)
    if _is_in_function(_tree(file), statement):
        tests = {test for number in _lines(statement) for test in known.of(file, number)}
    else:
        tests = _after_loading(file, statement, known)
    return [known.tests[test] for test in _likeliest_first(tests, file, known)]


def _likeliest_first(tests: set[int], file: str, known: Map) -> list[int]:
    here, everywhere = _run_lines(file, known), _all_run_lines(known)

    def nearness(test: int) -> float:
        return here[test] / max(1, everywhere[test]) / (0.3 + known.seconds[test])

    ranked, cases = {}, Counter[str]()
    for test in sorted(tests, key=nearness, reverse=True):
        name = known.tests[test].partition("[")[0]
        cases[name] += 1
        ranked[test] = nearness(test) / cases[name]
    return sorted(ranked, key=lambda test: (-ranked[test], known.tests[test]))


def _after_loading(file: str, statement: ast.stmt, known: Map) -> set[int]:
    """The tests that may notice what a statement has done as its module was loaded."""
    names = set(_given(statement))
    tests = {test for line in _function_lines(file) for test in known.of(file, line)}
    for path in sorted(str(file.relative_to(ROOT)) for file in (ROOT / "rnntui").rglob("*.py")):
        for line, used in _names_by_line(path):
            if used in names:
                tests |= known.of(path, line)
    return tests | {k for k, test in enumerate(known.tests) if names & _names(test.partition("::")[0])}


def _given(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement gives to something."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
    for node in ast.walk(statement):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr


def _statement(tree: ast.Module, line: int) -> ast.stmt:
    """The smallest statement that has the line; of one with a body, the line is in its head."""
    having = (node for node in ast.walk(tree) if isinstance(node, ast.stmt))
    having = (node for node in having if node.lineno <= line <= (node.end_lineno or 0))
    return min(having, key=lambda node: (node.end_lineno or 0) - node.lineno)


def _lines(statement: ast.stmt) -> range:
    body = getattr(statement, "body", None)
    end = body[0].lineno if body else (statement.end_lineno or 0) + 1
    return range(statement.lineno, max(end, statement.lineno + 1))


def _is_in_function(tree: ast.Module, statement: ast.stmt) -> bool:
    return statement.lineno in _bodies(tree)


@cache
def _function_lines(file: str) -> frozenset[int]:
    return _bodies(_tree(file))


@cache
def _bodies(tree: ast.Module) -> frozenset[int]:
    """The lines that run when a function is called."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return frozenset(
        line
        for function in functions
        for node in function.body
        for line in range(node.lineno, (node.end_lineno or 0) + 1)
    )


@cache
def _names_by_line(file: str) -> frozenset[tuple[int, str]]:
    lines = _function_lines(file)
    return frozenset((line, name) for line, name in _named(_tree(file)) if line in lines)


@cache
def _names(file: str) -> frozenset[str]:
    return frozenset(name for _, name in _named(_tree(file)))


def _named(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The names that code uses, and their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.alias):
            yield node.lineno, node.name
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.lineno, node.arg


def _run_lines(file: str, known: Map) -> Counter[int]:
    """How many lines of a file each test runs."""
    return Counter(test for tests in known.lines.get(file, {}).values() for test in tests)


_COUNTED: dict[int, Counter[int]] = {}


def _all_run_lines(known: Map) -> Counter[int]:
    if id(known) not in _COUNTED:
        _COUNTED[id(known)] = sum((_run_lines(file, known) for file in known.lines), Counter())
    return _COUNTED[id(known)]


@cache
def _tree(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text())
