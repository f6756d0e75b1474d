"""Adding an article in Discord whose page takes longer than Discord waits for an answer, and one without a title."""

import asyncio

import pytest

from tests.fakes.server import a_server, shown_by
from tests.fakes.web_site import Write, a_site, html

PAGE = html(f"<title>On queues</title><article>{'word ' * 1428}</article>")


async def late(write: Write) -> None:
    """Later than an answer that may still become a form."""
    await asyncio.sleep(2)
    await write(PAGE)


async def late_wall(write: Write) -> None:
    await asyncio.sleep(2)
    await write(html("<title>Just a moment...</title>"))


@pytest.mark.parametrize("path", ["quick", "slow"])
async def test_the_preview_is_shown_once_the_page_was_read(database: str, path: str) -> None:
    async with (
        a_site(quick=PAGE, slow=late) as site,
        a_server(database, hosted=True, fetch=True, fetch_hosts=(site.host,)) as server,
    ):
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana", admin=True)

        preview = await ana.slash(channel, "blog add", url=site.at(f"/{path}"))
        assert preview.ephemeral
        assert preview.modal is None
        assert "Title: On queues" in shown_by(preview)
        assert "Reading time: 6 min" in shown_by(preview)

        edited = await ana.click(preview.response, label="Edit")
        assert edited.modal is not None
        assert "On queues" in str(edited.modal)
        done = await ana.click(preview.response, label="Add")
        assert "is on the list." in shown_by(done)


@pytest.mark.parametrize("path", ["quick", "slow"])
async def test_a_wall_is_answered_with_a_button_that_opens_the_form(database: str, path: str) -> None:
    wall = html("<title>Just a moment...</title>")
    async with (
        a_site(quick=wall, slow=late_wall) as site,
        a_server(database, hosted=True, fetch=True, fetch_hosts=(site.host,)) as server,
    ):
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana", admin=True)
        message = await ana.send(channel, f"Read {site.at(f'/{path}')}")

        asked = await ana.context_menu(channel, "Add to reading list", message)
        assert "I could not read the page; type the title." in shown_by(asked)
        form = await ana.click(asked.response, label="Type the title")
        assert form.modal is not None
        preview = await ana.submit_modal(form, {"url": site.at(f"/{path}"), "title": "Queues"})
        assert "Title: Queues" in shown_by(preview)
        assert len(site.asked) == 1
