"""Maps errors of Discord and the network to the three that the core knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import aiohttp
import discord

from adapters import network
from bot.domain.errors import ChannelRefused, PlatformBusy, PlatformError, PlatformRefused, PlatformUncertain, Scope

BLOCKED = timedelta(minutes=10)
"""How long to wait if Discord's edge refuses us without a time: its window for invalid requests."""

UNKNOWN_CHANNEL, UNKNOWN_GUILD, UNKNOWN_MESSAGE = 10003, 10004, 10008
UNKNOWN_INTERACTION, ALREADY_ACKNOWLEDGED = 10062, 40060
THREAD_EXISTS = 160004
NO_ACCESS, NO_PERMISSION = 50001, 50013
GONE = {UNKNOWN_CHANNEL: "the channel is gone", UNKNOWN_GUILD: "Dogear is in that server no more"}
DENIED = (NO_ACCESS, NO_PERMISSION)
"""Responses to a post which mean that the channel does not accept our posts until someone acts."""

_REMEDIES = {
    UNKNOWN_CHANNEL: "Choose another channel: schedule set",
    UNKNOWN_GUILD: "Invite Dogear to the server again.",
    UNKNOWN_MESSAGE: "Nothing needs to be done: somebody removed the message.",
    20016: "Turn off slow mode in this channel for Dogear, or give it Manage Messages.",
    30046: "Nothing needs to be done: the message is too old to be changed again.",
    NO_ACCESS: "Let Dogear see the channel (View Channel).",
    50007: "Allow direct messages from members of the server, in your privacy settings.",
    NO_PERMISSION: "Give Dogear the permissions it misses; “dogear doctor discord” names them.",
    50035: "This is a fault of Dogear; the host finds it in the log.",
    50083: "Open the archived thread again.",
    40067: "This forum wants a tag on each post: give the entry one that is called like a tag of the forum.",
    160005: "Unlock the thread.",
    160006: "Close some threads: the server has as many as Discord allows.",
    240000: "Discord blocks a link in it as harmful; take the entry off the list.",
}
_REMEDY = "“dogear doctor discord” says what is missing."


_RAISED = (discord.DiscordException, aiohttp.ClientError, OSError, ValueError, TypeError, KeyError)
"""What the library raises. The last three are for malformed responses."""


@contextmanager
def translated() -> Iterator[None]:
    """Raise a PlatformError in place of the library's error."""
    try:
        yield
    except PlatformError:
        raise
    except _RAISED as error:
        raise failure_of(error) from error


def failure_of(error: Exception) -> PlatformError:
    """The meaning of a failed attempt."""
    match error:
        case discord.RateLimited():
            wait = timedelta(seconds=error.retry_after)
            return PlatformBusy("Discord asks us to wait", retry_after=wait, scope=Scope.CHANNEL)
        case discord.DiscordServerError():
            return PlatformUncertain(f"Discord had a fault of its own ({error.status})")
        case discord.HTTPException():
            return _refused(error)
        case discord.LoginFailure():
            return PlatformRefused(
                "Discord does not accept our token", remedy="Copy a new token into DOGEAR_DISCORD_TOKEN."
            )
        case _ if reason := network.why_not_reached(error, "Discord"):
            return PlatformBusy(reason, retry_after=network.NOT_REACHED_WAIT)
        case _:
            return PlatformUncertain(f"the answer did not arrive or cannot be read ({type(error).__name__})")


def _refused(error: discord.HTTPException) -> PlatformError:
    if error.status == 429:
        return PlatformBusy("Discord turns us away", retry_after=_named_time(error) or BLOCKED, scope=_scope(error))
    if error.status >= 500:
        return PlatformUncertain(f"Discord had a fault of its own ({error.status})")
    if error.status == 401:
        return PlatformBusy("Discord does not accept our token", retry_after=BLOCKED, scope=Scope.PLATFORM)
    words = str(error.text).splitlines()[0][:200] if error.text else f"status {error.status}"
    return PlatformRefused(f"Discord says no: {words} ({error.code})", remedy=_REMEDIES.get(error.code, _REMEDY))


def gone(error: discord.HTTPException) -> ChannelRefused:
    """A post to a channel that no longer exists."""
    return ChannelRefused(GONE[error.code], remedy=_REMEDIES[error.code])


@contextmanager
def before_sending() -> Iterator[None]:
    """A request before anything is sent: a lost response leaves nothing uncertain."""
    try:
        yield
    except (*_RAISED, PlatformUncertain) as error:
        meant = error if isinstance(error, PlatformUncertain) else failure_of(error)
        if not isinstance(meant, PlatformUncertain):
            raise
        raise PlatformBusy(str(meant), retry_after=network.NOT_REACHED_WAIT) from error


def _scope(error: discord.HTTPException) -> Scope:
    """What a 429 applies to. Discord says whether it is global. Its edge, which sends no `Via`, limits our address.
    Every other limit that we can meet is per channel. https://docs.discord.com/developers/topics/rate-limits, November
    2026.
    """
    headers = error.response.headers
    everywhere = headers.get("X-RateLimit-Scope") == "global" or "X-RateLimit-Global" in headers
    return Scope.PLATFORM if everywhere or "Via" not in headers else Scope.CHANNEL


def _named_time(error: discord.HTTPException) -> timedelta | None:
    given = error.response.headers.get("Retry-After", "")
    return timedelta(seconds=float(given)) if given.replace(".", "", 1).isdigit() else None
