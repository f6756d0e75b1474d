"""The webhook that makes Dogear fetch at once."""

import asyncio
import hmac
from hashlib import sha256
from pathlib import Path

import aiohttp
import pytest

from bot.runtime import git_hook
from bot.runtime.http import serving
from tests.fakes.clubhouse import clubhouse
from tests.fakes.git_server import needs_git, repository
from tests.scenario.test_editing_in_git import LIST, at, numbers

pytestmark = needs_git
SECRET = "the hook's secret"
BODY = b'{"ref": "refs/heads/main"}'
SIGNED = "sha256=" + hmac.new(SECRET.encode(), BODY, sha256).hexdigest()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Hub-Signature-256": SIGNED}, 202),
        ({"X-Gitlab-Token": SECRET}, 202),
        ({"Authorization": f"Bearer {SECRET}"}, 202),
        ({}, 401),
        ({"X-Gitlab-Token": ""}, 401),
        ({"X-Hub-Signature-256": SIGNED[:-1] + "g"}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
    ],
)
async def test_a_push_is_fetched_at_once_if_the_webhook_has_the_secret(
    tmp_path: Path, headers: dict[str, str], status: int
) -> None:
    made = repository(tmp_path / "git", LIST)
    async with clubhouse(f"sqlite:///{tmp_path}/club.db", tmp_path) as house:
        lists = house.club.lists
        await lists.use(house.team, [at(made)])
        made.save(LIST + b"- [New](https://example.org/new)\n")
        route = git_hook.route(SECRET, lists.fetch_soon)
        async with (
            serving([route], host="127.0.0.1", port=0) as port,
            aiohttp.ClientSession() as session,
            session.post(f"http://127.0.0.1:{port}/hooks/git", data=BODY, headers=headers) as answer,
        ):
            assert answer.status == status
            for _ in range(3):  # a burst of them is one or two fetches
                if status == 202:
                    lists.fetch_soon()
            if lists._fetching is not None:
                await lists._fetching
        assert ("New" in await numbers(house)) is (status == 202)


async def answered(port: int, head: bytes) -> bytes:
    """The first line that the server answers with."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /hooks/git HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n" + head + b"\r\n")
    line = await reader.readline()
    writer.close()
    return line


@pytest.mark.parametrize("header", [b"X-Gitlab-Token", b"X-Hub-Signature-256", b"Authorization"])
async def test_a_forged_proof_that_is_not_text_is_refused_like_any_other(header: bytes) -> None:
    asked: list[bool] = []
    route = git_hook.route(SECRET, lambda: asked.append(True))
    async with serving([route], host="127.0.0.1", port=0) as port:
        assert b" 401 " in await answered(port, header + b": \xff\xfe\r\n")
        assert b" 202 " in await answered(port, b"X-Gitlab-Token: " + SECRET.encode() + b"\r\n")
    assert asked == [True]
