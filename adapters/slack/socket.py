"""Socket Mode: events through a connection that we open, for a bot without a public address."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from adapters.slack import failures
from adapters.slack.api import Web
from adapters.slack.redaction import LIBRARY, log
from adapters.slack.signed_requests import Answering
from bot.domain.errors import BadConfig, PlatformRefused

PING = 10.0
"""Seconds between two signs of life."""

NEW_TOKEN = "Make a new one: your app › Basic Information › App-Level Tokens, with connections:write."  # noqa: S105 -- none


class Socket(SocketModeClient):
    """The SDK's connection, which counts how often it was made anew, and says so once it is."""

    reconnects = -1
    anew: Callable[[], None] | None = None

    async def connect(self) -> None:
        self.reconnects += 1
        await super().connect()  # type: ignore[no-untyped-call]  # so published
        if self.anew is not None:
            self.anew()


@asynccontextmanager
async def listening(
    answer: Answering, app_token: str, web: Web, anew: Callable[[], None] | None
) -> AsyncIterator[Socket]:
    """Be connected while the block lasts; the SDK connects anew whenever the connection ends, and `anew` is told.

    Raises BadConfig for a token that opens no connection.
    """
    client = Socket(app_token, logger=LIBRARY, web_client=web.client(""), ping_interval=PING)

    async def handle(_: AsyncBaseSocketModeClient, envelope: SocketModeRequest) -> None:
        """Acknowledge what was settled; what was not is brought again by Slack."""
        body = envelope.payload if isinstance(envelope.payload, dict) else {}
        answered = await answer(body, lambda: AsyncBoltRequest(mode="socket_mode", body=body))
        await send_async_response(client, envelope, answered, 0.0)

    client.socket_mode_request_listeners.append(handle)
    try:
        try:
            client.wss_uri = await client.issue_new_wss_url()
        except Exception as error:  # noqa: BLE001 -- told apart by failures, which raises what is a bug
            wrong = failures.error_of(error, "apps.connections.open")
            if isinstance(wrong, PlatformRefused):
                raise BadConfig([f"DOGEAR_SLACK_APP_TOKEN: {wrong} {NEW_TOKEN}"]) from None
            log.warning("Socket Mode is not connected yet: %s", wrong)
        await client.connect()
        client.anew = anew
        yield client
    finally:
        await client.close()  # type: ignore[no-untyped-call]  # so published
