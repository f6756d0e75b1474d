"""Notices to the people who can fix a problem: one card for each kind. When and how they are sent is not decided here."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from bot.domain.card import Action, Call, Card, Paragraph, Tone
from bot.domain.delivery import Delivery, Draft, Step
from bot.domain.digest import Outcome, thread_title
from bot.domain.edit import NOTE, NOTES, SECTION, TAGS, TITLE, WITHOUT_NOTE, Edit, EditKind, EditState
from bot.domain.entry import Entry
from bot.domain.ids import AccountRef, ChannelRef, TeamId, Url
from bot.domain.record import record
from bot.domain.schedule import Occurrence, Schedule
from bot.domain.source import HeldChange, git_file, place_in_words
from bot.domain.team import Workspace
from bot.domain.text import Span, Text, plain
from bot.domain.value import addressed


@record
class Host:
    """The host's settings for notices: the command word, and the admin channel that gets every notice; None sends each to
    the person who set the schedule up or shared the entry.
    """

    word: str = "/blog"
    channel: ChannelRef | None = None
    admins: tuple[AccountRef, ...] = ()
    """Who the host's settings make an admin."""


@record
class Notice:
    """A problem with a delivery to the channel `about`. The same `problem` is reported once a day.

    `notify` is the person who can fix it, None if only the host can. One `of_schedule` is passed on to the other admins,
    or to the channel, if that person cannot be reached.
    """

    team: TeamId
    problem: str
    about: ChannelRef
    notify: AccountRef | None
    card: Card
    of_schedule: bool = False


def unused(schedule: Schedule, slot: Occurrence, outcome: Outcome, host: Host) -> Notice:
    """A slot passed without a digest."""
    late = f"Dogear was offline for more than a day when it was due. “{host.word} share #12” in the channel posts an entry now."
    why = {
        Outcome.LATE: plain(late),
        Outcome.EMPTY: plain(
            "There was no entry left to feature. Add entries to the list, or change the schedule's tag."
        ),
    }[outcome]
    where = (Span("It was due in "), *_named(schedule.channel), Span("."))
    return _of_schedule(schedule, f"unused:{slot.week}", _card("No digest was posted this week.", where, why))


def stopped(schedule: Schedule, host: Host) -> Notice:
    """We had to pause a schedule ourselves."""
    why = (*_named(schedule.channel), Span(f": {schedule.paused_because}."))
    remedy = (Span(f"Fix that, then type: {host.word} schedule resume "), *_named(schedule.channel))
    problem = f"stopped:{schedule.paused_from}:{schedule.paused_because}"
    call = Call(path=("schedule", "resume"), arguments={"channel": addressed(schedule.channel)})
    resume = (Action(label="Resume", call=call, primary=True),)
    return _of_schedule(schedule, problem, _card("I paused a weekly digest.", why, remedy, actions=resume))


def broken(schedule: Schedule, reference: str) -> Notice:
    """A bug of ours keeps a schedule's digests from being planned."""
    where = (Span("It is the digest of "), *_named(schedule.channel), Span("."))
    remedy = f"Set the schedule again. If that does not help, the host finds the cause in the log (ref {reference})."
    return _of_schedule(schedule, "broken", _card("I can't plan a digest.", where, plain(remedy)))


def failed(delivery: Delivery, outcome: str | None, entry: Entry | None) -> Notice:
    """It was refused, or came too late."""
    draft = delivery.draft
    what, kind = ("A digest", "digest") if draft.schedule is not None else ("What you shared", "share")
    actions = tuple(_again(draft, entry)) if draft.step is Step.ROOT else ()
    title = "A message was not posted." if entry is None else f"{what} was not posted completely."
    card = _card(title, _what(delivery, entry), plain(outcome or ""), actions=actions)
    return _of_delivery(delivery, f"failed:{kind}:{addressed(draft.channel)}:{draft.notify}:{outcome}", card)


def _again(draft: Draft, entry: Entry | None) -> Iterator[Action]:
    """The button that posts it again once the cause is gone; it asks first, for by then another entry may be next."""
    where = {"channel": addressed(draft.channel)}
    if draft.schedule is not None:
        yield Action(label="Post now", call=Call(path=("digest", "post"), arguments=where))
    elif entry is not None:
        yield Action(label="Share again", call=Call(path=("share",), arguments={"entry": f"#{entry.number}", **where}))


def doubtful(delivery: Delivery, outcome: str | None, entry: Entry | None, host: Host) -> Notice:
    """We could not confirm that it was posted: ask a person, with a button for each answer."""
    actions = (
        _decided(delivery, "Yes, it's there", "arrived", host, primary=True),
        _decided(delivery, "No, post it", "again", host),
    )
    card = _card("Was this posted?", _what(delivery, entry), plain(outcome or ""), actions=actions)
    return _of_delivery(delivery, f"doubt:{delivery.id}:{delivery.fence}", card)


def unreadable(delivery: Delivery, outcome: str | None, entry: Entry | None, host: Host) -> Notice:
    """Another version planned it and this one cannot read it: a person posts it after the update."""
    actions = (_decided(delivery, "No, post it", "again", host),)
    card = _card("This post needs you.", _what(delivery, entry), plain(outcome or ""), actions=actions)
    return _of_delivery(delivery, f"doubt:{delivery.id}:{delivery.fence}", card)


def left(delivery: Delivery, workspace: Workspace) -> Notice:
    """A delivery to a workspace that removed us. No one there can be notified."""
    place = f"{workspace.ref.platform}:{workspace.ref.id}"
    why = f"{workspace.name or place} ({place}) has removed Dogear or revoked its token."
    remedy = "Install it there again within a day and the pending posts are sent."
    card = _card("Dogear can't post in a workspace.", plain(why), plain(remedy))
    return Notice(
        team=delivery.team,
        problem=f"left:{place}:{workspace.left_at}",
        about=delivery.draft.channel,
        notify=None,
        card=card,
    )


def held(
    change: HeldChange, entries: Sequence[Entry], about: ChannelRef, notify: AccountRef | None, team: TeamId
) -> Notice:
    """A change of the list would retire many entries: an admin decides, with buttons for both answers."""
    where = {"channel": addressed(about)} if notify is not None else {}
    problem = f"held:{change.source}:{change.id}"
    return Notice(team=team, problem=problem, about=about, notify=notify, card=held_card(change, entries, where))


def held_card(change: HeldChange, entries: Sequence[Entry], where: Mapping[str, str] = MappingProxyType({})) -> Card:
    """What is held, with the first `entries` that would go; `where` goes along with its buttons."""
    count = len(change.entries)
    gone = f"{change.names} no longer has {count:,} of its {change.of:,} entries."
    state = (
        "An admin chose to keep the old list."
        if change.rejected
        else "Members see the list as it was until an admin decides. If this is a mistake, fix the file."
    )
    titles = "; ".join(f"#{entry.number} {entry.title}" for entry in entries)
    more = f" and {count - len(entries):,} more" if count > len(entries) else ""
    return _card(
        "Part of the reading list is missing.",
        plain(gone),
        plain(f"Missing: {titles}{more}.") if entries else (),
        plain(state),
        actions=held_actions(change, where),
    )


def held_actions(change: HeldChange, where: Mapping[str, str] = MappingProxyType({})) -> tuple[Action, ...]:
    """The buttons that decide of it."""
    arguments = {**where, "change": change.id}
    apply = Action(label="Apply", call=Call(path=("sync", "apply"), arguments=arguments))
    keep = Action(label="Keep the old list", call=Call(path=("sync", "keep"), arguments=arguments), primary=True)
    return (apply,) if change.rejected else (apply, keep)


def suggested(
    edit: Edit, entry: Entry | None, who: str, about: ChannelRef, notify: AccountRef | None, team: TeamId
) -> Notice:
    """A member suggests a change of the list: a curator decides, with buttons for both answers."""
    card = _card(
        f"{who} suggests a change of the list.",
        plain(described(edit, entry)),
        plain(edit.url),
        actions=edit_actions(edit, about if notify is not None else None),
    )
    return Notice(team=team, problem=f"suggested:{edit.id}", about=about, notify=notify, card=card)


def edit_actions(edit: Edit, about: ChannelRef | None = None) -> tuple[Action, ...]:
    """The buttons that decide about a suggestion."""
    where = {} if about is None else {"channel": addressed(about)}
    arguments = {**where, "edit": str(edit.id)}
    label = "Add" if edit.kind is EditKind.ADD else "Accept"
    return (
        Action(label=label, call=Call(path=("edits", "confirm"), arguments=arguments), primary=True),
        Action(label="Decline", call=Call(path=("edits", "decline"), arguments=arguments)),
    )


def decided(edit: Edit, entry: Entry | None, about: ChannelRef, member: AccountRef) -> Notice:
    """What became of a member's suggestion."""
    refused = edit.state is EditState.REFUSED
    title = "Your suggestion was declined." if refused else "Your suggestion was accepted."
    if edit.branch:
        title = f"Your change of the list was {'not ' if refused else ''}merged."
    number = f" It is #{entry.number}." if entry is not None and edit.kind is EditKind.ADD and not refused else ""
    card = Card(title=title, blocks=(Paragraph(text=plain(described(edit, entry) + number)),))
    problem = f"decided:{edit.id}:{title}"  # it may be accepted and merged on one day
    return Notice(team=edit.team, problem=problem, about=about, notify=member, card=card)


def waits(
    edit: Edit, entry: Entry | None, who: str, about: ChannelRef, notify: AccountRef | None, team: TeamId
) -> Notice:
    """A change cannot be written to the file for now."""
    merging = "It is on the list as soon as that is merged." if edit.branch else when_tried_again(edit)
    card = _card(
        "A change of the list is waiting.",
        plain(f"{who}: {described(edit, entry)}"),
        plain(f"{place_in_words(edit.file or '')}: {edit.reason}"),
        plain(f"{merging} The host sees it with: dogear edits --patch"),
    )
    problem = f"waits:{edit.branch or edit.id}:{edit.reason}"  # one card for all edits that are merged together
    return Notice(team=team, problem=problem, about=about, notify=notify, card=card)


def when_tried_again(edit: Edit) -> str:
    """When an edit that waits is tried again, in words."""
    if git_file(edit.file or "") is not None:
        return "I try again every minute."
    return "I try again when the file changes."


ARCHIVE = "https://web.archive.org/web/"


def dead_link(entry: Entry, reason: str, about: ChannelRef, notify: AccountRef | None, team: TeamId) -> Notice:
    """The page of an entry was not there three times in a row: a curator decides whether the entry stays."""
    where = {} if notify is None else {"channel": addressed(about)}
    retire = Call(path=("retire",), arguments={"entry": f"#{entry.number}", **where})
    archived = Url(f"{ARCHIVE}{entry.url}")
    card = _card(
        "A link of the reading list may be dead.",
        (Span(f"#{entry.number} "), Span(entry.title, url=entry.url)),
        plain(f"I looked three times within three weeks. {reason}"),
        (Span("Look for it in "), Span("the Internet Archive", url=archived), Span(".")),
        actions=(Action(label="Retire", call=retire),),
    )
    return Notice(team=team, problem=f"dead:{entry.id}", about=about, notify=notify, card=card)


_DOES = {
    EditKind.ADD: ("Add", "Added"),
    EditKind.CHANGE: ("Change", "Changed"),
    EditKind.RETIRE: ("Retire", "Retired"),
    EditKind.RESTORE: ("Restore", "Restored"),
}
"""What an edit does, and what it did once it is carried out."""


def described(edit: Edit, entry: Entry | None) -> str:
    """What the edit does or did, in a line."""
    does = _DOES[edit.kind][edit.state in (EditState.APPLIED, EditState.CONFIRMED)]
    title = edit.fields.get(TITLE) or (entry.title if entry else edit.url)
    name = f"#{edit.entry} {entry.title if entry else title}" if edit.entry is not None else title
    if edit.kind is not EditKind.CHANGE:
        return f"{does}: {name}"
    return f"{does} {name}: {'; '.join(_set(field, value) for field, value in edit.fields.items())}"


MAX_SET = 200
_WORDS = {
    TAGS: "tags",
    SECTION: "section",
    TITLE: "title",
    NOTES: "notes",
    NOTE: "note",
    WITHOUT_NOTE: "without the note",
}


def _set(name: str, value: str) -> str:
    short = value if len(value) <= MAX_SET else f"{value[: MAX_SET - 1]}…"
    return f"{_WORDS.get(name, name)}: {short}" if value else f"no {_WORDS.get(name, name)}"


def _of_schedule(schedule: Schedule, problem: str, card: Card) -> Notice:
    return Notice(
        team=schedule.team,
        problem=f"schedule:{schedule.id}:{problem}",
        about=schedule.channel,
        notify=schedule.created_by,
        card=card,
        of_schedule=True,
    )


def _of_delivery(delivery: Delivery, problem: str, card: Card) -> Notice:
    draft = delivery.draft
    return Notice(
        team=delivery.team,
        problem=problem,
        about=draft.channel,
        notify=draft.notify,
        card=card,
        of_schedule=draft.schedule is not None,
    )


def _decided(delivery: Delivery, label: str, word: str, host: Host, *, primary: bool = False) -> Action:
    """A button that names the delivery, because a channel may have several.

    In a direct message the channel names the workspace. In the host's channel it is left out: a platform limits how
    much a button can carry.
    """
    where = {} if host.channel else {"channel": addressed(delivery.draft.channel)}
    call = Call(path=("digest", word), arguments={**where, "delivery": str(delivery.id)})
    return Action(label=label, call=call, primary=primary)


_STEPS = {Step.ROOT: "The post of", Step.THREAD: "The thread of", Step.REPLY: "A reply to", Step.SEED: "A reaction on"}


def _what(delivery: Delivery, entry: Entry | None) -> Text:
    if entry is None and delivery.draft.card is not None:  # a message of its own, such as a vote
        return (Span(f"“{delivery.draft.card.title}” in "), *_named(delivery.draft.channel), Span("."))
    named = "an entry" if entry is None else thread_title(entry)
    return (Span(f"{_STEPS[delivery.draft.step]} {named} in "), *_named(delivery.draft.channel), Span("."))


def _card(title: str, *more: Text, actions: tuple[Action, ...] = ()) -> Card:
    return Card(
        title=title, blocks=tuple(Paragraph(text=text) for text in more if text), tone=Tone.WARNING, actions=actions
    )


def _named(channel: ChannelRef) -> Text:
    """The channel, by the name that its platform shows."""
    return (Span(f"#{channel.id}", channel=channel),)
