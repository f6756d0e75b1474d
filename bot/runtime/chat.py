"""The club in this terminal: a chat, lines from a pipe, JSON for tools, and the tour of the demo."""

import logging
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import TextIO

from adapters.terminal import screens
from adapters.terminal.cards import EVERYTHING_IS_KEPT
from adapters.terminal.places import PRIVATE, WORKSPACE
from adapters.terminal.platform import NAME, TerminalPlatform
from adapters.terminal.screen import Screen, Step
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
from bot.runtime.settings import Settings, data_folder, load, typed_name
from bot.runtime.stage import LocalStage
from bot.runtime.streams import give_screen_to_chat
from bot.service import teams
from bot.service.entries import SyncReport

MAX_PROBLEMS = 10
SAMPLE = files("bot.sample") / "reading-list.md"
SCRATCH = "chat.db"
"""The database of private chats in the data folder, unless DOGEAR_DATABASE names another."""


BEN_ON_RULES = "Rule one would have saved us a quarter. Our ranking could start as “newest first”."
MIA_ON_RULES = "Agreed, if we log what was clicked from day one. Otherwise we can never do better."
KEPT_OF_RULES = "Start with a plain rule, but log what was clicked from the first day."
KEPT_OF_LOCKING = "A lock alone is not enough: the table must check a token that only grows."
STEPS = (
    Step(
        says="Ana keeps the reading list of a team of three. She wants one article a week, and a talk about it.",
        line="/blog schedule set mon 09:00 UTC",
    ),
    Step(says="Ben finds one that he wants the others to read. What people queue comes first.", line="as Ben"),
    Step(says="", line="/blog later #28"),
    Step(says="On Monday at nine the digest arrives by itself, and its thread opens.", line="clock mon 09:00 UTC"),
    Step(says="Ben has read it. He puts a ✅ on the post, and says something in its thread.", line="react ✅"),
    Step(says="", line=f"say {BEN_ON_RULES}"),
    Step(says="Mia has read it, too, and answers.", line="as Mia"),
    Step(says="", line="react ✅"),
    Step(says="", line=f"say {MIA_ON_RULES}"),
    Step(
        says="She keeps in one sentence what the club learned. It is found with the article from now on.",
        line=f"/blog takeaway add #28 {KEPT_OF_RULES}",
    ),
    Step(says="The day before the next digest, the week is closed in the thread.", line="clock sun 09:00 UTC"),
    Step(says="The next one is chosen already. An admin may pick another.", line="as Ana admin"),
    Step(says="", line="/blog digest"),
    Step(says="In between, Ana has five minutes and wants something to read.", line="/blog random"),
    Step(says="She looks for what the list has on a topic.", line="/blog search caching"),
    Step(says="One of them looks good. All of its notes:", line="/blog show #9"),
    Step(
        says="She has read it. On a chat platform a ✅ on the message is enough; here it is typed.", line="react ✅ #9"
    ),
    Step(says="So it is no longer among what she has not read.", line="/blog list is:unread tag:paper"),
    Step(says="Each member sees only their own figures.", line="/blog stats"),
    Step(says="The list is a Markdown file. Dogear reads it again when it changes.", line="sync"),
    Step(says="That was it. “make demo” on a terminal opens a chat, and this is what you can type:", line="/blog help"),
)


WEEK = (
    Step(says="", line="as Ana admin", hidden=True),
    Step(
        says="Ana keeps the reading list of a team of three. She wants one article a week, and a talk about it.",
        line="/blog schedule set mon 09:00 UTC",
    ),
    Step(says="", line="as Ben", hidden=True),
    Step(
        says="Ben finds one that he wants the others to read. What people queue comes first.",
        line="/blog later #17",
        waits=True,
    ),
    Step(says="", line="as Ana admin", hidden=True),
    Step(says="Monday, nine o'clock. The week's article arrives by itself, with a thread.", line="clock mon 09:00 UTC"),
    Step(says="", line="clock +12m", hidden=True),
    Step(says="", line="as Ben", hidden=True),
    Step(says="The others read it over coffee, put a ✅ on it, and talk.", line="react ✅ #17"),
    Step(says="", line="say We hold a lock like this around the nightly invoices. If the job stalls, two of them run."),
    Step(says="", line="clock +25m", hidden=True),
    Step(says="", line="as Mia", hidden=True),
    Step(says="", line="react ✅ #17", hidden=True),
    Step(says="", line="say Then the table has to check a token, as in the notes. I can add the column this week."),
    Step(says="", line="clock +3m", hidden=True),
    Step(says="", line="as Ana admin", hidden=True),
    Step(says="", line="say Yes please. An hour of reading, and one bug less.", waits=True),
    Step(says="", line="as Mia", hidden=True),
    Step(
        says="Mia keeps in one sentence what they learned. It is found with the article from now on.",
        line=f"/blog takeaway add #17 {KEPT_OF_LOCKING}",
    ),
    Step(says="", line="clock +1d", hidden=True),
    Step(says="On Tuesday she looks for what the list has on a topic.", line="/blog search caching", waits=True),
    Step(says="Everyone has figures of their own. No one else sees them, not even an admin.", line="/blog stats"),
    Step(says="", line="as Ana admin", hidden=True),
    Step(says="On Sunday the week is closed in the thread.", line="clock sun 09:00 UTC"),
    Step(
        says="And that is the next one. It comes on Monday, unless the club changes its mind.",
        line="/blog digest",
        waits=True,
    ),
    Step(says="", line="as you admin", hidden=True, always=True),
    Step(
        says="The club is yours now: you are an admin in #reading, and a digest comes every Monday at nine. "
        "clock +7d brings the next one, say TEXT writes in its thread, random is something to read, quit leaves.",
        line="clock",
        hidden=True,
        always=True,
    ),
)
"""What the demo plays on a terminal. The digest and its talk come after the first pause."""


@dataclass(frozen=True)
class Seat:
    """Which chat it is: a private one over `lists`, or one with this team over its own lists."""

    team: str = teams.DEFAULT_TEAM
    lists: Sequence[Path | str] = ()


async def demo() -> None:
    """The bundled list over a temporary database: on a terminal a guided week and then a chat, else the tour."""
    give_screen_to_chat()
    name = typed_name()
    kept = (
        f"Nothing of this demo is kept. Your own list: {name} chat --list reading.md. A club for your team: {name} init"
    )
    with tempfile.TemporaryDirectory(prefix="dogear-") as folder, as_file(SAMPLE) as sample:
        settings, seat = load(database=f"sqlite:///{folder}/demo.db"), Seat(lists=[sample])
        if _with_person():
            print("  a database: one file, in a temporary folder", flush=True)
            await talk(
                settings,
                screens.guided(WEEK),
                speaker="you",
                role=Role.ADMIN,
                seat=seat,
                log_file=Path(folder, "demo.log"),
                kept=kept,
                ready=_tell_demo,
            )
        else:
            screen = screens.tour(STEPS, sys.stdout)
            await talk(settings, screen, speaker="Ana", role=Role.ADMIN, seat=seat, kept=kept)


def _tell_demo(report: SyncReport) -> None:
    print(f"  a reading list: a Markdown file with {report.entries} articles, and notes on them")
    print("  a channel, #reading, and three people: Ana, Ben and Mia\n", flush=True)


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
        first_line=sys.stderr if as_json else sys.stdout,
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
    first_line: TextIO | None = None,
    kept: str = EVERYTHING_IS_KEPT,
    ready: Callable[[SyncReport], None] | None = None,
    begins: datetime | None = None,
) -> None:
    """Run the chat on this screen. With `log_file` the log goes to that file. `begins` is what its clock shows first.

    Before it starts, the line about whose chat it is goes to `first_line`, problems of the list to standard error, and
    the report of the list to `ready`. At the end it says what is `kept`.
    """
    local = PRIVATE if seat.lists else WORKSPACE
    admins = [AccountRef(local.platform, speaker)] if role is Role.ADMIN else []
    async with open_club(settings, migrate=True, local=local, admins=admins) as club:
        if begins is not None:
            club.clock.move_to(begins)
        found, where = await club.runner.write(lambda tx: _seated(tx, settings, seat))
        if first_line is not None:
            print(escaped(_first_line(settings, seat, found)), file=first_line, flush=True)
        report = await _read(club, found, seat)
        _print_problems(report.problems)
        if ready is not None:
            ready(report)
        platform = TerminalPlatform(
            stage=LocalStage(club, found),
            screen=screen,
            invocation_id=lambda: InvocationId(f"terminal:{club.clock.token()}"),
            speaker=speaker,
            role=role,
            command=settings.word,
            workspace=where,
            kept=kept,
        )
        club.join(platform)
        async with AsyncExitStack() as stack:
            if log_file is not None:
                stack.enter_context(log.aside(log_file))
            if _with_person():
                club.lists.heard = partial(_tell, screen)
                await stack.enter_async_context(club.at_work(team=found))
            elif club.vectors is not None:
                await club.vectors.finish()
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
