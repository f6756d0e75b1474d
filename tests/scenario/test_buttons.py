"""Every button of every card: pressed twice at once, by two people, by another process and ten minutes later."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.chat.platform import Answer
from bot.commands.catalogue import COMMANDS
from bot.domain.card import Action, Card, Entries, Fields
from bot.domain.edit import EditState
from bot.domain.ids import EntryNumber
from bot.ports.store import Transaction
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of
from tests.fakes.platform import RecordingPlatform, account, channel

SET = "schedule set mon 09:00 UTC"
TITLES = ("Alpha", "Beta+db", "Gamma+db", "Delta", "Epsilon", "Zeta", "Eta")

SCENES: dict[str, tuple[Sequence[str], str]] = {
    "home": ((SET,), "home"),
    "random": ((), "random"),
    "search": ((), "search note"),
    "search, page 2": ((), "search note page:2"),
    "show": ((), "show #1"),
    "show what is in the queue": (("later #1",), "show #1"),
    "related": ((), "related #1"),
    "list": ((), "list"),
    "next": (("later #2",), "next"),
    "queue": (("later #2", "later #3"), "later"),
    "read": ((), "read #1"),
    "read what was in the queue": (("later #1",), "read #1"),
    "later": ((), "later #1"),
    "unread": (("read #1",), "unread #1"),
    "share": ((), "share #1"),
    "share again": (("share #1",), "share #1"),
    "unshare": (("share #1",), "unshare #1"),
    "preview": ((SET,), "digest"),
    "pick": ((SET,), "digest pick #3"),
    "pick another": ((SET, "digest pick #2"), "digest pick #3"),
    "unpick": ((SET, "digest pick #3"), "digest unpick"),
    "skip": ((SET,), "digest skip"),
    "unskip": ((SET, "digest skip"), "digest unskip"),
    "post": ((SET,), "digest post"),
    "post again": ((SET, "digest post"), "digest post"),
    "host": ((SET, "digest host me"), "digest host"),
    "host, not yet one": ((SET,), "digest host"),
    "notes": ((), "digest notes #1"),
    "vote": ((SET, "schedule options vote:on"), "digest vote"),
    "in": ((SET, "digest post"), "digest in"),
    "options": ((SET,), "schedule options hosts:no in:4"),
    "meet": ((SET, "schedule meet thu 16:00"), "schedule meet fri 15:00 UTC"),
    "history": ((SET, "digest post", "digest skip"), "digest history"),
    "set": ((), SET),
    "schedules": ((SET,), "schedule list"),
    "pause": ((SET,), "schedule pause 2w"),
    "resume": ((SET, "schedule pause 2w"), "schedule resume"),
    "off": ((SET,), "schedule off"),
    "restore": ((SET, "schedule off"), "schedule restore"),
    "status": ((SET,), "status"),
    "settings": ((), "settings"),
    "help": ((), "help"),
    "tags": ((), "tags"),
    "add": ((), 'add https://example.org/new title:"Something new"'),
    "add what is retired": (("retire #1",), "add https://example.org/alpha"),
    "add from a message with two links": ((), "add https://example.org/one https://example.org/two"),
    "note": ((), "note #1 It pays"),
    "notes as they are": ((), "note #1"),
    "edit": ((), "edit #1 title:Better"),
    "edit, as it is": ((), "edit #1"),
    "retire": ((), "retire #1"),
    "restore an entry": (("retire #1",), "restore #1"),
    "edits": (("note #1 It pays", "retire #2"), "edits"),
    "who may add": ((), "settings adding"),
    "who may add, changed": ((), "settings adding curators"),
    "takeaway": ((), "takeaway #1 Measure first"),
    "takeaways": (("takeaway #1 Measure first",), "takeaway list #1"),
    "remind": (("later #1",), "remind #1 3d"),
    "reminders": (("remind #1 3d",), "remind list"),
    "remind cancel": (("remind #1 3d",), "remind cancel #1"),
    "weekly note": ((), "settings weekly-note mon 09:00"),
    "weekly note off": (("settings weekly-note mon 09:00",), "settings weekly-note off"),
    "week": ((), "week"),
    "stats": ((), "stats"),
    "stats of the team": ((), "stats team"),
    "zone": ((), "settings zone Europe/Berlin"),
    "publish": ((), "settings publish yes"),
    "synonyms": ((), "settings synonyms add db database"),
    "pass": ((SET,), "digest pass #2"),
    "question": ((), "digest question #1 Would it help us?"),
    "holidays": ((SET,), "schedule holidays DE"),
}

NEVER = {
    ("digest", "arrived"): "below a post in doubt; test_discord_private and test_doubts press it",
    ("digest", "again"): "as digest arrived",
    ("sync", "apply"): "below a held change; test_held presses it",
    ("sync", "keep"): "as sync apply",
    ("edits", "describe"): "below the description of a page; test_looking_at_pages presses it",
    ("digest", "ask"): "in the message to a host; test_hosts presses it",
    ("week",): "in the figures of a team of three or more; it only shows something",
    ("restore",): "no button yet: what was retired has Undo",
    ("settings", "sign-out"): "where pages are on; test_pages presses it",
    ("settings", "sign-out-all"): "as settings sign-out",
    ("edits", "look"): "below several links where pages are looked at; test_looking_at_pages presses it",
}
"""Commands of buttons that no answer here has, and what presses them."""

SHARED = {"share", "unshare", "digest", "schedule", "sync", "add", "note", "edit", "edits", "retire", "restore"}
"""Commands whose effect is everybody's."""


def actions_of(card: Card) -> Iterator[Action]:
    yield from card.actions
    for block in card.blocks:
        if isinstance(block, Fields):
            yield from block.actions
        if isinstance(block, Entries):
            for line in block.items:
                yield from line.actions


async def press(house: Clubhouse, action: Action, by: str, *, asks: bool) -> Answer:
    """A press on a platform that asks for a confirmation by itself, if it `asks`."""
    return await house.press(action, by=by, sure=action.confirmed or (asks and bool(action.confirm)))


async def shared_state(house: Clubhouse) -> dict[str, Any]:
    """What everybody can see: posts, weeks, the schedule and the pick."""

    def read(tx: Transaction) -> dict[str, Any]:
        team, here = house.team.id, channel()
        schedule = tx.schedules.of_channel(team, here)
        paused = schedule is not None and (schedule.paused_until or tx.now()) > tx.now() + timedelta(minutes=1)
        posts = [
            (one.draft.source_key, one.message is not None or one.state.value == "pending")
            for entry in range(1, len(TITLES) + 1)
            for found in [tx.entries.by_number(team, entry)]  # type: ignore[arg-type] # a number as it is typed
            if found is not None
            for _, one in tx.ledger.recent_roots(team, found.id, tx.now().replace(year=2000))
        ]
        return {
            "posts": sorted(posts),
            "weeks": sorted((week.week, week.outcome.name) for week in tx.schedules.weeks(team, here, 50)),
            "schedule": schedule and (schedule.weekday, schedule.at, paused, schedule.paused_because),
            "pick": schedule and tx.schedules.pinned(schedule.id),
            "edits": sorted(
                one.id
                for one in tx.edits.newest(team, None, 50)
                if one.state not in (EditState.DRAFT, EditState.REFUSED)
            ),
            "rules": tx.edits.rules(team),
        }

    return await house.club.runner.read(read)


async def own_state(house: Clubhouse, by: str) -> list[tuple[int, str]]:
    answer = await house.say("list", by=by)
    assert isinstance(answer.show, Card)
    listed = [line for block in answer.show.blocks if isinstance(block, Entries) for line in block.items]

    def read(tx: Transaction) -> Sequence[object]:
        member = tx.teams.member(house.team.id, account(by))
        assert member is not None
        reminders = [(one.entry, one.due_at.date()) for one in tx.personal.reminders(member.id)]
        note = tx.personal.note(member.id)
        return [reminders, note and (note.weekly, note.due_at), member.zone]

    rest = await house.club.runner.read(read)
    return [*((line.number, line.state.value) for line in listed), *((0, str(one)) for one in rest)]


def effects(before: Mapping[str, Any], after: Mapping[str, Any]) -> int:
    """How many posts, weeks, schedules or picks there are more, or fewer, or others."""
    posts = set(before["posts"]) ^ set(after["posts"])
    weeks = {week for week, _ in set(before["weeks"]) ^ set(after["weeks"])}
    edits = set(before["edits"]) ^ set(after["edits"])
    others = len([name for name in ("schedule", "pick", "rules") if before[name] != after[name]])
    return max(len(posts), len(weeks), len(edits), others)


def is_sound(answer: Answer) -> bool:
    """Whether a person can read what became of the press."""
    return not isinstance(answer.show, Card) or (bool(answer.show.title) and "broke" not in answer.show.title)


async def try_out(house: Clubhouse, other: Clubhouse, action: Action, *, asks: bool) -> Sequence[Card]:
    """Press in every way; the cards that came of it."""
    start, own = await shared_state(house), await own_state(house, "ana")
    twice = await asyncio.gather(press(house, action, "ana", asks=asks), press(house, action, "ana", asks=asks))
    await house.stage.settle()
    once = await shared_state(house)
    assert effects(start, once) <= 1, (action, start, once)
    chosen = await own_state(house, "ana")
    changed = set(own) ^ set(chosen)
    assert len({number for number, _ in changed}) <= 1, (action, changed)

    if action.call.path[0] in SHARED:
        by_others: Sequence[Answer] = await asyncio.gather(
            press(house, action, "ben", asks=asks), press(other, action, "ana", asks=asks)
        )
        await house.stage.settle()
        assert effects(once, await shared_state(house)) == 0, (action, once, await shared_state(house))
    else:
        by_others = [await press(other, action, "ana", asks=asks)]
        assert await own_state(house, "ana") == chosen, action

    await house.jump(minutes=10, seconds=1)
    other.club.clock.move_to(house.club.clock.now())
    late = await shared_state(house)
    much_later = await press(house, action, "ana", asks=asks)
    await house.stage.settle()
    assert effects(late, await shared_state(house)) <= 1, action
    answers = [*twice, *by_others, much_later]
    assert all(is_sound(answer) for answer in answers), answers
    return [answer.show for answer in answers if isinstance(answer.show, Card)]


async def every_button(database: str, folder: Path, scene: str, pressed: set[tuple[Any, ...]], *, asks: bool) -> None:
    """What only changes a member's own reading is pressed in one scene, everything else in each."""
    setup, line = SCENES[scene]
    async with clubhouse(database, folder, *TITLES) as house, clubhouse(database, folder) as other:
        for said in setup:
            await house.say(said)
            await house.stage.settle()
        first = await house.say(line)
        await house.stage.settle()
        assert isinstance(first.show, Card)
        cards = [first.show]
        for _ in range(2):
            following: list[Card] = []
            for card in cards:
                for action in actions_of(card):
                    shared = action.call.path[0] in SHARED
                    kind = (action.label, action.call.path, *sorted(action.call.arguments), shared and scene)
                    if kind not in pressed:
                        pressed.add(kind)
                        following += await try_out(house, other, action, asks=asks)
            cards = following


async def test_to_delete_ones_own_post_leaves_that_of_another_member(database: str, tmp_path: Path) -> None:
    async def posters(house: Clubhouse) -> list[str]:
        def read(tx: Transaction) -> list[str]:
            entry = tx.entries.by_number(house.team.id, EntryNumber(1))
            assert entry is not None
            known = tx.ledger.recent_roots(house.team.id, entry.id, tx.now() - timedelta(days=1))
            return [one.draft.notify.id for _, one in known if one.message is not None and one.draft.notify]

        return await house.club.runner.read(read)

    async def scene() -> None:
        async with clubhouse(database, tmp_path, "One") as house:
            for who in ("ana", "ben"):
                shared = await house.say("share #1", by=who)
                assert isinstance(shared.show, Card)
                for again in (one for one in shared.show.actions if one.label == "Post again"):
                    await house.press(again, by=who)
                await house.stage.settle()
            assert sorted(await posters(house)) == ["ana", "ben"]

            assert "is deleted" in text_of(await house.say("unshare #1", by="ana"))

            assert await posters(house) == ["ben"]

    await scene()


AT_ONCE = {
    "share": ((), "show #1", "Share"),
    "skip": ((SET,), "digest", "Skip"),
    "undo of a skip": ((SET, "digest skip"), "digest skip", "Undo"),
    "post now": ((SET,), "digest", "Post now"),
    "off": ((SET,), "schedule list", "Off"),
    "pause": ((SET,), "schedule list", "Pause for a week"),
    "resume": ((SET, "schedule pause 2w"), "schedule list", "Resume"),
    "undo of a pick": ((SET,), "digest pick #3", "Undo"),
    "retire": ((), "retire #1", "Undo"),
}


@pytest.mark.parametrize("name", AT_ONCE)
async def test_a_first_press_in_two_processes_at_once_has_one_effect_also_after_a_restart(
    name: str, url: str, tmp_path: Path
) -> None:
    setup, line, label = AT_ONCE[name]
    platform = RecordingPlatform()
    async with (
        clubhouse(url, tmp_path, *TITLES, platform=platform) as house,
        clubhouse(url, tmp_path, platform=platform) as other,
    ):
        for said in setup:
            await house.say(said)
        shown = await house.say(line)
        await house.stage.settle()
        assert isinstance(shown.show, Card)
        action = next(one for one in actions_of(shown.show) if one.label == label)
        before = await shared_state(house)

        twice = await asyncio.gather(
            *(each.press(action, by=who) for each in (house, other) for who in ("ana", "ben")),
        )
        await asyncio.gather(house.stage.settle(), other.stage.settle())

        after = await shared_state(house)
        assert effects(before, after) == 1, (before, after)
        assert all(is_sound(answer) for answer in twice)
        posts = len(platform.posted)
    async with clubhouse(url, tmp_path, platform=platform) as again:
        assert is_sound(await again.press(action))
        await again.stage.settle()
        assert effects(after, await shared_state(again)) == 0
        assert len(platform.posted) == posts


@pytest.mark.parametrize("asks", [True, False], ids=["the platform asks", "the command asks"])
async def test_each_button_has_one_effect_or_an_explanation(asks: bool, tmp_path: Path) -> None:
    pressed: set[tuple[Any, ...]] = set()
    for number, scene in enumerate(SCENES):
        folder = tmp_path / str(number)
        folder.mkdir()
        await every_button(f"sqlite:///{folder / 'dogear.db'}", folder, scene, pressed, asks=asks)
    assert len(pressed) >= 100
    by_button = {spec.path for spec in (command.spec for command in COMMANDS) if spec.by_button}
    paths = {path for _, path, *_ in pressed}
    assert by_button <= paths | set(NEVER), by_button - paths - set(NEVER)
    assert not paths & set(NEVER), paths & set(NEVER)
