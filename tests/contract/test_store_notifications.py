"""What wakes the workers of other processes: the notifications of PostgreSQL."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.delivery import Transition
from bot.domain.errors import StoreBusy
from bot.runtime.bootstrap import listening
from store.sql import SqlStore, open_store
from tests.contract.test_store_deliveries import DURATIONS, drafts
from tests.fakes.clock import FakeClock
from tests.fakes.kept import PLATFORM, a_club
from tests.fakes.postgres import Postgres

SOON = 20.0
NOT_LONG = 0.05


def test_whoever_listens_hears_of_what_another_process_has_made_due(postgres: Postgres, clock: FakeClock) -> None:
    with postgres.database() as url:
        ours, theirs = (open_store(url, clock, database_time=clock.database_time) for _ in range(2))
        club = a_club(theirs)
        notifications = ours.notifications()
        assert notifications is not None
        assert notifications.wait(SOON), "what came before it listened was not heard"
        assert not notifications.wait(NOT_LONG)

        with theirs.begin(write=True) as tx:
            tx.ledger.plan(club.team, drafts(), not_before=tx.now())
            assert not notifications.wait(NOT_LONG), "nothing is due before the commit"
        assert notifications.wait(SOON)

        with theirs.begin(write=True) as tx:
            (delivery,) = tx.ledger.lease("worker", 9, DURATIONS, [PLATFORM])
            tx.ledger.settle(
                delivery, Transition(state=delivery.state.PENDING, not_before=tx.now() + timedelta(minutes=1))
            )
        assert not notifications.wait(NOT_LONG)
        notifications.close()
        ours.close()
        theirs.close()


def test_a_listener_whose_connection_was_lost_listens_again_and_looks_for_what_it_missed(
    postgres: Postgres, clock: FakeClock
) -> None:
    with postgres.database() as url:
        store = open_store(url, clock)
        notifications = store.notifications()
        assert notifications is not None
        notifications.wait(SOON)
        postgres.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dogear hold'"
        )

        with pytest.raises(StoreBusy):
            notifications.wait(SOON)
        assert notifications.wait(SOON)

        notifications.close()
        store.close()


async def test_the_event_loop_is_woken_by_the_bell(postgres: Postgres, clock: FakeClock) -> None:
    async def scene(ours: SqlStore, theirs: SqlStore) -> None:
        woken = asyncio.Event()
        async with listening(ours.notifications(), woken.set):
            async with asyncio.timeout(SOON):
                await woken.wait()
            woken.clear()
            with theirs.begin(write=True) as tx:
                team = tx.teams.add("ours", "UTC").id
                tx.ledger.plan(team, drafts(), not_before=tx.now())
            async with asyncio.timeout(SOON):
                await woken.wait()

    with postgres.database() as url:
        stores = [open_store(url, clock) for _ in range(2)]
        await scene(*stores)
        for store in stores:
            store.close()


def test_over_sqlite_there_is_nobody_else_to_be_woken(tmp_path: Path, clock: FakeClock) -> None:
    store = open_store(f"sqlite:///{tmp_path}/dogear.db", clock)

    assert store.notifications() is None
    store.close()
