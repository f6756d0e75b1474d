"""The people who act, according to Slack. Permissions are queried again whenever they are checked."""

import asyncio
from collections import OrderedDict
from datetime import timedelta
from functools import partial

from adapters.slack.api import Api
from adapters.slack.failures import Dead, Stranger
from adapters.slack.names import account, workspace
from adapters.slack.redaction import log
from adapters.slack.richtext import Json
from bot.chat.platform import Actor
from bot.domain.errors import PlatformBusy, PlatformError, PlatformRefused
from bot.domain.record import record
from bot.domain.team import Role

KNOWN_FOR = 600.0
"""Seconds that a name and a zone are cached."""
RIGHTS_FOR = 30.0
"""Seconds that known permissions count while Slack does not answer. They are queried at every use."""
MAX_KNOWN = 20_000
NOT_TOLD_WAIT = timedelta(seconds=5)
PATIENCE = 1.0
"""Seconds to wait for Slack: the person is waiting for an answer."""


@record
class Person:
    """A person, according to Slack. A `guest` from another workspace shares a channel but not the reading list."""

    name: str
    role: Role = Role.READER
    zone: str | None = None
    bot: bool = False
    guest: bool = False


class People:
    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: OrderedDict[tuple[str, str], tuple[float, Person]] = OrderedDict()
        self._asking: dict[tuple[str, str], asyncio.Task[Person]] = {}

    async def actor(self, team: str, user: str, name: str = "", *, with_rights: bool) -> Actor:
        """The person as an actor. A role above reader is only set `with_rights`, if Slack reports it."""
        found = await self.person(team, user, fresh=with_rights)
        return Actor(
            account=account(team, user),
            workspace=workspace(team),
            name=(found.name if found else "") or name,
            role=found.role if found and with_rights else Role.READER,
            zone=found.zone if found else None,
            admins="an admin of this workspace",
        )

    async def person(self, team: str, user: str, *, fresh: bool = False) -> Person | None:
        """The person, freshly queried or cached; None if Slack does not answer in time and nothing is cached."""
        now = asyncio.get_running_loop().time()
        known = self._known.get((team, user))
        if known is not None and not fresh and now - known[0] < KNOWN_FOR:
            return known[1]
        try:
            async with asyncio.timeout(PATIENCE):
                return await (self._ask(team, user) if fresh else self._asked_once(team, user))
        except (PlatformError, TimeoutError):
            believed = known is not None and (not fresh or now - known[0] < RIGHTS_FOR)
            return known[1] if known is not None and believed else None

    def last_known(self, team: str, user: str) -> Person | None:
        """What Slack said last about the person, however old."""
        _, person = self._known.get((team, user), (0.0, None))
        return person

    async def member(self, team: str, user: str) -> Person:
        """As `person`, but raises PlatformBusy if it is unknown whether they belong to the workspace."""
        found = await self.person(team, user)
        if found is None:
            raise PlatformBusy("Slack does not say who somebody is.", retry_after=NOT_TOLD_WAIT)
        return found

    def rights_known(self, team: str, user: str) -> bool:
        """Whether Slack has just reported the person's permissions."""
        known = self._known.get((team, user))
        return known is not None and asyncio.get_running_loop().time() - known[0] < RIGHTS_FOR

    async def _asked_once(self, team: str, user: str) -> Person:
        """Ask Slack. Concurrent callers share one request."""
        asking = self._asking.get((team, user))
        if asking is None:
            asking = self._asking[team, user] = asyncio.create_task(self._ask(team, user))
            asking.add_done_callback(partial(self._asked, (team, user)))
        return await asyncio.shield(asking)

    def _asked(self, whom: tuple[str, str], asking: "asyncio.Task[Person]") -> None:
        del self._asking[whom]
        if not asking.cancelled() and isinstance(error := asking.exception(), PlatformError):
            log.info("users.info failed: %s", error)

    async def _ask(self, team: str, user: str) -> Person:
        try:
            person = _person(team, await self._api.call(team, "users.info", user=user))
        except Dead:
            raise
        except Stranger:
            person = Person(name="", guest=True)
        except PlatformRefused as error:
            # A scope that the host left out does not lock everyone out: all are readers then.
            log.warning("who somebody is cannot be asked: %s", error)
            person = Person(name="")
        self._known[team, user] = (asyncio.get_running_loop().time(), person)
        self._known.move_to_end((team, user))
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        return person


def _person(team: str, answer: Json) -> Person:
    user = answer.get("user") or {}
    profile = user.get("profile") or {}
    admin = bool(user.get("is_admin") or user.get("is_owner") or user.get("is_primary_owner"))
    home = user.get("team_id") or team
    theirs = (home, *((user.get("enterprise_user") or {}).get("teams") or ()))  # of an organisation with several
    return Person(
        name=str(profile.get("display_name") or user.get("real_name") or user.get("name") or ""),
        role=Role.ADMIN if admin and home == team else Role.READER,
        zone=str(user["tz"]) if user.get("tz") else None,
        bot=bool(user.get("is_bot")),
        guest=bool(user.get("is_stranger")) or team not in theirs,
    )
