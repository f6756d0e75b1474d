"""The git repositories of all teams, as the event loop uses them: each call in a thread, with a time limit, and by one
process at a time.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from bot.domain.edit import Edit
from bot.domain.errors import BadConfig, Conflict, StoreBusy
from bot.domain.ids import EditId
from bot.domain.source import GitFile, git_file

if TYPE_CHECKING:
    from bot.runtime.forges import Forge, PullRequest
    from bot.runtime.git import Copy

T = TypeVar("T")
LIMIT = 40.0
"""Seconds for one call; PostgreSQL ends the session that holds a repository's lock after 45 seconds of silence."""
LOCK_AGAIN = 0.2
LARGE_AGAIN = 24 * 3600.0
"""Seconds until a repository that was too large to be fetched is tried again."""
THREADS = 4
INSTALL = "Lists in git repositories need packages that are not here. Install them: pip install 'dogear-club[git]'"

log = logging.getLogger("dogear.git")


class Lock(Protocol):
    def release(self) -> None: ...


class Repositories:
    """Copies of the repositories of lists, and the forges of their servers."""

    def __init__(
        self,
        acquire: Callable[[str], Lock | None],
        folder: Callable[[], Path],
        tokens: Mapping[str, str],
        ssh_key: str = "",
        forges: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        """`acquire` takes a lock between processes; None while another has it. `folder` may raise BadConfig."""
        self._acquire = acquire
        self._folder = folder
        self._tokens = tokens
        self._ssh_key = ssh_key
        self._forges = forges or {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="git")
        self._locks: dict[str, asyncio.Lock] = {}
        self._running: set[str] = set()
        self._large: dict[str, tuple[float, Conflict]] = {}

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def copy(self, path: str) -> "Copy":
        """Our copy of the list with this path. Raises BadUsage for one that cannot be used, and BadConfig."""
        try:
            from bot.runtime import git  # some 0.1 s that clubs without a repository do not need
        except ModuleNotFoundError as missing:
            if (missing.name or "").partition(".")[0] not in ("dulwich", "urllib3", "aiohttp"):
                raise
            raise BadConfig([INSTALL]) from None
        file = _file(path)
        git.checked(file)
        return git.Copy(file, self._folder(), git.Access(tokens=self._tokens, ssh_key=self._ssh_key))

    @asynccontextmanager
    async def held(self, path: str, patience: float = 0.0) -> AsyncIterator[bool]:
        """Hold the repository of this list, so that no other task or process uses it. Yields whether we have it; it is
        waited for as many seconds.
        """
        inside = self._locks.setdefault(path, asyncio.Lock())
        if inside.locked() and not patience:
            yield False
            return
        async with inside:
            lock = await self._taken(path, patience)
            try:
                yield lock is not None
            finally:
                if lock is not None:
                    await asyncio.to_thread(lock.release)

    async def _taken(self, path: str, patience: float) -> Lock | None:
        now = asyncio.get_running_loop().time
        until = now() + patience
        while True:
            try:
                lock = await asyncio.to_thread(self._acquire, f"git {path}")
            except StoreBusy:
                lock = None
            if lock is not None or now() >= until:
                return lock
            await asyncio.sleep(LOCK_AGAIN)

    async def run(self, path: str, work: "Callable[[Copy], T]") -> T:
        """The result of work on the copy of this list. Raises Refusal with what to do, and BadConfig."""
        copy = await asyncio.to_thread(self.copy, path)
        until, large = self._large.get(path, (0.0, None))
        if large is not None and asyncio.get_running_loop().time() < until:
            raise Conflict(large.message, hint=large.hint)
        if path in self._running:
            raise Conflict(f"The server of {copy.file.url} does not answer. I try again in a minute.")
        from bot.runtime.git import TooLarge, in_words

        self._running.add(path)
        future = asyncio.get_running_loop().run_in_executor(self._threads, in_words, work, copy)
        future.add_done_callback(lambda done: self._ended(path, done, TooLarge))
        try:
            async with asyncio.timeout(LIMIT):
                return await asyncio.shield(future)
        except TimeoutError:
            raise Conflict(f"The server of {copy.file.url} takes too long. I try again in a minute.") from None

    def _ended(self, path: str, done: "asyncio.Future[T]", too_large: type[Conflict]) -> None:
        self._running.discard(path)
        error = None if done.cancelled() else done.exception()  # the caller may have stopped waiting for it
        if isinstance(error, too_large):
            self._large[path] = (done.get_loop().time() + LARGE_AGAIN, error)

    def _forge(self, path: str) -> "Forge | None":
        from bot.runtime import forges
        from bot.runtime.git import Access, host_of, project_of

        url = _file(path).url
        host = host_of(url)
        return forges.forge_of(host, project_of(url), self._forges, Access(tokens=self._tokens).token(host))

    async def pull_request(self, path: str, branch: str) -> "PullRequest | None":
        """The pull request of a branch of ours; None without one or if the server is not known. Raises Conflict."""
        forge = self._forge(path)
        return None if forge is None else await forge.find(branch)

    async def can_propose(self, path: str) -> bool:
        """Whether pull requests can be opened, as far as can be known without opening one. Raises Conflict if the token
        lacks a right or the server is away.
        """
        forge = self._forge(path)
        if forge is not None:
            await forge.find("dogear/none")
        return forge is not None

    async def propose(
        self, path: str, branch: str, edits: Sequence[Edit], words: Mapping[EditId, str]
    ) -> tuple[str, str]:
        """Open a pull request for these edits, which `words` describe, where that is possible.

        Returns its address, empty without one, and what the edits wait for, in words.
        """
        file, forge = _file(path), self._forge(path)
        by_hand = f"The branch {file.branch} is protected. Merge the branch {branch} into it"
        if forge is None:
            return "", f"{by_hand}."
        from bot.runtime.git import subject

        text = "Changes from the chat:\n\n" + "".join(f"- {words[edit.id]}\n" for edit in edits)
        try:
            opened = await forge.open(branch, file.branch, subject(edits, words)[:200], text)
        except Conflict as no:
            return "", f"{by_hand}. No pull request could be opened: {no.message}"
        return opened.link, f"The branch {file.branch} is protected. Merge the pull request {opened.link}"


def _file(path: str) -> GitFile:
    file = git_file(path)
    assert file is not None
    return file
