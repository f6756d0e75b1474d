"""The club in a browser: the routes of its pages, who may open each, and what is on it.

The templates are those of the export. A page is rendered in the thread that reads its data. Who has no session, one of
another team, or one that ended gets the same answer for every address, so that it says nothing about a team.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial
from hashlib import sha256
from hmac import compare_digest
from mimetypes import guess_type
from typing import Any, TypeAlias
from urllib.parse import parse_qs, quote, urlsplit

from adapters.web import pages as templates
from adapters.web.links import PageLinks, query
from adapters.web.pages import Featured
from bot.chat.platform import Actor
from bot.chat.web import Request, Response, Route
from bot.commands.cards import next_dates
from bot.commands.deadline import Deadline
from bot.commands.limits import Limits
from bot.domain.digest import Standing
from bot.domain.entry import Entry
from bot.domain.errors import NotFound, Refusal, StoreError, TooMuch
from bot.domain.ids import AccountRef, EntryNumber, MemberId, MessageRef, PlatformName, TeamId, Url, WorkspaceRef
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.source import ReadEntry, ReadList
from bot.domain.team import Team
from bot.domain.text import string
from bot.domain.web import LINK_LASTS, SESSION_LASTS, Opens, WebKey
from bot.ports.clock import Clock
from bot.ports.entries import EntryFilter
from bot.ports.runner import Runner
from bot.ports.store import Transaction
from bot.service import digests, entries, readings, search, web
from store.lists.convert import convert
from store.sql.ids import id_of

SESSION, SIGN_IN = "dogear_session", "dogear_sign_in"
"""Cookies: the session, and the one that ties the form of a sign-in to the browser that was shown it."""
PAGE_SIZE = 100
FOUND_SIZE = 30
MAX_NAMED = 40
"""Tags and sections above the list."""
MAX_DIGESTS = 104
MAX_TAKEAWAYS = 50
MAX_DISCUSSIONS = 20
MAX_RELATED = 5
MAX_QUERY = 500
PER_PERSON, PER_TEAM = 600, 6_000
"""Pages a minute for a member and a team."""
PER_ADDRESS, FOR_STRANGERS = 600, 3_000
"""Pages a minute for one address without a session, and for all of them. Behind a proxy all have its address."""
MAX_SEEN = 1_000
"""Files of which we remember since when they are as they are."""
STATIC_LASTS = 3600
WEEKS, MONTHS, CHARTED_TAGS = 26, 12, 3
BARS_HEIGHT, BAR_WIDTH = 110, 24

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
NUMBER = re.compile(r"\d{1,9}")

log = logging.getLogger("dogear.pages")


@record
class Visit:
    """One request for a team's page: the member if there is one, and the token that each form has."""

    team: Team
    request: Request
    who: web.Visitor | None = None
    token: str = ""
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def reader(self) -> MemberId:
        """The member. Members count from 1, so number 0 has read nothing."""
        return self.who.member.id if self.who else MemberId(id_of(self.team.id, 0))


@record
class Live:
    """What templates need for a page of a server."""

    member: Any = None
    key: WebKey | None = None
    token: str = ""
    back: str = ""
    state: ReadingState | None = None


@record
class Bar:
    label: str
    value: int
    x: int
    y: int
    width: int
    height: int
    shown: bool


@record
class Chart:
    title: str
    bars: tuple[Bar, ...]
    said: str

    @property
    def width(self) -> int:
        return len(self.bars) * BAR_WIDTH


Page: TypeAlias = Callable[[Transaction, Visit], Response]


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
        self._seen: dict[tuple[TeamId, str], tuple[str, datetime]] = {}

    def routes(self) -> Sequence[Route]:
        return [Route(method=method, path=f"{self._base}{path}", handle=handle) for method, path, handle in self._all()]

    def _all(self) -> Iterator[tuple[str, str, Callable[[Request], Any]]]:
        yield "GET", "/", partial(self._guarded, self._home)
        yield "GET", "/static/{name}", partial(self._guarded, self._static)
        yield "GET", "/sign-in/{link}", partial(self._guarded, self._ask_to_sign_in)
        yield "POST", "/sign-in/{link}", partial(self._guarded, self._sign_in)
        for path, page in {"": self._list, "entry/{number}": self._entry, "search": self._search}.items():
            yield "GET", f"/team/{{team}}/{path}", partial(self._guarded, partial(self._read, page))
        yield "GET", "/team/{team}/digests", partial(self._guarded, partial(self._read, self._digests))
        for path, page in {"queue": self._queue, "stats": self._stats, "account": self._account}.items():
            yield "GET", f"/team/{{team}}/{path}", partial(self._guarded, partial(self._read, page, members=True))
        for path, page in {"mark": self._mark, "sign-out": self._sign_out, "feed": self._reset_feed}.items():
            yield "POST", f"/team/{{team}}/{path}", partial(self._guarded, partial(self._write, page))
        for name, make in FILES.items():
            page = partial(self._file, name, make)
            yield "GET", f"/team/{{team}}/{name}", partial(self._guarded, partial(self._read, page))
            yield "GET", f"/team/{{team}}/private/{{key}}/{name}", partial(self._guarded, partial(self._read, page))
        yield "GET", "/{other:.*}", partial(self._guarded, self._nothing)

    # Who may open a page

    async def _guarded(self, handle: Callable[[Request], Any], request: Request) -> Response:
        """The answer with the headers of every page. Errors become pages."""
        try:
            response: Response = await self._deadline.run(partial(handle, request))
        except TooMuch as no:
            response = self._message(429, "Too many requests", f"Wait a moment. {no.hint or ''}", {"Retry-After": "10"})
        except Refusal as no:
            response = self._message(404, no.message, "Go back and choose another one.")
        except StoreError:
            said = "The database does not answer. Try again in a minute."
            response = self._message(503, "Not right now", said, {"Retry-After": "60"})
        except Exception:
            log.exception("bug in the page %s", urlsplit(request.path).path.split("/private/")[0].split("/sign-in/")[0])
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
        return Visit(team=team, request=request, who=who, token=_form_token(token) if who else "")

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

    async def _read(self, page: Page, request: Request, *, members: bool = False) -> Response:
        visit = await self._visit(request, members=members)
        if visit is None:
            return self._signed_out()
        return await self._runner.read(lambda tx: page(tx, visit))

    async def _write(self, page: Page, request: Request) -> Response:
        visit = await self._visit(request, members=True)
        if visit is None or visit.who is None:
            return self._signed_out()
        form = _form(request)
        if not compare_digest(form.get("token", "").encode(), visit.token.encode()):
            return self._message(403, "This form is too old", "Go back, load the page again and repeat what you did.")
        posted = Visit(team=visit.team, request=request, who=visit.who, token=visit.token, form=form)
        response = await self._runner.write(lambda tx: page(tx, posted))
        self._wake()
        return response

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

    async def _nothing(self, request: Request) -> Response:
        """The answer for every address that no page has. To a stranger it is no other than that for a page."""
        who = await self._runner.read(lambda tx: web.visitor(tx, request.cookies.get(SESSION, "")))
        self._count(request, who)
        if who is None and not self._is_public:
            return self._signed_out()
        raise NotFound("There is no such page.")

    async def _ask_to_sign_in(self, request: Request) -> Response:
        """A page with a button: whatever fetches the link to preview it presses none."""
        self._count(request)
        if not await self._runner.read(lambda tx: web.is_invited(tx, request.params["link"])):
            return self._link_is_old()
        nonce = self._token()
        about = {
            "title": "Sign in to the reading club",
            "said": "You stay signed in in this browser for 30 days.",
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

    # Pages

    def _rendered(self, tx: Transaction, visit: Visit, template: str, *, root: str = "", **about: Any) -> Response:
        live = Live(
            member=visit.who.member if visit.who else None,
            key=visit.who.key if visit.who else None,
            token=visit.token,
            back=about.pop("back", ""),
            state=about.pop("state", None),
        )
        given = {
            "title": entries.about(tx, visit.team).title,
            "links": PageLinks(root=root),
            "live": live,
            "total": tx.entries.count(visit.team.id),
        }
        return Response(body=templates.rendered(template, **given, **about), kind="text/html")

    def _list(self, tx: Transaction, visit: Visit) -> Response:
        asked, team = visit.request.query, visit.team.id
        state = ReadingState(asked["is"]) if visit.who and asked.get("is") in set(ReadingState) else None
        chosen = {"tag": asked.get("tag"), "in": asked.get("in"), "is": state.value if state else None}
        which = EntryFilter(tag=chosen["tag"], section=chosen["in"], state=state)
        found = entries.page(tx, team, visit.reader, which, _page(visit.request), PAGE_SIZE)
        items = found.items if visit.who else [(entry, None) for entry, _ in found.items]
        return self._rendered(
            tx,
            visit,
            "index.html",
            description=entries.about(tx, visit.team).description,
            sections=templates.sections(items),
            tags=[tag.name for tag in tx.entries.tags(team, None)[:MAX_NAMED]],
            headings=list(dict.fromkeys(path[0] for path in tx.entries.sections(team) if path))[:MAX_NAMED],
            chosen=", ".join(f"{name}:{value}" for name, value in chosen.items() if value),
            about=chosen,
            number=found.number,
            pages=found.pages,
            back=_query({**chosen, "page": found.number if found.number > 1 else None}),
        )

    def _entry(self, tx: Transaction, visit: Visit) -> Response:
        number = visit.request.params["number"]
        if not NUMBER.fullmatch(number):
            raise NotFound("There is no such entry.")
        found = entries.entry(tx, visit.team.id, EntryNumber(int(number)))
        if found.retired_at is not None and visit.who is None:
            raise NotFound("There is no such entry.")
        ((_, state),) = entries.with_states(tx, visit.reader, [found])
        known = tx.ledger.discussions(visit.team.id, found.id, MAX_DISCUSSIONS) if visit.who else ()
        return self._rendered(
            tx,
            visit,
            "entry.html",
            root="../",
            entry=found,
            state=state if visit.who else None,
            takeaways=tx.takeaways.of_entry(found.id, limit=MAX_TAKEAWAYS, published=visit.who is None),
            discussed=[(at, self._link(message)) for at, message in known],
            related=search.related(tx, visit.team.id, visit.reader, found, MAX_RELATED),
            back=f"entry/{number}",
        )

    def _search(self, tx: Transaction, visit: Visit) -> Response:
        asked = visit.request.query.get("q", "").strip()[:MAX_QUERY]
        if not asked:
            return self._moved(_team_path(visit.team))
        page = _page(visit.request)
        found = search.find(
            tx, visit.team.id, visit.reader, asked, page, FOUND_SIZE, takeaways_too=visit.who is not None
        )
        back = _query({"q": asked, "page": found.number if found.number > 1 else None})
        return self._rendered(tx, visit, "search.html", asked=asked, found=found, back=f"search{back}")

    def _digests(self, tx: Transaction, visit: Visit) -> Response:
        schedules = tx.schedules.all(visit.team.id)
        coming = [string(next_dates(tx, schedule)) for schedule in schedules]
        return self._rendered(
            tx,
            visit,
            "digests.html",
            digests=posted(tx, visit.team.id, MAX_DIGESTS),
            coming=list(dict.fromkeys(coming)),
        )

    def _queue(self, tx: Transaction, visit: Visit) -> Response:
        queue = readings.queued(tx, visit.team.id, visit.reader, PAGE_SIZE)
        return self._rendered(tx, visit, "queue.html", queue=queue, back="queue")

    def _stats(self, tx: Transaction, visit: Visit) -> Response:
        team = visit.team.id
        try:
            counts, _ = readings.team_stats(tx, team)
        except Refusal:  # too small a team
            counts = None
        return self._rendered(
            tx,
            visit,
            "stats.html",
            own=readings.own_stats(tx, visit.reader),
            counts=counts,
            least=readings.MIN_FOR_TEAM_STATS,
            charts=[*([_read_by_week(tx, team)] if counts else []), *_tags_by_month(tx, team)],
        )

    def _account(self, tx: Transaction, visit: Visit, fresh: Sequence[str] = ()) -> Response:
        return self._rendered(
            tx,
            visit,
            "account.html",
            sessions=web.sessions(tx, visit.reader),
            has_feed=web.has_feed(tx, visit.reader),
            fresh=fresh,
        )

    # Forms

    def _mark(self, tx: Transaction, visit: Visit) -> Response:
        assert visit.who is not None
        pressed = next((state for state in ReadingState if state.value in visit.form), None)
        number = visit.form.get(pressed.value, "") if pressed else ""
        if pressed is None or not NUMBER.fullmatch(number):
            raise NotFound("There is no such entry.")
        entry = entries.entry(tx, visit.team.id, EntryNumber(int(number)))
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
        return self._account(tx, visit, [f"{path}{name}" for name in FILES] if token else ())

    # Files

    async def _static(self, request: Request) -> Response:
        name = request.params["name"]
        content = templates.static(name)
        if content is None:
            raise NotFound("There is no such file.")
        kind = guess_type(name)[0] or "application/octet-stream"
        lasts = {"Cache-Control": f"public, max-age={STATIC_LASTS}"}
        return self._conditional(request, (TeamId(0), name), content.decode(), kind, lasts)

    def _file(self, name: str, make: "Make", tx: Transaction, visit: Visit) -> Response:
        tag = visit.request.query.get("tag")
        _, listed = tx.entries.page(
            visit.team.id, visit.reader, EntryFilter(tag=tag), offset=0, limit=tx.entries.count(visit.team.id) or 1
        )
        body = make(tx, visit, listed)
        return self._conditional(
            visit.request,
            (visit.team.id, f"{name}?{tag or ''}"),
            body,
            KINDS[name],
            {"Cache-Control": "private, no-cache"},
        )

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


def posted(tx: Transaction, team: TeamId, most: int) -> tuple[Featured, ...]:
    """The digests that were posted in any channel, newest first, `most` of each."""
    shown = {}
    for schedule in tx.schedules.all(team):
        for fate in digests.fates(tx, team, tx.schedules.weeks(team, schedule.channel, most)):
            if fate.standing is Standing.POSTED and fate.entry is not None:
                shown[fate.week.week, fate.entry.id] = Featured(
                    week=fate.week.week, at=fate.week.due_at, entry=fate.entry
                )
    return tuple(sorted(shown.values(), key=lambda digest: (digest.at, digest.week), reverse=True))


Make: TypeAlias = Callable[[Transaction, Visit, Sequence[Entry]], str]


def _feed(tx: Transaction, visit: Visit, listed: Sequence[Entry]) -> str:
    tag = visit.request.query.get("tag")
    newest = sorted(listed, key=lambda entry: (entry.added_at, entry.number), reverse=True)[: templates.NEWEST]
    whole = tx.entries.get(visit.team.id, [entry.id for entry in newest])
    featured = [one for one in posted(tx, visit.team.id, MAX_DIGESTS) if not tag or tag in one.entry.tags]
    moments = [*(entry.added_at for entry in newest), *(digest.at for digest in featured)]
    updated = max(moments, default=datetime(1970, 1, 1, tzinfo=UTC))
    return templates.feed(entries.about(tx, visit.team).title, list(whole.values()), featured, updated)


def _markdown(_tx: Transaction, _visit: Visit, listed: Sequence[Entry]) -> str:
    read = tuple(
        ReadEntry(
            line=entry.number,
            title=entry.title,
            url=entry.url,
            key=entry.key,
            notes=entry.notes,
            tags=entry.tags,
            section=entry.section,
        )
        for entry in listed
    )
    return convert(ReadList(file="", entries=read, synonyms={}), set()).markdown


FILES: Mapping[str, Make] = {
    "feed.xml": _feed,
    "opml.xml": lambda tx, visit, listed: templates.opml(entries.about(tx, visit.team).title, listed),
    "list.json": lambda _tx, _visit, listed: templates.as_json(listed),
    "list.md": _markdown,
}
KINDS = {
    "feed.xml": "application/atom+xml",
    "opml.xml": "text/x-opml",
    "list.json": "application/json",
    "list.md": "text/markdown",
}


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


def _page(request: Request) -> int:
    typed = request.query.get("page", "")
    return max(int(typed), 1) if NUMBER.fullmatch(typed) else 1


def _query(about: Mapping[str, object]) -> str:
    made = query(about)
    return made if made.startswith("?") else ""


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


def _chart(title: str, values: Sequence[tuple[str, int]], said: str) -> Chart:
    highest = max((value for _, value in values), default=0) or 1
    bars = []
    for place, (label, value) in enumerate(values):
        height = round(value / highest * BARS_HEIGHT)
        bars.append(
            Bar(
                label=label,
                value=value,
                x=place * BAR_WIDTH,
                y=BARS_HEIGHT + 18 - height,
                width=BAR_WIDTH - 4,
                height=height,
                shown=place % 4 == 0,
            )
        )
    return Chart(title=title, bars=tuple(bars), said=said)


def _read_by_week(tx: Transaction, team: TeamId) -> Chart:
    today = tx.now().date()
    monday = today - timedelta(days=today.weekday())
    weeks = [monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    counts = dict.fromkeys(weeks, 0)
    for at in tx.readings.read_at(team, datetime.combine(weeks[0], datetime.min.time(), UTC)):
        week = at.date() - timedelta(days=at.weekday())
        counts[week] = counts.get(week, 0) + 1
    values = [(f"{week:%d %b}", counts[week]) for week in weeks]
    return _chart("Read a week", values, f"{counts[monday]} this week, {sum(counts.values())} in {WEEKS} weeks")


def _tags_by_month(tx: Transaction, team: TeamId) -> Iterator[Chart]:
    now = tx.now()
    months = [divmod(now.year * 12 + now.month - 1 - back, 12) for back in reversed(range(MONTHS))]
    _, listed = tx.entries.page(
        team, MemberId(id_of(team, 0)), EntryFilter(), offset=0, limit=tx.entries.count(team) or 1
    )
    for tag in tx.entries.tags(team, None)[:CHARTED_TAGS]:
        added = [(entry.added_at.year, entry.added_at.month - 1) for entry in listed if tag.name in entry.tags]
        values = [(f"{year}-{month + 1:02}", added.count((year, month))) for year, month in months]
        yield _chart(f"Added with the tag {tag.name}, by month", values, f"{len(added)} in all")
