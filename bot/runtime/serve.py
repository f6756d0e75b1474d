"""`dogear run`: every configured platform at once, with the ticker, the deliveries and the watch over the lists."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from bot.chat.web import Route, Website
from bot.domain.errors import BadConfig, DogearError
from bot.runtime import backup
from bot.runtime.assemble import Club, configured, opened
from bot.runtime.settings import Settings
from bot.service import teams


async def serve(settings: Settings) -> None:
    """Serve until told to stop by a signal. Raises BadConfig without a platform, StaleSchema for an old database."""
    platforms = configured(settings)
    if not platforms:
        raise BadConfig(["No platform has a token. Set one up as the README says, or try: dogear chat"])
    async with opened(settings, migrate=False) as club:
        for platform in platforms:
            club.join(platform)
        nightly = await asyncio.to_thread(_nightly, club)
        await _read_lists(club)
        try:
            with contextlib.suppress(asyncio.CancelledError):
                async with _at_it(nightly):
                    await _until_stopped(club)
        except ExceptionGroup as failed:
            raise _first(failed) from failed


def _first(failed: ExceptionGroup[Exception]) -> Exception:
    """What to tell the host of it: the first failure that is none of our bugs, if there is one."""
    told: Exception = failed.subgroup(DogearError) or failed
    while isinstance(told, ExceptionGroup):
        told = told.exceptions[0]
    return told


def _nightly(club: Club) -> backup.Nightly | None:
    """Whoever makes the nightly backups, if the host wants them; warns if the data seems to be lost."""
    settings = club.settings
    folder = backup.usable(Path(settings.backup_folder)) if settings.backup_folder else None
    backup.warn_if_lost(club.store, folder)
    if folder is None:
        return None
    return backup.Nightly(club.store, club.clock, folder, keep=settings.backup_keep, zone=settings.zone)


@contextlib.asynccontextmanager
async def _at_it(nightly: backup.Nightly | None) -> AsyncIterator[None]:
    """Make the nightly backups while the block lasts."""
    task = asyncio.create_task(nightly.run()) if nightly else None
    try:
        yield
    finally:
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _read_lists(club: Club) -> None:
    default = await club.runner.write(lambda tx: teams.found_default(tx, club.settings.zone))
    if club.settings.list:
        await club.lists.use(default, [Path(club.settings.list)])
    for team in await club.runner.read(lambda tx: tx.teams.all()):
        await club.lists.sync(team)


async def _until_stopped(club: Club) -> None:
    """A platform that fails ends all: whoever supervises us starts us again."""
    serving = asyncio.current_task()
    assert serving is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    routes = [
        route for platform in club.platforms.values() if isinstance(platform, Website) for route in platform.routes()
    ]
    async with club.at_work(), _reachable(club, routes), asyncio.TaskGroup() as group:
        for platform in club.platforms.values():
            group.create_task(platform.run(club.dispatcher, club.vault))


@contextlib.asynccontextmanager
async def _reachable(club: Club, routes: Sequence[Route]) -> AsyncIterator[None]:
    """Serve over HTTP if a platform wants it."""
    if not routes:
        yield
        return
    from bot.runtime.http import HEALTH, serving

    async with serving([HEALTH, *routes], host=club.settings.http_host, port=club.settings.http_port):
        yield
