"""Forged, replayed, malformed and oversized requests: refused or neutral, with no second effect and no traceback."""

import asyncio
import gzip
import json
import random as chance  # noqa: TID251 -- the same dice in every run
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from multidict import CIMultiDict

from bot.runtime.clock import SystemClock
from bot.runtime.metrics import Metrics
from tests.fakes.slack import FakeSlack, Json, live_mentions, now, shown
from tests.fakes.slack_club import SlackClub, running

ANA = "U0ANA"
FORM = "application/x-www-form-urlencoded"


@asynccontextmanager
async def a_club(database: str, seed: Path | None) -> AsyncIterator[SlackClub]:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    async with slack.running(), running(slack, database, seed) as club:
        yield club


def forged(slack: FakeSlack, body: bytes) -> dict[str, dict[str, str]]:
    good = slack.signed(body)
    at, signature = good["X-Slack-Request-Timestamp"], good["X-Slack-Signature"]
    slack.secret = "another secret"
    others = slack.signed(body)["X-Slack-Signature"]
    slack.secret = "canary-signing-secret"
    times = ["abc", "", "1.5", "9" * 99, "-1", "１７", " 1", "1e9", "0x1", "NaN", "0"]
    signatures = [
        others, signature.upper(), signature.replace("v0=", "v1="), signature[:-1], signature + "0", signature[3:],
        "v0=" + "ü" * 64, "v0=", "", "v0=" + "0" * 64, "v0=" + "g" * 64, signature.replace("=", ""), "null",
    ]  # fmt: skip
    cases = {f"time {number}": {**good, "X-Slack-Request-Timestamp": one} for number, one in enumerate(times)}
    cases |= {f"signature {number}": {**good, "X-Slack-Signature": one} for number, one in enumerate(signatures)}
    cases |= {
        "no signature": {"X-Slack-Request-Timestamp": at},
        "no time": {"X-Slack-Signature": signature},
        "neither": {},
        "gzip": {**good, "Content-Encoding": "identity, x"},
        **{f"{seconds} s": slack.signed(body, at=str(now() + seconds)) for seconds in (-3600, -301, 302, 3600)},
    }
    return cases


async def test_a_forged_request_is_refused_and_nothing_is_done(
    database: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async with a_club(database, None) as club:
        slack = club.slack
        calls = len(slack.calls)
        statuses = {}
        for number, payload in enumerate(whole(slack)):
            body, kind = slack.encoded(payload)
            for name, headers in forged(slack, body).items():
                encoded = {key: value.encode("utf-8").decode("latin-1") for key, value in headers.items()}
                statuses[f"{number}, {name}"], _ = await slack.post(body, {"Content-Type": kind, **encoded})
            good = slack.signed(body)
            for name, value in good.items():
                twice: Any = CIMultiDict({"Content-Type": kind, **good})
                twice.add(name, value)
                statuses[f"{number}, {name} twice"], _ = await slack.post(body, twice)
        statuses["a byte more"], _ = await slack.post(body + b"x", {"Content-Type": kind, **slack.signed(body)})
        packed = gzip.compress(body)
        statuses["packed"], _ = await slack.post(
            packed, {"Content-Type": kind, "Content-Encoding": "gzip", **slack.signed(body)}
        )
        assert len(slack.calls) == calls

    assert len(statuses) >= 200
    assert {name: status for name, status in statuses.items() if status not in (400, 401)} == {}
    assert not slack.answers
    assert "Traceback" not in capfd.readouterr().err


async def test_a_request_is_good_for_five_minutes_either_way(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        slack = club.slack
        statuses = []
        for seconds in (-297, 0, 297):
            body, kind = slack.encoded(slack.command(ANA, "stats"))
            headers = {"Content-Type": kind, **slack.signed(body, at=str(now() + seconds))}
            statuses.append((await slack.post(body, headers))[0])

    assert statuses == [200, 200, 200]


async def test_a_word_that_slack_uses_in_its_forms_can_be_searched_for(database: str, seed: Path) -> None:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana")
    async with slack.running(), running(slack, database, seed):
        body, kind = slack.encoded(slack.command(ANA, "search payload"))
        status, answer = await slack.post(body, {"Content-Type": kind, **slack.signed(body)})

    assert status == 200
    assert "“payload”" in shown(answer)


async def test_a_replay_gets_the_same_acknowledgement_and_has_no_second_effect(database: str, seed: Path) -> None:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    async with slack.running():
        async with running(slack, database, seed) as club:
            body, kind = slack.encoded(slack.command(ANA, "share #12"))
            headers = {"Content-Type": kind, **slack.signed(body)}
            copies: list[tuple[int, Any]]
            first, *copies = [await slack.post(body, headers) for _ in range(5)]
            copies += await asyncio.gather(*(slack.post(body, headers) for _ in range(5)))
            assert "on its way" in shown(first[1])
            assert copies == [(200, "")] * 9
            await club.settle()
        async with running(slack, database) as club:
            again = await slack.post(body, headers)
            assert again == first
            await club.settle()

    assert len([post for post in slack.sent if post.thread is None]) == 1


async def test_whatever_slack_brings_again_is_counted(database: str, seed: Path) -> None:
    metrics = Metrics(SystemClock())

    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    async with slack.running(), running(slack, database, seed, metrics=metrics):
        for payload in whole(slack)[:3]:  # a command, a press and an event
            await slack.send(payload)
        assert "dogear_repeats_total 0.0" in metrics.text().splitlines()
        for payload in whole(slack)[:3]:
            body, kind = slack.encoded(payload)
            for _ in range(3):
                status, _ = await slack.post(body, {"Content-Type": kind, **slack.signed(body)})
                assert status == 200

    assert "dogear_repeats_total 6.0" in metrics.text().splitlines()


AGES = (-150, -100, -50, -10, 0, 10, 100, 200, 297)
TOO_OLD_OR_NEW = (-86_400, -3600, -302, 302, 3600, 86_400)


async def test_every_kind_of_request_of_every_age_has_one_effect_however_often_it_comes(
    database: str, seed: Path
) -> None:
    async with a_club(database, seed) as club:
        slack = club.slack

        def effects() -> tuple[int, ...]:
            return len(slack.answers), len(slack.ephemerals), len(slack.views), len(slack.sent)

        async def sent(cases: list[tuple[bytes, dict[str, str]]]) -> list[tuple[int, Any]]:
            """Everything is sent and has had its effect."""
            acks = [await slack.post(body, headers) for body, headers in cases]
            await club.settle()
            before = None
            while before != (before := (len(slack.calls), effects())):  # noqa: ASYNC110 -- what must not change any more
                await asyncio.sleep(0.4)
            return acks

        def made(ages: tuple[int, ...]) -> list[tuple[bytes, dict[str, str]]]:
            cases = []
            for number, at in enumerate(ages, 1):  # another entry each time: to share one again is asked about
                for body, kind in map(slack.encoded, [*whole(slack), slack.command(ANA, f"share #{number}")]):
                    cases.append((body, {"Content-Type": kind, **slack.signed(body, at=str(now() + at))}))
            return cases

        cases = made(AGES)
        assert len(cases) >= 50
        first = await sent(cases)
        await slack.until(lambda: len(slack.answers) >= 2 * len(AGES))
        done = effects()
        assert {status for status, _ in first} == {200}
        assert done[0] >= 2 * len(AGES)
        assert len([post for post in slack.sent if post.thread is None]) == len(AGES)

        again = [ack for _ in range(3) for ack in await sent(cases)]
        assert {status for status, _ in again} == {200}
        assert effects() == done

        late = await sent(made(TOO_OLD_OR_NEW))
        assert {status for status, _ in late} == {401}
        assert effects() == done


FORM_VIEW = {"id": "V1", "type": "modal", "callback_id": "form", "private_metadata": '{"p":["schedule","set"]}'}


def whole(slack: FakeSlack) -> list[Json]:
    """One payload of each kind that Slack sends."""
    return [
        slack.command(ANA, "stats"),
        slack.press(ANA, {"action_id": "use.0", "value": '{"p":["read"],"a":{"entry":"#1"}}'}),
        slack.reaction(ANA, "white_check_mark", "C0001", "1.000001"),
        slack.shortcut(ANA, "read", {"text": "hello"}),
        slack.submission(ANA, FORM_VIEW, {}),
        slack.event({"type": "app_home_opened", "user": ANA, "tab": "home"}),
        slack.event({"type": "member_joined_channel", "user": "UBOT0001", "channel": "C0001"}),
    ]


def strange(slack: FakeSlack) -> list[Json]:
    """Payloads of every wrong shape."""
    wrong: list[Any] = [None, "", 7, [], {}, ["x"], {"id": 3}, "<script>", "x" * 5000, True, -1, "\u0000"]
    found = []
    dice = chance.Random(7)
    for payload in whole(slack):
        for key in payload:
            found += [{**payload, key: value} for value in dice.sample(wrong, 4)]
        event: Json = payload.get("event") or {}
        for key in event:
            found += [{**payload, "event": {**event, key: value}} for value in wrong[:8]]
    button = whole(slack)[1]
    for value in ("", "{", "[]", "null", '{"p":1}', '{"p":["x"],"a":[]}', '{"p":["read"],"n":"x"}', "[" * 9000):
        found.append({**button, "actions": [{"type": "button", "action_id": "use.1", "value": value}]})
    return found


def unreadable() -> list[tuple[bytes, str]]:
    """Bodies that are none."""
    raw = [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'"x"',
        b"\xff\xfe",
        b"payload=",
        b"payload=%7B",
        b"payload=[]",
        b"a=b",
        b"[" * 50_000,
    ]
    return [(body, kind) for body in raw for kind in ("application/json", FORM)]


async def test_what_is_signed_and_malformed_is_neutral(
    database: str, seed: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with a_club(database, seed) as club:
        slack = club.slack
        statuses = []
        for body, kind in [*map(slack.encoded, strange(slack)), *unreadable()]:
            statuses.append((await slack.post(body, {"Content-Type": kind, **slack.signed(body)}))[0])
        answer = await club.say(ANA, "stats")
        assert "Unread" in shown(answer)

    assert len(statuses) > 200
    assert {status for status in statuses if status >= 500} == set()
    assert not slack.sent
    assert "Traceback" not in capfd.readouterr().err


async def test_what_is_malformed_in_socket_mode_is_neutral(
    database: str, seed: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    async with slack.running(), running(slack, database, seed, by_socket=True) as club:
        said = await asyncio.gather(*(slack.send(payload) for payload in strange(slack)))
        assert len(said) > 200
        for frame in ("", "{", "[]", "null", "7", '"x"', "[" * 50_000, '{"envelope_id": 7}', '{"type": []}'):
            await slack.frame(frame)
        await slack.frame(json.dumps({"envelope_id": "e", "type": "slash_commands", "payload": "x" * 2_000_000}))
        for kind in ("slash_commands", "events_api", "interactive", "hello", "other"):
            for inside in ("null", "7", '"x"', "[]", "{}", '{"type": "event_callback"}'):
                await slack.frame(f'{{"envelope_id": "{kind}", "type": "{kind}", "payload": {inside}}}')
        assert "Unread" in shown(await club.say(ANA, "stats"))

    assert not slack.sent
    assert "Traceback" not in capfd.readouterr().err


async def test_what_comes_twice_through_socket_mode_has_no_second_effect(database: str, seed: Path) -> None:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    async with slack.running(), running(slack, database, seed, by_socket=True) as club:
        command = slack.command(ANA, "share #12")
        said = await asyncio.gather(*(slack.send(command) for _ in range(5)))
        assert [status for status, _ in said] == [200] * 5
        await club.settle()

    assert len([post for post in slack.sent if post.thread is None]) == 1
    followed = [answer for answer in slack.answers if answer.body.get("replace_original")]
    assert len(slack.answers) - len(followed) == 1
    assert len(followed) <= 1


async def test_an_oversized_request_is_refused_before_it_is_read(database: str) -> None:
    async with a_club(database, None) as club:
        body = b"x" * (2 * 1024 * 1024)

        assert (await club.slack.post(BytesIO(body), {"Content-Type": FORM, **club.slack.signed(body)}))[0] == 413


MENTIONS = (
    "<!channel>", "<!here|x>", "<!everyone>", "<!subteam^S1>", "<@U1>", "<#C1>", "@everyone", "&lt;!here&gt;",
    "＠channel", "<!ch\u200bannel>", "`<!here>`", "[<!here>](https://example.org)", "<https://evil.example|safe>",
    "*<!channel>*", "|<@U1>|", "]<!here>[", "x" * 3990 + "<!channel>", "&<!here>&amp;",
)  # fmt: skip


async def test_nothing_that_people_or_lists_write_becomes_a_mention_or_a_foreign_link(
    database: str, tmp_path: Path
) -> None:
    entries = "".join(
        f"* [{mention}](https://example.org/{number})\n    {mention} and **{mention}**\n    - {mention}\n"
        for number, mention in enumerate(one for one in MENTIONS if "\u200b" not in one)
    )
    bad = (
        "* [bad](javascript:alert(1)) [x](data:text/html,x) [y](//host) [https://good.example](https://evil.example)\n"
    )
    reading_list = tmp_path / "list.md"
    reading_list.write_text(f"* [Fine](https://example.org/fine)\n    {bad}\n{entries}", encoding="utf-8")

    async with a_club(database, reading_list) as club:
        slack = club.slack
        slack.users["T0001", ANA]["profile"]["display_name"] = "<!channel> & co"
        for mention in MENTIONS:
            for line in (f"search {mention}", mention, f"list tag:{mention}", f"help {mention}"):
                await club.say(ANA, line)
        for number in range(1, len(MENTIONS)):
            await club.say(ANA, f"show #{number}")
            await club.say(ANA, f"share #{number}")
        await club.settle()

    everything = [post.body for post in slack.sent] + [answer.body for answer in slack.answers]
    assert len(everything) > 100
    assert not {"parse", "link_names", "mrkdwn"} & {name for body in everything for name in body}
    assert {live for body in everything for live in live_mentions(body)} <= {"<#C0001>"}, "its own channel"
    assert not slack.refusals
    links = [url for body in everything for url in urls(body)]
    assert links
    assert all(url.startswith(("https://", "http://")) for url in links)


def urls(part: Any) -> list[str]:
    if isinstance(part, list):
        return [url for inner in part for url in urls(inner)]
    if not isinstance(part, dict):
        return []
    own = [part["url"]] if part.get("type") == "link" else []
    return own + [url for inner in part.values() for url in urls(inner)]


async def test_an_unknown_workspace_is_told_so_and_nothing_else(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        club.slack.user("U0EVE", "eve", team="T0666")
        status, body = await club.slack.send(club.slack.command("U0EVE", "list", team="T0666"))

    assert status == 200
    assert "not installed" in body


def storm(slack: FakeSlack, ts: str, users: list[str], events: int) -> tuple[list[Json], dict[str, bool]]:
    """Reactions put and taken off; and who has one on at the end."""
    dice = chance.Random(11)
    sent, live = [], dict.fromkeys(users, False)
    for number in range(events):
        user = dice.choice(users)
        live[user] = not live[user]
        at = f"{slack.clock()}.{number + 1:06}"
        sent.append(slack.reaction(user, "white_check_mark", "C0001", ts, added=live[user], at=at))
    return sent, live


async def test_a_storm_of_reactions_each_told_four_times_out_of_order_ends_in_the_exact_state(
    database: str, seed: Path
) -> None:
    users = [f"U{number:05}" for number in range(40)]

    async with a_club(database, seed) as club:
        slack = club.slack
        for user in users:
            slack.user(user, user.lower())
        await club.say(ANA, "share #12")
        await club.settle()
        root = next(post for post in slack.sent if post.thread is None)
        events, wanted = storm(slack, root.ts, users, 400)
        copies = [event for event in events for _ in range(4)]
        chance.Random(3).shuffle(copies)
        limit = asyncio.Semaphore(50)

        async def one(event: Json) -> int:
            """As Slack does: what was not taken is brought again."""
            async with limit:
                status = 503
                while status == 503:
                    status, _ = await slack.send(event)
                return status

        statuses = set(await asyncio.gather(*(one(event) for event in copies)))
        found = {user: "State: read" in shown(await club.say(user, "show #12")) for user in users}

    assert statuses == {200}
    assert found == wanted


async def test_a_busy_store_is_told_to_slack_so_that_it_brings_the_event_again(database: str, seed: Path) -> None:
    from bot.domain.errors import StoreBusy

    async with a_club(database, seed) as club:
        slack = club.slack
        await club.say(ANA, "share #12")
        await club.settle()
        root = next(post for post in slack.sent if post.thread is None)
        event = slack.reaction(ANA, "white_check_mark", "C0001", root.ts)
        noted = club.club.dispatcher.handle
        core: Any = club.club.dispatcher

        async def refused(*_: Any) -> None:
            raise StoreBusy("locked")

        core.handle = refused
        first = (await slack.send(event))[0]
        core.handle = noted
        second = (await slack.send(event))[0]
        assert "State: read" in shown(await club.say(ANA, "show #12"))
        assert [first, second] == [503, 200]
