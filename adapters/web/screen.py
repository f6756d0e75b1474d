"""What a visitor's page shows: the messages as the speaker sees them, and changes of them while the page is open."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from markupsafe import Markup

from adapters.local.room import MEANINGS, Message, Room
from adapters.local.view import View, posted, resolved
from adapters.web import html
from adapters.web.changes import Changes
from adapters.web.pages import rendered
from bot.domain.card import Form
from bot.domain.ids import MessageRef, ThreadRef
from bot.domain.record import record
from bot.domain.team import Role
from bot.domain.text import Text

CHANNELS = ("reading", "general")
UNKNOWN_ZONE = "UTC"
DIRECT = "@dogear"
"""The conversation with Dogear, which has the speaker's direct messages."""


@record
class Person:
    """Someone whom the visitor may speak as."""

    name: str
    role: Role


PEOPLE = (
    Person(name="You", role=Role.ADMIN),
    Person(name="Ana", role=Role.CURATOR),
    Person(name="Ben", role=Role.READER),
    Person(name="Mia", role=Role.READER),
)


@record
class Mark:
    """A reaction below a message: what it means, who put it there, and whether the speaker did."""

    emoji: str
    meaning: str
    people: tuple[str, ...]
    mine: bool
    offered: bool


@record
class Shown:
    """A message as the page shows it. `channel` is the list that it is in; `when` and `day` are in the speaker's zone."""

    message: Message
    channel: str
    thread: str
    when: str
    day: str
    view: View
    marks: tuple[Mark, ...]
    replies: int
    has_thread: bool
    title: str

    def text(self, text: Text) -> Markup:
        return html.text(resolved(text, self.view))


class Screen:
    """The page of one visitor. `room` has what was said; `speaker` sees it in `zone`."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.room = Room()
        self.changes = Changes()
        self.speaker = PEOPLE[0]
        self.zone = zone
        self.seeds: dict[MessageRef, set[str]] = {}
        """Our own reactions, which invite people to press them."""

    def add(self, message: Message) -> None:
        """Show a new message."""
        self.room.add(message)
        self.show(message)

    def show(self, message: Message, *, again: bool = False) -> None:
        """Show a message of the room, or with `again` that something about it has changed."""
        if self._is_seen(message):
            shown = self._shown(message)
            about = {"channel": shown.channel, "thread": shown.thread, "title": shown.title, "again": again}
            self.changes.add("message", id=message.ref.id, html=drawn(shown), **about)
        if not again:
            self._count_replies(message)

    def show_again(self, ref: MessageRef) -> None:
        """Something about the message has changed."""
        message = self.room.at(ref)
        if message is not None:
            self.show(message, again=True)

    def gone(self, message: Message) -> None:
        """A message was deleted from the room."""
        self.seeds.pop(message.ref, None)
        self.changes.add("gone", id=message.ref.id)
        self._count_replies(message)

    def _count_replies(self, message: Message) -> None:
        """The message that a thread is about shows how many replies there are."""
        if message.thread is not None:
            self.show_again(MessageRef(message.thread.channel, message.thread.id))

    def find(self, id: str) -> Message | None:
        """The message with this id, if the speaker sees it."""
        return next((each for each in self.room.messages() if each.ref.id == id and self._is_seen(each)), None)

    def messages(self) -> Sequence[Shown]:
        """Every message that the speaker sees, oldest first."""
        return [self._shown(message) for message in self.room.messages() if self._is_seen(message)]

    def channels(self) -> Sequence[str]:
        """The names of the channels: the usual ones, and others that something was posted in."""
        known = (each.ref.channel.id for each in self.room.messages())
        return [*dict.fromkeys((*CHANNELS, *(name for name in known if name != DIRECT)))]

    def page(self, *, now: str, word: str, entries: int, left: str) -> str:
        """The whole page: the club's time, the command's word, how many articles there are, and how long it is open."""
        channels = self.channels()
        return rendered(
            "chat.html",
            channels=channels,
            direct=DIRECT,
            entries=entries,
            last=self.changes.last,
            left=left,
            lists=[*channels, DIRECT],
            messages=self.messages(),
            now=now,
            people=PEOPLE,
            speaker=self.speaker.name,
            word=word,
        )

    def _is_seen(self, message: Message) -> bool:
        return message.to in ("", self.speaker.name)

    def _shown(self, message: Message) -> Shown:
        below = ThreadRef(message.ref.channel, message.ref.id)
        thread = message.thread.id if message.thread else ""
        about = message.thread or below
        local = message.at.astimezone(self.zone)
        return Shown(
            message=message,
            channel=message.ref.channel.id,
            thread=thread,
            when=posted(message.at, self.zone),
            day=f"{local:%A} {local.day} {local:%B}",
            view=View(zone=self.zone, personal=bool(message.to)),
            marks=() if message.to else tuple(self._marks(message.ref)),
            replies=sum(each.thread == below and not each.to for each in self.room.messages()),
            has_thread=self.room.has_thread(below),
            title=self.room.title(about),
        )

    def _marks(self, ref: MessageRef) -> Sequence[Mark]:
        reactions = self.room.reactions(ref)
        return [
            Mark(
                emoji=emoji,
                meaning=meaning.value,
                people=tuple(each.actor.name for each in reactions if each.emoji == emoji),
                mine=any(each.emoji == emoji and each.actor.name == self.speaker.name for each in reactions),
                offered=emoji in self.seeds.get(ref, ()) or any(each.emoji == emoji for each in reactions),
            )
            for emoji, meaning in MEANINGS.items()
        ]


def drawn(shown: Shown) -> str:
    """The message as HTML."""
    return rendered("chat_message.html", shown=shown)


def form(form: Form, number: int, channels: Sequence[str]) -> str:
    """The form as HTML. `number` identifies it when it is sent."""
    return rendered("chat_form.html", form=form, number=number, channels=channels)
