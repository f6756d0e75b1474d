"""The tool that makes mutants: what it changes, what it leaves alone, and which tests it runs for a change."""

import ast

import pytest

from tests.mutants.mutate import mutants
from tests.mutants.records import Recorded, chosen, imported, marks


def changes(source: str) -> set[str]:
    """The text after each mutation, as the parser has it."""
    return {ast.unparse(ast.parse(one.apply(source.encode()))) for one in mutants(source.encode())}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("f(a < b)", {"f(a <= b)", "pass"}),
        ("f(a and b)", {"f(a or b)", "f(a)", "f(b)", "pass"}),
        ("f(not a)", {"f(a)", "pass"}),
        ("a = 1", {"a = 2", "a = 0"}),
        ("a = True", {"a = False"}),
        ("a = 'sent'", {"a = 'sentx'"}),
        ("a.b = c", {"pass"}),
        ("raise a", {"pass"}),
        ("a = f(b, c=d)", {"a = f(b)"}),
        ("a = max(b)", {"a = min(b)"}),
        ("a = [b for b in c if b]", {"a = [b for b in c]"}),
        ("a = b if c else d", {"a = b", "a = d"}),
        ("a = 'é' + b", {"a = 'é' - b", "a = 'éx' + b"}),
        ("def f():\n    return a", {"def f():\n    return None"}),
        ("if a:\n    b = c", {"if False:\n    b = c", "if not a:\n    b = c"}),
        ("for a in b:\n    continue", {"for a in b:\n    break"}),
    ],
)
def test_each_mutant_is_one_small_fault(source: str, expected: set[str]) -> None:
    assert changes(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "'''A docstring.'''",
        "assert a == 1",
        "a = f'{b} 1'",
        "log.info('said', extra={'a': 1})",
        "import a",
        "a: 'B'",
        "A: TypeAlias = B[1]",
    ],
)
def test_what_people_never_see_is_left_alone(source: str) -> None:
    assert changes(source) == set()


MODULE = b"LIMIT = 2\n\ndef f():\n    a = 1\n    b = 2\n    return a\n"


def a_test(name: str, seconds: float, *lines: int, postgres: bool = False, imports: str = "") -> Recorded:
    ran = frozenset(mark for line in lines for mark in marks(MODULE)[line])
    return Recorded(name, seconds, postgres, {"bot/m.py": ran} if lines else {}, imported(imports.encode()))


def names(line: int, *tests: Recorded, module: bytes = MODULE, limit: float = 60) -> list[str]:
    return [test.id for test in chosen(tests, "bot/m.py", module, line, limit)]


def test_the_tests_of_a_line_run_with_the_fastest_of_each_file_first() -> None:
    found = names(4, a_test("a::1", 1, 4), a_test("a::2", 2, 4), a_test("b::1", 3, 4), a_test("c::1", 0.1, 5))

    assert found == ["a::1", "b::1", "a::2"]


def test_a_line_that_no_test_runs_is_tried_with_those_of_its_function() -> None:
    assert names(6, a_test("a::1", 1, 4), a_test("a::2", 1)) == ["a::1"]


def test_a_constant_of_a_module_is_tried_with_every_test_of_the_module() -> None:
    """Whichever test came first has run the line."""
    assert names(1, a_test("a::1", 1, 5), a_test("a::2", 2, 1, 5), a_test("a::3", 3)) == ["a::1", "a::2"]


def test_what_is_cached_is_tried_with_every_test_of_the_module() -> None:
    cached = MODULE.replace(b"def f", b"@cache\ndef f")

    assert names(5, a_test("a::1", 1, 4), a_test("a::2", 2, 5), a_test("a::3", 3), module=cached) == ["a::1", "a::2"]


@pytest.mark.parametrize("imports", ["import bot.m", "from bot.m import LIMIT", "from bot import m"])
def test_a_constant_is_tried_first_with_the_tests_of_files_that_import_it(imports: str) -> None:
    found = names(
        1, a_test("a::1", 1, 5), a_test("b::1", 2, imports=imports), a_test("c::1", 1, imports="import bot.n")
    )

    assert found == ["b::1", "a::1"]


def test_a_line_that_moved_keeps_its_tests() -> None:
    moved = b"LIMIT = 2\n" + MODULE

    assert names(5, a_test("a::1", 1, 4), a_test("a::2", 1, 5), module=moved) == ["a::1"]


def test_on_postgresql_only_tests_without_a_twin_run_outside_of_the_store() -> None:
    sqlite, twin = a_test("a::t[sqlite]", 1, 4), a_test("a::t[postgresql]", 1, 4, postgres=True)

    assert names(4, twin, sqlite) == ["a::t[sqlite]"]
    assert names(4, twin) == ["a::t[postgresql]"]


def test_what_takes_longer_than_the_limit_is_left_out() -> None:
    assert names(4, a_test("a::1", 5, 4), a_test("a::2", 6, 4), limit=10) == ["a::1"]
