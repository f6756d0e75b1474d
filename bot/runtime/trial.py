"""`dogear demo --web`: a club to try in a browser, a temporary one for each visitor.

A visitor's club is found by the token in its address, which no one can guess, and by nothing else: there is no cookie, so
that the page also works within another one. Each club has its own database, clock and list, and is gone with its last
visitor, after its time, or with the process. It reads no setting of the host's other than the command's word, the zone and
the log level: no list, no model, no token, and no page that an entry leads to.
"""

import asyncio
import json
import logging
import os
import secrets
import signal
import sys
import tempfile
import time
import webbrowser
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import as_file
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from adapters.web import pages as templates
from adapters.web.inbound import Complete, read
from adapters.web.platform import NAME, TRIAL, WEB, WebPlatform
from adapters.web.screen import PEOPLE
from adapters.web.visitor import Visitor
from bot.chat.web import Request, Response, Route
from bot.domain import zones
from bot.domain.card import Action, Call, Card, Paragraph
from bot.domain.errors import BadConfig, Refusal, StoreError
from bot.domain.ids import AccountRef
from bot.domain.record import record
from bot.domain.text import Span, plain
from bot.runtime.bootstrap import Club, open_club
from bot.runtime.chat import SAMPLE
from bot.runtime.http import serving
from bot.runtime.settings import Settings, load
from bot.runtime.stage import LocalStage
from bot.service import teams

FROM_THE_HOST = frozenset({"word", "zone", "log_level"})
"""The host's settings that a visitor's club has, too."""
PORT = 3002
MAX_BODY = 64 * 1024
"""Bytes of what a page may send at a time."""
MAX_STREAMS = 4
"""Pages of one club that are open at a time."""
BEAT = 15.0
"""Seconds after which an open page hears that we are here. By then a page that is gone is noticed, and what became due is
done.
"""
SWEEP = 5.0
"""Seconds between looks for clubs whose time is over."""

SAFE = {
    # Anyone may embed the page: it has no session that another site could use.
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors *; object-src 'none'",
    # With no-referrer a form has no origin, and over plain http a browser says nothing else of where it comes from.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}

log = logging.getLogger("dogear.trial")


@record
class Bounds:
    """How many clubs there are at most, how long each lasts, how long it waits for its visitor, and how often it can be used.

    Times are in seconds.
    """

    clubs: int = 20
    lasts: float = 3600
    idle: float = 1200
    uses: int = 500
    completions: int = 5000


@dataclass
class Visit:
    """One visitor's club."""

    token: str
    club: Club
    platform: WebPlatform
    visitor: Visitor
    entries: int
    stack: AsyncExitStack
    opened: float
    used: float
    uses: int = 0
    completions: int = 0
    streams: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Over(Refusal):
    """The club is closed, or there is none with that token."""


class Trials:
    """The clubs of all visitors, and the routes of their pages. `now` is in seconds, from any start."""

    def __init__(
        self,
        settings: Settings,
        sample: Path,
        folder: Path,
        *,
        bounds: Bounds = Bounds(),  # noqa: B008 -- frozen
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._sample = sample
        self._folder = folder
        self._bounds = bounds
        self._now = now
        self._visits: dict[str, Visit] = {}
        self._opening = 0
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._visits)

    def routes(self) -> Sequence[Route]:
        handles: Mapping[tuple[str, str], Callable[[Request], Awaitable[Response]]] = {
            ("GET", "/"): self._to_start,
            ("GET", "/try"): self._start,
            ("POST", "/try"): self._open,
            ("GET", "/try/static/{name}"): self._static,
            ("GET", "/try/{token}/"): self._page,
            ("GET", "/try/{token}/changes"): self._changes,
            ("POST", "/try/{token}/do"): self._do,
        }
        return [
            Route(method=method, path=path, handle=partial(_guarded, path, handle))
            for (method, path), handle in handles.items()
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Close clubs whose time is over while the block runs, and all of them at its end."""
        sweeping = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)
            self.end()
            await asyncio.gather(*self._closing, return_exceptions=True)

    def end(self) -> None:
        """Begin to close every club, which ends the streams of its pages."""
        for visit in list(self._visits.values()):
            self._close(visit)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP)
            self.close_old()

    def close_old(self) -> None:
        """Close the clubs whose time is over, or whose visitor has left."""
        for visit in list(self._visits.values()):
            if self._left(visit) <= 0:
                self._close(visit)

    def _left(self, visit: Visit) -> float:
        """Seconds until the club closes, if its visitor does nothing."""
        now = self._now()
        idle = self._bounds.lasts if visit.streams else visit.used + self._bounds.idle - now
        return min(visit.opened + self._bounds.lasts - now, idle)

    def _close(self, visit: Visit) -> None:
        self._visits.pop(visit.token, None)
        visit.over.set()
        visit.platform.screen.changes.add("over", say="This club is closed, and nothing of it is kept.")
        task = asyncio.create_task(_closed(visit))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    # Pages

    async def _to_start(self, request: Request) -> Response:  # noqa: ARG002 -- every handler takes one
        return Response(status=303, headers={"Location": "try"})

    async def _start(self, request: Request) -> Response:  # noqa: ARG002
        minutes = round(self._bounds.lasts / 60)
        return _page(
            title="Try a reading club",
            said="A page that looks like your team's chat, with a list of articles, three colleagues, and a clock that you "
            "can move: a week takes a second. There is nothing to sign up for.",
            more=f"The club is yours alone for {minutes} minutes at most. Then it is deleted, with everything in it.",
            offers=True,
        )

    async def _open(self, request: Request) -> Response:
        """Open a club, unless another site asks for it, and lead to it."""
        if not _is_own(request):
            return _page(403, "This form is of another site.", "Open the page itself, and press the button there.")
        self.close_old()
        if len(self._visits) + self._opening >= self._bounds.clubs:
            said = f"All {self._bounds.clubs} clubs are in use. Try again in some minutes, or type “dogear demo” on your own machine."
            return _page(503, "Every club is taken.", said, offers=True, headers={"Retry-After": "120"})
        self._opening += 1
        try:
            visit = await self.open(_zone(request))
        finally:
            self._opening -= 1
        return Response(status=303, headers={"Location": f"try/{visit.token}/"})

    async def open(self, zone: str | None = None) -> Visit:
        """A new club with the bundled list, and its visitor, whose zone is `zone`. Does not look at how many there are."""
        token = secrets.token_urlsafe(32)
        defaults = {name: known.default for name, known in Settings.model_fields.items() if name not in FROM_THE_HOST}
        file = self._folder / f"{secrets.token_hex(8)}.db"
        settings = self._settings.model_copy(update={**defaults, "database": f"sqlite:///{file}"})
        stack = AsyncExitStack()
        stack.callback(_delete, file)
        async with AsyncExitStack() as unless_it_works:
            unless_it_works.push_async_callback(stack.aclose)
            admin = AccountRef(WEB, PEOPLE[0].name)
            club = await stack.enter_async_context(
                open_club(settings, migrate=True, hosted=True, local=TRIAL, admins=[admin])
            )
            team = await club.runner.write(lambda tx: teams.private(tx, TRIAL, NAME, settings.zone))
            report = await club.lists.use(team, [self._sample], level=logging.INFO)
            platform = WebPlatform(
                stage=LocalStage(club, team), new_id=club.clock.token, command=settings.word, zone=zone
            )
            club.join(platform)
            running = asyncio.create_task(platform.run(club.dispatcher, club.vault))
            stack.push_async_callback(_cancelled, running)
            await platform.ready.wait()
            assert platform.visitor is not None
            platform.visitor.welcome(welcome(settings.word))
            unless_it_works.pop_all()
        now = self._now()
        visit = Visit(
            token=token,
            club=club,
            platform=platform,
            visitor=platform.visitor,
            entries=report.entries,
            stack=stack,
            opened=now,
            used=now,
        )
        self._visits[token] = visit
        return visit

    def _found(self, request: Request) -> Visit:
        """The club of the address. Raises Over."""
        visit = self._visits.get(request.params["token"])
        if visit is None or self._left(visit) <= 0:
            raise Over("This club is closed, and nothing of it is kept.", hint="Open a new one.")
        visit.used = self._now()
        return visit

    async def _page(self, request: Request) -> Response:
        try:
            visit = self._found(request)
        except Over as over:
            more = "A club is deleted when its time is over, or when no one has looked at it for a while."
            return _page(410, "This club is closed.", over.hint or "", more=more, offers=True, root="../")
        page = visit.platform.screen.page(
            now=visit.visitor.now, word=visit.visitor.command, entries=visit.entries, left=self._said_left(visit)
        )
        return Response(body=page, kind="text/html")

    def _said_left(self, visit: Visit) -> str:
        minutes = max(1, round((visit.opened + self._bounds.lasts - self._now()) / 60))
        return f"Open for {minutes} more {'minute' if minutes == 1 else 'minutes'}, and {self._bounds.uses - visit.uses} more uses."

    async def _static(self, request: Request) -> Response:
        name = request.params["name"]
        content = templates.static(name)
        kind = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}.get(Path(name).suffix)
        if content is None or kind is None:
            return _page(404, "There is no such page.", "")
        return Response(body=content.decode(), kind=kind, headers={"Cache-Control": "no-cache"})

    # What a page does, and what it hears

    async def _do(self, request: Request) -> Response:
        try:
            visit = self._found(request)
        except Over as over:
            return _said(410, str(over))
        if request.header("content-type") != "application/json" or not _is_own(request):
            return _said(403, "Only the page itself may do that.")
        if len(request.body) > MAX_BODY:
            return _said(413, "That is too long.")
        try:
            act = read(request.body)
            if not isinstance(act, Complete) and visit.uses >= self._bounds.uses:
                return _said(
                    429, "This club was used as often as a trial may be. Open another one, or type “dogear demo”."
                )
            async with visit.lock:
                if visit.over.is_set():
                    return _said(410, "This club is closed.")
                if isinstance(act, Complete):
                    return await self._completed(visit, act)
                visit.uses += 1
                done = await visit.visitor.act(act)
        except Refusal as refusal:
            return _said(400, f"{refusal.message} {refusal.hint or ''}".strip())
        return _json({**done, "left": self._said_left(visit)})

    async def _completed(self, visit: Visit, act: Complete) -> Response:
        if visit.completions >= self._bounds.completions:
            return _json({"choices": [], "replaces": 0})
        visit.completions += 1
        found = await visit.visitor.suggestions(act)
        choices = [{"value": choice.value, "label": choice.label} for choice in found.choices]
        return _json({"choices": choices, "replaces": found.replaces})

    async def _changes(self, request: Request) -> Response:
        """A stream of what changes on the page, from the last change that it has seen."""
        try:
            visit = self._found(request)
        except Over:
            return Response(status=204)  # which tells the browser not to connect again
        if visit.streams >= MAX_STREAMS:
            return Response(status=204)
        last = request.header("last-event-id") or request.query.get("last", "")
        seen = int(last) if last.isascii() and last.isdigit() and len(last) < 10 else 0
        kind = "text/event-stream"
        return Response(kind=kind, parts=self._streamed(visit, seen), headers={"X-Accel-Buffering": "no"})

    async def _streamed(self, visit: Visit, seen: int) -> AsyncGenerator[str, None]:
        changes = visit.platform.screen.changes
        visit.streams += 1
        try:
            yield "retry: 1000\n\n"
            while True:
                for change in changes.since(seen):
                    yield f"id: {change.number}\nevent: {change.kind}\ndata: {json.dumps(change.about)}\n\n"
                    seen = change.number
                if visit.over.is_set():
                    return
                await changes.wait(seen, BEAT)
                if changes.last == seen and not visit.over.is_set():
                    yield ": here\n\n"
                    async with visit.lock:
                        if not visit.over.is_set():
                            await visit.visitor.settle()
        finally:
            visit.streams -= 1
            visit.used = self._now()


async def _guarded(path: str, handle: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    """The answer with the headers of every page."""
    try:
        response = await handle(request)
    except StoreError:
        response = _said(503, "The database does not answer. Try again in a moment.")
    except Exception:
        log.exception("bug in %s", path)  # not the address, which has a token
        response = _said(500, "Something broke. The host finds the cause in the log.")
    return Response(
        status=response.status,
        body=response.body,
        kind=response.kind,
        parts=response.parts,
        headers={**SAFE, **response.headers},
    )


def _is_own(request: Request) -> bool:
    """Whether our own page sent the request, as the browser says it. Other programs say nothing."""
    site = request.header("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.header("origin")
    return origin is None or urlsplit(origin).netloc == request.header("host")


def _zone(request: Request) -> str | None:
    """The zone that the form names, as the browser has filled it in; None if there is no such zone."""
    named = parse_qs(request.body.decode(errors="replace")).get("zone", [""])[0]
    try:
        return zones.zone(named) if named else None
    except Refusal:
        return None


def _page(
    status: int = 200,
    title: str = "",
    said: str = "",
    *,
    more: str = "",
    offers: bool = False,
    root: str = "try/",
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = templates.rendered("chat_start.html", title=title, said=said, more=more, offers=offers, root=root)
    return Response(status=status, body=body, kind="text/html", headers=headers or {})


def _json(data: Mapping[str, Any], status: int = 200) -> Response:
    return Response(status=status, body=json.dumps(data), kind="application/json")


def _said(status: int, say: str) -> Response:
    return _json({"say": say}, status)


async def _closed(visit: Visit) -> None:
    """Close the club once what is under way in it is done."""
    async with visit.lock:
        await visit.stack.aclose()


def _delete(file: Path) -> None:
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink(missing_ok=True)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def welcome(word: str) -> Card:
    """The first message of a club."""

    def typed(line: str) -> Span:
        return Span(f"/{word} {line}", code=True)

    return Card(
        title="Welcome to the club",
        blocks=(
            Paragraph(
                text=plain(
                    "I bring one article of your team's list every week, with a thread to talk about it. Try a week:"
                )
            ),
            Paragraph(
                text=(
                    Span("1. ", bold=True),
                    Span("Plan the digest. The button below opens the form, or type "),
                    typed("schedule set mon 09:00"),
                    Span("."),
                )
            ),
            Paragraph(
                text=(
                    Span("2. ", bold=True),
                    Span("Move the club's clock by a week. The article arrives, with its thread."),
                )
            ),
            Paragraph(
                text=(
                    Span("3. ", bold=True),
                    Span(
                        "Put a ✅ on it when you have read it, and say something in the thread – as Ben, too, if you like."
                    ),
                )
            ),
            Paragraph(
                text=(Span("4. ", bold=True), Span("See what you have read: "), typed("list is:read"), Span("."))
            ),
        ),
        actions=(
            Action(label="Plan the digest", call=Call(path=("schedule", "set")), primary=True),
            Action(label="Something to read now", call=Call(path=("random",))),
            Action(label="All commands", call=Call(path=("help",))),
        ),
    )


async def demo(*, host: str, port: int | None, open_browser: bool | None, stay: bool) -> None:
    """Serve clubs to try until a signal stops the process. Without a `port` it is `PORT`, or a free one if that is in use.

    If standard input is not a terminal, no person could stop it: it opens one club, says that this works and ends, unless
    it is to `stay`. Raises BadConfig if it cannot listen there.
    """
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    logging.getLogger("dogear.http").setLevel(logging.ERROR)  # browsers open connections ahead and leave them unused
    attended = sys.stdin.isatty()
    with tempfile.TemporaryDirectory(prefix="dogear-") as folder, as_file(SAMPLE) as sample:
        trials = Trials(load(), sample, Path(folder))
        async with trials.running(), _served(trials, host, port) as address:
            print(f"A reading club to try, in a browser: {address}", flush=True)
            if attended or stay:
                print("Everyone who opens it gets a club of their own. Nothing is kept. Ctrl-C stops it.", flush=True)
                if open_browser or (open_browser is None and attended and _has_screen()):
                    await asyncio.to_thread(webbrowser.open, address)
                await stopped.wait()
                trials.end()
                print("Stopped.", flush=True)
            else:
                visit = await trials.open()
                print(
                    f"It works: a club with {visit.entries} articles was opened. Without a terminal this ends here; "
                    "with --stay it goes on until it is stopped.",
                    flush=True,
                )


@asynccontextmanager
async def _served(trials: Trials, host: str, port: int | None) -> AsyncIterator[str]:
    """Yields the address of the page."""
    served = partial(serving, trials.routes(), host=host, port_option="--port")
    async with AsyncExitStack() as stack:
        try:
            bound = await stack.enter_async_context(served(port=PORT if port is None else port))
        except BadConfig:
            if port is not None:
                raise
            bound = await stack.enter_async_context(served(port=0))
        yield f"http://{f'[{host}]' if ':' in host else host}:{bound}/try"


def _has_screen() -> bool:
    """Whether a browser would appear before the person who typed the command."""
    if os.environ.get("SSH_CONNECTION"):
        return False
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
