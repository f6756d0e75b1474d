"""The terminal as a place to post in."""

import io
from datetime import timedelta

from adapters.terminal.screen import Shown
from adapters.terminal.transcript import PlainLines
from bot.chat.platform import ChatPlatform
from bot.domain.card import Card
from bot.domain.ids import AccountRef, MessageRef, PlatformName
from bot.domain.reading_state import ReadingState
from tests.fakes.core import NOW, FakeCore, FakeStage, NoVault, a_channel, an_entry
from tests.fakes.terminal import a_terminal, answers

HELLO = Card(title="Hello")


class Recorder(PlainLines):
    """A screen that has no lines and remembers what it was to show."""

    def __init__(self) -> None:
        super().__init__(io.StringIO(), io.StringIO())
        self.shown: list[Shown] = []

    def show(self, shown: Shown) -> None:
        self.shown.append(shown)


def a_platform() -> tuple[ChatPlatform, Recorder]:
    screen = Recorder()
    return a_terminal(screen, FakeStage(FakeCore())), screen


async def test_a_key_that_was_posted_is_not_posted_again() -> None:
    platform, screen = a_platform()

    first = await platform.post(a_channel(), HELLO, key="week-1")
    again = await platform.post(a_channel(), HELLO, key="week-1")

    assert first == again
    assert len(screen.shown) == 1


async def test_a_message_is_found_by_its_key_in_its_channel_since_a_moment() -> None:
    platform, _ = a_platform()
    posted = await platform.post(a_channel(), HELLO, key="week-1")

    assert await platform.find(a_channel(), "week-1", since=NOW) == [posted]
    assert await platform.find(a_channel("books"), "week-1", since=NOW) == []
    assert await platform.find(a_channel(), "week-2", since=NOW) == []
    assert await platform.find(a_channel(), "week-1", since=NOW + timedelta(seconds=1)) == []


async def test_a_reply_is_shown_under_the_title_of_its_thread() -> None:
    platform, screen = a_platform()
    root = await platform.post(a_channel(), HELLO, key="week-1")

    thread = await platform.open_thread(root, "Caching")
    reply = await platform.post(a_channel(), HELLO, key="week-1-reply", thread=thread)

    assert await platform.open_thread(root, "again") == thread
    assert [shown.thread for shown in screen.shown] == [None, "Caching"]
    assert await platform.find(a_channel(), "week-1-reply", since=NOW) == [reply]


async def test_a_revised_message_is_shown_in_its_new_form() -> None:
    platform, screen = a_platform()
    posted = await platform.post(a_channel(), HELLO, key="week-1")

    await platform.revise(posted, Card(title="Hello again"))

    assert [(shown.card.title, shown.revised) for shown in screen.shown] == [("Hello", False), ("Hello again", True)]
    assert await platform.find(a_channel(), "week-1", since=NOW) == [posted]


async def test_a_deleted_message_is_gone_and_may_be_deleted_again() -> None:
    platform, _ = a_platform()
    posted = await platform.post(a_channel(), HELLO, key="week-1")

    await platform.delete(posted)
    await platform.delete(posted)

    assert await platform.find(a_channel(), "week-1", since=NOW) == []


async def test_work_on_a_message_of_an_earlier_run_is_done_all_the_same() -> None:
    platform, screen = a_platform()
    earlier = MessageRef(a_channel(), "before the restart")

    thread = await platform.open_thread(earlier, "Caching")
    await platform.post(a_channel(), HELLO, key="reply", thread=thread)
    await platform.react(earlier, ReadingState.READ)
    await platform.revise(earlier, HELLO)

    assert [(shown.thread, shown.revised) for shown in screen.shown] == [("Caching", False), (None, True)]


async def test_what_is_told_to_one_person_names_them() -> None:
    platform, screen = a_platform()

    await platform.send_direct(AccountRef(PlatformName("terminal"), "ana"), HELLO)

    assert [(shown.to, shown.private) for shown in screen.shown] == [("@ana", True)]


async def test_marks_are_the_reactions_of_people_and_not_our_own() -> None:
    core = FakeCore()
    stage = FakeStage(core)
    await answers(
        "/blog share 12",
        "react ✅ #12",
        "as ben",
        "react 🔖 #12",
        "react ✅ #12",
        "unreact ✅ #12",
        core=core,
        stage=stage,
    )
    assert stage.platform is not None

    marks = await stage.platform.marks(MessageRef(a_channel(), "run-1"))

    assert [(mark.actor.name, mark.meaning, mark.entry) for mark in marks] == [
        ("ana", ReadingState.READ, 12),
        ("ben", ReadingState.LATER, 12),
    ]


async def test_a_post_revised_in_the_same_line_is_told_once_in_its_last_form() -> None:
    core = FakeCore()

    class Reviser(FakeStage):
        async def settle(self) -> None:
            assert self.platform is not None
            kept = await self.platform.post(a_channel(), HELLO, key="kept")
            dropped = await self.platform.post(a_channel(), HELLO, key="dropped")
            await self.platform.revise(kept, Card(title="Hello again"))
            await self.platform.delete(dropped)

    (answer,) = await answers("clock", core=core, stage=Reviser(core))

    assert [post["title"] for post in answer["posts"]] == ["Hello again"]


def test_messages_of_the_terminal_have_no_address() -> None:
    platform, _ = a_platform()

    assert platform.link(MessageRef(a_channel(), "week-1")) is None


async def test_the_chat_is_over_when_the_lines_are() -> None:
    platform, screen = a_platform()

    await platform.run(FakeCore([an_entry()]), NoVault())

    assert screen.shown == []
