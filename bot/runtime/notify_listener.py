"""Wakes our worker when another process has enqueued deliveries, if the database can notify us."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from bot.domain.errors import StoreError

LISTEN = 2.0
"""Seconds between checks whether to stop and whether the connection is alive."""
AGAIN = 5.0
"""Seconds until the listener reconnects. Until then the worker polls."""

log = logging.getLogger("dogear.notifications")


class Notifications(Protocol):
    """A source of notifications from the store."""

    def wait(self, seconds: float) -> bool: ...
    def close(self) -> None: ...


@asynccontextmanager
async def listening(notifications: Notifications | None, wake: Callable[[], None]) -> AsyncIterator[None]:
    """Call `wake` on the event loop at every notification while the block runs."""
    if notifications is None:
        yield
        return
    stop, loop = threading.Event(), asyncio.get_running_loop()
    listener = threading.Thread(
        target=_listen,
        args=(notifications, stop, lambda: loop.call_soon_threadsafe(wake)),
        name="dogear-notifications",
        daemon=True,
    )
    listener.start()
    try:
        yield
    finally:
        stop.set()
        await asyncio.to_thread(listener.join)


def _listen(notifications: Notifications, stop: threading.Event, wake: Callable[[], object]) -> None:
    while not stop.is_set():
        try:
            if notifications.wait(LISTEN):
                wake()
        except StoreError as error:
            log.info("not listening: %s", error)
            stop.wait(AGAIN)
        except Exception:
            log.exception("bug in the notifications")
            stop.wait(AGAIN)
    notifications.close()
