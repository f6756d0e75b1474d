"""Keeps the store in step with the files of the reading lists: reads what changed outside any transaction, then syncs."""

import asyncio
import gc
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.domain.errors import NotFound, StoreError
from bot.domain.ids import SourceId
from bot.domain.source import ReadList, Source, SourceFile
from bot.domain.team import Team
from bot.ports.runner import Runner
from bot.ports.store import Transaction
from bot.service import entries
from bot.service.entries import FileRead, SyncReport
from store.lists import folder

Progress = Callable[[int, int], None]
"""Called with how many files were read, of how many, while a long sync goes on."""

UNSEEN = -1
"""The size noted of a file that could not be looked at, so that it is read when it can be."""

LOOK_AGAIN = 60.0
"""Seconds."""

log = logging.getLogger("dogear.lists")


class Lists:
    """The reading lists of all teams; one sync runs at a time."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._lock = asyncio.Lock()

    async def sync(self, team: Team, progress: Progress | None = None) -> SyncReport:
        """Read the team's changed files and take them in."""
        async with self._lock:
            with _uncollected():
                return await self._synced(team, progress, orphans=False)

    async def use(
        self, team: Team, paths: Sequence[Path], progress: Progress | None = None, *, level: int = logging.WARNING
    ) -> SyncReport:
        """Make these files and folders the team's sources, and sync.

        What is added to a team that had a list, or removed, is logged at this level.
        """
        wanted = [str(Path(os.getcwd(), path)) for path in paths]  # noqa: PTH109 -- asks the process, not the disk
        async with self._lock:
            known = await self._runner.read(lambda tx: [source.path for source in tx.entries.sources(team.id)])
            if set(known) != set(wanted):
                await asyncio.to_thread(refuse_missing, set(wanted) - set(known))
                await self._runner.write(lambda tx: entries.use(tx, team.id, wanted))
                if known:
                    _log_change(team, set(wanted) - set(known), set(known) - set(wanted), level)
            with _uncollected():
                return await self._synced(team, progress, orphans=set(known) != set(wanted))

    async def change(
        self, team: Team, *, add: Sequence[Path], remove: Sequence[Path], progress: Progress | None = None
    ) -> SyncReport:
        """Add and remove some of the team's sources, log each, and sync.

        Raises NotFound for a path to add where there is nothing, and as `entries.change_sources`.
        """
        async with self._lock:
            known = await self._runner.read(lambda tx: [source.path for source in tx.entries.sources(team.id)])
            added, removed = _absolute(add, known), _absolute(remove, known)
            await asyncio.to_thread(refuse_missing, added)
            await self._runner.write(lambda tx: entries.change_sources(tx, team, added, removed))
            _log_change(team, added, removed, logging.WARNING)
            with _uncollected():
                return await self._synced(team, progress, orphans=True)

    async def _synced(self, team: Team, progress: Progress | None, *, orphans: bool) -> SyncReport:
        """With `orphans` there may be entries of a source that was taken away."""
        known = await self._runner.read(
            lambda tx: [(source, tx.entries.files(source.id)) for source in tx.entries.sources(team.id)]
        )
        read, gone = await asyncio.to_thread(_changed, known, progress)
        if not read and not gone and not orphans:
            return await self._runner.read(lambda tx: entries.unchanged(tx, team.id))
        report = await self._runner.write(lambda tx: entries.sync(tx, team.id, read, gone))
        log.info(
            "synced",
            extra={"team": team.name, "added": report.added, "changed": report.changed, "retired": report.retired},
        )
        return report

    async def watch(self, only: Team | None = None) -> None:
        """Sync whenever a file of the sources of all teams, or of one, changes, until cancelled.

        Sources that another process adds or removes are noticed within `LOOK_AGAIN` seconds.
        """
        watches: dict[tuple[Team, str], asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                with suppress(StoreError):  # the ticker logs that the database is away
                    wanted = await self._runner.read(lambda tx: _watched(tx, only))
                    for gone in watches.keys() - wanted:
                        watches.pop(gone).cancel()
                    for team, path in wanted - watches.keys():
                        watches[team, path] = group.create_task(self._watch(team, Path(path)))
                await asyncio.sleep(LOOK_AGAIN)

    async def _watch(self, team: Team, path: Path) -> None:
        while True:
            try:
                async for _ in folder.watch(path):
                    await self.sync(team)
            except (OSError, StoreError) as error:
                log.warning("the list is not watched for a minute: %s", error, extra={"team": team.name})
                await asyncio.sleep(60)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles: a list is a hundred thousand records and no cycle, and the collector walks over
    all of them again and again, for a tenth of the time that a sync takes.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _watched(tx: Transaction, only: Team | None) -> set[tuple[Team, str]]:
    teams = tx.teams.all() if only is None else [only]
    return {(team, source.path) for team in teams for source in tx.entries.sources(team.id)}


def _absolute(paths: Iterable[Path], known: Iterable[str]) -> list[str]:
    """The paths from the root on, without “..”, or as those that are known spell them; each once."""
    kept = {os.path.normpath(path): path for path in known}
    whole = (os.path.normpath(Path(os.getcwd(), path)) for path in paths)  # noqa: PTH109 -- as in `use`
    return list(dict.fromkeys(kept.get(path, path) for path in whole))


def _log_change(team: Team, added: Iterable[str], removed: Iterable[str], level: int) -> None:
    for path in sorted(added):
        log.log(level, "a list was added to team “%s”: %s", team.name, path)
    for path in sorted(removed):
        log.log(level, "a list was removed from team “%s”: %s", team.name, path)


def refuse_missing(paths: Iterable[str]) -> None:
    """Raise NotFound for a path at which there is nothing: a team does not change to a list by a slip of the pen."""
    for path in sorted(paths):
        if not Path(path).exists():
            raise NotFound(
                f"There is no reading list at {path}.", hint="Correct the path, or put the file there first."
            )


def _changed(
    known: Sequence[tuple[Source, Sequence[SourceFile]]], progress: Progress | None
) -> tuple[list[FileRead], list[tuple[SourceId, str]]]:
    """What there is to take in, and which files are gone."""
    from store.lists.reading import read_path  # with its parsers, which a list that has not changed does not need

    scans = [(source, folder.scan(Path(source.path), seen)) for source, seen in known]
    total = sum(len(scan.changed) for _, scan in scans)
    read = []
    for source, scan in scans:
        for problem in scan.problems:
            unseen = ReadList(file=problem.file, problems=(problem,), synonyms={}, failed=True)
            read.append(FileRead(source=source.id, size=UNSEEN, mtime=0, list=unseen))
        for found in scan.changed:
            text = read_path(found.path, found.file)
            read.append(FileRead(source=source.id, size=found.size, mtime=found.mtime, list=text))
            if progress is not None:
                progress(len(read), total)
    return read, [(source.id, name) for source, scan in scans for name in scan.gone]
