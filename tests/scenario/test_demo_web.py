"""`dogear demo --web`: when it serves, when it ends, and what it leaves."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.fakes.commands import dogear
from tests.fakes.pseudo_terminal import on_a_terminal
from tests.scenario.test_interrupts import interruptible


def test_without_a_terminal_it_opens_a_club_and_ends() -> None:
    run = dogear("demo", "--web", "--port", "0")

    assert run.returncode == 0, run.stderr
    assert re.search(r"in a browser: http://127\.0\.0\.1:\d+/try\n", run.stdout)
    assert "It works: a club with 41 articles was opened." in run.stdout
    assert run.stderr == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    command = [sys.executable, "-m", "bot", "demo", "--web", "--stay", "--port", "0"]

    with interruptible(command) as serving:
        assert serving.stdout is not None
        address = serving.stdout.readline().split()[-1]
        serving.stdout.readline()
        opening = urllib.request.Request(address, data=b"zone=UTC", method="POST")
        with urllib.request.urlopen(opening, timeout=30) as page, page:
            shown = page.read().decode()
            with urllib.request.urlopen(f"{page.url}changes", timeout=30) as changes:
                first = changes.readline()
                serving.send_signal(number)
                out, errors = serving.communicate(timeout=30)

    assert "Welcome to the club" in shown
    assert first == b"retry: 1000\n"
    assert serving.returncode == 0
    assert "Stopped." in out
    assert errors == ""
    assert list(tmp_path.iterdir()) == []


def test_on_a_terminal_it_says_where_it_is_and_how_to_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    with on_a_terminal(["demo", "--web", "--port", "0", "--no-open"]) as terminal:
        terminal.expect("http://127.0.0.1:", "/try", "Nothing is kept", "Ctrl-C stops it")


def test_a_port_that_is_in_use_is_reported() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = dogear("demo", "--web", "--port", str(port))

    assert run.returncode == 2
    assert f"Port {port} on 127.0.0.1 is already in use." in run.stderr
    assert "--port" in run.stderr


def test_options_of_the_page_need_the_page() -> None:
    run = dogear("demo", "--stay")

    assert run.returncode == 2
    assert "add --web" in run.stderr


def test_a_missing_package_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "jinja2.py").write_text("raise ModuleNotFoundError(name='jinja2')\n")
    paths = os.pathsep.join([str(tmp_path), str(Path.cwd())])
    run = subprocess.run(
        [sys.executable, "-m", "bot", "demo", "--web"],
        check=False,
        env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert run.returncode == 2
    assert "pip install 'dogear-club[web]'" in run.stderr
