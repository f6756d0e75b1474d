"""A process that is killed while it commits leaves a whole database. `make bench ONLY=killed` does it 200 times."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_kill_in_a_commit_damages_loses_doubles_and_halves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fakes.killed", str(tmp_path), "6"]

    run = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)

    seen = json.loads(run.stdout)
    assert seen.pop("kills") >= seen.pop("in_commit") == 6
    assert seen == {"damaged": 0, "lost": 0, "doubled": 0, "half": 0}
