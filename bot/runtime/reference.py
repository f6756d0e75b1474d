"""The reference tables of the README, made from the declarations. A test fails while the README holds other ones.

Run `python -m bot.runtime.reference README.md` after a command or an option has changed (`make reference`).
"""

import sys
from pathlib import Path

from bot.chat.command import CommandSpec
from bot.commands.catalogue import CATALOGUE
from bot.domain.team import Role
from bot.runtime.settings import PREFIX, Settings


def command_table() -> str:
    """Every command with its parameters, what it does and who may use it."""
    rows = [f"| `/blog {_cell(spec.usage)}` | {_cell(spec.summary)} | {_who(spec)} |" for spec in CATALOGUE]
    return "\n".join(["| command | what it does | for |", "|---|---|---|", *rows])


def _who(spec: CommandSpec) -> str:
    return "everybody" if spec.role is Role.READER else f"{spec.role.word}s"


def option_table() -> str:
    """Every option of the host with its default."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_cell(field.description or '')} | {_default(field.default)} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| variable | what it is | default |", "|---|---|---|", *rows])


def _default(value: object) -> str:
    return f"`{value}`" if value else "none"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


TABLES = {"commands": command_table, "options": option_table}


def refreshed(text: str) -> str:
    """The text with every table between `<!-- name -->` and `<!-- /name -->` made anew."""
    for name, table in TABLES.items():
        end = f"<!-- /{name} -->"
        head, begin, after = text.partition(f"<!-- {name} -->\n")
        text = f"{head}{begin}{table()}\n{end}{after.partition(end)[2]}"
    return text


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        path.write_text(refreshed(path.read_text(encoding="utf-8")), encoding="utf-8")
