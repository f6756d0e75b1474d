"""A pytest plugin that prints for every property the share of its examples that reach one of its assertions.

What `assume` drops, and what returns before an assertion, does not reach it. A property fails below a share of
`LEAST`, or if it has an assertion that no example reaches.
"""

import ast
import inspect
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, cast

import pytest
from hypothesis.stateful import RuleBasedStateMachine

LEAST = 0.3


@dataclass
class Reach:
    examples: int = 0
    reached: int = 0
    lines: Counter[int] = field(default_factory=Counter)
    asserted: frozenset[int] = frozenset()
    _pending: bool = False

    def begin(self) -> None:
        self.examples += 1
        self._pending = True

    def passed(self, line: int) -> None:
        self.lines[line] += 1
        self.reached += self._pending
        self._pending = False

    @property
    def share(self) -> float:
        return self.reached / max(1, self.examples)

    @property
    def unreached(self) -> list[int]:
        return sorted(self.asserted - set(self.lines))


class Reaches:
    """Counts for the property that runs now."""

    def __init__(self) -> None:
        self.all: dict[str, Reach] = {}
        self._now = Reach()
        machine_begins = RuleBasedStateMachine.__init__

        def begins(machine: RuleBasedStateMachine) -> None:
            self._now.begin()
            machine_begins(machine)

        cast(Any, RuleBasedStateMachine).__init__ = begins  # one machine is one example

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        function = getattr(item, "obj", None)
        handle = getattr(function, "hypothesis", None)
        if handle is None or not hasattr(handle, "inner_test"):
            return (yield)
        reach = self._now = self.all.setdefault(item.nodeid.partition("[")[0], Reach())
        if getattr(item, "cls", None) is None:
            reach.asserted = assertions(handle.inner_test)
        handle.inner_test = self._counted(handle.inner_test)
        ended = yield
        if reach.share < LEAST or reach.unreached:
            pytest.fail(described(reach), pytrace=False)
        return ended

    def _counted(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        def counted(*args: Any, **kwargs: Any) -> Any:
            self._now.begin()
            return inner(*args, **kwargs)

        return counted

    def pytest_assertion_pass(self, lineno: int) -> None:
        self._now.passed(lineno)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("examples that reach an assertion")
        for name, reach in sorted(self.all.items(), key=lambda one: one[1].share):
            terminalreporter.write_line(f"{described(reach)} {name}")


def assertions(function: Callable[..., Any]) -> frozenset[int]:
    """The lines of a function's own assertions."""
    lines, first = inspect.getsourcelines(function)
    tree = ast.parse(textwrap.dedent("".join(lines)))
    return frozenset(first + node.lineno - 1 for node in ast.walk(tree) if isinstance(node, ast.Assert))


def described(reach: Reach) -> str:
    missed = f", none reaches line {', '.join(map(str, reach.unreached))}" if reach.unreached else ""
    return f"{100 * reach.share:5.1f} % of {reach.examples}{missed}"


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Reaches())
