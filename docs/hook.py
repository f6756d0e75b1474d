"""What the generator of the site does beside reading pages: the runbook, the version, the address of the repository and
the day on which a page last changed are elsewhere.
"""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|#)([^)]+)\)")


def on_config(config: Any) -> Any:
    """The address of the repository and the version, which are in pyproject.toml only."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    config.repo_url, config.repo_name = project["urls"]["Repository"], "Source"
    config.copyright = f"The documentation of Dogear {project['version']}"
    return config


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    source = ROOT / "docs" / page.file.src_uri
    if page.file.src_uri == "running.md":
        source = ROOT / "deploy" / "README.md"
        markdown = LINK.sub(_site_link, source.read_text(encoding="utf-8"))
    if day := _last_changed(source):
        page.meta["git_revision_date_localized"] = day  # where the theme looks for it
    return markdown


def _last_changed(source: Path) -> str:
    """The day of the last commit that changed the file; nothing outside a clone."""
    command = ("git", "log", "-1", "--format=%cd", "--date=format:%-d %B %Y", "--", str(source))
    try:
        said = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=20)  # noqa: S603
    except OSError:
        return ""
    return said.stdout.strip()


def _site_link(found: re.Match[str]) -> str:
    """A page of the site as a link to it, any other file by its name in the repository."""
    text, target = found.groups()
    if target.startswith("../docs/"):
        return f"[{text}]({target.removeprefix('../docs/')})"
    return f"`deploy/{target}`"
