"""What people are told who can mend something: one card for each problem. When, and on which way, is not said here."""

from bot.domain.card import Action, Call, Card, Paragraph, Tone
from bot.domain.delivery import Delivery, Step
from bot.domain.digest import Outcome, thread_title
from bot.domain.entry import Entry
from bot.domain.ids import AccountRef, ChannelRef, TeamId
from bot.domain.record import record
from bot.domain.schedule import Occurrence, Schedule
from bot.domain.team import Workspace
from bot.domain.text import Span, Text, plain
from bot.domain.value import addressed


@record
class Host:
    """What of the host's settings matters to notices: the command's first word, and the channel that hears of every
    failure in place of who set it up; None where these do.
    """

    word: str = "/blog"
    channel: ChannelRef | None = None


@record
class Notice:
    """A problem with what is owed to the channel `about`; whoever meets it again that day has the same `problem`.

    `told` is who can mend it, None where only the host can.
    """

    team: TeamId
    problem: str
    about: ChannelRef
    told: AccountRef | None
    card: Card


def unused(schedule: Schedule, slot: Occurrence, outcome: Outcome, host: Host) -> Notice:
    """A slot passed without a digest."""
    late = f"Dogear was away for more than a day when it was due. “{host.word} share #12” in the channel posts an entry now."
    why = {
        Outcome.LATE: plain(late),
        Outcome.EMPTY: plain("No entry was left to feature. Add entries to the list, or change the schedule's tag."),
    }[outcome]
    where = (Span("It was due in "), *_named(schedule.channel), Span("."))
    return _of_schedule(schedule, f"unused:{slot.week}", _card("No digest was posted this week.", where, why))


def stopped(schedule: Schedule, host: Host) -> Notice:
    """We had to pause a schedule ourselves."""
    why = (*_named(schedule.channel), Span(f": {schedule.paused_because}."))
    mend = (Span(f"Mend that, then: {host.word} schedule resume "), *_named(schedule.channel))
    problem = f"stopped:{schedule.paused_from}:{schedule.paused_because}"
    return _of_schedule(schedule, problem, _card("A schedule is paused.", why, mend))


def broken(schedule: Schedule, reference: str) -> Notice:
    """A bug of ours keeps a schedule's digests from being planned."""
    where = (Span("It is the one of "), *_named(schedule.channel), Span("."))
    mend = f"Set the schedule again; if that does not help, the host finds it in the log (ref {reference})."
    return _of_schedule(schedule, "broken", _card("A digest cannot be planned.", where, plain(mend)))


def failed(delivery: Delivery, outcome: str | None, entry: Entry | None) -> Notice:
    """It was refused, or came too late."""
    draft = delivery.draft
    what, kind = ("A digest", "digest") if draft.schedule is not None else ("What you shared", "share")
    card = _card(f"{what} did not arrive whole.", _what(delivery, entry), plain(outcome or ""))
    return _of_delivery(delivery, f"failed:{kind}:{addressed(draft.channel)}:{draft.told}:{outcome}", card)


def doubtful(delivery: Delivery, outcome: str | None, entry: Entry | None, host: Host) -> Notice:
    """Whether it arrived only a person can see: they are asked, with buttons for both answers."""
    actions = (
        _decided(delivery, "It is there", "arrived", host, primary=True),
        _decided(delivery, "Post again", "again", host),
    )
    card = _card("Did this arrive?", _what(delivery, entry), plain(outcome or ""), actions=actions)
    return _of_delivery(delivery, f"doubt:{delivery.id}:{delivery.fence}", card)


def unreadable(delivery: Delivery, outcome: str | None, entry: Entry | None, host: Host) -> Notice:
    """Another version planned what this one cannot post: somebody has it posted once that is mended."""
    actions = (_decided(delivery, "Post again", "again", host),)
    card = _card("This waits for you.", _what(delivery, entry), plain(outcome or ""), actions=actions)
    return _of_delivery(delivery, f"doubt:{delivery.id}:{delivery.fence}", card)


def left(delivery: Delivery, workspace: Workspace) -> Notice:
    """Something is owed to a workspace that does not let us in any more; nobody there can be told."""
    place = f"{workspace.ref.platform}:{workspace.ref.id}"
    why = f"{workspace.name or place} ({place}) has removed Dogear, or does not know its token any more."
    mend = "Install it there again within a day, and what is due is posted."
    card = _card("Dogear cannot post in a workspace.", plain(why), plain(mend))
    return Notice(
        team=delivery.team,
        problem=f"left:{place}:{workspace.left_at}",
        about=delivery.draft.channel,
        told=None,
        card=card,
    )


def _of_schedule(schedule: Schedule, problem: str, card: Card) -> Notice:
    return Notice(
        team=schedule.team,
        problem=f"schedule:{schedule.id}:{problem}",
        about=schedule.channel,
        told=schedule.created_by,
        card=card,
    )


def _of_delivery(delivery: Delivery, problem: str, card: Card) -> Notice:
    draft = delivery.draft
    return Notice(team=delivery.team, problem=problem, about=draft.channel, told=draft.told, card=card)


def _decided(delivery: Delivery, label: str, word: str, host: Host, *, primary: bool = False) -> Action:
    """A button that names the delivery itself, for there may be several in a channel.

    In a direct message the channel says in which workspace it is pressed; what is pressed in the host's channel is
    pressed in that one's, and a platform's buttons carry no more than so much.
    """
    where = {} if host.channel else {"channel": addressed(delivery.draft.channel)}
    call = Call(path=("digest", word), arguments={**where, "delivery": str(delivery.id)})
    return Action(label=label, call=call, primary=primary)


_STEPS = {Step.ROOT: "The post of", Step.THREAD: "The thread of", Step.REPLY: "A reply to", Step.SEED: "A reaction on"}


def _what(delivery: Delivery, entry: Entry | None) -> Text:
    named = "an entry" if entry is None else thread_title(entry)
    return (Span(f"{_STEPS[delivery.draft.step]} {named} in "), *_named(delivery.draft.channel), Span("."))


def _card(title: str, *more: Text, actions: tuple[Action, ...] = ()) -> Card:
    return Card(
        title=title, blocks=tuple(Paragraph(text=text) for text in more if text), tone=Tone.WARNING, actions=actions
    )


def _named(channel: ChannelRef) -> Text:
    """The channel, by the name that its platform shows."""
    return (Span(f"#{channel.id}", channel=channel),)
