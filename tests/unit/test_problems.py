"""Whether a process that serves can begin: all that is wrong with its settings is told before anything is opened."""

import base64
import logging
import os
from pathlib import Path

import pytest

from bot.domain.errors import BadConfig
from bot.runtime.cli import app
from bot.runtime.config_check import checked, web_pages_line
from bot.runtime.settings import load

SLACK = {"SLACK_BOT_TOKEN": "xoxb-x", "SLACK_APP_TOKEN": "xapp-x"}


@pytest.fixture(autouse=True)
def a_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith("DOGEAR_"):
            monkeypatch.delenv(name)
    given(monkeypatch, DATABASE=f"sqlite:///{tmp_path}/dogear.db")


def given(monkeypatch: pytest.MonkeyPatch, **options: str) -> None:
    for name, value in options.items():
        monkeypatch.setenv(f"DOGEAR_{name}", value)


def problems(*, worker: bool = False) -> tuple[str, ...]:
    with pytest.raises(BadConfig) as wrong:
        checked(worker=worker)
    return wrong.value.problems


def test_the_platforms_that_are_set_up_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **SLACK, DISCORD_TOKEN="x")

    settings, platforms = checked(worker=False, database="sqlite:///dogear.db")

    assert [platform.name for platform in platforms] == ["slack", "discord"]
    assert settings.database == "sqlite:///dogear.db"


def test_everything_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given(
        monkeypatch,
        DATABASE=f"sqlite:///{tmp_path}/nowhere/dogear.db",
        BACKUP_FOLDER=f"{tmp_path}/nothing",
        HTTP_PORT="many",
        VAULT_KEYS="short",
        SLACK_CLIENT_ID="1",
        SLACK_EMOJI="nonsense",
        DISCORD_TOKEN_FILE=f"{tmp_path}/token",
    )

    told = problems()

    expected = [
        f"DOGEAR_DISCORD_TOKEN_FILE: {tmp_path}/token cannot be read: No such file or directory.",
        "DOGEAR_VAULT_KEYS has no key in place 1: ",
        "DOGEAR_HTTP_PORT is “many”",
        f"The folder {tmp_path}/nowhere for the database",
        f"The backup folder {tmp_path}/nothing",
        "DOGEAR_SLACK_EMOJI: “nonsense”",
        "DOGEAR_SLACK_CLIENT_ID and DOGEAR_SLACK_CLIENT_SECRET",
        "Slack needs DOGEAR_SLACK_APP_TOKEN (Socket Mode) or DOGEAR_SLACK_SIGNING_SECRET (HTTPS).",
    ]
    assert len(told) == len(expected), told
    for problem, begins in zip(told, expected, strict=True):
        assert problem.startswith(begins)


@pytest.mark.parametrize("name", ["SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"])
@pytest.mark.parametrize("discord", ["", "x"])
def test_half_a_platform_is_not_left_out_silently(name: str, discord: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, DISCORD_TOKEN=discord, **{name: "x"})

    told = problems()

    assert "No platform has a token" not in "".join(told)
    assert told
    assert all("SLACK" in problem for problem in told)


def test_what_only_goes_with_a_platform_sets_none_up(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, SLACK_EMOJI="done=read", DISCORD_EMOJI="123456789012345678:read")

    assert problems() == ("No platform has a token. Set one up: dogear init. Or try: dogear chat",)


def test_a_platform_that_keeps_secrets_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    given(
        monkeypatch,
        SLACK_CLIENT_ID="1",
        SLACK_CLIENT_SECRET="2",
        SLACK_SIGNING_SECRET="s",
        SLACK_PUBLIC_URL="https://dogear.example.org",
    )

    (problem,) = problems()

    assert problem.startswith("DOGEAR_VAULT_KEYS is not set")


def test_a_worker_is_asked_for_what_a_worker_needs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given(monkeypatch, **SLACK, BACKUP_FOLDER=f"{tmp_path}/nothing")

    (on_sqlite,) = problems(worker=True)
    given(monkeypatch, DATABASE="postgresql://dogear@localhost/dogear")

    assert on_sqlite.startswith("A worker of its own needs PostgreSQL")
    assert checked(worker=True)[1]


def test_a_misspelt_option_is_told_when_the_process_starts(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    given(monkeypatch, **SLACK, BAKUP_FOLDER="/backups")

    with caplog.at_level(logging.WARNING, "dogear"):
        checked(worker=False)

    assert [record.getMessage() for record in caplog.records] == [
        "Unknown variable DOGEAR_BAKUP_FOLDER (ignored). Did you mean DOGEAR_BACKUP_FOLDER?"
    ]


@pytest.mark.parametrize("option", ["ADMINS", "CURATORS"])
def test_people_of_a_platform_that_there_is_not_are_told(option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **SLACK, **{option: "discord:1,slak:T1/U1"})

    assert problems() == (f"DOGEAR_{option} names “slak:T1/U1”: the platforms are slack and discord.",)


def test_an_admin_channel_on_a_platform_that_there_is_not_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **SLACK, ADMIN_CHANNEL="slak:T1:C1")

    assert problems() == ("DOGEAR_ADMIN_CHANNEL names “slak:T1:C1”: the platforms are slack and discord.",)


@pytest.mark.parametrize(("channel", "warned"), [("discord:1:2", True), ("slack:T1:C1", False)])
def test_an_admin_channel_that_only_another_process_can_serve_is_warned_of(
    channel: str, warned: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    given(monkeypatch, **SLACK, ADMIN_CHANNEL=channel)

    with caplog.at_level(logging.WARNING, "dogear"):
        checked(worker=False)

    assert ["not set up here" in record.getMessage() for record in caplog.records] == [True] * warned


def test_an_admin_channel_is_not_doubted_where_its_platform_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    given(monkeypatch, **SLACK, ADMIN_CHANNEL="discord:1:2", DISCORD_TOKEN_FILE=f"{tmp_path}/nowhere")

    with caplog.at_level(logging.WARNING, "dogear"):
        (problem,) = problems()

    assert problem.startswith("DOGEAR_DISCORD_TOKEN_FILE")
    assert not caplog.records


def test_the_doctor_asks_for_the_key_as_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given(monkeypatch, SLACK_CLIENT_ID="1", SLACK_CLIENT_SECRET="2", SLACK_SIGNING_SECRET="s")
    given(monkeypatch, SLACK_PUBLIC_URL="https://dogear.example.org")

    without = app(["doctor", "slack"], standalone_mode=False)
    (wrong,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("no ")]
    given(monkeypatch, VAULT_KEYS=base64.urlsafe_b64encode(bytes(32)).decode())

    assert (without, app(["doctor", "slack"], standalone_mode=False)) == (1, 0)
    assert wrong.startswith("no  DOGEAR_VAULT_KEYS is not set")


def test_pages_need_their_public_address(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **SLACK, WEB="members")

    assert problems() == ("DOGEAR_WEB needs DOGEAR_WEB_URL, the public address of the pages.",)


@pytest.mark.parametrize(
    ("url", "valid"),
    [
        ("https://dogear.example.org", True),
        ("https://dogear.example.org:8443/club/", True),
        ("http://127.0.0.1:3000", True),
        ("http://localhost/a/b", True),
        ("http://dogear.example.org", False),
        ("https://dogear.example.org/{x}", False),
        ("https://me:secret@dogear.example.org", False),
        ("dogear.example.org", False),
    ],
)
def test_the_public_address_is_checked(monkeypatch: pytest.MonkeyPatch, url: str, valid: bool) -> None:
    given(monkeypatch, **SLACK, WEB="public", WEB_URL=url)

    if valid:
        assert checked(worker=False)[0].pages == url.rstrip("/")
    else:
        assert problems()[0].startswith("DOGEAR_WEB_URL is not an address such as https://")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (True, "Pages in a browser: not served (DOGEAR_WEB is off)")),
        ({"WEB": "public"}, (False, "DOGEAR_WEB needs DOGEAR_WEB_URL, the public address of the pages.")),
        (
            {"WEB": "public", "WEB_URL": "https://dogear.example.org/club"},
            (True, "Pages in a browser: everyone reads the list, members sign in, at https://dogear.example.org/club"),
        ),
        (
            {"WEB": "members", "WEB_URL": "http://localhost:3000"},
            (
                True,
                "Pages in a browser: members who sign in read, at http://localhost:3000; without https:// only this machine can open them",
            ),
        ),
    ],
)
def test_the_doctor_says_to_whom_pages_are_served(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, str], expected: tuple[bool, str]
) -> None:
    given(monkeypatch, **options)

    assert web_pages_line(load()) == expected
