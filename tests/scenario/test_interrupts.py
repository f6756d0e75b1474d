"""Ctrl-C at any point: what was answered is kept, and nothing but the answers is shown."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.fakes.talk import said, states

LIST = "* [Alpha](https://example.org/alpha)\n* [Beta](https://example.org/beta)\n"


def interruptible(command: Sequence[str]) -> subprocess.Popen[str]:
    """Start it as a terminal would: a job started with & has SIGINT ignored, and so would its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    finally:
        signal.signal(signal.SIGINT, before)


async def test_ctrl_c_after_an_answer_loses_nothing_and_shows_no_traceback(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/club.db"
    reading_list = tmp_path / "list.md"
    reading_list.write_text(LIST, encoding="utf-8")
    command = [sys.executable, "-m", "bot", "chat", "--json", "--list", str(reading_list), "--database", database]

    with interruptible(command) as chat:
        assert chat.stdin is not None
        assert chat.stdout is not None
        chat.stdin.write("/blog read #1\n")
        chat.stdin.flush()
        answer = json.loads(chat.stdout.readline())
        chat.send_signal(signal.SIGINT)
        _, errors = chat.communicate(timeout=120)

    assert answer["title"] == "#1 is read."
    assert chat.returncode == 130
    assert "Traceback" not in errors
    (listed,) = await said(["/blog list"], database=database, reading_list=reading_list, speaker="you")
    assert states(listed) == {1: "read", 2: "unread"}
