"""What the generator of the site does beside reading pages: the runbook and the address of the repository are elsewhere."""

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|#)([^)]+)\)")


def on_config(config: Any) -> Any:
    """The address of the repository, which is in pyproject.toml only."""
    config.repo_url = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"][
        "Repository"
    ]
    config.repo_name = "Source"
    return config


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    if page.file.src_uri == "running.md":
        return LINK.sub(_site_link, (ROOT / "deploy" / "README.md").read_text(encoding="utf-8"))
    return markdown


def _site_link(found: re.Match[str]) -> str:
    """A page of the site as a link to it, any other file by its name in the repository."""
    text, target = found.groups()
    if target.startswith("../docs/"):
        return f"[{text}]({target.removeprefix('../docs/')})"
    return f"`deploy/{target}`"
