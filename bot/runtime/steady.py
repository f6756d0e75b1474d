"""Keeps a part of the process going that works until it is cancelled: where it breaks it is begun anew, and told of."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.domain.errors import StoreError
from bot.ports.metrics import Metrics

PAUSE = 5.0
"""Seconds until what broke is begun anew: it may break again at once."""

log = logging.getLogger("dogear.steady")


async def kept_going(part: str, work: Callable[[], Awaitable[None]], metrics: Metrics) -> None:
    """Do the work until it ends by itself or is cancelled."""
    while True:
        try:
            return await work()
        except StoreError as error:
            log.warning("the %s is begun anew: %s", part, error)
        except Exception:
            log.exception("bug in the %s, which is begun anew", part)
        metrics.count_restart(part)
        await asyncio.sleep(PAUSE)
