"""A rendered line is read as the call it came from, and no line a person can type is more than refused."""

from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.chat.command import CommandSpec, Param, Placement
from bot.chat.line import parse, render
from bot.commands.catalogue import CATALOGUE
from bot.domain.card import Call
from bot.domain.errors import BadUsage

tricky = st.sampled_from(
    ["page:2", r"\page:2", r"\\page:2", "tag:", "entry:#12", "is:read", '"', '""', "\\", '\\"', "a:b", ":", "#12", "-x"]
)
words = st.text(min_size=1, max_size=12) | tricky
texts = st.lists(words, min_size=1, max_size=5).map(" ".join)
specs = st.sampled_from(CATALOGUE)


def takes_rest(spec: CommandSpec) -> bool:
    return any(param.placement is Placement.REST for param in spec.params)


def values(spec: CommandSpec, param: Param) -> st.SearchStrategy[str]:
    """Any text; beside words that are kept as they are a value has no blanks, and those words are set apart by one."""
    if not takes_rest(spec):
        return texts | st.just("")
    one_blank_apart = texts.map(lambda text: " ".join(text.split())).filter(bool)
    if param.placement is Placement.REST:
        return one_blank_apart
    return one_blank_apart.map(lambda text: text.replace(" ", ""))


@st.composite
def calls(draw: st.DrawFn) -> Call:
    spec = draw(specs)
    given_names = draw(st.sets(st.sampled_from([param.name for param in spec.params]))) if spec.params else set()
    arguments = {param.name: draw(values(spec, param)) for param in spec.params if param.name in given_names}
    return Call(path=spec.path, arguments=arguments)


def read(line: str) -> Call | BadUsage:
    try:
        return parse(CATALOGUE, line)
    except BadUsage as no:
        return no


@given(calls())
@example(Call(path=("search",), arguments={"query": 'page:2 \\page:3 "page:4" PAGE:5', "page": "6"}))
@example(Call(path=("schedule", "set"), arguments={"zone": "tag:x", "tag": 'zone:"y"'}))
@example(Call(path=("show",), arguments={"entry": "entry:#12"}))
@example(Call(path=("digest", "pick"), arguments={"entry": "CHANNEL:x", "channel": "entry:y"}))
@example(Call(path=("help",), arguments={"command": "command:help"}))
@example(Call(path=("note",), arguments={"entry": "caching", "text": "#12 is \\entry:#3"}))
@example(Call(path=("note",), arguments={"text": "\\#12 and so on"}))
def test_a_rendered_line_is_read_as_the_call_it_came_from(call: Call) -> None:
    assert parse(CATALOGUE, render(CATALOGUE, call)) == call


@given(calls())
def test_the_case_of_the_path_does_not_count(call: Call) -> None:
    path = " ".join(call.path)
    line = render(CATALOGUE, call)

    assert parse(CATALOGUE, path.upper() + line.removeprefix(path)) == call


@given(st.lists(words, max_size=6).map(" ".join) | st.tuples(specs.map(lambda spec: spec.name), texts).map(" ".join))
def test_any_line_is_a_known_command_or_a_refusal(line: str) -> None:
    meant = read(line)

    if isinstance(meant, BadUsage):
        assert meant.hint
    else:
        spec = next(spec for spec in CATALOGUE if spec.path == meant.path)
        assert set(meant.arguments) <= {param.name for param in spec.params}


@given(texts)
def test_search_refuses_nothing_and_loses_no_word(typed: str) -> None:
    call = parse(CATALOGUE, f"search {typed}")

    assert call.path == ("search",)
    options = [word for word in typed.split() if word.lower().startswith("page:")]
    escaped = [word for word in typed.split() if word.lstrip("\\").lower().startswith("page:") and word[0] == "\\"]
    kept = [word.removeprefix("\\") if word in escaped else word for word in typed.split() if word not in options]
    assert call.arguments.get("query", "").split() == kept
    assert ("page" in call.arguments) == bool(options)


@given(specs, st.data())
def test_a_slip_of_the_finger_is_told_the_command_that_was_meant(spec: CommandSpec, data: st.DataObject) -> None:
    last = spec.path[-1]
    at = data.draw(st.integers(0, len(last) - 1))
    slipped = " ".join([*spec.path[:-1], last[:at] + last[at + 1 :]])
    assume(len(last) > 4 and slipped not in {" ".join(spec.path[:depth]) for spec in CATALOGUE for depth in (1, 2)})

    no = read(f"{slipped} #12")

    assert isinstance(no, BadUsage)
    assert no.hint == f"Did you mean “{spec.name}”? “help” lists all commands."
