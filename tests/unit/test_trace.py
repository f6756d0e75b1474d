"""The id of an invocation stands with everything that is logged about it."""

import asyncio
import io
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.chat.trace import follow
from bot.domain.ids import InvocationId
from bot.runtime.log import _Lazily, aside
from tests.fakes.clubhouse import Clubhouse, clubhouse


async def logged(*ids: str | None) -> list[dict[str, object]]:
    sink = io.StringIO()
    handler = logging.StreamHandler(sink)
    handler.setFormatter(_Lazily(human=False))
    log = logging.getLogger("dogear.test")
    log.addHandler(handler)
    log.propagate = False

    async def one(id: str | None) -> None:
        if id is not None:
            follow(InvocationId(id))
        await asyncio.sleep(0)
        log.warning("something", extra={"command": "random"})

    try:
        await asyncio.gather(*(one(each) for each in ids))
    finally:
        log.removeHandler(handler)
    return [json.loads(line) for line in sink.getvalue().splitlines()]


async def test_every_task_logs_its_own_invocation() -> None:
    assert [line.get("invocation") for line in await logged("a:1", None, "a:2")] == ["a:1", None, "a:2"]


async def test_a_line_is_json_with_its_level_its_time_and_what_it_is_about() -> None:
    (line,) = await logged("a:1")

    assert line.pop("timestamp")
    line.pop("message", None)  # pytest's own handler leaves it
    assert line == {
        "event": "something",
        "level": "warning",
        "logger": "dogear.test",
        "command": "random",
        "invocation": "a:1",
    }


async def logged_of_a_club(folder: Path, scene: Callable[[Clubhouse], Awaitable[None]]) -> list[dict[str, str]]:
    sink = io.StringIO()
    handler = logging.StreamHandler(sink)
    handler.setFormatter(_Lazily(human=False))
    log = logging.getLogger("dogear")

    try:
        async with clubhouse(f"sqlite:///{folder}/dogear.db", folder, "Caching", "Queues") as house:
            log.addHandler(handler)
            log.setLevel(logging.DEBUG)
            await scene(house)
    finally:
        log.removeHandler(handler)
        log.setLevel(logging.WARNING)
    return [json.loads(line) for line in sink.getvalue().splitlines()]


async def test_an_answered_command_is_logged_with_its_id_and_without_what_was_typed(tmp_path: Path) -> None:
    async def scene(house: Clubhouse) -> None:
        await house.say("search zanzibar", again="fake:17")
        await house.say("zanzibar", again="fake:18")

    lines = await logged_of_a_club(tmp_path, scene)

    assert [(line["invocation"], line["command"], line["event"]) for line in lines if "command" in line] == [
        ("fake:17", "search", "answered"),
        ("fake:18", "unknown", "refused"),
    ]
    assert "zanzibar" not in json.dumps(lines)


async def test_what_becomes_of_a_share_is_logged_with_the_id_of_the_use_that_owes_it(tmp_path: Path) -> None:
    async def scene(house: Clubhouse) -> None:
        await house.say("share #1", again="fake:17")
        await house.say("share #2", again="fake:18")
        await house.stage.settle()

    lines = await logged_of_a_club(tmp_path, scene)

    told = {(line["invocation"], line["step"]) for line in lines if line["event"] == "delivery sent"}
    assert told >= {(use, step) for use in ("fake:17", "fake:18") for step in ("root", "thread", "seed")}


def test_a_log_that_is_put_aside_goes_to_a_file_as_json_and_comes_back(tmp_path: Path) -> None:
    root, log = logging.getLogger(), logging.getLogger("dogear.aside")
    before = root.handlers[:]

    with aside(tmp_path / "chat.log"):
        log.warning("something", extra={"command": "random"})
    log.debug("on the screen again")

    (line,) = (tmp_path / "chat.log").read_text(encoding="utf-8").splitlines()
    assert (json.loads(line)["event"], json.loads(line)["command"]) == ("something", "random")
    assert root.handlers == before
