"""The worker that carries deliveries to their platforms, and settles the doubtful ones. Policy is in the domain."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from bot.chat.platform import ChatPlatform
from bot.domain.delivery import REPEATABLE, Delivery, Durations, State, Step, Transition
from bot.domain.errors import PlatformError, PlatformUncertain, StoreError
from bot.domain.ids import MessageRef, PlatformName, ThreadRef
from bot.domain.reading import ReadingState
from bot.domain.schedule import Schedule
from bot.ports import Meter, Runner, Transaction
from bot.runtime.notices import Notices
from bot.service import deliveries

BATCH = 32

log = logging.getLogger("dogear.deliver")


class Deliverer:
    """One worker of the ledger; any number may run, in this process and in others."""

    def __init__(
        self,
        runner: Runner,
        platforms: Mapping[PlatformName, ChatPlatform],
        notices: Notices,
        durations: Durations,
        owner: str,
        meter: Meter,
    ) -> None:
        self._runner = runner
        self._platforms = platforms
        self._notices = notices
        self._durations = durations
        self._owner = owner
        self._meter = meter
        self._woken = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Look at the ledger now; safe to call at any time from the event loop's thread."""
        self._woken.set()

    async def run(self) -> None:
        """Carry out what is due, again and again, until cancelled; what has begun then is brought to its end."""
        while True:
            self._woken.clear()
            draining = asyncio.create_task(self._drained())
            try:
                await asyncio.shield(draining)
            except asyncio.CancelledError:
                self._stopping = True
                await asyncio.wait({draining})
                raise
            try:
                await asyncio.wait_for(self._woken.wait(), self._durations.poll.total_seconds())
            except TimeoutError:
                continue

    async def _drained(self) -> None:
        try:
            await self.drain()
        except StoreError as error:
            log.warning("the ledger cannot be read: %s", error)

    async def drain(self) -> None:
        """Carry out everything that is due by now, and what becomes due by doing so."""
        names = list(self._platforms)
        while True:
            taken = await self._runner.write(lambda tx: deliveries.take(tx, self._owner, BATCH, self._durations, names))
            for delivery in taken.skipped:
                await self._notices.failed(delivery, delivery.outcome)
            if not taken.leased and not taken.doubtful:
                return
            async with asyncio.TaskGroup() as group:
                for delivery in taken.doubtful:
                    group.create_task(self._look(delivery))
                for delivery in taken.leased:
                    group.create_task(self._attempt(delivery))
            if self._stopping:
                return

    async def _attempt(self, delivery: Delivery) -> None:
        if self._stopping:
            await self._runner.write(lambda tx: deliveries.give_back(tx, delivery))
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        if not await self._runner.write(lambda tx: deliveries.intend(tx, delivery, self._durations)):
            return
        if loop.time() - began > self._durations.stale_intent.total_seconds():
            await self._runner.write(lambda tx: deliveries.give_back(tx, delivery))
            return
        result = await self._sent(delivery)
        transition, stopped = await self._runner.write(lambda tx: self._noted(tx, delivery, result))
        await self._report(delivery, transition, stopped)

    def _noted(
        self, tx: Transaction, delivery: Delivery, result: MessageRef | ThreadRef | PlatformError | None
    ) -> tuple[Transition, Schedule | None]:
        transition = deliveries.note_attempt(tx, delivery, result, self._durations)
        return transition, deliveries.stop_if_refused(tx, delivery, result)

    async def _sent(self, delivery: Delivery) -> MessageRef | ThreadRef | PlatformError | None:
        """The attempt's result; an answer that does not come in time, and a bug, leave the effect unknown."""
        try:
            async with asyncio.timeout(self._durations.attempt.total_seconds()):
                return await self._step(delivery)
        except PlatformError as error:
            return error
        except TimeoutError:
            return PlatformUncertain(f"no answer within {self._durations.attempt.total_seconds():g} s")
        except Exception:
            log.exception("bug in a delivery", extra={"delivery": delivery.id, "step": delivery.draft.step})
            return PlatformUncertain("a bug of ours; see the log")

    async def _step(self, delivery: Delivery) -> MessageRef | ThreadRef | None:
        draft = delivery.draft
        platform = self._platforms[draft.channel.workspace.platform]
        if draft.step in (Step.ROOT, Step.REPLY):
            assert draft.card is not None
            return await platform.post(draft.channel, draft.card, key=delivery.key, thread=delivery.thread)
        assert delivery.root is not None
        if draft.step is Step.THREAD:
            return await platform.open_thread(delivery.root, draft.title)
        await platform.react(delivery.root, ReadingState(draft.meaning))
        return None

    async def _look(self, delivery: Delivery) -> None:
        """Ask the platform whether an uncertain delivery landed; more than one landing is repaired."""
        found = [] if delivery.draft.step in REPEATABLE else await self._found(delivery)
        transition = await self._runner.write(lambda tx: deliveries.note_search(tx, delivery, found, self._durations))
        await self._report(delivery, transition)

    async def _found(self, delivery: Delivery) -> Sequence[MessageRef] | PlatformError:
        channel = delivery.draft.channel
        platform = self._platforms[channel.workspace.platform]
        assert delivery.first_sent_from is not None
        try:
            async with asyncio.timeout(self._durations.attempt.total_seconds()):
                since = delivery.first_sent_from - self._durations.look_back
                found = await platform.find(channel, delivery.key, since=since, thread=delivery.thread)
                for doubled in found[1:]:
                    await platform.delete(doubled)
                return found
        except PlatformError as error:
            return error
        except TimeoutError:
            return PlatformUncertain(f"no answer within {self._durations.attempt.total_seconds():g} s")

    async def _report(self, delivery: Delivery, transition: Transition, stopped: Schedule | None = None) -> None:
        self._meter.settled(delivery, transition)
        log.info(
            "delivery %s",
            transition.state,
            extra={"delivery": delivery.id, "step": delivery.draft.step, "outcome": transition.outcome},
        )
        if stopped is not None:
            self._notices.stopped(stopped)
        elif transition.state is State.NEEDS_HUMAN:
            await self._notices.doubtful(delivery, transition.outcome)
        elif transition.state is State.REFUSED:
            await self._notices.failed(delivery, transition.outcome)
