"""Writes third-party.md: what an installation is made of, and what builds, tests, documents and lints it,
from the metadata of what is installed here.

`make licences` runs it after `make lock`; a test that needs no network holds the page against the locks.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
PINNED = re.compile(r"^([\w.-]+)==([^\s;]+)(?: ; ([^\\]+?))? *\\?$", re.MULTILINE)
ELSEWHERE = {
    "audioop-lts": "PSF-2.0",
    "colorama": "BSD-3-Clause",
    "httpx2-jsfetch": "BSD-3-Clause",
    "pywin32": "PSF-2.0",
}
"""Licences of what is installed on other machines than those this is run on, as their own metadata says there."""
WORDS = {
    "Apache": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
INSTALLED = ("deploy/requirements.lock", ".venv")
TOOLS = {
    "semantic": ("deploy/semantic.lock", ".venv"),
    "tests": ("requirements.lock", ".venv"),
    "site": ("docs/requirements.lock", ".docs"),
    "deploy/": ("deploy/lint.lock", ".lint"),
}
"""What each lock is for, and the environment that it is installed in."""
PAGE = """# Dependencies

Each package is pinned by version and hash. The licences are those that the packages declare. `make licences` writes this page.

## Installed packages

An installation with the extra `all`, from `deploy/requirements.lock`.

| package | version | licence | only |
|---|---|---|---|
{installed}

## Other packages

Most installations do not have these. `semantic` are those with the extra for
[searching by meaning](searching-by-meaning.md), in `deploy/semantic.lock`; `tests` are in `requirements.lock`, `site` in `docs/requirements.lock`, `deploy/` in
`deploy/lint.lock`.

| package | version | licence | for | only |
|---|---|---|---|---|
{tools}
"""


def page() -> str:
    installed = {(name, version): f"{licence} | {only}" for name, version, licence, only in licences(*INSTALLED)}
    tools: dict[tuple[str, str], tuple[str, list[str], str]] = {}
    for what, lock in TOOLS.items():
        for name, version, licence, only in licences(*lock):
            if (name, version) not in installed:
                tools.setdefault((name, version), (licence, [], only))[1].append(what)
    return PAGE.format(
        installed="\n".join(f"| {name} | {version} | {rest} |" for (name, version), rest in installed.items()),
        tools="\n".join(
            f"| {name} | {version} | {licence} | {', '.join(whats)} | {only} |"
            for (name, version), (licence, whats, only) in sorted(tools.items())
        ),
    )


def licences(lock: str, environment: str) -> Iterator[tuple[str, str, str, str]]:
    """Name, version, licence, and on which machines alone, of every package of the lock."""
    (packages,) = (ROOT / environment).glob("lib/python*/site-packages")
    here = {folded(found.name): found for found in distributions(path=[str(packages)])}
    for name, version, marker in PINNED.findall((ROOT / lock).read_text(encoding="utf-8")):
        found = here.get(folded(name))
        yield name, version, licence_of(found) if found else ELSEWHERE[name], marker.replace("|", "/").strip()


def folded(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(found: Distribution) -> str:
    """The expression of the metadata, else its classifiers, else its short text, else its licence file."""
    told = found.metadata
    classifiers = [
        line.rsplit(" :: ", 1)[-1] for line in told.get_all("Classifier") or () if line.startswith("License")
    ]
    short = (told.get("License") or "").strip()
    known = " OR ".join(WORDS[word] for word in classifiers if word in WORDS)
    licence = (
        told.get("License-Expression")
        or known
        or (WORDS.get(short, short) if short and "\n" not in short else by_file(found))
    )
    if not licence:
        sys.exit(f"{found.name} declares no licence: look it up and add it by hand")
    return str(licence)


def by_file(found: Distribution) -> str:
    texts = [file.read_text() for file in found.files or () if "licen" in file.name.lower()]
    return next((name for text in texts for words, name in WORDS.items() if text.lstrip().startswith(words)), "")


if __name__ == "__main__":
    (ROOT / "docs" / "third-party.md").write_text(page(), encoding="utf-8")
