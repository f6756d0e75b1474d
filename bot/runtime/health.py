"""Health checks: whether each part of this process works, and if not, why."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from bot.chat.connection import Connected, Connection
from bot.chat.platform import ChatPlatform
from bot.chat.web import Request, Response, Route
from bot.domain.errors import StoreError
from bot.domain.ids import PlatformName
from bot.domain.record import record
from bot.ports.clock import Clock
from bot.ports.runner import Runner
from bot.ports.store import Transaction
from bot.runtime.metrics import Metrics, counts
from bot.runtime.scheduler import JobHealth, Scheduler
from bot.runtime.settings import PREFIX, Settings

LIVE, READY, METRICS = "/healthz", "/readyz", "/metrics"
PATIENCE = 2.0
"""Seconds for the database to answer: callers wait only a few."""
MAX_OVERDUE = timedelta(minutes=15)
"""How late a due delivery may be. A thousand that are due in one minute take up to ten."""


HEALTHCHECK_TIMEOUT = 5.0
"""Seconds for the whole answer."""
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- an address to listen on, not to connect to


def check_health(settings: Settings, path: str) -> tuple[bool, str]:
    """Whether the process is well, and one line that says so or lists what is not."""
    if not settings.health_port:
        return False, f"{PREFIX}HEALTH_PORT is 0, so health checks are turned off."
    host = _EVERYWHERE.get(settings.health_host, settings.health_host)
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.health_port}{path}"
    try:
        with build_opener(ProxyHandler({})).open(address, timeout=HEALTHCHECK_TIMEOUT) as answer:
            return True, _line(answer.read())
    except HTTPError as error:
        with error:
            return False, _line(error.read())
    except (OSError, HTTPException) as error:
        return False, f"Nothing answers at {address}: {getattr(error, 'reason', None) or error}"


def _line(body: bytes) -> str:
    try:
        parts = json.loads(body).get("parts", {})
    except ValueError:
        return "Something else answers there."
    wrong = [f"{name}: {part.get('reason', '')}" for name, part in parts.items() if not part["ok"]]
    return f"Not ready. {'; '.join(wrong)}" if wrong else "All is well."


@record
class Part:
    """One part of the process that must work. `figures` say more about it."""

    ok: bool
    reason: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)

    def shown(self) -> Mapping[str, Any]:
        return {"ok": self.ok, **({"reason": self.reason} if self.reason else {}), **self.figures}


class Health:
    """Checks the parts of a process on request."""

    def __init__(
        self,
        *,
        needs: str,
        trouble: Callable[[], str],
        runner: Runner,
        platforms: Mapping[PlatformName, ChatPlatform],
        scheduler: Scheduler,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._needs = needs
        self._trouble = trouble
        self._runner = runner
        self._platforms = platforms
        self._scheduler = scheduler
        self._metrics = metrics
        self._clock = clock
        self.stopping = False

    def routes(self) -> Sequence[Route]:
        answers = {LIVE: self._live, READY: self._ready, METRICS: self._measured}
        return [Route(method="GET", path=path, handle=answer) for path, answer in answers.items()]

    async def _live(self, _request: Request) -> Response:
        return Response(body='{"live": true}', kind="application/json")

    async def _ready(self, _request: Request) -> Response:
        parts = {name: part async for name, part in self.parts()}
        ready = all(part.ok for part in parts.values())
        body = {"ready": ready, "parts": {name: part.shown() for name, part in parts.items()}}
        return Response(
            status=200 if ready else 503, body=json.dumps(body, ensure_ascii=False), kind="application/json"
        )

    async def _measured(self, _request: Request) -> Response:
        """If the database is unreachable, its last known figures stay."""
        for platform in self._platforms.values():
            stands = await connection_of(platform)
            self._metrics.connection(platform.name, up=stands.up, reconnects=stands.reconnects)
        with contextlib.suppress(StoreError):
            self._metrics.counted(*await _soon(self._runner.read(counts)))
        return Response(body=self._metrics.text(), kind="text/plain")

    async def parts(self) -> AsyncIterator[tuple[str, Part]]:
        """Every part by its name."""
        if self.stopping:
            yield "process", Part(ok=False, reason="it is stopping")
        overdue: datetime | None = None
        try:
            overdue, schema = await _soon(self._runner.read(self._asked))
            yield "database", Part(ok=not self._trouble(), reason=self._trouble())
            yield "schema", self._schema(schema)
        except StoreError as error:
            yield "database", Part(ok=False, reason=str(error))
        for platform in self._platforms.values():
            stands = await connection_of(platform)
            figures = {"reconnects": stands.reconnects}
            yield f"platform {platform.name}", Part(ok=stands.up, reason=stands.reason, figures=figures)
        for job in self._scheduler.health():
            yield f"job {job.name}", _job(job)
        yield "deliveries", self._delivering(overdue)

    def _asked(self, tx: Transaction) -> tuple[datetime | None, str]:
        return tx.ledger.overdue(list(self._platforms)), tx.schema()

    def _schema(self, found: str) -> Part:
        """A newer program may have upgraded the database while this one was running."""
        fits = found == self._needs
        reason = "" if fits else f"the database has schema {found}, this program needs {self._needs}"
        return Part(ok=fits, reason=reason, figures={"revision": found})

    def _delivering(self, overdue: datetime | None) -> Part:
        waits = self._clock.now() - overdue if overdue else timedelta()
        seconds = round(waits.total_seconds())
        ok = waits <= MAX_OVERDUE
        reason = "" if ok else f"one is due since {seconds} s"
        return Part(ok=ok, reason=reason, figures={"oldest_due_seconds": seconds})


def _job(job: JobHealth) -> Part:
    seconds = None if job.silence is None else round(job.silence.total_seconds())
    return Part(ok=job.ok, reason=job.reason, figures={"last_success_seconds": seconds, "failures": job.failures})


async def connection_of(platform: ChatPlatform) -> Connection:
    """The platform's state. A platform that cannot report it counts as connected."""
    return await platform.connection() if isinstance(platform, Connected) else Connection(up=True)


async def _soon(answer: Awaitable[Any]) -> Any:
    try:
        async with asyncio.timeout(PATIENCE):
            return await answer
    except TimeoutError:
        raise StoreError(f"The database gives no answer within {PATIENCE:g} s.") from None
