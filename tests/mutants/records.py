"""Which tests run which line of the product, as `tests.mutants.gather` recorded it.

A line is known by its text and the function around it, so records stay valid when lines move.
"""

import ast
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from zlib import crc32


@dataclass(frozen=True, slots=True)
class Recorded:
    id: str
    seconds: float
    postgres: bool
    ran: Mapping[str, frozenset[int]]
    """For each module, the marks of the lines that it ran and of their functions."""
    imports: frozenset[str] = frozenset()
    """The modules that its file imports: it may compare their constants without running any of their functions."""

    @property
    def file(self) -> str:
        return self.id.split("::", maxsplit=1)[0]


def marks(source: bytes) -> list[tuple[int, int]]:
    """For each line from 1 on its own mark and that of its function; 0 for the latter outside of functions and in those
    whose results are cached, where a line runs in whatever test comes first.
    """
    lines = source.decode().split("\n")
    around = [""] * (len(lines) + 1)
    for name, node in _functions(ast.parse(source), ""):
        first, last = node.body[0].lineno, node.end_lineno
        assert last is not None
        cached = any("cache" in ast.unparse(decorator) for decorator in node.decorator_list)
        around[first : last + 1] = ["" if cached else name] * (last + 1 - first)
    found = [(0, 0)]
    for number, line in enumerate(lines, start=1):
        name = around[number]
        found.append((crc32(f"{name}:{line.strip()}".encode()), crc32(name.encode()) if name else 0))
    return found


def _functions(node: ast.AST, prefix: str) -> Iterable[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Outer functions before the inner ones."""
    for child in ast.iter_child_nodes(node):
        inner = f"{prefix}.{child.name}" if isinstance(child, _NAMED) else prefix
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield inner, child
        yield from _functions(child, inner)


_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def record_of(folder: Path, test_file: str) -> Path:
    return folder / (test_file.replace("/", "-") + ".json")


def is_recorded(folder: Path, root: Path, test_file: str) -> bool:
    """Whether the record was made of this very text of the test file."""
    record = record_of(folder, test_file)
    if not record.exists():
        return False
    return bool(json.loads(record.read_bytes())["hash"] == sha256((root / test_file).read_bytes()).hexdigest())


def recorded(folder: Path, root: Path, test_files: Iterable[str]) -> list[Recorded]:
    """The tests that passed. A file whose tests did not run has no record."""
    tests = []
    for test_file in test_files:
        if not record_of(folder, test_file).exists():
            continue
        imports = imported((root / test_file).read_bytes())
        for name, test in json.loads(record_of(folder, test_file).read_bytes())["tests"].items():
            if test["passed"]:
                ran = {path: frozenset(lines) for path, lines in test["ran"].items()}
                tests.append(Recorded(name, test["seconds"], test["postgres"], ran, imports))
    return tests


def imported(source: bytes) -> frozenset[str]:
    """The modules that a file names in its imports, as paths."""
    named: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            named.update(one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            named.update([node.module, *(f"{node.module}.{one.name}" for one in node.names)])
    return frozenset(f"{name.replace('.', '/')}.py" for name in named)


def chosen(tests: Sequence[Recorded], module: str, source: bytes, line: int, limit: float) -> list[Recorded]:
    """The tests for a mutant in this line, in the order in which to run them; of more than `limit` seconds the first.

    Tests on SQLite come first, then the fastest of each file, then the second of each. On PostgreSQL a test runs only
    for a mutant of the store, or where it has no twin on SQLite. A line that runs at import, or once for all tests, is tried
    with the tests of the files that import its module, then with those that run any function of it, and in a module without functions with
    those of its package.
    """
    own, function = marks(source)[line]
    covering = [test for test in tests if function and own in test.ran.get(module, ())]
    if not covering and function:
        covering = [test for test in tests if function in test.ran.get(module, ())]
    if not function:
        covering = [test for test in tests if test.ran.get(module) or module in test.imports]
    if not covering and not function:
        package = module.rsplit("/", maxsplit=1)[0]
        covering = [test for test in tests if any(path.rsplit("/", maxsplit=1)[0] == package for path in test.ran)]
    twins = {test.id.replace("[sqlite", "[postgresql") for test in covering if not test.postgres}
    covering = [
        test for test in covering if not test.postgres or module.startswith("store/sql") or test.id not in twins
    ]
    ranks: dict[str, int] = {}
    ordered = []
    for test in sorted(covering, key=lambda test: test.seconds):
        ranks[test.file] = ranks.get(test.file, 0) + 1
        named_elsewhere = not function and module not in test.imports
        ordered.append((test.postgres, named_elsewhere, ranks[test.file], test.seconds, test))
    taken: list[Recorded] = []
    seconds = 0.0
    for *_, test in sorted(ordered, key=lambda one: one[:4]):
        if not taken or seconds + test.seconds <= limit:
            seconds += test.seconds
            taken.append(test)
    return taken
