"""The generated parts of the documentation, made from declarations. A test fails if a file is out of date.

`make reference` updates every file after a command or an option has changed.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from bot.commands.catalogue import CATALOGUE
from bot.domain.team import Role
from bot.runtime.settings import PREFIX, Settings

Item: TypeAlias = tuple[str, str]
"""What is typed or set, and what it is."""


def commands() -> Iterator[Item]:
    """Every command with its parameters, its summary and, if not everybody may use it, who may."""
    for spec in CATALOGUE:
        who = "" if spec.role is Role.READER else f" For {spec.role.word}s."
        yield f"/blog {spec.usage}", f"{spec.summary}{who}"


def options() -> Iterator[Item]:
    """Every option with its default."""
    for name, field in Settings.model_fields.items():
        default = f" Default: `{field.default}`." if field.default else ""
        yield f"{PREFIX}{name.upper()}", f"{_sentence(field.description or '')}{default}"


def lines() -> Iterator[Item]:
    """Every command of the command line with its arguments."""
    import typer

    from bot.runtime.cli import app

    return _lines("dogear", typer.main.get_command(app))


def bullets(items: Iterable[Item]) -> str:
    """As a list, which every reader of Markdown shows."""
    return "\n".join(f"- `{term}`: {text}" for term, text in items)


def definitions(items: Iterable[Item]) -> str:
    """As a definition list, which the site shows well on a narrow screen."""
    return "\n\n".join(f"`{term}`\n:   {text}" for term, text in items)


def _lines(path: str, command: Any) -> Iterator[tuple[str, str]]:
    for name, inner in getattr(command, "commands", {}).items():
        if hasattr(inner, "commands"):
            yield from _lines(f"{path} {name}", inner)
        else:
            parts = [part for parameter in inner.params for part in _part(parameter)]
            yield " ".join([f"{path} {name}", *parts]), " ".join((inner.help or "").split())


def _part(parameter: Any) -> Iterator[str]:
    if parameter.param_type_name == "argument":
        part = parameter.metavar or parameter.name.upper()
        yield part if parameter.required else f"[{part.strip('[]')}]"
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


PARTS = {"commands": commands, "options": options, "lines": lines}


def refreshed(text: str, written: Callable[[Iterable[Item]], str]) -> str:
    """The text with everything between `<!-- name -->` and `<!-- /name -->` generated again."""
    for name, items in PARTS.items():
        end = f"<!-- /{name} -->"
        head, begin, after = text.partition(f"<!-- {name} -->\n")
        if begin:
            text = f"{head}{begin}\n{written(items())}\n\n{end}{after.partition(end)[2]}"
    return text


def fresh(path: Path) -> str:
    """The current content for the file."""
    if path.name == "env.example":
        return env_example()
    return refreshed(path.read_text(encoding="utf-8"), bullets if path.name == "README.md" else definitions)


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        path.write_text(fresh(path), encoding="utf-8")
