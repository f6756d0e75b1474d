"""Addresses of databases as PostgreSQL's own tools take them, and what is said of those that cannot be used."""

from urllib.parse import quote

import pytest
from sqlalchemy import create_engine, make_url

from bot.domain.address import redacted, shown
from bot.domain.errors import BadConfig
from store.sql import open_store
from store.sql.engine import address
from tests.fakes.clock import FakeClock
from tests.fakes.postgres import Postgres


def test_the_folder_of_a_socket_may_be_in_the_place_of_the_host(postgres: Postgres) -> None:
    with postgres.database() as url:
        parsed = make_url(url)
        folder = str(parsed.query["host"])

        store = open_store(f"postgresql://postgres@{quote(folder, safe='')}/{parsed.database}", FakeClock())

        with store.begin(write=False) as tx:
            assert tx.teams.all() == []
        store.close()


def test_several_hosts_are_tried_in_turn() -> None:
    url = "postgresql://ana:pw@one.example:5433,two.example/club?target_session_attrs=read-write"

    engine = create_engine(address(url))
    _, arguments = engine.dialect.create_connect_args(engine.url)

    assert (arguments["host"], arguments["port"]) == ("one.example,two.example", "5433,")
    assert arguments["target_session_attrs"] == "read-write"
    assert arguments["dbname"] == "club"
    assert shown(url) == url.replace("pw", "***")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "postgresql://h/db?sslmodee=require",
            "“sslmodee” after the ? of the database's address. Did you mean sslmode?",
        ),
        ("postgresql://h/db?pa$$word=x", "does not know an option after the ?"),
        ("postgresql://u:p@w@h/db", "cannot be read. In its user and password write @ as %40"),
        ("postgresql://one,[::1]:2/db", "cannot be read"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_and_no_part_of_a_password(url: str, said: str) -> None:
    with pytest.raises(BadConfig) as refused:
        address(url)

    (problem,) = refused.value.problems
    assert said in redacted(problem)
    assert "pa$$word" not in problem
    assert redacted(problem) == problem
