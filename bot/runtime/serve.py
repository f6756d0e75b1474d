"""`dogear run`: serve every configured platform, with the recurring jobs, the deliveries and the watch over the lists."""

import asyncio
import contextlib
import faulthandler
import logging
import signal
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

from bot.chat.jobs import Job
from bot.chat.platform import ChatPlatform
from bot.chat.web import Route, Website
from bot.commands.deadline import Deadline
from bot.domain.address import redacted
from bot.domain.errors import DogearError, StoreError
from bot.runtime import backup, git_hook
from bot.runtime import log as log_lines
from bot.runtime.bootstrap import MAX_WAIT, Club, open_club
from bot.runtime.clock import SystemClock
from bot.runtime.health import READY, Health, connection_of
from bot.runtime.lists import log_news
from bot.runtime.metrics import Metrics
from bot.runtime.settings import PREFIX, Settings
from bot.runtime.supervise import Supervisor

MAX_STOP = 18.0
"""Seconds from the signal until running work is cancelled. The deploy files allow more.
"""

LOOK = 0.1
"""Seconds between looks whether a platform is connected."""
CHECK_EVERY = timedelta(seconds=20)
END = 19.0
"""Seconds until the process exits in any case: a thread that waits for the database or writes a backup cannot be
cancelled. The ledger is made for processes that are killed.
"""

PAGES_FOR = {"members": "for members who sign in", "public": "for everyone"}

log = logging.getLogger("dogear.serve")


async def serve(settings: Settings, platforms: Sequence[ChatPlatform], *, worker: bool = False) -> None:
    """Serve the platforms until a signal stops the process. A `worker` only delivers, without a connection.

    The settings must be checked before. Raises StaleSchema for an old database, and BadConfig if a platform or the
    machine rejects a setting.
    """
    metrics = Metrics(SystemClock())
    async with open_club(settings, migrate=False, metrics=metrics, hosted=True) as club:
        for platform in platforms:
            club.join(platform)
        lock = None if worker else await asyncio.to_thread(club.store.serve_alone)
        club.scheduler.add(_database_check(club))
        nightly = None if worker else await asyncio.to_thread(_nightly, club, metrics)
        if not worker:
            await asyncio.to_thread(club.store.warm)
            await _read_lists(club)
        if nightly is not None:
            club.scheduler.add(nightly.job())
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await _until_stopped(club, metrics, worker=worker)
        except ExceptionGroup as failed:
            raise _first(failed) from failed
        finally:
            if lock is not None:
                lock.close()


def _database_check(club: Club) -> Job:
    """The job that notices when the database file is deleted or replaced, and when PostgreSQL becomes read-only."""

    async def check() -> None:
        before = club.store.trouble
        found = await asyncio.to_thread(club.store.check)
        if found and found != before:
            log.error("%s Until then nothing is saved.", found)
        elif before and not found:
            log.warning("the database works again")

    return Job(name="database check", run=check, every=CHECK_EVERY)


def _first(failed: ExceptionGroup[Exception]) -> Exception:
    """The error to show the host: the first one that is not a bug of ours, if there is one."""
    first: Exception = failed.subgroup(DogearError) or failed
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first


def _nightly(club: Club, metrics: Metrics) -> backup.NightlyBackups | None:
    """The nightly backups, if the host wants them. Warns if the data seems to be lost."""
    settings = club.settings
    folder = backup.usable(Path(settings.backup_folder)) if settings.backup_folder else None
    backup.warn_if_lost(club.store, folder)
    if folder is None:
        return None
    return backup.NightlyBackups(
        club.store, club.clock, folder, keep=settings.backup_keep, zone=settings.zone, tell=metrics.backed_up
    )


async def _read_lists(club: Club) -> None:
    """A missing list may be on a mount that is not ready yet. It is read when it appears."""
    log_lines.log_list_changes()
    club.lists.heard = log_news
    await club.use_list(late=True)
    for team in await club.runner.read(lambda tx: tx.teams.all()):
        await club.lists.sync(team)


async def _until_stopped(club: Club, metrics: Metrics, *, worker: bool) -> None:
    """A platform that ends is restarted. Only invalid settings end the process."""
    health = _health(club, metrics)
    stopped = _stop_event()
    rereading = _reread_at_hangup(club, lists=not worker)
    async with asyncio.TaskGroup() as group:
        async with _reachable(club, health, worker=worker), club.at_work(lists=not worker):
            supervisors = [
                Supervisor(one, club.dispatcher, club.vault, metrics, sending_only=worker)
                for one in club.platforms.values()
            ]
            running = [group.create_task(supervisor.run()) for supervisor in supervisors]
            saying = group.create_task(_say_what_is_served(club))
            await stopped.wait()
            health.stopping = True
            for task in (saying, *rereading):
                task.cancel()
        for task in running:
            task.cancel()


async def _say_what_is_served(club: Club) -> None:
    """Print to standard output what is served, once every platform is connected."""
    named = []
    for platform in club.platforms.values():
        while not (stands := await connection_of(platform)).up:  # noqa: ASYNC110 -- platforms have no event for it
            await asyncio.sleep(LOOK)
        there = len(await club.dispatcher.joined_workspaces(platform.name))
        named.append(f"{platform.name} connected{stands.name and f' as {stands.name}'} ({there:,} in use)")
    settings = club.settings
    try:
        counted = await club.runner.read(lambda tx: sum(tx.entries.count(team.id) for team in tx.teams.all()))
    except StoreError:  # the next command reports it
        return
    source = settings.list or f"no file is set ({PREFIX}LIST names one)"
    where = settings.database and redacted(settings.database)
    unset = f"{settings.database_url} ({PREFIX}DATABASE is not set)"
    host, port = settings.health_host, settings.health_port
    health = f"http://{f'[{host}]' if ':' in host else host}:{port}{READY}" if port else "off"
    lines = (
        f"Platforms: {', '.join(named)}",
        f"Reading list: {source}; {counted:,} entries in all teams",
        f"Database: {where or unset}",
        f"Health checks: {health}",
        *([f"Pages: {settings.pages}, {PAGES_FOR[settings.web]}"] if settings.pages else []),
    )
    print("\n".join(lines), flush=True)  # noqa: T201 -- what a host sees of a start


def _stop_event() -> asyncio.Event:
    """The event that the first signal sets. A second signal, or the end of the grace period, cancels the server.

    The watchdog of `faulthandler` needs neither the event loop nor the interpreter lock, and prints where each thread
    is.
    """
    loop, ourselves, stopped = asyncio.get_running_loop(), asyncio.current_task(), asyncio.Event()
    assert ourselves is not None

    def stop(name: str) -> None:
        if stopped.is_set():
            print(f"{name} again: what is still under way is given up.", flush=True)  # noqa: T201 -- as the first lines
            ourselves.cancel()
            return
        print(f"Stopping because of {name}: started posts are finished, then answers.", flush=True)  # noqa: T201
        stopped.set()
        loop.call_later(MAX_STOP, give_up)
        faulthandler.dump_traceback_later(END, exit=True)

    def give_up() -> None:
        log.error("what is still under way is given up")
        ourselves.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number.name)
    return stopped


async def _reread(club: Club) -> None:
    try:
        await club.lists.rescan()
    except StoreError as error:
        log.warning("the lists are read again within a minute: %s", error)
    except Exception:
        log.exception("bug in reading the lists again")


def _reread_at_hangup(club: Club, *, lists: bool) -> set[asyncio.Task[None]]:
    """Let SIGHUP, which ends a process that does not handle it, read the lists again, as hosts expect of a service.

    Returns the set of the tasks that are reading, which changes as they begin and end.
    """
    reading: set[asyncio.Task[None]] = set()

    def again() -> None:
        print("SIGHUP: the reading lists are read again." if lists else "SIGHUP: nothing to do.", flush=True)  # noqa: T201
        if lists:
            task = asyncio.create_task(_reread(club))
            reading.add(task)
            task.add_done_callback(reading.discard)

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, again)
    return reading


def _health(club: Club, metrics: Metrics) -> Health:
    return Health(
        needs=club.store.needs,
        trouble=lambda: club.store.trouble,
        runner=club.runner,
        platforms=club.platforms,
        scheduler=club.scheduler,
        metrics=metrics,
        clock=club.clock,
    )


def pages_of(club: Club) -> Sequence[Route]:
    from bot.runtime.pages import Pages  # with jinja2, which only they need

    settings = club.settings
    return Pages(
        mode=settings.web,
        address=settings.pages,
        word=settings.word,
        runner=club.runner,
        clock=club.clock,
        deadline=Deadline(MAX_WAIT),
        link=club.link,
        wake=club.deliverer.wake,
    ).routes()


@contextlib.asynccontextmanager
async def _reachable(club: Club, health: Health, *, worker: bool) -> AsyncIterator[None]:
    """Serve the platforms' routes and the health checks over HTTP, at one address or at two."""
    from bot.runtime.http import HEALTH, serving  # with aiohttp, which comes with a platform

    settings = club.settings
    websites = [platform for platform in club.platforms.values() if isinstance(platform, Website) and not worker]
    routes = [route for website in websites for route in website.routes()]
    if (secret := settings.git_hook_secret.get_secret_value()) and not worker:
        routes.append(git_hook.route(secret, club.lists.fetch_soon))
    places: dict[tuple[str, int], list[Route]] = {}
    if settings.pages and not worker:
        routes += pages_of(club)
    if routes:
        places[settings.http_host, settings.http_port] = [HEALTH, *routes]
    if settings.health_port:
        places.setdefault((settings.health_host, settings.health_port), []).extend(health.routes())
    async with contextlib.AsyncExitStack() as stack:
        for (host, port), served in places.items():
            await stack.enter_async_context(serving(served, host=host, port=port))
        yield
