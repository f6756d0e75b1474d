r"""A typed line and the call it means, in both directions: parsing what was rendered gives the same call.

The value of `name:` ends at the next blank. A value with blanks or quotes is written in double quotes, with `\` before
a quote or a backslash. The remaining words go to the parameter that takes the rest, unchanged.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches
from itertools import islice
from operator import attrgetter

from bot.chat.command import Catalogue, CommandSpec, Param, Placement
from bot.domain.card import Call
from bot.domain.errors import BadUsage
from bot.domain.ids import EntryNumber
from bot.domain.text import folded
from bot.domain.url import is_web
from bot.domain.value import Kind, entry_names, is_entry_name, words_meant, words_taken

_TOKEN = re.compile(r'(?:[^\s"\\“„«]|\\.|"(?:[^"\\]|\\.)*"|[“„«][^"“”„«»]*[”“»]|[“„«]|\\$)+|(?P<open>")', re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|[“„«]([^"“”„«»]*)[”“»]|\\(.)|"|\\$', re.DOTALL)
"""Text in straight quotes, in curly quotes as phones write them, or after a backslash."""
_WORD = re.compile(r"\S+")
_PATH = attrgetter("path")
_SLIP = 0.8
"""From this likeness on the first word of a message is a mistyped command rather than something to search for."""
_ALIKE = 0.6
"""The minimum similarity (0 to 1) at which a command is suggested for a mistyped one."""


def parse(catalogue: Catalogue, typed: str) -> Call:
    """The call that `typed` (without the command word itself) means.

    Raises BadUsage for an unknown command, an unexpected option or word, or an unclosed quote. The dispatcher checks
    the values and whether required ones are there.
    """
    spec, rest = _spec_of(catalogue, typed.strip())
    if any(param.placement is Placement.REST for param in spec.params):
        return Call(path=spec.path, arguments=dict(_with_rest(spec, rest)))
    return Call(path=spec.path, arguments=_without_rest(spec, rest))


_GREETINGS = frozenset(
    [
        "hi",
        "hello",
        "hey",
        "yo",
        "hola",
        "hallo",
        "moin",
        "salut",
        "bonjour",
        "ciao",
        "ola",
        "oi",
        "namaste",
        "привет",
        "здравствуйте",
        "你好",
        "こんにちは",
        "thanks",
        "help",
        "start",
        "?",
        "menu",
    ]
)


def understood(catalogue: Catalogue, said: str, word: str = "") -> Call:
    """The call that a message to us means: a command with or without its `word`, an entry, else words to search for.

    A greeting, or nothing, asks what there is. Raises BadUsage for a command that is mistyped.
    """
    typed = (
        re.sub(rf"^/?{re.escape(word.lstrip('/'))}\b", "", said.strip(), flags=re.IGNORECASE).strip() if word else said
    )
    words = folded(typed).split()
    first = words[0].strip(".,!:?") if words else ""
    if not words or (first in _GREETINGS and len(words) <= 2) or words == ["?"]:
        return Call(path=("help",))
    if any(spec.path[0] == first for spec in catalogue):
        return parse(catalogue, typed)
    if all(isinstance(name, int) or is_web(name) for name in _names(typed)):
        return Call(path=("show",), arguments={"entry": typed})
    if len(words) <= 2 and max(_likeness(spec, [first], in_group=False) for spec in catalogue) >= _SLIP:
        raise _unknown(catalogue, typed)
    return Call(path=("search",), arguments={"query": typed})


def _names(typed: str) -> tuple[EntryNumber | str, ...]:
    try:
        return entry_names(typed)
    except BadUsage:
        return (typed,)


def render(catalogue: Catalogue, call: Call) -> str:
    """The line that `parse` reads as `call`. Raises BadUsage for an unknown command or parameter."""
    spec = spec_of(catalogue, call.path)
    _refuse_unknown(spec, call)
    line = _line(spec, call, in_place=True)
    return line if _reads_as(spec, line, call) else _line(spec, call, in_place=False)


def _reads_as(spec: CommandSpec, line: str, call: Call) -> bool:
    """Whether each value is in its place, so that none is parsed as part of another."""
    if any(param.placement is Placement.REST for param in spec.params):
        return True
    try:
        return _without_rest(spec, line[len(spec.name) :]) == dict(call.arguments)
    except BadUsage:
        return False


def _line(spec: CommandSpec, call: Call, *, in_place: bool) -> str:
    words = list(call.path)
    for param in sorted(spec.params, key=lambda param: param.placement is Placement.REST):
        value = call.arguments.get(param.name)
        if param.placement is Placement.POSITION:
            in_place = in_place and value is not None
        if value is not None:
            words.append(_rendered(spec, param, value, in_place=in_place))
    return " ".join(words)


def spec_of(catalogue: Catalogue, path: tuple[str, ...]) -> CommandSpec:
    """The command with exactly this path. Raises BadUsage."""
    for spec in catalogue:
        if spec.path == path:
            return spec
    raise _unknown(catalogue, " ".join(path))


def _spec_of(catalogue: Catalogue, typed: str) -> tuple[CommandSpec, str]:
    """The command that the line begins with, and the rest of the line. The longest path wins; a default word may be
    left out.
    """
    first = typed.partition(" ")[0].lower()
    group = [spec for spec in catalogue if spec.path[0] == first]
    if not group:
        last = [spec for spec in catalogue if len(spec.path) > 1 and spec.path[-1] == first]
        if len(last) == 1:  # `skip` can only mean `digest skip`
            return last[0], typed[len(first) :]
        group = list(catalogue)
    words = [(match[0].lower(), match.end()) for match in islice(_WORD.finditer(typed), _deepest(group))]
    for length in range(len(words), -1, -1):
        path = tuple(word for word, _ in words[:length])
        for spec in group if length else catalogue:
            if spec.path == path or (spec.default and spec.path[:-1] == path):
                _refuse_stray_word(catalogue, spec, path, typed)
                return spec, typed[words[length - 1][1] :] if length else typed
    raise _unknown(catalogue, typed)


def _deepest(catalogue: Catalogue) -> int:
    return max(map(len, map(_PATH, catalogue)))


def _refuse_stray_word(catalogue: Catalogue, spec: CommandSpec, path: tuple[str, ...], typed: str) -> None:
    """After a default that was left out, a word is a mistyped command unless it is `#name` or `name:value`."""
    following = _WORD.findall(typed)[len(path) :]
    if spec.path != path and following and not _is_argument(spec, following[0]):
        raise _unknown(catalogue, typed) if not path else _stray(catalogue, path, following[0].lower())


def _stray(catalogue: Catalogue, path: tuple[str, ...], word: str) -> BadUsage:
    """The error for an unexpected word: what may follow here, with the most similar command if there is one."""
    group = " ".join(path)
    takes = [spec.path[len(path)] for spec in catalogue if spec.path[:-1] == path]
    near = get_close_matches(word, takes, 1, _ALIKE)
    meant = f"Did you mean “{group} {near[0]}”?" if near else f"After “{group}” comes one of: {', '.join(takes)}."
    return BadUsage(f"I don't know the command “{group} {word}”.", hint=f"{meant} “help” lists all commands.")


def _is_argument(spec: CommandSpec, word: str) -> bool:
    name, colon, _ = word.lower().partition(":")
    if colon and any(param.name == name for param in spec.params):
        return True
    positions = [param for param in spec.params if param.placement is Placement.POSITION]
    return bool(positions) and (word.startswith("#") or (positions[0].kind is Kind.ENTRY and is_entry_name(word)))


def _unknown(catalogue: Catalogue, typed: str) -> BadUsage:
    words = typed.lower().split()[: _deepest(catalogue)]
    in_group = bool(words) and any(len(spec.path) > 1 and spec.path[0] == words[0] for spec in catalogue)
    meant = " ".join(words if in_group else words[:1])
    likeness, near = max((_likeness(spec, words, in_group=in_group), spec.name) for spec in catalogue)
    suggestion = f"Did you mean “{near}”? " if likeness >= _ALIKE else ""
    return BadUsage(f"I don't know the command “{meant}”.", hint=f"{suggestion}“help” lists all commands.")


def _likeness(spec: CommandSpec, words: list[str], *, in_group: bool) -> float:
    """The similarity of the typed words to the command, 0 if it begins differently. A default may match without its last
    word if the first one is wrong.
    """
    if words and SequenceMatcher(None, spec.path[0], words[0]).ratio() < _ALIKE:
        return 0
    paths = [spec.path]
    if spec.default and len(spec.path) > 1 and not in_group:
        paths.append(spec.path[:-1])
    return max(SequenceMatcher(None, " ".join(path), " ".join(words[: len(path)])).ratio() for path in paths)


def _with_rest(spec: CommandSpec, typed: str) -> Iterator[tuple[str, str]]:
    """Named values may be anywhere among the words, and an entry's number or address before them. A backslash before
    either makes it a plain word.
    """
    rest = next(param for param in spec.params if param.placement is Placement.REST)
    option, first = _option(spec), _entry_first(spec)
    names_first = first is not None
    words: list[str] = []
    for word in _WORD.findall(typed):
        match = option.fullmatch(word)
        if match and not match["escapes"]:
            yield match["name"].lower(), match["value"]
            first = None if first == match["name"].lower() else first
        elif first and not words and is_entry_name(word):
            yield first, word
            first = None
        else:
            name_first = names_first and not words and word.startswith("\\") and is_entry_name(word.lstrip("\\"))
            escaped = match or name_first
            words.append(word[1:] if escaped else word)
    if words:
        yield rest.name, " ".join(words)


def _option(spec: CommandSpec) -> re.Pattern[str]:
    """Matches a named value, with any backslashes before it."""
    names = "|".join(re.escape(param.name) for param in spec.params if param.placement is not Placement.REST)
    return re.compile(
        rf"(?P<escapes>\\*)(?P<name>{names or '(?!)'}):(?P<value>.*)", re.ASCII | re.DOTALL | re.IGNORECASE
    )


def _entry_first(spec: CommandSpec) -> str | None:
    """The parameter for an entry that is typed before the words; None if there is none."""
    return next((param.name for param in spec.params if param.placement is Placement.POSITION), None)


def _without_rest(spec: CommandSpec, typed: str) -> dict[str, str]:
    names = {param.name for param in spec.params}
    arguments: dict[str, str] = {}
    tokens = list(_tokens(spec, typed))
    while tokens:
        name, colon, value = tokens[0].partition(":")
        name, taken = name.lower(), 1
        if not colon or name not in names:
            name, taken = _position_of(spec, arguments, _bare(tokens, names))
            value = " ".join(tokens[:taken])
        if not name:
            beyond = _unquoted(tokens[0])
            raise BadUsage(f"“{spec.name}” has no use for “{beyond}”.", hint=f"Usage: {spec.usage}")
        if name in arguments:
            raise BadUsage(f"“{name}” is given twice.", hint=f"Usage: {spec.usage}")
        arguments[name] = _unquoted(value)
        del tokens[:taken]
    return arguments


def _bare(tokens: Sequence[str], names: Collection[str]) -> Sequence[str]:
    """The tokens from the first on that are neither in quotes nor after a name; a quoted one is a value of its own."""
    named = (token.partition(":")[0].lower() in names and ":" in token for token in tokens)
    ends = (
        number for number, (token, is_named) in enumerate(zip(tokens, named, strict=True)) if is_named or '"' in token
    )
    return tokens[: next(ends, len(tokens))]


def _position_of(spec: CommandSpec, arguments: Mapping[str, str], words: Sequence[str]) -> tuple[str, int]:
    """Which open parameter the next words are for, and how many of them: the first that can read them, else the first.

    The name is empty if none is open.
    """
    free = [param for param in spec.params if param.placement is Placement.POSITION and param.name not in arguments]
    if words and len(free) == 1 and free[0].kind is Kind.ENTRY:  # `#12 Its title`, as completion shows it
        return free[0].name, len(words)
    for param in free:
        taken = words_taken(param.kind, words) if words else 0
        if taken:
            return param.name, taken
    if not words or not free:
        return (free[0].name if free else ""), 1
    others = [param for param in free if param.kind is not Kind.CHANNEL or words[0].startswith(("#", "<#"))]
    first, *more = others or free
    return first.name, 1 if more else words_meant(first.kind, words)


def _tokens(spec: CommandSpec, typed: str) -> Iterator[str]:
    for match in _TOKEN.finditer(typed):
        if match["open"]:
            raise BadUsage("A quote is not closed.", hint=f"Usage: {spec.usage}")
        yield match[0]


def _unquoted(token: str) -> str:
    def plainly(match: re.Match[str]) -> str:
        if match[1] is not None:
            return re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL)
        return match[2] or match[3] or ""

    return _QUOTED.sub(plainly, token)


def _rendered(spec: CommandSpec, param: Param, value: str, *, in_place: bool) -> str:
    if param.placement is Placement.REST:
        option = _option(spec)
        words = [f"\\{word}" if option.fullmatch(word) else word for word in value.split()]
        if words and _entry_first(spec) and is_entry_name(words[0].lstrip("\\")):
            words[0] = f"\\{words[0]}"
        return " ".join(words)
    takes_rest = any(other.placement is Placement.REST for other in spec.params)
    if takes_rest:
        return value if param.placement is Placement.POSITION and is_entry_name(value) else f"{param.name}:{value}"
    shown = value if _stands_bare(spec, value) else _quoted(value)
    return shown if in_place and param.placement is Placement.POSITION else f"{param.name}:{shown}"


def _stands_bare(spec: CommandSpec, value: str) -> bool:
    """Whether the value needs no quotes and is not mistaken for `name:value`."""
    names = {param.name for param in spec.params}
    return bool(re.fullmatch(r'[^\s"\\“”„«»]+', value)) and value.partition(":")[0].lower() not in names


def _quoted(value: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'


def _refuse_unknown(spec: CommandSpec, call: Call) -> None:
    unknown = set(call.arguments) - {param.name for param in spec.params}
    if unknown:
        raise BadUsage(f"“{spec.name}” has no option “{min(unknown)}”.", hint=f"Usage: {spec.usage}")
