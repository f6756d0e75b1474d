"""Puts the commit into a wheel that is built from a git checkout, for `dogear --version`.

COMMIT in the environment names it where there is no repository, as in the image. Without either the wheel has no commit.
"""

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def commit(root: str) -> str:
    """The short commit of this checkout, with `-dirty` after a change that is not committed; empty if unknown."""
    if named := os.environ.get("COMMIT", "").strip():
        return named
    if not Path(root, ".git").exists():  # unpacked sources may be within the repository of something else
        return ""
    describe = ["git", "-C", root, "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(describe, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return ""


class CommitHook(BuildHookInterface[Any]):
    """Adds `bot/commit.txt` to the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the commit to a temporary file. An editable installation has none, because its code changes."""
        found = commit(self.root)
        if version == "standard" and found:
            self._folder = TemporaryDirectory()
            file = Path(self._folder.name, "commit.txt")
            file.write_text(f"{found}\n", encoding="ascii")
            build_data["force_include"][str(file)] = "bot/commit.txt"
