"""Scenarios run over a real database of each engine."""

from pathlib import Path

import pytest


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/club.db"
