"""The time of a private chat: its clock can be moved, and everything that becomes due meanwhile happens on time."""

from datetime import datetime, timedelta

from bot.commands.cards import counted
from bot.domain.card import Card, Fields, Paragraph, Tone
from bot.domain.ids import AccountRef
from bot.domain.notice import held_actions, held_card
from bot.domain.team import Team
from bot.domain.text import plain
from bot.ports.store import Transaction
from bot.runtime.bootstrap import Club
from bot.runtime.ticker import CLEAN_UP_EVERY
from bot.service.entries import SyncReport

MAX_REPORTED = 5


class LocalStage:
    """Implements `adapters.local.stage.Stage`. Here digests, the clean-up and the worker run on request."""

    def __init__(self, club: Club, team: Team) -> None:
        self._clock = club.clock
        self._runner = club.runner
        self._ticker = club.ticker
        self._deliverer = club.deliverer
        self._lists = club.lists
        self._team = team
        self._cleaned_up = club.clock.now()

    def now(self) -> datetime:
        return self._clock.now()

    async def zone(self, account: AccountRef) -> str:
        def known(tx: Transaction) -> str:
            member = tx.teams.member(self._team.id, account)
            return (member.zone if member else None) or self._team.zone

        return await self._runner.read(known)

    async def settle(self) -> None:
        if abs(self._clock.now() - self._cleaned_up) >= CLEAN_UP_EVERY:  # this clock can also be put back
            self._cleaned_up = self._clock.now()
            await self._ticker.clean_up()
        await self._lists.write_edits()
        await self._ticker.tick()
        await self._ticker.meet()
        await self._deliverer.drain()
        await self._deliverer.revise()

    async def advance(self, by: timedelta) -> None:
        """Move the clock from due time to due time, so that everything in between happens in order and on time."""
        end = self._clock.now() + by
        await self.settle()
        while (due := await self._next_due()) is not None and due <= end:
            self._clock.move_to(due)
            await self.settle()
        self._clock.move_to(max(end, self._clock.now()))
        await self.settle()

    async def _next_due(self) -> datetime | None:
        """The next time after now at which something is due. What could not be done now is skipped."""
        delivery = await self._runner.read(lambda tx: tx.ledger.next_due())
        now = self._clock.now()
        return min((due for due in (await self._ticker.next_due(), delivery) if due and due > now), default=None)

    async def sync(self) -> Card:
        return report_card(await self._lists.sync(self._team))


def report_card(report: SyncReport) -> Card:
    """The report of a sync as figures, with its first problems."""
    figures = (
        ("On the list", report.entries),
        ("Added", report.added),
        ("Changed", report.changed),
        ("Retired", report.retired),
        ("Returned", report.returned),
    )
    shown = tuple((label, plain(f"{number:,}")) for label, number in figures if number or label == "On the list")
    problems = tuple(Paragraph(text=plain(str(problem))) for problem in report.problems[:MAX_REPORTED])
    held = tuple(held_card(change, ()) for change in report.held)
    more = len(report.problems) - len(problems)
    rest = (Paragraph(text=plain(f"and {more} more; “dogear check” lists all"), quiet=True),) if more > 0 else ()
    title = "The list is as it was." if report.quiet else "The list was read."
    if report.problems:
        title += f" {counted(len(report.problems), 'problem')}."
    return Card(
        title=title,
        blocks=(Fields(items=shown), *(block for card in held for block in card.blocks), *problems, *rest),
        tone=Tone.WARNING if report.problems or held else Tone.PLAIN,
        actions=tuple(  # what is new is asked about in a notice of its own
            action for change in report.held if change not in report.news for action in held_actions(change)
        ),
    )
