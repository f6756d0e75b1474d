"""The club in a browser: the routes of its pages, who may open each, signing in, and the forms.

Who has no session, one of another team, or one that ended gets the same answer for every address, so that it says
nothing about a team. A page is rendered in the thread that reads its data.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial
from hashlib import sha256
from hmac import compare_digest
from mimetypes import guess_type
from typing import TypeAlias
from urllib.parse import parse_qs, quote, urlsplit

from adapters.web import pages as templates
from adapters.web.links import PageLinks
from bot.chat.platform import Actor
from bot.chat.web import Request, Response, Route
from bot.commands.deadline import Deadline
from bot.commands.limits import Limits
from bot.domain.errors import NotFound, Refusal, StoreError, TooMuch
from bot.domain.ids import AccountRef, MessageRef, PlatformName, TeamId, Url, WorkspaceRef
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.team import Member, Team
from bot.domain.web import LINK_LASTS, SESSION_LASTS, Opens, WebKey
from bot.ports.clock import Clock
from bot.ports.runner import Runner
from bot.ports.store import Transaction
from bot.runtime import page_content
from bot.runtime.page_content import FILES, Content, Shown, Visit
from bot.service import entries, readings, web

SESSION, SIGN_IN = "dogear_session", "dogear_sign_in"
"""Cookies: the session, and the one that ties the form of a sign-in to the browser that was shown it."""
PER_PERSON, PER_TEAM = 600, 6_000
"""Pages a minute for a member and a team."""
PER_ADDRESS, FOR_STRANGERS = 600, 3_000
"""Pages a minute for one address without a session, and for all of them. Behind a proxy all have its address."""
AT_ONCE = 1
"""Pages that are made at a time; the others wait. Most of the work is Python, which runs in one thread at a time, so more
only make the chat wait: with 200 readers the p99 of a command was 18 ms, with two pages at a time 36 (November 2026).
"""
MAX_SEEN = 1_000
"""Files of which we remember since when they are as they are."""
STATIC_LASTS = 3600

SAFE = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": "Cookie",
}
BACK = re.compile(r"(|entry/\d{1,9}|search|queue)(\?[\w%.~&=+-]*)?")
"""Where a marked entry's form may lead back to, within the team's pages."""

log = logging.getLogger("dogear.pages")


@record
class Live:
    """What templates need for a page of a server."""

    member: Member | None = None
    key: WebKey | None = None
    token: str = ""
    back: str = ""
    state: ReadingState | None = None


Handle: TypeAlias = Callable[[Request], Awaitable[Response]]
Form: TypeAlias = Callable[[Transaction, Visit], Response]


class Pages:
    """The pages of every team. `mode` is `members` or `public`, `address` the public address, `word` the command's."""

    def __init__(
        self,
        *,
        mode: str,
        address: str,
        word: str,
        runner: Runner,
        clock: Clock,
        deadline: Deadline,
        link: Callable[[MessageRef], Url | None],
        wake: Callable[[], None],
    ) -> None:
        parts = urlsplit(address)
        self._base = parts.path
        self._site = f"{parts.scheme}://{parts.netloc}"
        self._secure = parts.scheme == "https"
        self._is_public = mode == "public"
        self._word = word
        self._runner = runner
        self._clock = clock
        self._deadline = deadline
        self._link = link
        self._wake = wake
        self._members = Limits(per_person=PER_PERSON, per_team=PER_TEAM)
        self._strangers = Limits(per_person=PER_ADDRESS, per_team=FOR_STRANGERS)
        self._places = asyncio.Semaphore(AT_ONCE)
        self._seen: dict[tuple[TeamId, str], tuple[str, datetime]] = {}

    def routes(self) -> Sequence[Route]:
        return [
            Route(method=each, path=f"{self._base}{path}", handle=partial(self._guarded, path, handle))
            for method, path, handle in self._all()
            for each in (("GET", "HEAD") if method == "GET" else (method,))
        ]

    def _all(self) -> Iterator[tuple[str, str, Handle]]:
        team, content = "/team/{team}/", page_content
        yield "GET", "/", self._home
        yield "GET", "/static/{name}", self._static
        yield "GET", "/sign-in/{link}", self._ask_to_sign_in
        yield "POST", "/sign-in/{link}", self._sign_in
        public: Mapping[str, Content] = {
            "": content.listed,
            "entry/{number}": content.entry,
            "search": content.found,
            "digests": content.past_and_next,
        }
        members: Mapping[str, Content] = {"queue": content.queue, "stats": content.stats, "account": content.account}
        for path, page in {**public, **members}.items():
            yield "GET", f"{team}{path}", partial(self._show, page, members=path in members)
        for name in FILES:
            yield "GET", f"{team}{name}", partial(self._file, name)
            yield "GET", f"{team}private/{{key}}/{name}", partial(self._file, name)
        for path, form in {"mark": self._mark, "sign-out": self._sign_out, "feed": self._reset_feed}.items():
            yield "POST", f"{team}{path}", partial(self._submitted, form)
        if self._base:
            yield "GET", "", self._with_slash
        yield "GET", "/team/{team}", self._with_slash
        yield "GET", "/{other:.*}", self._nothing

    # Who may open a page

    async def _guarded(self, path: str, handle: Handle, request: Request) -> Response:
        """The answer with the headers of every page. Errors become pages."""
        try:
            async with self._places:
                response = await self._deadline.run(partial(handle, request))
        except TooMuch as no:
            response = self._message(429, "Too many requests", f"Wait a moment. {no.hint or ''}", {"Retry-After": "10"})
        except Refusal as no:
            response = self._message(404, no.message, "Go back and choose another one.")
        except StoreError:
            said = "The database does not answer. Try again in a minute."
            response = self._message(503, "Not right now", said, {"Retry-After": "60"})
        except Exception:
            log.exception("bug in the page %s", path)  # not the address, which may have a token
            response = self._message(500, "Something broke", "The host finds the cause in the log.")
        always = SAFE | ({"Strict-Transport-Security": "max-age=31536000"} if self._secure else {})
        return Response(
            status=response.status,
            body=response.body,
            kind=response.kind,
            headers={"Cache-Control": "private, no-store", **always, **response.headers},
        )

    async def _visit(self, request: Request, *, members: bool) -> Visit | None:
        """The visit to the team's page; None if the page is not for them. Raises TooMuch."""
        private = request.params.get("key")
        token = request.cookies.get(SESSION, "") if private is None else private
        opens = Opens.SESSION if private is None else Opens.FEED

        def looked_up(tx: Transaction) -> tuple[web.Visitor | None, Team | None]:
            who = web.visitor(tx, token, opens)
            if who is not None and who.team.name == request.params["team"]:
                return who, who.team
            open_to_all = self._is_public and not members and private is None
            return None, tx.teams.by_name(request.params["team"]) if open_to_all else None

        who, team = await self._runner.read(looked_up)
        self._count(request, who)
        if team is None:
            return None
        form_token = _form_token(token) if who else ""
        return Visit(team=team, request=request, link=self._link, who=who, token=form_token)

    def _count(self, request: Request, who: web.Visitor | None = None) -> None:
        if who is not None:
            self._members.take(
                Actor(
                    account=who.member.account, workspace=WorkspaceRef(PlatformName("web"), str(who.team.id)), name=""
                )
            )
        else:
            strangers = WorkspaceRef(PlatformName("web"), "")
            self._strangers.take(
                Actor(account=AccountRef(PlatformName("web"), request.address), workspace=strangers, name="")
            )

    async def _show(self, page: Content, request: Request, *, members: bool) -> Response:
        visit = await self._visit(request, members=members)
        if visit is None:
            return self._signed_out()
        return await self._runner.read(lambda tx: self._rendered(tx, visit, page(tx, visit)))

    async def _submitted(self, form: Form, request: Request) -> Response:
        visit = await self._visit(request, members=True)
        if visit is None or visit.who is None:
            return self._signed_out()
        posted = replace(visit, form=_form(request))
        if not compare_digest(posted.form.get("token", "").encode(), visit.token.encode()):
            return self._message(403, "This form is too old", "Go back, load the page again and repeat what you did.")
        response = await self._runner.write(lambda tx: form(tx, posted))
        self._wake()
        return response

    def _rendered(self, tx: Transaction, visit: Visit, shown: Shown) -> Response:
        who, about_list = visit.who, shown.about.get("about_list")
        images = templates.images_from(about_list.cover) if about_list else ""
        body = templates.rendered(
            shown.template,
            title=entries.about(tx, visit.team).title,
            total=tx.entries.count(visit.team.id),
            links=PageLinks(root=shown.root),
            live=Live(
                member=who.member if who else None,
                key=who.key if who else None,
                token=visit.token,
                back=shown.back,
                state=shown.state,
            ),
            **shown.about,
        )
        policy = {"Content-Security-Policy": f"{images}{SAFE['Content-Security-Policy']}"}
        return Response(body=body, kind="text/html", headers=policy)

    def _signed_out(self) -> Response:
        said = f"Type “/{self._word} settings web” in the chat: the answer has a link that signs you in."
        return self._message(403, "Sign in from the chat", said)

    def _message(self, status: int, title: str, said: str, headers: Mapping[str, str] | None = None) -> Response:
        about = {"title": title, "said": said, "base": self._base, "link": False}
        body = templates.rendered("message.html", **about)
        return Response(status=status, body=body, kind="text/html", headers=headers or {})

    def _moved(self, path: str, headers: Mapping[str, str] | None = None) -> Response:
        return Response(status=303, headers={"Location": f"{self._base}{path}", **(headers or {})})

    # Signing in

    async def _home(self, request: Request) -> Response:
        def looked_up(tx: Transaction) -> tuple[web.Visitor | None, Sequence[Team]]:
            return web.visitor(tx, request.cookies.get(SESSION, "")), tx.teams.all() if self._is_public else ()

        who, teams = await self._runner.read(looked_up)
        self._count(request, who)
        if who is not None:
            return self._moved(_team_path(who.team))
        return self._moved(_team_path(teams[0])) if len(teams) == 1 else self._signed_out()

    async def _with_slash(self, request: Request) -> Response:
        """To the page whose address people type without the slash at its end. Who may open it is asked there."""
        team = request.params.get("team")
        return self._moved("/" if team is None else f"/team/{quote(team, safe='')}/")

    async def _nothing(self, request: Request) -> Response:
        """The answer for every address that no page has. A stranger gets the same one as for a page."""
        who = await self._runner.read(lambda tx: web.visitor(tx, request.cookies.get(SESSION, "")))
        self._count(request, who)
        if who is None and not self._is_public:
            return self._signed_out()
        raise NotFound("There is no such page.")

    async def _ask_to_sign_in(self, request: Request) -> Response:
        """A page with a button: whatever fetches the link to preview it presses none."""
        self._count(request)
        member = await self._runner.read(lambda tx: web.invited(tx, request.params["link"]))
        if member is None:
            return self._link_is_old()
        nonce = self._token()
        about = {
            "title": "Sign in to the reading club",
            "said": f"You sign in as {member.name}, and stay signed in in this browser for 30 days.",
            "base": self._base,
            "link": True,
            "token": _form_token(nonce),
        }
        cookie = self._cookie(SIGN_IN, nonce, LINK_LASTS, f"{self._base}/sign-in/", same_site="Strict")
        return Response(body=templates.rendered("message.html", **about), kind="text/html", headers=cookie)

    async def _sign_in(self, request: Request) -> Response:
        self._count(request)
        nonce = request.cookies.get(SIGN_IN, "")
        if not nonce or not compare_digest(_form(request).get("token", "").encode(), _form_token(nonce).encode()):
            return self._message(403, "Open the link again", "Cookies have to be on for this page.")
        token = self._token()
        who = await self._runner.write(lambda tx: web.sign_in(tx, request.params["link"], token))
        if who is None:
            return self._link_is_old()
        return self._moved(_team_path(who.team), self._cookie(SESSION, token, SESSION_LASTS, f"{self._base}/"))

    def _link_is_old(self) -> Response:
        said = f"A link works once, within five minutes. Type “/{self._word} settings web” in the chat for another one."
        return self._message(403, "This link does not work any more", said)

    def _cookie(
        self, name: str, value: str, lasts: timedelta, path: str, *, same_site: str = "Lax"
    ) -> Mapping[str, str]:
        seconds = int(lasts.total_seconds())
        secure = "; Secure" if self._secure else ""
        return {"Set-Cookie": f"{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}"}

    def _token(self) -> str:
        return f"{self._clock.random_below(2**256):064x}"

    # Forms

    def _mark(self, tx: Transaction, visit: Visit) -> Response:
        assert visit.who is not None
        pressed = next((state for state in ReadingState if state.value in visit.form), None)
        if pressed is None:
            raise NotFound("There is no such entry.")
        entry = page_content.entry_named(tx, visit.team.id, visit.form[pressed.value])
        readings.choose(tx, visit.who.member, entry.id, pressed)
        back = visit.form.get("back", "")
        shown = back if BACK.fullmatch(back) else ""
        return self._moved(f"{_team_path(visit.team)}{shown}#e{entry.number}")

    def _sign_out(self, tx: Transaction, visit: Visit) -> Response:
        assert visit.who is not None
        web.sign_out(tx, visit.reader, None if "everywhere" in visit.form else visit.who.key.hash)
        return self._moved("/", self._cookie(SESSION, "", timedelta(), f"{self._base}/"))

    def _reset_feed(self, tx: Transaction, visit: Visit) -> Response:
        assert visit.who is not None
        token = self._token() if visit.form.get("feed") == "new" else None
        web.reset_feed(tx, visit.who, token)
        path = f"{self._site}{self._base}{_team_path(visit.team)}private/{token}/"
        fresh = [f"{path}{name}" for name in FILES] if token else ()
        return self._rendered(tx, visit, page_content.account(tx, visit, fresh))

    # Files

    async def _static(self, request: Request) -> Response:
        name = request.params["name"]
        content = templates.static(name)
        if content is None:
            raise NotFound("There is no such file.")
        kind = guess_type(name)[0] or "application/octet-stream"
        lasts = {"Cache-Control": f"public, max-age={STATIC_LASTS}"}
        return self._conditional(request, (TeamId(0), name), content.decode(), kind, lasts)

    async def _file(self, name: str, request: Request) -> Response:
        visit = await self._visit(request, members=False)
        if visit is None:
            return self._signed_out()
        body = await self._runner.read(lambda tx: page_content.file(tx, visit, name))
        key = visit.team.id, f"{name}?{visit.asked('tag')}"
        return self._conditional(request, key, body, FILES[name][0], {"Cache-Control": "private, no-cache"})

    def _conditional(
        self, request: Request, key: tuple[TeamId, str], body: str, kind: str, headers: Mapping[str, str]
    ) -> Response:
        """The file, or 304 if the client has it as it is."""
        etag = f'"{sha256(body.encode()).hexdigest()[:32]}"'
        since = self._since(key, etag)
        about = {**headers, "ETag": etag, "Last-Modified": format_datetime(since, usegmt=True)}
        if _is_known(request, etag, since):
            return Response(status=304, kind=kind, headers=about)
        return Response(body=body, kind=kind, headers=about)

    def _since(self, key: tuple[TeamId, str], etag: str) -> datetime:
        """Since when this process has seen the file like this: later than any time that it gave for other content."""
        before = self._seen.pop(key, None)
        now = self._clock.now().replace(microsecond=0)
        is_new = before is not None and before[0] != etag
        at = before[1] if before is not None else now
        if is_new:
            at = max(now, at + timedelta(seconds=1))
        self._seen[key] = etag, at
        for old in list(self._seen)[: max(len(self._seen) - MAX_SEEN, 0)]:
            self._seen.pop(old, None)
        return at


def _form_token(secret: str) -> str:
    """What a form sends back; it follows from a cookie and does not reveal it."""
    return sha256(b"form " + secret.encode(errors="replace")).hexdigest()


def _form(request: Request) -> Mapping[str, str]:
    typed = request.body.decode("utf-8", "replace")
    try:
        found = parse_qs(typed, keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


def _team_path(team: Team) -> str:
    return f"/team/{quote(team.name, safe='')}/"


def _is_known(request: Request, etag: str, since: datetime) -> bool:
    given = request.header("if-none-match")
    if given is not None:
        return given.strip() == "*" or etag in [one.strip().removeprefix("W/") for one in given.split(",")]
    try:
        return parsedate_to_datetime(request.header("if-modified-since") or "") >= since
    except (ValueError, TypeError):
        return False
