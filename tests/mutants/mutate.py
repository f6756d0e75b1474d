"""All the small faults that can be put into a module, each an edit of one place in its text."""

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_LEFT_OUT = ("log.", "logging.", "structlog.", "dataclass", "TypeVar")
SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """Bytes `start` to `end` of the module become `new`."""

    line: int
    start: int
    end: int
    new: str
    kind: str

    def apply(self, source: bytes) -> bytes:
        return source[: self.start] + self.new.encode() + source[self.end :]

    def compiles(self, source: bytes) -> bool:
        try:
            compile(self.apply(source), "mutant", "exec")
        except (SyntaxError, ValueError):
            return False
        return True


def mutants(source: bytes) -> list[Mutant]:
    """Every mutant of a module, in the order of their lines. A few do not compile."""
    finder = _Finder(source)
    finder.visit(ast.parse(source))
    return sorted(finder.found, key=lambda one: (one.line, one.start))


class _Finder(ast.NodeVisitor):
    """Left out: annotations and names for types, docstrings, assertions (they are for the type checker), f-strings (Python 3.11 gives
    no positions inside them), imports, options of dataclasses, and what is logged.
    """

    def __init__(self, source: bytes) -> None:
        self.found: list[Mutant] = []
        self._starts = [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def visit(self, node: ast.AST) -> None:
        if (
            isinstance(node, ast.Assert | ast.JoinedStr | ast.Import | ast.ImportFrom)
            or _is_left_out(node)
            or _is_type(node)
        ):
            return
        for of, changes in _CHANGES.items():
            if isinstance(node, of):
                for kind, new in changes(node):
                    self._add(node, kind, new)
        if isinstance(node, ast.If | ast.While):
            self._add(node.test, "never", "False")
            self._add(node.test, "negated", f"not ({ast.unparse(node.test)})")
        for field, value in ast.iter_fields(node):
            if field in {"annotation", "returns", "type_comment", "type_params", "ctx"}:
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _is_text(child):
                    self.visit(child)

    def _add(self, node: ast.AST, kind: str, new: str) -> None:
        assert isinstance(node, ast.expr | ast.stmt)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._starts[node.lineno - 1] + node.col_offset
        end = self._starts[node.end_lineno - 1] + node.end_col_offset
        self.found.append(Mutant(node.lineno, start, end, new, kind))


def _is_text(node: ast.AST) -> bool:
    """A docstring of a module, class, function or constant."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_type(node: ast.AST) -> bool:
    return isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias"


def _is_left_out(node: ast.AST) -> bool:
    call = node.value if isinstance(node, ast.Expr) else node
    return isinstance(call, ast.Call) and ast.unparse(call.func).startswith(_LEFT_OUT)


def _comparison(node: ast.Compare) -> Iterator[tuple[str, str]]:
    for index, operator in enumerate(node.ops):
        new = deepcopy(node)
        new.ops[index] = COMPARED[type(operator)]()
        yield "comparison", f"({ast.unparse(new)})"


def _condition(node: ast.BoolOp) -> Iterator[tuple[str, str]]:
    new = deepcopy(node)
    new.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield "and/or", f"({ast.unparse(new)})"
    for index in range(len(node.values)):
        rest = node.values[:index] + node.values[index + 1 :]
        yield "condition dropped", f"({ast.unparse(rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest))})"


def _negation(node: ast.UnaryOp) -> Iterator[tuple[str, str]]:
    if isinstance(node.op, ast.Not | ast.USub):
        yield "negation dropped", f"({ast.unparse(node.operand)})"


def _arithmetic(node: ast.BinOp) -> Iterator[tuple[str, str]]:
    if type(node.op) in CALCULATED:
        new = deepcopy(node)
        new.op = CALCULATED[type(node.op)]()
        yield "arithmetic", f"({ast.unparse(new)})"


def _constant(node: ast.Constant) -> Iterator[tuple[str, str]]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", repr(not value)
    elif isinstance(value, int | float):
        yield "constant", repr(value + 1)
        if value >= 1:
            yield "constant", repr(value - 1)
    elif isinstance(value, str):
        yield "word", repr(value + "x")


def _call(node: ast.Call) -> Iterator[tuple[str, str]]:
    for index in range(len(node.keywords)):
        new = deepcopy(node)
        del new.keywords[index]
        yield "argument dropped", ast.unparse(new)
    if isinstance(node.func, ast.Name) and node.func.id in SWAPPED:
        new = deepcopy(node)
        new.func = ast.Name(SWAPPED[node.func.id])
        yield "function swapped", ast.unparse(new)


def _comprehension(
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
) -> Iterator[tuple[str, str]]:
    for index, generator in enumerate(node.generators):
        if generator.ifs:
            new = deepcopy(node)
            new.generators[index].ifs = []
            yield "filter dropped", ast.unparse(new)


def _choice(node: ast.IfExp) -> Iterator[tuple[str, str]]:
    yield "one side", f"({ast.unparse(node.body)})"
    yield "one side", f"({ast.unparse(node.orelse)})"


def _return(node: ast.Return) -> Iterator[tuple[str, str]]:
    if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield "nothing returned", "return None"


def _statement(node: ast.stmt) -> Iterator[tuple[str, str]]:
    kept = isinstance(node, ast.Assign) and all(isinstance(target, ast.Name | ast.Tuple) for target in node.targets)
    if not kept and not _is_text(node):
        yield "statement dropped", "pass"


def _jump(node: ast.stmt) -> Iterator[tuple[str, str]]:
    yield "jump", "break" if isinstance(node, ast.Continue) else "continue"


_CHANGES: dict[type[ast.AST], Callable[..., Iterator[tuple[str, str]]]] = {
    ast.Compare: _comparison,
    ast.BoolOp: _condition,
    ast.UnaryOp: _negation,
    ast.BinOp: _arithmetic,
    ast.Constant: _constant,
    ast.Call: _call,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
    ast.IfExp: _choice,
    ast.Return: _return,
    ast.Expr: _statement,
    ast.Assign: _statement,
    ast.AugAssign: _statement,
    ast.Raise: _statement,
    ast.Delete: _statement,
    ast.Continue: _jump,
    ast.Break: _jump,
}
