"""Characters that a terminal obeys in what every command prints, where files, teams, workspaces, typed lines and settings
have names that hold them. Each name holds many of the values.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.bench.row import Row
from tests.fakes import hostile

EACH = 17


def measured() -> Iterator[Row]:
    found: Counter[str] = Counter()
    runs = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(hostile.names(EACH)):
            for command, printed in hostile.printed(name, Path(folder, str(number))):
                runs += 1
                found.update({command: len(hostile.obeyed(printed))})
    yield Row(
        what=f"characters that a terminal obeys on stdout and stderr, {len(hostile.VALUES)} hostile values, {runs:,} commands",
        figure=found.total(),
        budget=0,
        unit="characters",
        beside=dict((+found).most_common(5)),
    )
