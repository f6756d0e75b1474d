"""The command line. Each command opens what it needs, does one thing and closes it.

Long because it is one list, from which the help and the reference are made.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.domain.errors import BadConfig, StoreBusy

if TYPE_CHECKING:
    from bot.domain.team import Team
    from bot.ports.store import Transaction
    from bot.runtime.bootstrap import Club
    from bot.runtime.settings import Settings
    from bot.service.entries import SyncReport

app = typer.Typer(
    name="dogear",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
team_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Set up teams, their lists and workspaces.")
app.add_typer(team_app, name="team")
export_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Write a team's list as files.")
app.add_typer(export_app, name="export")
vault_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Change the key of the stored secrets.")
app.add_typer(vault_app, name="vault")

Database = Annotated[
    str | None, typer.Option(help="sqlite:///PATH or postgresql://USER@HOST/NAME", envvar="DOGEAR_DATABASE")
]
Lists = Annotated[
    list[Path] | None,
    typer.Option("--list", help="A list, or a folder of them, for a private chat; may be given again"),
]


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version
        from importlib.resources import files

        commit = files("bot") / "commit.txt"  # hatch_build.py adds it to a wheel
        built_from = f" ({commit.read_text(encoding='utf-8').strip()})" if commit.is_file() else ""
        print(f"dogear {version('dogear-club')}{built_from}")
        raise typer.Exit


@app.callback()
def dogear(
    version: Annotated[  # noqa: ARG001 -- its callback has printed it
        bool,
        typer.Option(
            "--version", help="Print the version, and the commit if known", callback=_print_version, is_eager=True
        ),
    ] = False,
    env: Annotated[
        Path | None, typer.Option("--env", help="A file of variables, such as “dogear init” writes", metavar="FILE")
    ] = None,
) -> None:
    """A reading club for a team's own reading list.

    Try it: dogear demo. Set it up for a team: dogear init.
    """
    if env is not None:
        from bot.runtime import env_file, log

        env_file.use(env)
        log.set_up(os.environ.get("DOGEAR_LOG_LEVEL", "WARNING"))


class RoleName(StrEnum):
    """Roles as the command line spells them."""

    READER = "reader"
    CURATOR = "curator"
    ADMIN = "admin"


@app.command()
def demo(
    web: Annotated[bool, typer.Option("--web", help="In a browser: serve a page that looks like a chat")] = False,
    host: Annotated[str, typer.Option(help="With --web: the address to listen on")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(help="With --web: the port; by default 3002, or a free one", min=0, max=65535)
    ] = None,
    open_browser: Annotated[
        bool | None,
        typer.Option("--open/--no-open", help="With --web: open a browser; by default if there is a screen"),
    ] = None,
    stay: Annotated[bool, typer.Option("--stay", help="With --web: go on without a terminal")] = False,
) -> None:
    """Try the club with a bundled list.

    Needs no token and no network, and keeps nothing. On a terminal it plays a week, waiting for Enter, and then opens a chat in that club; otherwise it plays a short tour. With --web it serves a page that looks like a chat; everyone who opens it gets a club of their own. That needs the extra: pip install 'dogear-club[web]'
    """
    if web:
        try:
            from bot.runtime import trial
        except ModuleNotFoundError as missing:
            if missing.name not in ("aiohttp", "jinja2", "markupsafe"):
                raise
            raise BadConfig(
                ["--web needs packages that are not here. Install them: pip install 'dogear-club[web]'"]
            ) from None
        asyncio.run(trial.demo(host=host, port=port, open_browser=open_browser, stay=stay))
        return
    if stay or port is not None or open_browser is not None:
        raise BadConfig(["--port, --open and --stay are for a browser: add --web."])
    if sys.stdin.isatty() and sys.stdout.isatty():
        print("A reading club for you to try, with nothing to sign up for. Setting up:", flush=True)
    from bot.runtime import chat

    asyncio.run(chat.demo())


@app.command()
def init(
    platform: Annotated[str | None, typer.Option(help="The name of a platform")] = None,
    reading_list: Annotated[
        Path | None, typer.Option("--list", help="The reading list, or a folder of them", metavar="PATH")
    ] = None,
    env_file: Annotated[Path, typer.Option(help="Where the settings are written", metavar="FILE")] = Path("dogear.env"),
    service: Annotated[str | None, typer.Option(help="What should start it: systemd, compose or none")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist")] = False,
) -> None:
    """Set up a first club, step by step.

    Asks for the reading list, the platform and its tokens, says what to click, checks each token, and writes a file of settings that only you can read. Without a terminal the answers come from the options and the tokens from DOGEAR_ variables.
    """
    from bot.runtime.init import Wishes
    from bot.runtime.init import init as set_up

    ask = sys.stdin.isatty() and sys.stdout.isatty()
    wishes = Wishes(platform=platform, list=reading_list, env_file=env_file, service=service, force=force, ask=ask)
    try:
        set_up(wishes)
    except EOFError:
        raise BadConfig(["The setup was left before its end."]) from None


@app.command(name="chat")
def chat_command(
    lists: Lists = None,
    database: Database = None,
    speaker: Annotated[str, typer.Option("--as", help="Who speaks first")] = "you",
    role: Annotated[RoleName, typer.Option(help="The first speaker's role")] = RoleName.ADMIN,
    team: Annotated[str | None, typer.Option(help="Chat with this team over its own lists (default: default)")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each line, for tools")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log to the screen instead of a file")] = False,
) -> None:
    """Chat with the club in this terminal.

    With --list it is a private chat over these lists, which no team sees and which continues next time. With --team it is a chat with that team, over its own lists. It has commands, reactions, several speakers, and a clock that can be moved to the next digest. Type “help” in the chat for a list of commands.
    """
    from bot.domain.team import Role
    from bot.runtime import chat
    from bot.runtime.settings import load

    if lists and team is not None:
        change = f"dogear team lists {team} --add PATH"
        raise BadConfig(
            [f"Use --list for a private chat, or --team for one with a team. To change its lists: {change}"]
        )
    settings = load(database=database)
    over: tuple[Path | str, ...] = tuple(lists or ())
    if team is None and not over and settings.list:
        over = (settings.list,)
    seat = chat.Seat(team=team) if team is not None else chat.Seat(lists=over)
    asyncio.run(chat.chat(settings, speaker=speaker, role=Role[role.name], seat=seat, as_json=as_json, verbose=verbose))


@app.command()
def run(
    database: Database = None,
    worker: Annotated[
        bool, typer.Option("--worker", help="Only send deliveries, next to other processes; needs PostgreSQL")
    ] = False,
) -> None:
    """Run the bot on every platform whose token is set."""
    from bot.runtime.config_check import checked
    from bot.runtime.serve import serve

    settings, platforms = checked(worker=worker, database=database)
    asyncio.run(serve(settings, platforms, worker=worker))


@app.command()
def healthcheck(
    live: Annotated[bool, typer.Option("--live", help="Only check that it runs, not that it is ready")] = False,
) -> None:
    """Check the “dogear run” on this machine.

    Prints one line. The exit status is 1 if it is not well.
    """
    from bot.runtime.health import check_health
    from bot.runtime.settings import load

    well, line = check_health(load(), "/healthz" if live else "/readyz")
    print(line)
    raise typer.Exit(0 if well else 1)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Lists, or folders of them", metavar="FILE…")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for tools")] = False,
    with_entries: Annotated[
        bool, typer.Option("--entries", help="Print number, title and address of each entry too")
    ] = False,
) -> None:
    """Check reading lists.

    Shows the problems, and how every link is read. Stores nothing. Ends with 1 if there is an error.
    """
    from bot.runtime.check import check as checked

    raise typer.Exit(checked(files, as_json=as_json, with_entries=with_entries))


@app.command(name="import")
def import_command(
    files: Annotated[
        list[Path],
        typer.Argument(help="Lists in any format that Dogear reads, or folders of them", metavar="FILE…"),
    ],
    into: Annotated[Path | None, typer.Option(help="Add them at the end of this Markdown list", metavar="LIST")] = None,
    without: Annotated[
        list[Path] | None, typer.Option(help="Leave out what is in this list; may be given again", metavar="LIST")
    ] = None,
) -> None:
    """Write bookmarks and other lists as a Markdown list.

    For example: dogear import bookmarks.html --into reading.md, or dogear import pocket.csv >> reading.md. Folders become headings, tags stay tags, and what is on the list already is left out, so importing again adds nothing. Ends with 1 if a file cannot be read.
    """
    from bot.runtime.import_lists import import_lists

    raise typer.Exit(import_lists(files, into=into, without=without or []))


@app.command()
def sync(
    database: Database = None,
    team: Annotated[str | None, typer.Option(help="Only this team")] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Apply a change that is held because it retires many entries")
    ] = False,
) -> None:
    """Read the reading lists again, in files and in git.

    Ends with 1 if a list is missing, unreadable or empty.
    """
    from bot.runtime.progress import on_terminal
    from bot.service import teams

    async def synced() -> bool:
        async with _club(database) as club:
            reports = {}
            if club.settings.list and team in (None, teams.DEFAULT_TEAM):
                default, report = await club.use_list(on_terminal, accept=accept)
                reports[default.id] = report
            found = []
            for one in await _teams(club, team):
                report = reports.get(one.id) or await club.lists.sync_fetched(one, on_terminal, accept=accept)
                sources = await club.runner.read(partial(_paths, team=one))
                if sources:
                    _print_report(one, report, sources)
                    found.append(_is_well(report))
            for path, reason in club.lists.unfetched.items():
                print(f"{path}: {reason}")
                found.append(False)
            if not found:
                print("There is no reading list. Set DOGEAR_LIST, or type: dogear team add NAME --list PATH")
            return bool(found) and all(found)

    raise typer.Exit(0 if asyncio.run(synced()) else 1)


@app.command(name="bench-search")
def bench_search_command(
    file: Annotated[
        Path | None, typer.Argument(help="Judged queries; the bundled ones if left out", metavar="FILE")
    ] = None,
    lists: Annotated[
        list[Path] | None,
        typer.Option("--list", help="Search this list or folder, and no database; may be given again"),
    ] = None,
    database: Database = None,
    team: Annotated[str | None, typer.Option(help="Search this team's list (default: default)")] = None,
) -> None:
    """Measure how well search finds what your team looks for.

    Each line of the file is a query and what it should find, for example: cache stampede => https://example.org/leases #12. Prints nDCG@10, MRR@10 and the queries that fail. Ends with 1 if one does.
    """
    from bot.runtime.bench_search import bench_search

    well = asyncio.run(bench_search(file, lists=lists or [], database=database, team=team))
    raise typer.Exit(0 if well else 1)


@app.command()
def migrate(database: Database = None) -> None:
    """Upgrade the database to this version.

    A SQLite database is copied first.
    """
    from bot.runtime.settings import load
    from store.sql.store import exists

    known = True
    with contextlib.suppress(StoreBusy):  # opening it says so in more words
        known = exists(load(database=database).database_url)

    async def migrated() -> None:
        async with _club(database, migrate=True) as club:
            print(f"The database {'is up to date' if known else 'was created'} ({club.store.schema()}).")

    asyncio.run(migrated())


@app.command(name="settings")
def settings_command() -> None:
    """Show every option in effect, and where it comes from.

    Of a secret it only shows that it is set.
    """
    from bot.runtime import config_dump
    from bot.runtime.settings import load

    for line in config_dump.lines(load()):
        print(line)


@app.command()
def backup(
    file: Annotated[
        Path, typer.Argument(help="Where to; compressed if the name ends in .gz. Or a folder", metavar="FILE")
    ],
    database: Database = None,
) -> None:
    """Back up the database to one file. The club may be running.

    The file contains everything in the database, so keep it safe. An existing file is replaced. For a folder, the day's backup is added unless it exists, and the oldest ones are deleted as DOGEAR_BACKUP_KEEP says.
    """
    from bot.runtime import backup as backups

    into_folder = os.path.isdir(file)  # noqa: PTH112 -- pathlib's raises below Python 3.14 where it may not look

    async def written() -> None:
        async with _club(database) as club:
            if into_folder:
                keep, zone = club.settings.backup_keep, club.settings.zone
                daily = backups.NightlyBackups(club.store, club.clock, file, keep=keep, zone=zone)
                print(await asyncio.to_thread(daily.make) or "The day's backup is there already.")
            else:
                count = await asyncio.to_thread(backups.write, club.store, file)
                print(f"{file}: {count:,} lines.")

    asyncio.run(written())


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that “dogear backup” wrote", metavar="FILE")],
    database: Database = None,
) -> None:
    """Restore a backup into an empty database.

    SQLite or PostgreSQL, whichever the backup came from. A post that was due and may have been sent since the backup is looked for before it is sent again.
    """
    from bot.runtime import backup as backups
    from bot.runtime.settings import load

    async def restored() -> None:
        with backups.new_file_removed_on_error(load(database=database).database_url):
            async with _club(database) as club:
                rows, uncertain = await asyncio.to_thread(backups.restore, club.store, file)
        print(f"Restored {rows:,} rows. Posts to check before they are sent: {uncertain:,}.")

    asyncio.run(restored())


@app.command()
def invite(platform: Annotated[str, typer.Argument(help="The name of a platform")]) -> None:
    """Print the link that invites the bot.

    It asks for the permissions that the bot needs, and no others.
    """
    from bot.runtime.settings import load

    print(_tool(platform, "invite")(load().of(platform)))


@app.command()
def doctor(
    platform: Annotated[str | None, typer.Argument(help="The name of a platform", metavar="[PLATFORM]")] = None,
    database: Database = None,
) -> None:
    """Check what is set up, and say what is missing.

    Changes nothing. With a platform it checks its token, permissions and commands. Without a platform it checks every one that has a token, the model for searching by meaning, where the teams' changes from the chat are written, whether linked pages are looked at, and to whom pages are served in a browser. Ends with 1 if something is missing, and says what to do next.
    """
    from adapters import registry
    from bot.runtime.bootstrap import linked_pages_line
    from bot.runtime.config_check import web_pages_line
    from bot.runtime.settings import load
    from store.sql import exists

    settings = load(database=database)
    chosen = [platform] if platform else [name for name in registry.HOSTED if registry.is_set_up(settings.of(name))]
    missing = [line for name in chosen for line in asyncio.run(_examined(settings, name))]
    if platform is None and settings.model:
        missing += _unusable_model(settings.model)
    if platform is None and exists(settings.database_url):
        missing += asyncio.run(_wrong_targets(database))
        for good, line in (linked_pages_line(settings), web_pages_line(settings)):
            print(f"{'ok ' if good else 'no '} {line}")
            missing += [] if good else [line]
    elif not chosen and not settings.model:
        raise BadConfig(["No platform has a token, and there is no database yet. Set them up: dogear init"])
    if len(missing) > 1:
        print(f"Next: {missing[0]}")
    raise typer.Exit(1 if missing else 0)


def _unusable_model(folder: str) -> list[str]:
    """Print whether the model can be used. Returns what is wrong with it."""
    from bot.runtime.meaning import OnnxModel

    try:
        OnnxModel(Path(folder))
    except BadConfig as error:
        print(f"no  {error}")
        return [str(error)]
    print(f"ok  The model in {folder} can be used to search by meaning.")
    return []


async def _examined(settings: "Settings", platform: str) -> list[str]:
    """Print every check of the platform. Returns what is missing."""
    from bot.commands.catalogue import CATALOGUE
    from bot.runtime.config_check import lacks_key
    from bot.runtime.teams import scheduled
    from bot.runtime.vault import NO_KEY

    check = _tool(platform, "doctor")
    missing = [NO_KEY] if lacks_key(settings, platform) else []
    for line in missing:
        print(f"no  {line}")
    channels = scheduled(settings.database_url, platform)
    async for good, line in check(settings.of(platform), settings.word, CATALOGUE, channels):
        print(f"{'ok ' if good else 'no '} {line}")
        missing += [] if good else [line]
    return missing


@app.command()
def mcp(
    team: Annotated[str, typer.Option(help="The team whose list is offered", metavar="TEAM")] = "default",
    writes: Annotated[
        bool, typer.Option("--writes", help="Offer commands that change something too; needs --as")
    ] = False,
    member: Annotated[str, typer.Option("--as", help="On whose behalf the tools act", metavar="NAME")] = "",
    database: Database = None,
) -> None:
    """Offer a team's list to tools that speak MCP.

    MCP is the Model Context Protocol. The client starts this command and talks to it over standard input and output. Without --writes it can only read. It may run beside “dogear run”. Needs the extra: pip install 'dogear-club[mcp]'
    """
    from bot.runtime.settings import load

    if writes and not member:
        raise BadConfig(["--writes needs --as NAME: what a tool changes is that member's."])
    try:
        from bot.runtime.mcp import ANONYMOUS, serve
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "mcp":
            raise
        raise BadConfig(
            ["This needs packages that are not here. Install them: pip install 'dogear-club[mcp]'"]
        ) from None
    asyncio.run(serve(load(database=database), team, member=member or ANONYMOUS, writes=writes))


@app.command()
def manifest(platform: Annotated[str, typer.Argument(help="The name of a platform")]) -> None:
    """Print the app manifest for a platform.

    It is made from the current settings.
    """
    from bot.commands.catalogue import CATALOGUE
    from bot.runtime.settings import load

    settings = load()
    print(_tool(platform, "manifest")(settings.of(platform), settings.word, CATALOGUE))


async def _wrong_targets(database: str | None) -> list[str]:
    """Print where each team's changes are written. Returns what is wrong with it."""
    from bot.runtime.writing import checked

    async with _club(database) as club:
        lines = await checked(club.runner, club.lists)
    for good, line in lines:
        print(f"{'ok ' if good else 'no '} {line}")
    return [line for good, line in lines if not good]


@app.command(name="edits")
def edits_command(
    database: Database = None,
    team: Annotated[str | None, typer.Option(help="Only this team")] = None,
    patch: Annotated[bool, typer.Option("--patch", help="Print a diff that makes the changes by hand")] = False,
) -> None:
    """List changes from the chat that wait to be written."""
    from bot.runtime import writing

    async def listed() -> None:
        async with _club(database) as club:
            for one in await _teams(club, team):
                if patch:
                    print(await club.runner.read(partial(writing.patches, team=one, local=club.lists.local)), end="")
                else:
                    for line in await club.runner.read(partial(writing.waiting_lines, team=one)):
                        print(line)

    asyncio.run(listed())


@export_app.command("site")
def export_site(
    folder: Annotated[Path, typer.Argument(help="Where to; made if missing", metavar="DIR")],
    team: Annotated[str, typer.Option(help="The team", metavar="TEAM")] = "default",
    title: Annotated[str, typer.Option(help="The pages' title; the team's name is in it otherwise")] = "",
    database: Database = None,
) -> None:
    """Write a team's list as web pages for any static host.

    They have search, a feed and OPML. They show the list with its notes and the digests that were posted, and nothing about members or channels. Written again into the same folder, pages that are no more are removed. Needs the extra: pip install 'dogear-club[web]'
    """
    try:
        from bot.runtime.site import collected, write
    except ModuleNotFoundError as missing:
        if missing.name not in ("jinja2", "markupsafe"):
            raise
        raise BadConfig(
            ["This needs packages that are not here. Install them: pip install 'dogear-club[web]'"]
        ) from None

    async def written() -> None:
        async with _club(database) as club:
            site = await club.runner.read(lambda tx: collected(tx, team, title))
        print(f"{folder}: {write(site, folder):,} files, {len(site.entries):,} entries.")

    asyncio.run(written())


@export_app.command("list")
def export_list(
    database: Database = None,
    team: Annotated[str, typer.Option(help="The team")] = "default",
) -> None:
    """Print the club's own list as Markdown. Read back in the same team, each entry keeps its number."""
    from bot.runtime.writing import club_markdown
    from bot.service import teams

    async def printed() -> None:
        async with _club(database) as club:
            text = await club.runner.read(lambda tx: club_markdown(tx, teams.named(tx, team)))
            print(text, end="")

    asyncio.run(printed())


def _tool(platform: str, word: str) -> Callable[..., Any]:
    """The platform's tool with this name. Raises BadConfig without one."""
    from adapters import registry

    found = registry.tool(platform, word)
    if found is None:
        known = ", ".join(name for name in registry.HOSTED if registry.tool(name, word)) or "none"
        raise BadConfig([f"There is no “{word}” for “{platform}”. There is one for: {known}."])
    return found


@team_app.command("add")
def team_add(
    name: Annotated[str, typer.Argument(help="The new team's name")],
    lists: Annotated[
        list[str] | None, typer.Option("--list", help="Its reading list; may be given more than once", metavar="PATH")
    ] = None,
    git: Annotated[str, typer.Option(help="A git repository with its reading list", metavar="URL")] = "",
    path: Annotated[str, typer.Option(help="The list in the repository, such as docs/reading.md")] = "",
    branch: Annotated[str, typer.Option(help="Its branch; the repository's default one otherwise")] = "",
    zone: Annotated[str, typer.Option(help="Its time zone")] = "UTC",
    database: Database = None,
) -> None:
    """Add a team with its reading list, or replace a team's lists.

    A list in a git repository is fetched every few minutes. The token for https is DOGEAR_GIT_TOKEN.
    """
    from bot.domain import zones
    from bot.runtime.lists import refuse_missing
    from bot.runtime.progress import on_terminal
    from bot.service import teams

    checked = zones.zone(zone)
    if bool(git) is not bool(path) or (branch and not git):
        raise BadConfig(["A list in a repository needs both: --git URL and --path PATH."])
    if not git and not lists:
        raise BadConfig(["Which list? Add --list PATH, or --git URL and --path PATH."])
    refuse_missing(lists or [])
    if not name.strip():
        raise BadConfig(["A team needs a name."])

    async def added() -> None:
        async with _club(database) as club:
            paths = [*(lists or []), *([await club.lists.fetched(git, branch, path)] if git else [])]
            team = await club.runner.write(lambda tx: teams.get_or_create(tx, name.strip(), checked))
            _print_report(team, await club.lists.use(team, paths, on_terminal), paths if git else ())

    asyncio.run(added())


@team_app.command("lists")
def team_lists(
    team: Annotated[str, typer.Argument(help="A team's name")],
    add: Annotated[list[str] | None, typer.Option(help="A list to add; may be given again", metavar="PATH")] = None,
    remove: Annotated[
        list[str] | None, typer.Option(help="A list to remove; may be given again", metavar="PATH")
    ] = None,
    database: Database = None,
) -> None:
    """Show a team's reading lists, or change them.

    A list in a git repository is URL#BRANCH:/PATH. Each change is logged, and the lists are read again. Entries of a removed list keep their numbers and reading states for when it returns.
    """
    from bot.runtime.progress import on_terminal
    from bot.runtime.teams import lists_of
    from bot.service import teams

    async def listed() -> None:
        async with _club(database) as club:
            found = await club.runner.read(lambda tx: teams.named(tx, team))
            if add or remove:
                report = await club.lists.change(found, add=add or [], remove=remove or [], progress=on_terminal)
                _print_report(found, report)
                if found.name == teams.DEFAULT_TEAM and club.settings.list:
                    print(f"  “dogear run” will use {club.settings.list} alone, for DOGEAR_LIST is set: unset it.")
            for line in await club.runner.read(lambda tx: lists_of(tx, found)):
                print(line)

    asyncio.run(listed())


class Target(StrEnum):
    """Where changes from the chat are written."""

    CLUB = "club"
    FILE = "file"
    GIT = "git"


@team_app.command("write")
def team_write(
    team: Annotated[str, typer.Argument(help="A team's name")],
    target: Annotated[Target, typer.Argument(help="The club's own list in the database, a file, or one in git")],
    path: Annotated[
        str | None, typer.Argument(help="The list; the team's only one of that kind by default", metavar="[PATH]")
    ] = None,
    database: Database = None,
) -> None:
    """Set where changes from the chat are written.

    A file is changed only where an entry is, and only if it is as it was read. In a git repository the changes are committed and pushed. What the club's own list has goes into it once.
    """
    from bot.runtime.writing import write_to_file, write_to_git
    from bot.service import edits, teams

    async def written() -> None:
        async with _club(database) as club:
            found = await club.runner.read(lambda tx: teams.named(tx, team))
            if target is Target.FILE:
                used = club.settings.list if found.name == teams.DEFAULT_TEAM else ""
                if used and path is not None and not _is_inside(path, used):
                    raise BadConfig([f"“dogear run” uses {used} alone, for DOGEAR_LIST is set. Unset it first."])
                print(await write_to_file(club.runner, club.lists, found, None if path is None else Path(path)))
            elif target is Target.GIT:
                print(await write_to_git(club.runner, club.lists, found, path))
            else:
                await club.runner.write(lambda tx: edits.write_to(tx, found.id, None))
                print(f"{found.name}: changes from the chat go to the club's own list in the database.")

    asyncio.run(written())


def _is_inside(path: str, used: str) -> bool:
    """Whether the path is the list that is used, or in that folder."""
    whole, list_ = (Path(os.path.normpath(Path(os.getcwd(), one))) for one in (path, used))  # noqa: PTH109
    return whole == list_ or list_ in whole.parents


@team_app.command("list")
def team_list(database: Database = None) -> None:
    """List the teams with their lists and workspaces.

    Workspaces without a team come last.
    """
    from bot.runtime.teams import described

    async def listed() -> None:
        async with _club(database) as club:
            for line in await club.runner.read(described):
                print(line)

    asyncio.run(listed())


@team_app.command("assign")
def team_assign(
    workspace: Annotated[str, typer.Argument(help="A workspace as “team list” names it: platform:id")],
    team: Annotated[str, typer.Argument(help="A team's name")],
    database: Database = None,
) -> None:
    """Assign a workspace to a team. Its members then see that team's list."""
    from bot.domain.ids import PlatformName, WorkspaceRef
    from bot.service import teams

    platform, _, number = workspace.partition(":")
    if not number:
        raise BadConfig([f"“{workspace}” is not platform:id, such as “dogear team list” shows."])

    async def assigned() -> None:
        async with _club(database) as club:
            ref = WorkspaceRef(PlatformName(platform), number)
            found = await club.runner.write(lambda tx: teams.assign(tx, ref, team))
            print(f"{workspace} belongs to team {found.name}.")

    asyncio.run(assigned())


@vault_app.command("rotate")
def vault_rotate(database: Database = None) -> None:
    """Encrypt every stored secret with the newest key.

    That is the first one of DOGEAR_VAULT_KEYS. The others only decrypt. Remove the old key from DOGEAR_VAULT_KEYS afterwards.
    """
    from bot.runtime.vault import rotate

    async def rotated() -> None:
        async with _club(database) as club:
            count = await asyncio.to_thread(rotate, club.store, club.settings)
            print(f"Secrets encrypted with the first key: {count:,}.")

    asyncio.run(rotated())


@asynccontextmanager
async def _club(database: str | None, *, migrate: bool = False) -> AsyncIterator["Club"]:
    from bot.runtime.bootstrap import open_club
    from bot.runtime.settings import load

    async with open_club(load(database=database), migrate=migrate) as club:
        yield club


async def _teams(club: "Club", name: str | None) -> list["Team"]:
    from bot.service import teams

    if name is not None:
        return [await club.runner.read(lambda tx: teams.named(tx, name))]
    return list(await club.runner.read(lambda tx: tx.teams.all()))


def _paths(tx: "Transaction", team: "Team") -> Sequence[str]:
    from bot.domain.source import CLUB_FILE

    club = [] if tx.entries.club_source(team.id) is None else [CLUB_FILE]
    return [*(source.path for source in tx.entries.sources(team.id)), *club]


def _is_well(report: "SyncReport") -> bool:
    """Whether the list has entries and no errors."""
    from bot.domain.source import Severity

    return report.entries > 0 and not any(problem.severity is Severity.ERROR for problem in report.problems)


def _skipped(path: str) -> str:
    """Which files of a folder are not lists, in words; empty for a list in a repository."""
    from store.lists import folder

    is_folder = os.path.isdir(path)  # noqa: PTH112 -- pathlib's raises below Python 3.14 where it may not look
    return folder.skipped_line(folder.scan(Path(path)).skipped) if is_folder else ""


def _print_report(team: "Team", report: "SyncReport", paths: Sequence[str] = ()) -> None:
    figures = {"added": report.added, "changed": report.changed, "retired": report.retired, "returned": report.returned}
    changes = ", ".join(f"{number:,} {word}" for word, number in figures.items() if number) or "nothing changed"
    print(f"{team.name}: {report.entries:,} on the list; {changes}.")
    if report.not_read:
        what = "link is" if report.not_read == 1 else "links are"
        print(f"  {report.not_read:,} {what} not read; “dogear check” says why.")
    for path in paths:
        print(f"  {path}")
        if line := _skipped(path):
            print(f"    {line}")
    for change in report.held:
        gone = f"{change.names} no longer has {len(change.entries):,} of its {change.of:,} entries"
        print(f"  {gone}, so the change is held. To take it in: dogear sync --accept")
    for problem in report.problems:
        print(f"  {problem}")
