"""Writes third-party.md: what an installation with all extras is made of, from the metadata of what is installed here.

`make licences` runs it after `make lock`; a test that needs no network holds the page against the lock.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
PINNED = re.compile(r"^([\w.-]+)==([^\s;]+)(?: ; ([^\\]+?))? *\\?$", re.MULTILINE)
ELSEWHERE = {"audioop-lts": "PSF-2.0", "colorama": "BSD-3-Clause"}
"""Licences of what is installed on other machines than those this is run on, as their own metadata says there."""
WORDS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
HEAD = """# What it is made of

Every package that an installation with all extras brings, with its licence as the package itself tells it. Each is pinned by
version and hash in `deploy/requirements.lock`. The page is made by `make licences`.

| package | version | licence | only |
|---|---|---|---|
"""


def rows() -> Iterator[str]:
    here = {folded(found.name): found for found in distributions()}
    for name, version, marker in PINNED.findall((ROOT / "deploy" / "requirements.lock").read_text(encoding="utf-8")):
        found = here.get(folded(name))
        licence = licence_of(found) if found else ELSEWHERE[name]
        yield f"| {name} | {version} | {licence} | {marker.replace('|', '/').strip()} |"


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
    licence = told.get("License-Expression") or known or (short if short and "\n" not in short else by_file(found))
    if not licence:
        sys.exit(f"{found.name} does not tell its licence: look, and add it by hand")
    return str(licence)


def by_file(found: Distribution) -> str:
    texts = [file.read_text() for file in found.files or () if "licen" in file.name.lower()]
    return next((name for text in texts for words, name in WORDS.items() if text.lstrip().startswith(words)), "")


if __name__ == "__main__":
    (ROOT / "docs" / "third-party.md").write_text(HEAD + "\n".join(rows()) + "\n", encoding="utf-8")
