"""A pytest plugin that runs the tests named in a file, in the order of the file."""

import json
import os
from pathlib import Path

import pytest

SELECTION = "MUTANTS_SELECTION"
"""The environment variable that names the file: a JSON list of test ids."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    order = {name: place for place, name in enumerate(json.loads(Path(os.environ[SELECTION]).read_bytes()))}
    dropped = [item for item in items if item.nodeid not in order]
    items[:] = sorted((item for item in items if item.nodeid in order), key=lambda item: order[item.nodeid])
    config.hook.pytest_deselected(items=dropped)
