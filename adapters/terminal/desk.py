"""What the speaker can act on: which buttons can be pressed, and which entry was shown last."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from adapters.local.room import Message
from adapters.local.view import View, posted
from adapters.terminal.layout import Button
from adapters.terminal.places import PRIVATE, WORKSPACE
from adapters.terminal.screen import Screen, Shown
from bot.chat.command import Catalogue
from bot.chat.line import render, spec_of
from bot.domain.card import Action, Call, Card, actions_of
from bot.domain.errors import BadUsage
from bot.domain.ids import ChannelRef, EntryNumber
from bot.domain.record import record
from bot.domain.value import channel_at


@record
class Offer:
    """An action that can be pressed, and the channel in which it was shown."""

    action: Action
    channel: ChannelRef | None


class Desk:
    """Shows cards on the screen, and numbers the buttons of everything shown for one line."""

    def __init__(self, screen: Screen, command: str, zone: ZoneInfo) -> None:
        self.catalogue: Catalogue = ()
        self.entry: EntryNumber | None = None
        self._screen = screen
        self._command = command
        self.zone = zone
        self._offers: list[Offer] = []
        self._stale = False

    def next_line(self) -> None:
        """From now on, the first card with buttons replaces the previous ones."""
        self._stale = True

    @property
    def offered(self) -> int:
        """How many buttons can be pressed."""
        return len(self._offers)

    def offer(self, number: int) -> Offer | None:
        """The action of the button with this number, counted from 1."""
        return self._offers[number - 1] if 1 <= number <= len(self._offers) else None

    def answer(self, card: Card, channel: ChannelRef | None, *, public: bool = False, refusal: bool = False) -> None:
        """Show the answer to the line just typed."""
        self._screen.show(
            Shown(
                card=card,
                view=View(zone=self.zone, personal=not public),
                buttons=self._numbered(card, channel),
                to=f"#{channel.id}" if channel and public else "only you",
                private=not public,
                answer=True,
                refusal=refusal,
            )
        )

    def message(self, message: Message, *, thread: str | None = None, revised: bool = False) -> None:
        """Show a message posted in a channel. `thread` is the title of the thread it replies in."""
        channel = message.ref.channel
        self._screen.show(
            Shown(
                id=message.ref.id,
                at=posted(message.at, self.zone),
                card=message.card,
                view=View(zone=self.zone, personal=False),
                buttons=self._numbered(message.card, channel),
                to=f"#{channel.id}",
                thread=thread,
                revised=revised,
            )
        )

    def said(self, text: str, name: str, channel: ChannelRef, thread: str | None, at: datetime) -> None:
        """Show what a person writes in a channel, which is also the answer to the line just typed."""
        self._screen.show(
            Shown(
                card=Card(title=text),
                view=View(zone=self.zone, personal=False),
                buttons=(),
                to=f"#{channel.id}",
                answer=True,
                thread=thread,
                at=posted(at, self.zone),
                by=name,
            )
        )

    def note(self, card: Card, name: str) -> None:
        """Show a direct message."""
        self._screen.show(
            Shown(
                card=card,
                view=View(zone=self.zone),
                buttons=self._numbered(card, None),
                to=f"@{name}",
                private=True,
            )
        )

    def _numbered(self, card: Card, channel: ChannelRef | None) -> tuple[Button, ...]:
        if card.entry:
            self.entry = card.entry.number
        actions = actions_of(card)
        if actions and self._stale:
            self._offers.clear()
            self._stale = False
        first = self.offered + 1
        self._offers += [Offer(action=action, channel=channel) for action in actions]
        return tuple(
            Button(number=number, label=action.label, line=self._line(action.call), shown=self._shown(action.call))
            for number, action in enumerate(actions, first)
        )

    def _shown(self, call: Call) -> str:
        """The line without the week that the button is about, and with the channel as it is named here; empty for a call
        with anything else that only a button says.
        """
        try:
            spec = spec_of(self.catalogue, call.path)
        except BadUsage:
            return self._line(call)
        hidden = {param.name for param in spec.params if param.hidden}
        if hidden & (set(call.arguments) - {"week"}):
            return ""
        typed = {name: _named_here(one) for name, one in call.arguments.items() if name not in hidden}
        return self._line(replace(call, arguments=typed))

    def _line(self, call: Call) -> str:
        """The line that does the same. An unknown command is named all the same."""
        try:
            typed = render(self.catalogue, call)
        except BadUsage:
            typed = " ".join(call.path)
        return f"/{self._command} {typed}"


def _named_here(argument: str) -> str:
    """A channel by its name alone: there is one workspace here."""
    place = channel_at(argument)
    return f"#{place.id}" if place is not None and place.workspace in (WORKSPACE, PRIVATE) else argument
