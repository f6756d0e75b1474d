"""Dogear behind pgbouncer, and on a server that takes no writes: it works, or one sentence says what to change."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from bot.domain.errors import BadConfig, StoreBusy
from bot.service import teams
from store.sql import open_store
from tests.fakes.clock import FakeClock
from tests.fakes.postgres import Postgres

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def pooled(database: str, mode: str, folder: Path) -> Iterator[str]:
    """The address of the database through a pgbouncer in this mode."""
    assert PGBOUNCER is not None
    server, port = make_url(database), free_port()
    sockets = Path(str(server.query["host"]))
    owner = pwd.getpwuid(sockets.stat().st_uid).pw_name
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={sockets} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"auth_type = any\npool_mode = {mode}\nunix_socket_dir =\nmax_client_conn = 50\ndefault_pool_size = 20\n"
    )
    folder.chmod(0o755)
    for parent in folder.parents:
        if parent.name.startswith("pytest-"):
            parent.chmod(0o755)
    switch = ["-u", owner] if os.getuid() == 0 else []
    running = subprocess.Popen([PGBOUNCER, "-q", *switch, str(folder / "pgbouncer.ini")], stderr=subprocess.DEVNULL)
    try:
        for _ in range(500):
            with closing(socket.socket()) as door:
                if door.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        yield f"postgresql://postgres@127.0.0.1:{port}/{server.database}"
    finally:
        running.terminate()
        running.wait(10)


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    with postgres.database() as url:
        yield url


@pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed; on Debian: apt-get install pgbouncer")
def test_session_pooling_works_with_locks_that_hold(database: str, tmp_path: Path, clock: FakeClock) -> None:
    with pooled(database, "session", tmp_path) as url, closing(open_store(url, clock)) as store:
        with store.begin(write=True) as tx:
            teams.get_or_create(tx, "default", "UTC")
        held = store.acquire("shard 0")

        assert held is not None
        assert store.acquire("shard 0") is None
        held.release()


@pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed; on Debian: apt-get install pgbouncer")
@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_pooling_in_which_locks_do_not_hold_is_refused(
    mode: str, database: str, tmp_path: Path, clock: FakeClock
) -> None:
    with pooled(database, mode, tmp_path) as url, pytest.raises(BadConfig) as refused:
        open_store(url, clock)

    assert "pool_mode = session" in str(refused.value)


def test_a_read_only_server_is_reported(database: str, postgres: Postgres, clock: FakeClock) -> None:
    with closing(open_store(database, clock)) as store:
        assert store.check() == ""
        postgres.execute(f"ALTER DATABASE {make_url(database).database} SET default_transaction_read_only = on")

    with closing(open_store(database, clock)) as store:
        assert store.check().startswith("The database is read-only")


def test_a_server_that_accepts_and_says_nothing_is_away_after_a_bounded_wait(clock: FakeClock) -> None:
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as silent,
        pytest.raises(StoreBusy, match=r"The database is away\."),
    ):
        open_store(f"postgresql://postgres@127.0.0.1:{silent.getsockname()[1]}/dogear", clock)
