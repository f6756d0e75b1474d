"""Teams, workspaces and members on both engines."""

from datetime import timedelta

import pytest

from bot.domain.errors import Conflict
from bot.domain.ids import WorkspaceRef
from store.sql import SqlStore
from tests.fakes.clock import FakeClock
from tests.fakes.kept import PLATFORM, a_club, an_account

HERE = WorkspaceRef(PLATFORM, "local")


def test_a_team_is_found_by_id_and_by_name(store: SqlStore) -> None:
    with store.begin(write=True) as tx:
        team = tx.teams.add("infra", "Europe/Berlin")

    with store.begin(write=False) as tx:
        assert tx.teams.get(team.id) == tx.teams.by_name("infra") == team
        assert tx.teams.by_name("Infra") is None


def test_a_second_team_of_the_same_name_is_refused(store: SqlStore) -> None:
    with store.begin(write=True) as tx:
        tx.teams.add("infra", "UTC")

    with pytest.raises(Conflict, match="infra"), store.begin(write=True) as tx:
        tx.teams.add("infra", "UTC")


def test_teams_come_by_name_with_their_zones(store: SqlStore) -> None:
    with store.begin(write=True) as tx:
        _, infra = tx.teams.add("web", "Asia/Tokyo"), tx.teams.add("infra", "UTC")

    with store.begin(write=False) as tx:
        assert [(team.name, team.zone) for team in tx.teams.all()] == [("infra", "UTC"), ("web", "Asia/Tokyo")]
        assert tx.teams.get(infra.id).zone == "UTC"


def test_a_workspace_waits_until_it_is_assigned(store: SqlStore) -> None:
    with store.begin(write=True) as tx:
        team = tx.teams.add("infra", "UTC").id
        tx.teams.join(HERE, "Local", None)
        waiting = tx.teams.workspaces(None)
        tx.teams.assign(HERE, team)

    with store.begin(write=False) as tx:
        assert [workspace.ref for workspace in waiting] == [HERE]
        assert tx.teams.workspaces(None) == []
        assert [workspace.ref for workspace in tx.teams.workspaces(team)] == [HERE]


def test_a_known_workspace_keeps_its_team_and_takes_the_new_name(store: SqlStore) -> None:
    with store.begin(write=True) as tx:
        first, second = tx.teams.add("first", "UTC").id, tx.teams.add("second", "UTC").id
        tx.teams.join(HERE, "Old", first)
        joined = tx.teams.join(HERE, "New", second)

    assert (joined.name, joined.team) == ("New", first)


def test_a_workspace_that_was_left_is_known_as_such_until_we_are_back(store: SqlStore, clock: FakeClock) -> None:
    club = a_club(store)
    with store.begin(write=True) as tx:
        tx.teams.join(HERE, "Local", club.team)
        tx.teams.leave(HERE)
        left_at = tx.now()
    clock.advance(timedelta(days=1))
    with store.begin(write=True) as tx:
        tx.teams.leave(HERE)

    with store.begin(write=True) as tx:
        (left,) = tx.teams.left_workspaces()
        assert (left.ref, left.team, left.left_at) == (HERE, club.team, left_at)
        assert tx.teams.workspace(HERE) == left
        assert tx.teams.workspaces(club.team) == []
        assert tx.teams.present_workspaces(PLATFORM) == []
        back = tx.teams.join(HERE, "Local", None)
        assert (back.team, back.left_at) == (club.team, None)
        assert tx.teams.left_workspaces() == []
        assert tx.teams.present_workspaces(PLATFORM) == [HERE]


def test_a_workspace_in_which_we_are_is_not_purged(store: SqlStore) -> None:
    club = a_club(store)
    with store.begin(write=True) as tx:
        tx.teams.join(HERE, "Local", club.team)
        tx.teams.purge(HERE)

        assert [workspace.ref for workspace in tx.teams.workspaces(club.team)] == [HERE]


def test_members_of_a_left_workspace_are_purged_in_pieces_and_those_met_elsewhere_stay(store: SqlStore) -> None:
    club, away = a_club(store), WorkspaceRef(PLATFORM, "away")
    with store.begin(write=True) as tx:
        tx.teams.join(HERE, "Local", club.team)
        members = [tx.teams.get_or_add_member(club.team, an_account(f"m{number}"), "M") for number in range(5)]
        for member in members:
            tx.teams.add_workspace(member, HERE)
        tx.teams.add_workspace(tx.teams.member(club.team, an_account("m4")) or members[4], away)
        assert tx.teams.purge_members(HERE, 2) == 0, "we have not left"
        tx.teams.leave(HERE)

    pieces = []
    for _ in range(4):
        with store.begin(write=True) as tx:
            pieces.append(tx.teams.purge_members(HERE, 2))

    assert pieces == [2, 2, 1, 0]
    with store.begin(write=False) as tx:
        found = [tx.teams.member(club.team, an_account(f"m{number}")) for number in range(5)]
        assert [one.workspaces for one in found if one] == [("away",)]
        assert [one.ref for one in tx.teams.left_workspaces()] == [HERE], "only purge forgets the workspace"


def test_members_met_in_several_workspaces_are_known_in_each(store: SqlStore) -> None:
    club = a_club(store)
    with store.begin(write=True) as tx:
        member = tx.teams.member(club.team, an_account())
        assert member is not None
        once = tx.teams.add_workspace(member, HERE)
        twice = tx.teams.add_workspace(once, WorkspaceRef(PLATFORM, "away"))
        again = tx.teams.add_workspace(twice, HERE)

        assert tx.teams.member(club.team, an_account()) == again
        assert again.workspaces == ("away", "local")


def test_a_member_is_admitted_once_and_renamed(store: SqlStore) -> None:
    with store.begin(write=True) as tx:
        team = tx.teams.add("infra", "UTC").id
        first = tx.teams.get_or_add_member(team, an_account(), "Anna")
        again = tx.teams.get_or_add_member(team, an_account(), "Anna B.")
        tx.teams.set_zone_of_member(first.id, "Asia/Tokyo")

    with store.begin(write=False) as tx:
        member = tx.teams.member(team, an_account())
    assert again.id == first.id
    assert member is not None
    assert (member.name, member.zone) == ("Anna B.", "Asia/Tokyo")


def test_the_same_account_is_another_member_in_another_team(store: SqlStore) -> None:
    ours, theirs = a_club(store), a_club(store, "theirs")

    with store.begin(write=True) as tx:
        tx.teams.set_zone_of_member(theirs.member, "Asia/Tokyo")
        mine = tx.teams.member(ours.team, an_account())
        nobody = tx.teams.member(ours.team, an_account("bob"))

    assert ours.member != theirs.member
    assert mine is not None
    assert mine.zone is None
    assert nobody is None


def test_what_is_known_of_an_account_somewhere_is_the_team_there_and_its_own_member(store: SqlStore) -> None:
    ours, theirs = a_club(store), a_club(store, "theirs")
    here, there, nowhere = (WorkspaceRef(PLATFORM, name) for name in ("here", "there", "nowhere"))

    with store.begin(write=True) as tx:
        tx.teams.join(here, "Local", ours.team)
        tx.teams.join(there, "There", theirs.team)
        tx.teams.set_zone_of_member(theirs.member, "Asia/Tokyo")

        for ref, club in ((here, ours), (there, theirs)):
            assert tx.teams.team_and_member(ref, an_account()) == (
                tx.teams.of_workspace(ref),
                tx.teams.member(club.team, an_account()),
            )
        assert tx.teams.team_and_member(here, an_account("newcomer")) == (tx.teams.of_workspace(here), None)
        assert tx.teams.team_and_member(nowhere, an_account()) is None


def test_nothing_is_known_where_a_workspace_waits_or_was_left(store: SqlStore) -> None:
    club = a_club(store)
    here = WorkspaceRef(PLATFORM, "here")

    with store.begin(write=True) as tx:
        tx.teams.join(here, "Local", None)
        waiting = tx.teams.team_and_member(here, an_account())
        tx.teams.assign(here, club.team)
        tx.teams.leave(here)

        assert (waiting, tx.teams.team_and_member(here, an_account())) == (None, None)


def test_names_that_no_database_takes_are_kept_as_far_as_they_can_be(store: SqlStore) -> None:
    with store.begin(write=True) as tx:
        team = tx.teams.add("infra", "UTC").id
        member = tx.teams.get_or_add_member(team, an_account(), "A\0nna \ud800 🦊")

    assert member.name == "A\ufffdnna \ufffd 🦊"
