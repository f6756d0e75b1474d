"""Carries out many runs, as many at a time as the machine takes, each in a process of its own."""

import json
import os
import shutil
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos import case, process
from tests.chaos.ground import Ground
from tests.chaos.row import Row, Run, added

SHARES = 5 * (os.cpu_count() or 1)
"""Runs of one worker that go on at the same time: they mostly wait. Twice as many still hold every bound, but tell less."""
_TAKES = {"sqlite": 1, "postgresql": 2}
"""What a run takes where it does not say: on PostgreSQL there are several workers."""


@dataclass
class Going:
    pid: int
    row: int
    run: Run
    folder: Path
    url: str


def carry_out(run: Run, folder: Path, url: str) -> int:
    """Begin the run; the id of its process, which leaves its figures in `result`."""

    def work() -> None:
        with case.open_club(
            folder, url, run.platform, run.channels, run.weather, run.others, meets=run.around
        ) as open_club:
            figures = run.script(open_club)
        (folder / "result").write_text(json.dumps(figures))

    return process.forked(work, folder / "run.log")


def told(rows: Sequence[Row], ground: Ground, folder: Path) -> Iterator[dict[str, Any]]:
    """One line for each row, in the order in which they are done."""
    began = time.monotonic()
    waiting = deque((number, run) for number, row in enumerate(rows) for run in row.runs)
    results: list[list[Any]] = [[] for _ in rows]
    going: list[Going] = []
    count = 0
    while waiting or going:
        while waiting and sum(_share(one.run) for one in going) + _share(waiting[0][1]) <= SHARES:
            number, run = waiting.popleft()
            count += 1
            place = folder / f"{rows[number].name}-{count}".lower()
            place.mkdir()
            url = ground.database(run, place)
            going.append(Going(carry_out(run, place, url), number, run, place, url))
        for one in [one for one in going if process.exited(one.pid)]:
            going.remove(one)
            ground.give_back(one.url)
            results[one.row].append(_result(one))
            row = rows[one.row]
            if len(results[one.row]) == len(row.runs):
                yield _line(row, results[one.row], time.monotonic() - began)
        time.sleep(0.02)


def _share(run: Run) -> int:
    return round(run.part * SHARES) or _TAKES[run.engine]


def _result(one: Going) -> dict[str, Any]:
    """What the run found; its folder stays if that is not good, for whoever wants to know why."""
    path = one.folder / "result"
    if not path.exists():
        return {"broken": 1, "see": [str(one.folder)]}
    figures: dict[str, Any] = json.loads(path.read_text())
    if figures.get("lost") or figures.get("doubled") or figures.get("bare") or figures.get("unsettled"):
        return figures | {"see": [str(one.folder)]}
    shutil.rmtree(one.folder)
    return figures


def _line(row: Row, results: Sequence[dict[str, Any]], took: float) -> dict[str, Any]:
    figures = added(results)
    run = row.runs[0]
    about = {"row": row.name, "what": row.what, "platform": run.platform, "engine": run.engine, "runs": len(results)}
    held = not figures.get("broken") and row.held(figures | {"runs": len(results)})
    see = figures.pop("see", [])
    return (
        about
        | figures
        | {"ok": held, "at_s": round(took), "load": round(os.getloadavg()[0], 1)}
        | ({"see": see} if see else {})
    )
