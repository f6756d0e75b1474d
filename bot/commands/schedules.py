"""Commands about a channel's weekly slot."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from bot.commands.cards import moment
from bot.commands.declare import Turn, command, named, position
from bot.commands.digests import MaybeChannel, named_channel
from bot.domain.card import Action, Block, Call, Card, Fields, Paragraph, Tone
from bot.domain.schedule import Schedule, Weekday
from bot.domain.team import Role
from bot.domain.text import Text, joined, plain
from bot.domain.value import Kind
from bot.service import schedules


@command("schedule", "set", role=Role.ADMIN, form=True, writes=True)
def set_schedule(
    turn: Turn,
    weekday: Annotated[Weekday, position(Kind.WEEKDAY, "a weekday")],
    at: Annotated[time, position(Kind.TIME, "a time of day")],
    zone: Annotated[str, position(Kind.ZONE, "a time zone")],
    channel: MaybeChannel = None,
    tag: Annotated[str | None, named(Kind.TAG, "feature only entries with this tag")] = None,
) -> Card:
    """Post a digest in this channel every week. Replaces the schedule it had.

    Example: schedule set mon 09:00 Europe/Berlin. A time that does not exist on a clock change moves to the next moment.
    """
    schedule = schedules.put(
        turn.tx,
        turn.team.id,
        turn.here(channel),
        weekday=weekday,
        at=at,
        zone=zone,
        tags=[tag] if tag else [],
        by=turn.actor.account,
    )
    return _confirmed(turn, "The schedule is set.", schedule)


@command("schedule", "list", role=Role.ADMIN, default=True)
def list_schedules(turn: Turn, channel: MaybeChannel = None) -> Card:
    """The schedules of the team's channels, or of one channel."""
    if channel is not None:
        known = [schedules.of(turn.tx, turn.team.id, turn.here(channel))]
    else:
        known = list(turn.tx.schedules.all(turn.team.id))
    if not known:
        hint = "Set one: schedule set mon 09:00 Europe/Berlin"
        return Card(title="No channel has a schedule.", blocks=(Paragraph(text=plain(hint)),))
    return Card(title="Schedules", blocks=tuple(_changeable(turn, schedule) for schedule in known))


def _changeable(turn: Turn, schedule: Schedule) -> Block:
    """The schedule with its buttons; those of another workspace are changed there."""
    described = _described(turn, schedule)
    if schedule.channel.workspace != turn.actor.workspace:
        return described
    return replace(described, actions=(*_buttons(turn, schedule),))


def _buttons(turn: Turn, schedule: Schedule) -> Iterator[Action]:
    def button(label: str, word: str, **arguments: str) -> Action:
        channel = {"channel": f"#{schedule.channel.id}"}
        return Action(label=label, call=Call(path=("schedule", word), arguments=arguments | channel))

    yield button("Change", "set")
    if paused(turn, schedule):
        yield button("Resume", "resume")
    else:
        yield button("Pause for a week", "pause", period="1w")
    yield button("Off", "off")


@command("schedule", "pause", role=Role.ADMIN, writes=True)
def pause(
    turn: Turn,
    period: Annotated[timedelta, position(Kind.PERIOD, "how long")],
    channel: MaybeChannel = None,
) -> Card:
    """Pause the digest in this channel for days or weeks.

    Examples: schedule pause 2w · schedule pause 10d
    """
    schedule = schedules.pause(turn.tx, turn.team.id, turn.here(channel), period)
    return _confirmed(turn, "The schedule is paused.", schedule)


@command("schedule", "resume", role=Role.ADMIN, writes=True)
def resume(turn: Turn, channel: MaybeChannel = None) -> Card:
    """End a pause. Digests that fell into it are not posted later."""
    return _confirmed(
        turn, "The schedule is active again.", schedules.resume(turn.tx, turn.team.id, turn.here(channel))
    )


@command("schedule", "off", role=Role.ADMIN, writes=True)
def off(turn: Turn, channel: MaybeChannel = None) -> Card:
    """Remove this channel's schedule. Its history stays."""
    schedule = schedules.remove(turn.tx, turn.team.id, turn.here(channel))
    text = joined([plain("No more digests in"), named_channel(schedule.channel)])
    return Card(title="The schedule is off.", blocks=(Paragraph(text=text),), tone=Tone.DONE)


def _confirmed(turn: Turn, title: str, schedule: Schedule) -> Card:
    return Card(title=title, blocks=(_described(turn, schedule),), tone=Tone.DONE)


def _described(turn: Turn, schedule: Schedule) -> Fields:
    every = f"{schedule.weekday.word} {schedule.at:%H:%M} {schedule.zone}"
    tags = (("Only tagged", plain(", ".join(schedule.tags))),) if schedule.tags else ()
    return Fields(
        items=(
            ("Channel", named_channel(schedule.channel)),
            ("Every", plain(every)),
            *tags,
            *paused(turn, schedule),
            ("Next", next_dates(turn, schedule)),
        )
    )


def paused(turn: Turn, schedule: Schedule) -> tuple[tuple[str, Text], ...]:
    """Why or until when the schedule is paused; nothing while it is not."""
    if schedule.paused_because is not None:
        return (("Paused", plain(f"{schedule.paused_because}; “{turn.word} schedule resume” when that is fixed")),)
    if schedule.paused_until and schedule.paused_until > turn.tx.now():
        return (("Paused until", moment(schedule.paused_until, turn.zone)),)
    return ()


def next_dates(turn: Turn, schedule: Schedule) -> Text:
    """The next slots as clocks show them in the schedule's own zone, or that there are none while it is paused."""
    zone = ZoneInfo(schedule.zone)
    coming = [f"{slot.due_at.astimezone(zone):%a %d %b %Y %H:%M}" for slot in schedules.next_dates(turn.tx, schedule)]
    return plain(f"{', '.join(coming)} {schedule.zone}" if coming else "none while paused")
