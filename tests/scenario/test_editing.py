"""Adding, noting, correcting and retiring from the chat, on the club's own list."""

from collections.abc import Sequence
from pathlib import Path

from bot.chat.platform import Answer
from bot.domain.card import Action, Call, Card, Fields, Form
from bot.domain.team import Role
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of, words_of

URL = "https://example.org/queues"
ADD = f'add {URL} title:"On queues" tag:queues,storage section:Storage notes:"Why they fill up"'


def card_of(answer: Answer) -> Card:
    assert isinstance(answer.show, Card), answer.show
    return answer.show


def button(answer: Answer | Card, label: str) -> Action:
    card = answer if isinstance(answer, Card) else card_of(answer)
    inside = [action for block in card.blocks if isinstance(block, Fields) for action in block.actions]
    return next(action for action in (*card.actions, *inside) if action.label == label)


def labels(answer: Answer) -> list[str]:
    return [action.label for action in card_of(answer).actions]


async def pressed(
    house: Clubhouse, answer: Answer | Card, label: str, by: str = "ana", role: Role = Role.READER
) -> Answer:
    return await house.say(button(answer, label).call, by=by, role=role)


async def said(house: Clubhouse, line: str | Call, by: str = "ana", role: Role = Role.READER) -> Answer:
    return await house.say(line, by=by, role=role)


async def added(house: Clubhouse, line: str = ADD, by: str = "ana", role: Role = Role.READER) -> Answer:
    return await pressed(house, await said(house, line, by, role), "Add", by, role)


async def notices(house: Clubhouse) -> Sequence[Card]:
    await house.stage.settle()
    return [card for _, card in house.platform.told]


async def test_a_club_without_a_file_adds_finds_and_features_an_article(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path) as house:
        preview = await said(house, ADD)
        assert "Title: On queues\nSite: example.org\nTags: queues, storage\nSection: Storage" in text_of(preview)
        assert labels(preview) == ["Add", "Edit", "Cancel"]
        assert "no entries yet" in text_of(await said(house, "list"))

        done = await pressed(house, preview, "Add")
        again = await pressed(house, preview, "Add")

        assert [card_of(one).title for one in (done, again)] == ["#1 is on the list."] * 2
        assert "Section: Storage" in text_of(done)
        found = card_of(await said(house, "search fill in:storage tag:queues"))
        assert [line.title for block in found.blocks for line in getattr(block, "items", ())] == ["On queues"]
        await house.club.lists.sync(house.team)
        assert "1 of 1 entry unread" in text_of(await said(house, "home"))
        await house.say("schedule set mon 09:00 UTC")
        assert "On queues" in str((await house.say("digest preview")).show)
        card = card_of(await said(house, "show #1"))
        assert card.entry is not None
        assert (card.entry.number, card.entry.tags) == (1, ("queues", "storage"))


async def test_a_known_address_is_shown_and_a_retired_one_comes_back(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Caching") as house:
        await said(house, "read #1", by="ben")
        known = await said(house, "add https://www.example.org/caching/?utm_source=x")
        assert "It is #1 already, read by 1." in text_of(known)
        assert "Mark as read" in labels(known)

        gone = await said(house, "retire #1")
        assert card_of(gone).title == "#1 is off the list."
        assert "no longer on the list" in text_of(await said(house, "share #1"))
        await house.club.lists.sync(house.team)
        house.reading_list.write_text(house.reading_list.read_text() + "\n* [New](https://example.org/new)\n")
        report = await house.club.lists.sync(house.team)
        assert (report.added, report.returned, report.entries) == (1, 0, 1)

        back = await said(house, "add https://example.org/caching title:Other")
        assert card_of(back).title == "#1 is back on the list."
        assert "read by 1" in text_of(await said(house, "add https://example.org/caching"))


async def test_the_edit_button_opens_the_draft_in_a_form(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Caching") as house:
        preview = await said(house, ADD)
        form = (await pressed(house, preview, "Edit")).show
        assert isinstance(form, Form)
        values = {field.name: field.value for field in form.fields}
        assert values == {
            "url": URL,
            "title": "On queues",
            "tag": "queues, storage",
            "section": "Storage",
            "notes": "Why they fill up",
        }
        changed = {**values, "title": "On full queues", **form.submit.arguments}
        second = await said(house, Call(path=("add",), arguments=changed))
        refused = await pressed(house, preview, "Add")
        assert "was decided already" in text_of(refused)
        assert card_of(await pressed(house, second, "Add")).title == "#2 is on the list."
        assert card_of(await said(house, "show #2")).title == "On full queues"

        other = await said(house, "add https://example.org/other title:Other")
        assert card_of(await pressed(house, other, "Cancel")).title == "Nothing was added."
        assert "was decided already" in text_of(await pressed(house, other, "Add"))
        assert (await pressed(house, second, "Add", by="ben")).refusal is False

        missing = await said(house, "add https://example.org/untitled")
        assert "What is the title" in text_of(missing)
        assert "not a web address" in text_of(await said(house, "add javascript:alert(1) title:x"))
        assert "cannot be a tag" in text_of(await said(house, "add https://a.example/x title:x tag:[a]"))


async def test_notes_and_corrections_are_undone_by_their_button(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Caching", "Queues+queues") as house:
        before = str(card_of(await said(house, "show #2")))
        noted = await said(house, "note #2 Read the *last* section first: it pays")
        assert card_of(noted).title == "#2 is changed."
        assert "last" in str(card_of(await said(house, "search pays")))
        edited = await said(house, 'edit #2 title:"Full queues" tag:storage section:Later')
        shown = await said(house, "show #2")
        assert (card_of(shown).title, "Tags: storage" in text_of(shown)) == ("Full queues", True)
        refused = await pressed(house, noted, "Undo", by="ben")
        assert refused.refusal
        assert card_of(await pressed(house, edited, "Undo")).title == "#2 is changed."
        assert card_of(await pressed(house, noted, "Undo")).title == "#2 is changed."
        assert "undone already" in text_of(await pressed(house, noted, "Undo"))
        assert str(card_of(await said(house, "show #2"))) == before

        form = (await pressed(house, await said(house, "note #2"), "Change the notes")).show
        assert isinstance(form, Form)
        assert {field.name: field.value for field in form.fields}["text"].strip() == "* A note about Queues."
        call = Call(path=("note",), arguments={**form.submit.arguments, "entry": "#2", "text": "- one\n  - two"})
        assert card_of(await said(house, call)).title == "#2 is changed."
        retired = await said(house, "retire #2")
        assert card_of(await pressed(house, retired, "Undo")).title == "#2 is back on the list."
        await house.rewrite("Caching", "Queues+queues", "Third")
        assert "two" in str(card_of(await said(house, "show #2")))


async def test_a_digest_without_notes_asks_for_the_first_note(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path) as house:
        await added(house, "add https://example.org/bare title:Bare")
        await house.say("schedule set mon 09:00 UTC")
        await house.wait(days=6)
        (post, *_) = [one.card for one in house.platform.posted if one.card.title == "Bare"]
        form = (await pressed(house, post, "Write the first note", by="ben")).show
        assert isinstance(form, Form)
        assert [field.label for field in form.fields] == ["Entry", "Notes"]
        call = Call(path=("note",), arguments={**form.submit.arguments, "entry": "#1", "text": "It pays."})
        assert card_of(await said(house, call, by="ben")).title == "#1 is changed."
        assert "Write the first note" not in labels(await house.say("digest preview"))


async def test_curators_see_who_changed_what_and_undo_it(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Caching") as house:
        await added(house, by="ben")
        await said(house, "note #1 a second thought", by="cleo")
        listed = await said(house, "edits", role=Role.CURATOR)
        lines = words_of(card_of(listed)).split("\n")
        assert lines[1].startswith("cleo: ")
        assert lines[1].endswith("Changed #1 Caching: note: a second thought")
        assert lines[2].startswith("ben: ")
        assert lines[2].endswith("Added: #2 On queues")
        only = await said(house, "edits #2", role=Role.CURATOR)
        assert len(card_of(only).blocks) == 1
        assert card_of(await pressed(house, only, "Undo", role=Role.CURATOR)).title == "#2 is off the list."
        assert "undone" in text_of(await said(house, "edits #2", role=Role.CURATOR))
        assert (await said(house, "edits")).refusal


async def test_every_known_admin_hears_of_a_suggestion(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Caching", admins="fake:ana,fake:dora") as house:
        await said(house, "settings adding suggest", role=Role.ADMIN)
        await pressed(house, await said(house, ADD, by="ben"), "Suggest", by="ben")
        assert len(await notices(house)) == 2
        assert {account.id for account, _ in house.platform.told} == {"ana", "dora"}


async def test_a_suggestion_waits_for_a_curator_and_its_member_hears(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Caching", admins="fake:ana") as house:
        await said(house, "settings adding suggest", role=Role.ADMIN)
        preview = await said(house, ADD, by="ben")
        assert labels(preview) == ["Suggest", "Edit", "Cancel"]
        assert card_of(await pressed(house, preview, "Suggest", by="ben")).title == "Suggested."
        await pressed(house, preview, "Suggest", by="ben")
        (card,) = await notices(house)
        assert card.title == "ben suggests a change of the list."
        assert "no longer" not in text_of(await said(house, "list"))
        assert (await pressed(house, card, "Add", by="cleo")).refusal
        done = await pressed(house, card, "Add", by="ana", role=Role.ADMIN)
        assert card_of(done).title == "#2 is on the list."
        assert (await notices(house))[-1].title == "Your suggestion was accepted."
        assert house.platform.told[-1][0].id == "ben"

        await said(house, "note #2 Not true", by="cleo")
        declined = await pressed(house, (await notices(house))[-1], "Decline", role=Role.ADMIN)
        assert card_of(declined).title == "Declined."
        assert (await notices(house))[-1].title == "Your suggestion was declined."
        assert "Not true" not in str(card_of(await said(house, "show #2")))

        await said(house, "settings adding curators", role=Role.ADMIN)
        assert (await said(house, ADD, by="ben")).refusal
        assert (await said(house, "note #2 x", by="ben")).refusal
        assert not (await said(house, "note #2 x", by="ben", role=Role.CURATOR)).refusal
