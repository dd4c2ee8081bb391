"""The ways to break a line of Python, each a small change of its text: what `mutants.py` draws from.

Left alone is what does nothing when it runs or only says something: docstrings, imports, type hints, decorators,
assertions, what is raised, and f-strings.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.Gt: ast.Lt,
    ast.LtE: ast.GtE,
    ast.GtE: ast.LtE,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
NEIGHBOUR: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
OTHER: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
}
ALIKE = {"max", "min", "cast"}  # calls that two arguments may change places in


@dataclass(frozen=True)
class Change:
    """A piece of a file, from one place to another in bytes, and what stands there instead."""

    line: int
    kind: str
    start: int
    end: int
    text: str

    def of(self, source: bytes) -> bytes:
        """The file with it."""
        return source[: self.start] + self.text.encode() + source[self.end :]

    def told(self, source: bytes) -> str:
        """What stood there, and what stands there now."""
        return f"{self.kind}: {_short(source[self.start : self.end].decode())} -> {_short(self.text)}"


def changes(source: bytes) -> list[Change]:
    """All changes of a file, in the order of its lines."""
    lines = source.splitlines(keepends=True)
    starts = [sum(map(len, lines[:k])) for k in range(len(lines))]
    found = []
    for node in _alive(ast.parse(source)):
        for kind, place, text in _of(node):
            start = starts[place.lineno - 1] + place.col_offset
            end = starts[place.end_lineno - 1] + place.end_col_offset
            if text != source[start:end].decode():
                found.append(Change(place.lineno, kind, start, end, text))
    return sorted(found, key=lambda change: (change.line, change.start, change.kind, change.text))


def _alive(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below that do something when they run."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_left_alone(child):
                yield child
                yield from _alive(child)


def _is_left_alone(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Raise | ast.Assert | ast.JoinedStr)


def _of(node: ast.AST) -> Iterator[tuple[str, ast.AST, str]]:
    """The kind of each change of a node, what is replaced and by what."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for kind, table in (("comparison swapped", OPPOSITE), ("boundary off by one", NEIGHBOUR)):
            if other := table.get(type(node.ops[0])):
                yield kind, node, ast.unparse(ast.Compare(node.left, [other()], node.comparators))
    elif isinstance(node, ast.BinOp) and type(node.op) in OTHER and not _is_text(node.left):
        other_op = OTHER[type(node.op)]()
        yield "operator changed", node, f"({ast.unparse(ast.BinOp(node.left, other_op, node.right))})"
    elif isinstance(node, ast.BoolOp):
        other_bool = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "and for or", node, f"({ast.unparse(ast.BoolOp(other_bool, node.values))})"
    elif isinstance(node, ast.Constant):
        yield from _of_constant(node)
    elif isinstance(node, ast.Call) and len(node.args) >= 2:
        first, second, *more = node.args
        if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred) and _name(node) not in ALIKE:
            swapped = ast.Call(node.func, [second, first, *more], node.keywords)
            yield "arguments swapped", node, ast.unparse(swapped)
    elif isinstance(node, ast.Return) and node.value is not None:
        yield "return value dropped", node.value, "None"
    elif isinstance(node, ast.Expr | ast.AugAssign | ast.Delete | ast.Continue | ast.Break):
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield | ast.YieldFrom)):
            yield "statement removed", node, "pass"
    elif isinstance(node, ast.Assign) and all(
        isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets
    ):
        yield "statement removed", node, "pass"
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        yield "condition negated", node.test, f"(not ({ast.unparse(node.test)}))"
    if isinstance(node, ast.comprehension):
        for condition in node.ifs:
            yield "condition negated", condition, f"(not ({ast.unparse(condition)}))"


def _of_constant(node: ast.Constant) -> Iterator[tuple[str, ast.AST, str]]:
    value = node.value
    if isinstance(value, bool):
        yield "constant changed", node, str(not value)
    elif isinstance(value, int):
        yield "constant changed", node, str(value + 1)
    elif isinstance(value, float):
        yield "constant changed", node, repr(value * 2 or 1.0)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 90 else f"{text[:89]}…"
