"""`POST /hooks/git`: a forge says that something was pushed, so the repositories are fetched at once."""

import hmac
import logging
from collections.abc import Callable
from hashlib import sha256

from bot.chat.web import Request, Response, Route

PATH = "/hooks/git"

log = logging.getLogger("dogear.git")


def route(secret: str, fetch_soon: Callable[[], None]) -> Route:
    """The route of the webhook. Only a request that proves to know the secret has an effect."""

    async def handle(request: Request) -> Response:
        if not is_genuine(request, secret):
            log.warning("a webhook of git was refused: its secret is not DOGEAR_GIT_HOOK_SECRET")
            return Response(status=401, body="The secret is wrong.\n")
        fetch_soon()
        return Response(status=202, body="Dogear fetches.\n")

    return Route(method="POST", path=PATH, handle=handle)


def is_genuine(request: Request, secret: str) -> bool:
    """Whether the request has the secret, or a signature made with it: the headers of GitHub and Gitea, of GitLab, and
    a bearer token for scripts.
    """
    signature = hmac.new(secret.encode(), request.body, sha256).hexdigest()
    proofs = (
        (request.header("x-hub-signature-256"), f"sha256={signature}"),
        (request.header("x-gitlab-token"), secret),
        (request.header("authorization"), f"Bearer {secret}"),
    )
    return any(given is not None and hmac.compare_digest(_bytes(given), right.encode()) for given, right in proofs)


def _bytes(header: str) -> bytes:
    """A header as it was sent: what is not UTF-8 in it comes as surrogates."""
    return header.encode(errors="surrogateescape")
