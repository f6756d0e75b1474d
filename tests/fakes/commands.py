"""Runs `dogear …` in a process of its own, forked from one that has imported everything.

To import takes a second of every command, and the tests run hundreds. What must hold without it, such as a missing extra
or how a bug at the start is shown, is tested with a fresh interpreter instead.
"""

import atexit
import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from bot.runtime import (  # noqa: F401 -- so that the forked processes have them
    backup,
    bootstrap,
    chat,
    check,
    cli,
    import_lists,
    teams,
)

MODULE = "tests.fakes.commands"
MAX_REQUEST = 1 << 20


class _Parent:
    """The process that commands are forked from; the first command starts it, and it ends with this process."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        root = Path(__file__).parents[2]
        paths = os.pathsep.join([str(root), *filter(None, sys.path)])
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", MODULE, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=root,
                env={**os.environ, "PYTHONPATH": paths},
            )
        self._socket = ours
        atexit.register(self.close)

    def run(self, request: Mapping[str, object], files: Sequence[IO[bytes]], timeout: float) -> int:
        """The exit status of one command."""
        self._socket.settimeout(timeout)
        socket.send_fds(self._socket, [json.dumps(request).encode()], [file.fileno() for file in files])
        return int(self._socket.recv(16))

    def close(self) -> None:
        self._socket.close()
        self._process.wait()


_parent: _Parent | None = None


def dogear(
    *arguments: str,
    lines: str | bytes = "",
    timeout: float = 60,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdout: IO[bytes] | None = None,
    together: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with `lines` as its input. `together` has its errors among its output.

    Raises TimeoutError, after which no other command can be run.
    """
    global _parent  # noqa: PLW0603 -- one for all tests
    _parent = _parent or _Parent()
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as wrong:
        given.write(lines.encode() if isinstance(lines, str) else lines)
        given.seek(0)
        request = {
            "arguments": arguments,
            "cwd": str(cwd or Path.cwd()),
            "env": dict(os.environ if env is None else env),
        }
        files = [given, stdout or said, (stdout or said) if together else wrong]
        status = _parent.run(request, files, timeout)
        for file in (said, wrong):
            file.seek(0)
        output, errors = (file.read().decode(errors="surrogateescape") for file in (said, wrong))
        return subprocess.CompletedProcess(arguments, status, output, errors)


def _become(request: Mapping[str, object], files: Sequence[int]) -> None:
    """Run the command in this process, which was forked for it. Does not return."""
    status = 70
    try:
        for place, file in enumerate(files):
            os.dup2(file, place)
        os.closerange(3, max(files) + 1)
        os.chdir(str(request["cwd"]))
        environment = request["env"]
        assert isinstance(environment, dict)
        os.environ.clear()
        os.environ.update(environment)
        encoding = environment.get("PYTHONIOENCODING") or "utf-8"
        sys.stdin = open(0, encoding=encoding, errors="surrogateescape", closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding=encoding, closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding=encoding, errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
        sys.argv = ["dogear", *map(str, request["arguments"])]  # type: ignore[call-overload]
        try:
            runpy.run_module("bot", run_name="__main__")
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _serve(asked: socket.socket) -> None:
    """Fork one process for each request, and answer with its exit status."""
    while True:
        request, files, _, _ = socket.recv_fds(asked, MAX_REQUEST, 3)
        if not request:
            return
        pid = os.fork()
        if not pid:
            _become(json.loads(request), files)
        for file in files:
            os.close(file)
        _, status = os.waitpid(pid, 0)
        asked.send(str(os.waitstatus_to_exitcode(status)).encode())


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
