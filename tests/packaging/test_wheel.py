"""The wheel as a host installs it: in an environment of its own, used from another folder, without a checkout."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"
PINNED = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
COMMIT = "0a1b2c3"
LIST = "* [Alpha](https://example.org/alpha)\n"


class Installed:
    """A fresh environment that holds the wheel and what it depends on, and a folder to work in."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self._environment = folder / "environment"
        self._wheel = wheel
        self.here = folder / "elsewhere"
        self.here.mkdir()
        self._uv("venv", "--python", sys.executable, str(self._environment))

    def install(self, extras: str = "") -> None:
        """Install the wheel with versions and hashes of the lock."""
        python = str(self._environment / "bin" / "python")
        self._uv("pip", "install", "--python", python, "-c", str(LOCK), f"dogear-club{extras} @ {self._wheel.as_uri()}")

    def _uv(self, *arguments: str) -> None:
        uv = shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")
        cache = {"UV_CACHE_DIR": str(ROOT / ".uv" / "cache"), "UV_SYSTEM_CERTS": "true"}  # as the Makefile sets them
        subprocess.run([uv, *arguments, "-q"], check=True, cwd=self.here, env={**cache, **os.environ})

    def dogear(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("DOGEAR_", "PYTHON"))}
        return subprocess.run(
            [str(self._environment / "bin" / "dogear"), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=self.here,
            env={**environment, "DOGEAR_DATABASE": f"sqlite:///{self.here / 'club.db'}", **variables},
        )

    def packages(self) -> Iterator[Distribution]:
        (site,) = self._environment.glob("lib/python*/site-packages")
        return iter(distributions(path=[str(site)]))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, check=True, cwd=ROOT, capture_output=True, env={**os.environ, "COMMIT": COMMIT})
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def plain(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel without an extra."""
    installed = Installed(tmp_path_factory.mktemp("plain"), wheel)
    installed.install()
    return installed


@pytest.fixture(scope="module")
def full(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel with all extras."""
    installed = Installed(tmp_path_factory.mktemp("full"), wheel)
    installed.install("[all]")
    return installed


def test_the_wheel_holds_the_three_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    about = f"dogear_club-{VERSION}.dist-info"
    assert {name.partition("/")[0] for name in names} == {"bot", "adapters", "store", about}
    assert f"{about}/licenses/LICENSE" in names
    assert {"bot/sample/reading-list.md", "store/sql/migrations/env.py"} <= set(names)
    assert not [name for name in names if "__pycache__" in name]


def test_what_needs_no_platform_works_without_an_extra(plain: Installed) -> None:
    (plain.here / "reading.md").write_text(LIST, encoding="utf-8")

    version = plain.dogear("--version")
    checked = plain.dogear("check", "reading.md")
    migrated = plain.dogear("migrate", DOGEAR_DATABASE=f"sqlite:///{plain.here}/new.db")
    toured = plain.dogear("demo")
    asked = plain.dogear("healthcheck", DOGEAR_HEALTH_PORT="9")

    assert version.stdout == f"dogear {VERSION} ({COMMIT})\n"
    assert checked.stdout.startswith("reading.md: 1 link: 1 entry")
    assert "was created" in migrated.stdout
    assert "in the thread" in toured.stdout
    assert (asked.stdout.startswith("Nothing answers at "), asked.returncode) == (True, 1)
    assert [run.stderr for run in (version, checked, migrated, toured)] == [""] * 4
    assert [run.returncode for run in (version, checked, migrated, toured)] == [0] * 4


@pytest.mark.parametrize(
    ("arguments", "variables", "extra"),
    [
        (["run"], {"DOGEAR_SLACK_BOT_TOKEN": "xoxb-x", "DOGEAR_SLACK_APP_TOKEN": "xapp-x"}, "slack"),
        (["doctor", "slack"], {}, "slack"),
        (["run"], {"DOGEAR_DISCORD_TOKEN": "x"}, "discord"),
        (["invite", "discord"], {}, "discord"),
        (["migrate"], {"DOGEAR_DATABASE": "postgresql://dogear@localhost/dogear"}, "postgres"),
        (["team", "add", "ours", "--git", "https://git.example.org/ours.git", "--path", "list.md"], {}, "git"),
    ],
)
def test_a_missing_extra_is_named_in_one_line(
    plain: Installed, arguments: list[str], variables: dict[str, str], extra: str
) -> None:
    run = plain.dogear(*arguments, **variables)

    assert run.returncode == 2
    assert run.stderr.startswith("dogear: ")
    assert run.stderr.endswith(f"pip install 'dogear-club[{extra}]'\n")
    assert run.stderr.count("\n") == 1


def test_every_platform_is_there_with_all_extras(full: Installed) -> None:
    made = full.dogear("manifest", "slack")
    invited = full.dogear("invite", "discord", DOGEAR_DISCORD_TOKEN="MTIzNDU2Nzg5MDEyMzQ1Njc4.x.y")
    away = full.dogear("migrate", DOGEAR_DATABASE=f"postgresql://dogear@/dogear?host={full.here}")

    assert "display_information:" in made.stdout
    assert invited.stdout.startswith("https://discord.com/oauth2/authorize?client_id=123456789012345678")
    assert away.stderr.startswith("dogear: The database is away.")


def test_every_package_that_is_installed_is_pinned_by_the_lock(full: Installed) -> None:
    pinned = dict(PINNED.findall(LOCK.read_text(encoding="utf-8")))
    there = {_folded(package.name): package.version for package in full.packages() if package.name != "dogear-club"}

    assert there
    assert not {name: version for name, version in there.items() if pinned.get(name) != version}


def _folded(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
