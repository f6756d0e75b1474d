"""How much one person and one team may ask for."""

import pytest

from bot.chat.platform import Actor
from bot.commands.limits import COMPLETION, Limits, Rate, full
from bot.domain.errors import TooMuch
from bot.domain.ids import AccountRef, PlatformName, TeamId, WorkspaceRef

FAKE = PlatformName("fake")


class Watch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def an_actor(name: str = "ana", workspace: str = "W1") -> Actor:
    return Actor(account=AccountRef(FAKE, name), workspace=WorkspaceRef(FAKE, workspace), name=name)


def taken(limits: Limits, actor: Actor, times: int, cost: float = 1.0) -> int:
    """How many of so many uses in a row were allowed."""
    allowed = 0
    for _ in range(times):
        try:
            limits.take(actor, cost)
        except TooMuch:
            break
        allowed += 1
    return allowed


def test_a_bucket_gives_half_a_minutes_worth_at_once_and_fills_by_the_second() -> None:
    rate = Rate(per_minute=60)
    empty = full(rate, 0.0).less(rate, 30, 0.0)

    assert rate.burst == 30
    assert empty.wait(rate, 1, 0.0) == pytest.approx(1.0)
    assert empty.wait(rate, 1, 1.0) == 0
    assert empty.holds(rate, 1000.0) == 30
    assert empty.holds(rate, -5.0) == 0, "a clock that is put back gives nothing"


def test_a_person_waits_and_is_told_for_how_long() -> None:
    watch = Watch()
    limits = Limits(per_person=60, now=watch)

    assert taken(limits, an_actor(), 100) == 30
    with pytest.raises(TooMuch) as no:
        limits.take(an_actor())
    assert (no.value.message, no.value.hint) == (
        "You ask for more than can be answered at once.",
        "Try again in 1 second.",
    )
    watch.seconds = 10
    assert taken(limits, an_actor(), 100) == 10
    assert taken(limits, an_actor("ben"), 1) == 1


def test_a_team_shares_its_limit_over_its_people_and_its_workspaces() -> None:
    limits = Limits(per_team=20, now=Watch())
    for workspace in ("W1", "W2"):
        limits.belongs(WorkspaceRef(FAKE, workspace), TeamId(1))
    limits.belongs(WorkspaceRef(FAKE, "W3"), TeamId(2))

    assert taken(limits, an_actor("ana", "W1"), 6) + taken(limits, an_actor("ben", "W2"), 6) == 10
    with pytest.raises(TooMuch, match="Your team asks") as no:
        limits.take(an_actor("cy", "W2"))
    assert no.value.hint == "Try again in 3 seconds."
    assert taken(limits, an_actor("dora", "W3"), 1) == 1


def test_what_the_team_may_not_is_not_counted_against_the_person() -> None:
    watch = Watch()
    limits = Limits(per_person=60, per_team=20, now=watch)

    assert taken(limits, an_actor("ben"), 100) == 10
    assert taken(limits, an_actor("ana"), 100) == 0
    watch.seconds = 30
    assert taken(limits, an_actor("ana"), 100) == 10


def test_completions_count_a_tenth() -> None:
    assert taken(Limits(per_person=60, now=Watch()), an_actor(), 1000, COMPLETION) in (299, 300)


def test_without_a_limit_nobody_waits_and_nothing_is_said_of_it() -> None:
    limits = Limits()

    assert taken(limits, an_actor(), 10_000) == 10_000
    assert limits.said == ""
    assert (
        Limits(per_person=60, per_team=6000).said
        == "Commands are limited: 60 a minute for one person, 6,000 a minute for the whole team."
    )


def test_buckets_of_very_many_people_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.commands.limits.MAX_BUCKETS", 100)
    limits = Limits(per_person=60, now=Watch())

    for number in range(1000):
        limits.take(an_actor(str(number)))

    assert len(limits._buckets) == 100
