"""A pytest plugin that records which lines of the product each test runs, one JSON file per test file.

A test file is recorded as soon as its last test has ended, so a run that is interrupted goes on where it stopped. With
xdist each of its processes measures its own tests, and needs all tests of a file: `--dist loadfile`.
"""

import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage, CoverageData

from tests.mutants.records import marks, record_of

FOLDER = "MUTANTS_FOLDER"
"""The environment variable that names the folder for the records."""
SOURCES = ("bot", "store", "adapters")

_CONTEXT = "MUTANTS_CONTEXT"
_CHILD = """[run]
parallel = true
data_file = {folder}/children/data
source = {sources}
context = ${{{context}}}
"""


class Gather:
    """Switches the context of a coverage measurement with every test."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._root = root
        self._folder = folder
        own = folder / os.environ.get("PYTEST_XDIST_WORKER", "alone")
        shutil.rmtree(own, ignore_errors=True)  # what a run left that was ended
        self._children = own / "children"
        self._children.mkdir(parents=True, exist_ok=True)
        self._tests: dict[str, dict[str, Any]] = {}
        self._marks: dict[str, list[tuple[int, int]]] = {}
        sources = [str(root / name) for name in SOURCES]
        settings = own / "child.ini"
        settings.write_text(_CHILD.format(folder=own, sources=",".join(sources), context=_CONTEXT))
        os.environ["COVERAGE_PROCESS_START"] = str(settings)
        os.environ["COVERAGE_CORE"] = "ctrace"  # the others cannot switch contexts
        self._coverage = Coverage(data_file=str(own / "data"), config_file=False, source=sources)
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
        os.environ[_CONTEXT] = item.nodeid
        self._coverage.switch_context(item.nodeid)
        began = time.perf_counter()
        test = self._tests[item.nodeid] = {"postgres": needs_postgres(item), "passed": True, "ran": {}}
        ended = yield
        test["seconds"] = round(time.perf_counter() - began, 3)
        if nextitem is None or nextitem.path != item.path:
            self._coverage.switch_context("between")
            self._record(item.path)
        return ended

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self._tests[report.nodeid]["passed"] = False

    def _record(self, path: Path) -> None:
        name = path.relative_to(self._root).as_posix()
        self._collect(self._coverage.get_data(), re.escape(name))
        for part in self._children.iterdir():
            data = CoverageData(str(part))
            data.read()
            self._collect(data, re.escape(name))
            data.close()
            part.unlink()
        for test in self._tests.values():
            test["ran"] = {module: sorted(ran) for module, ran in test["ran"].items()}
        record = {"hash": sha256(path.read_bytes()).hexdigest(), "tests": self._tests}
        record_of(self._folder, name).write_text(json.dumps(record), encoding="utf-8")
        self._tests = {}

    def _collect(self, data: CoverageData, name: str) -> None:
        data.set_query_contexts([name])
        for file in data.measured_files():
            if not file.endswith(".py"):  # a template of a page: its code has the template's name
                continue
            module = Path(file).relative_to(self._root).as_posix()
            lines = self._marks.get(module) or self._marks.setdefault(module, marks(Path(file).read_bytes()))
            for line, tests in data.contexts_by_lineno(file).items():
                for test in self._tests.keys() & set(tests):
                    self._tests[test]["ran"].setdefault(module, set()).update(lines[line])


def needs_postgres(item: pytest.Item) -> bool:
    return "[postgresql" in item.nodeid or "postgres" in getattr(item, "fixturenames", ())


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or not config.getoption("numprocesses"):
        config.pluginmanager.register(Gather(config.rootpath, Path(os.environ[FOLDER])))
