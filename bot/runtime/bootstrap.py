"""Puts the parts together: the only place where the store, the use cases, the commands and the platforms meet."""

import asyncio
import gc
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from adapters.terminal.places import PRIVATE, WORKSPACE
from bot.chat.jobs import HasJobs, Job
from bot.chat.platform import ChatPlatform, Obstacle
from bot.commands.catalogue import COMMANDS
from bot.commands.deadline import Deadline
from bot.commands.dispatch import Dispatcher, HostRules
from bot.commands.limits import Limits
from bot.domain.delivery import Durations
from bot.domain.errors import BadConfig, PlatformRefused, StoreError
from bot.domain.ids import AccountRef, ChannelRef, MessageRef, PlatformName, Url, WorkspaceRef
from bot.domain.notice import Host
from bot.domain.team import Role, Team
from bot.ports.linked_pages import LinkedPageReader
from bot.ports.metrics import NULL_METRICS, Metrics
from bot.runtime.clock import SystemClock
from bot.runtime.linked_page_checks import LinkedPageChecks
from bot.runtime.lists import Lists, Progress
from bot.runtime.log import set_up as set_up_logging
from bot.runtime.meaning import HOSTED_PATIENCE, PATIENCE, HostModel, VectorMaker
from bot.runtime.repositories import Repositories
from bot.runtime.scheduler import Scheduler
from bot.runtime.settings import PREFIX, Settings
from bot.runtime.threads import ThreadRunner
from bot.runtime.ticker import Ticker
from bot.runtime.vault import ThreadedVault
from bot.runtime.worker import Worker
from bot.service import teams
from bot.service.entries import SyncReport
from store.sql import SqlStore, open_store

MAX_WAIT = timedelta(seconds=2.5)
"""The database's timeout for a command: a platform waits for three seconds at most."""
RESTART_PAUSE = 5.0
"""Seconds before a part that failed is restarted: it may fail again at once."""
GC_THRESHOLD = 10_000
"""Objects created before Python's cycle collector runs; its default is 700.

Every answer creates hundreds of small objects that do not need it. With 700 the p99 of 50 concurrent commands was 240
to 350 ms, with 10,000 it was 120 to 150. Reading a list of 20,000 entries took 1.7 s and now takes 1.4, as without any
collector.
"""

log = logging.getLogger("dogear.restart")


LISTEN = 2.0
"""Seconds between checks whether to stop and whether the connection is alive."""
AGAIN = 5.0
"""Seconds until the listener reconnects. Until then the worker polls."""


class Notifications(Protocol):
    """A source of notifications from the store."""

    def wait(self, seconds: float) -> bool: ...
    def close(self) -> None: ...


@asynccontextmanager
async def listening(notifications: Notifications | None, wake: Callable[[], None]) -> AsyncIterator[None]:
    """Call `wake` on the event loop at every notification while the block runs."""
    if notifications is None:
        yield
        return
    stop, loop = threading.Event(), asyncio.get_running_loop()
    listener = threading.Thread(
        target=_listen,
        args=(notifications, stop, lambda: loop.call_soon_threadsafe(wake)),
        name="dogear-notifications",
        daemon=True,
    )
    listener.start()
    try:
        yield
    finally:
        stop.set()
        await asyncio.to_thread(listener.join)


def _listen(notifications: Notifications, stop: threading.Event, wake: Callable[[], object]) -> None:
    while not stop.is_set():
        try:
            if notifications.wait(LISTEN):
                wake()
        except StoreError as error:
            log.info("not listening: %s", error)
            stop.wait(AGAIN)
        except Exception:
            log.exception("bug in the notifications")
            stop.wait(AGAIN)
    notifications.close()


async def restart_on_error(part: str, work: Callable[[], Awaitable[None]], metrics: Metrics) -> None:
    """Run a part of the process, and restart it after an error, until it ends by itself or is cancelled."""
    while True:
        try:
            return await work()
        except StoreError as error:
            log.warning("the %s is restarted: %s", part, error)
        except Exception:
            log.exception("bug in the %s, which is restarted", part)
        metrics.count_restart(part)
        await asyncio.sleep(RESTART_PAUSE)


@dataclass(frozen=True)
class Club:
    """A running club. `platforms` may grow until the scheduler is started."""

    settings: Settings
    clock: SystemClock
    store: SqlStore
    runner: ThreadRunner
    platforms: dict[PlatformName, ChatPlatform]
    dispatcher: Dispatcher
    deliverer: Worker
    ticker: Ticker
    scheduler: Scheduler
    lists: Lists
    vault: ThreadedVault
    metrics: Metrics
    linked_page_checks: LinkedPageChecks | None
    vectors: VectorMaker | None

    def link(self, message: MessageRef) -> Url | None:
        """Where a person can open the message."""
        return _Outside(self.platforms).link(message)

    def join(self, platform: ChatPlatform) -> None:
        """Deliver to this platform too."""
        self.platforms[platform.name] = platform

    async def use_list(
        self, progress: Progress | None = None, *, accept: bool = False, late: bool = False
    ) -> tuple[Team, SyncReport | None]:
        """The default team, created if missing, and the report of syncing the list of the settings, if they name one."""
        team = await self.runner.write(lambda tx: teams.get_or_create_default(tx, self.settings.zone))
        if not self.settings.list:
            return team, None
        return team, await self.lists.use(team, [self.settings.list], progress, accept=accept, late=late)

    @asynccontextmanager
    async def at_work(self, *, lists: bool = True, team: Team | None = None) -> AsyncIterator[None]:
        """Run the jobs, deliver and (with `lists`) watch the lists of one team, or of all, while the block runs."""
        self.lists.only = team
        for job in (
            *self.ticker.jobs(),
            *self.deliverer.jobs(),
            *self.dispatcher.jobs(),
            *(self.linked_page_checks.jobs() if self.linked_page_checks else ()),
            *(self.lists.jobs() if lists else ()),
            *([self.vectors.job()] if lists and self.vectors else ()),
            *_jobs_of(self.platforms.values()),
        ):
            self.scheduler.add(job)
        async with self.scheduler.running(), listening(self.store.notifications(), self.deliverer.wake):
            worker = restart_on_error("worker", self.deliverer.run, self.metrics)
            watches = [restart_on_error("watch over the lists", self.lists.watch, self.metrics)] if lists else []
            working = [asyncio.create_task(work) for work in (worker, *watches)]
            try:
                yield
            finally:
                for task in working:
                    task.cancel()
                await asyncio.gather(*working, return_exceptions=True)


@asynccontextmanager
async def open_club(
    settings: Settings,
    *,
    migrate: bool,
    durations: Durations = Durations(),  # noqa: B008 -- frozen
    metrics: Metrics = NULL_METRICS,
    hosted: bool = False,
    local: WorkspaceRef | None = None,
    admins: Sequence[AccountRef] = (),
) -> AsyncIterator[Club]:
    """Open the club over the database of the settings. With `migrate`, an older database is copied and upgraded first.

    `hosted` is a long-running process for many people: rate limits and deadlines apply. `admins` get the same notices
    as the admins of the settings. `local` is the workspace of a chat in this terminal, whose clock may be moved: it
    plans, skips and deletes nothing elsewhere, sends no notice to the host's channel, and does not migrate a shared
    database.

    Raises BadConfig if the database cannot be used, StaleSchema if it has another version.
    """
    set_up_logging(settings.log_level)
    gc.set_threshold(GC_THRESHOLD, *gc.get_threshold()[1:])
    clock = SystemClock()
    alone = None if local is None else PRIVATE
    store = await asyncio.to_thread(partial(open_store, settings.database_url, clock, migrate=migrate, alone=alone))
    runner = ThreadRunner(store, readers=store.readers, writers=store.writers)
    club = _assembled(settings, clock, store, runner, durations, metrics, hosted=hosted, local=local, admins=admins)
    try:
        yield club
    finally:
        club.lists.close()
        if club.vectors is not None:
            await asyncio.to_thread(club.vectors.close)
        await asyncio.to_thread(runner.drain)
        store.close()


def _assembled(
    settings: Settings,
    clock: SystemClock,
    store: SqlStore,
    runner: ThreadRunner,
    durations: Durations,
    metrics: Metrics,
    *,
    hosted: bool,
    local: WorkspaceRef | None,
    admins: Sequence[AccountRef],
) -> Club:
    platforms: dict[PlatformName, ChatPlatform] = {}
    named = (account for account, role in settings.roles.items() if role is Role.ADMIN and local is None)
    channel = None if local else settings.admins_channel
    host = Host(word=f"/{settings.word}", channel=channel, admins=(*named, *admins))
    deliverer = Worker(runner, platforms, host, durations, clock, metrics, alone=local is not None)
    pages = linked_page_reader(settings) if hosted or local else None
    dispatcher = Dispatcher(
        COMMANDS,
        runner,
        clock,
        HostRules(host=host, roles=settings.roles, zone=settings.zone, pages=settings.pages),
        outside=_Outside(platforms),
        wake=deliverer.wake,
        metrics=metrics,
        limits=Limits(per_person=settings.person_limit, per_team=settings.team_limit) if hosted else Limits(),
        deadline=Deadline(MAX_WAIT if hosted else None),
        pages=pages,
    )
    vectors = _vectors(settings, runner, store, hosted=hosted)
    repositories = Repositories(
        store.acquire,
        lambda: settings.git_copies,
        settings.git_tokens,
        settings.git_ssh_key,
        settings.git_forges,
    )
    lists = Lists(runner, repositories, host=host, wake=deliverer.wake, poll=settings.list_poll)
    deliverer.on_settled = lists.on_written = dispatcher.settled
    return Club(
        settings=settings,
        clock=clock,
        store=store,
        runner=runner,
        platforms=platforms,
        dispatcher=dispatcher,
        deliverer=deliverer,
        ticker=Ticker(runner, deliverer, host, durations, clock, plans=partial(_plans, local), forgets=local is None),
        scheduler=Scheduler(metrics),
        lists=lists,
        vault=ThreadedVault(store, [key.get_secret_value() for key in settings.vault_keys]),
        metrics=metrics,
        linked_page_checks=None
        if pages is None or local
        else LinkedPageChecks(runner, pages, host, wake=deliverer.wake),
        vectors=vectors,
    )


def linked_page_reader(settings: Settings) -> LinkedPageReader | None:
    """What looks at pages; None if the host has not turned that on. Raises BadConfig if a package is missing for it."""
    if not settings.fetch:
        return None
    try:
        from bot.runtime.linked_page_reader import WebReader  # with an extra's packages
    except ModuleNotFoundError as missing:
        raise BadConfig(
            [f"{PREFIX}FETCH needs packages that are not here. Install them: pip install 'dogear-club[fetch]'"]
        ) from missing
    return WebReader(settings.fetch_hosts)


def linked_pages_line(settings: Settings) -> tuple[bool, str]:
    """Whether looking at pages is set up well, and a line about it."""
    if not settings.fetch:
        return True, f"Linked pages: not looked at ({PREFIX}FETCH is off)"
    try:
        linked_page_reader(settings)
    except BadConfig as error:
        return False, error.problems[0]
    hosts = f", and hosts of your own network: {', '.join(settings.fetch_hosts)}" if settings.fetch_hosts else ""
    return True, f"Linked pages: looked at on the public web ({PREFIX}FETCH is on){hosts}"


def _vectors(settings: Settings, runner: ThreadRunner, store: SqlStore, *, hosted: bool) -> VectorMaker | None:
    """What makes the vectors, if the host has a model. The model is loaded when it is first needed."""
    if not settings.model:
        return None
    model = HostModel(Path(settings.model), patience=HOSTED_PATIENCE if hosted else PATIENCE)
    store.use_model(model)
    return VectorMaker(model, runner, store)


def _plans(local: WorkspaceRef | None, there: WorkspaceRef) -> bool:
    """Whether this process plans the workspace's digests: a chat in a terminal plans its own, a server all others."""
    return there.platform not in {WORKSPACE.platform, PRIVATE.platform} if local is None else there == local


def _jobs_of(platforms: Iterable[ChatPlatform]) -> Iterator[Job]:
    """The jobs of each platform, under its name."""
    for platform in platforms:
        for job in platform.jobs() if isinstance(platform, HasJobs) else ():
            yield replace(job, name=f"{platform.name} {job.name}")


class _Outside:
    """The platforms as the dispatcher needs them; of one that is not here nothing is known."""

    def __init__(self, platforms: Mapping[PlatformName, ChatPlatform]) -> None:
        self._platforms = platforms

    def _of(self, channel: ChannelRef) -> ChatPlatform | None:
        return self._platforms.get(channel.workspace.platform)

    def link(self, message: MessageRef) -> Url | None:
        platform = self._of(message.channel)
        return platform.link(message) if platform else None

    async def obstacle(self, channel: ChannelRef, account: AccountRef) -> Obstacle | None:
        platform = self._of(channel)
        return await platform.obstacle(channel, account) if platform else None

    async def delete(self, message: MessageRef) -> None:
        platform = self._of(message.channel)
        if platform is None:
            raise PlatformRefused("The platform is not connected.", remedy="Try again later.")
        await platform.delete(message)
