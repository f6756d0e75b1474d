"""Scenarios run over a real database of each engine."""

import pytest


@pytest.fixture
def database(url: str) -> str:
    return url
