"""Reads a list from a git repository and commits edits to it. Everything here blocks, and is called in a thread.

A copy is a bare shallow repository in a folder of ours, with the list's newest content beside it as a file. Nothing in
it is precious: a copy that is deleted is fetched again. The order makes a crash harmless: what was pushed is recognised
by the trailer of its commit, so it is looked for before it is made again.
"""

import contextlib
import logging
import os
import re
import shutil
import stat
import tempfile
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from dulwich.client import (
    GitClient,
    HTTPProxyUnauthorized,
    HTTPUnauthorized,
    LocalGitClient,
    SSHGitClient,
    SubprocessGitClient,
    Urllib3HttpGitClient,
)
from dulwich.errors import GitProtocolError, HangupException, NotGitRepository, NotTreeError, SendPackError
from dulwich.objects import Blob, Commit, ObjectID, SubmoduleEncountered, Tree
from dulwich.protocol import ZERO_SHA, Protocol
from dulwich.refs import Ref, check_ref_format
from dulwich.repo import Repo
from urllib3 import PoolManager, ProxyManager, Retry, make_headers
from urllib3.exceptions import HTTPError

from adapters.network import proxy_for
from bot.domain.address import redacted
from bot.domain.edit import Edit, EditKind
from bot.domain.errors import BadUsage, Conflict, NotFound, Refusal
from bot.domain.ids import EditId
from bot.domain.record import record
from bot.domain.source import GitFile
from bot.domain.visible import visible
from bot.runtime.file_edits import alone, edited
from store.lists.reading import MAX_BYTES, read

T = TypeVar("T")
MAX_TRIES = 3
"""How often edits are applied again to a branch that moves while they are pushed."""
DEPTH = 50
"""Commits of the history that a first fetch takes."""
MAX_FETCH = 200_000_000
"""Bytes that one fetch takes. The first one brings every file of the newest commits, however few of them are wanted."""
MAX_HISTORY = 5_000
"""Commits in which the trailers of edits are looked for."""
SOCKET_TIMEOUT = 20.0
"""Seconds of silence after which a server is given up."""
MAX_SHOWN = 200
"""Characters of a server's own words in a reason."""
MAX_SUBJECT = 72
"""Characters of a commit's first line, as is usual."""
HEADS = b"refs/heads/"
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""What a file in Git LFS begins with in the repository, in place of its content."""
HOOKS = ("pre-receive", "update", "post-receive", "post-update")
BRANCHES = "dogear/"
"""What the names of branches begin with for edits that may not be pushed to the list's branch."""
TRAILER = "Dogear-Edit: "
_NOT_IN_A_NAME = re.compile(r"[<>\x00-\x1f\x7f]+")
ADDRESS = "<dogear@localhost>"
AUTHOR = f"Dogear {ADDRESS}"
USER = "x-access-token"
"""The user name that goes with a token. GitHub, GitLab and Gitea look at the token alone."""
MAX_PACKS = 100
"""Files of objects, one for each fetch, before they become one."""
_SSH = "ssh -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3"
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_SCP = re.compile(r"(?P<user>[\w.-]+)@(?P<host>[\w.-]+):(?P<path>(?!//).+)")

log = logging.getLogger("dogear.git")


@record
class Access:
    """What proves to servers who we are. A token under the name "" is for every host without one of its own."""

    tokens: Mapping[str, str] = field(default_factory=dict)
    ssh_key: str = ""

    def token(self, host: str) -> str:
        """The token for this host, with its port where it has one; empty without one."""
        return self.tokens.get(host) or self.tokens.get(host.partition(":")[0]) or self.tokens.get("", "")


@record
class Fetched:
    """The branch as it is: its newest commit, the other branches of the repository, and the marks of edits that a
    forced push took out of the history.
    """

    tip: ObjectID
    branches: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()


@record
class Written:
    """For each edit why it is not on the list's branch, empty if it is.

    With `branch`, those without a reason are in that branch instead. With `forced`, the history was changed by force
    and nothing was done.
    """

    reasons: Mapping[EditId, str]
    branch: str = ""
    forced: Fetched | None = None


def checked(file: GitFile) -> None:
    """Raise BadUsage for an address that cannot be used."""
    parts = urlsplit(file.url)
    if parts.password or (parts.username and parts.scheme in ("http", "https")):
        raise BadUsage("The address has a secret in it.", hint="Leave it out, and set DOGEAR_GIT_TOKEN.")
    if not _SCP.fullmatch(file.url) and parts.scheme not in ("https", "http", "ssh", "file"):
        raise BadUsage(f"{parts.scheme}:// is not an address that Dogear fetches from.", hint="Use https:// or ssh://.")
    if host_of(file.url).startswith("-"):  # which ssh would take for an option
        raise BadUsage(f"{file.url} is not an address of a server.", hint="Correct its name.")
    if not check_ref_format(Ref(HEADS + file.branch.encode())):
        raise BadUsage(f"“{file.branch}” is not the name of a branch.", hint="Use one such as main.")
    if any(part in ("", ".", "..", ".git") for part in file.path.split("/")):
        raise BadUsage(f"“{file.path}” is not a path in a repository.", hint="Use one such as docs/reading.md.")


def host_of(url: str) -> str:
    """The server of a repository's address, with its port; empty for one on this machine."""
    if scp := _SCP.fullmatch(url):
        return scp["host"].lower()
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def project_of(url: str) -> str:
    """The path of a repository on its server."""
    scp = _SCP.fullmatch(url)
    return scp["path"] if scp else urlsplit(url).path


class TooLarge(Conflict):
    """The repository is larger than what is fetched of one. Trying again would only fetch as much again."""


class _Limited:
    """Stops a fetch that brings more than `MAX_FETCH`."""

    def fetch_pack(self, path: Any, wants: Any, walker: Any, pack_data: Callable[[bytes], int], **named: Any) -> Any:
        arrived = 0

        def counted(data: bytes) -> int:
            nonlocal arrived
            arrived += len(data)
            if arrived > MAX_FETCH:
                said = f"The repository is larger than {MAX_FETCH // 1_000_000} MB, even with its newest {DEPTH} commits alone."
                raise TooLarge(said, hint="Put the list into a repository of its own.")
            return pack_data(data)

        return super().fetch_pack(path, wants, walker, counted, **named)  # type: ignore[misc]


class _Closes(_Limited):
    """Closes the processes that the library leaves behind after an error."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._opened: list[Protocol] = []

    def _connect(self, *arguments: Any, **named: Any) -> Any:
        connected = super()._connect(*arguments, **named)  # type: ignore[misc]
        self._opened.append(connected[0])
        return connected

    def close(self) -> None:
        for protocol in self._opened:
            with contextlib.suppress(OSError, GitProtocolError):
                protocol.close()


class _Ssh(_Closes, SSHGitClient):  # type: ignore[misc] # it only counts what passes
    pass


class _Command(_Closes, SubprocessGitClient):  # type: ignore[misc] # as above
    pass


def _way_out(url: str) -> PoolManager:
    """Connections to a server, through a proxy where the environment names one. Raises BadConfig for a wrong one."""
    retries, proxy = Retry(connect=0, read=0, redirect=3, other=0), proxy_for(url)
    if proxy is None:
        return PoolManager(timeout=SOCKET_TIMEOUT, retries=retries, cert_reqs="CERT_REQUIRED")
    parts = urlsplit(proxy)
    named = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
    headers = make_headers(proxy_basic_auth=named)
    where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return ProxyManager(
        where, proxy_headers=headers, timeout=SOCKET_TIMEOUT, retries=retries, cert_reqs="CERT_REQUIRED"
    )


class _Http(_Limited, Urllib3HttpGitClient):  # type: ignore[misc] # as above
    """Tries once, for a push that is sent again blindly could be done twice, and closes its connections."""

    def __init__(self, base_url: str, **named: Any) -> None:
        manager = _way_out(base_url)
        self._answers: list[Any] = []
        request = manager.request

        def remembered(*arguments: Any, **named: Any) -> Any:
            self._answers.append(request(*arguments, **named))
            return self._answers[-1]

        manager.request = remembered  # type: ignore[method-assign]
        super().__init__(base_url, pool_manager=manager, timeout=SOCKET_TIMEOUT, **named)

    def close(self) -> None:
        for answer in self._answers:  # the library leaves those open that are errors
            answer.close()
        self.pool_manager.clear()


class Copy:
    """Our copy of the repository of one list."""

    def __init__(self, file: GitFile, folder: Path, access: Access) -> None:
        """`folder` has the copies of all lists."""
        self.file = file
        self._access = access
        self._folder = folder / blake2b(str(file).encode(), digest_size=8).hexdigest()
        self._ref = Ref(HEADS + file.branch.encode())

    @property
    def list(self) -> Path:
        """Where the list is as last fetched."""
        return self._folder / self.file.name

    def default_branch(self) -> str:
        """The branch that the repository is on by default. Raises Refusal."""
        with self._connected() as (client, path):
            found = client.get_refs(path)
        head = (found.symrefs or {}).get(Ref(b"HEAD"), b"")
        if head.startswith(HEADS) and head in found.refs:
            return head.removeprefix(HEADS).decode(errors="replace")
        raise Conflict("The repository does not say which branch to use.", hint="Name it with --branch.")

    def fetch(self) -> Fetched:
        """Fetch the branch, and put the list beside the copy. Raises Refusal with what to do."""
        with self._opened() as repo:
            fetched = self._fetched(repo)
            self._save(self._content(repo, fetched.tip))
            if len(list(repo.object_store.packs)) > MAX_PACKS:
                repo.object_store.repack()
            return fetched

    def delete(self) -> None:
        """Delete the copy. The list stays until it is fetched again."""
        shutil.rmtree(self._folder / "repository", ignore_errors=True)

    def may_push(self) -> None:
        """Raise Refusal unless the server lets us push something."""
        with self._opened() as repo, self._connected(pushes=True) as (client, path):
            client.send_pack(path, lambda _refs: {}, _packer(repo))

    def settled(self, edits: Sequence[Edit], fetched: Fetched) -> Mapping[EditId, bool | None]:
        """Whether edits that wait in branches of their own were merged; None while they wait there."""
        with self._opened() as repo:
            data, marks = self._content(repo, fetched.tip), _marks(repo, fetched.tip)
        return {
            edit.id: True
            if edit.mark in marks or self._says(data, edit)
            else None
            if edit.branch in fetched.branches
            else False
            for edit in edits
        }

    def _says(self, data: bytes, edit: Edit) -> bool:
        """Whether the list says what the edit does: somebody may have merged it without its trailer."""
        try:
            return edited(data, self.file.name, [edit]) == (data, {edit.id: ""})
        except Refusal:
            return False

    def has(self, edit: Edit, fetched: Fetched) -> bool:
        """Whether the list has the entry of the edit, or lacks it if the edit retires it."""
        with self._opened() as repo:
            found = read(self._content(repo, fetched.tip), self.file.name).entries
        return any(entry.key == edit.key for entry in found) is not (edit.kind is EditKind.RETIRE)

    def write(
        self,
        edits: Sequence[Edit],
        words: Mapping[EditId, str],
        at: datetime,
        waiting: Mapping[str, str] = MappingProxyType({}),
        names: Mapping[EditId, str] = MappingProxyType({}),
    ) -> Written:
        """Commit the edits to the newest list and push them, in one commit. `words` describe them, `waiting` is as for
        `edited`, and `names` has who made them and wants to be named.

        If the server declines that, push them to a branch of their own. Raises Refusal with what to do.
        """
        with self._opened() as repo:
            for _ in range(MAX_TRIES):
                fetched = self._fetched(repo)
                if fetched.lost:
                    return Written(reasons={}, forced=fetched)
                tip = fetched.tip
                done = _marks(repo, tip)
                data = self._content(repo, tip)
                here = [edit for edit in edits if edit.mark not in done]
                after, reasons = edited(data, self.file.name, here, waiting)
                reasons = {edit.id: reasons.get(edit.id, "") for edit in edits}
                if after == data:
                    self._save(data)
                    return Written(reasons=reasons)
                made = [edit for edit in here if not reasons[edit.id]]
                commit = self._commit(repo, tip, after, at, *_signed(made, words, names))
                declined = self._push(repo, self._ref, tip, commit)
                if declined == "":
                    repo.refs[self._ref] = commit
                    self._save(after)
                    return Written(reasons=reasons)
                if declined is None or self._fetched(repo).tip != tip:
                    continue
                branch = _branch_for(made)
                again = self._push(repo, Ref(HEADS + branch.encode()), ZERO_SHA, commit)
                if again is None and branch not in self._fetched(repo).branches:
                    continue
                if again:
                    said = f"The server declines the push: {again}. Let the token or key push to {self.file.branch}."
                    return Written(reasons={edit: reason or said for edit, reason in reasons.items()})
                return Written(reasons=reasons, branch=branch)
        raise Conflict("The branch changes all the time. I try again in a minute.")

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Repo]:
        """Our repository, made if it is not there, for this process alone."""
        try:
            self._folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            with alone(self._folder / "repository"):
                path = self._folder / "repository"
                if not (path / "objects").is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                    path.mkdir()
                    Repo.init_bare(path).close()
                left_behind = (path.rglob("*.lock"), path.rglob("tmp_pack_*"), self._folder.glob(".*.new"))
                for left in chain.from_iterable(left_behind):  # by a killed process: we are alone here
                    left.unlink(missing_ok=True)
                with contextlib.closing(Repo(str(path))) as repo:
                    yield repo
        except OSError as error:
            why = f"{self._folder} cannot be used ({error.strerror or type(error).__name__})."
            raise Conflict(f"{why} Set DOGEAR_GIT_FOLDER to a folder that Dogear may write to.") from None

    def _fetched(self, repo: Repo) -> Fetched:
        before = repo.refs[self._ref] if self._ref in repo.refs else None  # noqa: SIM401 -- it has no `get`

        def wanted(refs: Mapping[Ref, ObjectID], depth: int | None = None) -> list[ObjectID]:  # noqa: ARG001
            tip = refs.get(self._ref)
            return [tip] if tip is not None and (tip not in repo.object_store) else []

        with self._connected() as (client, path):
            result = client.fetch(
                path,
                repo,
                determine_wants=wanted,
                depth=None if before else DEPTH,
                ref_prefix=[b"HEAD", HEADS],
            )
        names = sorted(ref.removeprefix(HEADS).decode(errors="replace") for ref in result.refs if ref.startswith(HEADS))
        tip = result.refs.get(self._ref)
        if tip is None:
            known = (
                f"It has {_shown(', '.join(names[:5]))}."
                if names
                else "It is empty: push a first commit with the list."
            )
            raise NotFound(f"The repository has no branch “{self.file.branch}”. {known}")
        lost: frozenset[str] = frozenset()
        if before not in (None, tip):
            assert before is not None
            lost = _lost(repo, before, tip)
        if not lost:  # otherwise the caller notes them first, with `accept`
            repo.refs[self._ref] = tip
        return Fetched(tip=tip, branches=frozenset(names), lost=lost)

    def accept(self, fetched: Fetched) -> None:
        """Take a history that was changed by force for the known one, once what it lost is noted."""
        with self._opened() as repo:
            repo.refs[self._ref] = fetched.tip

    def _content(self, repo: Repo, tip: ObjectID) -> bytes:
        try:
            commit = repo[tip]
            assert isinstance(commit, Commit)
            tree = repo[commit.tree]
            assert isinstance(tree, Tree)
            mode, sha = tree.lookup_path(repo.__getitem__, self.file.path.encode())
            blob = repo[sha]
        except (KeyError, NotTreeError, SubmoduleEncountered):  # a file or a submodule where there was a folder
            said = f"The branch {self.file.branch} has no file {self.file.path}."
            raise NotFound(f"{said} Put it there, or name another one: dogear team lists") from None
        if not stat.S_ISREG(mode) or not isinstance(blob, Blob):
            raise Conflict(f"{self.file.path} is not a file in the repository; name a Markdown file.")
        if len(blob.data) > MAX_BYTES:
            raise Conflict(f"The file has more than {MAX_BYTES >> 20} MiB; split it into several files.")
        if blob.data.startswith(LFS_POINTER):
            raise Conflict(f"{self.file.path} is in Git LFS, which Dogear does not read; put it into git itself.")
        return blob.data

    def _commit(self, repo: Repo, tip: ObjectID, data: bytes, at: datetime, message: str, author: str) -> ObjectID:
        parent = repo[tip]
        assert isinstance(parent, Commit)
        tree = self._with_blob(repo, parent.tree, self.file.path.encode().split(b"/"), data)
        commit = Commit()
        commit.tree, commit.parents = tree, [tip]
        commit.author, commit.committer = author.encode(errors="replace"), AUTHOR.encode()
        commit.author_time = commit.commit_time = int(at.timestamp())
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding = b"UTF-8"
        commit.message = message.encode(errors="replace")
        repo.object_store.add_object(commit)
        return commit.id

    def _with_blob(self, repo: Repo, at: ObjectID, names: Sequence[bytes], data: bytes) -> ObjectID:
        """The id of the tree at `at` with the new content below it."""
        if not names:
            blob = Blob.from_string(data)
            repo.object_store.add_object(blob)
            return blob.id
        tree = repo[at]
        assert isinstance(tree, Tree)
        mode, known = tree[names[0]]
        tree[names[0]] = (mode, self._with_blob(repo, known, names[1:], data))
        repo.object_store.add_object(tree)
        return tree.id

    def _push(self, repo: Repo, ref: Ref, known: ObjectID, commit: ObjectID) -> str | None:
        """Push the commit. Returns "" if it is there, None if the branch is not as it is known or the result is
        unclear, otherwise the words with which the server declines.
        """
        said: list[bytes] = []

        def update(refs: dict[Ref, ObjectID]) -> dict[Ref, ObjectID]:
            return {ref: commit} if refs.get(ref, ZERO_SHA) in (known, commit) else {}

        try:
            with self._connected(pushes=True) as (client, path):
                hooks = Path(path.decode()) / "hooks"
                if isinstance(client, LocalGitClient) and any(os.access(hooks / name, os.X_OK) for name in HOOKS):
                    return "it has hooks, which run only where git is installed"
                result = client.send_pack(path, update, _packer(repo), progress=said.append)
        except SendPackError as error:
            return _shown(str(error))
        if result.ref_status is None:
            return None
        if ref not in result.ref_status:  # nothing was sent: it is there, or the branch is another
            return "" if (result.refs or {}).get(ref) == commit else None
        reason = result.ref_status[ref]
        if reason is None:
            return ""
        words = b"".join(said).decode(errors="replace").strip()
        return _shown(words.splitlines()[0]) if words else _shown(str(reason))

    def _save(self, data: bytes) -> None:
        """Put the list's content beside the copy, if it is another one."""
        path = self.list
        with contextlib.suppress(OSError):
            if path.read_bytes() == data:
                return
        handle, name = tempfile.mkstemp(prefix=".", suffix=".new", dir=self._folder)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)

    @contextlib.contextmanager
    def _connected(self, *, pushes: bool = False) -> Iterator[tuple[GitClient, bytes]]:
        """A client of the repository's server, and the path there. Raises Refusal for what the library raises."""
        client, path = self._client()
        with contextlib.closing(client), self._in_words(pushes=pushes):
            yield client, path.encode()

    def _client(self) -> tuple[GitClient, str]:
        url, key = self.file.url, self._access.ssh_key or None
        if scp := _SCP.fullmatch(url):
            return _Ssh(scp["host"], username=scp["user"], key_filename=key, ssh_command=_SSH, quiet=True), scp["path"]
        parts = urlsplit(url)
        if parts.scheme == "ssh":
            where = (parts.hostname or "", parts.port, parts.username)
            return _Ssh(*where, key_filename=key, ssh_command=_SSH, quiet=True), parts.path
        if parts.scheme == "file":
            return (_Command if shutil.which("git") else LocalGitClient)(quiet=True), unquote(parts.path)
        token = self._access.token(host_of(url))
        may_see = bool(token) and (parts.scheme == "https" or parts.hostname in _LOCAL)
        base = f"{parts.scheme}://{parts.netloc}"
        client = _Http(base, username=USER if may_see else None, password=token if may_see else None, quiet=True)
        return client, parts.path

    @contextlib.contextmanager
    def _in_words(self, *, pushes: bool = False) -> Iterator[None]:
        """Turn what the library raises into a Refusal that says what to do."""
        url, host = self.file.url, host_of(self.file.url)
        does = "write to" if pushes else "read"
        known = self._access.token(host)
        try:
            yield
        except TooLarge:
            raise
        except HTTPUnauthorized:
            said = f"{host} refuses the token" if known else f"{host} asks for a token"
            raise Conflict(f"{said}. Set DOGEAR_GIT_TOKEN to one that may {does} {url}.") from None
        except HTTPProxyUnauthorized:
            raise Conflict("The proxy asks for a password. Set it in HTTPS_PROXY.") from None
        except NotGitRepository:
            may = " that the token may see" if known else ""
            raise NotFound(f"There is no repository at {url}{may}. Correct the address or the rights.") from None
        except HangupException as error:
            lines = b"\n".join(error.stderr_lines or []).decode(errors="replace").strip()
            why = f": {_shown(lines.splitlines()[-1])}" if lines else ""
            key = "" if url.startswith("file:") else " or the deploy key"
            raise Conflict(f"The server of {url} hung up{why}. Correct the address{key}.") from None
        except SendPackError:
            raise
        except GitProtocolError as error:
            if found := re.search(r"unexpected http resp (\d+)", str(error)):
                code = found[1]
                if code == "403":
                    said = f"The token may not {does} {url}"
                    raise Conflict(f"{said}. Give it that right, or set another one: DOGEAR_GIT_TOKEN.") from None
                raise Conflict(f"{host} answers with an error ({code}). I try again in a minute.") from None
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                hint = "If your network has a certificate authority of its own, set SSL_CERT_FILE to its file."
                raise Conflict(f"The certificate of {host} is not trusted on this machine. {hint}") from None
            if "ProxyError" in str(error) or "Unable to connect to proxy" in str(error):
                said = f"The proxy on the way to {host} refuses or cannot be reached"
                raise Conflict(f"{said}. Check HTTPS_PROXY and NO_PROXY.") from None
            raise Conflict(f"{url} cannot be reached: {_shown(str(error))}. I try again in a minute.") from None
        except (HTTPError, OSError, EOFError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise Conflict(f"{url} cannot be reached ({why}). I try again in a minute.") from None


def in_words(work: "Callable[[Copy], T]", copy: "Copy") -> T:
    """The result of work on a copy. Raises Refusal: a copy that the library cannot read is deleted first."""
    try:
        return work(copy)
    except Refusal:
        raise
    except Exception as error:
        log.exception("the copy of %s is fetched again", copy.file)
        copy.delete()
        said = f"The copy of the repository was damaged ({type(error).__name__})."
        raise Conflict(f"{said} I fetch it again in a minute.") from error


def _packer(repo: Repo) -> Any:  # the library declares the same function differently in two places
    return repo.generate_pack_data


def _shown(words: str) -> str:
    """A server's own words, short, without secrets and without characters that terminals obey."""
    line = redacted(" ".join(visible(words).split())).rstrip(".")
    return line if len(line) <= MAX_SHOWN else f"{line[: MAX_SHOWN - 1]}…"


def _history(repo: Repo, tip: ObjectID) -> Iterator[Commit]:
    """The commits from this one on, as far as we have them."""
    seen: set[ObjectID] = set()
    waiting = deque([tip])
    while waiting and len(seen) < MAX_HISTORY:
        sha = waiting.popleft()
        if sha in seen or sha not in repo.object_store:
            continue
        seen.add(sha)
        commit = repo[sha]
        assert isinstance(commit, Commit)
        yield commit
        waiting.extend(commit.parents)


def _marks(repo: Repo, tip: ObjectID) -> frozenset[str]:
    """The marks of the edits in the history."""
    return frozenset(
        mark for commit in _history(repo, tip) for mark in marks_in(commit.message.decode(errors="replace"))
    )


def _lost(repo: Repo, before: ObjectID, tip: ObjectID) -> frozenset[str]:
    """The marks that are no longer in the history, if the branch was pushed by force."""
    now = list(_history(repo, tip))
    if len(now) >= MAX_HISTORY or any(commit.id == before for commit in now):
        return frozenset()
    return _marks(repo, before) - _marks(repo, tip)


def _branch_for(edits: Sequence[Edit]) -> str:
    """The branch for these edits, and for no others: what a process pushed before it died is found by its name, and
    must not be taken for more than it has.
    """
    marks = "".join(edit.mark for edit in edits)
    return f"{BRANCHES}{marks if len(edits) == 1 else blake2b(marks.encode(), digest_size=8).hexdigest()}"


def marks_in(message: str) -> Collection[str]:
    """The marks in the last paragraph of a commit's message. An edit's own words are in those before it."""
    last = message.rstrip().rpartition("\n\n")[2]
    return [line.removeprefix(TRAILER).strip() for line in last.splitlines() if line.startswith(TRAILER)]


def subject(edits: Sequence[Edit], words: Mapping[EditId, str]) -> str:
    """What the edits do, in one line."""
    return words[edits[0].id] if len(edits) == 1 else f"Change {len(edits)} entries of the reading list"


def _signed(edits: Sequence[Edit], words: Mapping[EditId, str], names: Mapping[EditId, str]) -> tuple[str, str]:
    """The message and the author of a commit: the member if all of it is theirs, else Dogear with the members beside."""
    first = subject(edits, words)
    by = dict.fromkeys(_NOT_IN_A_NAME.sub(" ", visible(names.get(edit.id, ""))).strip(" .,:;\"'\\") for edit in edits)
    named = [f"{name} {ADDRESS}" for name in by if name]
    lines = [words[edit.id] for edit in edits] if len(edits) > 1 or len(first) > MAX_SUBJECT else []
    short = first if len(first) <= MAX_SUBJECT else f"{first[: MAX_SUBJECT - 1]}…"
    marks = [f"{TRAILER}{edit.mark}" for edit in edits]
    beside = [] if len(by) == 1 else [f"Co-authored-by: {name}" for name in named]
    message = "\n\n".join("\n".join(part) for part in ([short], lines, [*marks, *beside]) if part) + "\n"
    return message, named[0] if named and not beside else AUTHOR
