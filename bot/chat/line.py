r"""A typed line and the call it means, in both directions: parsing what was rendered gives the same call.

What stands between `name:` and the next blank is a value; a value with blanks or quotes stands in double quotes
with `\` before a quote or a backslash. Words left over go to the parameter that takes the rest, as they are.
"""

import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches

from bot.chat.command import Catalogue, CommandSpec, Param, Placement
from bot.domain.card import Call
from bot.domain.errors import BadUsage

_TOKEN = re.compile(r'(?:[^\s"\\]|\\.|"(?:[^"\\]|\\.)*"|\\$)+|(?P<open>")', re.DOTALL)
_WORD = re.compile(r"\S+")


def parse(catalogue: Catalogue, typed: str) -> Call:
    """The call that `typed` (without the command word itself) means.

    Raises BadUsage for an unknown command, an option or a word too many, or a quote that is not closed; whether
    required values are there and what they mean is for the dispatcher to say.
    """
    spec, rest = _spec_of(catalogue, typed.strip())
    if any(param.placement is Placement.REST for param in spec.params):
        return Call(path=spec.path, arguments=dict(_with_rest(spec, rest)))
    return Call(path=spec.path, arguments=dict(_without_rest(spec, rest)))


def render(catalogue: Catalogue, call: Call) -> str:
    """The line that `parse` reads as `call`; raises BadUsage if the catalogue has no such command or parameter."""
    spec = spec_of(catalogue, call.path)
    _refuse_unknown(spec, call)
    words = list(call.path)
    for param in sorted(spec.params, key=lambda param: param.placement is Placement.REST):
        value = call.arguments.get(param.name)
        if value is not None:
            words.append(_rendered(spec, param, value, call.arguments))
    return " ".join(words)


def spec_of(catalogue: Catalogue, path: tuple[str, ...]) -> CommandSpec:
    """The command of exactly this path; raises BadUsage."""
    for spec in catalogue:
        if spec.path == path:
            return spec
    raise _unknown(catalogue, " ".join(path))


def _spec_of(catalogue: Catalogue, typed: str) -> tuple[CommandSpec, str]:
    """The command that the line begins with (the longest path wins, a default may be left out) and what follows."""
    words = [(match[0].lower(), match.end()) for match in _WORD.finditer(typed)][: _deepest(catalogue)]
    for length in range(len(words), -1, -1):
        path = tuple(word for word, _ in words[:length])
        for spec in catalogue:
            if spec.path == path or (spec.default and spec.path[:-1] == path):
                _refuse_stray_word(catalogue, spec, path, typed)
                return spec, typed[words[length - 1][1] :] if length else typed
    raise _unknown(catalogue, typed)


def _deepest(catalogue: Catalogue) -> int:
    return max(len(spec.path) for spec in catalogue)


def _refuse_stray_word(catalogue: Catalogue, spec: CommandSpec, path: tuple[str, ...], typed: str) -> None:
    """After a default that was left out a plain word is a mistyped command; `#name` and `name:value` are arguments."""
    following = _WORD.findall(typed)[len(path) :]
    if spec.path != path and following and not following[0].startswith("#") and ":" not in following[0]:
        raise _unknown(catalogue, typed)


def _unknown(catalogue: Catalogue, typed: str) -> BadUsage:
    words = typed.lower().split()
    groups = {spec.path[0] for spec in catalogue if len(spec.path) > 1}
    meant = " ".join(words[:2] if words[0] in groups else words[:1])
    tries = [meant, " ".join(words[:2])]
    names = [spec.name for spec in catalogue]
    near = [name for attempt in tries for name in get_close_matches(attempt, names, n=1, cutoff=0.6)]
    hint = f"Did you mean “{near[0]}”? “help” lists every command." if near else "“help” lists every command."
    return BadUsage(f"There is no command “{meant}”.", hint=hint)


def _with_rest(spec: CommandSpec, typed: str) -> Iterator[tuple[str, str]]:
    """Named values may stand anywhere among the words; a backslash before `name:` keeps it a word."""
    named = {param.name for param in spec.params if param.placement is Placement.NAMED}
    rest = next(param for param in spec.params if param.placement is Placement.REST)
    option = re.compile(rf"(\\*)({'|'.join(map(re.escape, named))}):(.*)", re.DOTALL) if named else None
    words = []
    for word in _WORD.findall(typed):
        match = option.fullmatch(word) if option else None
        if match and not match[1]:
            yield match[2], match[3]
        else:
            words.append(word[1:] if match else word)
    if words:
        yield rest.name, " ".join(words)


def _without_rest(spec: CommandSpec, typed: str) -> Iterator[tuple[str, str]]:
    positions = [param.name for param in spec.params if param.placement is Placement.POSITION]
    named = {param.name for param in spec.params}
    for token in _tokens(spec, typed):
        name, colon, value = token.partition(":")
        if colon and name.lower() in named:
            positions = [position for position in positions if position != name.lower()]
            yield name.lower(), _unquoted(value)
        elif positions:
            yield positions.pop(0), _unquoted(token)
        else:
            raise BadUsage(f"“{_unquoted(token)}” is more than “{spec.name}” takes.", hint=f"Usage: {spec.usage}")


def _tokens(spec: CommandSpec, typed: str) -> Iterator[str]:
    for match in _TOKEN.finditer(typed):
        if match["open"]:
            raise BadUsage("A quote is not closed.", hint=f"Usage: {spec.usage}")
        yield match[0]


def _unquoted(token: str) -> str:
    return re.sub(r'\\(.)|"|\\$', lambda match: match[1] or "", token, flags=re.DOTALL)


def _rendered(spec: CommandSpec, param: Param, value: str, given: Collection[str]) -> str:
    if param.placement is Placement.REST:
        named = "|".join(re.escape(other.name) for other in spec.params if other.placement is Placement.NAMED)
        words = value.split()
        return " ".join(re.sub(rf"^(\\*(?:{named}):)", r"\\\1", word) if named else word for word in words)
    takes_rest = any(other.placement is Placement.REST for other in spec.params)
    shown = value if takes_rest or _stands_bare(spec, value) else _quoted(value)
    return f"{param.name}:{shown}" if _by_name(spec, param, given) else shown


def _stands_bare(spec: CommandSpec, value: str) -> bool:
    """Whether the value can stand without quotes and is not taken for `name:value`."""
    names = {param.name for param in spec.params}
    return bool(re.fullmatch(r'[^\s"\\]+', value)) and value.partition(":")[0].lower() not in names


def _by_name(spec: CommandSpec, param: Param, given: Collection[str]) -> bool:
    """A value stands in its place only if every place before it is taken."""
    positions = [other.name for other in spec.params if other.placement is Placement.POSITION]
    return param.name not in positions or any(name not in given for name in positions[: positions.index(param.name)])


def _quoted(value: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'


def _refuse_unknown(spec: CommandSpec, call: Call) -> None:
    unknown = set(call.arguments) - {param.name for param in spec.params}
    if unknown:
        raise BadUsage(f"“{spec.name}” has no option “{min(unknown)}”.", hint=f"Usage: {spec.usage}")
