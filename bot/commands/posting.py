"""What goes into a channel at a person's word: sharing an entry, taking that back, and what became of a post."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from bot.commands.cards import EntryNames, counted, named_channel, one_meant, sentence, share_action
from bot.commands.declare import Turn, carried, command, position
from bot.domain.card import Action, Block, Call, Card, Paragraph, Tone
from bot.domain.delivery import SHARE, Delivery, State
from bot.domain.entry import Entry
from bot.domain.errors import Conflict, NotFound
from bot.domain.ids import ChannelRef, EntryNumber, MessageRef
from bot.domain.text import Span, Text, plain
from bot.domain.value import Kind
from bot.service import digests, entries

JUST_NOW = timedelta(minutes=10)
"""Within this a second share of the same entry in a channel is asked about, and the first one may be deleted."""
DELETED = "deleted by the person who shared it"
_IN_FLIGHT = {State.LEASED, State.SENDING, State.UNCERTAIN}

AnEntry = Annotated[EntryNames, position(Kind.ENTRY, "an entry's number, address or title")]
MaybeChannel = Annotated[str | None, position(Kind.CHANNEL, "the channel, this one by default")]
MaybePost = Annotated[str | None, carried("the post that the button is about")]


def sure(title: str, about: str, action: Action) -> Card:
    """Ask whether the person is sure, with the button that says yes."""
    return sentence(title, about, actions=(replace(action, confirmed=True, primary=True),))


def on_its_way(post: Delivery, title: str, *actions: Action) -> Card:
    """A card that an answer replaces once the post has arrived or failed."""
    return Card(title=title, tone=Tone.DONE, actions=actions, follows=post.draft.source_key)


@command("share", form="Share an entry", writes=True, posts=True)
def share(turn: Turn, entry: AnEntry, channel: MaybeChannel = None, again: MaybePost = None) -> Card:
    """Post an entry in this channel, or in another one, and open a thread about it.

    Within ten minutes you can delete what you shared.

    Examples: share #12 · share #12 #reading
    """
    where = turn.here(channel)
    shared = entries.entry_on_list(turn.tx, turn.team.id, one_meant(turn, entry).number)
    number = shared.number
    turn.tx.lock([f"share {where.workspace.platform} {where.workspace.id} {where.id} {number}"])
    known = _recent(turn, where, shared, JUST_NOW)
    if known is not None and again != str(known[1].id):
        return _shared_already(turn, where, shared, *known)
    if turn.unsure and again is None:
        return sure(f"Post #{number} for everyone to see?", shared.title, share_action(shared, where))
    digests.share(turn.tx, turn.member, where, number, turn.invocation)
    post = turn.tx.ledger.of_source(turn.team.id, f"{SHARE}{turn.invocation}")[0]
    place = "this channel" if where == turn.channel else "the channel"
    return on_its_way(post, f"#{number} is on its way into {place}.", _undo(shared, post))


def _recent(turn: Turn, where: ChannelRef, entry: Entry, within: timedelta) -> tuple[datetime, Delivery] | None:
    """The newest post of the entry in the channel, and when it was made."""
    known = turn.tx.ledger.recent_roots(turn.team.id, entry.id, turn.tx.now() - within)
    return next(((at, post) for at, post in known if post.draft.channel == where), None)


def _shared_already(turn: Turn, where: ChannelRef, entry: Entry, at: datetime, post: Delivery) -> Card:
    sent = post.state is State.SENT
    verb = "shared" if post.draft.schedule is None else "posted"
    said = f"was {verb} here {_ago(turn.tx.now() - at)}" if sent else "is on its way here already"
    call = Call(
        path=("share",),
        arguments={"entry": f"#{entry.number}", "channel": f"#{where.id}", "again": str(post.id)},
    )
    return Card(
        title=f"#{entry.number} {said}.",
        blocks=(*link_to(turn, post), Paragraph(text=plain("Post it again?"))),
        actions=(Action(label="Post again", call=call, confirmed=True),),
        follows="" if sent else post.draft.source_key,
    )


def _ago(passed: timedelta) -> str:
    minutes = passed // timedelta(minutes=1)
    return "just now" if minutes < 1 else "a minute ago" if minutes == 1 else f"{counted(minutes, 'minute')} ago"


def _undo(entry: Entry, post: Delivery) -> Action:
    arguments = {"entry": f"#{entry.number}", "channel": f"#{post.draft.channel.id}", "post": str(post.id)}
    return Action(label="Delete it", call=Call(path=("unshare",), arguments=arguments))


def link_to(turn: Turn, post: Delivery) -> tuple[Block, ...]:
    """Where the post can be opened, if it can."""
    link = turn.link(post.message) if post.message else None
    return (Paragraph(text=(Span("Open the post", url=link),)),) if link else ()


def _own(turn: Turn, entry: EntryNumber, channel: str | None, post: str | None) -> tuple[Entry, Delivery]:
    """What the person shared there within the last ten minutes; raises a Refusal that says why it cannot be deleted."""
    shared, where = entries.entry(turn.tx, turn.team.id, entry), turn.here(channel)
    since = turn.tx.now() - timedelta(days=30)
    known = [
        (at, one)
        for at, one in turn.tx.ledger.recent_roots(turn.team.id, shared.id, since)
        if one.draft.channel == where and one.draft.schedule is None and post in (None, str(one.id))
    ]
    if not known:
        raise NotFound(f"There is no shared post of #{entry} here any more.", hint="It may be deleted already.")
    own = [(at, one) for at, one in known if one.draft.notify == turn.actor.account]
    if not own:
        raise Conflict(f"You did not share #{entry} here.", hint="Only the person who shared it can delete it.")
    at, newest = own[0]
    if turn.tx.now() - at > JUST_NOW:
        raise Conflict(f"#{entry} was shared more than ten minutes ago.", hint="It stays.")
    if newest.state in _IN_FLIGHT:
        raise Conflict(f"#{entry} is being posted at this moment.", hint="Try again in a minute.")
    return shared, newest


def _messages(
    turn: Turn, entry: EntryNames, channel: str | None = None, post: str | None = None
) -> Sequence[MessageRef]:
    """What is to be deleted on the platform: replies first, so that no thread is left without its head."""
    _, known = _own(turn, one_meant(turn, entry).number, channel, post)
    turn.tx.ledger.withdraw(turn.team.id, known.draft.source_key, DELETED)
    steps = turn.tx.ledger.of_source(turn.team.id, known.draft.source_key)
    return [step.message for step in reversed(steps) if step.message is not None]


@command("unshare", writes=True, removes=_messages)
def unshare(turn: Turn, entry: AnEntry, channel: MaybeChannel = None, post: MaybePost = None) -> Card:
    """Delete an entry that you shared within the last ten minutes.

    Example: unshare #12
    """
    shared = one_meant(turn, entry)
    for _, one in turn.tx.ledger.recent_roots(turn.team.id, shared.id, turn.tx.now() - timedelta(days=30)):
        if (
            one.draft.channel == turn.here(channel)
            and one.draft.notify == turn.actor.account
            and post in (None, str(one.id))
        ):
            turn.tx.ledger.forget_messages(turn.team.id, one.draft.source_key, DELETED)
            break
    return sentence(f"#{shared.number} is deleted from the channel.", tone=Tone.DONE, actions=(share_action(shared),))


def followed(turn: Turn, source: str) -> Card | None:
    """What became of a post that was on its way; None while it still is."""
    steps = turn.tx.ledger.of_source(turn.team.id, source)
    if not steps:
        return None
    post = steps[0]
    entry = turn.tx.entries.get(turn.team.id, [post.draft.entry]).get(post.draft.entry) if post.draft.entry else None
    name = f"#{entry.number}" if entry else "The post"
    where = (Span("In "), *named_channel(post.draft.channel), Span("."))
    if post.state is State.SENT:
        mine = entry is not None and post.draft.schedule is None and post.draft.notify == turn.actor.account
        actions = (_undo(entry, post),) if mine and entry is not None else ()
        return _ended(f"{name} is posted.", where, *link_to(turn, post), actions=actions, tone=Tone.DONE)
    if post.state is State.NEEDS_HUMAN:
        return _ended(
            f"I can't see whether {name} arrived.",
            where,
            Paragraph(text=plain("Please look there. Is it there?")),
            actions=decisions(post),
            tone=Tone.WARNING,
        )
    if not post.state.failed:
        return None
    because = () if post.outcome is None else (Paragraph(text=plain(post.outcome)),)
    again = (Action(label="Try again", call=_repeated(post, entry), confirmed=True),) if post.outcome != DELETED else ()
    return _ended(f"{name} was not posted.", where, *because, actions=again, tone=Tone.WARNING)


def _ended(title: str, where: Text, *more: Block, actions: Sequence[Action], tone: Tone) -> Card:
    return Card(title=title, blocks=(Paragraph(text=where), *more), actions=tuple(actions), tone=tone)


def _repeated(post: Delivery, entry: Entry | None) -> Call:
    where = {"channel": f"#{post.draft.channel.id}"}
    if post.draft.schedule is not None or entry is None:
        return Call(path=("digest", "post"), arguments=where)
    return Call(path=("share",), arguments={"entry": f"#{entry.number}", **where})


def decisions(post: Delivery) -> tuple[Action, ...]:
    """The buttons that say whether an unconfirmed post is there."""
    arguments = {"channel": f"#{post.draft.channel.id}", "delivery": str(post.id)}
    return (
        Action(label="Yes, it's there", call=Call(path=("digest", "arrived"), arguments=arguments), primary=True),
        Action(label="No, post it", call=Call(path=("digest", "again"), arguments=arguments)),
    )
