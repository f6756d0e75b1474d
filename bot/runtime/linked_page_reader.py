"""Fetches pages from the web, and from nowhere else: not from this machine, and not from the network it is in.

A link on a list is written by strangers, so the address that is really dialled decides, after every redirect and every
answer of the name server. Hosts that the settings allow are an exception. Needs the extra `fetch`.
"""

import asyncio
import json
import logging
import os
import socket
import sys
import zlib
from collections.abc import Callable, Collection
from importlib.metadata import version
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.domain.ids import Url
from bot.domain.linked_page import LinkedPage, Seen
from bot.domain.record import record
from bot.runtime import linked_page_text

MAX_SECONDS = 5.0
MIN_READING = 1.0
"""Seconds to read a page that has arrived, where less of its own are left."""
MAX_BYTES = 2_000_000
MAX_REDIRECTS = 5
MAX_AT_ONCE = 4
PORTS = (80, 443)
_HTML = ("text/html", "application/xhtml+xml")
_REDIRECTS = (301, 302, 303, 307, 308)
_GONE = (404, 410)
_WALLS = (401, 402, 403, 406, 407, 418, 423, 429, 451, 503, 999)
"""The page may be there for people. 406, 418 and 999 are how some sites answer programs, LinkedIn with 999."""
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_FORBIDDEN = "Dogear does not look at addresses like this one."
AGENT = f"Dogear/{version('dogear-club')} (reading club; looks at pages that members add)"

READS = linked_page_text.__name__
"""The module that reads a page when it is run. It is imported here too, so that a missing package shows at the start."""

log = logging.getLogger("dogear.linked_pages")


class Forbidden(OSError):
    """The address is not one at which we look."""


def is_public(address: str) -> bool:
    """Whether the IP address is one of the public internet, also where it carries another one."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        carried = ip.ipv4_mapped or ip.sixtofour
        if any(ip in network for network in _NAT64):
            carried = IPv4Address(int(ip) & 0xFFFFFFFF)
        if ip.teredo is not None or ip.is_site_local or (carried is not None and not is_public(str(carried))):
            return False
        ip = carried or ip
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _is_never(address: str) -> bool:
    """Whether not even an allowed host may be there: clouds give out secrets at link-local addresses."""
    ip = ip_address(address.partition("%")[0])
    ip = (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip
    return ip.is_multicast or ip.is_link_local


class WebReader:
    """Implements the port's LinkedPageReader.

    `allowed` are hosts of the own network, each with a port or without: they may have any address, and are asked at that
    port. All others are asked at `ports`. `resolver` makes what asks the name server.
    """

    def __init__(
        self,
        allowed: Collection[str] = (),
        *,
        ports: Collection[int] = PORTS,
        resolver: Callable[[], AbstractResolver] | None = None,
    ) -> None:
        self._allowed = frozenset(allowed)
        self._ports = frozenset(ports)
        self._resolver = resolver
        self._places = asyncio.Semaphore(MAX_AT_ONCE)

    async def look(self, url: Url) -> LinkedPage:
        """Fetch the page once. Never raises."""
        try:
            async with self._places:  # waiting for a place is not the site's fault
                until = asyncio.get_running_loop().time() + MAX_SECONDS
                async with asyncio.timeout_at(until):
                    found = await self._looked(url)
                return found if isinstance(found, LinkedPage) else await _read(found, until)
        except TimeoutError:
            return LinkedPage(seen=Seen.FAILED, reason=f"It did not answer within {MAX_SECONDS:.0f} seconds.")
        except Forbidden:
            return LinkedPage(seen=Seen.FORBIDDEN, reason=_FORBIDDEN)
        except (aiohttp.ClientError, OSError, zlib.error, ValueError) as error:
            if _is_forbidden(error):
                return LinkedPage(seen=Seen.FORBIDDEN, reason=_FORBIDDEN)
            return LinkedPage(seen=Seen.FAILED, reason=_reason(error))
        except Exception:
            log.exception("bug in looking at a page")
            return LinkedPage(seen=Seen.OTHER, reason="Dogear could not read it.")

    async def _looked(self, url: Url) -> "LinkedPage | _Arrived":
        here = URL(url)
        for _ in range(MAX_REDIRECTS + 1):
            own = self._is_own(here)
            async with (
                self._session(own=own) as session,
                session.get(here, allow_redirects=False) as response,
            ):
                if response.status not in _REDIRECTS or "Location" not in response.headers:
                    return await _arrived(response)
                here = here.join(URL(response.headers["Location"]))
        return LinkedPage(seen=Seen.FAILED, reason=f"It leads to another address more than {MAX_REDIRECTS} times.")

    def _is_own(self, url: URL) -> bool:
        """Whether the host is an allowed one; raises Forbidden for an address at which we do not look at all."""
        if url.scheme not in ("http", "https") or url.user is not None or url.password is not None or not url.host:
            raise Forbidden
        host = f"[{url.host}]" if ":" in url.host else url.host
        if f"{host}:{url.port}" in self._allowed:
            return True
        if url.port not in self._ports:
            raise Forbidden
        return host in self._allowed

    def _session(self, *, own: bool) -> aiohttp.ClientSession:
        def guarded(info: aiohttp.AddrInfoType) -> socket.socket:
            family, kind, protocol, _, address = info
            if _is_never(str(address[0])) or not (own or is_public(str(address[0]))):
                raise Forbidden
            return socket.socket(family, kind, protocol)

        connector = aiohttp.TCPConnector(
            socket_factory=guarded,
            resolver=self._resolver() if self._resolver else None,
            use_dns_cache=False,
            force_close=True,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=MAX_SECONDS),
            headers={"User-Agent": AGENT, "Accept": ", ".join(_HTML), "Accept-Encoding": "gzip, deflate"},
        )


@record
class _Arrived:
    """A page as it arrived: its beginning, the type that the site gives it, and whether that is all of it."""

    body: bytes
    kind: str
    whole: bool


async def _read(page: _Arrived, until: float) -> LinkedPage:
    """What the page says, as a process of its own reads it until that time of the loop. It gets none of our variables,
    for they have secrets and the page is a stranger's.
    """
    paths = os.pathsep.join(filter(None, sys.path))
    system = {name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", READS),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**system, "PYTHONPATH": paths, "PYTHONSAFEPATH": "1"},
    )
    about = json.dumps({"type": page.kind, "whole": page.whole}).encode()
    try:
        async with asyncio.timeout_at(max(until, asyncio.get_running_loop().time() + MIN_READING)):
            said, _ = await process.communicate(about + b"\n" + page.body)
    except TimeoutError:
        said = b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not said:
        return LinkedPage(seen=Seen.OTHER, reason="Dogear could not read it.")
    found = json.loads(said)
    return LinkedPage(**{**found, "seen": Seen(found["seen"])})


async def _arrived(response: aiohttp.ClientResponse) -> LinkedPage | _Arrived:
    if response.status in _GONE:
        return LinkedPage(seen=Seen.GONE, reason=f"The page is gone ({response.status}).")
    if response.status in _WALLS:
        return LinkedPage(seen=Seen.WALL, reason=f"The site does not show it to Dogear ({response.status}).")
    if response.status != 200:
        return LinkedPage(seen=Seen.FAILED, reason=f"The site answers with an error ({response.status}).")
    kind = response.headers.get("Content-Type", "")
    if kind.partition(";")[0].strip().lower() not in _HTML:
        return LinkedPage(seen=Seen.OTHER, reason="It is not a web page.")
    body, whole = await _body(response)
    return _Arrived(body=body, kind=kind, whole=whole)


async def _body(response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
    """The beginning of the body, and whether that is all of it. Neither what arrives nor what it unpacks to is longer than
    the limit.
    """
    packed = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packed not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise ValueError("an encoding that was not asked for")
    unpack = None if packed in ("identity", "") else zlib.decompressobj(wbits=47)  # 47: with the header of zlib or gzip
    body, arrived = bytearray(), 0
    async for chunk in response.content.iter_any():
        arrived += len(chunk)
        room = MAX_BYTES - len(body)
        body += unpack.decompress(chunk, room + 1) if unpack else chunk[: room + 1]
        if len(body) > MAX_BYTES or arrived > MAX_BYTES:
            return bytes(body[:MAX_BYTES]), False
    return bytes(body), True


def _is_forbidden(error: BaseException | None) -> bool:
    """Whether the guard is behind the error: aiohttp wraps what a socket raises, alone or with others."""
    if error is None or isinstance(error, Forbidden):
        return error is not None
    several = getattr(error, "exceptions", ())
    inner = (getattr(error, "os_error", None), error.__cause__, *several)
    return any(_is_forbidden(one) for one in inner if isinstance(one, BaseException) and one is not error)


def _reason(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "There is no such site."
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return "The site's certificate is not valid."
        case aiohttp.ClientConnectorError():
            return "The site does not answer."
    return "The site's answer cannot be read."
