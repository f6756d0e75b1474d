"""Receives Slack's requests over HTTPS or Socket Mode, and rejects unsigned and malformed ones before anything reads
them.

https://docs.slack.dev/authentication/verifying-requests-from-slack (2026-08).
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from yarl import query_to_pairs

from adapters.slack import failures
from adapters.slack.api import Web
from adapters.slack.payload import WRONG_SHAPE
from adapters.slack.redaction import LIBRARY, log
from bot.chat.web import Request, Response
from bot.domain.errors import BadConfig, PlatformRefused

Answering = Callable[[Any, Callable[[], AsyncBoltRequest]], Awaitable[BoltResponse]]
"""Answers a parsed request. The second argument makes Bolt's request of it."""
PATH = "/slack/events"
TIMESTAMP = "x-slack-request-timestamp"
SIGNATURE = "x-slack-signature"
_TIMESTAMP = re.compile(r"\d{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
_FORGED = Response(status=401)
_SSL_CHECK = re.compile(rb"ssl_check=1(?:&token=[\w-]*)?")


PING = 10.0
"""Seconds between two pings."""

NEW_TOKEN = "Make a new one: your app › Basic Information › App-Level Tokens, with connections:write."  # noqa: S105 -- none


class Socket(SocketModeClient):
    """The SDK's connection. It counts its reconnects and calls `reconnected` after each."""

    reconnects = -1
    reconnected: Callable[[], None] | None = None

    async def connect(self) -> None:
        self.reconnects += 1
        await super().connect()  # type: ignore[no-untyped-call]  # so published
        if self.reconnected is not None:
            self.reconnected()


@asynccontextmanager
async def listening(
    answer: Answering, app_token: str, web: Web, reconnected: Callable[[], None] | None
) -> AsyncIterator[Socket]:
    """Stay connected while the block runs. The SDK reconnects by itself and `reconnected` is called each time.

    Raises BadConfig for an invalid token.
    """
    calls = web.client("")
    client = Socket(app_token, logger=LIBRARY, web_client=calls, ping_interval=PING, proxy=calls.proxy)
    client.proxy = calls.proxy  # as for calls

    async def handle(_: AsyncBaseSocketModeClient, envelope: SocketModeRequest) -> None:
        """Acknowledge handled requests. Slack sends the others again."""
        body = envelope.payload if isinstance(envelope.payload, dict) else {}
        answered = await answer(body, lambda: AsyncBoltRequest(mode="socket_mode", body=body))
        await send_async_response(client, envelope, answered, 0.0)

    client.socket_mode_request_listeners.append(handle)
    try:
        try:
            client.wss_uri = await client.issue_new_wss_url()
        except Exception as error:  # noqa: BLE001 -- failures classifies it, and raises a bug
            wrong = failures.error_of(error, "apps.connections.open")
            if isinstance(wrong, PlatformRefused):
                raise BadConfig([f"DOGEAR_SLACK_APP_TOKEN: {wrong} {NEW_TOKEN}"]) from None
            log.warning("Socket Mode is not connected yet: %s", wrong)
        await client.connect()
        client.reconnected = reconnected
        yield client
    finally:
        await client.close()  # type: ignore[no-untyped-call]  # so published


class Door:
    """Passes signed requests on to the listeners."""

    def __init__(self, answer: Answering, signing_secret: str) -> None:
        self._answer = answer
        self._verifier = SignatureVerifier(signing_secret)

    async def answer(self, request: Request) -> Response:
        """What Slack is answered."""
        if _SSL_CHECK.fullmatch(request.body):
            return Response()
        body = self._signed(request)
        if body is None:
            log.info("a request without a valid signature was refused")
            return _FORGED
        try:
            read = _read(body, (request.header("content-type") or "").partition(";")[0])
        except (*WRONG_SHAPE, RecursionError):
            log.info("a signed request that cannot be read was refused")
            return Response(status=400)

        def for_bolt() -> AsyncBoltRequest:
            return AsyncBoltRequest(body=body, headers={name: list(given) for name, given in request.headers.items()})

        given = await self._answer(read, for_bolt)
        kind = given.first_headers().get("content-type", "text/plain").partition(";")[0]
        return Response(status=given.status, body=given.body or "", kind=kind)

    def _signed(self, request: Request) -> str | None:
        """The body, if Slack signed it."""
        at, signature = request.header(TIMESTAMP) or "", request.header(SIGNATURE) or ""
        if not _TIMESTAMP.fullmatch(at) or not _SIGNATURE.fullmatch(signature) or "content-encoding" in request.headers:
            return None
        try:
            body = request.body.decode()
        except UnicodeDecodeError:
            return None
        return body if self._verifier.is_valid(body, at, signature) else None


def _read(body: str, kind: str) -> Any:
    """The parsed body: JSON, a form with JSON in `payload`, or a plain form. Bolt parses any form that contains the
    word “payload” as JSON, which would break a search for that word.
    """
    if body.startswith("{") or kind == "application/json":
        return json.loads(body)
    form = dict(query_to_pairs(body))
    return json.loads(form["payload"]) if "payload" in form else form
