"""Slack's tests run against a Slack of loopback; a connection to anywhere else fails."""

from pathlib import Path

import pytest

from adapters.slack import people, workspace_info
from bot.commands import dispatch
from tests.fakes.slack_club import only_loopback

only_loopback()


@pytest.fixture(autouse=True)
def busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with other work takes longer for a request to Slack than a person waits for it."""
    monkeypatch.setattr(people, "PATIENCE", 30.0)
    monkeypatch.setattr(workspace_info, "PATIENCE", 30.0)
    monkeypatch.setattr(dispatch, "LOOKED_UP_WITHIN", 30.0)


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/club.db"


@pytest.fixture
def seed() -> Path:
    return Path(__file__).parents[1] / "scenario" / "seed.md"
