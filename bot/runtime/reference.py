"""The generated parts of the documentation, made from declarations. A test fails if a file is out of date.

`make reference` updates every file after a command or an option has changed.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.chat.command import CommandSpec
from bot.commands.catalogue import CATALOGUE
from bot.domain.team import Role
from bot.runtime.settings import PREFIX, Settings


def command_table() -> str:
    """Every command with its parameters, its summary and who may use it."""
    rows = [f"| `/blog {_cell(spec.usage)}` | {_cell(spec.summary)} | {_who(spec)} |" for spec in CATALOGUE]
    return "\n".join(["| command | what it does | for |", "|---|---|---|", *rows])


def _who(spec: CommandSpec) -> str:
    return "everybody" if spec.role is Role.READER else f"{spec.role.word}s"


def option_table() -> str:
    """Every option with its default."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_cell(field.description or '')} | {_default(field.default)} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| variable | what it is | default |", "|---|---|---|", *rows])


def _default(value: object) -> str:
    return f"`{value}`" if value else "none"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def line_table() -> str:
    """Every command of the command line with its arguments."""
    import typer

    from bot.runtime.cli import app

    rows = [f"| `{usage}` | {_cell(text)} |" for usage, text in _lines("dogear", typer.main.get_command(app))]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


def _lines(path: str, command: Any) -> Iterator[tuple[str, str]]:
    for name, inner in getattr(command, "commands", {}).items():
        if hasattr(inner, "commands"):
            yield from _lines(f"{path} {name}", inner)
        else:
            parts = [part for parameter in inner.params for part in _part(parameter)]
            yield " ".join([f"{path} {name}", *parts]), " ".join((inner.help or "").split())


def _part(parameter: Any) -> Iterator[str]:
    if parameter.param_type_name == "argument":
        yield parameter.metavar or parameter.name.upper()
    elif not parameter.hidden:
        name = parameter.opts[0]
        part = name if parameter.is_flag else f"{name} {name.strip('-').upper()}"
        yield part if parameter.required else f"[{part}]"


def env_example() -> str:
    """Every option as a file of variables, each commented out and explained."""
    options = [
        f"# {_sentence(field.description or '')}\n#{PREFIX}{name.upper()}={_value(field.default)}"
        for name, field in Settings.model_fields.items()
    ]
    head = (
        "# Every option with its default, made from the declarations by `make reference`. Take the # away where you set one.\n"
        "# NAME_FILE in place of NAME names a file that holds the value, which is the better place for a secret.\n"
    )
    return "\n\n".join([head.rstrip(), *options]) + "\n"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('…') else '.'}"


def _value(default: object) -> str:
    return str(default) if isinstance(default, int | str) else ""


TABLES = {"commands": command_table, "options": option_table, "lines": line_table}


def refreshed(text: str) -> str:
    """The text with everything between `<!-- name -->` and `<!-- /name -->` generated again."""
    for name, table in TABLES.items():
        end = f"<!-- /{name} -->"
        head, begin, after = text.partition(f"<!-- {name} -->\n")
        if begin:
            text = f"{head}{begin}{table()}\n{end}{after.partition(end)[2]}"
    return text


def fresh(path: Path) -> str:
    """The current content for the file."""
    return env_example() if path.name == "env.example" else refreshed(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        path.write_text(fresh(path), encoding="utf-8")
