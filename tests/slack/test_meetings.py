"""The people around a digest in Slack: hosts with a private notice, 🎤, I'm in, a vote and a teaser, with a restart."""

from datetime import timedelta
from pathlib import Path

from tests.fakes.slack import FakeSlack, buttons, live_mentions, shown
from tests.fakes.slack_club import running

ANA, BEN, CARL = "U0ANA", "U0BEN", "U0CARL"
DAY = timedelta(days=1)


async def test_a_club_meets_over_a_digest(database: str, seed: Path) -> None:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    slack.user(BEN, "ben")
    slack.user(CARL, "carl")
    async with slack.running():
        async with running(slack, database, seed) as club:
            await club.say(ANA, "schedule set mon 09:00 Europe/Berlin")
            await club.say(ANA, "schedule meet thu 16:00 Europe/Berlin")
            await club.say(ANA, "schedule options notes:teaser vote:on")
            assert "one of the hosts now" in shown(await club.say(BEN, "digest host me"))
            await club.say(CARL, "host me")
            swapped = await club.say(BEN, f"host swap <@{CARL}|carl>")
            assert "carl hosts the next digest." in shown(swapped)
            await club.advance(7 * DAY)
            now = club.club.clock.now()

        async with running(slack, database) as club:
            club.club.clock.move_to(now)
            digest = next(post for post in slack.sent if post.channel == "C0001" and "Hosted by" in shown(post.body))
            assert "Hosted by carl." in shown(digest.body)
            assert (
                "<!date^" in str(digest.body)
                or '"type": "date"' in str(digest.body)
                or "'type': 'date'" in str(digest.body)
            )
            for user in (ANA, BEN, CARL):
                pressed = await club.press(user, buttons(digest.body)["I'm in"], ts=digest.ts)
                assert "You're in" in shown(pressed)
            await club.settle()
            gathered = slack.sent[-1]
            assert gathered.thread == digest.ts
            assert "3 are in" in shown(gathered.body)
            assert "ana, ben and carl want to talk about this." in shown(gathered.body)

            asked = await club.press(BEN, buttons(digest.body)["Notes"], ts=digest.ts)
            assert {"I have read it", "Show anyway"} <= set(buttons(asked))
            opened = await club.press(BEN, buttons(asked)["I have read it"])
            assert "State: read" in shown(opened)

            await club.advance(4 * DAY)
            ballot = next(post for post in reversed(slack.sent) if "What shall we read next?" in shown(post.body))
            votes = {label: one for label, one in buttons(ballot.body).items() if label.startswith("Vote for ")}
            assert len(votes) == 5
            label, vote = list(votes.items())[-1]
            for user in (ANA, BEN):
                voted = await club.press(user, vote, ts=ballot.ts)
                assert "You voted for" in shown(voted)
            await club.advance(4 * DAY)
            latest = next(post for post in reversed(slack.sent) if "Why this one" in shown(post.body))
            assert "2 of 2 voted for it" in shown(latest.body)
            assert label.removeprefix("Vote for ") in shown(latest.body)

            notices = [post for post in slack.sent if "You host the next digest." in shown(post.body)]
            assert notices
            assert all(post.channel != "C0001" for post in notices)
            assert {"Pass", "Pick another", "Ask your own question"} <= set(buttons(notices[0].body))
    assert not slack.refusals
    assert {live for post in slack.sent for live in live_mentions(post.body)} == {"<#C0001>"}


async def test_a_microphone_makes_a_member_the_host(database: str, seed: Path) -> None:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    slack.user(BEN, "ben")
    async with slack.running(), running(slack, database, seed) as club:
        await club.say(ANA, "schedule set mon 09:00 Europe/Berlin")
        await club.advance(7 * DAY)
        digest = next(post for post in slack.sent if "Why this one" in shown(post.body))
        assert "Hosted by" not in shown(digest.body)
        await club.react(BEN, "microphone", "C0001", digest.ts)
        await club.advance(timedelta(hours=2))
        assert "Hosted by ben." in shown(next(post for post in slack.sent if post.ts == digest.ts).body)


async def test_what_a_member_asked_for_comes_in_a_direct_message(database: str, seed: Path) -> None:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(BEN, "ben")
    async with slack.running(), running(slack, database, seed) as club:
        assert "I'll remind you of #6." in shown(await club.say(BEN, "remind #6 3d"))
        assert "You get a note every week." in shown(await club.say(BEN, "settings weekly-note fri 09:00"))
        assert {"Weekly note", "No weekly note", "Reminders"} <= set(buttons(await club.say(BEN, "settings")))
        await club.advance(4 * DAY)
        (reminder,) = [post for post in slack.sent if "You asked me to remind you." in shown(post.body)]
        assert reminder.channel != "C0001"
        assert {"Mark as read", "Snooze a week", "Open article"} <= set(buttons(reminder.body))
        snoozed = await club.press(BEN, buttons(reminder.body)["Snooze a week"], ts=reminder.ts)
        assert "I'll remind you of #6." in shown(snoozed)
        assert "I won't remind you of #6." in shown(await club.press(BEN, buttons(snoozed)["Undo"]))
        await club.advance(4 * DAY)
        (note,) = [post for post in slack.sent if "Your weekly note" in shown(post.body)]
        assert note.channel != "C0001"
        off = await club.press(BEN, buttons(note.body)["Turn off"], ts=note.ts)
        assert "You get no weekly note any more." in shown(off)
        await club.advance(8 * DAY)
        assert len(slack.sent) == 2
    assert not slack.refusals
