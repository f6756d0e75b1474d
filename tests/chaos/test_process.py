"""What a run knows of its processes, of which a long row has more than the system has numbers for."""

import os
import time
from pathlib import Path

import pytest

from tests.chaos import process


def test_a_process_with_the_number_of_an_earlier_one_is_not_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = process.forked(lambda: None, tmp_path / "earlier.log")
    assert process.until(lambda: process.exited(earlier), 10)
    fork = os.fork

    def forked_again() -> int:
        """As the system does after some ten thousand more."""
        process._exited.add(number := fork())
        return number

    monkeypatch.setattr(os, "fork", forked_again)
    later = process.forked(lambda: time.sleep(60), tmp_path / "later.log")

    assert not process.exited(later)

    process.killed(later)
    assert process.exited(later)
