"""Databases for runs: each a copy of one that was furnished for so many channels, on either engine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import make_url

from tests.chaos import process, stage
from tests.chaos.around import furnish
from tests.chaos.row import Run
from tests.fakes.postgres import Postgres, running

MAX_CONNECTIONS = 500
"""Of the server that all runs share: each run has five processes with a pool, and on fast cores several runs overlap."""


class Ground:
    """`postgres` is started when the first run needs it."""

    def __init__(self, folder: Path, postgres: Postgres | None) -> None:
        self._folder = folder
        self._postgres = postgres
        self._furnished: dict[tuple[str, str, int, int, bool], str] = {}

    def database(self, run: Run, folder: Path) -> str:
        """The URL of a fresh copy."""
        engine = run.engine
        known = (engine, run.platform, run.channels, run.others, run.around)
        if known not in self._furnished:
            self._furnished[known] = self._furnish(*known)
        if engine == "sqlite":
            shutil.copy(self._furnished[known], folder / "dogear.db")
            return f"sqlite:///{folder / 'dogear.db'}"
        assert self._postgres is not None
        name = f"run_{folder.name.replace('-', '_')}"
        self._postgres.execute(f"CREATE DATABASE {name} TEMPLATE {self._furnished[known]}")
        return self._postgres.url(name)

    def give_back(self, url: str) -> None:
        """The database is not needed any more."""
        if url.startswith("postgresql") and self._postgres is not None:
            self._postgres.execute(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def _furnish(self, engine: str, platform: str, channels: int, others: int, around: bool) -> str:
        kind = f"{platform}_{channels}_{others}{'_around' if around else ''}"
        folder = self._folder / f"{engine}_{kind}"
        folder.mkdir()
        if engine == "sqlite":
            template, url = str(folder / "dogear.db"), f"sqlite:///{folder / 'dogear.db'}"
        else:
            assert self._postgres is not None
            template = f"furnished_{kind}"
            self._postgres.execute(f"CREATE DATABASE {template} TEMPLATE dogear_template")
            url = self._postgres.url(template)
        furnished = (
            partial(furnish, url, platform, channels, folder)
            if around
            else partial(stage.furnish, url, platform, channels, folder, others)
        )
        pid = process.forked(furnished, folder / "log")
        if os.waitpid(pid, 0)[1]:
            raise RuntimeError(f"no club could be furnished: {(folder / 'log').read_text()}")
        return template


@contextmanager
def prepared(folder: Path, *, postgres: bool) -> Iterator[Ground]:
    """Ground for the runs of one call, in a folder of its own."""
    if not postgres:
        yield Ground(folder, None)
        return
    with running() as server:
        server.execute(f"ALTER SYSTEM SET max_connections = {MAX_CONNECTIONS}")
        server.stop()
        server.start()
        yield Ground(folder, server)
