"""The files of the project itself: its licence, the commit in its version, its templates, its checklist."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

import hatch_build
from bot.domain.delivery import State
from bot.runtime.metrics import Metrics
from tests.fakes.clock import FakeClock

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))


def git(folder: Path, *arguments: str) -> str:
    settings = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("COMMIT", raising=False)
    git(tmp_path, "init", "-q")
    (tmp_path / "file").write_text("one")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "One")
    git(tmp_path, "tag", "-a", "v1.0.0", "-m", "1.0.0")
    return tmp_path


def test_a_wheel_carries_the_commit_it_is_built_from(checkout: Path) -> None:
    head = git(checkout, "rev-parse", "--short", "HEAD")
    clean = hatch_build.commit(str(checkout))
    (checkout / "file").write_text("two")

    assert (clean, hatch_build.commit(str(checkout))) == (head, f"{head}-dirty")


def test_sources_inside_another_repository_have_no_commit(checkout: Path) -> None:
    unpacked = checkout / "unpacked"
    unpacked.mkdir()

    assert hatch_build.commit(str(unpacked)) == ""


def test_without_git_a_wheel_has_the_named_commit_or_none(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(checkout))
    alone = hatch_build.commit(str(checkout))
    monkeypatch.setenv("COMMIT", "0a1b2c3\n")

    assert (alone, hatch_build.commit(str(checkout))) == ("", "0a1b2c3")


def test_the_licence_is_named_as_its_text_is() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")

    assert text.startswith(f"{PROJECT['license']} License\n")
    assert f"the {PROJECT['authors'][0]['name'].removeprefix('the ')}\n" in text
    assert PROJECT["license-files"] == ["LICENSE"]


def test_the_runbook_installs_the_wheel_of_this_version() -> None:
    wheels = re.findall(r"dogear_club-([\w.]+)-py3", (ROOT / "deploy" / "README.md").read_text(encoding="utf-8"))

    assert set(wheels) == {PROJECT["version"]}


def test_the_image_gets_every_file_that_the_build_reads() -> None:
    copied = re.search(r"^COPY (pyproject.toml .+) \./$", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)
    assert copied is not None
    files = {"pyproject.toml", PROJECT["readme"], *PROJECT["license-files"], "hatch_build.py"}

    assert set(copied[1].split()) == files
    assert {f"!{file}" for file in files} <= set((ROOT / ".dockerignore").read_text().splitlines())


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.name)
def test_a_form_for_an_issue_has_what_its_host_needs(form: Path) -> None:
    read = yaml.safe_load(form.read_text(encoding="utf-8"))
    fields = [part for part in read["body"] if part["type"] != "markdown"]

    assert {"name", "description", "body"} <= read.keys()
    assert len({field["id"] for field in fields}) == len(fields) > 0
    assert all(field["attributes"]["label"] for field in fields)


def test_the_changelog_reads_newest_first_with_known_headings() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (.+)$", text, re.MULTILINE)
    parts = re.findall(r"^### (.+)$", text, re.MULTILINE)
    numbers = [tuple(map(int, version.split(" ")[0].split("."))) for version in versions if version != "Unreleased"]

    assert versions[0] == "Unreleased" or versions[0].startswith(PROJECT["version"])
    assert numbers == sorted(numbers, reverse=True)
    assert set(parts) <= {"Added", "Changed", "Fixed", "Removed", "Security"}


def test_every_figure_to_alert_on_is_served() -> None:
    served = Metrics(FakeClock())
    served.backed_up(0.0)
    names = set(re.findall(r"^# TYPE (dogear_\w+)", served.text(), re.MULTILINE))
    page = (ROOT / "docs" / "upkeep.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\bdogear_\w+", page))

    assert named
    assert named <= names
    assert set(re.findall(r'state="(\w+)"', page)) <= {state.value for state in State if not state.final}
