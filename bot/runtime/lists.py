"""Keeps the store in step with the files of the reading lists.

Changes are seen in three ways: events of the file system wake one watcher for all lists of the process; every minute all
files are compared by a hash of their content, which misses nothing; and where events do not work, or do not tell of
what others change, sizes and times are compared every few seconds.

A list in a git repository is fetched every few minutes and read right after that, while no other process uses the
repository: so a process whose copy is older never puts the list back.
"""

import asyncio
import logging
import os
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from bot.chat.jobs import Job
from bot.domain.edit import Edit, EditState
from bot.domain.errors import BadConfig, BadUsage, Conflict, NotFound, Refusal, StoreError
from bot.domain.ids import EditId, SourceId, TeamId
from bot.domain.notice import Host, described
from bot.domain.record import record
from bot.domain.source import GONE, HeldChange, Problem, ReadList, Severity, Source, SourceFile, git_file
from bot.domain.team import Team
from bot.ports.runner import Runner
from bot.ports.store import Transaction
from bot.runtime import file_edits
from bot.runtime.repositories import Repositories
from bot.service import edits, entries
from bot.service.entries import FileRead, SyncReport
from store.lists import folder

if TYPE_CHECKING:
    from bot.runtime.git import Copy, Fetched, Written

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Called with how many files were read, of how many, while a long sync goes on."""

RESCAN_EVERY = timedelta(seconds=60)
POLL_EVERY = timedelta(seconds=5)
FETCH_EVERY = timedelta(minutes=3)
EDITS_EVERY = timedelta(seconds=2)
BURST = timedelta(seconds=20)
"""How long an edit waits at most for others that go into the same commit."""
BURST_PAUSE = timedelta(seconds=4)
"""How long it waits after the last one."""
MOMENT = 2.0
"""Seconds to wait for a repository that another process may be about to let go of."""
PATIENCE = 30.0
"""Seconds that the command line waits for another process to finish with a repository."""
TRY_AGAIN = 60.0
"""Seconds until an edit that could not be written is tried again, though its file looks the same."""
TIMEOUT = timedelta(minutes=5)
QUIET = 200
"""Milliseconds without another event after which a change is read: an editor or a copy is done by then."""
CATCH_UP = 1000
"""Milliseconds after a watch begins until everything is read once more, for what changed while it began."""

log = logging.getLogger("dogear.lists")


@record
class News:
    """What is new since the previous sync: `errors` that concern whole files or keep something from loading, `fixed`
    files whose problems are gone, `decided` files of changes that are no longer held.
    """

    team: Team
    report: SyncReport
    errors: tuple[Problem, ...]
    fixed: tuple[str, ...]
    decided: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.report.files or self.report.news or self.errors or self.fixed or self.decided)

    def lines(self) -> Iterator[tuple[int, str]]:
        """Each of it in words, with its level in the log."""
        for changes in self.report.files:
            yield logging.INFO, str(changes)
        for change in self.report.news:
            gone = f"{change.names} no longer has {len(change.entries):,} of its {change.of:,} entries"
            yield logging.WARNING, f"{gone}: held until an admin decides, or the host types “dogear sync --accept”"
        for problem in self.errors:
            yield logging.WARNING, str(problem)
        for file in self.fixed:
            yield logging.INFO, f"{file}: the problem is gone"
        for names in self.decided:
            yield logging.INFO, f"{names}: no change is held any more"


class Lists:
    """The reading lists of all teams; one sync runs at a time."""

    def __init__(
        self,
        runner: Runner,
        repositories: Repositories,
        *,
        host: Host = Host(),  # noqa: B008 -- frozen
        wake: Callable[[], None] = lambda: None,
        poll: bool = False,
    ) -> None:
        """`wake` is called when there is a notice for admins. With `poll` no events are waited for. `only` may be set
        to a team whose lists alone are watched and read again.
        """
        self._runner = runner
        self._repositories = repositories
        self._host = host
        self._wake = wake
        self._forced = poll
        self.only: Team | None = None
        self._deaf = poll
        self._lock = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lists")  # a dead network mount blocks no other work
        self._errors: dict[TeamId, set[Problem]] = {}
        self._held: dict[TeamId, Sequence[HeldChange]] = {}
        self._glances: dict[SourceId, Mapping[str, tuple[int, int, int]]] = {}
        self._networks: dict[SourceId, str] = {}
        self._watched: dict[SourceId, folder.Watched] = {}
        self._rewatch = asyncio.Event()
        self._tried: dict[EditId, tuple[object, float]] = {}
        self._unfetched: dict[str, str] = {}
        self._fetching: asyncio.Task[None] | None = None
        self._fetch_again = False
        self.heard: Callable[[News], None] = lambda _news: None
        self.on_written: Callable[[str], Awaitable[None]] = _ignore

    def close(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
        self._repositories.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def jobs(self) -> Sequence[Job]:
        return (
            Job(name="lists", run=self.rescan, every=RESCAN_EVERY, timeout=TIMEOUT),
            Job(name="list polling", run=self.poll, every=POLL_EVERY, timeout=TIMEOUT),
            Job(name="git", run=self.fetch, every=FETCH_EVERY, timeout=TIMEOUT),
            Job(name="edits", run=partial(self.write_edits, at_once=False), every=EDITS_EVERY, timeout=TIMEOUT),
        )

    async def write_edits(self, *, at_once: bool = True) -> None:
        """Write the pending edits of all teams into their files, and show what became of them.

        Unless `at_once`, edits of a git repository wait for a moment, so that a burst of them becomes one commit.
        """
        states = [EditState.PENDING, EditState.APPLIED]
        waiting = await self._runner.read(lambda tx: tx.edits.in_state(None, states))
        for team in dict.fromkeys(edit.team for edit in waiting):
            if self.only is None or self.only.id == team:
                await self._write_of(team, [edit for edit in waiting if edit.team == team], at_once=at_once)

    async def _write_of(self, team: TeamId, waiting: Sequence[Edit], *, at_once: bool) -> None:
        pending = [edit for edit in waiting if edit.state is EditState.PENDING]
        any_done = len(pending) < len(waiting)
        for file in dict.fromkeys(edit.file or "" for edit in pending):
            theirs = [edit for edit in pending if edit.file == file]
            if git_file(file):
                any_done |= await self._write_to_git(team, file, theirs, at_once=at_once)
            else:
                any_done |= await self._write(file, theirs)
        if any_done:
            await self.sync(await self._runner.read(lambda tx: tx.teams.get(team)))
            await self._confirm(team)

    async def _confirm(self, team: TeamId) -> None:
        for edit in await self._runner.write(lambda tx: edits.confirm(tx, team)):
            await self.on_written(edit.source_key)

    async def _write(self, file: str, waiting: Sequence[Edit]) -> bool:
        """Write edits into a file. Returns whether any is in it now."""
        path, now = Path(file), asyncio.get_running_loop().time()
        looks = await self._in_thread(partial(_looks, path))
        tried = [self._tried.get(edit.id) for edit in waiting]
        if all(one is not None and one[0] == looks and now < one[1] for one in tried):
            return False
        reasons = await self._in_thread(partial(file_edits.write_edits, path, waiting))
        for edit in waiting:
            self._tried.pop(edit.id, None)
            if reasons[edit.id]:
                self._tried[edit.id] = (looks, now + TRY_AGAIN)

        def save(tx: Transaction) -> None:
            for edit in waiting:
                if reasons[edit.id]:
                    edits.save_failed(tx, edit, reasons[edit.id], self._host)
                else:
                    edits.save_applied(tx, edit)

        await self._runner.write(save)
        await self._show_waiting(file, waiting, reasons)
        return not all(reasons.values())

    async def _show_waiting(self, file: str, waiting: Sequence[Edit], reasons: Mapping[EditId, str]) -> None:
        for edit in waiting:
            if reasons[edit.id] and reasons[edit.id] != edit.reason:
                log.warning("an edit waits: %s: %s", file, reasons[edit.id])
                self._wake()
                await self.on_written(edit.source_key)

    async def _write_to_git(self, team: TeamId, path: str, seen: Sequence[Edit], *, at_once: bool) -> bool:
        """Commit edits and push them. Returns whether any is on the list's branch now.

        Only one process does this at a time, and it looks again at what waits: another may have pushed it.
        """
        at, monotonic = await self._runner.read(lambda tx: tx.now()), asyncio.get_running_loop().time()
        fresh = [edit for edit in seen if not edit.branch]
        untried = [edit for edit in fresh if edit.id not in self._tried]
        is_gathering = not at_once and _may_grow(untried, at)
        if (not untried and all(monotonic < self._tried[edit.id][1] for edit in fresh)) or (untried and is_gathering):
            return False
        async with self._repositories.held(path, MOMENT if at_once else 0) as held:
            if not held:
                return False
            pending, words = await self._runner.read(lambda tx: _waiting(tx, team))
            names = await self._runner.read(lambda tx: {one.id: edits.name_in_commits(tx, one) for one in pending})
            fresh = [edit for edit in pending if edit.file == path and not edit.branch]
            if not fresh:
                return False
            stuck = {edit.key: edit.reason for edit in pending if edit.file == path and edit.branch}
            written: Written | None
            try:
                written = await self._repositories.run(path, lambda copy: copy.write(fresh, words, at, stuck, names))
                if written.forced is not None:
                    await self._restore_history(path, written.forced)
                    return False
                reasons = dict(written.reasons)
            except (Refusal, BadConfig) as no:
                written, reasons = None, dict.fromkeys((edit.id for edit in fresh), _in_words(no))
            if written is not None and written.branch:
                made = [edit for edit in fresh if not reasons[edit.id]]
                await self._propose(path, written.branch, made, words)
            for edit in fresh:
                self._tried.pop(edit.id, None)
                if reasons[edit.id]:
                    self._tried[edit.id] = (path, monotonic + TRY_AGAIN)
            in_branch = written is not None and bool(written.branch)

            undone = {} if written is None else {one.undoes: one for one in fresh if one.undoes is not None}
            withdrawn = {edit.id: undone[edit.id] for edit in fresh if reasons[edit.id] and edit.id in undone}
            gone = {*withdrawn, *(undo.id for undo in withdrawn.values())}

            def save(tx: Transaction) -> None:
                for edit in fresh:
                    if edit.id in withdrawn:
                        edits.save_withdrawn(tx, edit, withdrawn[edit.id])
                    elif edit.id in gone:
                        continue
                    elif reasons[edit.id]:
                        edits.save_failed(tx, edit, reasons[edit.id], self._host)
                    elif not in_branch:
                        edits.save_applied(tx, edit)

            await self._runner.write(save)
            for edit in (one for one in fresh if one.id in gone):
                await self.on_written(edit.source_key)
            await self._show_waiting(path, [edit for edit in fresh if edit.id not in gone], reasons)
            if in_branch or all(reasons.values()):
                return False
            await self.sync(await self._runner.read(lambda tx: tx.teams.get(team)), fetched=[path])
            return True

    async def _propose(self, path: str, branch: str, made: Sequence[Edit], words: Mapping[EditId, str]) -> None:
        """Open a pull request for edits that are in a branch of their own, or say which branch to merge."""
        link, reason = await self._repositories.propose(path, branch, made, words)

        def save(tx: Transaction) -> None:
            for edit in made:
                edits.save_proposed(tx, edit, branch, link, reason, self._host)

        await self._runner.write(save)
        await self._show_waiting(path, made, dict.fromkeys((edit.id for edit in made), reason))

    async def _restore_history(self, path: str, fetched: "Fetched") -> None:
        """Write the edits again that a forced push took out of the branch."""
        await self._runner.write(lambda tx: edits.write_again(tx, path, fetched.lost))
        await self._repositories.run(path, lambda copy: copy.accept(fetched))
        log.warning("the branch was pushed by force; edits that were in it are written again: %s", path)

    def fetch_soon(self) -> None:
        """Fetch all repositories now, and once more if that was asked for meanwhile."""
        self._fetch_again = True
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch_while_asked())

    async def _fetch_while_asked(self) -> None:
        while self._fetch_again:
            self._fetch_again = False
            try:
                await self.fetch(patience=PATIENCE)
            except StoreError as error:
                log.warning("repositories are fetched again within minutes: %s", error)
            except Exception:
                log.exception("bug in fetching repositories")

    async def fetch(self, *, patience: float = MOMENT) -> None:
        """Fetch the repositories of all teams and take in what is new."""
        for team, source in await self._all_sources():
            if git_file(source.path):
                try:
                    await self._fetch(team, source.path, patience)
                except (Refusal, BadConfig) as no:
                    reason = _in_words(no)
                    if self._unfetched.get(source.path) != reason:
                        log.warning("%s is not fetched: %s", source.path, reason, extra={"team": team.name})
                    self._unfetched[source.path] = reason
                else:
                    if self._unfetched.pop(source.path, ""):
                        log.info("%s is fetched again", source.path, extra={"team": team.name})

    async def _fetch(self, team: Team, path: str, patience: float) -> None:
        async with self._repositories.held(path, patience) as held:
            if not held:
                return
            fetched = await self._repositories.run(path, _fetched)
            if fetched.lost:
                await self._restore_history(path, fetched)
            merged = await self._settle_proposals(team, path, fetched)
            await self.sync(team, fetched=[path])
        if merged:
            await self._confirm(team.id)

    async def _settle_proposals(self, team: Team, path: str, fetched: "Fetched") -> bool:
        """Look what became of edits that wait in branches of their own. Returns whether any was merged."""
        waiting, words = await self._runner.read(lambda tx: _waiting(tx, team.id))
        branches = dict.fromkeys(edit.branch for edit in waiting if edit.file == path and edit.branch)
        merged = False
        for branch in branches:
            theirs = [edit for edit in waiting if edit.file == path and edit.branch == branch]
            merged |= await self._settle_proposal(path, fetched, theirs, words)
        return merged

    async def _settle_proposal(
        self, path: str, fetched: "Fetched", theirs: Sequence[Edit], words: Mapping[EditId, str]
    ) -> bool:
        """Settle the edits of one branch."""
        from bot.runtime.forges import Merging

        branch = theirs[0].branch
        found = await self._repositories.run(path, lambda copy: copy.settled(theirs, fetched))
        try:
            request = await self._repositories.pull_request(path, branch)
        except Conflict as no:
            log.info("%s: %s", path, no.message)
            request = None
            if any(edit.link for edit in theirs) and not any(found.values()):
                return False
        on_list = [edit for edit in theirs if found[edit.id]]
        others = [edit for edit in theirs if not found[edit.id]]
        if request is not None and request.merging is Merging.MERGED and others:
            newest = await self._repositories.run(path, _fetched)  # it may have been merged since the last fetch
            found = await self._repositories.run(path, lambda copy: copy.settled(others, newest))
            on_list += await self._repositories.run(
                path, lambda copy: [e for e in others if found[e.id] or copy.has(e, newest)]
            )
            others = [edit for edit in others if edit not in on_list]
            reason = f"the pull request {request.link} was merged without it"
        elif request is not None and request.merging is Merging.CLOSED:
            reason = f"the pull request {request.link} was closed"
        elif branch not in fetched.branches:
            reason = f"the branch {branch} was deleted and not merged"
        else:
            if others and not any(edit.link for edit in others):
                await self._propose(path, branch, others, words)
            reason = ""

        def save(tx: Transaction) -> None:
            for edit in on_list:
                edits.save_merged(tx, edit)
            for edit in others if reason else ():
                edits.save_refused(tx, edit, reason)

        await self._runner.write(save)
        self._wake()
        for edit in others if reason else ():
            await self.on_written(edit.source_key)
        return bool(on_list)

    async def fetched(self, url: str, branch: str, path: str) -> str:
        """Fetch a list in a git repository for the first time; an empty `branch` is the repository's default one.

        Returns its path as a source. Raises Refusal with what to do, and BadConfig.
        """
        known = f"{url}#{branch or 'HEAD'}:/{path.removeprefix('/')}"
        if git_file(known) is None:
            hint = "Use https://, ssh:// or file://, such as https://git.example.org/team/list.git"
            raise BadUsage("This is not the address of a git repository.", hint=hint)
        if not branch:
            branch = await self._repositories.run(known, lambda copy: copy.default_branch())
        source = f"{url}#{branch}:/{path.removeprefix('/')}"
        await self._repositories.run(source, _fetched)
        return source

    async def examined(self, path: str, *, pushes: bool) -> str:
        """What keeps a list in a git repository from being fetched, and with `pushes` edits from being pushed; empty if
        nothing does.
        """

        def look(copy: "Copy") -> str:
            copy.fetch()
            if pushes:
                copy.may_push()
                return file_edits.obstacle(copy.list)
            return ""

        try:
            async with self._repositories.held(path, PATIENCE) as held:
                return await self._repositories.run(path, look) if held else ""
        except (Refusal, BadConfig) as no:
            return _in_words(no)

    async def pull_requests(self, path: str) -> tuple[bool, str]:
        """Whether nothing keeps pull requests of a list in a git repository from being opened, and a line about it."""
        try:
            known = await self._repositories.can_propose(path)
        except Conflict as no:
            return False, no.message
        return True, "a protected branch gets a pull request" if known else "a protected branch is merged by hand"

    @property
    def unfetched(self) -> Mapping[str, str]:
        """Why repositories could not be fetched the last time, by the path of their list."""
        return self._unfetched

    def local(self, path: str) -> Path:
        """Where the list of a source is on this machine."""
        return self._repositories.copy(path).list if git_file(path) else Path(path)

    async def sync(
        self,
        team: Team,
        progress: Progress | None = None,
        *,
        accept: bool = False,
        fetched: Collection[str] = (),
    ) -> SyncReport:
        """Read the team's changed files and take them in; with `accept` also what would be held.

        Of the lists in git repositories only those that are `fetched` are read; the caller holds them.
        """
        async with self._lock:
            return await self._synced(team, progress, orphans=False, accept=accept, fetched=fetched)

    async def use(
        self,
        team: Team,
        paths: Sequence[Path | str],
        progress: Progress | None = None,
        *,
        accept: bool = False,
        late: bool = False,
        level: int = logging.WARNING,
    ) -> SyncReport:
        """Make these files and folders the team's sources, and sync. With `late`, a team's first ones may come later.

        A source that is added to a team that had some, or removed, is logged at this level.
        """
        wanted = [_whole(path) for path in paths]
        async with AsyncExitStack() as stack:
            known = await self._runner.read(lambda tx: [source.path for source in tx.entries.sources(team.id)])
            new = [path for path in wanted if path not in known] if late else wanted
            fetched = await self._fetch_for(team, new, stack, may_fail=late and not known)
            await stack.enter_async_context(self._lock)
            if set(known) != set(wanted):
                if known or not late:
                    await self._in_thread(partial(refuse_missing, set(wanted) - set(known)))
                await self._runner.write(lambda tx: entries.use(tx, team.id, wanted))
                if known:
                    _log_change(team, set(wanted) - set(known), set(known) - set(wanted), level)
            orphans = set(known) != set(wanted)
            return await self._synced(team, progress, orphans=orphans, accept=accept, fetched=fetched)

    async def sync_fetched(self, team: Team, progress: Progress | None = None, *, accept: bool = False) -> SyncReport:
        """Fetch the repositories of the team's lists, and sync."""
        async with AsyncExitStack() as stack:
            paths = await self._runner.read(lambda tx: [source.path for source in tx.entries.sources(team.id)])
            fetched = await self._fetch_for(team, paths, stack, may_fail=True)
            await stack.enter_async_context(self._lock)
            return await self._synced(team, progress, orphans=False, accept=accept, fetched=fetched)

    async def _fetch_for(self, team: Team, paths: Iterable[str], stack: AsyncExitStack, *, may_fail: bool) -> list[str]:
        """Fetch those of the lists that are in git repositories, and hold them until the stack is closed.

        Raises Refusal with what to do, and BadConfig, unless they may fail: then they are fetched later.
        """
        fetched = []
        for path in sorted(filter(git_file, paths)):
            try:
                if await stack.enter_async_context(self._repositories.held(path, PATIENCE)):
                    await self._repositories.run(path, _fetched)
                    fetched.append(path)
            except (Refusal, BadConfig) as no:
                if not may_fail:
                    raise
                log.warning("%s is not fetched: %s", path, _in_words(no), extra={"team": team.name})
                self._unfetched[path] = _in_words(no)
        return fetched

    async def change(
        self, team: Team, *, add: Sequence[Path | str], remove: Sequence[Path | str], progress: Progress | None = None
    ) -> SyncReport:
        """Add and remove some of the team's sources, log each, and sync.

        Raises NotFound for a path to add where there is nothing, and as `entries.change_sources`.
        """
        async with AsyncExitStack() as stack:
            known = await self._runner.read(lambda tx: [source.path for source in tx.entries.sources(team.id)])
            added, removed = _absolute(add, known), _absolute(remove, known)
            fetched = await self._fetch_for(team, added, stack, may_fail=False)
            await stack.enter_async_context(self._lock)
            await self._in_thread(partial(refuse_missing, added))
            await self._runner.write(lambda tx: entries.change_sources(tx, team, added, removed))
            _log_change(team, added, removed, logging.WARNING)
            return await self._synced(team, progress, orphans=True, accept=False, fetched=fetched)

    async def _synced(
        self, team: Team, progress: Progress | None, *, orphans: bool, accept: bool, fetched: Collection[str] = ()
    ) -> SyncReport:
        """With `orphans` there may be entries of a source that was taken away."""
        sources, held = await self._runner.read(partial(_known, team=team.id))
        known = [
            (source, self.local(source.path), files)
            for source, files in sources
            if not git_file(source.path) or source.path in fetched
        ]
        unseen = {source.id for source, _ in sources} - {source.id for source, _, _ in known}
        held = [change for change in held if change.source not in unseen]
        found = await self._in_thread(partial(_changed, known, () if accept else held, progress))
        if found is None and not orphans and not (accept and held):
            report = await self._runner.read(lambda tx: entries.unchanged(tx, team.id))
        else:
            read, gone = found or ((), ())
            report = await self._runner.write(
                lambda tx: entries.sync(tx, team.id, read, gone, host=self._host, accept=accept, unseen=unseen)
            )
        if report.news:
            self._wake()
        self._tell(team, report)
        return report

    def _tell(self, team: Team, report: SyncReport) -> None:
        errors = {problem for problem in report.problems if problem.severity is Severity.ERROR or not problem.line}
        before = self._errors.get(team.id, set())
        self._errors[team.id] = errors
        fixed = {problem.file for problem in before} - {problem.file for problem in errors}
        fresh = tuple(problem for problem in report.problems if problem in errors - before)
        held = {change.source for change in report.held}
        decided = tuple(change.names for change in self._held.get(team.id, ()) if change.source not in held)
        self._held[team.id] = report.held
        news = News(team=team, report=report, errors=fresh, fixed=tuple(sorted(fixed)), decided=decided)
        if news:
            self.heard(news)

    async def rescan(self) -> None:
        """Compare every file of every team with what was last read, by a hash of its content."""
        known = await self._sources()
        for team in {team.id: team for team, _ in known}.values():
            await self.sync(team)
        if self._deaf or await self._in_thread(partial(_watched, known)) != self._watched:
            self._rewatch.set()

    async def poll(self) -> None:
        """Look at sizes and times where events do not work, or do not tell of what others change."""
        if not self._deaf and not any(self._networks.values()):
            return
        concerned: dict[TeamId, Team] = {}
        for team, source in await self._sources():
            if self._deaf or self._networks.get(source.id):
                glance = await self._in_thread(partial(folder.glance, Path(source.path)))
                if self._glances.setdefault(source.id, glance) != glance:
                    concerned[team.id] = team
                self._glances[source.id] = glance
        for team in concerned.values():
            await self.sync(team)

    async def watch(self) -> None:
        """Sync whenever a file of any team's sources changes, until cancelled."""
        while True:
            known = await self._sources()
            self._rewatch.clear()
            self._watched = await self._in_thread(partial(_watched, known))
            await self._say_networks(known)
            if self._forced or not self._watched:
                await self._rewatch.wait()
                continue
            try:
                await self._listen(known)
            except FileNotFoundError:
                await asyncio.sleep(QUIET / 1000)  # a folder went away meanwhile, so others are to be watched
            except (OSError, RuntimeError) as error:  # a RuntimeError is what watchfiles makes of some
                if not self._deaf:
                    seconds = POLL_EVERY.total_seconds()
                    log.warning("no events of the file system (%s): lists are looked at every %g s", error, seconds)
                self._deaf = True
                await self._rewatch.wait()

    async def _listen(self, known: Sequence[tuple[Team, Source]]) -> None:
        """Sync what events tell of, until the folders to watch are others. Raises OSError where there are no events."""
        from watchfiles import awatch  # 60 ms, and only a running bot watches

        places = {place for watched in self._watched.values() for place in watched.names}
        events = awatch(
            *places,
            watch_filter=None,
            step=QUIET,
            stop_event=self._rewatch,
            rust_timeout=CATCH_UP,
            yield_on_timeout=True,
            recursive=False,
            ignore_permission_denied=True,
        )
        clock = asyncio.get_running_loop().time
        catch_up_at: float | None = clock() + CATCH_UP / 1000
        async with aclosing(events):
            async for changes in events:
                if self._deaf:
                    log.info("the file system tells of changes again")
                    self._deaf = False
                everything = (
                    catch_up_at is not None and clock() >= catch_up_at
                )  # also where others make events all the time
                if everything:
                    catch_up_at = None
                concerned = {
                    team.id: team
                    for team, source in known
                    if everything or any(self._watched[source.id].concerns(path) for _, path in changes)
                }
                for team in concerned.values():
                    await self._sync_safely(team)
                if concerned and await self._in_thread(partial(_watched, known)) != self._watched:
                    return

    async def _sync_safely(self, team: Team) -> None:
        """The next re-scan makes up for what fails here."""
        try:
            await self.sync(team)
        except StoreError as error:
            log.warning("a change of the list is read within a minute: %s", error, extra={"team": team.name})

    async def _say_networks(self, known: Sequence[tuple[Team, Source]]) -> None:
        """Find out which sources are on network file systems, and say so once of each."""
        for _, source in known:
            kind = await self._in_thread(partial(folder.network_file_system, Path(source.path)))
            if kind and self._networks.get(source.id) != kind:
                seconds = POLL_EVERY.total_seconds()
                log.info("%s is on %s, so it is looked at every %g s", source.path, kind, seconds)
            self._networks[source.id] = kind

    async def _sources(self) -> list[tuple[Team, Source]]:
        """The files and folders to watch."""
        return [(team, source) for team, source in await self._all_sources() if not git_file(source.path)]

    async def _all_sources(self) -> list[tuple[Team, Source]]:
        def of(tx: Transaction) -> list[tuple[Team, Source]]:
            teams = tx.teams.all() if self.only is None else [self.only]
            return [(team, source) for team in teams for source in tx.entries.sources(team.id)]

        return await self._runner.read(of)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


async def _ignore(_source: str) -> None:
    """No one follows edits here."""


def _looks(path: Path) -> object:
    """What changes when the file or its folder does."""
    try:
        file, folder_of = path.stat(), path.parent.stat()
    except OSError as error:
        return error.errno
    return (file.st_mtime_ns, file.st_size, file.st_ino, file.st_mode, folder_of.st_mode, folder_of.st_dev)


def log_news(news: News) -> None:
    """A line in the log for everything that was taken in or went wrong."""
    for level, line in news.lines():
        log.log(level, "%s", line, extra={"team": news.team.name})


def _fetched(copy: "Copy") -> "Fetched":
    return copy.fetch()


def _waiting(tx: Transaction, team: TeamId) -> tuple[Sequence[Edit], Mapping[EditId, str]]:
    """The edits of a team that wait, and what each does in a line, without the number of an entry: to forges, #12 is
    an issue.
    """
    found = edits.pending(tx, team)
    lines = (described(replace(edit, entry=None), tx.entries.with_key(team, edit.key)) for edit in found)
    return found, {edit.id: " ".join(line.split()) for edit, line in zip(found, lines, strict=True)}


def _in_words(no: Refusal | BadConfig) -> str:
    return f"{no.message} {no.hint or ''}".strip() if isinstance(no, Refusal) else str(no)


def _may_grow(waiting: Sequence[Edit], now: datetime) -> bool:
    """Whether more edits may follow that go into the same commit."""
    if not waiting:
        return False
    return now - waiting[0].at < BURST and now - waiting[-1].at < BURST_PAUSE


def _whole(path: Path | str) -> str:
    """The path from the root on; that of a list in a git repository as it is."""
    if git_file(str(path)):
        return str(path)
    return str(Path(os.getcwd(), path))  # noqa: PTH109 -- asks the process, not the disk


def _absolute(paths: Iterable[Path | str], known: Iterable[str]) -> list[str]:
    """The paths from the root on, without “..”, or as those that are known spell them; each once."""
    kept = {os.path.normpath(path): path for path in known}
    whole = (str(path) if git_file(str(path)) else os.path.normpath(_whole(path)) for path in paths)
    return list(dict.fromkeys(kept.get(path, path) for path in whole))


def _log_change(team: Team, added: Iterable[str], removed: Iterable[str], level: int) -> None:
    for path in sorted(added):
        log.log(level, "a list was added to team “%s”: %s", team.name, path)
    for path in sorted(removed):
        log.log(level, "a list was removed from team “%s”: %s", team.name, path)


def refuse_missing(paths: Iterable[str]) -> None:
    """Raise NotFound for a path at which there is nothing: a team does not change to a list by a slip of the pen."""
    for path in sorted(path for path in paths if not git_file(path)):
        if re.search("https?:/", path):
            raise NotFound(
                "A reading list is a file or a folder, not a web address.",
                hint="Download it first. One in a git repository is URL#BRANCH:/PATH.",
            )
        try:
            path.encode()
            Path(path).stat()
        except (FileNotFoundError, NotADirectoryError):
            hint = "Correct the path, or put the file there first."
            raise NotFound(f"There is no reading list at {path}.", hint=hint) from None
        except UnicodeEncodeError:
            raise NotFound("The path of a reading list is not text in UTF-8.", hint="Rename the file.") from None
        except (OSError, ValueError) as error:  # the second for a name with a null character
            reason = getattr(error, "strerror", None) or error
            hint = "Correct the path or its permissions."
            raise NotFound(f"The reading list {path} cannot be read: {reason}.", hint=hint) from None


def _watched(known: Sequence[tuple[Team, Source]]) -> dict[SourceId, folder.Watched]:
    return {source.id: folder.watched(Path(source.path)) for _, source in known}


Known: TypeAlias = Sequence[tuple[Source, Path, Sequence[SourceFile]]]
"""Sources with where they are on this machine and what was seen of them."""


def _known(tx: Transaction, team: TeamId) -> tuple[Sequence[tuple[Source, Sequence[SourceFile]]], Sequence[HeldChange]]:
    files = [(source, tx.entries.files(source.id)) for source in tx.entries.sources(team)]
    return files, tx.entries.held(team)


def _changed(
    known: Known, held: Sequence[HeldChange], progress: Progress | None
) -> tuple[list[FileRead], list[tuple[SourceId, str]]] | None:
    """What there is to take in, and which files are gone; None if all is as the last sync left it."""
    scans = [(source, seen, folder.scan(path, seen)) for source, path, seen in known]
    waiting = {change.source: set(change.files) for change in held}
    if all(_pending(seen, scan) == waiting.get(source.id, set()) for source, seen, scan in scans):
        return None
    total = sum(len(scan.changed) for _, _, scan in scans)
    read = []
    for source, _, scan in scans:
        for problem in scan.problems:
            unseen = ReadList(file=problem.file, problems=(problem,), synonyms={}, failed=True)
            read.append(FileRead(source=source.id, digest="", list=unseen))
        for found in scan.changed:
            read.append(FileRead(source=source.id, digest=found.digest, list=folder.read(found)))
            if progress is not None:
                progress(len(read), total)
    return read, [(source.id, name) for source, _, scan in scans for name in scan.gone]


def _pending(seen: Sequence[SourceFile], scan: folder.Scan) -> set[tuple[str, str]]:
    """The files with their digests that the last sync did not see as they are now."""
    noted = {(row.file, problem) for row in seen if not row.digest for problem in row.problems}
    troubles = {(problem.file, str(problem)) for problem in scan.problems if (problem.file, problem) not in noted}
    return {(found.file, found.digest) for found in scan.changed} | {(name, GONE) for name in scan.gone} | troubles
