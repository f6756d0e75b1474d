"""A worker whose attempts go wrong: what the platform got, and what the ledger says of it afterwards."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.platform import ChatPlatform
from bot.domain.card import Card
from bot.domain.delivery import Delivery, Durations, PostingRules, State, Transition
from bot.domain.errors import StoreError
from bot.domain.ids import ChannelRef, MessageRef, ThreadRef
from bot.domain.notice import Host
from bot.runtime.worker import MAX_TURN, Worker
from bot.service import ledger
from bot.service.ledger import Outcome
from tests.fakes.clubhouse import Clubhouse, clubhouse
from tests.fakes.platform import NAME, RecordingPlatform, channel
from tests.unit.test_supervise import Counted

IN_TIME = Durations()


@dataclass
class Settled(Counted):
    ends: list[State] = field(default_factory=list)

    def count_settled(self, delivery: Delivery, transition: Transition) -> None:
        self.ends.append(transition.state)


@dataclass
class Doing(RecordingPlatform):
    """Does something before each post."""

    before: Callable[[], Awaitable[None]] = field(kw_only=True)

    async def post(self, channel: ChannelRef, card: Card, *, key: str, thread: ThreadRef | None = None) -> MessageRef:
        await self.before()
        return await super().post(channel, card, key=key, thread=thread)


async def for_ever() -> None:
    await asyncio.Event().wait()


async def a_bug() -> None:
    raise ValueError("no such button")


def worker(house: Clubhouse, platform: ChatPlatform, durations: Durations = IN_TIME) -> tuple[Worker, Settled]:
    """One more worker of the house's ledger, with a platform of its own."""
    metrics = Settled()
    return Worker(house.club.runner, {NAME: platform}, Host(), durations, house.club.clock, metrics), metrics


async def leased(house: Clubhouse) -> Sequence[Delivery]:
    taken = await house.club.runner.write(
        lambda tx: ledger.claim(tx, "worker", 9, IN_TIME, {NAME: PostingRules()}, host=Host())
    )
    return taken.leased


async def now(house: Clubhouse, delivery: Delivery) -> Delivery:
    found = await house.club.runner.read(lambda tx: tx.ledger.get(delivery.id))
    assert found is not None
    return found


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    """What the worker itself put into the log."""
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    return [line for line in lines if line["logger"] == "dogear.deliver"]


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/dogear.db"


@pytest.mark.parametrize(
    ("before", "outcome"),
    [(for_ever, "no answer within 0.02 s"), (a_bug, "a bug of ours; see the log")],
)
async def test_a_post_without_an_answer_is_in_doubt(
    before: Callable[[], Awaitable[None]], outcome: str, database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say("share #1")
        (delivery,) = await leased(house)
        one, metrics = worker(house, Doing(before=before), Durations(attempt=timedelta(milliseconds=20)))
        await one._attempt(delivery)
        after = await now(house, delivery)
        assert after.not_before is not None
        assert after.sent_from is not None
        wait, ends = after.not_before - after.sent_from, metrics.ends

    assert (after.state, after.outcome) == (State.UNCERTAIN, outcome)
    assert wait == PostingRules().settle
    assert ends == [State.UNCERTAIN]


async def test_a_bug_in_a_post_is_logged_with_its_place(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say("share #1")
        (delivery,) = await leased(house)
        await worker(house, Doing(before=a_bug))[0]._attempt(delivery)

    (bug,) = logged(capsys)
    assert bug["level"] == "error"
    assert "ValueError: no such button" in bug["exception"]


async def test_what_would_wait_too_long_for_its_turn_goes_back_until_then(database: str, tmp_path: Path) -> None:
    slow = RecordingPlatform(posting_rules=PostingRules(workspace_pace=timedelta(seconds=2 * MAX_TURN)))
    async with clubhouse(database, tmp_path, "Alpha") as house:
        for place in ("one", "two"):
            await house.say("share #1", where=place)
        both = await leased(house)
        one, _ = worker(house, slow)
        for delivery in both:
            await one._attempt(delivery)
        kept = [await now(house, delivery) for delivery in both]
        assert kept[1].not_before is not None
        (sent, waiting), posted, wait = kept, len(slow.posted), kept[1].not_before - house.club.clock.now()

    assert posted == 1
    assert sent.state is State.SENT
    assert (waiting.state, waiting.attempt, waiting.lease_owner) == (State.PENDING, 0, None)
    assert timedelta(seconds=MAX_TURN) < wait <= timedelta(seconds=2.5 * MAX_TURN)


async def test_a_worker_that_stops_gives_back_what_it_has_not_begun(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say("share #1")
        (delivery,) = await leased(house)
        platform = RecordingPlatform()
        one, _ = worker(house, platform)
        one._stopping = True
        await one._attempt(delivery)
        back, posted, due = await now(house, delivery), len(platform.posted), len(await leased(house))

    assert (back.state, back.attempt, posted, due) == (State.PENDING, 0, 0, 1)


async def test_an_attempt_that_begins_too_late_is_not_made_and_is_due_again(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say("share #1")
        (delivery,) = await leased(house)
        platform = RecordingPlatform()
        one, _ = worker(house, platform, Durations(stale_intent=timedelta(seconds=-1)))
        await one._attempt(delivery)
        back, posted, due = await now(house, delivery), len(platform.posted), len(await leased(house))

    assert (back.state, back.attempt, posted, due) == (State.PENDING, 0, 0, 1)


async def test_a_lease_that_another_worker_has_by_now_is_not_used(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say("share #1")
        (delivery,) = await leased(house)
        platform = RecordingPlatform()
        one, metrics = worker(house, platform)
        await one._attempt(replace(delivery, fence=delivery.fence - 1))
        kept, posted, ends = await now(house, delivery), len(platform.posted), metrics.ends

    assert (kept.state, kept.attempt, posted, ends) == (State.LEASED, 0, 0, [])


async def test_a_delivery_lost_to_another_worker_is_not_counted_and_its_double_goes(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say("share #1")
        (delivery,) = await leased(house)
        platform = RecordingPlatform()
        one, metrics = worker(house, platform)
        double = await platform.post(channel(), Card(title="Alpha"), key=delivery.key)
        await one._report(delivery, Outcome(transition=Transition(state=State.SENT), lost=True, surplus=double))

        assert (len(platform.posted), metrics.ends) == (0, [])


async def test_what_a_worker_is_sending_it_does_not_look_for(database: str, tmp_path: Path) -> None:
    """A clock that was set makes its own attempt look like one that has ended."""

    arrived, answer = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        arrived.set()
        await answer.wait()

    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say("share #1")
        (delivery,) = await leased(house)
        platform = Doing(before=hold)
        one, _ = worker(house, platform)
        attempt = asyncio.create_task(one._attempt(delivery))
        await arrived.wait()
        await one._settled(await now(house, delivery), house.club.clock.now())
        answer.set()
        await attempt

        assert (platform.looks, len(platform.posted)) == (0, 1)


@pytest.mark.parametrize(
    ("error", "level"), [(StoreError("The database is away."), "warning"), (ValueError("no card"), "error")]
)
async def test_an_attempt_that_fails_leaves_its_place_to_others_and_a_line_in_the_log(
    error: Exception, level: str, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fails() -> None:
        raise error

    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say("share #1")
        (delivery,) = await leased(house)
        one, _ = worker(house, RecordingPlatform())
        await asyncio.wait({one._begin(delivery, fails())})
        await asyncio.sleep(0)

        assert len(one._working) == 0
    assert [line["level"] for line in logged(capsys)] == [level]


async def test_what_waits_for_its_turn_when_a_worker_stops_goes_back(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        for place in ("one", "two"):
            await house.say("share #1", where=place)

        async def stop() -> None:
            running.cancel()

        platform = Doing(before=stop, posting_rules=PostingRules(workspace_pace=timedelta(seconds=1)))
        one, _ = worker(house, platform)
        running = asyncio.create_task(one.run())
        await asyncio.gather(running, return_exceptions=True)

        assert (len(platform.posted), len(await leased(house))) == (1, 1)
