"""Many hands on one entry: what people do within 20 ms, in however many processes, and whose state is wrong after it."""

import asyncio
import random as chance  # noqa: TID251 -- the same dice in every run
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.chat.platform import Invocation, Reacted, Unreacted
from bot.domain.card import Card
from bot.domain.ids import EntryNumber, InvocationId, MessageRef
from bot.domain.reading_state import ReadingState, state_of
from bot.domain.team import Role
from bot.ports.store import Transaction
from bot.runtime.bootstrap import Club
from bot.service import teams
from tests.fakes.clubhouse import actor_of
from tests.fakes.platform import account, channel

READ, LATER, UNREAD = ReadingState.READ, ReadingState.LATER, ReadingState.UNREAD
ONE = EntryNumber(1)
WITHIN = 0.02
"""Seconds between the two acts of one person."""
BETWEEN = 0.005
"""Seconds from one person to the next."""


@dataclass(frozen=True)
class Act:
    """Something typed, or a reaction put or taken away."""

    line: str = ""
    meaning: ReadingState = READ
    away: bool = False


@dataclass(frozen=True)
class Case:
    """`before` is done by everyone first; of `both` nobody knows which comes first. What may come of it is `ends`."""

    name: str
    both: tuple[Act, Act]
    ends: frozenset[ReadingState]
    before: tuple[Act, ...] = field(default=())


CHECK, BOOKMARK, TYPED = Act(meaning=READ), Act(meaning=LATER), Act(line="read #1")
CASES = (
    Case("✅ and 🔖", (CHECK, BOOKMARK), frozenset({READ})),
    Case(
        "✅ and 🔖 taken away", (Act(away=True), Act(meaning=LATER, away=True)), frozenset({UNREAD}), (CHECK, BOOKMARK)
    ),
    Case("read typed, 🔖", (TYPED, BOOKMARK), frozenset({READ})),
    Case("read typed, 🔖 taken away", (TYPED, Act(meaning=LATER, away=True)), frozenset({READ}), (BOOKMARK,)),
    Case("later typed, ✅", (Act(line="later #1"), CHECK), frozenset({LATER, READ})),
    Case("read and later typed", (TYPED, Act(line="later #1")), frozenset({LATER, READ})),
)


@dataclass(frozen=True)
class Planned:
    """One act of one person: `after` seconds from the start, in the process of that number."""

    person: str
    process: int
    after: float
    act: Act


def people(case: Case, run: int, number: int) -> list[str]:
    """Newcomers in every run."""
    return [f"{CASES.index(case)}-{run}-{one}" for one in range(number)]


def planned(case: Case, run: int, number: int, processes: int) -> Iterator[Planned]:
    """Both acts of everyone, in either order and up to 20 ms apart, each in any of the processes."""
    dice = chance.Random(f"{case.name} {run}")
    for at, person in enumerate(people(case, run, number)):
        acts = list(case.both)
        dice.shuffle(acts)
        for act, apart in zip(acts, (0.0, dice.uniform(0, WITHIN)), strict=True):
            yield Planned(person, dice.randrange(processes), at * BETWEEN + apart, act)


async def prepare(club: Club, case: Case, run: int, number: int) -> None:
    """Everyone is a member already: newcomers take turns, for each takes the team's next number."""
    for act in (Act(line="list"), *case.before):
        await asyncio.gather(*(do(club, person, act) for person in people(case, run, number)))


async def play(club: Club, acts: Sequence[Planned]) -> Mapping[str, list[str]]:
    """Do it all in time; what each person was answered, in the order in which the answers came."""
    answers: dict[str, list[str]] = {}

    async def one(planned: Planned) -> None:
        await asyncio.sleep(planned.after)
        said = await do(club, planned.person, planned.act)
        if said:
            answers.setdefault(planned.person, []).append(said)

    await asyncio.gather(*map(one, acts))
    return answers


async def do(club: Club, person: str, act: Act) -> str:
    """The title of the answer; nothing for a reaction."""
    actor = actor_of(person, Role.READER)
    if act.line:
        new = InvocationId(club.clock.token())
        answer = await club.dispatcher.invoke(Invocation(id=new, call=act.line, actor=actor, channel=channel()))
        assert isinstance(answer.show, Card)
        return answer.show.title
    kind = Unreacted if act.away else Reacted
    emoji = {READ: "✅", LATER: "🔖"}[act.meaning]
    message, at = MessageRef(channel(), "shared"), club.clock.now()
    await club.dispatcher.handle(kind(actor=actor, message=message, emoji=emoji, meaning=act.meaning, at=at, entry=ONE))
    return ""


_TOLD = {
    "#1 is read.": READ,
    "You had already read #1.": READ,
    "#1 is in your queue.": LATER,
    "#1 was already in your queue.": LATER,
}


def wrong(tx: Transaction, case: Case, who: Sequence[str], answers: Mapping[str, Sequence[str]]) -> list[str]:
    """Those whose stored state is not what their choice and live marks support, or cannot come of what they did, or
    is not one that they were told of.
    """
    team = teams.get_or_create_default(tx, "UTC")
    entry = tx.entries.by_number(team.id, ONE)
    assert entry is not None
    found = []
    for person in who:
        member = tx.teams.member(team.id, account(person))
        assert member is not None
        state = tx.readings.state(member.id, entry.id)
        marks = tx.readings.marks(team.id, member.account, entry.id)
        supported = state_of(tx.readings.choice(member.id, entry.id), marks)
        told = {_TOLD[said] for said in answers.get(person, ())}
        heard = not told or state in told or any(mark.live and mark.meaning is state for mark in marks)
        if state is not supported or state not in case.ends or not heard:
            found.append(person)
    return found
