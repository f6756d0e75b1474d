"""Takeaways and 💡, from keeping one to the count on the post, over a database of each engine."""

import asyncio
from pathlib import Path

from bot.domain.card import Action, Call, Card, Entries, Form
from bot.domain.ids import InvocationId
from bot.domain.reading_state import Insight, ReadingState
from bot.domain.team import Role
from bot.domain.text import string
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of, words_of

READER = Role.READER


def offered(card: Card | Form) -> dict[str, Action]:
    assert isinstance(card, Card)
    inside = [action for block in card.blocks for action in getattr(block, "actions", ())]
    return {action.label: action for action in (*card.actions, *inside)}


def lines_of(card: Card | Form) -> list[str]:
    assert isinstance(card, Card)
    return [string(line.matched) for block in card.blocks if isinstance(block, Entries) for line in block.items]


async def said(house: Clubhouse, line: str, by: str = "ana") -> str:
    return text_of(await house.say(line, by=by, role=READER))


async def test_a_takeaway_is_shown_found_counted_and_withdrawn(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta") as house:
        await house.say("share #1")
        await house.stage.settle()
        (post,) = [sent.ref for sent in house.platform.posted if sent.card.entry]

        answer = await house.say("takeaway #1 Measure first, zookeepers later.", role=READER)
        assert text_of(answer) == "Kept for #1.\nana: Measure first, zookeepers later."
        assert await said(house, "takeaway 1 anonymous:yes We do this wrong.", "ben")
        await house.react(post, Insight.INSIGHT, by="carol")

        shown = await said(house, "show #1", "dave")
        assert "Takeaways:\nSomeone: We do this wrong.\nana: Measure first, zookeepers later." in shown
        assert "💡 1 found something here." in shown
        assert "State: unread" in await said(house, "show #1", "carol")
        found = await house.say("search zookeeper", by="dave", role=READER)
        assert lines_of(found.show) == ["ana kept: Measure first, zookeepers later."]
        assert lines_of((await house.say("search wrong", by="dave")).show) == ["Someone kept: We do this wrong."]
        assert "ben" not in shown + repr(found)

        await house.wait(hours=1)
        assert "2 takeaways. 1 found something here." in words_of(house.platform.revised[-1][1])
        undone = await house.press(offered(answer.show)["Undo"])
        assert "withdrawn" in text_of(undone)
        assert "withdrawn already" in text_of(await house.press(offered(answer.show)["Undo"]))
        assert "Nothing on the list" in await said(house, "search zookeeper")
        await house.react(post, Insight.INSIGHT, by="carol", away=True)
        await house.wait(hours=2)
        assert "1 takeaway." in (now := words_of(house.platform.revised[-1][1]))
        assert "found something" not in now


async def test_no_one_withdraws_what_another_member_keeps(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        answer = await house.say("takeaway #1 Mine.", by="ana", role=READER)
        undo = offered(answer.show)["Undo"].call
        assert "withdrawn already" in text_of(await house.say(undo, by="ben"))
        assert "You have no takeaway of #1." in await said(house, "takeaway withdraw #1", "ben")
        assert "Withdraw" not in offered((await house.say("takeaway list #1", by="ben")).show)
        for typed in ("x", "١", "-1", "9" * 40):
            wrong = await house.say(Call(path=("takeaway", "withdraw"), arguments={"takeaway": typed}))
            assert wrong.refusal
        assert "You: Mine." in await said(house, "takeaway list #1")


async def test_a_takeaway_is_kept_once_and_within_its_limits(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        first = await house.say("takeaway #1 Once.", again="one")
        assert await house.say("takeaway #1 Once.", again="one") == first
        assert "already" in await said(house, "takeaway #1 Once.")
        assert "at most 600 characters; this has 601" in await said(house, f"takeaway #1 {'x' * 601}")
        assert "Kept" in await said(house, f"takeaway #1 {'x' * 600}")
        assert "a few words" in await said(house, "takeaway #1 …")
        assert "no entry #9" in await said(house, "takeaway #9 What?")
        assert "neither yes nor no" in await said(house, "takeaway #1 anonymous:maybe What?")
        assert "That is not a link." in await said(house, "takeaway #1 about:javascript:alert(1) What?")
        for number in range(18):
            assert "Kept" in await said(house, f"takeaway #1 Thought {number}.")
        assert "which is the limit" in await said(house, "takeaway #1 One more.")
        assert "Kept" in await said(house, "takeaway #1 One more.", "ben")

        shown = await said(house, "show #1")
        assert "and 18 more" in shown
        assert "ben: One more." in shown
        assert "page 4 of 4, 20 in all" in await said(house, "takeaway list page:9")
        assert "Which one?" in await said(house, "takeaway withdraw #1")
        assert "page 5 of 5, 21 in all" in await said(house, "takeaway list #1 page:5")


async def test_the_form_asks_for_what_is_missing_and_keeps_what_was_typed(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say("share #1")
        await house.stage.settle()
        (post,) = [sent for sent in house.platform.posted if sent.card.entry]

        pressed = (await house.press(offered(post.card)["Takeaway"])).show
        assert isinstance(pressed, Form)
        assert {field.name: field.value for field in pressed.fields if field.value} == {"entry": "#1"}
        thread = f"{post.ref.channel.id}/{post.ref.id}"
        own = {"thread": f"nowhere/1 {thread}", "text": "My words."}
        filled = (await house.say(Call(path=("takeaway", "add"), arguments=own))).show
        assert isinstance(filled, Form)
        assert {field.name: field.value for field in filled.fields if field.value} == {
            "entry": "#1",
            "text": "My words.",
        }
        assert filled.submit == Call(path=("takeaway", "add"))
        elsewhere = (await house.say(Call(path=("takeaway", "add"), arguments={"thread": "a/b"}))).show
        assert isinstance(elsewhere, Form)
        long = Call(path=("takeaway", "add"), arguments={"entry": "#1", "text": "y" * 700})
        again = await house.say(long)
        assert isinstance(again.show, Form)
        assert again.refusal
        assert [field.name for field in again.show.fields if field.problem] == ["text"]


async def test_two_replicas_keep_one_takeaway_of_one_use(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house, clubhouse(database, tmp_path) as other:
        use = InvocationId("the same use")
        answers = await asyncio.gather(
            house.say("takeaway #1 Once.", again=use), other.say("takeaway #1 Once.", again=use)
        )
        assert answers[0] == answers[1]
        assert "1 in all" in await said(house, "takeaway list #1")


async def test_a_bulb_changes_no_reading_state(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say("share #1")
        await house.stage.settle()
        (post,) = [sent.ref for sent in house.platform.posted if sent.card.entry]
        await house.react(post, ReadingState.READ)
        await house.react(post, Insight.INSIGHT)
        assert "State: read" in await said(house, "show #1")
        await house.react(post, ReadingState.READ, away=True)
        assert "State: unread" in await said(house, "show #1")
