"""A server that has pull requests, as GitHub, GitLab and Gitea have them: only the calls that Dogear makes."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "right"


@dataclass
class FakeForge:
    kind: str
    port: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)
    """Each with its branch, title and state: open, merged or closed."""
    refuses: bool = False
    odd: object = None
    """What every call answers instead of what it should."""
    before: Callable[[], None] = lambda: None
    """Called before each answer."""

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def paths(self) -> tuple[str, str]:
        """Where requests are, and the header with the token."""
        match self.kind:
            case "github":
                return "/repos/list/pulls", f"Bearer {TOKEN}"
            case "gitlab":
                return "/projects/list/merge_requests", TOKEN
        return "/repos/list/pulls", f"token {TOKEN}"

    def shown(self, number: int) -> dict[str, Any]:
        """A pull request as the API of this kind shows it."""
        known = self.requests[number]
        link, state = f"https://forge.example.org/list/{number + 1}", known["state"]
        if self.kind == "gitlab":
            return {"iid": number + 1, "web_url": link, "state": {"open": "opened"}.get(state, state)}
        merged = {"merged_at": "2026-03-04T12:00:00Z" if state == "merged" else None}
        if self.kind == "gitea":
            merged = {"merged": state == "merged"}
        open_or_closed = "open" if state == "open" else "closed"
        return {"html_url": link, "state": open_or_closed, "head": {"ref": known["branch"]}, **merged}


@contextmanager
def forge(kind: str) -> Iterator[FakeForge]:
    """Serve it on loopback while the block runs."""
    fake = FakeForge(kind)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fake.before()
            query = parse_qs(urlsplit(self.path).query)
            branch = (query.get("head") or query.get("source_branch") or [""])[0].rpartition(":")[2]
            self._answer(
                200, [fake.shown(n) for n, known in enumerate(fake.requests) if branch in ("", known["branch"])]
            )

        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            branch = said.get("head") or said["source_branch"]
            assert (said.get("base") or said["target_branch"]) == "main"
            if fake.refuses:
                self._answer(403, {"message": "no"})
                return
            fake.requests.append({"branch": branch, "title": said["title"], "state": "open"})
            self._answer(201, fake.shown(len(fake.requests) - 1))

        def _answer(self, status: int, content: object) -> None:
            path, secret = fake.paths()
            content = content if fake.odd is None else fake.odd
            given = self.headers.get("PRIVATE-TOKEN") or self.headers.get("Authorization")
            if given != secret:
                status = 401
            elif unquote(urlsplit(self.path).path) != path:
                status = 404
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
