"""One workspace that we are in, and how the vault keeps it."""

import json
from dataclasses import asdict, field

from bot.domain.record import record


@record
class Workspace:
    """One workspace and what opens it. `expires_at` is a POSIX time, None for a token that lives until revoked;
    `installed_at` is one too, and tells what Slack says of an earlier installation.
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
    """Under which name the vault keeps it."""
    return f"install:{team}"


def written(workspace: Workspace) -> bytes:
    return json.dumps(asdict(workspace)).encode()


def read(kept: bytes) -> Workspace:
    body = json.loads(kept)
    return Workspace(**{**body, "scopes": tuple(body["scopes"])})
