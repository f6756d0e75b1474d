"""Commands about the people around a digest: who hosts it, who is in, and what a schedule offers of that."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from bot.commands import browsing
from bot.commands.cards import EntryNames, moment, named_channel, one_meant, sentence
from bot.commands.declare import Turn, carried, command, named, position, rest
from bot.commands.digests import MaybeChannel, MaybeWeek
from bot.domain import times, value, zones
from bot.domain.card import Action, Block, Call, Card, Fields, Paragraph, Tone
from bot.domain.digest import shared_line
from bot.domain.errors import BadUsage, Conflict
from bot.domain.ids import ChannelRef
from bot.domain.meeting import MeetingRules, WeeklyTime, nominee_lines
from bot.domain.personal import MORNING
from bot.domain.question import MAX_QUESTION
from bot.domain.reading_state import ReadingState
from bot.domain.schedule import Schedule, Weekday
from bot.domain.schedule import moment as schedule_moment
from bot.domain.team import Role
from bot.domain.text import Span, day_and_time, plain
from bot.domain.value import Hosting, Kind
from bot.service import digests, hosts, meetings, readings, votes
from bot.service.hosts import Turns

MAX_SHOWN = 10
UNPICK = "own"
_MENTION = re.compile(r"<@!?(\w+)(?:\|[^<>]*)?>")


@command("digest", "host", writes=True, by_role=True)
def host(
    turn: Turn,
    what: Annotated[Hosting | None, position(Kind.HOSTING, "me, pass, swap or off")] = None,
    who: Annotated[str | None, position(Kind.TEXT, "whom to swap with, who is next by default")] = None,
    channel: MaybeChannel = None,
    week: MaybeWeek = None,
    pick: Annotated[EntryNames | None, named(Kind.ENTRY, "an entry for the digest that you host")] = None,
    show: Annotated[str | None, carried("whether to show other entries, or to let Dogear choose")] = None,
    back: Annotated[str | None, carried("who had the turn when the button was shown")] = None,
) -> Card:
    """Who hosts this channel's digests; host some yourself, or pass or swap your turn.

    Only members who say so host. Who hosted longest ago is next, and is reminded privately two days before. On a digest
    without a host, 🎤 makes you its host.

    Examples: digest host · digest host me · digest host pass · digest host swap @ben · digest host pick:#12 · digest host off
    """
    where = turn.here(channel)
    found = hosts.locked(turn.tx, turn.team.id, where)
    if week is not None and week != found.slot.week:
        return _shown(turn, found, "That digest is over. This is about the next one.")
    if pick is not None or show is not None:
        return _picked(turn, found, pick, show)
    if back is not None:
        hosts.take(turn.tx, found, turn.member, back)
        return _changed(turn, found, "You host the next digest again.", names_host=True)
    if what is Hosting.ME:
        new = hosts.join(turn.tx, found, turn.member)
        said = "You are one of the hosts now." if new else "You are one of the hosts already."
        return _changed(turn, found, said, *(_button(found, "Undo", what=Hosting.OFF),) * new)
    if what is Hosting.OFF:
        gone = hosts.leave(turn.tx, found, turn.member)
        said = "You do not host digests here any more." if gone else "You are not one of the hosts here."
        return _changed(turn, found, said, *(_button(found, "Undo", what=Hosting.ME),) * gone)
    if what is Hosting.PASS:
        now = hosts.pass_turn(turn.tx, found, turn.member)
        said = f"{now.name} hosts the next digest instead of you." if now else "Passed: the next digest has no host."
        undo = _button(found, "Undo", back=str(now.id) if now else "-")
        return _changed(turn, found, said, undo, names_host=True)
    if what is Hosting.SWAP:
        return _swapped(turn, found, who)
    return _shown(turn, found)


def _swapped(turn: Turn, found: Turns, who: str | None) -> Card:
    mention = _MENTION.fullmatch(who) if who else None
    other = hosts.named(found, who, mention[1] if mention else None) if who else None
    now = hosts.swap(turn.tx, found, turn.member, other, admin=turn.role >= Role.ADMIN)
    undo = _button(found, "Undo", back=str(now.id)) if found.host and found.host.id == turn.member.id else None
    return _changed(turn, found, f"{now.name} hosts the next digest.", *([undo] if undo else []), names_host=True)


def _picked(turn: Turn, found: Turns, pick: EntryNames | None, show: str | None) -> Card:
    """What the host may pick instead, or that it is picked."""
    hosts.require_host(found, turn.member)
    where = found.schedule.channel
    before = digests.picked(turn.tx, turn.team.id, where)
    if pick is None and show == UNPICK:
        now = digests.unpick(turn.tx, turn.team.id, where) if before else digests.preview(turn.tx, turn.team.id, where)
        return _changed(turn, found, f"Your digest features #{now.digest.entry.number} {now.digest.entry.title}.")
    if pick is None:
        return _others(turn, found, digests.preview(turn.tx, turn.team.id, where))
    entry = digests.pick(turn.tx, turn.team.id, where, one_meant(turn, pick).number).digest.entry
    earlier = {"pick": f"#{before.number}"} if before else {"show": UNPICK}
    same = before is not None and before.id == entry.id
    undo = () if same else (_button(found, "Undo", **earlier),)
    return _changed(turn, found, f"Your digest features #{entry.number} {entry.title}.", *undo)


def _others(turn: Turn, found: Turns, seen: digests.Preview) -> Card:
    now = seen.digest.entry
    blocks = tuple(
        Fields(
            items=((f"#{entry.number}", plain(f"{entry.title}: {feature.reason}.")),),
            actions=(_button(found, f"Feature #{entry.number}", pick=f"#{entry.number}"),),
        )
        for _, entry, feature in seen.coming
        if entry.id != now.id
    )
    hint = Paragraph(text=plain(f"Any other entry: “{turn.word} digest host pick:#12”."), quiet=True)
    return Card(title=f"Your digest features #{now.number} {now.title}. Instead of it:", blocks=(*blocks, hint))


def _changed(turn: Turn, found: Turns, title: str, *actions: Action, names_host: bool = False) -> Card:
    """What was done, above the turns as they are now. `names_host` if the title says who hosts next."""
    now = hosts.upcoming(turn.tx, turn.team.id, found.schedule.channel)
    return Card(title=title, blocks=_turns(turn, now, names_host=names_host), tone=Tone.DONE, actions=actions)


def _shown(turn: Turn, found: Turns, *notes: str) -> Card:
    mine = found.host is not None and found.host.id == turn.member.id
    title = "You host the next digest." if mine else "The next digest has no host yet."
    if found.host is not None and not mine:
        title = f"{found.host.name} hosts the next digest."
    said = tuple(Paragraph(text=plain(note)) for note in notes)
    return Card(
        title=title,
        blocks=(*said, *_turns(turn, found, names_host=True)),
        actions=tuple(_offered(turn, found, mine=mine)),
    )


def _turns(turn: Turn, found: Turns, *, names_host: bool) -> tuple[Block, ...]:
    where = found.schedule.channel
    when = (*moment(found.slot.due_at, turn.zone), Span(" in "), *named_channel(where), Span("."))
    host = (
        "You host"
        if found.host and found.host.id == turn.member.id
        else f"{found.host.name} hosts"
        if found.host
        else ""
    )
    due = (*plain(f"{host} the next digest, on " if host and not names_host else "It comes on "), *when)
    if not host and not names_host:
        due = (Span("The next digest comes on "), *when)
    later = [
        "you" if one.member.id == turn.member.id else one.member.name
        for one in found.pool
        if found.host is None or one.member.id != found.host.id
    ]
    more = f" and {len(later) - MAX_SHOWN} more" if len(later) > MAX_SHOWN else ""
    after = f"After that, in turn: {', '.join(later[:MAX_SHOWN])}{more}."
    empty = f"No one hosts here yet. “{turn.word} digest host me” makes you the first."
    said = after if later else "" if found.pool else empty
    return (Paragraph(text=due), *((Paragraph(text=plain(said)),) if said else ()))


def _offered(turn: Turn, found: Turns, *, mine: bool) -> Sequence[Action]:
    joined = any(one.member.id == turn.member.id for one in found.pool)
    if not joined:
        return (_button(found, "Host digests", what=Hosting.ME),)
    stop = _button(found, "Stop hosting", what=Hosting.OFF)
    if not mine:
        return (stop,)
    return (_button(found, "Pass", what=Hosting.PASS), _button(found, "Pick another", show="others"), stop)


def _button(found: Turns, label: str, **arguments: str) -> Action:
    where = {"channel": f"#{found.schedule.channel.id}", "week": found.slot.week}
    return Action(label=label, call=Call(path=("digest", "host"), arguments={**arguments, **where}))


@command("digest", "ask", form="Your question for the digest", writes=True, by_role=True, by_button=True)
def ask(
    turn: Turn,
    entry: Annotated[EntryNames, position(Kind.ENTRY, "an entry's number or address")],
    text: Annotated[str, rest(Kind.LONG_TEXT, "what to ask", max_length=MAX_QUESTION, label="Question")],
    channel: Annotated[str | None, named(Kind.CHANNEL, "the channel, this one by default")] = None,
    week: MaybeWeek = None,
    undo: Annotated[str | None, carried("whether to remove it")] = None,
) -> Card:
    """Write the question of the digest that you host.

    Example: digest ask #12 Would we have caught this?
    """
    found = hosts.locked(turn.tx, turn.team.id, turn.here(channel))
    if week is not None and week != found.slot.week:
        raise Conflict("That digest is over.", hint="“digest host” shows who hosts the next one.")
    hosts.require_host(found, turn.member)
    meant = one_meant(turn, entry)
    featured = digests.preview(turn.tx, turn.team.id, found.schedule.channel).digest.entry
    if meant.id != featured.id:
        hint = "“digest host” lets you pick another one."
        raise Conflict(f"The next digest features #{featured.number}, not #{meant.number}.", hint=hint)
    _, before = digests.ask(turn.tx, turn.team.id, meant.number, None if undo is not None else text.strip())
    number = f"#{meant.number}"
    if undo is not None:
        return sentence(f"The question of {number} is removed.", tone=Tone.DONE)
    arguments = {"entry": number, "channel": f"#{found.schedule.channel.id}", "week": found.slot.week}
    earlier = {"text": before} if before else {"text": "-", "undo": "yes"}
    back = Action(label="Undo", call=Call(path=("digest", "ask"), arguments={**arguments, **earlier}))
    actions = () if before == text.strip() else (back,)
    return sentence(f"The thread of {number} will begin with:", text, tone=Tone.DONE, actions=actions)


@command("digest", "in", writes=True)
def attend(
    turn: Turn,
    channel: MaybeChannel = None,
    week: MaybeWeek = None,
    going: Annotated[str | None, carried("yes or no, instead of the opposite")] = None,
) -> Card:
    """Say that you want to talk about this channel's newest digest; again takes it back.

    When three are in, its thread gets one message with their names and the question. An admin may change the number.

    Example: digest in
    """
    where = turn.here(channel)
    wanted = None if going is None else value.yes_or_no(going)
    found = meetings.attend(turn.tx, turn.member, where, week, going=wanted)
    others = [name for name in found.names if name != turn.member.name]
    missing = found.quorum - len(found.names)
    title = f"You're in for #{found.entry.number}." if found.going else f"You are not in for #{found.entry.number}."
    soon = f"When {found.quorum} are in, I say so in the thread." if missing > 0 and found.going else ""
    with_whom = f"With you: {', '.join(others)}." if others and found.going else ""
    arguments = {"going": "no" if found.going else "yes", "channel": f"#{where.id}", "week": found.week}
    undo = Action(label="Undo", call=Call(path=("digest", "in"), arguments=arguments))
    remind = _remind_on_the_day(turn, found) if found.going else ()
    return sentence(title, with_whom, soon, tone=Tone.DONE, actions=(*remind, undo))


BEFORE_MEETING = timedelta(hours=1)


def _remind_on_the_day(turn: Turn, found: meetings.Attendance) -> tuple[Action, ...]:
    """A button for a private reminder on the day of the meeting: in the morning, or an hour before an early one."""
    if found.meets_at is None:
        return ()
    zone = ZoneInfo(turn.zone)
    morning = schedule_moment(found.meets_at.astimezone(zone).date(), MORNING, zone)
    at = min(morning, found.meets_at - BEFORE_MEETING)
    if at <= turn.tx.now():
        return ()
    arguments = {"entry": f"#{found.entry.number}", "when": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    return (Action(label="Remind me that day", call=Call(path=("remind", "set"), arguments=arguments)),)


@command("digest", "vote", writes=True)
def vote(
    turn: Turn,
    entry: Annotated[EntryNames | None, position(Kind.ENTRY, "an entry of the vote")] = None,
    channel: MaybeChannel = None,
    week: MaybeWeek = None,
    given: Annotated[str | None, carried("yes or no, instead of the opposite")] = None,
) -> Card:
    """Vote for what this channel's next digest features, where there is a vote; again takes it back.

    Vote for as many as you like, until the day before the digest. You see how it stands once you have voted.

    Examples: digest vote · digest vote #12
    """
    where = turn.here(channel)
    if entry is None:
        _, found = votes.running(turn.tx, turn.member, where, week)
        return Card(title="What shall we read next?", blocks=_nominees(found, where))
    wanted = None if given is None else value.yes_or_no(given)
    number = one_meant(turn, entry).number
    voted, found = votes.cast(turn.tx, turn.member, where, number, week, in_favour=wanted)
    mine = voted.id in found.own
    arguments = {"entry": f"#{number}", "channel": f"#{where.id}", "week": found.slot.week}
    back = Call(path=("digest", "vote"), arguments={**arguments, "given": "no" if mine else "yes"})
    title = f"You voted for #{number} {voted.title}." if mine else f"You do not vote for #{number} {voted.title}."
    return Card(
        title=title,
        blocks=_nominees(found, where),
        actions=(Action(label="Undo", call=back),),
        tone=Tone.DONE,
    )


def _nominees(found: votes.Vote, where: ChannelRef) -> tuple[Block, ...]:
    """What there is to vote for; how it stands only for those who have voted."""
    counts = found.counts if found.own else {}
    lines = nominee_lines(found.nominees, found.slot, where, found.own, counts)
    until = (Span("You can change it until "), day_and_time(found.closes_at))
    return (*lines, Paragraph(text=(*until, Span(".")), quiet=True))


@command("digest", "notes", writes=True, by_button=True)
def notes(
    turn: Turn,
    entry: Annotated[EntryNames, position(Kind.ENTRY, "an entry's number, address or title")],
    done: Annotated[str | None, carried("whether the member has read it")] = None,
) -> Card:
    """The notes of an entry, once you have read it.

    Below a digest that shows only their first line. “show #12” shows them in any case.

    Example: digest notes #12
    """
    found = one_meant(turn, entry)
    if done is not None:
        readings.choose(turn.tx, turn.member, found.id, ReadingState.READ)
    if turn.tx.readings.state(turn.member.id, found.id) is ReadingState.READ:
        return browsing.shown(turn, found)
    argument = {"entry": f"#{found.number}"}
    return Card(
        title=f"Have you read #{found.number} {found.title}?",
        blocks=(
            Paragraph(text=plain("The notes say what it is about. Read it first, if you want to find that yourself.")),
        ),
        actions=(
            Action(label="I have read it", call=Call(path=("digest", "notes"), arguments={**argument, "done": "yes"})),
            Action(label="Show anyway", call=Call(path=("show",), arguments=argument)),
        ),
        entry=shared_line(found),
    )


@command("schedule", "meet", role=Role.ADMIN, writes=True)
def meet(
    turn: Turn,
    weekday: Annotated[Weekday, position(Kind.WEEKDAY, "a weekday")],
    at: Annotated[time, position(Kind.TIME, "a time of day")],
    zone: Annotated[str | None, position(Kind.ZONE, "a city or another time zone, the schedule's by default")] = None,
    channel: MaybeChannel = None,
) -> Card:
    """Say in this channel's digests when you meet to talk about them.

    Examples: schedule meet thu 16:00 Europe/Berlin · schedule meet thursdays 4 pm. “schedule options meet:off” ends it.
    """
    schedule, _ = meetings.rules(turn.tx, turn.team.id, turn.here(channel))
    meets = WeeklyTime(
        weekday=Weekday((weekday + 1) % len(Weekday)) if at.fold else weekday,
        at=at.replace(fold=0),
        zone=zone or schedule.zone,
    )
    before = meetings.meet_at(turn.tx, turn.team.id, schedule.channel, meets)
    return _options(turn, schedule, before, "Digests here say when you meet.")


ON, OFF = "on", "off"
FULL, TEASER = "full", "teaser"
WEEKDAY_AND_TIME = 2
"""Words that a time to meet begins with; its zone follows."""


@command("schedule", "options", role=Role.ADMIN, writes=True)
def options(
    turn: Turn,
    channel: MaybeChannel = None,
    hosts: Annotated[bool | None, named(Kind.YES_NO, "whether members host digests")] = None,
    in_: Annotated[str | None, named(Kind.TEXT, "how many have to be in, or off")] = None,
    closing: Annotated[bool | None, named(Kind.YES_NO, "whether a thread ends with what came of it")] = None,
    vote: Annotated[str | None, named(Kind.TEXT, "on, off, or every how many weeks members vote")] = None,
    notes: Annotated[str | None, named(Kind.TEXT, "full, or teaser for their first line")] = None,
    meet: Annotated[str | None, named(Kind.TEXT, "when you meet, such as thu 16:00 Europe/Berlin, or off")] = None,
) -> Card:
    """What this channel's digests offer beside the article, such as hosts and votes.

    Examples: schedule options · schedule options hosts:no · schedule options in:4 · schedule options in:off meet:off
    """
    schedule, before = meetings.rules(turn.tx, turn.team.id, turn.here(channel))
    changed = replace(
        before,
        hosts=before.hosts if hosts is None else hosts,
        quorum=before.quorum if in_ is None else _number(in_, "in"),
        closing=before.closing if closing is None else closing,
        vote_every=before.vote_every if vote is None else _number("1" if vote.casefold() == ON else vote, "vote"),
        teaser=before.teaser if notes is None else _is_teaser(notes),
        meets=before.meets if meet is None else _weekly(meet, schedule),
    )
    if changed == before:
        return _options(turn, schedule, before, "What the digests here offer")
    meetings.set_rules(turn.tx, changed)
    return _options(turn, schedule, before, "The options are changed, from the next digest on.")


def _weekly(typed: str, schedule: Schedule) -> WeeklyTime | None:
    """A weekday, a time and perhaps a zone, or None for off. Raises BadUsage."""
    if typed.strip().casefold() == OFF:
        return None
    words = typed.split()
    if len(words) < WEEKDAY_AND_TIME:
        raise BadUsage("When do you meet?", hint="Type a day and a time, such as thu 16:00, or off.", field="meet")
    day, at, zone = words[0], words[1], " ".join(words[WEEKDAY_AND_TIME:])
    try:
        return WeeklyTime(
            weekday=times.weekday(day),
            at=times.wall_time(at).replace(fold=0),
            zone=zones.zone(zone) if zone else schedule.zone,
        )
    except BadUsage as wrong:
        raise BadUsage(wrong.message, hint=wrong.hint, field="meet") from wrong


def _is_teaser(typed: str) -> bool:
    word = typed.strip().casefold()
    if word not in (FULL, TEASER):
        raise BadUsage(f"“{typed}” is not a way to show notes.", hint="Use full or teaser.", field="notes")
    return word == TEASER


def _number(typed: str, field: str) -> int:
    """A number, or 0 for off. Raises BadUsage."""
    word = typed.strip().casefold()
    if word == OFF:
        return 0
    if not re.fullmatch(r"[1-9]\d?", word):
        raise BadUsage(f"“{typed}” is not a number.", hint="Type a number such as 3, or off.", field=field)
    return int(word)


def _options(turn: Turn, schedule: Schedule, before: MeetingRules, title: str) -> Card:
    """What the schedule offers now, with the button back to what it did before."""
    _, now = meetings.rules(turn.tx, turn.team.id, schedule.channel)
    meets = (
        f"{now.meets.weekday.word} {now.meets.at:%H:%M} {zones.zone_label(now.meets.zone)}"
        if now.meets
        else "no time set"
    )
    items = (
        ("Channel", named_channel(schedule.channel)),
        ("Hosts", plain("members take turns" if now.hosts else "off")),
        ("Votes", plain(_every(now.vote_every))),
        ("I'm in", plain(f"the thread says so from {now.quorum} on" if now.quorum else "off")),
        ("You meet", plain(meets)),
        ("Notes", plain("their first line; members open the rest" if now.teaser else "as they are")),
        ("The day before the next digest", plain("the thread says what came of it" if now.closing else "off")),
    )
    undo = () if now == before else (_back(schedule, before, now),)
    return Card(title=title, blocks=(Fields(items=items),), actions=undo, tone=Tone.DONE if undo else Tone.PLAIN)


def _every(weeks: int) -> str:
    return "off" if not weeks else "every week" if weeks == 1 else f"every {weeks} weeks"


def _back(schedule: Schedule, before: MeetingRules, now: MeetingRules) -> Action:
    """The button that brings back what was set before."""
    channel = {"channel": f"#{schedule.channel.id}"}
    meets = f"{before.meets.weekday.word} {before.meets.at:%H:%M} {before.meets.zone}" if before.meets else OFF
    changed = {
        "hosts": ("yes" if before.hosts else "no") if before.hosts != now.hosts else "",
        "in": str(before.quorum or OFF) if before.quorum != now.quorum else "",
        "closing": ("yes" if before.closing else "no") if before.closing != now.closing else "",
        "vote": str(before.vote_every or OFF) if before.vote_every != now.vote_every else "",
        "notes": (TEASER if before.teaser else FULL) if before.teaser != now.teaser else "",
        "meet": meets if before.meets != now.meets else "",
    }
    arguments = {name: said for name, said in changed.items() if said}
    return Action(label="Undo", call=Call(path=("schedule", "options"), arguments={**arguments, **channel}))
