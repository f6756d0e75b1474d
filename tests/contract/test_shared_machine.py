"""Several users test on one machine: nothing of a test run is at a place that they share."""

import os
from pathlib import Path

from tests.fakes.postgres import Postgres


def test_the_lock_of_a_postgresql_server_is_in_its_own_folder(postgres: Postgres) -> None:
    server = postgres._server
    lock = Path(os.fsdecode(server._lock.path))

    assert lock == server.pgdata.parent / "lock"
    assert lock.exists()
    assert server.runtime_path == server.pgdata.parent
