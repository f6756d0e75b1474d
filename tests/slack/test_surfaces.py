"""Home tab, modals, shortcuts and completion, custom emoji, Socket Mode; and what nobody may ever read or see."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import missed_reactions
from adapters.slack.manifest import SCOPES
from tests.fakes.slack import SCOPES as ALL_SCOPES
from tests.fakes.slack import FakeSlack, Fault, Json, buttons, shown
from tests.fakes.slack_club import SlackClub, running

ANA, BEN = "U0ANA", "U0BEN"


@asynccontextmanager
async def a_club(database: str, seed: Path, **more: Any) -> AsyncIterator[SlackClub]:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    slack.user(BEN, "ben")
    async with slack.running(), running(slack, database, seed, **more) as club:
        yield club


async def home_of(club: SlackClub, user: str) -> Json:
    club.slack.homes.pop(user, None)
    status, _ = await club.slack.send(club.slack.event({"type": "app_home_opened", "user": user, "tab": "home"}))
    assert status == 200
    found: Json = await club.slack.until(lambda: club.slack.homes.get(user))
    return found


async def test_the_home_tab_shows_a_reader_theirs_and_an_admin_the_clubs(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        await club.say(BEN, "later #6")
        reader, admin = await home_of(club, BEN), await home_of(club, ANA)
        assert "#6 Prototyping with models" in shown(reader)
        assert "platform" in shown(reader)
        assert "Europe/Berlin" in shown(reader)
        assert "Status of team" not in shown(reader)
        assert "Status of team" in shown(admin)
        assert "Set a schedule" in buttons(admin)
        assert "Set a schedule" not in buttons(reader)

        slack = club.slack
        slack.homes.clear()
        read = next(b for b in all_buttons(reader) if b["text"]["text"] == "Read" and "#6" in b["value"])
        pressed = {"action_id": read["action_id"], "value": read["value"]}
        await slack.send(slack.press(BEN, pressed, view={"type": "home", "id": "VH"}))
        after = await slack.until(lambda: slack.homes.get(BEN))
        assert "#6 Prototyping" not in shown(after)


def pressed_at_home(slack: FakeSlack, user: str, action: Json) -> Json:
    return slack.press(user, {name: action[name] for name in ("action_id", "value")}, view={"type": "home", "id": "VH"})


async def test_the_home_tab_outlives_twenty_presses_in_a_row_and_what_is_too_much_opens_before_it(
    database: str, seed: Path
) -> None:
    async with a_club(database, seed, hosted=True) as club:
        slack = club.slack
        home = await home_of(club, BEN)
        read = next(b for b in all_buttons(home) if b["text"]["text"] == "Read")
        for _ in range(20):
            slack.homes.clear()
            await slack.send(pressed_at_home(slack, BEN, read))
            home = await slack.until(lambda: slack.homes.get(BEN))
            assert "Your reading club" in shown(home)
        assert not slack.views

        await asyncio.gather(*(slack.send(pressed_at_home(slack, BEN, read)) for _ in range(40)))
        modal = await slack.until(lambda: slack.views and slack.views[-1])
        assert "more than can be answered at once" in shown(modal)
        await asyncio.sleep(0.2)
        assert "Your reading club" in shown(slack.homes[BEN])


async def test_a_home_tab_that_cannot_be_told_now_takes_only_the_place_of_none(database: str, seed: Path) -> None:
    from bot.domain.errors import StoreBusy

    async with a_club(database, seed) as club:
        slack = club.slack
        runner: Any = club.club.runner
        open_club = {"type": "app_home_opened", "user": BEN, "tab": "home"}
        read, write = runner.read, runner.write

        async def refused(*_: Any) -> None:
            raise StoreBusy("locked")

        runner.read = runner.write = refused
        first = await home_of(club, BEN)
        slack.homes.clear()
        await slack.send(slack.event({**open_club, "view": first}))
        await asyncio.sleep(0.2)
        runner.read, runner.write = read, write
        assert "can't do this right now" in shown(first)
        assert not slack.homes


async def test_what_is_done_in_a_modal_shows_in_the_home_tab_behind_it(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        slack = club.slack
        await club.say(BEN, "later #6")
        home = await home_of(club, BEN)
        await slack.send(pressed_at_home(slack, BEN, buttons(home)["Queue"]))
        modal = await slack.until(lambda: slack.views and slack.views[-1])
        slack.homes.clear()
        await slack.send(slack.press(BEN, first_for(modal, "Read", "#6"), view=modal))
        after = await slack.until(lambda: slack.homes.get(BEN))
        assert "#6 is read" in shown(slack.views[-1])
        assert "#6 Prototyping" not in shown(after)


async def test_sharing_from_where_there_is_no_channel_asks_for_one(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        slack = club.slack
        home = await home_of(club, BEN)
        await slack.send(pressed_at_home(slack, BEN, buttons(home)["Random"]))
        modal = await slack.until(lambda: slack.views and slack.views[-1])
        before = len(slack.views)
        await slack.send(slack.press(BEN, buttons(modal)["Share"], view=modal))
        form = await slack.until(lambda: len(slack.views) > before and slack.views[-1])
        kinds = {one["block_id"]: one["element"]["type"] for one in form["blocks"] if one["type"] == "input"}
        assert kinds["channel"] == "conversations_select"
        for line in ("show #12", "search prototyping"):
            assert "Share" in buttons(await club.say(BEN, line, channel="D0BEN"))

        assert "on its way" in shown(await club.say(BEN, "share #12 #C0001", channel="D0BEN"))
        await club.settle()
        assert slack.sent[0].channel == "C0001"


async def test_what_is_on_its_way_ends_with_a_link_or_what_went_wrong(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        slack = club.slack
        use = slack.command(ANA, "share #12")
        assert "on its way" in shown(await club.answered(use))
        await club.settle()
        later = await club.followed(use)
        assert later["replace_original"] is True
        assert "#12 is posted." in shown(later)
        assert f"/archives/C0001/p{slack.sent[0].ts.replace('.', '')}" in json.dumps(later)

        slack.fail("chat.postMessage", Fault("error", code="restricted_action"))
        use = slack.command(ANA, "share #11")
        await club.answered(use)
        await club.settle()
        later = await club.followed(use)
        assert "#11 was not posted." in shown(later)
        assert "A policy of the workspace keeps the bot from posting here." in shown(later)
        use = slack.press(ANA, buttons(later)["Try again"])
        await club.answered(use)
        await club.settle()
        assert "#11 is posted." in shown(await club.followed(use))


async def test_public_and_final_buttons_have_a_confirmation(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        await club.say(ANA, "schedule set mon 09:00 Europe/Berlin")
        for line, label in (("show #12", "Share"), ("digest", "Post now"), ("schedule list", "Off")):
            answer = await club.say(ANA, line)
            (button,) = [one for one in all_buttons(answer) if one["text"]["text"] == label]
            assert button["confirm"]["title"]["type"] == button["confirm"]["text"]["type"] == "plain_text"
            assert len(button["confirm"]["title"]["text"]) <= 100
            assert len(button["confirm"]["text"]["text"]) <= 300
            assert len(button["confirm"]["confirm"]["text"]) <= 30


async def test_a_list_in_a_private_answer_is_replaced_by_the_list_after_it(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        for line in ("next", "search caching", "list"):
            answer = await club.say(BEN, line)
            read = next(one for one in all_buttons(answer) if one["text"]["text"] == "Read")
            pressed = {name: read[name] for name in ("action_id", "value")}
            updated = await club.press(BEN, pressed, private=True)
            assert updated["replace_original"] is True
            assert "is read." in shown(updated)
            assert "Undo" in buttons(updated)


async def test_an_expired_moment_in_the_home_tab_says_so_in_it(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        slack = club.slack
        home = await home_of(club, BEN)
        slack.homes.clear()
        slack.fail("views.open", Fault("error", code="expired_trigger_id"))
        await slack.send(pressed_at_home(slack, BEN, buttons(home)["Random"]))
        after = await slack.until(lambda: slack.homes.get(BEN))
        assert "took too long" in shown(after)
        assert "Your reading club" in shown(after)
        await slack.send(pressed_at_home(slack, BEN, buttons(after)["Try again"]))
        assert await slack.until(lambda: slack.views)


async def test_the_home_tab_shows_the_last_of_two_presses_though_the_first_arrives_late(
    database: str, seed: Path
) -> None:
    async with a_club(database, seed) as club:
        slack = club.slack
        await club.say(BEN, "later #6")
        await club.say(BEN, "later #7")
        home = await home_of(club, BEN)
        slack.fail("views.publish", Fault("hang", seconds=0.5))
        await slack.send(pressed_at_home(slack, BEN, first_for(home, "Read", "#6")))
        await slack.until(lambda: not slack.faults["views.publish"])
        await slack.send(pressed_at_home(slack, BEN, first_for(home, "Read", "#7")))
        await slack.until(lambda: "#7 is read." in shown(slack.homes[BEN]))
        await asyncio.sleep(0.7)
        assert "#7 is read." in shown(slack.homes[BEN])
        assert not [b for b in all_buttons(slack.homes[BEN]) if '"read"' in b["value"] and '"#6"' in b["value"]]
        assert not [b for b in all_buttons(slack.homes[BEN]) if '"read"' in b["value"] and '"#7"' in b["value"]]


def first_for(view: Json, label: str, entry: str) -> Json:
    """The first button of this label about an entry, as it is pressed."""
    found = next(b for b in all_buttons(view) if b["text"]["text"] == label and f'"{entry}"' in b["value"])
    return {name: found[name] for name in ("action_id", "value")}


def all_buttons(view: Json) -> list[Json]:
    return [b for one in view["blocks"] if one["type"] == "actions" for b in one["elements"]]


async def test_a_schedule_is_set_in_a_modal_with_errors_at_their_fields(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        slack = club.slack
        admin = await home_of(club, ANA)
        view_of_home = {"type": "home", "id": "VH"}
        await slack.send(slack.press(ANA, buttons(admin)["Set a schedule"], view=view_of_home))
        view = await slack.until(lambda: slack.views and slack.views[-1])
        kinds = {one["block_id"]: one["element"]["type"] for one in view["blocks"] if one["type"] == "input"}
        assert kinds["channel"] == "conversations_select"
        assert kinds["at"] == "timepicker"
        assert kinds["weekday"] == "static_select"
        assert kinds["zone"] == "external_select"

        status, found = await slack.send(slack.suggestion(ANA, view, "zone", "berl"))
        assert (status, found["options"][0]["value"]) == (200, "Europe/Berlin")

        values: Json = {
            "weekday": {"value": {"type": "static_select", "selected_option": {"value": "mon"}}},
            "at": {"value": {"type": "timepicker", "selected_time": "09:00"}},
            "zone": {"value": {"type": "external_select", "selected_option": {"value": "Mars/Base"}}},
            "channel": {"value": {"type": "conversations_select", "selected_conversation": "C0001"}},
        }
        status, answer = await slack.send(slack.submission(ANA, view, values))
        assert status == 200
        assert answer["response_action"] == "errors"
        assert "Mars/Base" in answer["errors"]["zone"]

        values["zone"]["value"]["selected_option"]["value"] = "Europe/Berlin"
        values["tag"] = {"value": {"type": "external_select", "selected_option": {"value": "zanzibar"}}}
        status, answer = await slack.send(slack.submission(ANA, view, values))
        assert answer["response_action"] == "errors"
        assert "tagged “zanzibar”" in answer["errors"]["tag"]

        del values["tag"]
        submitted = slack.submission(ANA, view, values)
        status, answer = await slack.send(submitted)
        assert answer["response_action"] == "update"
        assert "The schedule is set" in json.dumps(answer)
        assert "C0001" in shown(await club.say(ANA, "schedule list"))
        denied = await slack.send(slack.submission(BEN, view, values))
        assert "is for admins" in json.dumps(denied, ensure_ascii=False)


async def test_what_is_wrong_in_a_typed_schedule_is_said_and_needs_no_modal(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        assert "“25:99” is not a time" in shown(await club.say(ANA, "schedule set mon 25:99 UTC"))
        assert "Mars/Base" in shown(await club.say(ANA, "schedule set mon 09:00 Mars/Base"))
        assert not club.slack.views


async def test_a_schedule_is_changed_paused_and_taken_away_in_the_home_tab(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        slack = club.slack
        slack.channel("C0002")
        for channel in ("C0001", "C0002"):
            await club.say(ANA, "schedule set mon 09:00 Europe/Berlin", channel=channel)

        async def pressed(label: str) -> str:
            button = first_for(await home_of(club, ANA), label, "#C0002")
            slack.homes.clear()
            await slack.send(pressed_at_home(slack, ANA, button))
            return shown(await slack.until(lambda: slack.homes.get(ANA)))

        after = await pressed("Pause for a week")
        assert "The schedule is paused." in after
        assert (after.count("Resume"), after.count("Pause for a week")) == (3, 1)
        assert "Resume" not in await pressed("Resume")

        change = first_for(await home_of(club, ANA), "Change", "#C0002")
        await slack.send(pressed_at_home(slack, ANA, change))
        form = await slack.until(lambda: slack.views and slack.views[-1])
        (picked,) = [one["element"] for one in form["blocks"] if one.get("block_id") == "channel"]
        assert picked["initial_conversation"] == "C0002"

        assert (after := await pressed("Off")).count("Pause for a week") == 1
        assert "Undo" in after


async def test_who_sets_a_schedule_hears_at_once_what_keeps_us_from_posting_there(database: str, seed: Path) -> None:
    line = "schedule set mon 09:00 Europe/Berlin"

    async def said(club: SlackClub, channel: str) -> str:
        answer = shown(await club.say(ANA, line, channel=channel))
        assert ("The schedule is set." in answer) is ("Try again" not in answer)
        return answer

    async with a_club(database, seed) as club:
        slack = club.slack
        slack.channel("C0002").members.clear()
        slack.channel("C0003", private=True).members.clear()
        slack.channel("C0004", archived=True).members.clear()

        assert "is set" in await said(club, "C0001")
        absent = await club.say(ANA, line, channel="C0002")
        assert "I'm not in #reading yet." in shown(absent)
        assert "/invite @Dogear" in shown(absent)
        assert "I can't see that channel" in await said(club, "C0003")
        assert "is archived" in await said(club, "C0004")
        assert "C0002" not in shown(await club.say(ANA, "schedule list"))
        slack.channels["C0002"].members.add("UBOT0001")
        again = await club.press(ANA, buttons(absent)["Try again"], channel="C0002", private=True)
        assert again["replace_original"] is True
        assert "The schedule is set." in shown(again)
        slack.channels["C0002"].members.clear()
        slack.fail("conversations.info", Fault("500"))
        assert "is set" in await said(club, "C0002")

        slack.channels["C0002"].members.clear()
        joins = next(iter(slack.workspaces.values()))
        joins.scopes += ",channels:join"
        async with running(slack, f"{database}2", seed) as joining:
            assert "is set" in await said(joining, "C0002")


async def test_a_shortcut_marks_the_entry_that_a_message_shows_or_links(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        slack = club.slack
        await club.say(ANA, "share #12")
        await club.settle()
        root = next(post for post in slack.sent if post.thread is None)
        only_buttons = [one for one in root.body["blocks"] if one["type"] == "actions"]
        posted = {"ts": root.ts, "text": "x", "blocks": only_buttons, "app_id": "A0001"}
        ours = {**posted, "user": "UBOT0001", "bot_id": "BBOT0001"}
        assert "#12 is read" in shown(await club.answered(slack.shortcut(BEN, "read", ours)))
        by_bot = {**posted, "bot_id": "BBOT0001"}
        assert "#12 is in your queue" in shown(await club.answered(slack.shortcut(BEN, "later", by_bot)))
        forged = {**posted, "user": "UBOT0666", "bot_id": "BBOT0666"}
        assert "no entry" in shown(await club.answered(slack.shortcut(BEN, "read", forged)))

        link = {"text": "Look: <https://dash.example/2024/08/13/kafka?utm_source=x|kafka>", "ts": "1.000001"}
        assert "#11 is in your queue" in shown(await club.answered(slack.shortcut(BEN, "later", link)))
        none = shown(await club.answered(slack.shortcut(BEN, "read", {"text": "hello", "ts": "1.000002"})))
        assert "no entry" in none
        two = {"text": f"{link['text']} <https://eng.example/private/>", "ts": "1.000003"}
        several = await club.answered(slack.shortcut(BEN, "read", two))
        assert "Which one" in shown(several)
        assert set(buttons(several)) == {"#11 Kafka for everybody", "#7 Private by design"}


async def test_a_shortcut_adds_the_article_that_a_message_links(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        slack = club.slack
        none = await club.answered(slack.shortcut(BEN, "add", {"text": "hello", "ts": "1.000001"}))
        assert "no link" in shown(none)
        known = {"text": "<https://dash.example/2024/08/13/kafka?utm_source=x|kafka>", "ts": "1.000002"}
        assert "It is #11 already" in shown(await club.answered(slack.shortcut(BEN, "add", known)))
        two = {"text": "<https://new.example/one> or <https://new.example/two|two>", "ts": "1.000003"}
        several = await club.answered(slack.shortcut(BEN, "add", two))
        assert list(buttons(several)) == ["new.example/one", "new.example/two"]


async def test_an_expired_moment_for_a_modal_says_so(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        club.slack.fail("views.open", Fault("error", code="expired_trigger_id"))
        answer = await club.say(ANA, "schedule set")
        assert "took too long" in shown(answer)

        slack = club.slack
        home = await home_of(club, BEN)
        await slack.send(pressed_at_home(slack, BEN, buttons(home)["Random"]))
        modal = await slack.until(lambda: slack.views and slack.views[-1])
        slack.fail("views.open", Fault("error", code="expired_trigger_id"))
        before = len(slack.views)
        await slack.send(slack.press(BEN, buttons(modal)["Share"], view=modal))
        told = await slack.until(lambda: len(slack.views) > before and slack.views[-1])
        assert "took too long" in shown(told)
        assert "Try again" in buttons(told)


async def test_a_button_that_is_pressed_in_a_thread_is_answered_there(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        await club.say(BEN, "share #12")
        await club.settle()
        root = next(post for post in club.slack.sent if post.thread is None)
        button = next(iter(buttons(root.body).values()))
        inside = await club.press(BEN, button, ts=root.ts, thread=root.ts)
        outside = await club.press(BEN, button, ts=root.ts)

        assert (inside["thread_ts"] == root.ts, outside.get("thread_ts")) == (True, None)


async def test_emoji_that_mean_the_same_are_removed_each_by_itself_under_whatever_name(
    database: str, seed: Path
) -> None:
    from bot.domain.reading_state import ReadingState

    slack = FakeSlack()
    slack.workspace(emoji={"gelesen": "alias:white_check_mark", "party": "https://emoji.example/p.png"})
    slack.channel()
    slack.user(BEN, "ben")
    slack.user("U0ROBO", "robo", is_bot=True)
    added = {"done": ReadingState.READ, "thumbsup": ReadingState.READ}
    async with slack.running(), running(slack, database, seed, emoji=added) as club:
        await club.say(BEN, "share #12")
        await club.settle()
        ts = next(post for post in slack.sent if post.thread is None).ts

        async def state(name: str, *, added: bool = True, user: str = BEN) -> str:
            await asyncio.sleep(0.01)
            assert await club.react(user, name, "C0001", ts, added=added) == 200
            return shown(await club.say(BEN, "show #12")).split("State: ")[1].split()[0]

        assert await state("party") == "unread"
        assert await state("white_check_mark", user="U0ROBO") == "unread"
        assert await state("gelesen") == "read"
        assert await state("done") == "read"
        assert await state("gelesen", added=False) == "read"
        assert await state("done", added=False) == "unread"
        assert await state("white_check_mark") == "read"
        assert await state("gelesen") == "read"
        assert await state("gelesen", added=False) == "read"
        assert await state("white_check_mark", added=False) == "unread"
        assert await state("+1::skin-tone-2") == "read"
        assert await state("+1::skin-tone-4") == "read"
        assert await state("+1::skin-tone-4", added=False) == "read"
        assert await state("+1::skin-tone-2", added=False) == "unread"
        assert await state("bookmark") == "later"


async def test_a_connection_of_socket_mode_is_opened_anew_and_events_go_on(database: str, seed: Path) -> None:
    async with a_club(database, seed, by_socket=True) as club:
        await club.say(ANA, "stats")
        await club.slack.refresh_sockets()
        async with asyncio.timeout(60):
            await club.slack.connected.wait()
        await asyncio.sleep(0.1)
        assert "Unread" in shown(await club.say(ANA, "stats"))


async def test_a_connection_says_how_it_stands_and_how_often_it_was_made_anew(database: str, seed: Path) -> None:
    async with a_club(database, seed, by_socket=True) as club:
        await club.platform.ready.wait()
        before = await club.platform.connection()
        club.slack.connected.clear()
        await club.slack.drop_sockets()
        async with asyncio.timeout(60):
            await club.slack.connected.wait()
            while not (await club.platform.connection()).reconnects:  # noqa: ASYNC110 -- what it asks is the subject
                await asyncio.sleep(0.01)
        await until(club, up=True)
        after = await club.platform.connection()
    stopped = await club.platform.connection()
    assert (before.up, before.reconnects) == (True, 0)
    assert (after.up, after.reconnects) == (True, 1)
    assert (stopped.up, stopped.reason, stopped.reconnects) == (False, "not connected yet", 1)


async def test_a_connection_that_is_open_and_silent_is_noticed_and_made_anew(
    database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack answers no ping any more, closes nothing, and has no other connection to offer for a while."""
    monkeypatch.setattr("adapters.slack.requests.PING", 0.1)

    async with a_club(database, seed, by_socket=True) as club:
        await club.platform.ready.wait()
        club.slack.silent = True
        club.slack.fail("apps.connections.open", *[Fault("500")] * 1000)
        await until(club, up=False)
        down = await club.platform.connection()
        club.slack.silent = False
        club.slack.faults.clear()
        await until(club, up=True)
        again = await club.platform.connection()

        assert down.reason == "Socket Mode is not connected"
        assert again.reconnects >= 1
        assert "Unread" in shown(await club.say(ANA, "stats"))


async def until(club: SlackClub, *, up: bool) -> None:
    async with asyncio.timeout(60):
        while (await club.platform.connection()).up is not up:  # noqa: ASYNC110 -- what it asks is the subject
            await asyncio.sleep(0.01)


async def test_over_https_being_served_is_being_connected(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        assert (await club.platform.connection()).up


@pytest.mark.parametrize("restarted", [False, True], ids=["connected anew", "started anew"])
async def test_reactions_that_were_missed_are_read_again(
    restarted: bool, database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pause in ("SELDOM", "NOBODY_WAIT"):  # after a first round, which may come before the post or after it
        monkeypatch.setattr(missed_reactions, pause, 0.0)

    async def state(club: SlackClub, wanted: str) -> None:
        for _ in range(600):
            if f"State: {wanted}" in shown(await club.say(BEN, "show #12")):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(wanted)

    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    slack.user(BEN, "ben")
    async with slack.running():
        async with running(slack, database, seed, by_socket=True) as club:
            await club.say(ANA, "share #12")
            await club.settle()
            ts = next(post for post in slack.sent if post.thread is None).ts
            slack.put(BEN, "white_check_mark", "C0001", ts)
            if not restarted:
                await slack.refresh_sockets()
                await state(club, "read")
                assert "State: unread" in shown(await club.say(ANA, "show #12"))
        if restarted:
            async with running(slack, database, by_socket=True) as club:
                await state(club, "read")
            slack.put(BEN, "white_check_mark", "C0001", ts, there=False)
            async with running(slack, database, by_socket=True) as club:
                await state(club, "unread")


async def test_rights_are_asked_for_at_every_use(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        assert "Status of team" in shown(await club.say(ANA, "status"))
        club.slack.users["T0001", ANA]["is_admin"] = False
        assert "is for admins" in shown(await club.say(ANA, "status"))


CANARIES = ("canary", "xoxb-", "xapp-", "hooks", "zanzibar")


async def test_no_secret_and_no_message_is_ever_logged(database: str, seed: Path) -> None:
    """Everything at DEBUG, every library, every way to fail."""
    sink = io.StringIO()
    handler = logging.StreamHandler(sink)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
    root, before = logging.getLogger(), logging.getLogger().level

    try:
        async with a_club(database, seed, by_socket=False) as club:
            root.setLevel(logging.DEBUG)
            root.addHandler(handler)
            logging.getLogger("dogear").setLevel(logging.DEBUG)
            slack = club.slack
            await club.say(ANA, "search zanzibar")
            await club.say(ANA, "share #12")
            for kind in ("drop", "500", "503", "garbage", "429"):
                slack.fail("chat.postMessage", Fault(kind, seconds=1))
                await club.settle()
            slack.fail(
                "chat.postMessage", Fault("error", code="missing_scope"), Fault("error", code="strange_new_code")
            )
            await club.say(ANA, "share #11")
            await club.settle()
            command = slack.command(ANA, "search zanzibar")
            command["response_url"] += "-used-up"
            await slack.send(command)
            unreachable = slack.command(ANA, "search zanzibar") | {"response_url": "http://127.0.0.1:9/commands/canary"}
            await slack.send(unreachable)
            await slack.post(b"zanzibar", {"Content-Type": "application/json"})
            await slack.send({**slack.command(ANA, "zanzibar"), "team_id": "x"})
            await slack.send(slack.event({"type": "zanzibar"}))
            slack.workspaces["xoxb-canary-bot-token"].revoked = True
            await slack.send(slack.command(ANA, "schedule set"))
            await asyncio.sleep(0.3)
        async with a_club(f"{database}2", seed, by_socket=True) as again:
            await again.say(ANA, "search zanzibar")
            await again.slack.refresh_sockets()
            async with asyncio.timeout(60):
                await again.slack.connected.wait()
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        logging.getLogger("dogear").setLevel(logging.WARNING)

    written = sink.getvalue().lower()
    assert "dogear" in written
    assert [line for line in written.splitlines() if any(canary in line for canary in CANARIES)] == []


def test_every_scope_that_the_fake_demands_is_in_the_manifest() -> None:
    assert set(SCOPES) | {"channels:history"} <= {*ALL_SCOPES.split(","), *SCOPES}
