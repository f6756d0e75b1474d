"""Real git repositories for tests: bare ones on disk, and the same over HTTP with a token, by `git http-backend`."""

import base64
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

needs_git = pytest.mark.skipif(
    shutil.which("git") is None, reason="git is not installed; on Debian: apt-get install git"
)
_AS = {
    "GIT_AUTHOR_NAME": "ana",
    "GIT_AUTHOR_EMAIL": "ana@example.org",
    "GIT_COMMITTER_NAME": "ana",
    "GIT_COMMITTER_EMAIL": "ana@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def git(*arguments: str, at: Path) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=at, check=True, capture_output=True, text=True, env={**os.environ, **_AS}).stdout


@dataclass
class Repository:
    """A bare repository, and a clone of it in which a person works."""

    bare: Path
    clone: Path

    @property
    def url(self) -> str:
        return f"file://{self.bare}"

    def read(self, path: str = "reading.md", branch: str = "main") -> bytes:
        command = ["git", "show", f"{branch}:{path}"]
        return subprocess.run(command, cwd=self.bare, check=True, capture_output=True).stdout

    def messages(self, branch: str = "main") -> list[str]:
        """The messages of the commits, newest first."""
        return git("log", "--format=%B%x00", branch, at=self.bare).strip("\0\n").split("\0\n")

    def branches(self) -> list[str]:
        return git("for-each-ref", "--format=%(refname:short)", "refs/heads", at=self.bare).split()

    def save(self, content: bytes, path: str = "reading.md", *, fresh: bool = True) -> None:
        """A person commits and pushes this content."""
        if fresh and self.branches():
            git("fetch", "-q", "origin", at=self.clone)
            git("reset", "-q", "--hard", "origin/main", at=self.clone)
        file = self.clone / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        git("add", "-A", at=self.clone)
        git("commit", "-q", "--allow-empty", "-m", "by hand", at=self.clone)
        git("push", "-q", "origin", "HEAD:refs/heads/main", at=self.clone)

    def rewind(self, commits: int) -> None:
        """A person takes the newest commits out of the history by a forced push."""
        git("fetch", "-q", "origin", at=self.clone)
        git("reset", "-q", "--hard", f"origin/main~{commits}", at=self.clone)
        git("commit", "-q", "--allow-empty", "-m", "another history", at=self.clone)
        git("push", "-q", "--force", "origin", "HEAD:refs/heads/main", at=self.clone)

    def protect(self) -> None:
        """No one may push to the main branch from now on, as a hook of the server says."""
        hook = self.bare / "hooks" / "pre-receive"
        hook.write_text(
            "#!/bin/sh\nwhile read old new ref; do\n"
            "  if [ $ref = refs/heads/main ]; then echo 'main is protected' >&2; exit 1; fi\ndone\n"
        )
        hook.chmod(0o755)

    def unprotect(self) -> None:
        (self.bare / "hooks" / "pre-receive").unlink()

    def merge(self, branch: str) -> None:
        """A person merges the branch and deletes it, on the server, where no hook asks."""
        git("fetch", "-q", "origin", at=self.clone)
        git("checkout", "-q", "-B", "main", "origin/main", at=self.clone)
        git("merge", "-q", "--no-ff", "-m", "merged", f"origin/{branch}", at=self.clone)
        git("fetch", "-q", str(self.clone), "main:main", at=self.bare)
        git("branch", "-q", "-D", branch, at=self.bare)


def repository(folder: Path, content: bytes, path: str = "reading.md") -> Repository:
    """A repository with this list on its main branch."""
    folder.mkdir(parents=True, exist_ok=True)
    git("init", "-q", "--bare", "-b", "main", "list.git", at=folder)
    git("clone", "-q", "list.git", "clone", at=folder)
    git("checkout", "-q", "-b", "main", at=folder / "clone")
    made = Repository(folder / "list.git", folder / "clone")
    made.save(content, path)
    git("config", "http.receivepack", "true", at=made.bare)
    return made


@dataclass
class GitServer:
    """What the HTTP server lets in. `cut` drops the connection after so many pushes were done, with no answer."""

    port: int
    tokens: dict[str, str] = field(default_factory=lambda: {"right": "write", "readonly": "read"})
    cut: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/list.git"


@contextmanager
def served(folder: Path) -> Iterator[GitServer]:
    """Serve the repositories in the folder over HTTP while the block runs. Who asks needs a token."""
    rules = GitServer(0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._run(b"")

        def do_POST(self) -> None:
            if self.headers.get("Transfer-Encoding") == "chunked":
                self._run(b"".join(self._chunks()))
            else:
                self._run(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def _chunks(self) -> Iterator[bytes]:
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        def _may(self) -> str:
            kind, _, secret = self.headers.get("Authorization", "").partition(" ")
            token = base64.b64decode(secret).decode().partition(":")[2] if kind == "Basic" else ""
            return rules.tokens.get(token, "")

        def _run(self, body: bytes) -> None:
            rules.asked.append(self.path)
            path, _, query = self.path.partition("?")
            pushes = "git-receive-pack" in self.path
            may = self._may()
            if not may or (pushes and may != "write"):
                self.send_response(403 if may else 401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            environment = {
                **os.environ,
                "GIT_PROJECT_ROOT": str(folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "REMOTE_USER": "dogear",
                "REMOTE_ADDR": "127.0.0.1",
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            }
            done = subprocess.run(
                ["git", "http-backend"], input=body, env=environment, capture_output=True, check=False
            ).stdout
            if pushes and self.command == "POST" and rules.cut:
                rules.cut -= 1
                self.close_connection = True
                return
            head, _, content = done.partition(b"\r\n\r\n")
            fields = [line.partition(": ")[::2] for line in head.decode().split("\r\n")]
            status = next((value for name, value in fields if name == "Status"), "200")
            self.send_response(int(status.split()[0]))
            for name, value in fields:
                if name != "Status":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    rules.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield rules
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
