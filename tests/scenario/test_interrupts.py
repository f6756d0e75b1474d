"""Ctrl-C at any point: what was answered is kept, and nothing but the answers is shown."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.fakes.talk import said, states

LIST = "* [Alpha](https://example.org/alpha)\n* [Beta](https://example.org/beta)\n"


def test_ctrl_c_after_an_answer_loses_nothing_and_shows_no_traceback(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/club.db"
    reading_list = tmp_path / "list.md"
    reading_list.write_text(LIST, encoding="utf-8")
    command = [sys.executable, "-m", "bot", "chat", "--json", "--list", str(reading_list), "--database", database]

    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as chat:
        assert chat.stdin is not None
        assert chat.stdout is not None
        chat.stdin.write("/blog read #1\n")
        chat.stdin.flush()
        answer = json.loads(chat.stdout.readline())
        chat.send_signal(signal.SIGINT)
        _, errors = chat.communicate(timeout=30)

    assert answer["title"] == "#1 is read."
    assert chat.returncode == 130
    assert "Traceback" not in errors
    (listed,) = said(["/blog list"], database=database, reading_list=reading_list, speaker="you")
    assert states(listed) == {1: "read", 2: "unread"}
