"""The worker that sends deliveries to their platforms, retries them and resolves uncertain ones. When to retry, and what
may be sent again, is in `bot.domain.delivery`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextvars import copy_context
from datetime import datetime, timedelta
from functools import partial
from typing import TypeAlias, TypeVar

from bot.chat.jobs import Job
from bot.chat.platform import ChatPlatform, MarksSeen
from bot.chat.trace import follow
from bot.domain.delivery import (
    MESSAGES,
    REPEATABLE,
    Delivery,
    Durations,
    PostingRules,
    State,
    Step,
    may_repeat,
    standing,
)
from bot.domain.errors import PlatformError, PlatformUncertain, StoreError
from bot.domain.ids import ChannelRef, MessageRef, PlatformName, ThreadRef, WorkspaceRef
from bot.domain.notice import Host
from bot.domain.reading_state import ReadingState
from bot.ports.clock import Clock
from bot.ports.metrics import Metrics
from bot.ports.runner import Runner
from bot.runtime.threads import Batcher
from bot.service import ledger, readings, revisions
from bot.service.ledger import Attempt, Outcome

CONCURRENT = 64
"""Concurrent attempts. At 50 ms per answer this is a thousand a second."""
LOOKS = 16
"""How many of them may be searches: a platform in trouble must not hold up the others' deliveries."""
REVISE_EVERY = timedelta(minutes=5)
REVISED = 20
"""Posts that are revised in one round."""
MAX_TURN = 5.0
"""Seconds that a leased delivery waits for its turn here. If it takes longer, it is given back to the ledger."""
RESULT_AGAIN = 0.5
"""Seconds until a result is saved again that the database did not accept."""

TROUBLES = frozenset({State.REFUSED, State.SKIPPED, State.NEEDS_HUMAN})
"""States that someone is notified of, by a notice in the same transaction."""

T = TypeVar("T")

log = logging.getLogger("dogear.deliver")


Place: TypeAlias = ChannelRef | WorkspaceRef | PlatformName

MAX_KNOWN = 10_000
"""The maximum number of places to remember. Beyond it, idle ones are dropped."""
JITTER = 1000
"""In thousandths: each pace is longer by up to a fifth, so that several processes do not run in step."""


class Pacer:
    """In-process rate limiter. Times are seconds of the event loop's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._free: dict[Place, float] = {}

    def turn(self, delivery: Delivery, posting_rules: PostingRules, now: float, longest: float) -> float:
        """Reserve this delivery's turn. Returns the seconds to wait before its request.

        A turn further away than `longest` is not reserved: no one would wait for it, and it would delay all others.
        """
        channel = delivery.draft.channel
        paces: list[tuple[Place, timedelta]] = [
            (channel.workspace, posting_rules.workspace_pace),
            (channel.workspace.platform, posting_rules.platform_pace),
        ]
        at = max(now, *(self._free.get(place, now) for place, _ in paces))
        if delivery.draft.step in MESSAGES:
            at = max(at, self._free.get(channel, now))
        if at - now <= longest:
            for place, pace in paces:
                self._take(place, pace, max(now, self._free.get(place, now)))
        return at - now

    def used(self, delivery: Delivery, posting_rules: PostingRules, now: float) -> None:
        """A message was posted in the channel, as far as we know, so the next one has to wait."""
        if delivery.draft.step in MESSAGES:
            self._take(delivery.draft.channel, posting_rules.channel_pace, now)

    def _take(self, place: Place, pace: timedelta, at: float) -> None:
        if not pace:
            return
        if len(self._free) >= MAX_KNOWN:
            self._free = {known: free for known, free in self._free.items() if free > at}
        longer = 1 + self._clock.random_below(JITTER // 5) / JITTER
        self._free[place] = at + pace.total_seconds() * longer


class Worker:
    """One worker of the ledger. Any number may run, in this process and in others."""

    def __init__(
        self,
        runner: Runner,
        platforms: Mapping[PlatformName, ChatPlatform],
        host: Host,
        durations: Durations,
        clock: Clock,
        metrics: Metrics,
        *,
        alone: bool = False,
    ) -> None:
        """With `alone` it changes nothing on other platforms than its own, not even posts that are too late there."""
        self._alone = alone
        self._runner = runner
        self._platforms = platforms
        self._host = host
        self._durations = durations
        self._owner = clock.token()
        self.on_settled: Callable[[str], Awaitable[None]] | None = None
        """Called with the source of each settled post."""
        self._clock = clock
        self._pacer = Pacer(clock)
        self._metrics = metrics
        self._woken = asyncio.Event()
        self._working: set[asyncio.Task[None]] = set()
        self._looking: set[asyncio.Task[None]] = set()
        self._attempting: set[int] = set()
        self._stopping = False
        self._broken: type[Exception] | None = None
        self._intend = Batcher(self._intend_all)
        self._note = Batcher(self._note_all)

    def wake(self) -> None:
        """Check the ledger now. Call it from the event loop's thread."""
        self._woken.set()

    async def run(self) -> None:
        """Send what is due until cancelled. Started attempts are finished first."""
        while True:
            self._woken.clear()
            starting = asyncio.create_task(self._started())
            try:
                await self._rest(await asyncio.shield(starting))
            except asyncio.CancelledError:
                self._stopping = True
                await asyncio.wait({starting})
                await self._finish()
                raise

    async def _started(self) -> timedelta | None:
        """Start what is due. Returns the time until more is, None if unknown. A bug does not end the worker."""
        try:
            next_due = await self._start()
        except StoreError as error:
            log.warning("the ledger cannot be read: %s", error)
            return None
        except Exception as error:  # noqa: BLE001 -- whatever it is, what is due later must not wait for a restart
            self._broke(error)
            return None
        self._broken = None
        return next_due

    def _broke(self, error: Exception) -> None:
        """Log once per kind of bug: it may return with every poll."""
        self._metrics.count_restart("worker")
        if self._broken is not type(error):
            self._broken = type(error)
            reference = self._clock.token()[:4].lower()
            log.error("bug in a worker, which goes on", exc_info=error, extra={"reference": reference})

    async def _rest(self, next_due: timedelta | None) -> None:
        """Wait for something to do: a wake-up, the end of an attempt, or a due time. At most one poll interval."""
        woken = asyncio.create_task(self._woken.wait())
        wait = min(next_due or self._durations.poll, self._durations.poll).total_seconds()
        try:
            await asyncio.wait({woken, *self._working}, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()

    async def _finish(self) -> None:
        """Wait for the running attempts, all of which end soon."""
        if self._working:
            await asyncio.wait(self._working, timeout=1.5 * self._durations.attempt.total_seconds())
        for task in self._working:
            task.cancel()

    async def drain(self) -> None:
        """Send everything that is due now, and whatever becomes due meanwhile."""
        while True:
            await self._start()
            if not self._working:
                return
            await asyncio.wait(self._working, return_when=asyncio.FIRST_COMPLETED)

    def jobs(self) -> Sequence[Job]:
        """The recurring work of a worker beside its deliveries."""
        return (Job(name="counts of readers", run=self.revise, every=REVISE_EVERY),)

    async def revise(self) -> None:
        """Bring the counts of readers in posts up to date, some at a time."""
        names = list(self._platforms)
        for post in await self._runner.read(lambda tx: revisions.outdated(tx, REVISED, names)):
            if post.message is None:
                continue
            card = await self._runner.write(partial(revisions.claim, post=post))
            if card is None:
                continue
            error = await self._tried(post, self._platform(post).revise(post.message, card, key=post.key))
            await self._runner.write(partial(revisions.note, post=post.id, card=card, error=error))
            if error is not None:
                log.info("a post could not be revised: %s", error, extra={"delivery": post.id})

    async def _start(self) -> timedelta | None:
        """Claim what is due, as far as there is room, and start it. Returns the time until more is, None if unknown."""
        room = CONCURRENT - len(self._working)
        if not room:
            return None
        rules = {name: platform.posting_rules for name, platform in self._platforms.items()}
        looks = min(room, LOOKS - len(self._looking))
        taken = await self._runner.write(
            lambda tx: ledger.claim(
                tx, self._owner, room, self._durations, rules, looks=looks, host=self._host, alone=self._alone
            )
        )
        for delivery in taken.given_up:
            _say(delivery, delivery.state, delivery.outcome)
        if taken.given_up:
            self.wake()
        for delivery in taken.doubtful:
            self._look(delivery, self._settled(delivery, taken.at))
        for delivery in taken.leased:
            self._begin(delivery, self._attempt(delivery))
        for delivery in taken.unswept:
            self._look(delivery, self._sweep(delivery))
        return taken.next_due

    def _begin(self, delivery: Delivery, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Log lines of the task are about the invocation that enqueued the delivery, if one did."""
        context = copy_context()
        if delivery.draft.invocation is not None:
            context.run(follow, delivery.draft.invocation)
        task = asyncio.create_task(work, context=context)
        self._working.add(task)
        task.add_done_callback(self._ended)
        return task

    def _look(self, delivery: Delivery, work: Coroutine[None, None, None]) -> None:
        task = self._begin(delivery, work)
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, StoreError):
            log.warning("the ledger cannot be written: %s", error)
        elif error is not None:
            log.error("bug in a worker", exc_info=error)

    async def _attempt(self, leased: Delivery) -> None:
        posting_rules = self._platform(leased).posting_rules
        wait = self._pacer.turn(leased, posting_rules, self._time(), MAX_TURN)
        if wait <= MAX_TURN:
            await asyncio.sleep(wait)
        if wait > MAX_TURN or self._stopping:
            await self._give_back(leased, timedelta(seconds=wait))
            return
        began, shown = self._time(), self._clock.now()
        delivery = await self._intend(leased)
        if delivery is None:
            log.info("delivery held back", extra={"delivery": leased.id, "step": leased.draft.step})
            return
        if delivery.state is not State.SENDING:
            _say(delivery, delivery.state, delivery.outcome)
            self.wake()
            return
        if max(self._time() - began, (self._clock.now() - shown).total_seconds()) > self._stale:
            await self._give_back(delivery, timedelta())
            return
        self._attempting.add(delivery.id)
        try:
            result = await self._tried(delivery, self._step(delivery))
            self._pacer.used(delivery, posting_rules, self._time())
            noted = await self._note(Attempt(delivery=delivery, result=result))
        finally:
            self._attempting.discard(delivery.id)
        await self._report(delivery, noted)

    @property
    def _stale(self) -> float:
        """Seconds after which an attempt is no longer started: the machine was frozen or is overloaded."""
        return self._durations.stale_intent.total_seconds()

    def _time(self) -> float:
        return asyncio.get_running_loop().time()

    def _platform(self, delivery: Delivery) -> ChatPlatform:
        return self._platforms[delivery.draft.channel.workspace.platform]

    async def _give_back(self, delivery: Delivery, wait: timedelta) -> None:
        await self._runner.write(lambda tx: ledger.give_back(tx, delivery, wait))

    async def _intend_all(self, leased: Sequence[Delivery]) -> Sequence[Delivery | None]:
        return await self._runner.write(lambda tx: ledger.start_attempts(tx, leased, self._durations, self._host))

    async def _note_all(self, attempts: Sequence[Attempt]) -> Sequence[Outcome]:
        """Saving results is worth several tries: a lost result means a search on the platform.

        Counted in tries instead of seconds: after a machine was frozen the time is over and its connection is gone.
        """
        rules = {name: platform.posting_rules for name, platform in self._platforms.items()}
        tries = int(self._durations.attempt.total_seconds() / RESULT_AGAIN)
        while True:
            try:
                return await self._runner.write(
                    lambda tx: ledger.note_attempts(tx, attempts, self._durations, rules, self._host)
                )
            except StoreError:
                if not tries:
                    raise
            tries -= 1
            await asyncio.sleep(RESULT_AGAIN)

    async def _tried(self, delivery: Delivery, request: Awaitable[T]) -> T | PlatformError:
        """The result of a request. A timeout or a bug leaves its effect unknown."""
        seconds = self._durations.attempt.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                return await request
        except PlatformError as error:
            return error
        except TimeoutError:
            return PlatformUncertain(f"no answer within {seconds:g} s")
        except Exception:
            log.exception("bug in a delivery", extra={"delivery": delivery.id, "step": delivery.draft.step})
            return PlatformUncertain("a bug of ours; see the log")

    async def _step(self, delivery: Delivery) -> MessageRef | ThreadRef | None:
        draft, platform = delivery.draft, self._platform(delivery)
        if draft.step in (Step.ROOT, Step.REPLY):
            assert draft.card is not None
            return await platform.post(draft.channel, draft.card, key=delivery.key, thread=delivery.thread)
        if draft.step is Step.NOTICE:
            return await self._send_notice(delivery)
        if draft.step is Step.EVENT:
            assert draft.late_after is not None
            await platform.schedule_event(draft.channel, draft.title, draft.late_after)
            return None
        assert delivery.root is not None
        if draft.step is Step.THREAD:
            return await platform.open_thread(delivery.root, draft.title)
        await platform.react(delivery.root, ReadingState(draft.meaning))
        return None

    async def _send_notice(self, delivery: Delivery) -> MessageRef:
        draft, platform = delivery.draft, self._platform(delivery)
        assert draft.card is not None
        if draft.notify is None:
            return await platform.post(draft.channel, draft.card, key=delivery.key)
        return await platform.send_direct(draft.notify, draft.card, key=delivery.key, about=draft.channel.workspace)

    async def _settled(self, delivery: Delivery, at: datetime) -> None:
        """Resolve an uncertain delivery: post it again if that yields the same message, else look for it on the
        platform.

        A delivery that this process is still sending is only uncertain because the clock was changed.
        """
        if delivery.id in self._attempting:
            return
        if await self._repeatable(delivery, at):
            await self._repeat(delivery)
            return
        found = [] if delivery.draft.step in REPEATABLE else await self._found(delivery)
        noted = await self._runner.write(
            lambda tx: ledger.note_search(tx, delivery, found, self._durations, self._host)
        )
        await self._report(delivery, noted)
        await self._read_reactions(delivery, noted)

    async def _repeatable(self, delivery: Delivery, at: datetime) -> bool:
        platform, draft = self._platform(delivery), delivery.draft
        if not may_repeat(delivery, at, self._durations, platform.posting_rules):
            return False
        if _is_private(delivery):
            return True
        return await self._tried(delivery, platform.can_repeat(draft.channel, thread=delivery.thread)) is True

    async def _repeat(self, delivery: Delivery) -> None:
        posting_rules = self._platform(delivery).posting_rules
        result = await self._tried(delivery, self._step(delivery))
        self._pacer.used(delivery, posting_rules, self._time())
        noted = await self._runner.write(
            lambda tx: ledger.note_repeat(tx, delivery, result, self._durations, posting_rules)
        )
        await self._report(delivery, noted)
        await self._read_reactions(delivery, noted)

    async def _read_reactions(self, delivery: Delivery, noted: Outcome) -> None:
        """Add the reactions to a message that was found: while it was in doubt, it was unknown which entry it shows."""
        message, since = noted.transition.message, delivery.first_sent_from
        if noted.lost or message is None or since is None or delivery.draft.step not in MESSAGES:
            return
        seen = await self._tried(delivery, self._platform(delivery).marks(message))
        if isinstance(seen, PlatformError):
            log.warning("its reactions could not be read: %s", seen, extra={"delivery": delivery.id})
            return
        event = MarksSeen(message=message, marks=tuple(seen), at=since, since=since)
        await self._runner.write(lambda tx: readings.see(tx, event))

    async def _sweep(self, delivery: Delivery) -> None:
        """Search once for duplicates of a message that was uncertain before it was sent."""
        found = await self._found(delivery)
        swept = await self._runner.write(lambda tx: ledger.note_sweep(tx, delivery, found, self._durations))
        log.info("delivery swept", extra={"delivery": delivery.id, "outcome": swept.outcome})

    async def _found(self, delivery: Delivery) -> Sequence[MessageRef] | PlatformError:
        """Every message of the delivery. Duplicates are deleted."""
        found = await self._seen(delivery)
        if isinstance(found, PlatformError):
            return found
        stands = standing(delivery, found) if found else None
        failed = [error for one in found if one != stands and (error := await self._removed(delivery, one))]
        if not failed:
            return found
        if delivery.state is not State.UNCERTAIN:
            return failed[0]
        return found[:1]  # it is there, as intended; the sweep deletes duplicates

    async def _seen(self, delivery: Delivery) -> Sequence[MessageRef] | PlatformError:
        assert delivery.first_sent_from is not None
        since, draft = delivery.first_sent_from - self._durations.look_back, delivery.draft
        platform, key = self._platform(delivery), delivery.key
        if _is_private(delivery):
            assert draft.notify is not None
            look = platform.find_direct(draft.notify, key, since=since, known=delivery.message)
        else:
            look = platform.find(draft.channel, key, since=since, thread=delivery.thread, sent_from=delivery.sent_from)
        return await self._tried(delivery, look)

    async def _removed(self, delivery: Delivery, doubled: MessageRef) -> PlatformError | None:
        """Delete a message that duplicates another. None if it is gone."""
        log.warning("a doubled message is removed", extra={"delivery": delivery.id})
        failed = await self._tried(delivery, self._platform(delivery).delete(doubled))
        if failed is not None:
            log.warning("it could not be removed: %s", failed)
        return failed

    async def _report(self, delivery: Delivery, noted: Outcome) -> None:
        if noted.surplus is not None:
            await self._removed(delivery, noted.surplus)
        if noted.lost:
            log.info("another worker has the delivery by now", extra={"delivery": delivery.id})
            return
        self._metrics.count_settled(delivery, noted.transition)
        _say(delivery, noted.transition.state, noted.transition.outcome)
        if noted.transition.state in TROUBLES:
            self.wake()
        if self.on_settled is not None and delivery.draft.step is Step.ROOT:
            self.wake()
            await self.on_settled(delivery.draft.source_key)


def _is_private(delivery: Delivery) -> bool:
    """Whether it goes to one person. The channel of its draft is then only a name for that."""
    return delivery.draft.step is Step.NOTICE and delivery.draft.notify is not None


def _say(delivery: Delivery, state: State, outcome: str | None) -> None:
    level = logging.WARNING if state in TROUBLES else logging.INFO
    log.log(
        level, "delivery %s", state, extra={"delivery": delivery.id, "step": delivery.draft.step, "outcome": outcome}
    )
