"""The regular looks at the pages of all lists: for their reading times, and for links that are dead. A page a minute."""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from bot.chat.jobs import Job
from bot.domain.notice import Host
from bot.ports.linked_pages import LinkedPageReader
from bot.ports.runner import Runner
from bot.service import linked_pages

EVERY = timedelta(minutes=1)
CLEAN_UP_EVERY = timedelta(hours=6)

log = logging.getLogger("dogear.linked_pages")


class LinkedPageChecks:
    """Looks at one page after the other. Any number of processes may do it: each page is looked at by one."""

    def __init__(self, runner: Runner, pages: LinkedPageReader, host: Host, *, wake: Callable[[], None]) -> None:
        self._runner = runner
        self._pages = pages
        self._host = host
        self._wake = wake

    def jobs(self) -> Sequence[Job]:
        return (
            Job(name="pages", run=self.check, every=EVERY),
            Job(name="pages clean-up", run=self.clean_up, every=CLEAN_UP_EVERY),
        )

    async def check(self) -> None:
        """Look at the page that is due, if there is one, and save what it says."""
        for entry in await self._runner.write(linked_pages.claim_due):
            page = await self._pages.look(entry.url)
            log.info("looked at a page: %s", page.seen.value, extra={"entry": entry.number, "team": entry.team})
            save = partial(linked_pages.save_check, entry=entry, page=page, host=self._host)
            if await self._runner.write(save):
                self._wake()

    async def clean_up(self) -> None:
        await self._runner.write(linked_pages.clean_up)
