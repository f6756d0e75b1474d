"""A workspace that we are in, and how it is stored in the vault."""

import json
from dataclasses import asdict, field

from bot.domain.record import record


@record
class Workspace:
    """A workspace and its tokens. `expires_at` is a POSIX time, None for a token that lives until revoked.

    `installed_at` is a POSIX time too. Events about an earlier installation are older.
    """

    team: str
    name: str
    token: str = field(repr=False)
    bot_user: str
    bot: str = ""
    app: str = ""
    scopes: tuple[str, ...] = ()
    url: str = ""
    by_host: bool = False
    refresh: str = field(default="", repr=False)
    expires_at: float | None = None
    claimed_until: float = 0.0
    installed_at: float = 0.0

    def may(self, scope: str) -> bool:
        return scope in self.scopes


def name_of(team: str) -> str:
    """The name of the workspace's secret in the vault."""
    return f"install:{team}"


def written(workspace: Workspace) -> bytes:
    return json.dumps(asdict(workspace)).encode()


def read(kept: bytes) -> Workspace:
    body = json.loads(kept)
    return Workspace(**{**body, "scopes": tuple(body["scopes"])})
