"""What becomes of lines, as tools see it."""

from datetime import timedelta

import pytest

from bot.chat.platform import Happening, Reacted, Unreacted, WorkspaceJoined
from bot.domain.ids import InvocationId
from bot.domain.reading_state import ReadingState
from bot.domain.team import Role
from tests.fakes.core import NOW, FakeCore, FakeStage, a_channel, an_entry
from tests.fakes.terminal import answers


def reactions(core: FakeCore) -> list[Happening]:
    return [each for each in core.happenings if isinstance(each, Reacted | Unreacted)]


async def test_each_line_that_is_not_blank_has_one_answer() -> None:
    given = await answers("/blog home", "", "   ", "nonsense", "clock")

    assert [answer["input"] for answer in given] == ["/blog home", "nonsense", "clock"]


async def test_an_answer_has_exactly_the_documented_shape() -> None:
    (found,) = await answers("/blog search caching")

    assert found == {
        "input": "/blog search caching",
        "private": True,
        "refusal": False,
        "title": "Found for “caching”",
        "text": (
            "Found for “caching”\n\n"
            "#12 Caching at scale\n"
            "   https://example.org/12\n"
            "   ○ unread · caching, scale\n"
            "   Bounds › why a cache is a promise about staleness\n\n"
            "1 found, page 1 of 1"
        ),
        "entries": [
            {"number": 12, "title": "Caching at scale", "url": "https://example.org/12", "state": "unread"},
        ],
        "buttons": [
            {"label": "Read", "line": "/blog read 12"},
            {"label": "Notes", "line": "/blog show 12"},
        ],
        "posts": [],
    }


async def test_the_line_of_a_button_does_what_the_button_does() -> None:
    found, by_button, by_line = await answers("/blog search queues", "press 2", "/blog show 7")

    assert found["buttons"][1]["line"] == by_line["input"]
    assert by_line["text"] == by_button["text"]


async def test_notes_are_told_as_a_tree_that_is_not_wrapped() -> None:
    (shown,) = await answers("/blog show 12")

    assert shown["text"].splitlines()[3:12] == [
        "• A cache is a promise about staleness, so say how old an answer may be before you choose where to keep it",
        "   1. Ask the reader, not the database",
        "   2. Write the bound down",
        "      • as a number with its unit",
        "         • and test it",
        "      max-age=60",
        "        stale-while-revalidate=30",
        "• See the survey and ETag",
        "   > There are only two hard things.",
    ]
    assert "1 of 2" in shown["text"]


async def test_what_a_line_makes_appear_in_channels_comes_with_its_answer() -> None:
    (shared,) = await answers("/blog share #12")

    assert [(post["channel"], post["thread"]) for post in shared["posts"]] == [
        ("#reading", False),
        ("#reading", True),
        ("#reading", True),
    ]
    assert shared["posts"][0]["entries"][0]["number"] == 12
    assert shared["posts"][0]["buttons"] == [{"label": "Read", "line": "/blog read 12"}]
    assert shared["private"]


async def test_a_post_says_nothing_about_anybodys_reading_state() -> None:
    _, shared = await answers("/blog read 12", "/blog share #12")

    assert "unread" not in shared["posts"][0]["text"]


async def test_a_digest_falls_due_while_time_passes() -> None:
    core = FakeCore()
    stage = FakeStage(core)
    stage.digests = [(NOW + timedelta(days=2), a_channel(), an_entry())]

    early, late = await answers("clock +1d", "clock +7d", core=core, stage=stage)

    assert early["posts"] == []
    assert [post["thread"] for post in late["posts"]] == [False, True, True]
    assert late["title"] == "It is Tue 1 Dec 2026, 08:30 UTC."


@pytest.mark.parametrize(
    ("typed", "reached"),
    [
        ("clock mon 09:00", "Mon 23 Nov 2026, 09:00 UTC"),
        ("clock mon 08:30", "Mon 30 Nov 2026, 08:30 UTC"),
        ("clock tue 9 Asia/Tokyo", "Tue 24 Nov 2026, 00:00 UTC"),
    ],
)
async def test_the_clock_goes_to_the_next_such_moment(typed: str, reached: str) -> None:
    (told,) = await answers(typed)

    assert told["title"] == f"It is {reached}."


async def test_the_core_is_told_the_zone_and_tells_moments_in_it() -> None:
    (in_berlin,) = await answers("/blog home", zone="Europe/Berlin")
    (anywhere,) = await answers("/blog home")

    assert "Next digest: Monday, Europe/Berlin time" in in_berlin["text"]
    assert "Next digest: Monday, team time" in anywhere["text"]


async def test_the_clock_goes_by_the_zone_that_the_speaker_has_chosen() -> None:
    core = FakeCore()
    stage = FakeStage(core)
    stage.zones["ana"] = "Asia/Tokyo"

    own, anothers, tuesday = (
        await answers("clock", "as ben", "clock", "as ana", "clock tue 9", core=core, stage=stage)
    )[::2]

    assert own["title"] == "It is Mon 23 Nov 2026, 17:30 Asia/Tokyo."
    assert anothers["title"] == "It is Mon 23 Nov 2026, 08:30 UTC."
    assert tuesday["title"] == "It is Tue 24 Nov 2026, 09:00 Asia/Tokyo."


async def test_the_clock_and_posts_tell_moments_in_the_given_zone_or_utc() -> None:
    clock, shared = await answers("clock", "/blog share 12", zone="Europe/Berlin")
    (in_utc,) = await answers("/blog share 12")

    assert clock["title"] == "It is Mon 23 Nov 2026, 09:30 Europe/Berlin."
    assert "due at Mon 23 Nov 2026, 09:30 Europe/Berlin" in shared["posts"][0]["text"]
    assert "due at Mon 23 Nov 2026, 08:30 UTC" in in_utc["posts"][0]["text"]


async def test_an_answer_to_everybody_is_not_private() -> None:
    (said,) = await answers("/blog announce")

    assert (said["private"], said["title"]) == (False, "ana says hello.")


async def test_a_refusal_is_private_and_says_what_to_do() -> None:
    refused, unknown = await answers("/blog show 99", "anounce")

    assert (refused["private"], refused["refusal"]) == (True, True)
    assert refused["text"] == "There is no entry #99.\n“search” finds entries by words."
    assert (unknown["private"], unknown["refusal"]) == (True, True)


async def test_a_form_is_shown_as_text_with_the_line_to_type() -> None:
    (form,) = await answers("/blog schedule set")

    assert not form["refusal"]
    assert "Weekday: required · one of mon, tue" in form["text"]
    assert form["text"].endswith("Type it in one line: /blog schedule set mon|tue 09:00 [Europe/Berlin]")


async def test_every_use_has_an_id_of_its_own() -> None:
    core = FakeCore()

    await answers("/blog read 12", "/blog read 12", core=core)

    assert len({used.id for used in core.invocations}) == 2


async def test_the_speaker_changes_with_role_and_place() -> None:
    core = FakeCore()

    await answers("/blog home", "as ben", "in #books", "/blog home", "as cleo curator", "/blog home", core=core)

    used = [(each.actor.name, each.actor.role, each.channel) for each in core.invocations]
    assert used == [
        ("ana", Role.ADMIN, a_channel()),
        ("ben", Role.READER, a_channel("books")),
        ("cleo", Role.CURATOR, a_channel("books")),
    ]


async def test_the_first_speaker_has_the_role_that_was_given() -> None:
    core = FakeCore()

    await answers("/blog home", core=core, role=Role.READER)

    assert core.invocations[0].actor.role is Role.READER


async def test_a_reaction_goes_on_the_newest_message_about_the_entry() -> None:
    core = FakeCore()

    shared, _ = await answers("/blog share #12", "react ✅ #12", core=core)

    (reacted,) = reactions(core)
    assert isinstance(reacted, Reacted)
    assert reacted.message.id == "run-1"
    assert (reacted.entry, reacted.emoji, reacted.meaning, reacted.at) == (12, "✅", ReadingState.READ, NOW)
    assert shared["posts"][0]["entries"][0]["number"] == 12


async def test_a_reaction_counts_though_no_message_shows_the_entry() -> None:
    core = FakeCore()

    await answers("react 🔖 #7", core=core)

    assert core.states == {("ana", 7): ReadingState.LATER}


async def test_a_reaction_without_a_number_is_about_the_entry_shown_last() -> None:
    core = FakeCore()

    refused, _, _, _ = await answers("react ✅", "/blog show 7", "as ben", "react ✅", core=core)

    assert refused["refusal"]
    assert core.states == {("ben", 7): ReadingState.READ}


async def test_a_reaction_is_taken_off_wherever_the_speaker_put_it() -> None:
    core = FakeCore()

    await answers("react ✅ #12", "/blog share #12", "react ✅ #12", "unreact ✅ #12", core=core)

    put, put_again, *taken = reactions(core)
    assert isinstance(put, Reacted)
    assert isinstance(put_again, Reacted)
    assert taken
    assert all(isinstance(each, Unreacted) for each in taken)
    assert {each.message for each in taken if isinstance(each, Unreacted)} == {put.message, put_again.message}


async def test_a_reaction_without_a_message_can_be_taken_off_in_a_later_run() -> None:
    core = FakeCore()

    await answers("react ✅ #12", core=core)
    await answers("unreact ✅ #12", core=core)

    put, taken = reactions(core)
    assert isinstance(put, Reacted)
    assert isinstance(taken, Unreacted)
    assert put.message == taken.message


async def test_a_reaction_that_cannot_be_kept_is_refused() -> None:
    (given,) = await answers("react ✅ #12", core=BusyCore())

    assert given["refusal"]
    assert given["title"] == "I can't reach the database right now."


async def test_a_delivery_that_cannot_be_made_now_does_not_cost_the_answer() -> None:
    core = FakeCore()
    stage = FakeStage(core)
    stage.busy = True

    (shared,) = await answers("/blog share #12", core=core, stage=stage)

    assert (shared["refusal"], shared["posts"]) == (False, [])


async def test_the_buttons_that_can_be_pressed_are_those_shown_last() -> None:
    core = FakeCore()

    *_, refused = await answers("/blog search c", "/blog share 7", "press 1", "press 2", core=core)

    assert core.states == {("ana", 7): ReadingState.READ}
    assert refused["text"] == "There is no button 2.\nPress a number from 1 to 1."


async def test_buttons_stay_until_others_are_shown() -> None:
    core = FakeCore()

    await answers("/blog search queues", "as ben", "/blog home", "press 1", core=core)

    assert core.states == {("ben", 7): ReadingState.READ}


async def test_a_button_on_a_post_is_pressed_in_the_channel_of_the_post() -> None:
    core = FakeCore()

    await answers("/blog share 7", "in #elsewhere", "press 1", core=core)

    assert core.invocations[-1].channel == a_channel()


async def test_the_list_is_read_again_on_request() -> None:
    (synced,) = await answers("sync")

    assert synced["title"] == "The list was read: nothing changed."


async def test_nothing_is_read_after_quit() -> None:
    given = await answers("quit", "clock")

    assert [answer["title"] for answer in given] == ["Goodbye."]


async def test_the_core_hears_first_in_which_workspace_the_chat_is() -> None:
    core = FakeCore()

    await answers(core=core)

    (joined,) = core.happenings
    assert isinstance(joined, WorkspaceJoined)
    assert not joined.by_host


async def test_a_line_end_for_some_readers_does_not_end_an_object() -> None:
    core = FakeCore([an_entry(1, "before\u2028after\x85end")])

    (shown,) = await answers("/blog show 1", core=core)

    assert shown["title"] == "before after end"


class BusyCore(FakeCore):
    """A core whose store is busy from the first reaction on."""

    async def handle(self, happening: Happening, id: InvocationId | None = None) -> None:
        self.busy = isinstance(happening, Reacted)
        await super().handle(happening)
