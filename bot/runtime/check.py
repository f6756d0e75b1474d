"""`dogear check`: what is read in each file and what is wrong with it, for people or as JSON. No database is used."""

import json
from collections.abc import Sequence
from pathlib import Path

from bot.domain.source import Severity


def check(paths: Sequence[Path], *, as_json: bool) -> int:
    """Print a report of the files, those of folders included; 1 if anything cannot be loaded, else 0.

    The JSON form is one object `{"files": [{"path", "entries", "problems"}]}`, which other tools rely on.
    """
    lists = [read for path in paths for read in _read(path)]
    if as_json:
        print(json.dumps({"files": [_as_json(read) for read in lists]}))
    else:
        for read in lists:
            _print_report(read)
    return 1 if any(_count(read.problems, Severity.ERROR) for read in lists) else 0
