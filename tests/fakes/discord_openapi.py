"""Discord's own description of its interface, if `DISCORD_OPENAPI` names the file: every body that is sent must fit it.

Without the file nothing is checked: the ordinary suite needs nothing that is not in the repository.
"""

import json
import os
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_PATH = "DISCORD_OPENAPI"
_BASE = "urn:discord"


def check(bodies: Iterable[tuple[str, str, Any]]) -> None:
    """Fail on the first (method, path, body) that does not fit the description."""
    if not os.environ.get(_PATH):
        return
    for method, path, body in bodies:
        found = _validator(method.lower(), _template(method.lower(), path.split("?")[0]))
        problem = next(iter(found.iter_errors(json.loads(json.dumps(body)))), None)
        assert problem is None, f"{method} {path}: {_deepest(problem)}"


@cache
def _described() -> dict[str, Any]:
    description: dict[str, Any] = json.loads(Path(os.environ[_PATH]).read_text(encoding="utf-8"))
    return description


@cache
def _validator(method: str, template: str) -> Draft202012Validator:
    operation = _described()["paths"][template][method]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    registry: Any = Registry().with_resource(
        _BASE, Resource.from_contents(_described(), default_specification=DRAFT202012)
    )
    pointed = json.loads(json.dumps(schema).replace('"#/', f'"{_BASE}#/'))
    return Draft202012Validator(pointed, registry=registry)


@cache
def _template(method: str, path: str) -> str:
    """The path as the description has it; the one with the fewest placeholders if several fit."""
    fitting: list[str] = [
        template
        for template, operations in _described()["paths"].items()
        if method in operations and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path)
    ]
    assert fitting, f"Discord describes no {method} {path}"
    return min(fitting, key=lambda template: template.count("{"))


def _deepest(problem: Any) -> str:
    """Where exactly it does not fit: the innermost of the alternatives that went furthest."""
    while problem.context:
        problem = max(problem.context, key=lambda one: len(one.absolute_path))
    return f"{'/'.join(map(str, problem.absolute_path))}: {problem.message[:300]}"
