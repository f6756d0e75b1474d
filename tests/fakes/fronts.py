"""The front doors of the terminal, Slack and Discord, used alike: so that one story can be played on each of them.

A person types, picks a message's menu, presses and fills in; what comes back is what that person sees.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from adapters.terminal import screens
from bot.chat.line import parse, spec_of
from bot.domain.team import Role
from bot.domain.value import Kind
from bot.runtime.chat import Seat, talk
from bot.runtime.settings import load
from tests.fakes import server as discord_server
from tests.fakes import slack as slack_fake
from tests.fakes.server import Server, a_server
from tests.fakes.slack import FakeSlack, Json
from tests.fakes.slack_club import SlackClub, running

PEOPLE = {"ana": True, "ben": False}
"""The members, and whether they are an admin of the workspace."""
ADD, TAKEAWAY = "Add to reading list", "Save as takeaway"


@dataclass
class Seen:
    """What a person sees: an answer, a post, a direct message or a form, whose `fields` begin with these values."""

    text: str
    buttons: Sequence[str] = ()
    fields: Mapping[str, str] | None = None
    raw: Any = None


@dataclass
class Front:
    """One platform with the club behind it. Every method returns once nothing is due any more."""

    transcript: list[str] = field(default_factory=list)

    def note(self, who: str, does: str, seen: Seen) -> Seen:
        """Keep what happened, for a person who reads the transcript."""
        shown = f"{seen.text}\n  form: {dict(seen.fields)}" if seen.fields is not None else seen.text
        buttons = f"\n  [{'] ['.join(seen.buttons)}]" if seen.buttons else ""
        self.transcript.append(f"{who} {does}\n  " + shown.strip().replace("\n", "\n  ") + buttons)
        return seen


class Door(Protocol):
    """What every front door can do. `who` is a name of `PEOPLE`."""

    transcript: list[str]

    async def type(self, who: str, line: str) -> Seen: ...
    async def pick(self, who: str, menu: str, text: str, *, in_thread: bool = False) -> Seen:
        """Write a message, in the thread of the newest post or in the channel, and pick a menu of it."""
        ...

    async def press(self, who: str, seen: Seen, label: str) -> Seen:
        """What the press leads to in the end: the answer, or what replaced it when its work was done."""
        ...

    async def fill(self, who: str, form: Seen, **values: str) -> Seen: ...
    async def direct(self, who: str) -> Seen:
        """The newest direct message to the person."""
        ...

    async def monday(self) -> Seen:
        """Let time pass until the next digest; its post."""
        ...

    async def settle(self) -> None: ...


# -- the terminal ------------------------------------------------------------------------------------------------------


@dataclass
class Terminal(Front):
    """`dogear chat --json`, one line after the other. A form is a line to type, and its menus are commands."""

    answers: "asyncio.Queue[dict[str, Any]]" = field(default_factory=asyncio.Queue)
    pipe: int = -1
    speaker: str = "ana"
    directs: dict[str, Seen] = field(default_factory=dict)

    async def line(self, typed: str) -> dict[str, Any]:
        os.write(self.pipe, f"{typed}\n".encode())
        async with asyncio.timeout(30):
            answer = await self.answers.get()
        for post in answer["posts"]:
            if post["channel"].startswith("@"):
                self.directs[post["channel"][1:]] = self.seen(post)
        return answer

    async def as_(self, who: str) -> None:
        if who != self.speaker:
            self.speaker = who
            await self.line(f"as {who} {'admin' if PEOPLE[who] else ''}".strip())

    def seen(self, shown: Mapping[str, Any]) -> Seen:
        buttons = {button["label"]: button["line"] for button in shown["buttons"]}
        return Seen(shown["text"], list(buttons), raw=buttons)

    async def type(self, who: str, line: str) -> Seen:
        await self.as_(who)
        return self.note(who, f"types: /blog {line}", self.seen(await self.line(f"/blog {line}")))

    async def pick(self, who: str, menu: str, text: str, *, in_thread: bool = False) -> Seen:
        await self.as_(who)
        await self.line(f"say {text}")
        if menu == ADD:
            return Seen("", fields={"url": next(word for word in text.split() if "://" in word)}, raw=("add", "url"))
        return Seen("", fields={"text": text}, raw=("takeaway", "entry"))

    async def press(self, who: str, seen: Seen, label: str) -> Seen:
        """Typed as the line that the button shows: what a number means changes with every answer."""
        await self.as_(who)
        line = seen.raw[label]
        answer = await self.line(line)
        shown = self.seen(answer)
        return self.note(who, f"presses [{label}]: {line}", shown)

    async def fill(self, who: str, form: Seen, **values: str) -> Seen:
        command, first = form.raw
        filled = {**(form.fields or {}), **values}
        words = [filled.pop(first), *(filled.pop(name) for name in ("text",) if name in filled and command != "add")]
        named = [f'{name}:"{value}"' for name, value in filled.items() if value]
        return await self.type(who, " ".join([command, *words, *named]))

    async def direct(self, who: str) -> Seen:
        return self.note(who, "reads a direct message:", self.directs[who])

    async def monday(self) -> Seen:
        answer = await self.line("clock mon 09:00 UTC")
        post = next(post for post in answer["posts"] if not post["thread"] and post["channel"] == "#reading")
        return self.note("everyone", "sees in #reading:", self.seen(post))

    async def settle(self) -> None:
        await self.line("clock")


class _Sink:
    """Where the answers go, as they are written."""

    def __init__(self, answers: "asyncio.Queue[dict[str, Any]]") -> None:
        self._answers = answers

    def write(self, text: str) -> None:
        self._answers.put_nowait(json.loads(text))

    def flush(self) -> None:
        """Nothing is held back."""


@asynccontextmanager
async def terminal(database: str) -> AsyncIterator[Terminal]:
    reads, writes = os.pipe()
    front = Terminal(pipe=writes)
    with os.fdopen(reads) as source, os.fdopen(writes, "wb"):
        screen = screens.json_lines(source, _Sink(front.answers))  # type: ignore[arg-type] # a sink of text
        task = asyncio.create_task(talk(load(database=database), screen, speaker="ana", role=Role.ADMIN, seat=Seat()))
        try:
            yield front
        finally:
            os.write(writes, b"quit\n")
            async with asyncio.timeout(30):
                await task


# -- Slack -------------------------------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Slack(Front):
    """Requests that are signed, over HTTP."""

    club: SlackClub
    slack: FakeSlack
    root: Any = None

    @staticmethod
    def user(who: str) -> str:
        return f"U0{who.upper()}"

    def seen(self, body: Json) -> Seen:
        buttons = slack_fake.buttons(body)
        return Seen(slack_fake.shown(body), list(buttons), raw=(buttons, body))

    def form(self, view: Json) -> Seen:
        fields = {}
        for block in view["blocks"]:
            control = block.get("element", {})
            chosen = control.get("initial_option", {}).get("value", "")
            fields[block["block_id"]] = control.get("initial_value", control.get("initial_time", chosen))
        return Seen(view["title"]["text"], fields=fields, raw=view)

    async def ended(self, payload: Json) -> Seen:
        """The newest answer to this use, once nothing is on its way; a form where it opened one."""
        answers, views = len(self.slack.answers), len(self.slack.views)
        status, said = await self.slack.send(payload)
        assert status == 200, said
        await self.slack.until(lambda: len(self.slack.answers) > answers or len(self.slack.views) > views)
        if len(self.slack.views) > views:
            return self.form(self.slack.views[-1])
        first = self.slack.answers[-1].body
        if "is on its way" in slack_fake.shown(first):
            await self.settle()
            await self.slack.until(lambda: self.slack.answers[-1].body is not first)
        return self.seen(self.slack.answers[-1].body)

    async def type(self, who: str, line: str) -> Seen:
        seen = await self.ended(self.slack.command(self.user(who), line))
        return self.note(who, f"types: /blog {line}", seen)

    async def pick(self, who: str, menu: str, text: str, *, in_thread: bool = False) -> Seen:
        thread = {"thread_ts": self.root.ts} if in_thread else {}
        words = " ".join(f"<{word}>" if "://" in word else word for word in text.split())
        message = {"ts": self.slack.ts(), "user": self.user(who), "text": words, **thread}
        word = {ADD: "add", TAKEAWAY: "takeaway"}[menu]
        seen = await self.ended(self.slack.shortcut(self.user(who), word, message))
        return self.note(who, f"picks “{menu}” of “{text}”", seen)

    async def press(self, who: str, seen: Seen, label: str) -> Seen:
        buttons, body = seen.raw
        room = f"D0{who.upper()}" if body.get("channel") == self.user(who) else "C0001"
        shown = await self.ended(self.slack.press(self.user(who), buttons[label], ts=self.slack.ts(), channel=room))
        return self.note(who, f"presses [{label}]", shown)

    async def fill(self, who: str, form: Seen, **values: str) -> Seen:
        view, views = form.raw, len(self.slack.views)
        filled = {**(form.fields or {}), **values}
        state = {name: {"value": self._typed(view, name, value)} for name, value in filled.items() if value}
        status, said = await self.slack.send(self.slack.submission(self.user(who), view, state))
        assert status == 200, said
        if said.get("response_action") == "errors":
            return self.note(who, f"fills in {values}", Seen(str(said["errors"])))
        shown = said["view"] if said.get("view") else self.slack.views[views]
        if "is on its way" in str(shown):
            await self.settle()
            shown = await self.slack.until(lambda: len(self.slack.views) > views and self.slack.views[-1])
        return self.note(who, f"fills in {values}", self.seen({"blocks": shown["blocks"]}))

    @staticmethod
    def _typed(view: Json, name: str, value: str) -> Json:
        control = next(block["element"]["type"] for block in view["blocks"] if block["block_id"] == name)
        chosen = {"type": control, "selected_option": {"value": value}}
        return chosen if control.endswith("select") else {"type": control, "value": value}

    async def direct(self, who: str) -> Seen:
        await self.settle()
        sent = [one for one in self.slack.sent if one.channel == f"D0{who.upper()}"]
        return self.note(who, "reads a direct message:", self.seen(sent[-1].body))

    async def monday(self) -> Seen:
        known = len(self.slack.sent)
        await self.club.advance(timedelta(days=7))
        posts = [one for one in self.slack.sent[known:] if one.thread is None and one.channel == "C0001"]
        self.root = posts[0]
        return self.note("everyone", "sees in #reading:", self.seen(self.root.body))

    async def settle(self) -> None:
        await self.club.settle()


@asynccontextmanager
async def slack(database: str) -> AsyncIterator[Slack]:
    fake = FakeSlack()
    fake.workspace()
    fake.channel()
    for who, is_admin in PEOPLE.items():
        fake.user(Slack.user(who), who, admin=is_admin)
    async with fake.running(), running(fake, database) as club:
        yield Slack(club=club, slack=fake)
        assert not fake.refusals


# -- Discord -----------------------------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Discord(Front):
    """Interactions and messages over SimCord."""

    server: Server
    channel: Any
    members: Mapping[str, Any]

    def seen(self, message: Any) -> Seen:
        kept = self.server.env.backend.get_message(_room(message), message.id)
        buttons = [label for label, _ in discord_server.buttons(kept.components)]
        return Seen(discord_server.read_aloud(kept.components), buttons, raw=message)

    async def ended(self, result: Any) -> Seen:
        """The answer once nothing is on its way; a form where it opened one."""
        if result.modal is not None:
            asked = [one["component"] for one in result.modal["components"]]
            fields = {one["custom_id"]: _begins_with(one) for one in asked}
            return Seen(result.modal["title"], fields=fields, raw=result)
        if result.response is None:
            return Seen("", raw=result)
        if "is on its way" in self.seen(result.response).text:
            await self.settle()
            for _ in range(400):  # 8 s
                if "is on its way" not in self.seen(result.response).text:
                    break
                await asyncio.sleep(0.02)
        return self.seen(result.response)

    async def type(self, who: str, line: str) -> Seen:
        """As a person picks it: the words of the command, then its options by name."""
        words, options = _as_picked(self.server, line)
        seen = await self.ended(await self.members[who].slash(self.channel, f"blog {words}", **options))
        return self.note(who, f"types: /blog {line}", seen)

    async def pick(self, who: str, menu: str, text: str, *, in_thread: bool = False) -> Seen:
        place = self.channel.threads[-1] if in_thread else self.channel
        message = await self.members[who].send(place, text)
        seen = await self.ended(await self.members[who].context_menu(place, menu, message))
        return self.note(who, f"picks “{menu}” of “{text}”", seen)

    async def press(self, who: str, seen: Seen, label: str) -> Seen:
        actor = self.members[who]
        actor = actor.user if _room(seen.raw) == actor.user.dm_channel.id else actor
        return self.note(who, f"presses [{label}]", await self.ended(await actor.click(seen.raw, label=label)))

    async def fill(self, who: str, form: Seen, **values: str) -> Seen:
        menus = [one["component"]["custom_id"] for one in form.raw.modal["components"] if "options" in one["component"]]
        typed = {name: value for name, value in {**(form.fields or {}), **values}.items() if value}
        filled = {name: [value] if name in menus else value for name, value in typed.items()}
        result = await self.members[who].submit_modal(form.raw, filled)
        return self.note(who, f"fills in {values}", await self.ended(result))

    async def direct(self, who: str) -> Seen:
        await self.settle()
        return self.note(who, "reads a direct message:", self.seen(self.members[who].user.dm_channel.history()[-1]))

    async def monday(self) -> Seen:
        clock = self.server.club.clock
        clock.move_to(next_monday(clock.now()))
        await self.settle()
        root = discord_server.entry_message(self.channel)
        return self.note("everyone", "sees in #reading:", self.seen(root))

    async def settle(self) -> None:
        await self.server.club.lists.write_edits()
        await self.server.settle()


def _begins_with(field: Mapping[str, Any]) -> str:
    """The value of a form's field, or the choice of its menu, before anything is changed."""
    chosen = [one["value"] for one in field.get("options", ()) if one.get("default")]
    return str(field.get("value") or "".join(chosen))


def _room(message: Any) -> int:
    return int(message.channel_id if hasattr(message, "channel_id") else message.channel.id)


def next_monday(now: datetime) -> datetime:
    """Monday at nine in UTC, more than a minute away."""
    day = now.replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=-now.weekday() % 7)
    return day if day > now + timedelta(minutes=1) else day + timedelta(days=7)


def _as_picked(server: Server, line: str) -> tuple[str, dict[str, str | int]]:
    catalogue = server.club.dispatcher.catalogue
    call = parse(catalogue, line)
    numbers = {param.name for param in spec_of(catalogue, call.path).params if param.kind is Kind.NUMBER}
    options = {name: int(value) if name in numbers else value for name, value in call.arguments.items()}
    return " ".join(call.path), options


@asynccontextmanager
async def discord(database: str) -> AsyncIterator[Discord]:
    async with a_server(database, reading_list=None) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        members = {who: server.member(guild, who, admin=is_admin) for who, is_admin in PEOPLE.items()}
        yield Discord(server=server, channel=channel, members=members)


FRONTS: Mapping[str, Callable[[str], Any]] = {"terminal": terminal, "slack": slack, "discord": discord}
