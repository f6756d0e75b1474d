"""Who hosts a digest: in turn, notified once, passed and swapped, and by a 🎤, over a database of each engine."""

from dataclasses import replace
from pathlib import Path

from bot.domain.card import Action, Card, Form
from bot.domain.ids import MessageRef
from bot.domain.reading_state import Microphone
from bot.domain.team import Role
from bot.ports.store import Transaction
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of, words_of
from tests.fakes.platform import account, channel

TITLES = ("Alpha", "Beta", "Gamma", "Delta", "Epsilon")
READER = Role.READER


def offered(card: Card | Form) -> dict[str, Action]:
    assert isinstance(card, Card)
    inside = [action for block in card.blocks for action in getattr(block, "actions", ())]
    return {action.label: action for action in (*card.actions, *inside)}


async def said(house: Clubhouse, line: str, by: str = "ana", role: Role = READER) -> str:
    return text_of(await house.say(line, by=by, role=role))


def told(house: Clubhouse) -> list[tuple[str, Card]]:
    return [(who.id, card) for who, card in house.platform.told if card.title == "You host the next digest."]


def digest(house: Clubhouse) -> tuple[MessageRef, Card]:
    post = [post for post in house.platform.posted if post.card.entry][-1]
    return post.ref, post.card


def hosted_by(card: Card) -> str:
    return next((line for line in words_of(card).splitlines() if line.startswith("Hosted by ")), "")


async def test_members_who_opted_in_host_in_turn_and_are_told_once_two_days_before(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("schedule set mon 09:00 UTC")
        assert "No one hosts here yet. “/blog digest host me”" in await said(house, "digest host", "dave")
        for name in ("ana", "ben"):
            assert "You are one of the hosts now." in await said(house, "host me", name)
        assert "You are one of the hosts already." in await said(house, "digest host me", "ben")

        await house.wait(days=2, hours=20)  # Saturday morning, two days before Monday at nine
        assert not told(house)
        await house.wait(hours=2)
        ((who, notice),) = told(house)
        assert who == account("ana").id
        assert "As things stand it features this article." in words_of(notice)
        assert {"Pass", "Pick another", "Ask your own question"} <= offered(notice).keys()
        await house.wait(days=4)
        assert len(told(house)) == 1
        assert hosted_by(digest(house)[1]) == "Hosted by ana."

        await house.wait(weeks=1)
        assert hosted_by(digest(house)[1]) == "Hosted by ben."
        await house.wait(weeks=1)
        assert [name for name, _ in told(house)] == ["ana", "ben", "ana"]
        assert hosted_by(digest(house)[1]) == "Hosted by ana."


async def test_a_turn_is_passed_taken_back_and_swapped(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("schedule set mon 09:00 UTC")
        for name in ("ana", "ben", "carol"):
            await house.say("host me", by=name, role=READER)
        await house.wait(days=3)
        refused = await house.say("host pass", by="ben", role=READER)
        assert refused.refusal
        assert "ana hosts the next digest." in text_of(refused)

        passed = await house.press(offered(told(house)[0][1])["Pass"])
        assert "ben hosts the next digest instead of you." in text_of(passed)
        await house.stage.settle()
        assert [name for name, _ in told(house)] == ["ana", "ben"]
        assert (await house.press(offered(told(house)[0][1])["Pass"])).refusal
        assert "You host the next digest again." in text_of(await house.press(offered(passed.show)["Undo"]))
        assert (await house.press(offered(passed.show)["Undo"])).refusal

        assert (await house.say("host swap", by="carol", role=READER)).refusal
        assert "The hosts are: ana, ben, carol." in await said(house, "host swap @zoe")
        swapped = await house.say("host swap @carol", role=READER)
        assert "carol hosts the next digest." in text_of(swapped)
        await house.wait(days=3)
        assert hosted_by(digest(house)[1]) == "Hosted by carol."
        await house.wait(weeks=1)
        assert hosted_by(digest(house)[1]) == "Hosted by ana."
        assert "do not host digests here any more" in await said(house, "host off", "ben")
        await house.wait(weeks=1)
        assert hosted_by(digest(house)[1]) == "Hosted by carol."
        late = await house.press(offered(told(house)[0][1])["Pass"])
        assert "That digest is over." in text_of(late)


async def test_a_host_picks_another_entry_and_asks_their_own_question(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.say("host me", by="ben", role=READER)
        await house.wait(days=3)
        ((_, notice),) = told(house)
        others = await house.press(offered(notice)["Pick another"], by="ben")
        label, other = next(iter(offered(others.show).items()))
        number = label.removeprefix("Feature ")
        picked = await house.press(other, by="ben")
        assert f"Your digest features {number}" in text_of(picked)
        assert (await house.press(other, by="carol")).refusal

        asked = await house.press(offered(notice)["Ask your own question"], by="ben")
        assert isinstance(asked.show, Form)
        line = f"digest ask {number} Would we have caught this?"
        assert (await house.say(line, by="carol", role=READER)).refusal
        assert "will begin with:" in await said(house, line, "ben")
        await house.wait(days=3)
        assert digest(house)[1].entry is not None
        assert f"#{digest(house)[1].entry.number}" == number  # type: ignore[union-attr]
        assert "Would we have caught this?" in words_of(house.platform.posted[-1].card)

        refused = await house.say(f"digest ask {number} And now?", by="ben", role=READER)
        assert "The next digest features #" in text_of(refused)


async def test_a_microphone_takes_a_digest_without_a_host_and_frees_it(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.wait(days=6)
        post, card = digest(house)
        assert not hosted_by(card)
        for by in ("ben", "carol"):
            await house.react(post, Microphone.HOST, by=by)
        await house.wait(hours=2)
        assert hosted_by(house.platform.revised[-1][1]) == "Hosted by ben."
        assert "State: unread" in await said(house, f"show #{card.entry.number if card.entry else 0}", "ben")
        await house.react(post, Microphone.HOST, by="ben", away=True)
        await house.wait(hours=2)
        assert hosted_by(house.platform.revised[-1][1]) == "Hosted by carol."
        await house.react(post, Microphone.HOST, by="carol", away=True)
        await house.wait(hours=2)
        assert not hosted_by(house.platform.revised[-1][1])

        await house.say("host me", by="ana", role=READER)
        await house.wait(weeks=1)
        post, card = digest(house)
        await house.react(post, Microphone.HOST, by="ben")
        await house.wait(hours=2)
        assert hosted_by(card) == "Hosted by ana."
        assert all(hosted_by(shown) != "Hosted by ben." for ref, shown in house.platform.revised if ref == post)


async def test_a_digest_that_was_skipped_was_hosted_by_no_one(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("schedule set mon 09:00 UTC")
        for name in ("ana", "ben"):
            await house.say("host me", by=name, role=READER)
        await house.wait(days=4)
        ((name, notice),) = told(house)
        assert name == "ana"
        await house.say("digest skip")
        late = text_of(await house.press(offered(notice)["Pass"], by="ana"))
        assert "That digest is over. This is about the next one." in late
        await house.wait(weeks=1, days=2)
        assert hosted_by(digest(house)[1]) == "Hosted by ana."


async def test_a_schedule_that_cannot_be_evaluated_keeps_no_other_host_from_their_notice(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        for where in ("reading", "lounge"):
            await house.say("schedule set mon 09:00 UTC", where=where)
            await house.say("digest host me", where=where)
        await house.say("schedule meet thu 16:00 UTC")

        def spoil(tx: Transaction) -> None:
            first, _ = sorted(tx.schedules.all(house.team.id), key=lambda one: one.channel.id != channel().id)
            rules = tx.meetings.rules(first.id)
            assert rules.meets is not None
            tx.meetings.save_rules(replace(rules, meets=replace(rules.meets, zone="Nowhere/Gone")))

        await house.club.runner.write(spoil)  # the zone was removed by an update of the system
        await house.jump(days=3)
        await house.club.ticker.meet()
        await house.stage.settle()
        (notice,) = told(house)
        assert "#lounge" in words_of(notice[1])
