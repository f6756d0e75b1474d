"""Where pages are: as files of an export, or as pages that a server renders. All links are relative."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from bot.domain.record import record


@record
class FileLinks:
    """Links between the files of an export. `root` leads to its folder, `slugs` has the file name of each tag."""

    slugs: Mapping[str, str]
    root: str = ""
    list: str = "index.html"
    digests: str = "digests.html"

    def entry(self, number: int) -> str:
        return f"entry/{number}.html"

    def tag(self, tag: str) -> str:
        return f"tag/{self.slugs[tag]}.html"

    def file(self, name: str) -> str:
        """A file that belongs to the pages."""
        return name


@record
class PageLinks:
    """Links between the pages of a team. `root` leads to the team's list, which `list` is from there."""

    root: str = ""
    list: str = "./"
    digests: str = "digests"

    def entry(self, number: int) -> str:
        return f"entry/{number}"

    def tag(self, tag: str) -> str:
        return f"./?{urlencode({'tag': tag}, quote_via=quote)}"

    def file(self, name: str) -> str:
        """A file that belongs to the pages of all teams."""
        return f"../../static/{name}"


def query(about: Mapping[str, object]) -> str:
    """The parameters of an address, those that are set; `./` without any."""
    given = {name: value for name, value in about.items() if value}
    return f"?{urlencode(given, quote_via=quote)}" if given else "./"
