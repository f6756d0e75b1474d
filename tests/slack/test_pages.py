"""The pages of a real `dogear run`, opened by a link that Slack shows."""

import asyncio
import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from bot.runtime.bootstrap import open_club
from bot.runtime.settings import load
from bot.service import teams
from tests.slack.test_stopping import ANA, PLACE, a_process, a_slack

URL = "http://127.0.0.1:8080/our/club"


async def test_a_link_from_slack_opens_the_pages_of_the_process(tmp_path: Path, seed: Path) -> None:
    database = f"sqlite:///{tmp_path}/dogear.db"
    async with open_club(load(database=database), migrate=False) as club:
        team = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
        await club.runner.write(lambda tx: teams.join(tx, PLACE, "ours", team))
        await club.lists.use(team, [seed])
    slack = a_slack(1)
    pages = {"DOGEAR_WEB": "members", "DOGEAR_WEB_URL": URL}
    async with slack.running(), a_process(slack, database, **pages) as process:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            while not (line := (await process.stdout.readline()).decode()).startswith("Pages:"):
                assert line
        status, _ = await slack.send(slack.command(ANA, "settings web", channel="C0000"))
        await slack.until(lambda: slack.answers)
        answer = slack.answers[0].body
        (link,) = {urlsplit(found).path for found in re.findall(rf"{URL}/sign-in/\w+", json.dumps(answer))}
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            async with browser.get(f"{slack.app_url}{link}") as asked:
                token = re.findall(r'name="token" value="(\w+)"', await asked.text())[0]
            async with browser.post(f"{slack.app_url}{link}", data={"token": token}) as opened:
                page = await opened.text()
        async with aiohttp.ClientSession() as stranger, stranger.get(f"{slack.app_url}/our/club/team/default/") as no:
            refused = no.status

    assert line == f"Pages: {URL}, for members who sign in\n"
    assert status == 200
    assert answer["response_type"] == "ephemeral"
    assert (opened.status, refused) == (200, 403)
    assert 'id="e1"' in page
