"""Takeaways in Slack: the button, the message shortcut with the form that it opens, and 💡."""

from pathlib import Path

from tests.fakes.slack import FakeSlack, Json, buttons, shown
from tests.fakes.slack_club import SlackClub, running

ANA, BEN = "U0ANA", "U0BEN"


def values_of(view: Json) -> dict[str, str]:
    """What the form's fields begin with."""
    found = {}
    for block in view["blocks"]:
        control = block.get("element", {})
        chosen = control.get("initial_option", {}).get("value")
        if value := control.get("initial_value", chosen):
            found[block["block_id"]] = value
    return found


async def opened(club: SlackClub, payload: Json) -> Json:
    before = len(club.slack.views)
    status, _ = await club.slack.send(payload)
    assert status == 200
    view: Json = await club.slack.until(lambda: len(club.slack.views) > before and club.slack.views[-1])
    return view


def filled(**typed: str) -> Json:
    return {name: {"value": {"type": "plain_text_input", "value": value}} for name, value in typed.items()} | {
        "entry": {"value": {"type": "external_select", "selected_option": {"value": "#12"}}}
    }


async def test_a_message_of_a_thread_becomes_a_takeaway_and_others_words_never(database: str, seed: Path) -> None:
    async def saved() -> None:
        slack = FakeSlack()
        slack.workspace()
        slack.channel()
        slack.user(ANA, "ana", admin=True)
        slack.user(BEN, "ben")
        async with slack.running(), running(slack, database, seed) as club:
            await club.say(ANA, "share #12")
            await club.settle()
            root = next(post for post in slack.sent if post.thread is None)
            reply = {
                "ts": "1700000000.000200",
                "thread_ts": root.ts,
                "user": BEN,
                "text": "Cache &lt;late&gt;, *measure*",
            }

            own = await opened(club, slack.shortcut(BEN, "takeaway", reply))
            assert own["title"]["text"] == "Keep a takeaway"
            assert values_of(own) == {"entry": "#12", "text": "Cache <late>, *measure*"}
            texts = {one["block_id"]: one["element"] for one in own["blocks"]}
            assert (texts["text"]["multiline"], texts["text"]["max_length"]) == (True, 600)
            _, saved = await slack.send(slack.submission(BEN, own, filled(text="Measure before you cache.")))
            assert "Kept for #12." in str(saved)

            others = await opened(club, slack.shortcut(ANA, "takeaway", reply))
            link = f"https://ours.slack.com/archives/C0001/p1700000000000200?thread_ts={root.ts}&cid=C0001"
            assert values_of(others) == {"entry": "#12", "about": link}
            assert "measure" not in str(others)
            _, refused = await slack.send(slack.submission(ANA, others, filled(text="x" * 601, about=link)))
            assert "at most 600 characters" in refused["errors"]["text"]
            _, saved = await slack.send(slack.submission(ANA, others, filled(text="Ben is right.", about=link)))
            assert "Kept for #12." in str(saved)

            forged = {**reply, "user": BEN, "bot_id": "BBOT0666"}
            assert "text" not in values_of(await opened(club, slack.shortcut(BEN, "takeaway", forged)))
            nowhere = {"ts": "1.000001", "user": BEN, "text": "Lunch?"}
            assert values_of(await opened(club, slack.shortcut(BEN, "takeaway", nowhere))) == {"text": "Lunch?"}

            button = buttons(root.body)["Takeaway"]
            pressed = await opened(club, slack.press(BEN, button, ts=root.ts))
            assert values_of(pressed) == {"entry": "#12"}

            await club.react(BEN, "bulb", "C0001", root.ts)
            entry = await club.say(ANA, "show #12")
            assert "ben: Measure before you cache." in shown(entry)
            assert "1 found something here" in shown(entry)
            assert link in str(entry)

    await saved()
