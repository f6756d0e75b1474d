"""A team's list as pages: whole, harmless, linked relatively, and searched in a real browser."""

import functools
import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree import ElementTree as ET

import pytest

from tests.fakes import commands

INJECTIONS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><script>alert(1)</script>",
    "{{ 7*7 }}{% raw %}",
    "&lt;b&gt; &#60;i&#62;",
    "]]><script/>",
    "\u202egnp.exe\x00\x0b",
    "javascript:alert(1)",
    "--> <!-- -->",
)
ELEMENTS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "link",
        "script",
        "body",
        "header",
        "p",
        "a",
        "nav",
        "form",
        "label",
        "input",
        "main",
        "section",
        "div",
        "h1",
        "h2",
        "ul",
        "ol",
        "li",
        "span",
        "footer",
        "article",
        "code",
        "strong",
        "em",
        "s",
        "pre",
        "blockquote",
    ]
)
ATTRIBUTES = frozenset(
    [
        "lang",
        "charset",
        "name",
        "content",
        "http-equiv",
        "rel",
        "href",
        "type",
        "title",
        "src",
        "defer",
        "data-root",
        "class",
        "aria-label",
        "aria-live",
        "role",
        "hidden",
        "for",
        "id",
        "autocomplete",
        "dir",
        "tabindex",
        "value",
    ]
)
ATOM = "{http://www.w3.org/2005/Atom}"


class Page(HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and its text."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def links(self) -> Iterator[str]:
        yield from (found for _, about in self.elements for found in (about.get("href"), about.get("src")) if found)


def exported(folder: Path, text: str, *options: str) -> Path:
    """The pages of a team with this list."""
    reading_list, site = folder / "list.md", folder / "site"
    reading_list.write_text(text, encoding="utf-8", errors="surrogatepass")
    database = ("--database", f"sqlite:///{folder}/club.db")
    commands.dogear("team", "add", "infra", "--list", str(reading_list), *database)
    done = commands.dogear("export", "site", str(site), "--team", "infra", *options, *database)
    assert done.returncode == 0, done.stderr
    return site


def read(site: Path) -> dict[str, Page]:
    return {str(path.relative_to(site)): Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_every_entry_and_tag_has_a_page_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    text = "## Caching\n\n* [go-db] [sre] [Alpha](https://example.org/alpha)\n    - **Bold** notes\n* [go.db] [Beta](https://example.org/b)\n"
    site = exported(tmp_path, text, "--title", "What we read")
    pages = read(site)

    entries = json.loads((site / "list.json").read_text(encoding="utf-8"))
    tags = {tag for entry in entries for tag in entry["tags"]}

    assert [entry["number"] for entry in entries] == [1, 2]
    assert len(tags) == 3
    assert len([name for name in pages if name.startswith("tag/")]) == 3, "also of tags that differ in signs alone"
    assert len(pages) == 2 + 2 + 3
    for words in ("What we read", "Caching", "#1 Alpha", "2 entries"):
        assert words in " ".join(pages["index.html"].text.split())
    assert "Bold notes" in pages["entry/1.html"].text
    for name, page in pages.items():
        for link in page.links():
            target = urlsplit(urljoin(f"http://host/sub/{name}", link))
            if target.netloc == "host":
                assert (site / unquote(target.path).removeprefix("/sub/")).is_file(), (name, link)


def test_nothing_of_a_list_becomes_markup_or_a_script(tmp_path: Path) -> None:
    items = [
        f'* [x{number}] [{wrong} title](https://example.org/{number}?a=<b>&"c")\n    {wrong} notes [link](javascript:alert(1))\n'
        for number, wrong in enumerate(INJECTIONS)
    ]
    cover = {"image": f"https://img.example/{''.join(INJECTIONS[:2]).replace(' ', '')}", "alt": "".join(INJECTIONS)}
    about = f"---json\n{json.dumps({'description': INJECTIONS[1], 'cover': cover})}\n---\n"
    site = exported(tmp_path, f"{about}## {INJECTIONS[0]}\n\n" + "".join(items), "--title", INJECTIONS[3])

    pages = read(site)
    (image,) = [about for element, about in pages["index.html"].elements if element == "img"]
    assert image.keys() == {"class", "src", "alt", "referrerpolicy"}
    assert urlsplit(image["src"] or "").netloc == "img.example"
    assert "\u202e" not in (image["alt"] or "")
    pages["index.html"].elements.remove(("img", image))
    assert len([name for name in pages if name.startswith("entry/")]) == len(INJECTIONS) - 1, "]] ends a link too early"
    for name, page in pages.items():
        for element, attributes in page.elements:
            assert element in ELEMENTS, (name, element)
            assert attributes.keys() <= ATTRIBUTES, (name, attributes)
            assert element != "script" or (attributes.get("src") or "").endswith("search.js")
        assert all(urlsplit(link).scheme in ("", "https", "http") for link in page.links()), name
        assert "\u202e" not in page.text
    for name in ("feed.xml", "opml.xml"):
        ET.fromstring((site / name).read_text(encoding="utf-8"))
    content = [entry.findtext(f"{ATOM}content") or "" for entry in feed(site).iter(f"{ATOM}entry")]
    assert all(element in ELEMENTS for each in content for element, _ in Page(each).elements)


def policy(page: Page) -> str | None:
    return next(about["content"] for _, about in page.elements if about.get("http-equiv") == "Content-Security-Policy")


def test_the_date_and_the_cover_are_on_the_list_and_only_its_policy_allows_them(tmp_path: Path) -> None:
    about = "---\ndate: 2024-05-26\ncover: {image: https://img.example/a.png}\n---\n"
    pages = read(exported(tmp_path, f"{about}* [aa] [Alpha](https://example.org/alpha)\n"))

    images = {name: [about for element, about in page.elements if element == "img"] for name, page in pages.items()}
    policies = {name: policy(page) for name, page in pages.items()}

    assert "2024-05-26" in pages["index.html"].text
    assert {name for name, found in images.items() if found} == {"index.html"}
    assert images["index.html"][0]["alt"] == ""
    usual = "default-src 'self'; base-uri 'none'; form-action 'self'"
    assert policies.pop("index.html") == f"img-src 'self' https://img.example; {usual}"
    assert set(policies.values()) == {usual}


def feed(site: Path) -> ET.Element:
    return ET.fromstring((site / "feed.xml").read_text(encoding="utf-8"))


def test_the_feed_has_what_atom_requires(tmp_path: Path) -> None:
    site = exported(tmp_path, "* [Alpha](https://example.org/alpha)\n* [Beta](https://example.org/beta)\n")

    root = feed(site)
    entries = list(root.iter(f"{ATOM}entry"))

    for part in (root, *entries):
        assert {f"{ATOM}{name}" for name in ("id", "title", "updated")} <= {child.tag for child in part}
        assert (part.findtext(f"{ATOM}id") or "").startswith("urn:uuid:")
    assert len({part.findtext(f"{ATOM}id") for part in (root, *entries)}) == 3
    assert {link.get("href") for link in root.iter(f"{ATOM}link")} == {
        "https://example.org/alpha",
        "https://example.org/beta",
    }


def test_another_export_removes_what_is_no_more_and_touches_no_foreign_folder(tmp_path: Path) -> None:
    exported(tmp_path, "* [aa] [Alpha](https://example.org/alpha)\n* [bb] [Beta](https://example.org/beta)\n")
    site = exported(tmp_path, "* [aa] [Alpha](https://example.org/alpha)\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Dear", encoding="utf-8")
    database = ("--database", f"sqlite:///{tmp_path}/club.db")
    refused = commands.dogear("export", "site", str(tmp_path / "mine"), "--team", "infra", *database)

    assert {path.name for path in (site / "entry").iterdir()} == {"1.html"}
    assert {path.name for path in (site / "tag").iterdir()} == {"aa.html"}
    assert refused.returncode == 2
    assert "is not empty and no export of Dogear's" in refused.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    handler.func.log_message = lambda *_: None  # type: ignore[attr-defined]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.skipif(
    not shutil.which("chromium"), reason="Chromium is not installed; on Debian: apt-get install chromium"
)
def test_the_search_finds_in_a_browser_below_a_path(tmp_path: Path) -> None:
    text = "* [db] [Café](https://example.org/alpha)\n    About sharding.\n* [Beta](https://example.org/beta)\n"
    site = exported(tmp_path, text)
    host = tmp_path / "host"
    shutil.copytree(site, host / "sub")
    with served(host) as address:
        done = subprocess.run(
            [
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                f"--user-data-dir={tmp_path}/browser",
                "--virtual-time-budget=5000",
                "--dump-dom",
                f"{address}/sub/entry/2.html?q=cafe%20shard",
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )

    found = Page(done.stdout)

    assert "1 found" in found.text
    assert "../entry/1.html" in set(found.links())
