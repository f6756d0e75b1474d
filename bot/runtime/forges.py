"""Pull requests on GitHub, GitLab and Gitea: look for the one of a branch, or open it. Two calls of each API.

The calls are those of https://docs.github.com/rest/pulls, https://docs.gitlab.com/api/merge_requests and
https://docs.gitea.com/api (2026-11). A merge request is called a pull request here too.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp

from adapters.network import proxy_for, why_not_reached
from bot.domain.errors import Conflict
from bot.domain.record import record

TIMEOUT = aiohttp.ClientTimeout(total=15)
MAX_SHOWN = 200
KNOWN = {
    "github.com": ("github", "https://api.github.com"),
    "gitlab.com": ("gitlab", "https://gitlab.com/api/v4"),
    "gitea.com": ("gitea", "https://gitea.com/api/v1"),
    "codeberg.org": ("gitea", "https://codeberg.org/api/v1"),
}
_APIS = {"github": "https://{}/api/v3", "gitlab": "https://{}/api/v4", "gitea": "https://{}/api/v1"}


class Merging(StrEnum):
    """How far a pull request is."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


@record
class PullRequest:
    link: str
    merging: Merging


@record
class Forge:
    """One repository on a server that has pull requests. `project` is its path there, such as team/list."""

    kind: str
    api: str
    project: str
    token: str

    async def find(self, branch: str) -> PullRequest | None:
        """The newest pull request of the branch, closed ones included. Raises Conflict."""
        match self.kind:
            case "github":
                owner = self.project.partition("/")[0]
                query = {"head": f"{owner}:{branch}", "state": "all"}
                found = await self._call("GET", f"/repos/{self.project}/pulls", params=query)
            case "gitlab":
                found = await self._call("GET", self._requests, params={"source_branch": branch, "state": "all"})
            case _:
                query = {"state": "all", "sort": "recentupdate", "limit": "50"}
                found = await self._call("GET", f"/repos/{self.project}/pulls", params=query)
        with self._understood():
            theirs = [one for one in found if self.kind != "gitea" or one["head"]["ref"] == branch]
            return self._read(theirs[0]) if theirs else None

    async def open(self, branch: str, onto: str, title: str, text: str) -> PullRequest:
        """Open a pull request, unless there is one. Raises Conflict with what to do."""
        known = await self.find(branch)
        if known is not None:
            return known
        if self.kind == "gitlab":
            wanted = {"source_branch": branch, "target_branch": onto, "title": title, "description": text}
            opened = await self._call("POST", self._requests, json=wanted)
        else:
            wanted = {"head": branch, "base": onto, "title": title, "body": text}
            opened = await self._call("POST", f"/repos/{self.project}/pulls", json=wanted)
        with self._understood():
            return self._read(opened)

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Raise Conflict for an answer that is not one of this kind of server."""
        try:
            yield
        except (KeyError, IndexError, TypeError, AttributeError):
            where = urlsplit(self.api).netloc
            raise Conflict(f"{where} does not answer as {self.kind} does. Correct DOGEAR_GIT_FORGE.") from None

    @property
    def _requests(self) -> str:
        return f"/projects/{quote(self.project, safe='')}/merge_requests"

    def _read(self, found: Mapping[str, Any]) -> PullRequest:
        is_merged = found.get("merged") or found.get("merged_at") or found["state"] == "merged"
        merging = Merging.OPEN if found["state"] in ("open", "opened", "locked") else Merging.CLOSED
        link = str(found["web_url" if self.kind == "gitlab" else "html_url"])
        return PullRequest(link=link, merging=Merging.MERGED if is_merged else merging)

    async def _call(self, method: str, path: str, **arguments: Any) -> Any:
        headers = {"Accept": "application/json", "User-Agent": "dogear", **self._secret}
        where = urlsplit(self.api).netloc
        try:
            async with (
                aiohttp.ClientSession(timeout=TIMEOUT, headers=headers) as session,
                session.request(
                    method, self.api + path, allow_redirects=False, proxy=proxy_for(self.api), **arguments
                ) as answer,
            ):
                said = await answer.text(errors="replace")
                if answer.status in (401, 403, 404):
                    raise Conflict(
                        f"{where} does not let the token open pull requests ({answer.status}). Give it that right."
                    )
                if answer.status not in (200, 201):
                    raise Conflict(f"{where} opens no pull request ({answer.status}): {said[:MAX_SHOWN]}")
                return await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            why = why_not_reached(error, where) or f"{where} cannot be reached ({type(error).__name__})"
            raise Conflict(f"{why[:1].upper()}{why[1:]}.") from None

    @property
    def _secret(self) -> Mapping[str, str]:
        match self.kind:
            case "gitlab":
                return {"PRIVATE-TOKEN": self.token}
            case "gitea":
                return {"Authorization": f"token {self.token}"}
        return {"Authorization": f"Bearer {self.token}"}


def forge_of(host: str, path: str, own: Mapping[str, tuple[str, str]], token: str) -> Forge | None:
    """The forge of a repository at this path of a server; None if it is unknown or there is no token.

    `own` are servers of the host's own, with their kind and the address of their API.
    """
    kind, api = own.get(host) or own.get(host.partition(":")[0]) or KNOWN.get(host.partition(":")[0], ("", ""))
    if not kind or not token:
        return None
    project = path.strip("/").removesuffix(".git")
    return Forge(kind=kind, api=(api or _APIS[kind].format(host)).rstrip("/"), project=project, token=token)
