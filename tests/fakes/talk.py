"""Talks with the whole club as `dogear chat --json` does, in this process: lines in, answers out."""

import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from adapters.terminal import screens
from bot.domain.team import Role
from bot.runtime.chat import Seat, talk
from bot.runtime.settings import load


async def said(
    lines: Sequence[str],
    *,
    database: str,
    reading_list: Path | None = None,
    speaker: str = "ana",
    role: Role = Role.ADMIN,
    team: str = "default",
) -> list[dict[str, Any]]:
    """One answer for each line."""
    sink = StringIO()
    screen = screens.json_lines(StringIO("\n".join(lines) + "\n"), sink)
    seat = Seat(team=team, lists=[reading_list] if reading_list else [])
    await talk(load(database=database), screen, speaker=speaker, role=role, seat=seat)
    return [json.loads(line) for line in sink.getvalue().splitlines()]


def numbers(answer: dict[str, Any]) -> list[int]:
    return [entry["number"] for entry in answer["entries"]]


def states(answer: dict[str, Any]) -> dict[int, str]:
    return {entry["number"]: entry["state"] for entry in answer["entries"]}
