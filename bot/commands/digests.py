"""Commands about a channel's weekly digest: seeing it before it is posted, and changing it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated
from zoneinfo import ZoneInfo

from bot.commands.cards import EntryNames, moment, named_channel, next_dates, one_meant, sentence, short_day
from bot.commands.declare import Turn, carried, command, position, rest
from bot.commands.posting import decisions, link_to, on_its_way, sure
from bot.domain import value
from bot.domain.card import Action, Block, Call, Card, Divider, Fields, Paragraph, Tone
from bot.domain.digest import Standing, card_of
from bot.domain.entry import Entry
from bot.domain.errors import BadUsage, Refusal
from bot.domain.featuring import Feature, Why
from bot.domain.ids import ChannelRef, DeliveryId
from bot.domain.question import MAX_QUESTION
from bot.domain.team import Role
from bot.domain.text import Span, Text, day_and_time, joined, plain
from bot.domain.times import Day
from bot.domain.value import Kind
from bot.service import digests, ledger, schedules

MaybeChannel = Annotated[str | None, position(Kind.CHANNEL, "the channel, this one by default")]


MIN_COMING = 2
"""With fewer entries there is nothing to choose from."""

MaybeWeek = Annotated[str | None, carried("the week that the button is about")]
MaybeNumber = Annotated[str | None, carried("the entry that the button is about")]


@command("digest", "preview", default=True, by_role=True)
def preview(turn: Turn, channel: MaybeChannel = None) -> Card:
    """What the next digest here will show, and when it is posted."""
    return _previewed(turn, digests.preview(turn.tx, turn.team.id, turn.here(channel)))


@command("digest", "pick", role=Role.ADMIN, writes=True)
def pick(
    turn: Turn,
    entry: Annotated[EntryNames, position(Kind.ENTRY, "an entry's number, address or title")],
    channel: MaybeChannel = None,
    instead: MaybeNumber = None,
) -> Card:
    """Feature this entry in the next digest."""
    where = turn.here(channel)
    before = digests.picked(turn.tx, turn.team.id, where)
    if instead is not None and (before is None or f"#{before.number}" != instead):
        return _now(turn, f"{instead} is not picked any more.", digests.preview(turn.tx, turn.team.id, where))
    number = one_meant(turn, entry).number
    found = digests.pick(turn.tx, turn.team.id, where, number)
    if before is None or before.number == number:
        undo = _button("Undo", ("digest", "unpick"), where, entry=f"#{number}")
    else:
        undo = _button("Undo", ("digest", "pick"), where, entry=f"#{before.number}", instead=f"#{number}")
    return _now(turn, f"The next digest features #{number}.", found, undo)


@command("digest", "unpick", role=Role.ADMIN, writes=True)
def unpick(turn: Turn, channel: MaybeChannel = None, entry: MaybeNumber = None) -> Card:
    """Let Dogear choose the next entry again."""
    number = value.entry_number(entry) if entry is not None else None
    where = turn.here(channel)
    before = digests.picked(turn.tx, turn.team.id, where)
    found = digests.unpick(turn.tx, turn.team.id, where, number)
    undo = (_button("Undo", ("digest", "pick"), where, entry=f"#{before.number}"),) if before else ()
    return _now(turn, "The pick is cleared; Dogear chooses.", found, *undo)


@command("digest", "pass", role=Role.ADMIN, writes=True)
def pass_over(
    turn: Turn,
    entry: Annotated[EntryNames, position(Kind.ENTRY, "an entry's number, address or title")],
    channel: MaybeChannel = None,
    undo: Annotated[str | None, carried("whether to take it back")] = None,
) -> Card:
    """Leave an entry out of this channel's digests for eight weeks.

    Example: digest pass #12
    """
    where, number = turn.here(channel), one_meant(turn, entry).number
    found = digests.pass_over(turn.tx, turn.team.id, where, number, undo=undo is not None)
    if undo is not None:
        return _now(turn, f"#{number} may be featured again.", found)
    back = _button("Undo", ("digest", "pass"), where, entry=f"#{number}", undo="yes")
    return _now(turn, f"#{number} is left out for eight weeks.", found, back)


def _question_now(turn: Turn, arguments: Mapping[str, str]) -> Mapping[str, str]:
    """The question that the form begins with: the entry's own one."""
    try:
        found = one_meant(turn, value.entry_names(arguments.get("entry", "")))
    except Refusal:
        return {}
    text = turn.tx.entries.question(found.id)
    return {"text": text} if text else {}


@command("digest", "question", role=Role.CURATOR, form="The question of a digest", fills=_question_now, writes=True)
def question(
    turn: Turn,
    entry: Annotated[EntryNames, position(Kind.ENTRY, "an entry's number or address")],
    text: Annotated[str, rest(Kind.LONG_TEXT, "what to ask", max_length=MAX_QUESTION, label="Question")],
    undo: Annotated[str | None, carried("whether to remove it")] = None,
) -> Card:
    """Write the question that an entry's thread begins with.

    Without one, Dogear quotes the notes or asks something general.

    Example: digest question #12 Would we have caught this?
    """
    asked_about = one_meant(turn, entry).number
    found, before = digests.ask(turn.tx, turn.team.id, asked_about, None if undo is not None else text.strip())
    if undo is not None:
        return sentence(f"The question of #{found.number} is removed.", tone=Tone.DONE)
    number = f"#{found.number}"
    asked_before = {"entry": number, "text": before} if before else {"entry": number, "text": "-", "undo": "yes"}
    back = Call(path=("digest", "question"), arguments=asked_before)
    same = before == text
    actions = () if same else (Action(label="Undo", call=back),)
    return sentence(f"The thread of #{found.number} will begin with:", text, tone=Tone.DONE, actions=actions)


def _now(turn: Turn, title: str, found: digests.Preview, *more: Action) -> Card:
    """What was done or why not, above the digest as it stands now."""
    card = _previewed(turn, found)
    return replace(card, title=title, actions=(*more, *card.actions))


def _previewed(turn: Turn, found: digests.Preview) -> Card:
    """The card that will be posted, below a line that says when."""
    card = card_of(found.digest)
    where = found.schedule.channel
    above = [Paragraph(text=line) for line in (_failure(found), _when(turn, found), _vote(found)) if line]
    actions = tuple(_admin_buttons(found, where)) if turn.role >= Role.ADMIN else ()
    tone = Tone.WARNING if _failure(found) or found.slot is None else Tone.PLAIN
    asked = Paragraph(text=plain(f"In the thread: {found.digest.question}"))
    blocks = (*above, *card.blocks, asked, *_coming_ones(turn, found))
    return Card(title=card.title, blocks=blocks, actions=actions, entry=card.entry, tone=tone)


def _coming_ones(turn: Turn, found: digests.Preview) -> tuple[Block, ...]:
    """What this digest and the next ones feature, with the reasons, and for an admin what to do about each."""
    if len(found.coming) < MIN_COMING:
        return ()
    zone = ZoneInfo(found.schedule.zone)
    shown = [
        Fields(
            items=(
                (
                    short_day(slot.due_at.astimezone(zone)),
                    plain(f"#{entry.number} {entry.title}: {feature.reason}."),
                ),
            ),
            actions=_of_coming(found.schedule.channel, entry, feature) if turn.role >= Role.ADMIN else (),
        )
        for slot, entry, feature in found.coming
    ]
    return (Divider(), Paragraph(text=plain("The next digests, as things stand:")), *shown)


def _of_coming(where: ChannelRef, entry: Entry, feature: Feature) -> tuple[Action, ...]:
    number = f"#{entry.number}"
    pick_it = () if feature.why is Why.PICKED else (_button("Pick", ("digest", "pick"), where, entry=number),)
    return (*pick_it, _button("Not this one", ("digest", "pass"), where, entry=number))


def _when(turn: Turn, found: digests.Preview) -> Text:
    where = named_channel(found.schedule.channel)
    if found.slot is None:
        because = f" is paused: {found.schedule.paused_because}."
        return (*plain("The digest in "), *where, *plain(because))
    heading = joined([plain("Next digest in"), where, plain("on")])
    moved = plain(f" (moved: {found.slot.holiday})" if found.slot.holiday else "")
    return (*heading, Span(" "), *moment(found.slot.due_at, turn.zone), *moved, Span(":"))


def _vote(found: digests.Preview) -> Text:
    """That members vote for it, which may change what it features."""
    if found.vote is None:
        return ()
    until = (day_and_time(found.vote.closes_at), Span("."))
    if found.vote.is_open:
        return (*plain("Members vote for it until "), *until)
    return (*plain("Members vote for it from "), day_and_time(found.vote.opens_at), *plain(" to "), *until)


def _failure(found: digests.Preview) -> Text:
    """A note if this week's digest was not posted, or is unconfirmed. Empty if it was posted or is not due yet."""
    last = found.last
    if last is None or last.standing in {Standing.POSTED, Standing.COMING, Standing.SKIPPED}:
        return ()
    return plain(f"This week's digest: {standing_of(last)}.")


def standing_of(fate: digests.Fate) -> str:
    """How a week's digest stands, and why if it was not posted."""
    because = fate.post.outcome if fate.post is not None and fate.standing is not Standing.POSTED else None
    return f"{fate.standing.value} ({because.rstrip('.')})" if because else fate.standing.value


def _admin_buttons(found: digests.Preview, where: ChannelRef) -> Iterator[Action]:
    """What an admin can do about the digest that is shown; each button names the week and the entry that it is about."""
    number = f"#{found.digest.entry.number}"
    if found.last is None or found.last.standing.may_repeat:
        confirm = f"Post {number} {found.digest.entry.title} in the channel now?"
        yield replace(_button("Post now", ("digest", "post"), where, entry=number, week=found.week), confirm=confirm)
    elif found.last.standing is Standing.UNCONFIRMED and found.last.post is not None:
        yield from decisions(found.last.post)
    if found.slot is not None:
        yield _button("Skip", ("digest", "skip"), where, week=found.slot.week)
    else:
        yield _button("Resume", ("schedule", "resume"), where)


def _button(label: str, path: tuple[str, ...], where: ChannelRef, **arguments: str) -> Action:
    return Action(label=label, call=Call(path=path, arguments={**arguments, "channel": f"#{where.id}"}))


@command("digest", "skip", role=Role.ADMIN, writes=True)
def skip(
    turn: Turn,
    channel: MaybeChannel = None,
    day: Annotated[Day | None, position(Kind.DAY, "its day, the next digest's by default")] = None,
    week: MaybeWeek = None,
) -> Card:
    """Skip the next digest, or that of a day.

    Examples: digest skip · digest skip 2026-12-24 · digest skip #reading
    """
    where = turn.here(channel)
    if day is not None:
        week = digests.slot_on(turn.tx, turn.team.id, where, day).week
    if week is not None:
        known = digests.fate(turn.tx, schedules.locked(turn.tx, turn.team.id, where), week)
        if known is not None:
            return _used(turn, where, known)
    elif turn.unsure:
        return _skip_which(turn, digests.locked_preview(turn.tx, turn.team.id, where))
    schedule, slot = digests.skip(turn.tx, turn.team.id, where, week)
    when = (Span("No digest on "), *moment(slot.due_at, turn.zone), Span(" in "))
    text = (*when, *named_channel(schedule.channel), Span("."))
    following = joined([plain("The next one after that:"), next_dates(turn.tx, schedule)])
    return Card(
        title="I skip that digest." if day else "I skip the next digest.",
        blocks=(Paragraph(text=text), Paragraph(text=following)),
        tone=Tone.DONE,
        actions=(_button("Undo", ("digest", "unskip"), where, week=slot.week),),
    )


def _used(turn: Turn, where: ChannelRef, known: digests.Fate) -> Card:
    """What became of a week that a button is about and that is used by now."""
    ahead = known.standing is Standing.SKIPPED and known.ahead
    undo = (_button("Undo the skip", ("digest", "unskip"), where, week=known.week.week),) if ahead else ()
    when = (Span("It is the digest of "), *moment(known.week.due_at, turn.zone), Span("."))
    title = "It is already skipped." if known.standing is Standing.SKIPPED else f"It is {known.standing.value}."
    return Card(title=title, blocks=(Paragraph(text=when), *_link(turn, known)), actions=undo)


def _link(turn: Turn, known: digests.Fate) -> Sequence[Block]:
    """Where the post can be opened, if it can."""
    return link_to(turn, known.post) if known.post is not None else ()


def _skip_which(turn: Turn, found: digests.Preview) -> Card:
    """A button that names no week, as older versions posted them: it may have been pressed before."""
    if found.slot is None:
        return _previewed(turn, found)
    where = found.schedule.channel
    question = (Span("It is due on "), *moment(found.slot.due_at, turn.zone), Span("."))
    return Card(
        title="Skip the next digest?",
        blocks=(Paragraph(text=question),),
        actions=(_button("Skip", ("digest", "skip"), where, week=found.slot.week),),
    )


@command("digest", "unskip", role=Role.ADMIN, writes=True)
def unskip(turn: Turn, channel: MaybeChannel = None, week: MaybeWeek = None) -> Card:
    """Post a digest that was skipped after all."""
    where = turn.here(channel)
    schedule, slot = digests.unskip(turn.tx, turn.team.id, where, week)
    when = (Span("It is posted on "), *moment(slot.due_at, turn.zone), Span(" in "), *named_channel(schedule.channel))
    return Card(
        title="The digest is not skipped any more.",
        blocks=(Paragraph(text=(*when, Span("."))),),
        tone=Tone.DONE,
        actions=(_button("Skip", ("digest", "skip"), where, week=slot.week),),
    )


@command("digest", "post", role=Role.ADMIN, writes=True, posts=True)
def post(
    turn: Turn,
    channel: MaybeChannel = None,
    entry: MaybeNumber = None,
    week: MaybeWeek = None,
    skipped: Annotated[str | None, carried("the skipped week that is posted all the same")] = None,
) -> Card:
    """Post this week's digest now instead of at its time."""
    where = turn.here(channel)
    found = digests.locked_preview(turn.tx, turn.team.id, where)
    anyway = skipped is not None and skipped == found.week
    if found.last is not None and not found.last.standing.may_repeat and not anyway:
        return _not_again(turn, where, found)
    number = f"#{found.digest.entry.number}"
    if (entry, week) != (None, None) and (entry, week) != (number, found.week):
        return _now(turn, f"The choice has changed since then: it is {number} now.", found)
    if turn.unsure:
        ask = _button("Post now", ("digest", "post"), where, entry=number, week=found.week)
        return sure(f"Post {number} now?", found.digest.entry.title, ask)
    digests.post_now(turn.tx, turn.team.id, where, anyway=anyway)
    fate = digests.fate(turn.tx, found.schedule, found.week)
    assert fate is not None
    assert fate.post is not None
    return on_its_way(fate.post, f"The digest with {number} is on its way.")


def _not_again(turn: Turn, where: ChannelRef, found: digests.Preview) -> Card:
    """Why this week's digest is not posted now, and what can be done."""
    known = found.last
    assert known is not None
    actions: list[Action] = []
    if known.standing is Standing.UNCONFIRMED and known.post is not None:
        actions += decisions(known.post)
    if known.standing is Standing.SKIPPED:
        number = f"#{found.digest.entry.number}"
        again = _button(
            "Post it now anyway", ("digest", "post"), where, entry=number, week=found.week, skipped=found.week
        )
        actions.append(replace(again, confirm=f"Post {number} {found.digest.entry.title} in the channel now?"))
        if known.ahead:
            actions.append(_button("Undo the skip", ("digest", "unskip"), where, week=known.week.week))
    hint = f"“{turn.word} digest history” shows the past weeks, “{turn.word} share #12” posts any entry now."
    return Card(
        title=digests.already(turn.tx, found.schedule, known),
        blocks=(*_link(turn, known), Paragraph(text=plain(hint))),
        tone=Tone.REFUSAL,
        actions=tuple(actions),
    )


MaybeDelivery = Annotated[str | None, carried("the post that the button is about")]


@command("digest", "arrived", writes=True, by_role=True)
def arrived(turn: Turn, channel: MaybeChannel = None, delivery: MaybeDelivery = None) -> Card:
    """Confirm that an unconfirmed post is here.

    For a post that Dogear could not confirm. Nothing is posted. Admins can do this, and members for what they shared.

    Examples: digest arrived · digest arrived #reading
    """
    ledger.confirm_arrived(turn.tx, _decider(turn), _meant(turn, channel, delivery))
    return sentence("Thanks, I noted that the post is here.", tone=Tone.DONE)


@command("digest", "again", writes=True, by_role=True, posts=True)
def again(turn: Turn, channel: MaybeChannel = None, delivery: MaybeDelivery = None) -> Card:
    """Post it again.

    For a post that Dogear could not confirm. Admins can do this, and members for what they shared.

    Examples: digest again · digest again #reading
    """
    ledger.post_again(turn.tx, _decider(turn), _meant(turn, channel, delivery))
    return sentence("I am posting it again.", tone=Tone.DONE)


def _decider(turn: Turn) -> ledger.Decider:
    return ledger.Decider(team=turn.team.id, account=turn.actor.account, admin=turn.role >= Role.ADMIN)


def _meant(turn: Turn, channel: str | None, delivery: str | None) -> ChannelRef | DeliveryId:
    if delivery is None:
        return turn.here(channel)
    if not re.fullmatch(r"\d{1,18}", delivery):
        raise BadUsage(
            f"“{delivery}” is not the number of a post.", hint="Press the button under my message, or name a channel."
        )
    return DeliveryId(int(delivery))


@command("digest", "history")
def history(turn: Turn, channel: MaybeChannel = None) -> Card:
    """What this channel's last digests featured, and why."""
    where = turn.here(channel)
    known = digests.history(turn.tx, turn.team.id, where)
    if not known:
        return sentence("This channel has had no digest yet.", f"“{turn.word} digest” shows the next one.")
    coming = tuple(_coming(turn, where, fate) for fate in reversed(known) if fate.ahead)
    past = tuple(_past(turn, fate) for fate in known if not fate.ahead)
    if not past:
        return Card(title="This channel has had no digest yet.", blocks=coming)
    return Card(title="Past digests", blocks=(*past, *((Divider(), *coming) if coming else ())))


def _coming(turn: Turn, where: ChannelRef, fate: digests.Fate) -> Block:
    undo = _button("Undo the skip", ("digest", "unskip"), where, week=fate.week.week)
    actions = (undo,) if turn.role >= Role.ADMIN else ()
    return Fields(items=(("Will be skipped", moment(fate.week.due_at, turn.zone)),), actions=actions)


def _past(turn: Turn, fate: digests.Fate) -> Block:
    when = (*moment(fate.week.due_at, turn.zone), Span(": "))
    if fate.entry is None or fate.week.why is None:
        return Paragraph(text=(*when, Span(fate.standing.value)))
    name = f"#{fate.entry.number} {fate.entry.title}"
    if fate.standing is not Standing.POSTED:
        return Paragraph(text=(*when, Span(f"{name}: {standing_of(fate)}")))
    link = turn.link(fate.post.message) if fate.post and fate.post.message else None
    return Paragraph(text=(*when, Span(name, url=link), Span(f" ({fate.week.why.said})")))
