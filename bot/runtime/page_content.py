"""What is on each page of a team, and in each file: functions over one reading transaction. Who may open which is in
`bot.runtime.pages`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from adapters.web import pages as templates
from adapters.web.charts import Chart, chart
from adapters.web.links import query
from adapters.web.pages import Featured
from bot.chat.web import Request
from bot.commands.cards import next_dates
from bot.domain.digest import Standing
from bot.domain.entry import Entry
from bot.domain.errors import NotFound, Refusal
from bot.domain.ids import EntryNumber, MemberId, MessageRef, TeamId, Url
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.source import ReadEntry, ReadList
from bot.domain.team import Team
from bot.domain.text import string
from bot.ports.entries import EntryFilter
from bot.ports.store import Transaction
from bot.service import digests, entries, readings, search, web
from store.lists.convert import convert
from store.sql.ids import id_of

PAGE_SIZE = 100
FOUND_SIZE = 30
MAX_NAMED = 40
"""Tags and sections above the list."""
MAX_DIGESTS = 104
MAX_TAKEAWAYS = 50
MAX_DISCUSSIONS = 20
MAX_RELATED = 5
MAX_QUERY = 500
MONTHS, CHARTED_TAGS = 12, 3
NUMBER = re.compile(r"\d{1,9}")


@record
class Visit:
    """One request for a team's page: the member if there is one, and the token of their forms."""

    team: Team
    request: Request
    link: Callable[[MessageRef], Url | None]
    who: web.Visitor | None = None
    token: str = ""
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def reader(self) -> MemberId:
        """The member. Members count from 1, so number 0 has read nothing."""
        return self.who.member.id if self.who else MemberId(id_of(self.team.id, 0))

    def asked(self, name: str) -> str:
        return self.request.query.get(name, "").strip()[:MAX_QUERY]

    @property
    def page(self) -> int:
        typed = self.asked("page")
        return max(int(typed), 1) if NUMBER.fullmatch(typed) else 1


@record
class Shown:
    """A page: its template with what it needs, where it is (`root` leads to the team's list), and where a form on it leads
    back to.
    """

    template: str
    about: Mapping[str, Any]
    root: str = ""
    back: str = ""
    state: ReadingState | None = None


Content: TypeAlias = Callable[[Transaction, Visit], Shown]


def listed(tx: Transaction, visit: Visit) -> Shown:
    team, asked = visit.team.id, visit.asked("is")
    state = ReadingState(asked) if visit.who and asked in set(ReadingState) else None
    chosen = {"tag": visit.asked("tag"), "in": visit.asked("in"), "is": state.value if state else ""}
    which = EntryFilter(tag=chosen["tag"] or None, section=chosen["in"] or None, state=state)
    found = entries.page(tx, team, visit.reader, which, visit.page, PAGE_SIZE)
    about = {
        "about_list": entries.about(tx, visit.team),
        "sections": templates.sections(found.items if visit.who else [(entry, None) for entry, _ in found.items]),
        "tags": [tag.name for tag in tx.entries.tags(team, None)[:MAX_NAMED]],
        "headings": list(dict.fromkeys(path[0] for path in tx.entries.sections(team) if path))[:MAX_NAMED],
        "chosen": ", ".join(f"{name}:{value}" for name, value in chosen.items() if value),
        "asked_for": chosen,
        "number": found.number,
        "pages": found.pages,
    }
    return Shown(template="index.html", about=about, back=_query({**chosen, "page": _later(found.number)}))


def entry(tx: Transaction, visit: Visit) -> Shown:
    found = entry_named(tx, visit.team.id, visit.request.params["number"])
    if found.retired_at is not None and visit.who is None:
        raise NotFound("There is no such entry.")
    ((_, state),) = entries.with_states(tx, visit.reader, [found])
    known = tx.ledger.discussions(visit.team.id, found.id, MAX_DISCUSSIONS) if visit.who else ()
    about = {
        "entry": found,
        "takeaways": tx.takeaways.of_entry(found.id, limit=MAX_TAKEAWAYS, published=visit.who is None),
        "discussed": [(at, visit.link(message)) for at, message in known],
        "related": search.related(tx, visit.team.id, visit.reader, found, MAX_RELATED),
    }
    state_shown = state if visit.who else None
    return Shown(template="entry.html", about=about, root="../", back=f"entry/{found.number}", state=state_shown)


def entry_named(tx: Transaction, team: TeamId, number: str) -> Entry:
    """The entry of this number, as typed. Raises NotFound."""
    if not NUMBER.fullmatch(number):
        raise NotFound("There is no such entry.")
    return entries.entry(tx, team, EntryNumber(int(number)))


def found(tx: Transaction, visit: Visit) -> Shown:
    asked, public = visit.asked("q"), visit.who is None
    if not asked:
        return listed(tx, visit)
    hits = search.find(tx, visit.team.id, visit.reader, asked, visit.page, FOUND_SIZE, takeaways_too=not public)
    back = _query({"q": asked, "page": _later(hits.number)})
    return Shown(template="search.html", about={"asked": asked, "found": hits}, back=f"search{back}")


def past_and_next(tx: Transaction, visit: Visit) -> Shown:
    coming = [string(next_dates(tx, schedule)) for schedule in tx.schedules.all(visit.team.id)]
    about = {"digests": posted(tx, visit.team.id, MAX_DIGESTS), "coming": list(dict.fromkeys(coming))}
    return Shown(template="digests.html", about=about)


def posted(tx: Transaction, team: TeamId, most: int) -> tuple[Featured, ...]:
    """The digests that were posted in any channel, newest first, out of the last `most` weeks of each."""
    shown = {}
    for schedule in tx.schedules.all(team):
        for fate in digests.fates(tx, team, tx.schedules.weeks(team, schedule.channel, most)):
            if fate.standing is Standing.POSTED and fate.entry is not None:
                week = Featured(week=fate.week.week, at=fate.week.due_at, entry=fate.entry)
                shown[week.week, week.entry.id] = week
    return tuple(sorted(shown.values(), key=lambda digest: (digest.at, digest.week), reverse=True))


def queue(tx: Transaction, visit: Visit) -> Shown:
    queued = readings.queued(tx, visit.team.id, visit.reader, PAGE_SIZE)
    return Shown(template="queue.html", about={"queue": queued}, back="queue")


def stats(tx: Transaction, visit: Visit) -> Shown:
    team = visit.team.id
    try:
        counts, _ = readings.team_stats(tx, team)
    except Refusal:  # too small a team
        counts = None
    about = {
        "own": readings.own_stats(tx, visit.reader),
        "counts": counts,
        "least": readings.MIN_FOR_TEAM_STATS,
        "charts": [*([_read_by_week(tx, team)] if counts else []), *_tags_by_month(tx, visit)],
    }
    return Shown(template="stats.html", about=about)


def _read_by_week(tx: Transaction, team: TeamId) -> Chart:
    counts = readings.reads_by_week(tx, team)
    said = f"{list(counts.values())[-1]} this week, {sum(counts.values())} in {len(counts)} weeks"
    return chart("Read a week", [(f"{week.day} {week:%b}", count) for week, count in counts.items()], said)


def _tags_by_month(tx: Transaction, visit: Visit) -> Iterator[Chart]:
    now = tx.now()
    months = [divmod(now.year * 12 + now.month - 1 - back, 12) for back in reversed(range(MONTHS))]
    every = _listed(tx, visit, None)
    for tag in tx.entries.tags(visit.team.id, None)[:CHARTED_TAGS]:
        added = [(one.added_at.year, one.added_at.month - 1) for one in every if tag.name in one.tags]
        values = [(f"{year}-{month + 1:02}", added.count((year, month))) for year, month in months]
        yield chart(f"Added with the tag {tag.name}, by month", values, f"{len(added)} in all")


def account(tx: Transaction, visit: Visit, fresh: Sequence[str] = ()) -> Shown:
    """`fresh` are private addresses that were just made."""
    about = {
        "sessions": web.sessions(tx, visit.reader),
        "has_feed": web.has_feed(tx, visit.reader),
        "fresh": fresh,
    }
    return Shown(template="account.html", about=about)


def _listed(tx: Transaction, visit: Visit, tag: str | None) -> Sequence[Entry]:
    """Every entry on the list, with notes as Markdown and no tree."""
    every = tx.entries.count(visit.team.id)
    return tx.entries.page(visit.team.id, visit.reader, EntryFilter(tag=tag), offset=0, limit=every or 1)[1]


def _feed(tx: Transaction, visit: Visit, every: Sequence[Entry]) -> str:
    tag = visit.asked("tag")
    newest = sorted(every, key=lambda one: (one.added_at, one.number), reverse=True)[: templates.NEWEST]
    whole = tx.entries.get(visit.team.id, [one.id for one in newest])
    featured = [one for one in posted(tx, visit.team.id, MAX_DIGESTS) if not tag or tag in one.entry.tags]
    moments = [*(one.added_at for one in newest), *(digest.at for digest in featured)]
    updated = max(moments, default=datetime(1970, 1, 1, tzinfo=UTC))
    return templates.feed(entries.about(tx, visit.team).title, list(whole.values()), featured, updated)


def _opml(tx: Transaction, visit: Visit, every: Sequence[Entry]) -> str:
    return templates.opml(entries.about(tx, visit.team).title, every)


def _json(_tx: Transaction, _visit: Visit, every: Sequence[Entry]) -> str:
    return templates.as_json(every)


def _markdown(_tx: Transaction, _visit: Visit, every: Sequence[Entry]) -> str:
    read = tuple(
        ReadEntry(
            line=one.number,
            title=one.title,
            url=one.url,
            key=one.key,
            notes=one.notes,
            tags=one.tags,
            section=one.section,
        )
        for one in every
    )
    return convert(ReadList(file="", entries=read, synonyms={}), set()).markdown


FILES: Mapping[str, tuple[str, Callable[[Transaction, Visit, Sequence[Entry]], str]]] = {
    "feed.xml": ("application/atom+xml", _feed),
    "opml.xml": ("text/x-opml", _opml),
    "list.json": ("application/json", _json),
    "list.md": ("text/markdown", _markdown),
}
"""The content type of each file, and what makes it."""


def file(tx: Transaction, visit: Visit, name: str) -> str:
    """The content of the file, of all entries or of those with the tag that was asked for."""
    return FILES[name][1](tx, visit, _listed(tx, visit, visit.asked("tag") or None))


def _query(about: Mapping[str, object]) -> str:
    made = query(about)
    return made if made.startswith("?") else ""


def _later(page: int) -> int | None:
    """The page's number where an address needs it."""
    return page if page > 1 else None
