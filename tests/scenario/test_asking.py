"""What people write is understood, or answered with the thing to choose: times and days, zones, entries, addresses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.domain.card import Call, Card, Form
from bot.domain.team import Role
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of
from tests.fakes.talk import numbers, said, states

WRITTEN = {
    "Monday 9am US/Pacific": "Monday 09:00 US/Pacific",
    "mon 9:00 AM Europe/Berlin": "Monday 09:00 Europe/Berlin",
    "mon 9 Europe/Berlin": "Monday 09:00 Europe/Berlin",
    "mon 24:00 Europe/Berlin": "Tuesday 00:00 Europe/Berlin",
    "sunday 24:00 UTC": "Monday 00:00 UTC",
    "Montag 09:00 Europe/Berlin": "Monday 09:00 Europe/Berlin",
    "lundi 9h Europe/Paris": "Monday 09:00 Europe/Paris",
    "mon 09:00 GMT+2": "Monday 09:00 UTC+2",
    "mon 09:00 Kolkata": "Monday 09:00 Asia/Kolkata",
    "mon, 09:00, Europe/Berlin": "Monday 09:00 Europe/Berlin",
    "mondays at 0900 new york": "Monday 09:00 America/New_York",
    "every friday at 9:30 pm America/New York": "Friday 21:30 America/New_York",
    "noon mon UTC": "Monday 12:00 UTC",
    "monday 09:00 europe/berlin": "Monday 09:00 Europe/Berlin",
    "mon 09:00 UTC+2": "Monday 09:00 UTC+2",
    "mon 09.00 Europe/Berlin": "Monday 09:00 Europe/Berlin",
    "mon 09:00 CET": "Monday 09:00 CET",
    "mon 0900 Europe/Berlin": "Monday 09:00 Europe/Berlin",
    "mondays at 09:00 Europe/Berlin": "Monday 09:00 Europe/Berlin",
    "mon 12pm UTC": "Monday 12:00 UTC",
    "mon 9:30pm UTC": "Monday 21:30 UTC",
    "mo 09:00 UTC": "Monday 09:00 UTC",
    "mon 09:00 America/New York": "Monday 09:00 America/New_York",
    "понедельник 9:00 moscow": "Monday 09:00 Europe/Moscow",
    "segunda-feira 9h30 São Paulo": "Monday 09:30 America/Sao_Paulo",
    "周一 上午9点 shanghai": "Monday 09:00 Asia/Shanghai",
    "月曜日 9時 Tokyo": "Monday 09:00 Asia/Tokyo",
    "सोमवार 9:00 mumbai": "Monday 09:00 Asia/Kolkata",
    "الاثنين 9:00 Cairo": "Monday 09:00 Africa/Cairo",
    "সোমবার ৯:০০ Dhaka": "Monday 09:00 Asia/Dhaka",
    "پیر 9:00 Karachi": "Monday 09:00 Asia/Karachi",
    "Dienstag 21.30 Uhr Berlin": "Tuesday 21:30 Europe/Berlin",
    "jeden Mittwoch um halb zehn Berlin": "Wednesday 09:30 Europe/Berlin",
    "mon quarter to ten san francisco": "Monday 09:45 America/Los_Angeles",
    "maandag 9 uur amsterdam": "Monday 09:00 Europe/Amsterdam",
}
TO_CHOOSE = {
    "mon 09:00 EST": ["America/New York", "America/Toronto"],
    "mon 09:00 IST": ["Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"],
    "mon,thu 09:00 UTC": ["Monday", "Thursday"],
    "weekdays 09:00 UTC": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"],
    "1 09:00 UTC": ["Monday", "Sunday"],
    "mon 09:00 PST": ["America/Los Angeles", "America/Vancouver"],
    "mon 09:00 Eastern": ["America/New York", "America/Toronto"],
    "tue 9am UTC+5:30": ["Asia/Kolkata", "Asia/Colombo"],
    "mon 9am India": ["Asia/Kolkata"],
    "mnday 9am UTC": ["Monday"],
    "every other monday 9am UTC": ["Every Monday"],
    "monday half nine London": ["09:30", "08:30"],
    "monday morning UTC": ["08:00", "09:00", "10:00"],
}
NOT_UNDERSTOOD = {
    "schedule set tue 25:00 UTC": "“25:00” is not a time of day.",
    "schedule set tue 9am local time": "“local time” does not say where.",
    "schedule pause a while or so": "“a while or so” is not a period.",
    "skip christmas eve": "“christmas eve” is not a day.",
    "skip the next two": "I skip one digest at a time.",
    "read #1 and #99": "There is no entry #99 on this team's list.\nI changed none of them. Try “/blog list” or “/blog search”.",
    "search as:typed zzzqqq": "Nothing on the list matches “zzzqqq”.\nTry fewer or other words; “/blog tags” shows every tag.",
    "list is:later": "No entry matches.\n“/blog list” shows every entry.",
    "home please": "“home” has no use for “please”.",
    "remind #1 in 3 years": "“in 3 years” is not a time in the future.",
    "pause forever": "A pause ends by itself",
}


@asynccontextmanager
async def in_a_club(database: str, folder: Path, *titles: str) -> AsyncIterator[Clubhouse]:
    async with clubhouse(database, folder, *(titles or ("Caching", "Queues", "Types"))) as house:
        yield house


async def test_a_schedule_is_set_as_people_write_it(url: str, tmp_path: Path) -> None:
    async with in_a_club(url, tmp_path) as house:
        for typed, every in WRITTEN.items():
            assert f"Every: {every}" in text_of(await house.say(f"schedule set {typed}")), typed


async def test_what_can_mean_several_things_has_a_button_for_each(url: str, tmp_path: Path) -> None:
    async with in_a_club(url, tmp_path) as house:
        for typed, labels in TO_CHOOSE.items():
            asked = await house.say(f"schedule set {typed}")

            assert asked.refusal
            assert isinstance(asked.show, Card)
            assert [action.label for action in asked.show.actions] == labels
            chosen = await house.say(asked.show.actions[0].call)
            assert "The schedule is set." in text_of(chosen)


async def test_what_is_not_understood_is_named_as_it_was_typed(url: str, tmp_path: Path) -> None:
    async with in_a_club(url, tmp_path) as house:
        await house.say("schedule set mon 09:00 UTC")
        for typed, said in NOT_UNDERSTOOD.items():
            assert text_of(await house.say(typed)).startswith(said), typed
        assert "unread" in text_of(await house.say("show #1")), "it was named with one that is not there"


async def test_a_week_is_skipped_and_paused_for_by_its_name(url: str, tmp_path: Path) -> None:
    async with in_a_club(url, tmp_path) as house:
        await house.say("schedule set thu 18:00 UTC")
        assert "No digest on Thu 12 Mar 2026" in text_of(await house.say("skip next week"))
        assert "Next: Thu 2 Apr 2026" in text_of(await house.say("pause until april"))


def zone_asked(shown: Card | Form) -> str:
    """What the form for a time zone begins with."""
    assert isinstance(shown, Form)
    (field,) = shown.fields
    return field.value


async def test_without_a_zone_it_is_the_persons_and_else_it_is_asked_for(url: str, tmp_path: Path) -> None:
    async with in_a_club(url, tmp_path) as house:
        assert text_of(await house.say("schedule set every monday at 9")).startswith("Which time zone?")
        assert zone_asked((await house.say("settings zone")).show) == ""
        await house.say("settings zone Kolkata")
        assert zone_asked((await house.say("settings zone")).show) == "Asia/Kolkata"
        assert "Every: Monday 09:00 Asia/Kolkata" in text_of(await house.say("schedule set every monday at 9"))
        await house.say("settings zone Berlin")
        assert "Every: Friday 09:00 Asia/Kolkata" in text_of(await house.say("schedule set fri 9"))


async def test_in_july_it_is_still_nine_o_clock_in_the_city_that_was_chosen(url: str, tmp_path: Path) -> None:
    async with in_a_club(url, tmp_path, *(f"Title{number}" for number in range(30))) as house:
        await house.say("settings zone America/New_York")
        asked = await house.say("schedule set mon 09:00 EST")
        assert isinstance(asked.show, Card)
        await house.say(asked.show.actions[0].call)
        await house.wait(days=120)
        assert "Jul 2026 09:00 America/New_York" in text_of(await house.say("digest"))


async def test_a_pause_lasts_as_long_as_was_written(url: str, tmp_path: Path) -> None:
    async with in_a_club(url, tmp_path) as house:
        await house.say("schedule set mon 09:00 Europe/Berlin")
        until = text_of(await house.say("schedule pause until 2026-04-06"))
        assert "Paused until: Sun 5 Apr 2026 22:00 UTC" in until
        assert "Next: Mon 6 Apr 2026 09:00" in until
        assert "Next: Mon 23 Mar 2026" in text_of(await house.say("pause 2 weeks"))
        assert "is not in the future" in text_of(await house.say("schedule pause until 2026-01-01"))
        assert "52 weeks away" in text_of(await house.say("schedule pause until 2031-01-01"))


async def test_the_digest_of_a_day_is_skipped_and_a_day_without_one_names_the_nearest(url: str, tmp_path: Path) -> None:
    async with in_a_club(url, tmp_path) as house:
        await house.say("schedule set mon 09:00 UTC")
        none = await house.say("skip 2026-03-17")
        assert "No digest is due on Tuesday 17 March 2026." in text_of(none)
        assert isinstance(none.show, Card)
        assert [action.label for action in none.show.actions] == ["Skip Mon 16 Mar", "Skip Mon 23 Mar"]
        await house.say(none.show.actions[0].call)
        coming = text_of(await house.say("schedule"))
        assert "Mon 9 Mar 2026 09:00, Mon 23 Mar 2026 09:00" in coming


async def test_a_digest_on_a_holiday_moves_in_the_preview_and_in_the_channel(url: str, tmp_path: Path) -> None:
    async with in_a_club(url, tmp_path, *(f"Title{number}" for number in range(12))) as house:
        await house.say("schedule set fri 09:00 UTC")
        answer = text_of(await house.say("schedule holidays GB-ENG"))
        assert "On holidays: moves to the next working day (GB-ENG)" in answer
        await house.wait(days=27)
        posted = len(house.platform.posted)
        preview = text_of(await house.say("digest"))
        assert "Tue 7 Apr 2026 09:00 UTC (moved: Good Friday):" in preview
        await house.wait(days=6)
        assert len(house.platform.posted) == posted
        await house.wait(days=1)
        assert len(house.platform.posted) > posted


async def test_a_digest_on_a_holiday_is_skipped_where_that_was_chosen(url: str, tmp_path: Path) -> None:
    async with in_a_club(url, tmp_path) as house:
        await house.say("schedule set fri 09:00 UTC")
        await house.say("schedule holidays England skip")
        await house.say("schedule holidays GB-ENG skip")
        assert "Fri 3 Apr" not in text_of(await house.say("schedule"))
        await house.say("schedule set fri 10:00 UTC")
        assert "On holidays: is skipped (GB-ENG)" in text_of(await house.say("schedule"))
        assert "On holidays" not in text_of(await house.say("schedule holidays off"))


async def test_change_opens_with_what_is_set_and_drops_no_tag(url: str, tmp_path: Path) -> None:
    async with in_a_club(url, tmp_path, "Caching+db", "Queues") as house:
        await house.say("schedule set fri 16:30 Berlin tag:db")
        listed = await house.say("schedule")
        assert isinstance(listed.show, Card)
        (change,) = [
            one for block in listed.show.blocks for one in getattr(block, "actions", ()) if one.label == "Change"
        ]
        form = (await house.say(change.call)).show
        assert isinstance(form, Form)
        filled = {field.label: field.value for field in form.fields}
        assert form.title == "Weekly digest"
        assert filled == {
            "Day": "Friday",
            "Time": "16:30",
            "Time zone": "Europe/Berlin",
            "Channel": "#reading",
            "Only with this tag": "db",
        }
        again = {field.name: field.value for field in form.fields} | {"at": "17:00"}
        saved = text_of(await house.say(Call(path=form.submit.path, arguments=again)))
        assert "Every: Friday 17:00 Europe/Berlin" in saved
        assert "Only tagged: db" in saved


async def test_all_mistakes_of_a_form_come_back_at_their_fields(url: str, tmp_path: Path) -> None:
    async with in_a_club(url, tmp_path) as house:
        wrong = {"weekday": "someday", "at": "25:00", "zone": "Mars", "channel": "#reading"}
        form = (await house.say(Call(path=("schedule", "set"), arguments=wrong))).show
        assert isinstance(form, Form)
        assert [field.name for field in form.fields if field.problem] == ["weekday", "at", "zone"]
        typed = text_of(await house.say("schedule set someday 25:00 Mars"))
        assert all(
            word in typed
            for word in ("“someday” is not a weekday", "“25:00” is not a time", "“Mars” is not a time zone")
        )


LIST = """* [Caching one](https://example.org/1) - about caching and redis
* [Caching two](https://example.org/2) - about caching
* [C# in depth](https://example.org/three) - about sharp edges
* [The #1 rule](https://other.example/4)
"""


def shelf(folder: Path) -> Path:
    path = folder / "list.md"
    path.write_text(LIST, encoding="utf-8")
    return path


NAMED = [
    "#2",
    "2",
    "#2.",
    "# 2",
    "https://example.org/2",
    "http://www.example.org/2?utm_source=mail&fbclid=1",
    "<https://example.org/2|the second>",
    "#2 Caching two",
    "#2 Caching t…",
    "caching TWO",
    "two",
]


@pytest.mark.parametrize("command", ["show", "read", "later", "share", "related", "digest pick"])
async def test_an_entry_is_named_in_many_ways(database: str, tmp_path: Path, command: str) -> None:
    lines = ["/blog schedule set mon 9 UTC", *(f"/blog {command} {typed}" for typed in NAMED)]
    _, *answers = await said(lines, database=database, reading_list=shelf(tmp_path))

    assert not [
        typed for typed, answer in zip(NAMED, answers, strict=True) if answer["refusal"] or "#2" not in str(answer)
    ]


async def test_several_entries_are_read_at_once(database: str, tmp_path: Path) -> None:
    both, queued = await said(
        ["/blog read #1 #2", "/blog later #1, #3"], database=database, reading_list=shelf(tmp_path)
    )

    assert states(both) == {1: "read", 2: "read"}
    assert states(queued) == {1: "later", 3: "later"}


UNCLEAR = {
    "show caching": ("Which entry do you mean by “caching”?", 2),
    "read sharp": ("Do you mean #3 C# in depth?", 1),
    "show #1 #2": ("One entry at a time, please.", 2),
    "read #1 please": ("I only need entry numbers, such as #12.", 0),
    "show nothing like it": ("No entry matches “nothing like it”.", 0),
    "show https://example.org/none": ("No entry on the list has that address.", 0),
    "search https://example.org/none": ("No entry on the list has that address.", 1),
}


async def test_what_is_not_clear_is_asked_back(database: str, tmp_path: Path) -> None:
    answers = await said([f"/blog {typed}" for typed in UNCLEAR], database=database, reading_list=shelf(tmp_path))

    for answer, (says, buttons) in zip(answers, UNCLEAR.values(), strict=True):
        assert says in str(answer)
        assert len(answer["buttons"]) == buttons


FOUND = {
    "https://example.org/2": [2],
    "http://www.example.org/2?utm_source=x": [2],
    "<https://example.org/2|x>": [2],
    "other.example/4": [4],
    "“https://example.org/2”": [2],
    "(https://example.org/2).": [2],
    "site:https://other.example": [4],
    "site:other.example/": [4],
    "site:<http://other.example|other.example>": [4],
    "caching —redis": [2],
    "caching –redis": [2],
    "caching −redis": [2],
    "“caching two”": [2],
    "«caching two»": [2],
}


async def test_a_search_takes_addresses_and_what_phones_type(database: str, tmp_path: Path) -> None:
    answers = await said([f"/blog search {query}" for query in FOUND], database=database, reading_list=shelf(tmp_path))

    assert {query: numbers(answer) for query, answer in zip(FOUND, answers, strict=True)} == FOUND


async def test_readers_are_understood_as_well(database: str, tmp_path: Path) -> None:
    (answer,) = await said(["/blog read two"], database=database, reading_list=shelf(tmp_path), role=Role.READER)

    assert states(answer) == {2: "read"}


async def test_numbers_above_a_thousand_have_separators(tmp_path: Path) -> None:
    async with in_a_club(f"sqlite:///{tmp_path / 'd.db'}", tmp_path, *(f"Title{n}" for n in range(1200))) as house:
        for line in ("list page:99999", "next", "stats", "status"):
            assert "1,200" in text_of(await house.say(line)), line


async def test_a_section_is_asked_for_like_a_tag_where_no_entry_has_the_tag(database: str, tmp_path: Path) -> None:
    reading_list = tmp_path / "sections.md"
    items = "".join(f"* [Gamma {number}](https://example.org/g{number})\n" for number in range(3))
    text = f"## Databases\n\n* [Alpha](https://example.org/alpha)\n\n## Caching\n\n{items}"
    reading_list.write_text(text, encoding="utf-8")

    lines = ["tags", "list tag:caching", "search tag:caching", "random tag:databases", "list tag:none", "list page:9"]
    answers = await said([f"/blog {line}" for line in lines], database=database, reading_list=reading_list)
    tags, listed, found, drawn, nothing, last = answers

    assert [button["label"] for button in tags["buttons"]] == ["Databases", "Caching"]
    assert numbers(listed) == numbers(found) == [2, 3, 4]
    assert numbers(drawn) == [1]
    assert "No entry is tagged “none”." in str(nothing)
    assert "There is no page 9." in str(last)


async def test_a_tag_that_some_entry_has_is_not_taken_for_a_section(database: str, tmp_path: Path) -> None:
    reading_list = tmp_path / "both.md"
    text = "## Caching\n\n* [Alpha](https://example.org/alpha)\n\n## Other\n\n* [caching] [Beta](https://example.org/beta)\n"
    reading_list.write_text(text, encoding="utf-8")

    lines = ["list tag:caching", "read #2", "random tag:caching", "list tag:caching is:unread"]
    listed, _, drawn, unread = await said(
        [f"/blog {one}" for one in lines], database=database, reading_list=reading_list
    )

    assert numbers(listed) == [2]
    assert "You have no unread entry tagged “caching”." in str(drawn)
    assert "No entry matches." in str(unread)


async def test_an_empty_list_says_so_and_who_adds_to_it(database: str, tmp_path: Path) -> None:
    reading_list = tmp_path / "empty.md"
    reading_list.write_text("# Nothing\n", encoding="utf-8")
    lines = ["list", "random", "tags", "next", "search x"]

    members = await said([f"/blog {line}" for line in lines], database=database, reading_list=reading_list)
    readers = await said(
        ["as Ana admin", "/blog settings adding curators", "as Ben", "/blog list"],
        database=database,
        reading_list=reading_list,
    )

    for answer in members:
        assert "The reading list has no entries yet." in str(answer)
        assert "adds the first one" in str(answer)
    assert "A curator of this team adds the first one." in str(readers[-1])
