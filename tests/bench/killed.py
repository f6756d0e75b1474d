"""Kills a writer on SQLite 200 times in a commit, and counts what is damaged, lost, doubled or half done."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from tests.bench.row import Row

TIMES = 200


def measured() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.fakes.killed", folder, str(TIMES)]
        seen = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    yield Row(
        what=f"kill -9 in a commit on SQLite, {TIMES} times: files damaged, entries lost, doubled or half done",
        figure=sum(seen[kind] for kind in ("damaged", "lost", "doubled", "half")),
        budget=0,
        unit="cases",
        beside=seen,
    )
