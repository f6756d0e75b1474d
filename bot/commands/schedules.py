"""Commands about a channel's weekly slot."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import time, timedelta
from typing import Annotated

from bot.commands.cards import moment, named_channel, next_dates
from bot.commands.declare import Turn, carried, command, named, position
from bot.commands.digests import MaybeChannel
from bot.commands.posting import sure
from bot.domain.card import Action, Block, Call, Card, Fields, Paragraph, Tone
from bot.domain.errors import BadUsage, Refusal
from bot.domain.holidays import OFF as NO_REGION
from bot.domain.ids import ChannelRef
from bot.domain.schedule import OnHoliday, Schedule, Weekday
from bot.domain.team import Role
from bot.domain.text import Text, joined, plain
from bot.domain.times import Day
from bot.domain.value import Kind
from bot.domain.zones import zone_label
from bot.service import schedules

MaybeWeekly = Annotated[str | None, carried("the day and time that the button is about")]
OFF = "Stop the weekly digest in this channel?"


def _as_set(turn: Turn, arguments: Mapping[str, str]) -> Mapping[str, str]:
    """What the channel's schedule is now, so that changing one thing drops nothing else; for a new one the person's zone."""
    try:
        where = turn.here(arguments.get("channel", "").removeprefix("#") or None)
    except Refusal:
        where = None
    schedule = turn.tx.schedules.of_channel(turn.team.id, where) if where else None
    channel = {"channel": f"#{where.id}"} if where else {}
    if schedule is None:
        return channel | ({"zone": turn.own_zone} if turn.own_zone else {})
    tag = {"tag": ", ".join(schedule.tags)} if schedule.tags else {}
    return channel | tag | {"weekday": schedule.weekday.word, "at": f"{schedule.at:%H:%M}", "zone": schedule.zone}


@command("schedule", "set", role=Role.ADMIN, form="Weekly digest", fills=_as_set, writes=True, posts=True)
def set_schedule(
    turn: Turn,
    weekday: Annotated[Weekday, position(Kind.WEEKDAY, "a weekday")],
    at: Annotated[time, position(Kind.TIME, "a time of day")],
    zone: Annotated[str | None, position(Kind.ZONE, "a city or another time zone, yours by default")] = None,
    channel: MaybeChannel = None,
    tag: Annotated[str | None, named(Kind.TAG, "feature only entries with this tag")] = None,
) -> Card:
    """Post a digest in this channel every week. Replaces the schedule it had.

    Examples: schedule set mon 09:00 Europe/Berlin · schedule set fridays 4:30 pm New York. A time that does not exist on a
    clock change moves to the next moment.
    """
    where = turn.here(channel)
    schedule = schedules.put(
        turn.tx,
        turn.team.id,
        where,
        weekday=Weekday((weekday + 1) % len(Weekday)) if at.fold else weekday,
        at=at.replace(fold=0),
        zone=zone or _zone_there(turn, where),
        tags=[each.strip() for each in tag.split(",") if each.strip()] if tag else [],
        by=turn.actor.account,
    )
    return _confirmed(turn, "The schedule is set.", schedule, _preview(schedule))


def _zone_there(turn: Turn, channel: ChannelRef) -> str:
    """The zone that the channel's schedule has, else the person's; raises BadUsage if neither is known."""
    known = turn.tx.schedules.of_channel(turn.team.id, channel)
    zone = known.zone if known else turn.own_zone
    if zone is None:
        raise BadUsage("Which time zone?", hint="Add a city, such as Berlin or New York, or UTC.", field="zone")
    return zone


@command("schedule", "holidays", role=Role.ADMIN, writes=True)
def set_holidays(
    turn: Turn,
    region: Annotated[str, position(Kind.REGION, "a country, such as DE or US-CA, or off")],
    then: Annotated[OnHoliday, position(Kind.HOLIDAY, "move or skip")] = OnHoliday.MOVE,
    channel: MaybeChannel = None,
) -> Card:
    """Move or skip digests on public holidays.

    A digest on a holiday moves to the next working day, or is skipped.
    Examples: schedule holidays DE · schedule holidays US-CA skip · schedule holidays off
    """
    observed = None if region == NO_REGION else region
    schedule = schedules.observe(turn.tx, turn.team.id, turn.here(channel), observed, then)
    return _confirmed(
        turn, "The schedule observes public holidays." if observed else "Holidays no longer count.", schedule
    )


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
    yield _button("Change", "set", schedule)
    if paused(turn, schedule):
        yield resume_button(schedule)
    else:
        yield _button("Pause for a week", "pause", schedule, period="1w", weekly=_weekly(schedule))
    yield replace(_button("Off", "off", schedule, weekly=_weekly(schedule)), confirm=OFF)


def resume_button(schedule: Schedule) -> Action:
    return _button("Resume", "resume", schedule)


def _weekly(schedule: Schedule) -> str:
    """What a button names the schedule by: another one may have been set when it is pressed."""
    return f"{schedule.weekday.word[:3].lower()} {schedule.at:%H:%M}"


def _changed(turn: Turn, schedule: Schedule) -> Card:
    return Card(title="The schedule has changed since then.", blocks=(_changeable(turn, schedule),))


def _button(label: str, word: str, schedule: Schedule, **arguments: str) -> Action:
    channel = {"channel": f"#{schedule.channel.id}"}
    return Action(label=label, call=Call(path=("schedule", word), arguments=arguments | channel))


@command("schedule", "pause", role=Role.ADMIN, writes=True)
def pause(
    turn: Turn,
    period: Annotated[timedelta | Day, position(Kind.PERIOD, "how long, or until when")],
    channel: MaybeChannel = None,
    weekly: MaybeWeekly = None,
) -> Card:
    """Pause the digest in this channel for a while.

    Examples: schedule pause 2 weeks · schedule pause 10d · schedule pause until 2027-01-04
    """
    known = schedules.locked(turn.tx, turn.team.id, turn.here(channel))
    if weekly is not None and weekly != _weekly(known):
        return _changed(turn, known)
    if turn.unsure and paused(turn, known):
        shown = (_described(turn, known),)
        return Card(title="The schedule is already paused.", blocks=shown, actions=(resume_button(known),))
    schedule = schedules.pause(turn.tx, turn.team.id, turn.here(channel), period)
    return _confirmed(turn, "The schedule is paused.", schedule, resume_button(schedule))


@command("schedule", "resume", role=Role.ADMIN, writes=True, posts=True)
def resume(turn: Turn, channel: MaybeChannel = None) -> Card:
    """End a pause. Digests that fell into it are not posted later."""
    schedule = schedules.resume(turn.tx, turn.team.id, turn.here(channel))
    return _confirmed(turn, "The schedule is active again.", schedule, _preview(schedule))


@command("schedule", "off", role=Role.ADMIN, writes=True)
def off(turn: Turn, channel: MaybeChannel = None, weekly: MaybeWeekly = None) -> Card:
    """Remove this channel's schedule. Its history stays, and “schedule restore” brings it back."""
    known = schedules.locked(turn.tx, turn.team.id, turn.here(channel))
    if weekly is not None and weekly != _weekly(known):
        return _changed(turn, known)
    if turn.unsure:
        return sure(OFF, "You can undo this.", _button("Off", "off", known, weekly=_weekly(known)))
    schedule = schedules.remove(turn.tx, turn.team.id, turn.here(channel))
    text = joined([plain("No more digests in"), named_channel(schedule.channel)])
    undo = _button("Undo", "restore", schedule)
    return Card(title="The schedule is off.", blocks=(Paragraph(text=text),), tone=Tone.DONE, actions=(undo,))


@command("schedule", "restore", role=Role.ADMIN, writes=True, posts=True)
def restore(turn: Turn, channel: MaybeChannel = None) -> Card:
    """Bring back a schedule that was removed, as it was."""
    schedule = schedules.restore(turn.tx, turn.team.id, turn.here(channel))
    return _confirmed(turn, "The schedule is back.", schedule, _preview(schedule))


def _preview(schedule: Schedule) -> Action:
    arguments = {"channel": f"#{schedule.channel.id}"}
    return Action(label="Preview", call=Call(path=("digest", "preview"), arguments=arguments))


def _confirmed(turn: Turn, title: str, schedule: Schedule, *actions: Action) -> Card:
    return Card(title=title, blocks=(_described(turn, schedule),), tone=Tone.DONE, actions=actions)


def _described(turn: Turn, schedule: Schedule) -> Fields:
    every = f"{schedule.weekday.word} {schedule.at:%H:%M} {zone_label(schedule.zone)}"
    tags = (("Only tagged", plain(", ".join(schedule.tags))),) if schedule.tags else ()
    then = "moves to the next working day" if schedule.on_holiday is OnHoliday.MOVE else "is skipped"
    holidays = (("On holidays", plain(f"{then} ({schedule.holidays})")),) if schedule.holidays else ()
    return Fields(
        items=(
            ("Channel", named_channel(schedule.channel)),
            ("Every", plain(every)),
            *tags,
            *holidays,
            *paused(turn, schedule),
            ("Next", next_dates(turn.tx, schedule)),
        )
    )


def paused(turn: Turn, schedule: Schedule) -> tuple[tuple[str, Text], ...]:
    """Why or until when the schedule is paused; nothing while it is not."""
    if schedule.paused_because is not None:
        return (("Paused", plain(f"{schedule.paused_because}; “{turn.word} schedule resume” when that is fixed")),)
    if schedule.paused_until and schedule.paused_until > turn.tx.now():
        return (("Paused until", moment(schedule.paused_until, turn.zone)),)
    return ()
