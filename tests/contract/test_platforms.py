"""The contract of ChatPlatform, over every platform there is: real libraries, with servers on loopback behind them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from bot.domain.card import Card, NoteTree
from bot.domain.errors import ChannelRefused, PlatformBusy, PlatformUncertain
from bot.domain.ids import ThreadRef
from bot.domain.reading_state import ReadingState
from tests.fakes import cards
from tests.fakes.core import NOTES, an_entry
from tests.fakes.places import EVERY, FALLIBLE, WAIT, Place

KEY, OTHER = "a-key-of-24-characters-1", "a-key-of-24-characters-2"
CARD = Card(title="This week's article", entry=an_entry(), blocks=(NoteTree(blocks=NOTES),))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

Scene = Callable[[Place], Awaitable[None]]
everywhere = pytest.mark.parametrize("name", EVERY)
where_people_react = pytest.mark.parametrize("name", [*FALLIBLE, "web"])
where_it_may_fail = pytest.mark.parametrize("name", FALLIBLE)


@asynccontextmanager
async def played(name: str) -> AsyncIterator[Place]:
    async with EVERY[name]() as place:
        yield place


@everywhere
async def test_a_post_is_one_message_in_its_channel_with_an_address_or_none(name: str) -> None:
    async with played(name) as place:
        posted = await place.platform.post(place.channel, CARD, key=KEY)

        assert place.there() == 1
        assert posted.channel == place.channel
        link = place.platform.link(posted)
        assert link is None if name not in FALLIBLE else link is not None and link.startswith("http")


@everywhere
async def test_a_message_is_found_by_its_key_and_by_no_other_and_since_its_time(name: str) -> None:
    async with played(name) as place:
        posted = await place.platform.post(place.channel, CARD, key=KEY)
        other = await place.platform.post(place.channel, CARD, key=OTHER)

        assert await place.platform.find(place.channel, KEY, since=LONG_AGO) == [posted]
        assert await place.platform.find(place.channel, OTHER, since=LONG_AGO) == [other]
        assert await place.platform.find(place.channel, "a-key-of-24-characters-3", since=LONG_AGO) == []
        if (
            name != "slack"
        ):  # where a moment ahead of our clock says that our clock was wrong, and a day is looked through
            assert await place.platform.find(place.channel, KEY, since=datetime.now(UTC) + timedelta(days=999)) == []  # noqa: TID251 -- far away


@everywhere
async def test_a_thread_is_opened_once_and_a_reply_in_it_is_found(name: str) -> None:
    async with played(name) as place:
        root = await place.platform.post(place.channel, CARD, key=KEY)
        thread = await place.platform.open_thread(root, "What would you do differently?")
        again = await place.platform.open_thread(root, "What would you do differently?")
        reply = await place.platform.post(place.channel, CARD, key=OTHER, thread=thread)

        assert again == thread
        assert isinstance(thread, ThreadRef)
        assert await place.platform.find(place.channel, OTHER, since=LONG_AGO, thread=thread) == [reply]
        assert await place.platform.find(place.channel, KEY, since=LONG_AGO) == [root]
        assert place.there() == 2


@everywhere
async def test_what_is_deleted_is_not_found_and_may_be_deleted_again(name: str) -> None:
    async with played(name) as place:
        posted = await place.platform.post(place.channel, CARD, key=KEY)

        await place.platform.delete(posted)
        await place.platform.delete(posted)

        assert await place.platform.find(place.channel, KEY, since=LONG_AGO) == []


@everywhere
async def test_a_revised_message_is_the_same_one(name: str) -> None:
    async with played(name) as place:
        posted = await place.platform.post(place.channel, CARD, key=KEY)

        await place.platform.revise(posted, Card(title="Put right"))

        assert place.there() == 1


@everywhere
async def test_our_own_reaction_counts_for_nothing_however_often_it_is_put(name: str) -> None:
    async with played(name) as place:
        posted = await place.platform.post(place.channel, CARD, key=KEY)

        for meaning in (ReadingState.READ, ReadingState.LATER, ReadingState.READ):
            await place.platform.react(posted, meaning)

        assert await place.platform.marks(posted) == []


@where_people_react
async def test_a_persons_reaction_is_a_mark_of_theirs(name: str) -> None:
    async with played(name) as place:
        posted = await place.platform.post(place.channel, CARD, key=KEY)
        assert place.put is not None
        place.put(posted)

        (mark,) = await place.platform.marks(posted)

        assert (mark.actor.account, mark.meaning, mark.message) == (place.person, ReadingState.READ, posted)


@where_people_react
async def test_one_person_is_told_in_a_message_of_their_own(name: str) -> None:
    async with played(name) as place:
        await place.platform.send_direct(place.person, CARD)

        assert place.there() == 1
        assert await place.platform.find(place.channel, "", since=LONG_AGO) == []


@where_it_may_fail
async def test_a_channel_that_takes_nothing_says_so_and_what_to_do(name: str) -> None:
    async with played(name) as place:
        assert place.refuse is not None
        place.refuse()

        with pytest.raises(ChannelRefused) as refused:
            await place.platform.post(place.channel, CARD, key=KEY)

        assert refused.value.remedy
        assert place.there() == 0


@where_it_may_fail
async def test_a_busy_platform_says_for_how_long_and_takes_nothing(name: str) -> None:
    async with played(name) as place:
        assert place.busy is not None
        place.busy()

        with pytest.raises(PlatformBusy) as busy:
            await place.platform.post(place.channel, CARD, key=KEY)

        assert busy.value.retry_after == timedelta(seconds=WAIT)
        assert place.there() == 0


@where_it_may_fail
async def test_an_answer_that_is_lost_is_a_doubt_and_one_look_ends_it(name: str) -> None:
    async with played(name) as place:
        assert place.lose is not None
        place.lose()

        with pytest.raises(PlatformUncertain):
            await place.platform.post(place.channel, CARD, key=KEY)

        assert place.there() == 1
        assert len(await place.platform.find(place.channel, KEY, since=LONG_AGO)) == 1


@where_it_may_fail
async def test_a_post_is_repeatable_exactly_where_its_manner_says_so(name: str) -> None:
    async with played(name) as place:
        can_repeat = await place.platform.can_repeat(place.channel)
        first = await place.platform.post(place.channel, CARD, key=KEY)
        again = await place.platform.post(place.channel, CARD, key=KEY)

        assert (again == first) == can_repeat
        assert place.there() == (1 if can_repeat else 2)
        assert not can_repeat or place.platform.posting_rules.repeatable_within is not None


@everywhere
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(card=cards.cards)
async def test_any_card_at_all_can_be_posted_revised_and_found(name: str, card: Card) -> None:
    async with played(name) as place:
        posted = await place.platform.post(place.channel, card, key=KEY)
        await place.platform.revise(posted, card)

        assert await place.platform.find(place.channel, KEY, since=LONG_AGO) == [posted]
