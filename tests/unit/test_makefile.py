"""`make` makes .venv again when it is of another Python than the one that is asked for."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def a_python(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho Python {version}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """One that is set up with Python 3.12.4."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    a_python(tmp_path / "uv", "")
    a_python(tmp_path / ".venv" / "bin" / "python", "3.12.4")
    (tmp_path / ".venv" / ".ready").touch()
    return tmp_path


def begins_again(checkout: Path, *arguments: str, **environment: str) -> bool:
    """Whether `make` would remove .venv."""
    clean = {name: value for name, value in os.environ.items() if name not in {"PYTHON", "MAKEFLAGS", "MAKELEVEL"}}
    done = subprocess.run(
        ["make", "-n", "UV=./uv", *arguments, ".venv/.ready"],
        cwd=checkout,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ".venv/.ready" in done.stdout
    return "rm -rf .venv" in done.stdout


@pytest.mark.parametrize(("version", "again"), [("3.12.4", False), ("3.13.0", True), ("3.12.5", True)])
def test_a_python_that_is_named_is_the_one_that_is_used(version: str, again: bool, checkout: Path) -> None:
    named = str(a_python(checkout / "named", version))

    assert begins_again(checkout, f"PYTHON={named}") == again
    assert begins_again(checkout, PYTHON=named) == again


def test_without_a_named_python_the_one_of_the_venv_is_kept(checkout: Path) -> None:
    assert not begins_again(checkout)


def test_a_venv_whose_python_is_gone_is_made_again(checkout: Path) -> None:
    (checkout / ".venv" / "bin" / "python").unlink()

    assert begins_again(checkout)


def test_a_venv_that_is_not_there_is_made(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv")

    assert not begins_again(checkout)
