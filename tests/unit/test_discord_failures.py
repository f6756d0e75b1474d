"""What a failure of Discord means, and what a person can do about it."""

import re
from dataclasses import dataclass, field
from typing import Any, cast

import discord
import pytest

from adapters.discord import failures
from adapters.discord.failures import failure_of
from adapters.discord.permissions import ANSWER, NEEDED, OPEN_THREAD, POST, REACT
from bot.domain.errors import PlatformBusy, PlatformRefused, Scope

PROXIED = {"Via": "1.1 google", "Retry-After": "3"}


@dataclass
class Answer:
    """As much of a response as the library's exception reads."""

    status: int = 429
    reason: str = "Too Many Requests"
    headers: dict[str, str] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("headers", "scope"),
    [
        ({**PROXIED, "X-RateLimit-Scope": "user"}, Scope.CHANNEL),
        ({**PROXIED, "X-RateLimit-Scope": "shared"}, Scope.CHANNEL),
        ({**PROXIED, "X-RateLimit-Scope": "global"}, Scope.PLATFORM),
        ({**PROXIED, "X-RateLimit-Global": "true"}, Scope.PLATFORM),
        ({"Retry-After": "3"}, Scope.PLATFORM),
    ],
)
def test_a_429_reaches_as_far_as_it_says_and_one_of_the_edge_everywhere(headers: dict[str, str], scope: Scope) -> None:
    busy = failure_of(discord.HTTPException(cast(Any, Answer(headers=headers)), None))

    assert isinstance(busy, PlatformBusy)
    assert (busy.scope, busy.retry_after.total_seconds()) == (scope, 3)


def test_a_bucket_that_the_library_knows_to_be_empty_is_the_channels() -> None:
    busy = failure_of(discord.RateLimited(40))

    assert isinstance(busy, PlatformBusy)
    assert busy.scope is Scope.CHANNEL


@pytest.mark.parametrize("code", [*failures._REMEDIES, 99999])
def test_every_refusal_has_a_remedy_that_is_a_whole_sentence(code: int) -> None:
    said = discord.HTTPException(cast(Any, Answer(status=400)), {"code": code, "message": "No"})

    refused = failure_of(said)

    assert isinstance(refused, PlatformRefused)
    assert re.search(r"[a-z)]\.$|: schedule set$", refused.remedy)


def test_every_permission_that_is_missed_is_one_that_the_invitation_asks_for() -> None:
    missed = {flag for act in (POST, OPEN_THREAD, ANSWER, REACT) for flag in act.needs}

    assert missed == NEEDED.keys()
