"""A digest that Slack refuses: the channel and every answer agree, and it is posted once the cause is gone."""

from datetime import timedelta
from pathlib import Path

from bot.runtime.clock import SystemClock
from bot.runtime.metrics import Metrics
from tests.fakes.slack import FakeSlack, Fault, buttons, shown
from tests.fakes.slack_club import running

ANA = "U0ANA"


async def test_a_digest_that_slack_refuses_is_not_posted_until_post_now(database: str, seed: Path) -> None:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    metrics = Metrics(SystemClock())
    async with slack.running(), running(slack, database, seed, metrics=metrics) as club:
        await club.say(ANA, "schedule set mon 09:00 Europe/Berlin")
        slack.fail("chat.postMessage", Fault("error", code="restricted_action"))
        await club.advance(timedelta(days=7))

        assert not [post for post in slack.sent if post.channel == "C0001"]
        assert "This week's pick" not in shown(await club.say(ANA, ""))
        assert "not posted (A policy of the workspace" in shown(await club.say(ANA, "digest"))
        assert "not posted" in shown(await club.say(ANA, "digest history"))
        assert "Not posted: " in shown(await club.say(ANA, "status"))
        assert 'dogear_deliveries_total{state="refused"} 1.0' in metrics.text()

        preview = await club.say(ANA, "digest")
        assert "on its way" in shown(await club.press(ANA, buttons(preview)["Post now"], private=True))
        await club.settle()
        (root,) = [post for post in slack.sent if post.channel == "C0001" and post.thread is None]
        assert "This week's article" in shown(root.body)
        assert "This week's pick" in shown(await club.say(ANA, ""))
        assert "not posted" not in shown(await club.say(ANA, "digest history"))
        status = shown(await club.say(ANA, "status"))
        assert ", posted" in status
        assert "Not posted: " not in status
        assert "already posted" in shown(await club.press(ANA, buttons(preview)["Post now"], private=True))


async def test_old_slack_buttons_ask_before_they_act(database: str, seed: Path) -> None:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    async with slack.running(), running(slack, database, seed) as club:
        await club.say(ANA, "schedule set mon 09:00 Europe/Berlin")
        for value in (
            '{"p":["digest","skip"],"a":{"channel":"#C0001"}}',
            '{"p":["digest","post"],"a":{"channel":"#C0001"}}',
            '{"p":["share"],"a":{"entry":"#12"}}',
            '{"p":["schedule","off"],"a":{"channel":"#C0001"}}',
        ):
            asked = await club.press(ANA, {"action_id": "use.0", "value": value})
            assert "?" in shown(asked)
            await club.settle()
        assert not slack.sent
        assert "09:00" in shown(await club.say(ANA, "schedule list"))
        read = {"action_id": "use.0", "value": '{"p":["read"],"a":{"entry":"#12"}}'}
        assert "#12 is read." in shown(await club.press(ANA, read))
