"""The club in this terminal: a chat, lines from a pipe, JSON for tools, and the tour of the demo."""

import logging
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import TextIO

from adapters.terminal import screens
from adapters.terminal.platform import NAME, TerminalPlatform
from adapters.terminal.room import PRIVATE, WORKSPACE
from adapters.terminal.screen import Screen
from bot.domain.address import shown
from bot.domain.errors import Conflict
from bot.domain.ids import AccountRef, InvocationId, WorkspaceRef
from bot.domain.source import Problem
from bot.domain.team import Role, Team
from bot.domain.visible import escaped
from bot.ports.store import Transaction
from bot.runtime import log
from bot.runtime.bootstrap import Club, open_club
from bot.runtime.lists import News, refuse_missing
from bot.runtime.progress import on_terminal
from bot.runtime.settings import Settings, data_folder, load
from bot.runtime.stage import LocalStage
from bot.runtime.streams import give_screen_to_chat
from bot.service import teams
from bot.service.entries import SyncReport

MAX_PROBLEMS = 10
SAMPLE = files("bot.sample") / "reading-list.md"
SCRATCH = "chat.db"
"""The database of private chats in the data folder, unless DOGEAR_DATABASE names another."""


@dataclass(frozen=True)
class Seat:
    """Which chat it is: a private one over `lists`, or one with this team over its own lists."""

    team: str = teams.DEFAULT_TEAM
    lists: Sequence[Path] = ()


async def demo() -> None:
    """The bundled list over a temporary database: a chat on a terminal, else the tour."""
    give_screen_to_chat()
    with tempfile.TemporaryDirectory(prefix="dogear-") as folder, as_file(SAMPLE) as sample:
        settings, seat = load(database=f"sqlite:///{folder}/demo.db"), Seat(lists=[sample])
        if _with_person():
            screen = screens.interactive()
            log_file = Path(folder, "demo.log")
            await talk(settings, screen, speaker="you", role=Role.ADMIN, seat=seat, log_file=log_file)
        else:
            from bot.runtime.tour import STEPS

            screen = screens.tour(STEPS, sys.stdout)
            await talk(settings, screen, speaker="Ana", role=Role.ADMIN, seat=seat)


async def chat(settings: Settings, *, speaker: str, role: Role, seat: Seat, as_json: bool, verbose: bool) -> None:
    """Chat until the input ends. On a terminal the log goes to a file, or with `verbose` to the screen.

    The first line says whose chat it is and where its data is; with JSON it goes to standard error. Raises NotFound for
    a missing list or an unknown team.
    """
    give_screen_to_chat()
    if seat.lists:
        refuse_missing(map(str, seat.lists))
        if not settings.database:
            settings = settings.model_copy(update={"database": f"sqlite:///{data_folder() / SCRATCH}"})
    log_file = data_folder() / "chat.log" if _with_person() and not (verbose or as_json) else None
    await talk(
        settings,
        _screen(as_json=as_json),
        speaker=speaker,
        role=role,
        seat=seat,
        log_file=log_file,
        told=sys.stderr if as_json else sys.stdout,
    )


def _with_person() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _screen(*, as_json: bool) -> Screen:
    if as_json:
        return screens.json_lines(sys.stdin, sys.stdout)
    if _with_person():
        return screens.interactive(data_folder() / "history")
    return screens.plain(sys.stdin, sys.stdout)


async def talk(
    settings: Settings,
    screen: Screen,
    *,
    speaker: str,
    role: Role,
    seat: Seat,
    log_file: Path | None = None,
    told: TextIO | None = None,
) -> None:
    """Run the chat on this screen. With `log` the log goes to that file.

    First the line about whose chat it is goes to `told`, and problems of the list to standard error.
    """
    local = PRIVATE if seat.lists else WORKSPACE
    admins = [AccountRef(local.platform, speaker)] if role is Role.ADMIN else []
    async with open_club(settings, migrate=True, local=local, admins=admins) as club:
        found, where = await club.runner.write(lambda tx: _seated(tx, settings, seat))
        if told is not None:
            print(escaped(_first_line(settings, seat, found)), file=told, flush=True)
        report = await _read(club, found, seat)
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
            workspace=where,
        )
        club.join(platform)
        async with AsyncExitStack() as stack:
            if log_file is not None:
                stack.enter_context(log.aside(log_file))
            if _with_person():
                club.lists.heard = partial(_tell, screen)
                await stack.enter_async_context(club.at_work(team=found))
            await platform.run(club.dispatcher, club.vault)


def _tell(screen: Screen, news: News) -> None:
    """Print a line for every change of the list while the chat is open."""
    for _, line in news.lines():
        screen.remark(line)


def _print_problems(problems: Sequence[Problem]) -> None:
    for problem in problems[:MAX_PROBLEMS]:
        print(f"dogear: {problem}", file=sys.stderr)
    if len(problems) > MAX_PROBLEMS:
        print(f"dogear: and {len(problems) - MAX_PROBLEMS:,} more problems; “dogear check” lists all", file=sys.stderr)


def _first_line(settings: Settings, seat: Seat, team: Team) -> str:
    kept = shown(settings.database_url)
    if seat.lists:
        over = " and ".join(map(str, seat.lists))
        return f"Private chat over {over}, saved as team “{team.name}” in {kept}. No other team sees it."
    return f"You are talking with team “{team.name}” in {kept}, over the team's own lists."


async def _read(club: Club, team: Team, seat: Seat) -> SyncReport:
    if seat.lists:
        return await club.lists.use(team, seat.lists, on_terminal, level=logging.INFO)
    return await club.lists.sync(team, on_terminal)


def _seated(tx: Transaction, settings: Settings, seat: Seat) -> tuple[Team, WorkspaceRef]:
    """The team of the chat, and the terminal's workspace in it.

    Raises NotFound for an unknown team, and Conflict if a private chat is impossible here.
    """
    if seat.lists:
        return teams.private(tx, PRIVATE, NAME, settings.zone), PRIVATE
    team = (
        teams.get_or_create_default(tx, settings.zone)
        if seat.team == teams.DEFAULT_TEAM
        else teams.named(tx, seat.team)
    )
    if team.name == teams.PRIVATE_TEAM and teams.is_private(tx, PRIVATE):
        raise Conflict(f"Team “{team.name}” is for private chats.", hint="Start one: dogear chat --list PATH")
    teams.join(tx, WORKSPACE, NAME, team)
    tx.teams.assign(WORKSPACE, team.id)
    return team, WORKSPACE
