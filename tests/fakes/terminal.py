"""A terminal without a terminal: a platform over the fake core, and runs of it from lines to answers."""

import io
import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any

from adapters.terminal import screens
from adapters.terminal.platform import TerminalPlatform
from adapters.terminal.screen import Screen
from bot.domain.ids import InvocationId
from bot.domain.team import Role
from tests.fakes.core import FakeCore, FakeStage, NoVault


def a_counter(run: str = "run") -> Callable[[], InvocationId]:
    numbers = itertools.count(1)
    return lambda: InvocationId(f"{run}-{next(numbers)}")


def a_terminal(
    screen: Screen, stage: FakeStage, *, role: Role = Role.ADMIN, zone: str | None = None
) -> TerminalPlatform:
    platform = TerminalPlatform(
        stage=stage, screen=screen, invocation_id=a_counter(), speaker="ana", role=role, zone=zone
    )
    stage.platform = platform
    return platform


async def answers(
    *lines: str, core: FakeCore | None = None, stage: FakeStage | None = None, **how: Any
) -> list[dict[str, Any]]:
    """What `--json` writes for these lines."""
    core = core or FakeCore()
    sink = io.StringIO()
    screen = screens.json_lines(io.StringIO("\n".join(lines) + "\n"), sink)
    await a_terminal(screen, stage or FakeStage(core), **how).run(core, NoVault())
    return [json.loads(line) for line in sink.getvalue().splitlines()]


async def transcript(
    lines: Sequence[str], core: FakeCore | None = None, stage: FakeStage | None = None, width: int = 72
) -> str:
    """What is shown for these lines where there is no terminal."""
    core = core or FakeCore()
    sink = io.StringIO()
    screen = screens.plain(io.StringIO("\n".join(lines)), sink, width)
    await a_terminal(screen, stage or FakeStage(core)).run(core, NoVault())
    return sink.getvalue()
