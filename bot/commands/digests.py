"""Commands about a channel's weekly digest: seeing it before it is posted, and changing it."""

import re
from typing import Annotated

from bot.commands.cards import EntryNames, moment, one_meant, sentence
from bot.commands.declare import Turn, command, named, position
from bot.domain.card import Action, Block, Call, Card, Fields, Paragraph, Tone
from bot.domain.digest import Week, card_of
from bot.domain.entry import Entry
from bot.domain.errors import BadUsage
from bot.domain.ids import ChannelRef, DeliveryId
from bot.domain.team import Role
from bot.domain.text import Span, Text, joined, plain
from bot.domain.times import Day
from bot.domain.value import Kind
from bot.service import digests, ledger

MaybeChannel = Annotated[str | None, position(Kind.CHANNEL, "the channel, this one by default")]


@command("digest", "preview", default=True, by_role=True)
def preview(turn: Turn, channel: MaybeChannel = None) -> Card:
    """What this channel's next digest will show, and when it is posted."""
    return _previewed(turn, digests.preview(turn.tx, turn.team.id, turn.here(channel)))


@command("digest", "pick", role=Role.ADMIN, writes=True)
def pick(
    turn: Turn,
    entry: Annotated[EntryNames, position(Kind.ENTRY, "an entry's number, address or title")],
    channel: MaybeChannel = None,
) -> Card:
    """Feature this entry in the next digest."""
    return _previewed(turn, digests.pick(turn.tx, turn.team.id, turn.here(channel), one_meant(turn, entry).number))


def _previewed(turn: Turn, found: digests.Preview) -> Card:
    """The card that will be posted, below a line that says when."""
    card = card_of(found.digest)
    heading = joined([plain("Next digest in"), named_channel(found.schedule.channel), plain("on")])
    moved = plain(f" (moved: {found.slot.holiday})" if found.slot.holiday else "")
    when = (*heading, Span(" "), *moment(found.slot.due_at, turn.zone), *moved, Span(":"))
    admin = (_button("Post now", "post", found), _button("Skip", "skip", found)) if turn.role >= Role.ADMIN else ()
    return Card(title=card.title, blocks=(Paragraph(text=when), *card.blocks), actions=admin, entry=card.entry)


def _button(label: str, word: str, found: digests.Preview) -> Action:
    return Action(label=label, call=Call(path=("digest", word), arguments={"channel": f"#{found.schedule.channel.id}"}))


@command("digest", "skip", role=Role.ADMIN, writes=True)
def skip(
    turn: Turn,
    channel: MaybeChannel = None,
    day: Annotated[Day | None, position(Kind.DAY, "its day, the next digest's by default")] = None,
) -> Card:
    """Skip the next digest, or that of a day.

    Examples: digest skip · digest skip 2026-12-24 · digest skip #reading
    """
    schedule, slot = digests.skip(turn.tx, turn.team.id, turn.here(channel), day)
    when = (Span("No digest on "), *moment(slot.due_at, turn.zone), Span(" in "))
    text = (*when, *named_channel(schedule.channel), Span("."))
    return Card(
        title="I skip that digest." if day else "I skip the next digest.",
        blocks=(Paragraph(text=text),),
        tone=Tone.DONE,
    )


@command("digest", "post", role=Role.ADMIN, writes=True)
def post(turn: Turn, channel: MaybeChannel = None) -> Card:
    """Post this week's digest now instead of at its time."""
    digest = digests.post_now(turn.tx, turn.team.id, turn.here(channel))
    return sentence(f"The digest with #{digest.entry.number} is on its way.", tone=Tone.DONE)


MaybeDelivery = Annotated[str | None, named(Kind.TEXT, "the number of the post, which the button knows")]


@command("digest", "arrived", writes=True, by_role=True)
def arrived(turn: Turn, channel: MaybeChannel = None, delivery: MaybeDelivery = None) -> Card:
    """Confirm that an unconfirmed post is here.

    For a post that Dogear could not confirm. Nothing is posted. Admins can do this, and members for what they shared.

    Examples: digest arrived · digest arrived #reading
    """
    ledger.confirm_arrived(turn.tx, _decider(turn), _meant(turn, channel, delivery))
    return sentence("Thanks, I noted that the post is here.", tone=Tone.DONE)


@command("digest", "again", writes=True, by_role=True)
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
    weeks = digests.history(turn.tx, turn.team.id, turn.here(channel))
    if not weeks:
        return sentence("This channel has had no digest yet.", f"“{turn.word} digest” shows the next one.")
    return Card(title="Past digests", blocks=tuple(_past(week, entry) for week, entry in weeks))


def _past(week: Week, entry: Entry | None) -> Block:
    if entry is None or week.why is None:
        return Fields(items=((week.week, plain(week.outcome.value)),))
    return Fields(items=((week.week, (*plain(f"#{entry.number} {entry.title}"), Span(f" ({week.why.value})"))),))


def named_channel(channel: ChannelRef) -> Text:
    """The channel, by the name its platform shows."""
    return (Span(f"#{channel.id}", channel=channel),)
