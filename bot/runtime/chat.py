"""The club in this terminal: a chat, lines from a pipe, JSON for tools, and the tour of the demo."""

import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from importlib.resources import as_file, files
from pathlib import Path

from adapters.terminal import screens
from adapters.terminal.platform import TerminalPlatform
from adapters.terminal.room import WORKSPACE
from adapters.terminal.screen import Screen
from bot.domain.ids import InvocationId
from bot.domain.source import Problem
from bot.domain.team import Role, Team
from bot.ports.store import Transaction
from bot.runtime import log
from bot.runtime.bootstrap import open_club
from bot.runtime.progress import on_terminal
from bot.runtime.settings import Settings, data_folder, load
from bot.runtime.stage import LocalStage
from bot.service import teams

MAX_PROBLEMS = 10
SAMPLE = files("bot.sample") / "reading-list.md"


async def demo() -> None:
    """The bundled list over a database that is thrown away: a chat with a person, else the tour."""
    with tempfile.TemporaryDirectory(prefix="dogear-") as folder, as_file(SAMPLE) as sample:
        settings = load(database=f"sqlite:///{folder}/demo.db", list=str(sample))
        if _with_person():
            screen = screens.interactive()
            log_file = Path(folder, "demo.log")
            await talk(settings, screen, speaker="you", role=Role.ADMIN, team=teams.DEFAULT_TEAM, log_file=log_file)
        else:
            from bot.runtime.tour import STEPS

            screen = screens.tour(STEPS, sys.stdout)
            await talk(settings, screen, speaker="Ana", role=Role.ADMIN, team=teams.DEFAULT_TEAM)


async def chat(settings: Settings, *, speaker: str, role: Role, team: str, as_json: bool, verbose: bool) -> None:
    """Talk until the lines are over. With a person the log goes to a file, `verbose` leaves it on the screen."""
    log_file = data_folder() / "chat.log" if _with_person() and not (verbose or as_json) else None
    await talk(settings, _screen(as_json=as_json), speaker=speaker, role=role, team=team, log_file=log_file)


def _with_person() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _screen(*, as_json: bool) -> Screen:
    if as_json:
        return screens.json_lines(sys.stdin, sys.stdout)
    if _with_person():
        return screens.interactive(data_folder() / "history")
    return screens.plain(sys.stdin, sys.stdout)


async def talk(
    settings: Settings, screen: Screen, *, speaker: str, role: Role, team: str, log_file: Path | None = None
) -> None:
    """Hold the chat on this screen, the log going to the file if one is given; problems of the list are told first."""
    async with open_club(settings, migrate=True) as club:
        found = await club.runner.write(lambda tx: _seated(tx, settings, team))
        paths = [Path(settings.list)] if settings.list else None
        report = await (club.lists.use(found, paths, on_terminal) if paths else club.lists.sync(found, on_terminal))
        _print_problems(report.problems)
        stage = LocalStage(
            clock=club.clock,
            runner=club.runner,
            ticker=club.ticker,
            deliverer=club.deliverer,
            lists=club.lists,
            team=found,
        )
        platform = TerminalPlatform(
            stage=stage,
            screen=screen,
            invocation_id=lambda: InvocationId(f"terminal:{club.clock.token()}"),
            speaker=speaker,
            role=role,
            command=settings.word,
        )
        club.join(platform)
        async with AsyncExitStack() as stack:
            if log_file is not None:
                stack.enter_context(log.aside(log_file))
            if _with_person():
                await stack.enter_async_context(club.at_work())
            await platform.run(club.dispatcher, club.vault)


def _print_problems(problems: Sequence[Problem]) -> None:
    for problem in problems[:MAX_PROBLEMS]:
        print(f"dogear: {problem}", file=sys.stderr)
    if len(problems) > MAX_PROBLEMS:
        print(f"dogear: and {len(problems) - MAX_PROBLEMS:,} more problems; “dogear check” lists all", file=sys.stderr)


def _seated(tx: Transaction, settings: Settings, name: str) -> Team:
    """The team to talk in, with the terminal as one of its workspaces; raises NotFound for a team that is not there."""
    team = teams.get_or_create_default(tx, settings.zone) if name == teams.DEFAULT_TEAM else teams.named(tx, name)
    teams.join(tx, WORKSPACE, "this terminal", team)
    tx.teams.assign(WORKSPACE, team.id)
    return team
