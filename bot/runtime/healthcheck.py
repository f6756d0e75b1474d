"""`dogear healthcheck`: asks the process beside us whether it is well, as a container's health check does."""

import json
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from bot.runtime.settings import PREFIX, Settings

PATIENCE = 5.0
"""Seconds for the whole answer."""
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- an address that is listened on, not asked


def checked(settings: Settings, path: str) -> tuple[bool, str]:
    """Whether all is well, and one line that says so or names what is not."""
    if not settings.health_port:
        return False, f"{PREFIX}HEALTH_PORT is 0, so that nobody is told."
    host = _EVERYWHERE.get(settings.health_host, settings.health_host)
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.health_port}{path}"
    try:
        with build_opener(ProxyHandler({})).open(address, timeout=PATIENCE) as answer:
            return True, _line(answer.read())
    except HTTPError as error:
        with error:
            return False, _line(error.read())
    except (OSError, HTTPException) as error:
        return False, f"Nothing answers at {address}: {getattr(error, 'reason', None) or error}"


def _line(body: bytes) -> str:
    try:
        parts = json.loads(body).get("parts", {})
    except ValueError:
        return "Something else answers there."
    wrong = [f"{name}: {part.get('reason', '')}" for name, part in parts.items() if not part["ok"]]
    return f"Not ready. {'; '.join(wrong)}" if wrong else "All is well."
