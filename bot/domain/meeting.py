"""The people around a digest: who hosts it, and the cards that say so. Pure."""

from collections.abc import Collection, Sequence
from datetime import datetime

from bot.domain.card import Action, Call, Card, Paragraph
from bot.domain.digest import shared_line
from bot.domain.entry import Entry
from bot.domain.ids import ChannelRef, MemberId, ScheduleId
from bot.domain.record import record
from bot.domain.schedule import Occurrence
from bot.domain.team import Member
from bot.domain.text import Span, plain
from bot.domain.value import Hosting, addressed


@record
class MeetingRules:
    """What a schedule offers beside its digest. With `hosts` members may host its digests."""

    schedule: ScheduleId
    hosts: bool = True


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


def turns(pool: Sequence[InTurn]) -> list[InTurn]:
    """The hosts in the order of their turns: who hosted longest ago comes first, before all who never did."""
    return sorted(pool, key=lambda one: (one.last, one.since, one.member.id))


def next_host(pool: Sequence[InTurn], passed: Collection[MemberId]) -> Member | None:
    """Whose turn it is; None if all have passed, or no one hosts."""
    return next((one.member for one in turns(pool) if one.member.id not in passed), None)


def host_notice(entry: Entry, question: str, slot: Occurrence, channel: ChannelRef) -> Card:
    """The private message to the host, two days before their digest."""
    where = {"channel": addressed(channel), "week": slot.week}

    def button(label: str, *, primary: bool = False, **arguments: str) -> Action:
        return Action(
            label=label, call=Call(path=("digest", "host"), arguments={**where, **arguments}), primary=primary
        )

    due = (Span("It comes on "), Span(f"{slot.due_at:%A %d %B, %H:%M} UTC", at=slot.due_at), Span(" in "))
    ask = Call(path=("digest", "ask"), arguments={**where, "entry": f"#{entry.number}"})
    return Card(
        title="You host the next digest.",
        blocks=(
            Paragraph(text=(*due, Span(f"#{channel.id}", channel=channel), Span("."))),
            Paragraph(text=plain(f"As things stand it features #{entry.number} {entry.title}.")),
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
