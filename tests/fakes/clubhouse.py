"""A whole club over a real database, with a platform that keeps what it is sent and a clock that is moved by hand."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.chat.platform import Actor, Answer, Invocation, Reacted, Unreacted
from bot.domain.card import Action, Call, Card, Fields, Paragraph
from bot.domain.ids import InvocationId, MessageRef
from bot.domain.reading_state import Meaning
from bot.domain.team import Role, Team
from bot.domain.text import string
from bot.ports.metrics import NULL_METRICS, Metrics
from bot.runtime.bootstrap import Club, open_club
from bot.runtime.settings import load
from bot.runtime.stage import LocalStage
from bot.service import teams
from tests.fakes.platform import WORKSPACE, RecordingPlatform, account, channel

WEDNESDAY = datetime(2026, 3, 4, 12, tzinfo=UTC)
"""Before the Monday, 9 March 2026, on which the schedules of most tests fall due."""


@dataclass
class Clubhouse:
    club: Club
    platform: RecordingPlatform
    team: Team
    stage: LocalStage
    reading_list: Path

    async def say(
        self,
        line: str | Call,
        *,
        by: str = "ana",
        role: Role = Role.ADMIN,
        again: str | None = None,
        where: str = "reading",
    ) -> Answer:
        invocation = InvocationId(again or self.club.clock.token())
        actor = actor_of(by, role)
        return await self.club.dispatcher.invoke(
            Invocation(id=invocation, call=line, actor=actor, channel=channel(where))
        )

    async def press(self, action: Action, *, by: str = "ana", sure: bool = True) -> Answer:
        """Press a button in #reading as an admin; `sure` if the person was asked whether they are."""
        return await self.club.dispatcher.invoke(
            Invocation(
                id=InvocationId(self.club.clock.token()),
                call=action.call,
                actor=actor_of(by, Role.ADMIN),
                channel=channel(),
                pressed=True,
                confirmed=sure,
            )
        )

    async def react(self, message: MessageRef, meaning: Meaning, *, by: str = "ana", away: bool = False) -> None:
        kind = Unreacted if away else Reacted
        emoji = {"read": "✅", "later": "🔖", "insight": "💡", "host": "🎤"}[meaning]
        happening = kind(
            actor=actor_of(by, Role.READER), message=message, emoji=emoji, meaning=meaning, at=self.stage.now()
        )
        await self.club.dispatcher.handle(happening)

    async def wait(self, **by: float) -> None:
        """Let time pass, with everything that falls due on the way."""
        await self.stage.advance(timedelta(**by))

    async def jump(self, **by: float) -> None:
        """Be away while time passes, then look at what is due."""
        self.club.clock.move_to(self.club.clock.now() + timedelta(**by))
        await self.stage.settle()

    async def rewrite(self, *titles: str) -> None:
        write(self.reading_list, titles)
        await self.club.lists.sync(self.team)


def actor_of(name: str, role: Role) -> Actor:
    return Actor(account=account(name), workspace=WORKSPACE, name=name, role=role)


def write(path: Path, titles: Sequence[str]) -> None:
    """A list with an entry and a note for each title; `title+tag` gives it a tag."""
    entries = []
    for title in titles:
        name, _, tag = title.partition("+")
        prefix = f"[{tag}] " if tag else ""
        entries.append(f"* {prefix}[{name}](https://example.org/{name.lower()})\n    * A note about {name}.\n")
    path.write_text("".join(entries), encoding="utf-8")


@asynccontextmanager
async def clubhouse(
    database: str,
    folder: Path,
    *titles: str,
    at: datetime = WEDNESDAY,
    platform: RecordingPlatform | None = None,
    metrics: Metrics = NULL_METRICS,
    hosted: bool = False,
    **options: Any,
) -> AsyncIterator[Clubhouse]:
    """A club with these entries on its list, and no list without any; a second one over the same database is another
    process of it.
    """
    platform = platform or RecordingPlatform()
    reading_list = folder / "list.md"
    if titles:
        write(reading_list, titles)
    options.setdefault("git_folder", str(folder / "copies"))
    async with open_club(load(database=database, **options), migrate=False, metrics=metrics, hosted=hosted) as club:
        club.clock.move_to(at)
        club.join(platform)
        team = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
        await club.runner.write(lambda tx: teams.join(tx, WORKSPACE, "ours", team))
        if reading_list.exists():
            await club.lists.use(team, [reading_list])
        stage = LocalStage(club, team)
        yield Clubhouse(club, platform, team, stage, reading_list)


def text_of(answer: Answer) -> str:
    """Every sentence of a card, one after the other."""
    assert isinstance(answer.show, Card)
    return words_of(answer.show)


def words_of(card: Card) -> str:
    parts = [card.title]
    for block in card.blocks:
        if isinstance(block, Paragraph):
            parts.append(string(block.text))
        if isinstance(block, Fields):
            parts += [f"{name}: {string(text)}" for name, text in block.items]
    return "\n".join(parts)
