"""The host's options: from the environment or from files, all problems at once, and no secret ever shown."""

from pathlib import Path

import pytest

from bot.domain.address import HIDDEN
from bot.domain.errors import BadConfig
from bot.runtime import config_dump
from bot.runtime.settings import PREFIX, Settings, load, typed_name

CANARY = "canary-of-a-secret"
KEY = "canary0of0a0key0canary0of0a0key0canary0of0a="


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"{PREFIX}{name.upper()}", raising=False)
        monkeypatch.delenv(f"{PREFIX}{name.upper()}_FILE", raising=False)


def effect(name: str) -> str:
    (line,) = [line for line in config_dump.lines(load()) if line.startswith(f"{PREFIX}{name} ")]
    return " ".join(line.split()[1:])


def test_an_option_is_read_from_the_environment_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "word").write_text("club\n", encoding="utf-8")
    monkeypatch.setenv("DOGEAR_WORD_FILE", str(tmp_path / "word"))
    from_file = (load().word, effect("WORD"))
    monkeypatch.delenv("DOGEAR_WORD_FILE")
    monkeypatch.setenv("DOGEAR_WORD", "read")

    assert from_file == ("club", f"club [file {tmp_path}/word]")
    assert (load().word, effect("WORD")) == ("read", "read [environment]")


def test_an_option_and_its_file_cannot_both_be_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOGEAR_WORD", "read")
    monkeypatch.setenv("DOGEAR_WORD_FILE", str(tmp_path / "word"))

    with pytest.raises(BadConfig) as wrong:
        load()

    assert wrong.value.problems == ("DOGEAR_WORD and DOGEAR_WORD_FILE are both set: unset one.",)


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("WORD", '"club"', "club"),
        ("WORD", "'club'", "club"),
        ("WORD", "“club”", "club"),
        ("WORD", " club ", "club"),
        ("WORD", "\ufeffclub\r\n", "club"),
        ("WORD", '\ufeff"club"\r\n', "club"),
        ("HTTP_PORT", '"8080"', 8080),
        ("LIST_POLL", "'true'", True),
        ("LIST", "it's.md", "it's.md"),
        ("ADMINS", '"discord:1, discord:2"', ("discord:1", "discord:2")),
    ],
)
@pytest.mark.parametrize("from_file", [False, True])
def test_quotes_blanks_and_a_bom_around_a_value_are_ignored_and_reported(
    name: str, written: str, value: object, from_file: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if from_file:
        (tmp_path / "value").write_text(f"{written}\n", encoding="utf-8", newline="")
        monkeypatch.setenv(f"{PREFIX}{name}_FILE", f" {tmp_path}/value ")
    else:
        monkeypatch.setenv(f"{PREFIX}{name}", written)

    assert getattr(load(), name.lower()) == value
    expected = [f"{PREFIX}{name}: the quotes, blanks or byte order mark around its value are ignored."]
    assert list(config_dump.remarks()) == ([] if written == value else expected)


def test_a_quoted_secret_is_used_without_its_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOGEAR_DISCORD_TOKEN", f'"{CANARY}"')
    monkeypatch.setenv("DOGEAR_VAULT_KEYS", f"'{KEY}'")

    settings = load()

    assert settings.discord_token.get_secret_value() == CANARY
    assert [key.get_secret_value() for key in settings.vault_keys] == [KEY]
    assert CANARY not in "\n".join(config_dump.lines(settings))


@pytest.mark.parametrize(
    ("name", "typed", "meant"),
    [
        ("LOG_LEVEL", "info", "INFO"),
        ("LOG_LEVEL", "Debug", "DEBUG"),
        ("ZONE", "europe/berlin", "Europe/Berlin"),
        ("ZONE", "America/New York", "America/New_York"),
        ("ZONE", "utc", "UTC"),
    ],
)
def test_levels_and_zones_are_read_in_any_case(
    name: str, typed: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}{name}", typed)

    assert getattr(load(), name.lower()) == meant


def test_a_variable_that_is_there_and_empty_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOGEAR_BACKUP_KEEP", "")

    assert effect("BACKUP_KEEP") == "7 [default]"


def test_every_problem_is_told_at_once_those_of_files_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOGEAR_DISCORD_TOKEN_FILE", str(tmp_path / "nowhere"))
    monkeypatch.setenv("DOGEAR_WORD_FILE", str(tmp_path / "nothing"))
    monkeypatch.setenv("DOGEAR_HTTP_PORT", "many")
    monkeypatch.setenv("DOGEAR_ZONE", "Mars/Base")

    with pytest.raises(BadConfig) as wrong:
        load()

    assert sorted(problem.split()[0].strip(":") for problem in wrong.value.problems) == [
        "DOGEAR_DISCORD_TOKEN_FILE",
        "DOGEAR_HTTP_PORT",
        "DOGEAR_WORD_FILE",
        "DOGEAR_ZONE",
    ]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("HTTP_PORT", "many", "DOGEAR_HTTP_PORT is “many”, and must be a whole number."),
        ("HTTP_PORT", "1.5", "DOGEAR_HTTP_PORT is “1.5”, and must be a whole number."),
        ("HTTP_PORT", "9" * 5000, f"DOGEAR_HTTP_PORT is “{'9' * 40}…”, and must be a whole number."),
        ("HTTP_PORT", "65536", "DOGEAR_HTTP_PORT is “65536”, and must be at most 65535."),
        ("BACKUP_KEEP", "0", "DOGEAR_BACKUP_KEEP is “0”, and must be at least 1."),
        ("LOG_LEVEL", "loud", "DOGEAR_LOG_LEVEL is “loud”, and must be DEBUG, INFO, WARNING or ERROR."),
        ("WORD", "Blog Post", "DOGEAR_WORD is “Blog Post”, and must be the command's first word, without the slash."),
        ("ZONE", "Mars/Base", "DOGEAR_ZONE is not a time zone; use a name such as Europe/Berlin."),
        ("ADMINS", "ana", "DOGEAR_ADMINS names “ana”, which is not platform:id."),
        ("ADMIN_CHANNEL", "ana", "DOGEAR_ADMIN_CHANNEL is not platform:workspace:channel."),
    ],
)
def test_what_is_wrong_with_an_option_is_one_plain_sentence(
    name: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}{name}", value)

    with pytest.raises(BadConfig) as wrong:
        load()

    assert wrong.value.problems == (sentence,)


def test_a_vault_key_that_is_none_is_named_by_its_place_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOGEAR_VAULT_KEYS", f"{KEY},{CANARY}")

    with pytest.raises(BadConfig) as wrong:
        load()

    (problem,) = wrong.value.problems
    assert problem.startswith("DOGEAR_VAULT_KEYS has no key in place 2: ")
    assert CANARY not in problem


def test_no_secret_is_shown_whichever_option_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
    for name in secret:
        monkeypatch.setenv(f"{PREFIX}{name.upper()}", KEY if name == "vault_keys" else CANARY)
    monkeypatch.setenv("DOGEAR_DATABASE", f"postgresql://dogear:{CANARY}@db.example.org/dogear")

    shown = list(config_dump.lines(load()))

    assert {"discord_token", "slack_bot_token", "slack_signing_secret", "vault_keys"} <= set(secret)
    assert CANARY not in "\n".join(shown) + repr(load())
    assert KEY not in "\n".join(shown) + repr(load())
    assert sum(HIDDEN in line for line in shown) == len(secret)
    assert effect("DATABASE") == "postgresql://dogear:***@db.example.org/dogear [environment]"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://dogear:{CANARY}@db.example.org/dogear",
        f"postgresql://dogear:{CANARY}/{CANARY}@db.example.org/dogear",
        f"postgresql://dogear:{CANARY}?{CANARY}#{CANARY}@db.example.org:5432/dogear",
        f"postgresql://dogear:p@{CANARY}@db.example.org/dogear",
        f"postgresql://dogear:p%40{CANARY}@db.example.org/dogear",
        f"postgresql://db.example.org/dogear?user=x&password={CANARY}",
        f"postgresql://db.example.org/dogear?sslpassword={CANARY}&passfile=/{CANARY}&sslmode=require",
        f"postgresql:///dogear:{CANARY}@db.example.org/dogear",
        f"postgresql://dogear:{CANARY}@db.example.org:port/dogear",
        f"postgresql:/dogear:{CANARY}@db.example.org/dogear",
        f"dogear:{CANARY}@db.example.org/dogear",
    ],
)
def test_no_part_of_the_databases_password_is_shown_however_it_is_written(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOGEAR_DATABASE", url)

    assert CANARY not in effect("DATABASE")


def test_an_address_without_a_password_is_shown_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("sqlite:////data/a@b.db", "postgresql://dogear@db.example.org:5432/dogear?sslmode=require"):
        monkeypatch.setenv("DOGEAR_DATABASE", url)
        assert effect("DATABASE") == f"{url} [environment]"
    monkeypatch.setenv("DOGEAR_SLACK_PUBLIC_URL", "https://dogear.example.org/")
    assert effect("SLACK_PUBLIC_URL") == "https://dogear.example.org/ [environment]"


def test_a_variable_that_is_no_option_is_pointed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOGEAR_DISCORD_TOKN", CANARY)

    last = list(config_dump.lines(load()))[-1]

    assert last == "Unknown variable DOGEAR_DISCORD_TOKN (ignored). Did you mean DOGEAR_DISCORD_TOKEN?"


def test_a_program_that_the_shell_does_not_find_is_named_by_its_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / ".venv" / "bin" / "dogear"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    monkeypatch.setattr("sys.argv", [str(program)])
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(tmp_path)
    here = typed_name()
    monkeypatch.chdir(program.parent)
    beside = typed_name()
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    elsewhere = typed_name()
    monkeypatch.setenv("PATH", str(program.parent))

    assert (here, beside, elsewhere, typed_name()) == (".venv/bin/dogear", str(program), str(program), "dogear")
