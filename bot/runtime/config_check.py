"""Checks the settings of a server before anything is opened, and reports every problem at once."""

import logging
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from adapters import registry
from bot.chat.platform import ChatPlatform
from bot.domain.errors import BadConfig
from bot.runtime import backup
from bot.runtime.bootstrap import linked_page_reader
from bot.runtime.config_dump import remarks
from bot.runtime.settings import PREFIX, Settings, read
from bot.runtime.vault import NO_KEY
from store.sql import address

_THERE_ARE = f"the platforms are {' and '.join(registry.HOSTED)}."

Check = Callable[[], object]
"""Raises BadConfig if a setting of the platform is invalid."""

log = logging.getLogger("dogear.serve")


def checked(*, worker: bool, **given: Any) -> tuple[Settings, list[ChatPlatform]]:
    """The settings with `given` applied, and the platforms that they configure, not connected yet.

    Raises BadConfig with every problem. A problem that only follows from another one is left out.
    """
    for remark in remarks():
        log.warning("%s", remark)
    settings, unread = read(**given)
    platforms: list[ChatPlatform] = []
    problems = [*unread.values()]
    for check in _checks(settings, unread, platforms, worker=worker):
        try:
            check()
        except BadConfig as error:
            problems += error.problems
    if problems:
        raise BadConfig([*dict.fromkeys(problems)])
    if not platforms:
        raise BadConfig(["No platform has a token. Set one up: dogear init. Or try: dogear chat"])
    return settings, platforms


def _checks(
    settings: Settings, unread: Mapping[str, str], platforms: list[ChatPlatform], *, worker: bool
) -> Iterator[Check]:
    if "database" not in unread:
        yield partial(_database, settings, worker=worker)
    if settings.backup_folder and not worker:
        yield partial(backup.usable, Path(settings.backup_folder))
    for name in registry.HOSTED:
        if not any(f"{name}_{option}" in unread for option in settings.of(name)):
            yield partial(_platform, settings, name, platforms)
            if "vault_keys" not in unread:
                yield partial(_key, settings, name)
    if "fetch" not in unread:
        yield partial(linked_page_reader, settings)
    yield partial(_people, "DOGEAR_ADMINS", settings.admins)
    yield partial(_people, "DOGEAR_CURATORS", settings.curators)
    yield partial(_channel, settings, unread)
    if settings.web != "off" and not worker and not {"web", "web_url"} & unread.keys():
        yield partial(_pages, settings)


def _database(settings: Settings, *, worker: bool) -> None:
    if worker and settings.database_url.startswith("sqlite"):
        raise BadConfig(["A worker of its own needs PostgreSQL: over SQLite one “dogear run” does everything."])
    address(settings.database_url)


def _platform(settings: Settings, name: str, platforms: list[ChatPlatform]) -> None:
    served = registry.served(name, settings.of(name), settings.word)
    if served is not None:
        platforms.append(served)


def _key(settings: Settings, name: str) -> None:
    if lacks_key(settings, name):
        raise BadConfig([NO_KEY])


def lacks_key(settings: Settings, name: str) -> bool:
    """Whether this platform stores secrets with us while there is no key for them."""
    options = settings.of(name)
    keeps_secrets = registry.tool(name, "keeps_secrets") if registry.is_set_up(options) else None
    return keeps_secrets is not None and keeps_secrets(options) and not settings.vault_keys


def _people(option: str, accounts: Sequence[str]) -> None:
    """A misspelt platform would silently give no one a role."""
    strange = [account for account in accounts if account.partition(":")[0] not in registry.HOSTED]
    if strange:
        raise BadConfig([f"{option} names “{strange[0]}”: {_THERE_ARE}"])


def _pages(settings: Settings) -> None:
    if not settings.web_url:
        raise BadConfig(["DOGEAR_WEB needs DOGEAR_WEB_URL, the public address of the pages."])
    if find_spec("jinja2") is None:
        raise BadConfig(["DOGEAR_WEB needs packages that are not here: pip install 'dogear-club[web]'"])


def web_pages_line(settings: Settings) -> tuple[bool, str]:
    """Whether the club's pages in a browser are set up well, and a line about it."""
    if settings.web == "off":
        return True, f"Pages in a browser: not served ({PREFIX}WEB is off)"
    try:
        _pages(settings)
    except BadConfig as error:
        return False, error.problems[0]
    readers = "members who sign in read" if settings.web == "members" else "everyone reads the list, members sign in"
    plain = "" if settings.pages.startswith("https://") else "; without https:// only this machine can open them"
    return True, f"Pages in a browser: {readers}, at {settings.pages}{plain}"


def _channel(settings: Settings, unread: Container[str]) -> None:
    """Notices to a channel that no process serves would never arrive. Another process may serve it, so only warn."""
    channel = settings.admins_channel
    if channel is None:
        return
    platform = channel.workspace.platform
    if platform not in registry.HOSTED:
        raise BadConfig([f"DOGEAR_ADMIN_CHANNEL names “{settings.admin_channel}”: {_THERE_ARE}"])
    options = settings.of(platform)
    if not registry.is_set_up(options) and not any(f"{platform}_{option}" in unread for option in options):
        log.warning(
            "DOGEAR_ADMIN_CHANNEL is on %s, which is not set up here: unless another process serves it, no one is notified "
            "of problems.",
            platform,
        )
