"""Puts random small faults into the product, one at a time, and tells which of them the tests catch.

`python -m tests.mutants SEED MUTANTS [ONLY…]`: ONLY is the start of a path, or of `path:line`. The working tree is not
touched: all happens in a copy. The first run records which lines each test runs; that takes as long as the whole suite.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from random import Random  # noqa: TID251 -- by a seed, so the same in every run
from typing import NoReturn

import pytest

from tests.mutants.gather import FOLDER
from tests.mutants.mutate import Mutant, mutants
from tests.mutants.records import Recorded, chosen, is_recorded, recorded
from tests.mutants.select import SELECTION

BAR = 93.0
"""Percent of the mutants that the tests must catch."""
LIMIT = 60.0
"""Seconds that the tests of one mutant may take, as recorded."""
MODULES = (
    "bot/domain/",
    "bot/service/",
    "bot/commands/",
    "bot/runtime/worker.py",
    "bot/runtime/pacer.py",
    "store/lists/",
    "store/sql/",
    "adapters/slack/",
    "adapters/discord/",
)
LEFT_OUT = ("store/sql/migrations/",)
"""A released revision never changes, and the tests of the schema compare what all of them make with the tables."""
TESTS = ("tests/unit", "tests/property", "tests/slack", "tests/scenario", "tests/contract")

LIBRARIES = (
    "aiohttp",
    "alembic.command",
    "alembic.autogenerate",
    "discord",
    "discord.ext",
    "prompt_toolkit",
    "psycopg",
    "pydantic_settings",
    "rich.markdown",
    "slack_bolt.async_app",
    "slack_sdk.web.async_client",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "structlog",
    "typer",
)
"""What the tests import; imported once."""

BROKEN = 70
"""The exit status of a child that failed before pytest ran."""

ROOT = Path(__file__).parents[2]
RECORDS = ROOT / ".mutants"


@dataclass(frozen=True, slots=True)
class Verdict:
    killed: bool
    by: str
    """The test that failed, or how many tests did not."""


def main(arguments: Sequence[str]) -> int:
    seed, number, only = arguments[0], int(arguments[1]), arguments[2:]
    with _copied_tree() as tree:
        test_files = sorted(
            path.relative_to(tree).as_posix() for part in TESTS for path in tree.glob(f"{part}/**/test_*.py")
        )
        _record(tree, [name for name in test_files if not is_recorded(RECORDS, tree, name)])
        tests = recorded(RECORDS, tree, test_files)
        drawn = _drawn(tree, seed, number, only)
        _import_libraries()
        began, survivors = time.monotonic(), []
        for count, (module, mutant) in enumerate(drawn, start=1):
            verdict = _tried(tree, module, mutant, tests)
            line = f"{count}/{len(drawn)} {_shown(tree, module, mutant)}: {verdict.by}"
            _say(f"{'killed  ' if verdict.killed else 'SURVIVED'} {line}")
            if not verdict.killed:
                survivors.append(line)
    killed = len(drawn) - len(survivors)
    share = 100 * killed / max(1, len(drawn))
    _say("", *survivors)
    _say(f"seed {seed}: {killed} of {len(drawn)} mutants killed, {share:.1f} %, in {time.monotonic() - began:.0f} s")
    return 0 if drawn and share >= BAR else 1


@contextmanager
def _copied_tree() -> Iterator[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    with tempfile.TemporaryDirectory(prefix="dogear-mutants-", ignore_cleanup_errors=True) as folder:
        tree = Path(folder).resolve()
        for name in listed.stdout.decode().split("\0"):
            if name and (ROOT / name).is_file():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, tree / name)
        (tree / ".venv").symlink_to(ROOT / ".venv")
        yield tree


def _record(tree: Path, test_files: Sequence[str]) -> None:
    if test_files:
        _say(f"recording the lines that the tests of {len(test_files)} files run")
        RECORDS.mkdir(exist_ok=True)
        arguments = ["-m", "pytest", "-n", "2", "--dist", "loadfile", "-p", "tests.mutants.gather", *test_files]
        environment = {**os.environ, "PYTHONPATH": str(tree), FOLDER: str(RECORDS)}
        ran = subprocess.run([sys.executable, *arguments], cwd=tree, env=environment, check=False)
        if ran.returncode not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
            sys.exit("The tests did not run to their end, so it is not known which lines they run. Try again.")


def _drawn(tree: Path, seed: str, number: int, only: Sequence[str]) -> list[tuple[str, Mutant]]:
    """Each line that can be mutated is as likely as any other, and each mutant of a line."""
    lines: dict[tuple[str, int], list[Mutant]] = {}
    for path in sorted(tree.rglob("*.py")):
        module = path.relative_to(tree).as_posix()
        asked = not only or any(f"{module}:".startswith(part.split(":")[0]) for part in only)
        if not asked or module.startswith(LEFT_OUT) or not module.startswith(MODULES):
            continue
        for mutant in mutants(path.read_bytes()):
            if not only or f"{module}:{mutant.line}:".startswith(tuple(only)):
                lines.setdefault((module, mutant.line), []).append(mutant)
    chance = Random(seed)
    drawn: list[tuple[str, Mutant]] = []
    for module, line in chance.sample(sorted(lines), len(lines)):
        if len(drawn) == number:
            break
        source = (tree / module).read_bytes()
        compiling = [one for one in lines[module, line] if one.compiles(source)]
        if compiling:
            drawn.append((module, chance.choice(compiling)))
    return sorted(drawn, key=lambda one: (one[0], one[1].line))


def _import_libraries() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in LIBRARIES:
            import_module(name)


def _tried(tree: Path, module: str, mutant: Mutant, tests: Sequence[Recorded]) -> Verdict:
    path = tree / module
    source = path.read_bytes()
    selected = chosen(tests, module, source, mutant.line, LIMIT)
    if not selected:
        return Verdict(killed=False, by="no test runs this line")
    selection = tree.with_name(tree.name + ".json")
    selection.write_text(json.dumps([test.id for test in selected]))
    try:
        _write(path, mutant.apply(source))
        return _run(tree, selection, selected)
    finally:
        _write(path, source)
        selection.unlink()


def _write(path: Path, source: bytes) -> None:
    """A cached module of the same size and second would be used in place of what is written."""
    for cached in path.parent.glob(f"__pycache__/{path.stem}.*"):
        cached.unlink()
    path.write_bytes(source)


def _run(tree: Path, selection: Path, selected: Sequence[Recorded]) -> Verdict:
    """In a fork of this process, which has imported what is not ours: that takes longer than most tests."""
    files = sorted({test.file for test in selected})
    printed = selection.with_suffix(".txt")
    timeout = 60 + 3 * sum(test.seconds for test in selected)
    child = os.fork()
    if not child:
        _be_pytest(tree, printed, ["-x", "-rfE", "-p", "tests.mutants.select", *files], {SELECTION: str(selection)})
    status = _ended(child, timeout)
    if status is None:
        return Verdict(killed=True, by=f"no end within {timeout:.0f} s")
    if status in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        return Verdict(killed=False, by=f"{len(selected)} tests pass")
    said = printed.read_text(encoding="utf-8", errors="replace")
    if "ImportError while loading conftest" in said:
        return Verdict(killed=True, by="the product cannot be imported")
    if status in {BROKEN, pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR}:
        sys.exit(f"The tests could not be run:\n{said}")
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", said, re.MULTILINE)
    return Verdict(killed=True, by=failed[1] if failed else f"exit status {status}")


def _be_pytest(tree: Path, printed: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """In a session of its own, so that its servers can be ended with it; our modules are those of the copied tree."""
    status = BROKEN
    try:
        os.setsid()
        os.chdir(tree)
        os.environ.update(environment, PYTHONPATH=str(tree))
        out = os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for descriptor in (1, 2):
            os.dup2(out, descriptor)
        sys.path[:] = [str(tree), *(path for path in sys.path if Path(path).resolve() != ROOT)]
        for name in [name for name in sys.modules if name.split(".")[0] == "tests"]:
            del sys.modules[name]
        status = pytest.main(["-n", "0", "--tb=no", *arguments])
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(status)


def _ended(child: int, timeout: float) -> int | None:
    """The exit status; None if it had to be ended."""
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _shown(tree: Path, module: str, mutant: Mutant) -> str:
    source = (tree / module).read_bytes()[mutant.start : mutant.end].decode()
    old, new = (" ".join(text.split())[:120] for text in (source, mutant.new))
    return f"{module}:{mutant.line} {mutant.kind}: {old} → {new}"


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)  # noqa: T201 -- what it prints is its answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
