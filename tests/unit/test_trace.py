"""The id of an invocation stands with everything that is logged about it."""

import asyncio
import io
import json
import logging
from pathlib import Path

from bot.chat.trace import follow
from bot.domain.ids import InvocationId
from bot.runtime.log import _Lazily, aside
from tests.fakes.clubhouse import clubhouse


def logged(*ids: str | None) -> list[dict[str, object]]:
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

    async def all_at_once() -> None:
        await asyncio.gather(*(one(each) for each in ids))

    try:
        asyncio.run(all_at_once())
    finally:
        log.removeHandler(handler)
    return [json.loads(line) for line in sink.getvalue().splitlines()]


def test_every_task_logs_its_own_invocation() -> None:
    assert [line.get("invocation") for line in logged("a:1", None, "a:2")] == ["a:1", None, "a:2"]


def test_a_line_is_json_with_its_level_its_time_and_what_it_is_about() -> None:
    (line,) = logged("a:1")

    assert line.pop("timestamp")
    line.pop("message", None)  # pytest's own handler leaves it
    assert line == {
        "event": "something",
        "level": "warning",
        "logger": "dogear.test",
        "command": "random",
        "invocation": "a:1",
    }


def test_an_answered_command_is_logged_with_its_id_and_without_what_was_typed(tmp_path: Path) -> None:
    sink = io.StringIO()
    handler = logging.StreamHandler(sink)
    handler.setFormatter(_Lazily(human=False))
    log = logging.getLogger("dogear")

    async def scene() -> None:
        async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Caching") as house:
            log.addHandler(handler)
            log.setLevel(logging.DEBUG)
            await house.say("search zanzibar", again="fake:17")
            await house.say("zanzibar", again="fake:18")

    try:
        asyncio.run(scene())
    finally:
        log.removeHandler(handler)
        log.setLevel(logging.WARNING)

    lines = [json.loads(line) for line in sink.getvalue().splitlines()]
    assert [(line["invocation"], line["command"], line["event"]) for line in lines if "command" in line] == [
        ("fake:17", "search", "answered"),
        ("fake:18", "unknown", "refused"),
    ]
    assert "zanzibar" not in sink.getvalue()


def test_a_log_that_is_put_aside_goes_to_a_file_as_json_and_comes_back(tmp_path: Path) -> None:
    root, log = logging.getLogger(), logging.getLogger("dogear.aside")
    before = root.handlers[:]

    with aside(tmp_path / "chat.log"):
        log.warning("something", extra={"command": "random"})
    log.debug("on the screen again")

    (line,) = (tmp_path / "chat.log").read_text(encoding="utf-8").splitlines()
    assert (json.loads(line)["event"], json.loads(line)["command"]) == ("something", "random")
    assert root.handlers == before
