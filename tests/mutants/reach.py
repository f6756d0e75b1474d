"""A pytest plugin that prints for every property the share of its examples that reach one of its assertions.

What `assume` drops, and what returns before an assertion, does not reach it. Only properties run. One fails below a share of
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

import hypothesis
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
    """Counts for the test that runs now; a test without examples is not a property."""

    def __init__(self) -> None:
        self.all: dict[str, Reach] = {}
        self._now = Reach()
        machine_begins = RuleBasedStateMachine.__init__

        def begins(machine: RuleBasedStateMachine) -> None:
            self._now.begin()
            machine_begins(machine)

        cast(Any, RuleBasedStateMachine).__init__ = begins  # one machine is one example
        given: Any = hypothesis.given

        def counting(*args: Any, **kwargs: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
            decorate: Callable[..., Any] = given(*args, **kwargs)
            return lambda test: decorate(self._counted(test))

        cast(Any, hypothesis).given = counting  # this plugin is loaded before any test

    def _counted(self, test: Callable[..., Any]) -> Callable[..., Any]:
        asserted = assertions(test)

        @wraps(test)
        def counted(*args: Any, **kwargs: Any) -> Any:
            self._now.asserted |= asserted
            self._now.begin()
            return test(*args, **kwargs)

        return counted

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        dropped = [item for item in items if not is_property(item)]
        items[:] = [item for item in items if is_property(item)]
        config.hook.pytest_deselected(items=dropped)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        reach = self._now = self.all.setdefault(item.nodeid.partition("[")[0], Reach())
        ended = yield
        if reach.share < LEAST or reach.unreached:
            pytest.fail(described(reach), pytrace=False)
        return ended

    def pytest_assertion_pass(self, lineno: int) -> None:
        self._now.passed(lineno)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("examples that reach an assertion")
        for name, reach in sorted(self.all.items(), key=lambda one: one[1].share):
            terminalreporter.write_line(f"{described(reach)} {name}")


def is_property(item: pytest.Item) -> bool:
    """Whether it is given examples, itself or inside."""
    function = getattr(item, "obj", None)
    return getattr(function, "is_hypothesis_test", False) or "@given" in inspect.getsource(cast(Any, function))


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
