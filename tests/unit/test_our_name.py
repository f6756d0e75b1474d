"""Everything that we print or document installs our own package: `dogear` on the registry is another project's."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FOLDERS = ("bot", "adapters", "store", "deploy", "docs", ".ci")
FILES = sorted(
    path
    for place in (*FOLDERS, "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "pyproject.toml", "mkdocs.yml")
    for path in ((ROOT / place).rglob("*") if (ROOT / place).is_dir() else [ROOT / place])
    if path.is_file() and path.suffix not in {".png", ".pyc"}
)
INSTALLS = re.compile(
    r"(?:\bpip[\d.]* install|\bpipx (?:install|run)|\buv (?:tool |pip )?(?:install|add|run)|\buvx)\b([^\n`]*)"
)
OURS = re.compile(r"(?<![\w./-])dogear[\w.-]*", re.IGNORECASE)
WITH_EXTRAS = re.compile(r"\bdogear[\w-]*(?=\[)", re.IGNORECASE)
EXTRAS = re.compile(r"\bdogear-club\[([^\]]+)\]")


def installed(text: str) -> Iterator[str]:
    """Names that begin like ours and are installed by a command in the text, or are named with extras."""
    text = re.sub(r"\\\n\s*", " ", text)
    for arguments in INSTALLS.findall(text):
        yield from OURS.findall(arguments)
    yield from WITH_EXTRAS.findall(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("pip install dogear", ["dogear"]),
        ("Install it: python3 -m pip install --upgrade 'dogear[slack]'", ["dogear", "dogear"]),
        ("pip3 install \\\n    dogear==0.1.0", ["dogear"]),
        ("uv tool install Dogear", ["Dogear"]),
        ("pipx run dogear demo", ["dogear"]),
        ("uvx dogear-bot", ["dogear-bot"]),
        ("the extra `dogear[all]`", ["dogear"]),
        ("uv pip install 'dogear-club[all]'", ["dogear-club", "dogear-club"]),
        ("/opt/dogear/bin/pip install --no-deps dist/dogear_club-0.1.0-py3-none-any.whl", []),
        ("pip uninstall -y dogear", []),
    ],
)
def test_an_install_of_any_form_is_seen(text: str, names: list[str]) -> None:
    assert list(installed(text)) == names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_our_own_package_is_installed(path: Path) -> None:
    assert set(installed(path.read_text(encoding="utf-8"))) <= {PROJECT["name"]}


def test_every_extra_that_is_named_exists() -> None:
    texts = [path.read_text(encoding="utf-8") for path in FILES]
    named = {extra for text in texts for extras in EXTRAS.findall(text) for extra in extras.split(",")}

    assert {"postgres", "slack", "discord"} <= named
    assert named - set(PROJECT["optional-dependencies"]) <= {"{name}"}, "{name} is the platform's, each of which is one"
    assert {"slack", "discord"} <= set(PROJECT["optional-dependencies"])


def test_the_package_is_installed_by_the_name_of_the_project() -> None:
    assert metadata("dogear-club")["Name"] == PROJECT["name"] == "dogear-club"
