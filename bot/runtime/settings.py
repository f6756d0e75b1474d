"""Every option, read once from the environment. All problems are reported together."""

import base64
import contextlib
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.domain.errors import BadConfig
from bot.domain.ids import AccountRef, ChannelRef, PlatformName, WorkspaceRef
from bot.domain.team import Role

PREFIX = "DOGEAR_"
FERNET_KEY = 32
"""Bytes of a key (https://cryptography.io/en/latest/fernet/, 2026-08)."""
_QUOTES = {('"', '"'), ("'", "'"), ("“", "”"), ("‘", "’"), ("„", "“")}
"""Quotes around a whole value. Env files keep them, shells do not."""
_PUBLIC = re.compile(r"(https://[a-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:\d{1,5})?(/[A-Za-z0-9._~-]+)*/?")
MAX_SHOWN = 40
"""How much of an invalid value is shown, in characters."""
_HOST_AND_TOKEN = re.compile(r"((?:[\w-]+\.)+[\w-]+(?::\d+)?|localhost(?::\d+)?)=(.+)")
_HOST = re.compile(r"(?:[^\s/:@\[\]*]+|\[[0-9a-f:.]+\])(?::\d{1,5})?")
MAKE_A_KEY = (
    """This makes one: python -c 'from cryptography import fernet; print(fernet.Fernet.generate_key().decode())'"""
)


class Settings(BaseSettings):
    """The host's options. The variable is `DOGEAR_` and the name in capitals; `…_FILE` names a file with the value."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore")

    database: str = Field("", repr=False, description="the database: sqlite:///PATH or postgresql://USER@HOST/NAME")
    list: str = Field(
        "",
        description="the default team's reading list, or that of a private chat: a Markdown file, a folder of them, or URL#BRANCH:/PATH in git",
    )
    list_poll: bool = Field(
        False,
        description="check the lists every 5 seconds instead of waiting for file system events; always done on network file systems",
    )
    model: str = Field(
        "",
        description="a folder with model.onnx and tokenizer.json of all-MiniLM-L6-v2, to search by meaning too; needs the extra semantic",
    )
    word: str = Field("blog", pattern=r"^[a-z0-9_-]{1,32}$", description="the command's first word, without the slash")
    zone: str = Field("UTC", description="the default time zone of teams and members, such as Europe/Berlin")
    admins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="accounts that are admins: discord:USERID, slack:T…/U…, separated by commas"
    )
    curators: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="accounts that are curators, written as admins are"
    )
    admin_channel: str = Field(
        "",
        description="a channel that gets every notice about a problem, instead of the person concerned: platform:workspace:channel",
    )
    vault_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), description="keys that encrypt the platforms' secrets, newest first, separated by commas"
    )
    person_limit: int = Field(60, ge=0, description="commands per minute for one person; 0 for no limit")
    team_limit: int = Field(600, ge=0, description="commands per minute for one team; 0 for no limit")
    slack_bot_token: SecretStr = Field(SecretStr(""), description="Slack: the bot token of one workspace, xoxb-…")
    slack_app_token: SecretStr = Field(
        SecretStr(""), description="Slack: the app token for Socket Mode, xapp-…; without it Slack sends HTTPS requests"
    )
    slack_signing_secret: SecretStr = Field(
        SecretStr(""), description="Slack: the signing secret, required without Socket Mode"
    )
    slack_client_id: str = Field("", description="Slack: the client id, if several workspaces install the bot")
    slack_client_secret: SecretStr = Field(SecretStr(""), description="Slack: the client secret for that client id")
    slack_emoji: str = Field("", description="Slack: more emoji with a meaning: done=read, todo=later, …")
    slack_api: str = Field("", description="Slack: the address of its API, if not the public one")
    slack_public_url: str = Field(
        "", description="Slack: the public address of our HTTP server: https://dogear.example.org"
    )
    web: str = Field(
        "off",
        pattern="^(off|members|public)$",
        description="pages of the club in a browser: off, members (who sign in from the chat) or public (anyone reads the list)",
    )
    web_url: str = Field(
        "",
        description="the public address of the pages, such as https://dogear.example.org/club; the proxy passes its path on unchanged",
    )
    http_host: str = Field(
        "0.0.0.0",  # noqa: S104 -- a server
        description="the address to listen on for pages in a browser, Slack over HTTPS and git webhooks",
    )
    http_port: int = Field(3000, ge=0, le=65535, description="the port for these three; closed while all are off")
    health_host: str = Field("127.0.0.1", description="the address that health checks and metrics listen on")
    health_port: int = Field(
        3001, ge=0, le=65535, description="the port of health checks and metrics; 0 turns them off"
    )
    discord_token: SecretStr = Field(SecretStr(""), description="the Discord bot's token; turns Discord on")
    discord_emoji: str = Field(
        "",
        pattern=r"^(\s*\d{15,20}:(read|later)\s*(,|$))*$",
        description="custom emoji with a meaning, by id: 1234567890123456789:read, …:later",
    )
    git_token: SecretStr = Field(
        SecretStr(""),
        description="git: the token for https repositories and their pull requests; for several servers HOST=TOKEN, separated by commas",
    )
    git_ssh_key: str = Field(
        "", description="git: the file with a deploy key for ssh repositories; without it the system's ssh decides"
    )
    git_folder: str = Field(
        "",
        description="git: the folder for copies of repositories; by default beside the SQLite database, else in the data folder",
    )
    git_forge: str = Field(
        "",
        pattern=r"^(\s*[\w.-]+(:\d+)?=(github|gitlab|gitea)(:https?://[^\s,]+)?\s*(,|$))*$",
        description="git: servers of your own that open pull requests: HOST=github, HOST=gitlab or HOST=gitea, and :ADDRESS if their API is elsewhere",
    )
    git_hook_secret: SecretStr = Field(
        SecretStr(""), description="git: the secret of webhooks that make Dogear fetch at once, at /hooks/git"
    )
    fetch: bool = Field(
        False, description="on: look at the pages that entries lead to, for titles, reading times and dead links"
    )
    fetch_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="hosts of your own network that may be looked at too, separated by commas: wiki.example.org, 10.0.0.5:8080",
    )
    backup_folder: str = Field("", description="a folder for nightly backups; without it none are made")
    backup_keep: int = Field(7, ge=1, le=10_000, description="how many nightly backups to keep")
    log_level: str = Field(
        "WARNING", pattern="^(?i:DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR"
    )

    @field_validator("*", mode="before")
    @classmethod
    def _text(cls, typed: Any) -> Any:
        """Bytes of the environment that are not UTF-8 arrive as surrogates, which no file or server accepts. A file may have
        a null character, which is not accepted either.
        """
        if isinstance(typed, str) and not typed.isprintable():
            if any("\ud800" <= one <= "\udfff" for one in typed):
                raise ValueError("is not text in UTF-8.")
            if "\0" in typed:
                raise ValueError("has a null character.")
        return trimmed(typed) if isinstance(typed, str) else typed

    @field_validator("list")
    @classmethod
    def _without_secret(cls, typed: str) -> str:
        if re.match(r"https?://[^/#\s]*@", typed):
            raise ValueError("has a secret in its address. Leave it out, and set DOGEAR_GIT_TOKEN.")
        return typed

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        known = available_timezones()
        found = zone if zone in known else {name.lower(): name for name in known}.get(zone.replace(" ", "_").lower())
        if found is None:
            raise ValueError("is not a time zone; use a name such as Europe/Berlin.")
        return found

    @field_validator("web_url")
    @classmethod
    def _public_address(cls, url: str) -> str:
        if url and not _PUBLIC.fullmatch(url):
            raise ValueError(
                "is not an address such as https://dogear.example.org/club; http:// is only for this machine."
            )
        return url.rstrip("/")

    @field_validator("log_level")
    @classmethod
    def _capitals(cls, level: str) -> str:
        return level.upper()

    @field_validator("admins", "curators", mode="before")
    @classmethod
    def _accounts(cls, typed: Any) -> Any:
        accounts = [part.strip() for part in trimmed(typed).split(",")] if isinstance(typed, str) else typed
        wrong = [account for account in accounts if account and not all(account.partition(":")[::2])]
        if wrong:
            raise ValueError(f"names “{wrong[0]}”, which is not platform:id.")
        return tuple(account for account in accounts if account)

    @field_validator("fetch_hosts", mode="before")
    @classmethod
    def _hosts(cls, typed: Any) -> Any:
        hosts = [part.strip().lower() for part in trimmed(typed).split(",")] if isinstance(typed, str) else typed
        wrong = [host for host in hosts if host and not _HOST.fullmatch(host)]
        if wrong:
            raise ValueError(f"names “{wrong[0]}”, which is not a host; write it without https:// and path.")
        return tuple(host for host in hosts if host)

    @field_validator("vault_keys", mode="before")
    @classmethod
    def _keys(cls, typed: Any) -> Any:
        keys = (
            tuple(key.strip() for key in trimmed(typed).split(",") if key.strip()) if isinstance(typed, str) else typed
        )
        wrong = [place for place, key in enumerate(keys, start=1) if not _is_key(key)]
        if wrong:
            raise ValueError(f"has no key in place {wrong[0]}: a key is 32 bytes in URL-safe base64. {MAKE_A_KEY}")
        return keys

    def of(self, platform: str) -> Mapping[str, str]:
        """The options of one platform, without the platform's prefix. Secrets are in the clear."""
        given = {name: getattr(self, name) for name in type(self).model_fields if name.startswith(f"{platform}_")}
        return {
            name.removeprefix(f"{platform}_"): value.get_secret_value() if isinstance(value, SecretStr) else value
            for name, value in given.items()
        }

    @property
    def database_url(self) -> str:
        """The database's address. The default is a file in the user's data folder, which is created if missing."""
        if self.database:
            return self.database
        return f"sqlite:///{data_folder() / 'dogear.db'}"

    @field_validator("admin_channel")
    @classmethod
    def _channel(cls, typed: str) -> str:
        if typed and (typed.count(":") != 2 or not all(typed.split(":"))):
            raise ValueError("is not platform:workspace:channel.")
        return typed

    @property
    def pages(self) -> str:
        """The public address of the pages; empty if they are off."""
        return self.web_url if self.web != "off" else ""

    @property
    def admins_channel(self) -> ChannelRef | None:
        """The channel for all notices; None if they go to the person who can fix the problem."""
        if not self.admin_channel:
            return None
        platform, workspace, channel = self.admin_channel.split(":")
        return ChannelRef(WorkspaceRef(PlatformName(platform), workspace), channel)

    @property
    def git_tokens(self) -> Mapping[str, str]:
        """The token of each server, in the clear; under "" the one for all others."""
        parts = [part.strip() for part in self.git_token.get_secret_value().split(",") if part.strip()]
        named = (_HOST_AND_TOKEN.fullmatch(part) for part in parts)
        return {
            (found[1].lower() if found else ""): (found[2] if found else part)
            for found, part in zip(named, parts, strict=True)
        }

    @property
    def git_forges(self) -> Mapping[str, tuple[str, str]]:
        """For each server of the host's own its kind and the address of its API, empty for the usual one."""
        parts = [part.strip().partition("=") for part in self.git_forge.split(",") if part.strip()]
        return {host.lower(): (kind.partition(":")[0], kind.partition(":")[2]) for host, _, kind in parts}

    @property
    def git_copies(self) -> Path:
        """The folder for copies of repositories. Raises BadConfig if there is no place for it."""
        if self.git_folder:
            return Path(self.git_folder)
        is_file = self.database_url.startswith("sqlite:///") and ":memory:" not in self.database_url
        return Path(self.database_url.removeprefix("sqlite:///")).parent / "git" if is_file else data_folder() / "git"

    @property
    def roles(self) -> Mapping[AccountRef, Role]:
        """Roles in addition to the platform's own."""
        given = {_account(typed): Role.CURATOR for typed in self.curators}
        return given | {_account(typed): Role.ADMIN for typed in self.admins}


def _is_key(key: str | SecretStr) -> bool:
    """Checks what Fernet would, without the tenth of a second that importing it takes."""
    text = key.get_secret_value() if isinstance(key, SecretStr) else key
    try:
        return len(base64.urlsafe_b64decode(text)) == FERNET_KEY
    except ValueError:
        return False


def _account(typed: str) -> AccountRef:
    platform, _, name = typed.partition(":")
    return AccountRef(PlatformName(platform), name)


def typed_name() -> str:
    """What a person types to start this program: `dogear`, or its file if the shell would not find that."""
    file = Path(sys.argv[0])
    found = shutil.which("dogear")
    if file.name != "dogear" or not file.exists() or (found and file.samefile(found)):
        return "dogear"
    absolute, here = file.absolute(), Path.cwd()
    return shlex.quote(str(absolute.relative_to(here) if here in absolute.parents[1:] else absolute))


def data_folder() -> Path:
    """The user's data folder by the XDG convention. Raises BadConfig if it cannot be created."""
    try:
        folder = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "dogear"
    except RuntimeError:  # an account without a home, as in a container
        raise BadConfig([f"Your home folder is not known. Set HOME, or {PREFIX}DATABASE."]) from None
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            folder.chmod(0o700)
    except OSError as error:
        raise BadConfig(
            [f"{folder} cannot be made: {error.strerror}. Set {PREFIX}DATABASE to another place."]
        ) from None
    return folder


def load(**given: Any) -> Settings:
    """The settings from the environment, with `given` from the command line applied. Raises BadConfig."""
    settings, wrong = read(**given)
    if wrong:
        raise BadConfig([*wrong.values()])
    return settings


def read(**given: Any) -> tuple[Settings, Mapping[str, str]]:
    """The settings as far as they are valid, and the problem of each invalid option. Those have their default."""
    chosen = {name: value for name, value in given.items() if value is not None}
    wrong = {name: f"{_variable(name)} and {_variable(name)}_FILE are both set: unset one." for name in _set_twice()}
    for name, path in files().items():
        try:
            chosen.setdefault(name, Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
            wrong[name] = f"{PREFIX}{name.upper()}_FILE: {file_name(path)} cannot be read: {why}."
    try:
        return Settings(**chosen), wrong
    except ValidationError as invalid:
        errors = {str(error["loc"][0]): error for error in invalid.errors()}
    wrong |= {name: _sentence(name, error) for name, error in errors.items() if name not in wrong}
    return Settings(**chosen | {name: Settings.model_fields[name].default for name in errors}), wrong


def trimmed(value: str) -> str:
    """The value without a byte order mark, blanks, line ends and quotes around it."""
    value = value.strip("\ufeff \t\r\n\v\f\u00a0")
    if len(value) > 1 and (value[0], value[-1]) in _QUOTES:
        return value[1:-1].strip()
    return value


def _variable(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def _set_twice() -> Iterator[str]:
    for name in Settings.model_fields:
        if os.environ.get(_variable(name)) and os.environ.get(f"{_variable(name)}_FILE"):
            yield name


def trimmed_names() -> list[str]:
    """Options whose value lost quotes, a byte order mark or blanks. A line end at the end of a file is usual."""
    given = {name: os.environ.get(_variable(name), "") for name in Settings.model_fields}
    for name, path in files().items():
        with contextlib.suppress(OSError, UnicodeDecodeError):
            given[name] = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    return [name for name, value in given.items() if trimmed(value) != value]


def files() -> Mapping[str, str]:
    """The file that each option is read from. `…_FILE` counts only if the option itself is not set."""
    named = {name: trimmed(os.environ.get(f"{_variable(name)}_FILE", "")) for name in Settings.model_fields}
    return {name: path for name, path in named.items() if path and not os.environ.get(_variable(name))}


def file_name(path: str) -> str:
    """The file's name as it may be shown: someone may have set the secret itself instead of a file name."""
    return path if Path(path).is_absolute() and "@" not in path else "(a relative path)"


def _sentence(name: str, error: Any) -> str:
    """The problem in one sentence of ours. Of a secret nothing is shown: it can only be wrong by its encoding or as a
    key.
    """
    variable, limits = f"{PREFIX}{name.upper()}", error.get("ctx", {})
    if error["type"] == "value_error":
        return f"{variable} {limits['error']}"
    must_be = {
        "string_pattern_mismatch": Settings.model_fields[name].description,
        "greater_than_equal": f"at least {limits.get('ge')}",
        "less_than_equal": f"at most {limits.get('le')}",
    }.get(error["type"], "a whole number")
    given = str(error["input"])
    return f"{variable} is “{given[:MAX_SHOWN]}{'…' if given[MAX_SHOWN:] else ''}”, and must be {must_be}."
