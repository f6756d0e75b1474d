"""Slack's tests run against a Slack of loopback; a connection to anywhere else fails."""

from pathlib import Path

import pytest

from tests.fakes.slack_club import only_loopback

only_loopback()


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/club.db"


@pytest.fixture
def seed() -> Path:
    return Path(__file__).parents[1] / "scenario" / "seed.md"
