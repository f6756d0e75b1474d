"""Pages are fetched from the public web and from hosts that are allowed, and never from anywhere else."""

import asyncio
import gzip
import json
import socket
import subprocess
import sys
import textwrap
import time
import zlib
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.domain.ids import Url
from bot.domain.linked_page import LinkedPage, Seen
from bot.runtime.linked_page_reader import AGENT, MAX_AT_ONCE, READS, WebReader, is_public
from tests.fakes.web_site import Answer, Site, Write, a_site, html, moved

PAGE = html("<title>Secret</title>")
LOOPBACK = (
    *("127.0.0.1", "127.1", "0177.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"),
    *("①②⑦.0.0.1", "localhost", "name.test"),
)


class NameServer(AbstractResolver):
    """Answers with one address after the other, and with the last one from then on."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = self.addresses[min(self.asked, len(self.addresses) - 1)]
        self.asked += 1
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        flags = socket.AI_NUMERICHOST
        return [ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)]

    async def close(self) -> None:
        """Nothing is open."""


async def looked(answer: Answer, path: str = "page") -> tuple[LinkedPage, Site]:
    """What is seen of an allowed site with this answer."""

    async with a_site(**{path: answer}) as site:
        return await WebReader([site.host]).look(Url(site.at(f"/{path}"))), site


@pytest.mark.parametrize("host", LOOPBACK)
async def test_no_spelling_of_loopback_is_reached(host: str) -> None:
    async with a_site(page=PAGE) as site:
        resolver = (lambda: NameServer("127.0.0.1")) if host == "name.test" else None
        reader = WebReader(ports=[site.port], resolver=resolver)
        page = await reader.look(Url(site.at("/page", host)))

    assert page.seen in (Seen.FORBIDDEN, Seen.FAILED)
    assert page.title == ""
    assert site.connections == 0


@pytest.mark.parametrize("host", LOOPBACK)
async def test_no_redirect_leads_to_a_private_address(host: str) -> None:
    async with a_site(page=PAGE) as private, a_site(page=moved(private.at("/page", host))) as open_site:
        reader = WebReader(
            [open_site.host],
            ports=[private.port],
            resolver=(lambda: NameServer("127.0.0.1")) if host == "name.test" else None,
        )
        page = await reader.look(Url(open_site.at("/page")))

    assert page.seen in (Seen.FORBIDDEN, Seen.FAILED)
    assert private.connections == 0


async def test_a_name_that_changes_its_answer_is_not_followed_home() -> None:
    names = NameServer("192.0.2.1", "10.0.0.1", "127.0.0.1", "::1")
    async with a_site(page=PAGE) as site:
        reader = WebReader(ports=[site.port], resolver=lambda: names)
        pages = [await reader.look(Url(site.at("/page", "rebind.test"))) for _ in range(5)]
        asked = names.asked

    assert [page.seen for page in pages] == [Seen.FORBIDDEN] * 5
    assert asked == 5  # no answer is kept, so each is checked
    assert site.connections == 0


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "192.0.2.1", "198.18.0.1"),
        *("224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "0.0.0.0", "ff02::1", "ff0e::1", "::", "::1"),
        *("fe80::1%eth0", "fc00::1", "fec0::1", "::ffff:10.0.0.1", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
        *("64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
        "2001:db8::1",
    ],
)
def test_addresses_that_are_not_of_the_public_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"])
def test_addresses_of_the_public_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1", "ff02::1", "169.254.169.254"])
async def test_a_name_of_such_an_address_is_not_dialled(address: str) -> None:
    reader = WebReader(resolver=lambda: NameServer(address))

    assert (await reader.look(Url("http://name.test/"))).seen is Seen.FORBIDDEN


async def test_even_an_allowed_host_is_not_asked_at_a_link_local_address() -> None:
    reader = WebReader(["name.test"], resolver=lambda: NameServer("169.254.169.254"))

    assert (await reader.look(Url("http://name.test/latest/meta-data"))).seen is Seen.FORBIDDEN


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "javascript:alert(1)", "//example.org/"),
        *(
            "http://user@example.org/",
            "http://user:word@example.org/",
            "http://example.org:22/",
            "https://example.org:8443/",
        ),
        *("http://", "http://[::1", "", "not an address"),
    ],
)
async def test_only_plain_web_addresses_are_looked_at(url: str) -> None:
    reader = WebReader(resolver=lambda: NameServer("127.0.0.1"))

    assert (await reader.look(Url(url))).seen in (Seen.FORBIDDEN, Seen.FAILED)


async def test_an_allowed_host_is_asked_at_its_port_only() -> None:
    async with a_site(page=PAGE) as site:
        hosts = ([site.host], ["127.0.0.1"], [f"127.0.0.1:{site.port + 1}"])

        assert [(await WebReader(allowed).look(Url(site.at("/page")))).seen for allowed in hosts] == [
            Seen.PAGE,
            Seen.FORBIDDEN,
            Seen.FORBIDDEN,
        ]


async def test_a_request_names_dogear_and_carries_no_cookie() -> None:
    cookie = html("", status="302 Found", more="Set-Cookie: a=b\r\nLocation: /second\r\n")
    async with a_site(page=cookie, second=PAGE) as site:
        await WebReader([site.host]).look(Url(site.at("/page")))
        first, second = site.asked

    assert f"User-Agent: {AGENT}" in first
    assert second[0] == "GET /second HTTP/1.1"
    assert not any(line.lower().startswith(("cookie", "authorization", "referer")) for line in second)


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    assert (await looked(PAGE))[0].title == "Secret"


@pytest.mark.parametrize(("hops", "seen"), [(5, Seen.PAGE), (6, Seen.FAILED)])
async def test_five_redirects_are_followed(hops: int, seen: Seen) -> None:
    answers: dict[str, Answer] = {f"page{number}": moved(f"/page{number + 1}") for number in range(hops)}
    async with a_site(**answers, **{f"page{hops}": PAGE}) as site:
        assert (await WebReader([site.host]).look(Url(site.at("/page0")))).seen is seen


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (html("%PDF", kind="application/pdf"), Seen.OTHER),
        (html("<title>x</title>", kind="text/plain"), Seen.OTHER),
        (html("<title>x</title>", kind="application/xhtml+xml"), Seen.PAGE),
        (html("", status="404 Not Found"), Seen.GONE),
        (html("", status="410 Gone"), Seen.GONE),
        (html("", status="403 Forbidden"), Seen.WALL),
        (html("", status="429 Too Many Requests"), Seen.WALL),
        (html("", status="999 Request denied"), Seen.WALL),
        (html("", status="500 Internal Server Error"), Seen.FAILED),
        (html("<title>Just a moment...</title>"), Seen.WALL),
        (html("x", more="Content-Encoding: br\r\n"), Seen.FAILED),
        (html("no gzip", more="Content-Encoding: gzip\r\n"), Seen.FAILED),
        (b"nothing that is HTTP\r\n\r\n", Seen.FAILED),
        (html("", status="302 Found", more="Location: http://[\r\n"), Seen.FAILED),
        (moved("file:///etc/passwd"), Seen.FORBIDDEN),
        (moved("http://user:word@example.org/"), Seen.FORBIDDEN),
        (moved("http://example.org:22/"), Seen.FORBIDDEN),
    ],
)
async def test_what_a_look_finds(answer: bytes, seen: Seen) -> None:
    page, _ = await looked(answer)

    assert page.seen is seen
    assert page.reason or seen is Seen.PAGE


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_packed_page_is_unpacked(pack: type, encoding: str) -> None:
    page, _ = await looked(html(pack(b"<title>Packed</title>"), more=f"Content-Encoding: {encoding}\r\n"))

    assert page.title == "Packed"


async def test_a_site_that_is_not_there_is_a_failure() -> None:
    async with a_site() as site:
        gone = site.host

    assert await WebReader([gone]).look(Url(f"http://{gone}/")) == LinkedPage(
        seen=Seen.FAILED, reason="The site does not answer."
    )


async def endless(write: Write) -> None:
    """100 MB of a page."""
    await write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<title>Long</title><body>")
    for _ in range(1600):
        await write(b"word " * 13_107)


async def endless_head(write: Write) -> None:
    """100 MB of headers."""
    await write(b"HTTP/1.1 200 OK\r\n")
    for number in range(25_000):
        await write(b"X-%d: %s\r\n" % (number, b"y" * 4_000))


async def slow(write: Write) -> None:
    await write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<title>Slow</title><body>")
    for _ in range(200):
        await write(b"word ")
        await asyncio.sleep(0.1)


async def slow_head(write: Write) -> None:
    await write(b"HTTP/1.1 200 OK\r\n")
    for number in range(200):
        await write(f"X-{number}: y\r\n".encode())
        await asyncio.sleep(0.1)


async def test_of_a_page_of_100_megabytes_two_are_read() -> None:
    page, site = await looked(endless)

    assert (page.title, page.minutes) == ("Long", None)
    assert site.sent < 20_000_000  # with what was on its way in the buffers of the machine


@pytest.mark.parametrize("answer", [slow, slow_head])
async def test_a_slow_page_is_left_after_five_seconds(answer: Answer) -> None:
    began = time.monotonic()

    page, _ = await looked(answer)

    assert (page.seen, page.reason) == (Seen.FAILED, "It did not answer within 5 seconds.")
    assert 4.5 < time.monotonic() - began < 6


async def test_a_page_that_keeps_the_parser_busy_is_left_and_its_process_ends() -> None:
    hidden = "<div><!--</div>-->" * 30_000  # in each other, though it does not look so
    page = html(f"<title>Busy</title>{hidden}{'</p>' * 300_000}")

    began = time.monotonic()
    seen, _ = await looked(page)

    assert seen == LinkedPage(seen=Seen.OTHER, reason="Dogear could not read it.")
    assert time.monotonic() - began < 7
    assert READS not in commands_of_children()


def commands_of_children() -> str:
    """The command lines of the processes that this one has started and that still run."""
    children = Path("/proc/self/task").glob("*/children")
    ids = [one for child in children for one in child.read_text().split()]
    return " ".join(Path(f"/proc/{one}/cmdline").read_text() for one in ids)


async def test_a_page_is_read_without_the_secrets_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, pathlib\npathlib.Path(__file__).with_name('seen').write_text(str(os.environ))"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("DOGEAR_SLACK_BOT_TOKEN", "xoxb-secret")

    page, _ = await looked(html("<title>Plain</title>"))

    assert page.title == "Plain"
    assert "secret" not in (tmp_path / "seen").read_text()


async def test_a_page_that_waits_for_slow_ones_is_not_a_failure() -> None:
    async with a_site(slow=slow, fast=html("<title>Fast</title>")) as site:
        reader = WebReader([site.host])
        paths = [*["/slow"] * MAX_AT_ONCE, "/fast"]
        *slow_ones, fast = await asyncio.gather(*(reader.look(Url(site.at(path))) for path in paths))

    assert {page.seen for page in slow_ones} == {Seen.FAILED}
    assert (fast.seen, fast.title) == (Seen.PAGE, "Fast")


MEASURED = """
    import asyncio, re, sys, zlib
    from pathlib import Path
    from bot.runtime.linked_page_reader import WebReader
    from tests.fakes.web_site import a_site, html
    from tests.unit.test_linked_page_reader import endless, endless_head

    def packed_zeros(megabytes):
        packer = zlib.compressobj(wbits=31)
        return b"".join([packer.compress(b"<title>Bomb</title>"), *(packer.compress(bytes(1_000_000)) for _ in range(megabytes)), packer.flush()])

    async def scene():
        warm = html("<title>Warm</title>" + "<p>word" * 10_000)
        bomb = html(packed_zeros(200), more="Content-Encoding: gzip\\r\\n")
        nested = html("<title>Nested</title>" + "<div>" * 400_000)
        many = html("<title>Many</title>" + "<p>x" * 400_000)
        words = html("<title>Words</title>" + "word " * 390_000)
        bold = html("<title>Bold</title><p>" + "".join(f"<b id={number}>" for number in range(1_900)) + "<p>x" * 5_000)
        listed = "".join(f" a{number}='>'" for number in range(140_000))
        crowded = html(f"<title>Crowded</title><div{listed}>")
        puny = html("<title>Puny</title>-" + "9a" * 900_000, kind="text/html; charset=punycode")
        pages = {
            "warm": warm, "bomb": bomb, "endless": endless, "nested": nested, "many": many, "words": words, "bold": bold,
            "crowded": crowded, "puny": puny,
        }
        async with a_site(**pages, headers=endless_head) as site:
            reader = WebReader([site.host])
            for name in ("warm", *sys.argv[1:]):
                page = await reader.look(site.at(f"/{name}"))
                most = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
                if name == "warm":
                    Path("/proc/self/clear_refs").write_text("5")  # the peak begins again
                    before = int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
                print(page.title or page.seen, (most - before) // 1024)

    asyncio.run(scene())
"""


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="only Linux says how much memory was used at most"
)
@pytest.mark.parametrize("name", ["bomb", "endless", "nested", "many", "words", "headers", "bold", "crowded", "puny"])
def test_no_page_takes_more_than_20_megabytes_and_5_seconds(name: str, tmp_path: Path) -> None:
    script = tmp_path / "measured.py"
    script.write_text(textwrap.dedent(MEASURED))
    root = Path(__file__).parents[2]

    done = subprocess.run(
        [sys.executable, script, name],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PYTHONPATH": str(root)},
        check=False,
    )

    assert done.returncode == 0, done.stderr
    title, megabytes = done.stdout.splitlines()[-1].split()
    assert title == {"endless": "Long", "headers": "failed"}.get(name, name.capitalize())
    assert int(megabytes) <= 20


NINE = {
    "An og title": html(
        '<title>Tab</title><meta property="og:title" content="An og title"><meta name="twitter:title" content="T">'
    ),
    "A name in place of a property": html(
        '<title>Tab</title><meta content="A name in place of a property" name="OG:Title">'
    ),
    "A twitter title": html(
        '<title>Tab</title><meta property="og:title" content=" "><meta name="twitter:title" content="A twitter title">'
    ),
    "A headline": html(
        f'<title>Tab</title><script type="application/ld+json">{json.dumps({"@graph": [{"@type": "X"}, {"headline": "A headline"}]})}</script>'
    ),
    "A title & no more": html("<title>\n  A title &amp; no\n more </title><body><svg><title>Icon</title></svg>"),
    "日本語の題名": html("<title>日本語の題名</title>".encode("shift_jis"), kind="text/html; charset=Shift_JIS"),
    "Заголовок": html('<meta charset="windows-1251"><title>Заголовок</title>'.encode("cp1251"), kind="text/html"),
    "Broken JSON": html('<script type="application/ld+json">{"headline": "x",</script><title>Broken JSON</title>'),
    "Marked": html("\ufeff<title>Mar\u202eked</title>".encode("utf-8"), kind="text/html; charset=iso-8859-1"),
}


@pytest.mark.parametrize("title", NINE)
async def test_nine_pages_have_nine_titles(title: str) -> None:
    assert (await looked(NINE[title]))[0].title == title
