"""`dogear init` as a host uses it: a process of its own, against platforms of ours, until the bot answers."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from getpass import getuser
from pathlib import Path

import pytest
from aiohttp import web

from bot.domain.errors import BadConfig
from bot.runtime import env_file
from tests.fakes import commands
from tests.fakes.discord_rest import FakeDiscord
from tests.fakes.pseudo_terminal import PseudoTerminal, on_a_terminal
from tests.fakes.slack import APP_TOKEN, FakeSlack, strings_of

BOT_TOKEN = "xoxb-canary-bot-token"
DISCORD_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.x.y"
TOKENS = {"DOGEAR_SLACK_APP_TOKEN": APP_TOKEN, "DOGEAR_SLACK_BOT_TOKEN": BOT_TOKEN}


async def dogear(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command without a terminal, with these variables only."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DOGEAR_")}
    return await asyncio.to_thread(commands.dogear, *arguments, env={**clean, **variables}, timeout=120)


@asynccontextmanager
async def a_slack() -> AsyncIterator[FakeSlack]:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user("U1", "ana", admin=True)
    async with slack.running():
        yield slack


def a_list(tmp_path: Path) -> Path:
    reading = tmp_path / "our list.md"
    reading.write_text("* [Alpha](https://example.org/alpha)\n* [Beta](https://example.org/beta)\n", encoding="utf-8")
    return reading


async def test_what_init_writes_makes_a_bot_that_answers(tmp_path: Path) -> None:
    settings, reading = tmp_path / "dogear.env", a_list(tmp_path)
    wanted = ["init", "--platform", "slack", "--list", str(reading), "--env-file", str(settings)]

    async with a_slack() as slack:
        done = await dogear(*wanted, "--service", "systemd", DOGEAR_SLACK_API=slack.api_url, **TOKENS)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.endswith("then type /blog in #channel\n")
        assert stat.S_IMODE(settings.stat().st_mode) == 0o600
        unit = (tmp_path / "dogear.service").read_text(encoding="utf-8")
        assert f"EnvironmentFile={settings}\n" in unit
        assert f"User={getuser()}\n" in unit
        assert "socket_mode_enabled: true" in (tmp_path / "slack-manifest.yaml").read_text(encoding="utf-8")

        doctor = await dogear("--env", str(settings), "doctor")
        assert doctor.returncode == 0
        assert "no  " not in doctor.stdout

        clean = {name: value for name, value in os.environ.items() if not name.startswith("DOGEAR_")}
        running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "--env", str(settings), "run"), env={**clean, "DOGEAR_HEALTH_PORT": "0"}
        )
        try:
            async with asyncio.timeout(60):
                await slack.connected.wait()
            await slack.until(lambda: slack._sockets)
            await slack.send(slack.command("U1", "list"))
            answer = await slack.until(lambda: slack.answers)
            assert any("Alpha" in text for text in strings_of(answer[-1].body))
        finally:
            running.terminate()
            await running.wait()


async def test_init_refuses_what_is_wrong_before_it_writes(tmp_path: Path) -> None:
    settings, reading = tmp_path / "dogear.env", a_list(tmp_path)
    wanted = ["init", "--platform", "slack", "--list", str(reading), "--env-file", str(settings)]

    async with a_slack() as slack:
        wrong = {**TOKENS, "DOGEAR_SLACK_API": slack.api_url}
        refused = await dogear(*wanted, **{**wrong, "DOGEAR_SLACK_BOT_TOKEN": "xoxb-of-another"})
        swapped = await dogear(*wanted, **{**wrong, "DOGEAR_SLACK_BOT_TOKEN": APP_TOKEN})
    without = await dogear(*wanted)
    unknown = await dogear("init", "--platform", "irc", "--env-file", str(settings), "--service", "cron")
    missing = await dogear(*wanted[:3], "--list", "nowhere.md", "--env-file", str(settings))

    assert [run.returncode for run in (refused, swapped, without, unknown, missing)] == [2, 2, 2, 2, 1]
    assert refused.stderr.startswith("dogear: The bot token: ")
    assert swapped.stderr == "dogear: It begins with xoxb-.\n"
    assert without.stderr.count(" is not set, and there is no terminal to ask on.") == 2
    assert "irc" in unknown.stderr
    assert "cron" in unknown.stderr
    assert "nowhere.md" in missing.stderr
    assert not settings.exists()


async def test_init_never_replaces_settings_unasked(tmp_path: Path) -> None:
    settings = tmp_path / "dogear.env"
    settings.write_text("DOGEAR_LIST=mine\n", encoding="utf-8")

    refused = await dogear("init", "--platform", "slack", "--env-file", str(settings), **TOKENS)

    assert refused.returncode == 2
    assert (
        refused.stderr == f"dogear: {settings} exists. Name another file with --env-file, or replace it with --force.\n"
    )
    assert settings.read_text(encoding="utf-8") == "DOGEAR_LIST=mine\n"


async def test_a_person_is_led_through_and_may_paste_a_token_again(tmp_path: Path) -> None:
    settings = tmp_path / "dogear.env"

    def typed(terminal: PseudoTerminal) -> None:
        terminal.expect("Which reading list?")
        terminal.type("\r")
        terminal.expect("to begin with", "Which platform?", "1  slack", "Number or name:")
        terminal.type("slack\r")
        terminal.expect("slack-manifest.yaml", "Step 1 of 3", "Create New App", "Enter when done:")
        terminal.type("\r")
        terminal.expect("Step 2 of 3", "connections:write", "Paste the app-level token")
        terminal.type(f"{BOT_TOKEN}\r")
        terminal.expect("no  It begins with xapp-.", "Paste the app-level token")
        terminal.type(f"{APP_TOKEN}\r")
        terminal.expect("ok  Socket Mode opens a connection", "Step 3 of 3", "Paste the bot token")
        terminal.type("xoxb-wrong\r")
        terminal.expect("no  The bot token:", "Enter to paste another")
        terminal.type("\r")
        terminal.expect("Paste the bot token")
        terminal.type(f"{BOT_TOKEN}\r")
        terminal.expect("Every scope that is needed is granted", "Wrote", "What should start it?")
        terminal.type("compose\r")
        terminal.expect("compose.yaml", "Start it:", "then type /blog in #channel")
        assert APP_TOKEN not in terminal.text

    async with a_slack() as slack:
        await on_terminal(typed, ["init", "--env-file", str(settings)], DOGEAR_SLACK_API=slack.api_url)

    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    assert f"DOGEAR_SLACK_BOT_TOKEN={BOT_TOKEN}\n" in settings.read_text(encoding="utf-8")
    assert (tmp_path / "reading.md").exists()


async def test_a_discord_token_is_checked_and_gives_the_invite_link(tmp_path: Path) -> None:
    settings, reading = tmp_path / "dogear.env", a_list(tmp_path)
    runner = web.AppRunner(FakeDiscord().application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    begin = f"from discord.http import Route; Route.BASE = {base!r}; from bot.__main__ import main; main()"

    def typed(terminal: PseudoTerminal) -> None:
        terminal.expect("Step 1 of 2", "New Application", "Paste the bot's token")
        terminal.type("not-a-token\r")
        terminal.expect("no  DOGEAR_DISCORD_TOKEN is not a bot's token", "Enter to paste another")
        terminal.type("\r")
        terminal.expect("Paste the bot's token")
        terminal.type(f"{DISCORD_TOKEN}\r")
        terminal.expect("ok  The token is that of", "Step 2 of 2", "client_id=123456789012345678", "Enter when done:")
        terminal.type("\r")
        terminal.expect("What should start it?")
        terminal.type("1\r")
        terminal.expect("then type /blog in #channel")

    try:
        arguments = ["init", "--platform", "discord", "--list", str(reading), "--env-file", str(settings)]
        await on_terminal(typed, arguments, program=[sys.executable, "-c", begin])
    finally:
        await runner.cleanup()

    assert f"DOGEAR_DISCORD_TOKEN={DISCORD_TOKEN}\n" in settings.read_text(encoding="utf-8")


async def on_terminal(
    scene: Callable[[PseudoTerminal], None],
    command: list[str],
    program: list[str] | None = None,
    **variables: str,
) -> None:
    def played() -> None:
        with on_a_terminal(command, program=program, **variables) as terminal:
            scene(terminal)

    await asyncio.to_thread(played)


@pytest.mark.parametrize("value", ["plain", '/a b/$HOME `x` "y" #z', "ключ", ""])
def test_a_shell_and_dogear_read_the_same_from_the_file(
    tmp_path: Path, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "dogear.env"
    monkeypatch.setenv("DOGEAR_LIST", "put back after the test")
    monkeypatch.delenv("DOGEAR_LIST")
    env_file.write(file, {"DOGEAR_LIST": value}, replace=False)

    shell = ["sh", "-c", f'. {file}; printf %s "$DOGEAR_LIST"']
    by_shell = subprocess.run(shell, capture_output=True, text=True, check=True).stdout
    env_file.use(file)

    assert (by_shell, os.environ["DOGEAR_LIST"]) == (value, value)


def test_a_line_that_is_not_a_setting_is_named(tmp_path: Path) -> None:
    file = tmp_path / "dogear.env"

    for wrong in ("'broken", "two words", "DOGEAR_LIST"):
        file.write_text(f"# fine\n\n{wrong}\n", encoding="utf-8")
        with pytest.raises(BadConfig, match="line 3 is not NAME=value"):
            env_file.use(file)


def test_an_existing_file_is_not_lost_and_a_quote_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "dogear.env"
    file.write_text("mine", encoding="utf-8")

    with pytest.raises(BadConfig):
        env_file.write(file, {"A": "1"}, replace=False)
    with pytest.raises(BadConfig):
        env_file.write(file, {"A": "it's"}, replace=True)

    assert (file.read_text(encoding="utf-8"), list(tmp_path.iterdir())) == ("mine", [file])
