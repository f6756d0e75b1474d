"""The door for HTTPS: what is not signed by Slack, or not well formed, ends here, before anything reads it.

https://docs.slack.dev/authentication/verifying-requests-from-slack (2026-08).
"""

import json
import re

from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

from adapters.slack import payload
from adapters.slack.quiet import log
from bot.chat.web import Request, Response

WRONG_SHAPE = (AttributeError, IndexError, KeyError, TypeError, ValueError)
PATH = "/slack/events"
TIMESTAMP = "x-slack-request-timestamp"
SIGNATURE = "x-slack-signature"
_TIMESTAMP = re.compile(r"\d{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
_FORGED = Response(status=401)
_SSL_CHECK = re.compile(rb"ssl_check=1(?:&token=[\w-]*)?")


class Door:
    """Lets signed requests through to Bolt."""

    def __init__(self, app: AsyncApp, signing_secret: str) -> None:
        self._app = app
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
            made = AsyncBoltRequest(body=body, headers={name: list(values) for name, values in request.headers.items()})
        except (*WRONG_SHAPE, RecursionError):
            return _malformed()
        given = await dispatched(self._app, made)
        kind = given.first_headers().get("content-type", "text/plain").partition(";")[0]
        words = given.body if isinstance(given.body, str) else json.dumps(given.body)
        return Response(status=given.status, body=words or "", kind=kind)

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


async def dispatched(app: AsyncApp, request: AsyncBoltRequest) -> BoltResponse:
    """What Bolt makes of it; Bolt itself trips over payloads of another shape, which are refused here."""
    if not payload.is_sound(request.body):
        return _refused()
    try:
        return await app.async_dispatch(request)
    except WRONG_SHAPE:
        return _refused()


def _refused() -> BoltResponse:
    log.info("a payload of another shape was refused")
    return BoltResponse(status=400, body="")


def _malformed() -> Response:
    log.info("a signed request that cannot be read was refused")
    return Response(status=400)
