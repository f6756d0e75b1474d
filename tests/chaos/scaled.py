"""Every length of time at a tenth: the ledger's durations, and what the adapters and the ticker keep as constants."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from typing import Any

import adapters.discord.client
import adapters.discord.failures
import adapters.discord.permissions
import adapters.network
import adapters.slack.api
import adapters.slack.failures
import bot.runtime.worker
import store.sql.engine
from bot.domain.delivery import Durations, PostingRules

SCALE = 10

_LENGTHS = (
    (adapters.network, "NOT_REACHED_WAIT"),
    (adapters.slack.failures, "DEFAULT_WAIT"),
    (adapters.slack.failures, "SLOW_WAIT"),
    (adapters.slack.api, "TIMEOUT"),
    (adapters.discord.failures, "BLOCKED"),
    (adapters.discord.permissions, "LOOKED_UP_WITHIN"),
    (adapters.discord.client, "MAX_WAIT"),
    (bot.runtime.worker, "MAX_TURN"),
    (bot.runtime.worker, "RESULT_AGAIN"),
)


def real(seconds: float) -> float:
    """How many seconds pass here for so many of the product's."""
    return seconds / SCALE


def durations() -> Durations:
    """The product's own, shortened."""
    shortened: Durations = _short(Durations())
    return shortened


def posting_rules(real_one: PostingRules) -> PostingRules:
    """A platform's own, shortened."""
    shortened: PostingRules = _short(real_one)
    return shortened


def _short(length: Any) -> Any:
    if isinstance(length, timedelta):
        return length / SCALE
    if isinstance(length, Mapping):
        return {name: _short(one) for name, one in length.items()}
    if is_dataclass(length) and not isinstance(length, type):
        return replace(length, **{one.name: _short(getattr(length, one.name)) for one in fields(length)})
    return length


def shorten() -> None:
    """Shorten the constants of this process, which is to be done once."""
    for module, name in _LENGTHS:
        setattr(module, name, getattr(module, name) / SCALE)
    store.sql.engine.IDLE_TIMEOUT //= SCALE
