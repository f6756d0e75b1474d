"""The people around a digest: who hosts it, who is in, when they meet, and the cards that say so. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.domain.card import Action, Call, Card, Fields, Paragraph
from bot.domain.digest import first_line, shared_line
from bot.domain.entry import Entry
from bot.domain.featuring import Candidate, Why
from bot.domain.ids import ChannelRef, EntryId, MemberId, ScheduleId
from bot.domain.record import record
from bot.domain.schedule import Occurrence, Weekday, moment
from bot.domain.takeaway import Takeaway
from bot.domain.team import Member
from bot.domain.text import Span, Text, day_and_time, plain, string
from bot.domain.value import Hosting, addressed
from bot.domain.zones import zone_label

USUAL_QUORUM = 3
MIN_QUORUM, MAX_QUORUM = 2, 50


@record
class WeeklyTime:
    """When a club meets: a weekday and a wall-clock time in the IANA zone `zone`."""

    weekday: Weekday
    at: time
    zone: str

    def after(self, due_at: datetime) -> datetime:
        """The first such time after a digest (aware UTC)."""
        zone = ZoneInfo(self.zone)
        day = due_at.astimezone(zone).date()
        days = (day + timedelta(days=more) for more in range(8) if (day.weekday() + more) % 7 == self.weekday)
        return next(at for at in (moment(one, self.at, zone) for one in days) if at > due_at)


@record
class MeetingRules:
    """What a schedule offers beside its digest. With `hosts` members may host its digests. When `quorum` members are in,
    the thread says so; 0 is never. `meets` is when they meet. With `closing` the thread ends with what came of it,
    and begins with an old takeaway where there is a fitting one.
    Every `vote_every` weeks members vote for the next entry; 0 is never. A `teaser` has only the first line of the notes.
    """

    schedule: ScheduleId
    hosts: bool = True
    quorum: int = USUAL_QUORUM
    meets: WeeklyTime | None = None
    closing: bool = True
    vote_every: int = 0
    teaser: bool = False


@record
class InTurn:
    """A member who hosts digests of a schedule, since when, and the ISO week that they hosted last; empty if none."""

    member: Member
    since: datetime
    last: str = ""


@record
class Meeting:
    """One week's digest as its members meet over it. `host` is None until it is settled; `by_reaction` if they took it
    with a reaction on the post, and hand it back by taking that off.
    """

    schedule: ScheduleId
    week: str
    host: MemberId | None = None
    by_reaction: bool = False


@record
class Answer:
    """What a member last said about being in, and when."""

    going: bool
    at: datetime


def turns(pool: Sequence[InTurn]) -> list[InTurn]:
    """The hosts in the order of their turns: who hosted longest ago comes first, before all who never did."""
    return sorted(pool, key=lambda one: (one.last, one.since, one.member.id))


def next_host(pool: Sequence[InTurn], passed: Collection[MemberId]) -> Member | None:
    """Whose turn it is; None if all have passed, or no one hosts."""
    return next((one.member for one in turns(pool) if one.member.id not in passed), None)


def host_notice(
    entry: Entry, question: str, slot: Occurrence, channel: ChannelRef, vote_until: datetime | None = None
) -> Card:
    """The private message to the host, two days before their digest. With `vote_until` members still vote for it."""
    where = {"channel": addressed(channel), "week": slot.week}

    def button(label: str, *, primary: bool = False, **arguments: str) -> Action:
        return Action(
            label=label, call=Call(path=("digest", "host"), arguments={**where, **arguments}), primary=primary
        )

    due = (Span("It comes on "), day_and_time(slot.due_at), Span(" in "))
    stands = plain("As things stand it features this article.")
    if vote_until is not None:
        stands = (
            Span("Members vote for it until "),
            day_and_time(vote_until),
            *plain(". Without votes it features this."),
        )
    ask = Call(path=("digest", "ask"), arguments={**where, "entry": f"#{entry.number}"})
    return Card(
        title="You host the next digest.",
        blocks=(
            Paragraph(text=(*due, Span(f"#{channel.id}", channel=channel), Span("."))),
            Paragraph(text=stands),
            Paragraph(text=plain(f"Its thread begins with: {question}")),
            Paragraph(text=plain("You need not prepare anything: read it, and start the talk."), quiet=True),
        ),
        actions=(
            button("Pass", what=Hosting.PASS),
            button("Pick another", show="others"),
            Action(label="Ask your own question", call=ask),
        ),
        entry=shared_line(entry),
    )


def meeting_time(meets: WeeklyTime, due_at: datetime) -> Text:
    """When the members meet after a digest, in the reader's zone where the platform can show it."""
    at = meets.after(due_at)
    local = at.astimezone(ZoneInfo(meets.zone))
    return (Span(f"{local:%A} {local.day} {local:%B, %H:%M} {zone_label(meets.zone)}", at=at),)


def gathered(question: str, names: Sequence[str], when: Text) -> Card:
    """The message in the thread, once enough members are in."""
    together = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
    meet = (Paragraph(text=(Span("You meet on "), *when, Span("."))),) if when else ()
    return Card(
        title=f"{len(names)} are in",
        blocks=(Paragraph(text=plain(f"{together} want to talk about this.")), Paragraph(text=plain(question)), *meet),
    )


MAX_KEPT = 5
"""Takeaways that a closing card shows; “takeaway list” has them all."""


def closing(
    entry: Entry, *, host: str, readers: int, kept: Sequence[Takeaway], added_by: str, following: datetime
) -> Card:
    """The last message in a digest's thread, the day before the next digest: what came of it."""
    facts = (
        f"Hosted by {host}." if host else "",
        f"Read by {readers} member{'' if readers == 1 else 's'} since it was posted." if readers else "",
        f"Added to the list by {added_by}." if added_by else "",
    )
    said = tuple(Paragraph(text=(Span(f"{one.by or 'Someone'}: "), *plain(one.text))) for one in kept[:MAX_KEPT])
    more = len(kept) - len(said)
    takeaways = (Paragraph(text=plain("What members keep of it:")), *said) if said else ()
    rest = (Paragraph(text=plain(f"and {more} more"), quiet=True),) if more > 0 else ()
    coming = (Span("The next digest comes on "), day_and_time(following), Span("."))
    summary = " ".join(filter(None, facts))
    return Card(
        title=f"The week of #{entry.number} {entry.title}",
        blocks=(
            *((Paragraph(text=plain(summary)),) if summary else ()),
            *takeaways,
            *rest,
            Paragraph(text=coming, quiet=True),
        ),
    )


MIN_NOMINEES, MAX_NOMINEES = 3, 5
MIN_VOTERS = 2
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@record
class Nominee:
    """An entry to vote about, and the reason to read it."""

    entry: EntryId
    reason: str


def won(votes: Mapping[EntryId, Collection[MemberId]], nominees: Sequence[Candidate]) -> EntryId | None:
    """What most members voted for; of several the one that was featured longest ago, or never. None if fewer than two
    members voted.
    """
    if len({member for members in votes.values() for member in members}) < MIN_VOTERS:
        return None
    ranked = sorted(
        (one for one in nominees if votes.get(one.entry)),
        key=lambda one: (-len(votes[one.entry]), one.last_featured or BEFORE_ALL, one.added_at, one.number),
    )
    return ranked[0].entry if ranked else None


def ballot(nominees: Sequence[tuple[Entry, str]], slot: Occurrence, channel: ChannelRef, closes_at: datetime) -> Card:
    """The message in the channel with which a vote begins."""
    until = (Span("Vote for as many as you like until "), day_and_time(closes_at))
    return Card(
        title="What shall we read next?",
        blocks=(
            *nominee_lines(nominees, slot, channel),
            Paragraph(text=(*until, Span(". You see how it stands once you have voted.")), quiet=True),
        ),
    )


def nominee_lines(
    nominees: Sequence[tuple[Entry, str]],
    slot: Occurrence,
    channel: ChannelRef,
    own: Collection[EntryId] = (),
    counts: Mapping[EntryId, int] = MappingProxyType({}),
) -> tuple[Fields, ...]:
    """What there is to vote for, each with its button and the reason, or with `counts` how many vote for it."""
    lines = []
    for entry, reason in nominees:
        arguments = {"entry": f"#{entry.number}", "channel": f"#{channel.id}", "week": slot.week}
        label = f"{'Take back' if entry.id in own else 'Vote for'} #{entry.number}"
        count = counts.get(entry.id, 0)
        said = f" ({count} vote{'' if count == 1 else 's'})" if counts else _because(entry, reason)
        lines.append(
            Fields(
                items=((f"#{entry.number}", plain(f"{entry.title}{said}")),),
                actions=(Action(label=label, call=Call(path=("digest", "vote"), arguments=arguments)),),
            )
        )
    return tuple(lines)


MAX_BECAUSE = 140


def _because(entry: Entry, reason: str) -> str:
    """The reason; for an entry that has no other than that it was never featured, the first line of its notes."""
    said = f"{reason}." if reason != Why.NEVER_FEATURED else " ".join(string(first_line(entry.notes.tree)).split())
    short = said if len(said) <= MAX_BECAUSE else f"{said[:MAX_BECAUSE].rsplit(' ', 1)[0]} …"
    return f": {short}" if short else ""
