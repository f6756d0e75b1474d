"""The way to a platform in the network of a company: a proxy, and a certificate authority of its own."""

import asyncio
import os
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.network import proxy_for
from adapters.slack.doctor import doctor
from adapters.slack.setup import SlackSetup
from bot.commands.catalogue import CATALOGUE
from bot.domain.errors import BadConfig, Conflict, PlatformBusy
from bot.domain.source import GitFile
from bot.runtime import git
from tests.fakes.discord_rest import FakeDiscord
from tests.fakes.discord_rest import serving as discord_serving
from tests.fakes.git_server import needs_git, repository, served
from tests.fakes.slack import FakeSlack
from tests.fakes.slack_club import running

Talk = Callable[[Path], Awaitable[None]]
TOKEN = "xoxb-canary-bot-token"
VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")


class Proxy:
    """A proxy for plain HTTP: it sends each connection on to the host of its first request. `seen` has those."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.seen: list[str] = []
        self._refuses = refuses
        self._piping: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            for task in self._piping:
                task.cancel()
            await asyncio.gather(*self._piping, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._piping.add(task)
        try:
            head = await reader.readuntil(b"\r\n")
            method, target, version = head.split()
            host, _, path = target.partition(b"://")[2].partition(b"/")
            self.seen.append(host.decode())
            if self._refuses:
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            name, _, port = host.decode().partition(":")
            onwards, back = await asyncio.open_connection(name, int(port))
            back.write(b"%s /%s %s\r\n" % (method, path, version))
            await asyncio.gather(_pipe(reader, back), _pipe(onwards, writer))
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@pytest.fixture(autouse=True)
def no_proxies_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    made = Proxy()
    async with made.running() as address:
        monkeypatch.setenv("HTTP_PROXY", address)
        yield made


async def on_slack(tmp_path: Path) -> None:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user("U1", "ana")
    async with slack.running(), running(slack, f"sqlite:///{tmp_path}/club.db", by_socket=True) as there:
        await slack.until(lambda: slack._sockets)
        await there.slack.send(slack.command("U1", "help"))
        await slack.until(lambda: slack.answers)


async def on_discord(_folder: Path = Path()) -> None:
    async with discord_serving(FakeDiscord()) as platform:
        await platform.log_in()


@pytest.mark.parametrize("platform", [on_slack, on_discord])
async def test_all_traffic_of_a_platform_takes_the_proxy(platform: Talk, proxy: Proxy, tmp_path: Path) -> None:
    await platform(tmp_path)

    assert len(proxy.seen) >= (2 if platform is on_slack else 1), "calls and the socket"
    assert len(set(proxy.seen)) == 1


@needs_git
@pytest.mark.parametrize("no_proxy", ["", "127.0.0.1"])
async def test_a_list_in_git_is_fetched_through_the_proxy_unless_its_server_is_excepted(
    proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_proxy: str
) -> None:
    monkeypatch.setenv("NO_PROXY", no_proxy)
    repository(tmp_path / "git", b"- [One](https://example.org/one)\n")
    with served(tmp_path / "git") as server:
        copy = git.Copy(
            GitFile(url=server.url, branch="main", path="reading.md"), tmp_path, git.Access(tokens={"": "right"})
        )
        await asyncio.to_thread(copy.fetch)

    assert bool(proxy.seen) is not bool(no_proxy)
    assert copy.list.read_text(encoding="utf-8") == "- [One](https://example.org/one)\n"


async def test_why_git_does_not_reach_a_server_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: tuple[Path, ssl.SSLContext]
) -> None:
    _, context = authority
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server, Proxy(refuses=True).running() as address:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/list.git"
        copy = git.Copy(GitFile(url=url, branch="main", path="reading.md"), tmp_path, git.Access())
        with pytest.raises(Conflict, match="is not trusted on this machine") as untrusted:
            await asyncio.to_thread(copy.fetch)
        monkeypatch.setenv("HTTPS_PROXY", address)
        with pytest.raises(Conflict, match="refuses or cannot be reached"):
            await asyncio.to_thread(copy.fetch)

    assert "SSL_CERT_FILE" in str(untrusted.value)


@pytest.mark.parametrize("platform", [on_slack, on_discord])
async def test_what_no_proxy_names_is_reached_directly(
    platform: Talk, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "example.org,127.0.0.1")

    await platform(tmp_path)

    assert proxy.seen == []


async def doctors_words(api_url: str) -> str:
    return "\n".join(line for _, line in await doctor(SlackSetup(bot_token=TOKEN, api_url=api_url), CATALOGUE))


async def test_a_proxy_that_is_away_or_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Proxy(refuses=True).running() as address:
        monkeypatch.setenv("HTTPS_PROXY", address)
        refused = await doctors_words("https://slack.example/api/")
    away = await doctors_words("https://slack.example/api/")
    monkeypatch.setenv("HTTP_PROXY", address)
    with pytest.raises(PlatformBusy, match="the proxy on the way to Discord cannot be reached; check HTTPS_PROXY"):
        await on_discord()

    assert "The proxy on the way to Slack refuses (407); check HTTPS_PROXY and NO_PROXY." in refused
    assert "The proxy on the way to Slack cannot be reached; check HTTPS_PROXY and NO_PROXY." in away
    assert "Reinstall" not in refused + away


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({"HTTPS_PROXY": "proxy.example:3128"}, "https://slack.com/api/", "http://proxy.example:3128"),
        ({"https_proxy": "http://proxy.example"}, "https://slack.com/api/", "http://proxy.example"),
        ({"HTTPS_PROXY": "http://proxy.example"}, "http://127.0.0.1:8000/api/", None),
        ({"HTTPS_PROXY": "http://proxy.example", "NO_PROXY": "*"}, "https://slack.com/api/", None),
        ({"HTTPS_PROXY": "http://proxy.example", "NO_PROXY": ".slack.com"}, "https://hooks.slack.com/x", None),
        ({"HTTPS_PROXY": " "}, "https://slack.com/api/", None),
    ],
)
def test_the_proxy_is_the_one_that_the_environment_names(
    variables: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert proxy_for(url) == proxy


def test_a_proxy_of_another_kind_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://ana:secret@proxy.example:1080")

    with pytest.raises(BadConfig, match="HTTPS_PROXY is not the address of an HTTP proxy") as refused:
        proxy_for("https://slack.com/api/")

    assert "secret" not in str(refused.value)


@pytest.fixture
def authority(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of 127.0.0.1 that signs itself, and the context of a server that has it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ours")])
    now = datetime.now(UTC)  # noqa: TID251 -- a certificate is valid by the machine's clock
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = tmp_path / "ca.pem", tmp_path / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(public, private)
    return public, context


async def words_of_a_fresh_doctor(api: str, **variables: str) -> str:
    """What `dogear doctor` says in an interpreter of its own, for certificates are read once in a process."""
    settings = {
        "DOGEAR_DATABASE": "sqlite:///nowhere.db",
        "DOGEAR_SLACK_API": api,
        "DOGEAR_SLACK_BOT_TOKEN": TOKEN,
        **variables,
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DOGEAR_")}
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "doctor", "slack"), env={**clean, **settings}, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await run.communicate()
    return said.decode()


async def test_a_certificate_authority_of_the_network_is_asked_for_and_then_trusted(
    authority: tuple[Path, ssl.SSLContext],
) -> None:
    public, context = authority

    async def auth_test(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, "team": "Readers", "team_id": "T1", "user": "dogear"})

    application = web.Application()
    application.router.add_post("/api/auth.test", auth_test)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        api = f"https://127.0.0.1:{runner.addresses[0][1]}/api/"
        unknown = await words_of_a_fresh_doctor(api)
        known = await words_of_a_fresh_doctor(api, SSL_CERT_FILE=str(public))
    finally:
        await runner.cleanup()

    assert "The certificate of Slack is not trusted on this machine" in unknown
    assert "SSL_CERT_FILE" in unknown
    assert "Reinstall" not in unknown
    assert "The bot token opens Readers (T1) as dogear." in known
