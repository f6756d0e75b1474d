"""A digest that was refused or is in doubt: every command says the same of it, and it can be posted once the cause is gone."""

import asyncio
from pathlib import Path

import pytest

from bot.chat.platform import Answer, Invocation
from bot.domain.card import Action, Call, Card, Fields
from bot.domain.errors import ChannelRefused, PlatformRefused, PlatformUncertain
from bot.domain.ids import InvocationId
from bot.domain.team import Role
from tests.fakes.clubhouse import Clubhouse, actor_of, clubhouse, text_of, words_of
from tests.fakes.platform import RecordingPlatform, channel

SET = "schedule set mon 09:00 UTC"
TO_MONDAY = {"days": 4, "hours": 22}
CLOSED = ChannelRefused("Only some people may post in this channel.", remedy="Ask who runs it.")
FULL = PlatformRefused("The channel has too many links.", remedy="Remove some.")


def buttons(answer: Answer) -> dict[str, Action]:
    assert isinstance(answer.show, Card)
    beside = [block.actions for block in answer.show.blocks if isinstance(block, Fields)]
    return {action.label: action for actions in (answer.show.actions, *beside) for action in actions}


async def said_everywhere(house: Clubhouse) -> dict[str, str]:
    lines = ("home", "digest", "digest history", "status")
    return {line: text_of(await house.say(line)) for line in lines}


@pytest.mark.parametrize("refusal", [CLOSED, FULL], ids=["the channel", "the post"])
async def test_a_refused_digest_is_not_posted_in_any_answer_until_post_now(
    database: str, tmp_path: Path, refusal: PlatformRefused
) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta", platform=RecordingPlatform(refusals=[refusal])) as house:
        await house.say(SET)
        await house.jump(**TO_MONDAY)

        assert not house.platform.roots()
        said = await said_everywhere(house)
        assert "This week's pick" not in said["home"]
        assert "This week's digest: not posted" in said["digest"]
        assert str(refusal).rstrip(".") in said["digest"]
        assert "#1 Alpha: not posted" in said["digest history"]
        assert "#1 Alpha, not posted" in said["status"]

        again = buttons(await house.say("digest"))["Post now"]
        assert again.call.arguments["entry"] == "#1"
        assert "on its way" in text_of(await house.press(again))
        await house.stage.settle()

        (posted,) = house.platform.roots()
        assert posted.card.title == "Alpha"
        said = await said_everywhere(house)
        assert "This week's pick" in said["home"]
        assert "not posted" not in said["digest history"]
        assert "#1 Alpha, posted" in said["status"]
        assert "Not posted:" not in said["status"]
        assert "Next: none while paused" not in said["status"]
        assert "This week's digest was already posted." in text_of(await house.press(again))


async def test_what_was_refused_does_not_count_as_featured(database: str, tmp_path: Path) -> None:
    platform = RecordingPlatform(refusals=[FULL])
    async with clubhouse(database, tmp_path, "Alpha", "Beta", platform=platform) as house:
        await house.say(SET)
        await house.jump(**TO_MONDAY)
        await house.jump(days=7)
        await house.jump(days=7)

        assert [posted.card.title for posted in platform.roots()] == ["Alpha", "Beta"]


async def test_a_picked_entry_that_was_refused_is_the_next_one(database: str, tmp_path: Path) -> None:
    platform = RecordingPlatform(refusals=[FULL])
    async with clubhouse(database, tmp_path, "Alpha", "Beta", "Gamma", platform=platform) as house:
        await house.say(SET)
        await house.say("digest pick #3")
        await house.jump(**TO_MONDAY)
        preview = text_of(await house.say("digest"))
    assert preview.startswith("Gamma")
    assert "picked by hand" in preview


async def test_an_unconfirmed_digest_is_asked_about_and_not_featured(database: str, tmp_path: Path) -> None:
    lost = PlatformUncertain("no answer")
    platform = RecordingPlatform(refusals=[lost], blind=PlatformRefused("no access", remedy="Allow it."))
    async with clubhouse(database, tmp_path, "Alpha", "Beta", platform=platform) as house:
        await house.say(SET)
        await house.jump(**TO_MONDAY)
        await house.jump(minutes=5)

        assert "This week's pick" not in text_of(await house.say("home"))
        assert "not confirmed" in text_of(await house.say("digest history"))
        preview = await house.say("digest")
        assert {"Yes, it's there", "No, post it"} <= set(buttons(preview))
        refused = await house.say("digest post")
        assert "I can't see whether this week's digest arrived." in text_of(refused)

        again = buttons(refused)["No, post it"]
        both = await asyncio.gather(house.press(again), house.press(again, by="ben"))
        said = [text_of(answer).splitlines()[0] for answer in both]
        assert sorted(said) == ["I am posting it again.", "That post is on its way; there is nothing to confirm."]
        await house.stage.settle()
        assert "That post has arrived" in text_of(await house.press(again))
        assert [posted.card.title for posted in platform.roots()] == ["Alpha"]
        assert "This week's pick" in text_of(await house.say("home"))


async def test_a_digest_that_found_nothing_to_feature_can_be_posted_later(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha+db") as house:
        await house.say(f"{SET} tag:db")
        await house.rewrite("Alpha")
        await house.jump(**TO_MONDAY)
        assert "no entry was left to feature" in text_of(await house.say("digest history"))
        await house.rewrite("Alpha", "Beta+db")
        await house.say("digest post")
        await house.stage.settle()

        assert [posted.card.title for posted in house.platform.roots()] == ["Beta"]


async def test_the_status_shows_a_failed_digest_once_with_one_remedy(database: str, tmp_path: Path) -> None:
    platform = RecordingPlatform(refusals=[FULL])
    async with clubhouse(database, tmp_path, "Alpha", "Beta", platform=platform) as house:
        await house.say(SET)
        await house.jump(**TO_MONDAY)
        platform.refusals.append(FULL)
        await house.say("share #2")
        await house.stage.settle()
        status = await house.say("status")
        lines = [line for line in text_of(status).splitlines() if line.startswith("Not posted")]
        labels = list(buttons(status))

    assert len(lines) == 2
    assert "#2 Beta" in lines[0]
    assert "#1 Alpha" in lines[1]
    assert labels == ["Share", "Post now"]


async def test_a_coming_week_that_is_skipped_is_not_in_the_past(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say(SET)
        await house.say("digest skip")
        history, status = text_of(await house.say("digest history")), text_of(await house.say("status"))
    assert history.splitlines() == ["This channel has had no digest yet.", "Will be skipped: Mon 9 Mar 2026 09:00 UTC"]
    assert "Last digest: none yet" in status


async def test_the_count_of_readers_in_a_post_follows_at_most_once_an_hour(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta") as house:
        await house.say("share #1")
        await house.stage.settle()
        await house.say("read #1", by="ben")
        await house.wait(minutes=30)
        assert not house.platform.revised
        await house.wait(minutes=31)
        await house.say("read #1", by="cleo")
        await house.wait(minutes=30)
        assert len(house.platform.revised) == 1
        await house.wait(minutes=31)
        await house.say("unread #1", by="cleo")
        await house.say("unread #1", by="ben")
        await house.wait(hours=2)
        await house.wait(hours=2)
        assert {message.id for message, _ in house.platform.revised} == {"1"}
        one, two, none = [words_of(card) for _, card in house.platform.revised]
    assert "Read by 1 member." in one
    assert "Read by 2 members." in two
    assert "Read by" not in none


async def test_a_post_that_may_not_be_changed_is_left_alone(database: str, tmp_path: Path) -> None:
    closed = PlatformRefused("The message cannot be changed any more.", remedy="Nothing is to be done.")
    async with clubhouse(database, tmp_path, "Alpha") as house:
        house.platform.unrevisable = [closed]
        await house.say("share #1")
        await house.stage.settle()
        await house.say("read #1", by="ben")
        await house.wait(hours=2)
        assert not house.platform.unrevisable
        await house.say("read #1", by="cleo")
        await house.wait(hours=4)

        assert len(house.platform.revised) == 0


async def test_old_buttons_without_names_ask_or_act_as_they_did(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta") as house:
        await house.say(SET)

        def old(*path: str, **arguments: str) -> Action:
            return Action(label="old", call=Call(path=path, arguments=arguments))

        asked = await house.press(old("digest", "skip", channel="#reading"), sure=False)
        assert text_of(asked).startswith("Skip the next digest?")
        assert "No digest on" in text_of(await house.press(buttons(asked)["Skip"]))
        assert "already skipped" in text_of(await house.press(buttons(asked)["Skip"]))

        asked = await house.press(old("share", entry="#1"), sure=False)
        assert not house.platform.roots()
        shared = buttons(asked)["Share"]
        assert shared.confirmed
        await house.press(shared)
        await house.stage.settle()
        assert len(house.platform.roots()) == 1

        asked = await house.press(old("schedule", "off", channel="#reading"), sure=False)
        assert text_of(asked).startswith("Stop the weekly digest in this channel?")
        assert "is off" in text_of(await house.press(buttons(asked)["Off"]))


async def test_two_admins_who_skip_at_once_skip_one_week(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta") as house:
        await house.say(SET)
        skip = buttons(await house.say("digest"))["Skip"]
        answers = await asyncio.gather(house.press(skip, by="ana"), house.press(skip, by="ben"))
        weeks = await house.club.runner.read(lambda tx: tx.schedules.weeks(house.team.id, channel(), 9))
        assert len(weeks) == 1
        assert sorted(text_of(answer).splitlines()[0] for answer in answers) == [
            "I skip the next digest.",
            "It is already skipped.",
        ]


async def test_post_now_under_an_old_preview_shows_the_new_choice(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta", "Gamma") as house:
        await house.say(SET)
        stale = buttons(await house.say("digest"))["Post now"]
        await house.say("digest pick #3")
        changed = await house.press(stale)
        await house.stage.settle()
        assert not house.platform.roots()
        await house.press(buttons(changed)["Post now"])
        await house.stage.settle()
        said, posted = text_of(changed), [posted.card.title for posted in house.platform.roots()]
    assert said.startswith("The choice has changed since then: it is #3 now.")
    assert posted == ["Gamma"]


async def test_sharing_again_within_ten_minutes_asks_with_a_link(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say("share #1", by="ana")
        await house.stage.settle()
        await house.jump(minutes=1)
        asked = await house.say("share #1", by="ben")
        assert text_of(asked).splitlines()[:2] == ["#1 was shared here a minute ago.", "Open the post"]
        await house.stage.settle()
        assert len(house.platform.roots()) == 1
        again = buttons(asked)["Post again"]
        await asyncio.gather(house.press(again, by="ben"), house.press(again, by="ben"))
        await house.stage.settle()
        assert len(house.platform.roots()) == 2
        await house.jump(minutes=11)
        await house.say("share #1", by="ben")
        await house.stage.settle()
        assert len(house.platform.roots()) == 3


async def test_only_who_shared_it_may_delete_it_within_ten_minutes(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        undo = buttons(await house.say("share #1", by="ana"))["Delete it"]
        await house.stage.settle()
        assert "You did not share #1 here." in text_of(await house.press(undo, by="ben"))
        assert house.platform.posted
        assert "is deleted" in text_of(await house.press(undo, by="ana"))
        assert not house.platform.posted
        assert "deleted already" in text_of(await house.press(undo, by="ana"))
        assert "Discussed in" not in text_of(await house.say("show #1"))

        undo = buttons(await house.say("share #1", by="ana"))["Delete it"]
        assert "is deleted" in text_of(await house.press(undo, by="ana"))
        await house.stage.settle()
        assert not house.platform.posted

        undo = buttons(await house.say("share #1", by="ana"))["Delete it"]
        await house.stage.settle()
        await house.jump(minutes=10, seconds=1)
        assert "more than ten minutes ago" in text_of(await house.press(undo, by="ana"))
        assert house.platform.posted


async def test_what_the_platform_does_not_delete_is_still_there(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        undo = buttons(await house.say("share #1"))["Delete it"]
        await house.stage.settle()
        house.platform.undeletable = [FULL]
        refused = await house.press(undo)
        assert refused.refusal
        assert text_of(refused).startswith("I could not delete it")
        assert "is deleted" in text_of(await house.press(buttons(refused)["Try again"]))
        assert not house.platform.posted


async def test_undo_takes_back_what_was_done(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta", "Gamma") as house:
        await house.say(SET)
        await house.say("later #1")
        await house.press(buttons(await house.say("read #1"))["Undo"])
        assert "State: later" in text_of(await house.say("show #1"))
        await house.press(buttons(await house.say("later #2"))["Remove from queue"])
        assert "State: unread" in text_of(await house.say("show #2"))
        await house.press(buttons(await house.say("unread #1"))["Undo"])
        assert "State: later" in text_of(await house.say("show #1"))

        before = text_of(await house.say("digest"))
        for line in ("digest skip", "digest pick #3"):
            done = await house.say(line)
            assert text_of(await house.say("digest")) != before
            await house.press(buttons(done)["Undo"])
            assert text_of(await house.say("digest")) == before
        await house.say("digest pick #2")
        await house.press(buttons(await house.say("digest pick #3"))["Undo"])
        assert text_of(await house.say("digest")).startswith("Beta")

        await house.say("settings zone Europe/Berlin")
        await house.press(buttons(await house.say("settings zone Asia/Tokyo"))["Undo"])
        assert "Europe/Berlin" in text_of(await house.say("settings"))
        await house.say("settings zone UTC")
        await house.press(buttons(await house.say("settings synonyms add k8s kubernetes"))["Undo"])
        assert "no synonyms" in text_of(await house.say("settings synonyms"))

        scheduled = text_of(await house.say("schedule list"))
        await house.press(buttons(await house.say("schedule pause 2w"))["Resume"])
        assert text_of(await house.say("schedule list")) == scheduled
        await house.press(buttons(await house.say("schedule off"))["Undo"])
        assert text_of(await house.say("schedule list")) == scheduled
        assert text_of(await house.say("digest")).startswith("Beta")


async def test_a_stale_undo_says_what_is_true_now(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta", "Gamma") as house:
        await house.say(SET)
        undo = buttons(await house.say("digest pick #3"))["Undo"]
        await house.say("digest pick #2")
        assert "#3 is not picked any more." in text_of(await house.press(undo))
        assert text_of(await house.say("digest")).startswith("Beta")

        unskip = buttons(await house.say("digest skip"))["Undo"]
        await house.jump(**TO_MONDAY)
        await house.jump(hours=1)
        assert "The time of that digest has passed." in text_of(await house.press(unskip))

        off = buttons(await house.say("schedule list"))["Off"]
        await house.say("schedule set tue 10:00 UTC")
        assert "The schedule has changed since then." in text_of(await house.press(off))
        assert "Tuesday 10:00" in text_of(await house.say("schedule list"))


async def test_a_list_answers_in_place(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta+db") as house:
        for line, title in (("next", "Next for you"), ("search note", "Search: note"), ("list", "Reading list")):
            shown = await house.say(line)
            assert isinstance(shown.show, Card)
            read = next(
                action
                for block in shown.show.blocks
                for item in getattr(block, "items", ())
                for action in getattr(item, "actions", ())
                if action.label == "Read"
            )
            assert read.replaces
            number = read.call.arguments["entry"]
            answer = await house.press(read)
            assert text_of(answer).splitlines()[:2] == [title, f"{number} is read."]
            undone = await house.press(buttons(answer)["Undo"])
            assert text_of(undone).splitlines()[:2] == [title, f"{number} is unread."]


async def test_notes_are_offered_only_where_there_are_notes(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say("share #1")
        await house.stage.settle()
        house.reading_list.write_text("* [Alpha](https://example.org/alpha)\n", encoding="utf-8")
        await house.club.lists.sync(house.team)
        await house.jump(minutes=11)
        await house.say("share #1")
        await house.stage.settle()
        first, second = house.platform.roots()
        with_notes, without = (
            {action.label: action for action in first.card.actions},
            {action.label: action for action in second.card.actions},
        )
    assert "Notes" in with_notes
    assert "Notes" not in without


async def test_a_week_that_was_skipped_is_posted_only_anyway(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say("schedule set fri 09:00 UTC")
        stale = buttons(await house.say("digest"))["Post now"]
        await house.say("digest skip")
        refused = await house.press(stale)
        assert "skipped by an admin" in text_of(refused)
        await house.stage.settle()
        assert not house.platform.roots()
        await house.press(buttons(refused)["Post it now anyway"])
        await house.stage.settle()

        assert [posted.card.title for posted in house.platform.roots()] == ["Alpha"]


async def test_following_a_post_ends_with_its_link_or_its_failure(database: str, tmp_path: Path) -> None:
    platform = RecordingPlatform()
    async with clubhouse(database, tmp_path, "Alpha", "Beta", platform=platform) as house:

        async def followed(line: str) -> Card:
            actor = actor_of("ana", Role.ADMIN)
            asked = Invocation(id=InvocationId(house.club.clock.token()), call=line, actor=actor, channel=channel())
            first = (await house.club.dispatcher.invoke(asked)).show
            assert isinstance(first, Card)
            later: list[Card] = []

            async def show(card: Card) -> None:
                later.append(card)

            await house.club.dispatcher.follow(actor, first, show)
            assert not later
            await house.stage.settle()
            await house.club.dispatcher.look_again()
            (card,) = later
            return card

        posted = await followed("share #1")
        assert words_of(posted).splitlines() == ["#1 is posted.", "In #reading.", "Open the post"]
        platform.refusals.append(FULL)
        failed = await followed("share #2")
        assert "#2 was not posted." in words_of(failed)
        assert "The channel has too many links. Remove some." in words_of(failed)
        assert [action.label for action in failed.actions] == ["Try again"]
        await house.press(failed.actions[0])
        await house.stage.settle()
        assert len(platform.roots()) == 2
