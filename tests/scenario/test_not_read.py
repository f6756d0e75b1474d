"""Links that are not read are counted where an admin looks."""

from pathlib import Path

from bot.domain.team import Role
from tests.fakes.clubhouse import clubhouse, text_of

LIST = (
    "* [One](https://example.org/1)\n\nSee also [this](https://example.org/2), and [that](https://example.org/3) too.\n"
)


async def test_status_and_an_admins_home_say_how_many_links_are_not_read(tmp_path: Path) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "One") as house:
        house.reading_list.write_text(LIST, encoding="utf-8")
        report = await house.club.lists.sync(house.team)

        assert report.not_read == 2
        assert "2 links; “dogear check” says why" in text_of(await house.say("status"))
        assert "2 links of the list not read" in text_of(await house.say("home"))
        assert "not read" not in text_of(await house.say("home", by="ben", role=Role.READER))


async def test_nothing_is_said_where_every_link_is_read(tmp_path: Path) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "One") as house:
        assert (await house.club.lists.sync(house.team)).not_read == 0
        assert "Not read" not in text_of(await house.say("status"))
        assert "not read" not in text_of(await house.say("home"))
