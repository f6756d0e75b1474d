"""For whom a card is shown, and the times and channels in its text as that person reads them."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.record import record
from bot.domain.text import Span, Text


@record
class View:
    """For whom a card is laid out.

    A personal card shows that person's reading states, and the core has formatted its times in their zone. For everyone
    else times are in `zone`.
    """

    zone: ZoneInfo
    personal: bool = True


def local_time(at: datetime, zone: ZoneInfo) -> str:
    """A time as people write it, with its zone."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M} {zone.key}"


def posted(at: datetime, zone: ZoneInfo) -> str:
    """When a message was posted, as a chat shows it."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b, %H:%M}"


def resolved(text: Text, view: View) -> Text:
    """The text with each time in the view's zone, and each channel by its name."""
    return tuple(_resolved(span, view) for span in text)


def _resolved(span: Span, view: View) -> Span:
    if span.at is not None and not (view.personal and span.text):
        return replace(span, text=local_time(span.at, view.zone))
    return span if span.channel is None else replace(span, text=f"#{span.channel.id}")
