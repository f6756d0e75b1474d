"""Commands about Dogear itself: its state, your settings, help."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import PurePath
from typing import Annotated

from bot.chat.command import Catalogue, CommandSpec, Placement
from bot.chat.line import spec_of
from bot.commands import personal
from bot.commands.cards import counted, moment, named_channel, next_dates, sentence, share_action
from bot.commands.declare import Command, Turn, command, position, rest
from bot.commands.digests import standing_of
from bot.commands.posting import decisions
from bot.commands.schedules import paused, resume_button
from bot.domain.card import Action, Block, Call, Card, Fields, Paragraph, Tone
from bot.domain.delivery import State, Step
from bot.domain.errors import BadUsage, Conflict
from bot.domain.holidays import OFF
from bot.domain.ids import Url
from bot.domain.notice import held_card
from bot.domain.query import Synonym
from bot.domain.schedule import Schedule
from bot.domain.source import Problem
from bot.domain.team import Role
from bot.domain.text import Span, Text, bold, joined, plain
from bot.domain.value import Change, Kind
from bot.domain.zones import zone_label
from bot.service import digests, entries, search, web
from bot.service.personal import follow_zone

MAX_PROBLEMS = 10
MAX_SYNONYMS = 40


@command("status", role=Role.ADMIN)
def status(turn: Turn) -> Card:
    """The state of the reading list and of every digest, and what went wrong."""
    problems = entries.problems(turn.tx, turn.team.id)
    held = [held_card(change, sample) for change, sample in entries.held(turn.tx, turn.team.id)]
    blocks: list[Block] = [Fields(items=tuple(_source_lines(turn)))]
    blocks += [block for card in held for block in (Paragraph(text=plain(card.title)), *card.blocks)]
    blocks += _problem_blocks(problems)
    blocks += [_channel_block(turn, schedule) for schedule in turn.tx.schedules.all(turn.team.id)]
    blocks += _trouble_blocks(turn)
    actions = tuple(action for card in held for action in card.actions)
    return Card(title=f"Status of team {turn.team.name}", blocks=tuple(blocks), actions=actions)


def _source_lines(turn: Turn) -> Sequence[tuple[str, Text]]:
    names = [PurePath(source.path).name or source.path for source in turn.tx.entries.sources(turn.team.id)]
    sources = [("Source", plain(name)) for name in names]
    total = counted(turn.tx.entries.count(turn.team.id), "entry", "entries")
    return [
        *(sources or [("Source", plain("none; the host adds one: dogear team add"))]),
        ("On the list", plain(total)),
        *_not_read(turn),
        *_vectors(turn),
    ]


def _vectors(turn: Turn) -> Sequence[tuple[str, Text]]:
    """How many entries can be found by meaning, if the host has a model for that."""
    progress = turn.tx.vectors.progress(turn.team.id)
    if progress is None:
        return []
    ready = progress.made == progress.entries
    return [
        ("Search by meaning", plain("ready" if ready else f"{progress.made:,} of {progress.entries:,} entries so far"))
    ]


def _not_read(turn: Turn) -> Sequence[tuple[str, Text]]:
    """How many links of the team's files are not read, if there are any."""
    count = turn.tx.entries.count_not_read(turn.team.id)
    return [("Not read", plain(f"{counted(count, 'link')}; “dogear check” says why"))] if count else []


def _problem_blocks(problems: Sequence[Problem]) -> list[Block]:
    if not problems:
        return []
    fresh = [problem for problem in problems if problem.fresh]
    shown: list[Block] = [Paragraph(text=plain(str(problem))) for problem in fresh[:MAX_PROBLEMS]]
    more = len(problems) - len(shown)
    rest = f"and {more:,} more" if shown else "None of them is new"
    rest_of_them = [Paragraph(text=plain(f"{rest}; dogear check lists all"), quiet=True)] if more > 0 else []
    return [Paragraph(text=plain(f"{counted(len(problems), 'problem')} in the list:")), *shown, *rest_of_them]


def _channel_block(turn: Turn, schedule: Schedule) -> Block:
    known = digests.history(turn.tx, turn.team.id, schedule.channel)
    last = next((fate for fate in known if not fate.ahead), None)
    here = schedule.channel.workspace == turn.actor.workspace
    return Fields(
        items=(
            ("Channel", named_channel(schedule.channel)),
            ("Last digest", plain("none yet") if last is None else _past(turn, last)),
            *paused(turn, schedule),
            ("Next", next_dates(turn.tx, schedule)),
        ),
        actions=(resume_button(schedule),) if paused(turn, schedule) and here else (),
    )


def _past(turn: Turn, fate: digests.Fate) -> Text:
    """What became of a week's slot, and why."""
    what = f"#{fate.entry.number} {fate.entry.title}, {standing_of(fate)}" if fate.entry else fate.standing.value
    return (*moment(fate.week.due_at, turn.zone), Span(f": {what}"))


def _trouble_blocks(turn: Turn) -> list[Block]:
    failures = digests.failures(turn.tx, turn.team.id)
    if not failures:
        return [Paragraph(text=plain("No delivery has failed."), quiet=True)]
    lines = [_trouble(turn, failure) for failure in failures[:MAX_PROBLEMS]]
    more = len(failures) - len(lines)
    rest = [Paragraph(text=plain(f"and {more} older"), quiet=True)] if more else []
    return [Paragraph(text=plain("Deliveries that failed or wait for a person:")), *lines, *rest]


def _trouble(turn: Turn, failure: digests.Failure) -> Block:
    """One line for each post that failed, with what can be done about it."""
    draft, entry = failure.post.draft, failure.entry
    name = f"#{entry.number} {entry.title}" if entry is not None else "an entry"
    what = f"{PARTS[draft.step]}{name}" if draft.step is not Step.ROOT else name
    because = f": {failure.post.outcome}" if failure.post.outcome else ""
    line = joined([named_channel(draft.channel), plain(f"{what}{because}")])
    label = "Unconfirmed" if failure.post.state is State.NEEDS_HUMAN else "Not posted"
    here = draft.channel.workspace == turn.actor.workspace
    return Fields(items=((label, line),), actions=tuple(_remedies(failure)) if here else ())


PARTS = {Step.ROOT: "", Step.THREAD: "the thread of ", Step.REPLY: "a reply to ", Step.SEED: "a reaction on "}


def _remedies(failure: digests.Failure) -> Iterator[Action]:
    post, entry = failure.post, failure.entry
    where = {"channel": f"#{post.draft.channel.id}"}
    if post.state is State.NEEDS_HUMAN:
        yield from decisions(post)
    elif post.draft.step is not Step.ROOT or entry is None:
        return
    elif failure.week is None:
        yield share_action(entry, post.draft.channel)
    elif failure.is_current:
        named = {"entry": f"#{entry.number}", "week": failure.week, **where}
        call = Call(path=("digest", "post"), arguments=named)
        yield Action(label="Post now", call=call, confirm=f"Post #{entry.number} {entry.title} in the channel now?")


@command("settings", "show", default=True, by_role=True)
def show_settings(turn: Turn) -> Card:
    """Your settings."""
    now = joined([plain(f"{zone_label(turn.zone)}, where it is"), moment(turn.tx.now(), turn.zone)])
    sessions = web.sessions(turn.tx, turn.member.id) if turn.pages else ()
    browsers = joined(
        [
            plain(f"{counted(len(sessions), 'browser')} signed in, the last one"),
            *(moment(one.at, turn.zone) for one in sessions[:1]),
        ]
    )
    lines, buttons = personal.settings(turn)
    return Card(
        title="Your settings",
        blocks=(
            Fields(
                items=(
                    ("Time zone", now),
                    ("Your role", plain(turn.role.word)),
                    *((("Pages", browsers),) if sessions else ()),
                    *lines,
                ),
                actions=(
                    *((_OPEN,) if turn.pages else ()),
                    *((_SIGN_OUT,) if sessions else ()),
                    *((_SIGN_OUT_ALL,) if turn.pages and turn.role is Role.ADMIN else ()),
                ),
            ),
        ),
        actions=buttons,
    )


_OPEN = Action(label="Open in a browser", call=Call(path=("settings", "web")))
_SIGN_OUT_ALL = Action(
    label="Sign everyone out",
    call=Call(path=("settings", "sign-out-all")),
    confirm="Sign every member out of the pages, and end every private address of the feeds?",
)
_SIGN_OUT = Action(label="Sign out everywhere", call=Call(path=("settings", "sign-out")))


def _pages(turn: Turn) -> str:
    """The public address of the pages. Raises Conflict if they are off."""
    if not turn.pages:
        raise Conflict("The pages are off here.", hint="The host turns them on: DOGEAR_WEB=members")
    return turn.pages


@command("settings", "web", writes=True, secret=True)
def open_pages(turn: Turn) -> Card:
    """Open the club in a browser.

    The answer has a private link that signs you in once, within five minutes. You stay signed in for 30 days. “settings sign-out” ends that everywhere.
    """
    address = f"{_pages(turn)}/sign-in/"
    token = f"{turn.below(2**256):064x}"
    web.invite(turn.tx, turn.member, turn.actor.workspace, token)
    link = Span("Open the club in your browser", url=Url(f"{address}{token}"))
    note = "Only for you: it signs you in once, within five minutes."
    actions = (_SIGN_OUT,) if web.sessions(turn.tx, turn.member.id) else ()
    blocks = (Paragraph(text=(link,)), Paragraph(text=plain(note), quiet=True))
    return Card(title="The club in a browser", blocks=blocks, actions=actions)


@command("settings", "sign-out", writes=True, by_button=True)
def sign_out(turn: Turn) -> Card:
    """End your sessions in all browsers."""
    ended = web.sign_out(turn.tx, turn.member.id)
    if not ended:
        return sentence("You are not signed in anywhere.", f"“{turn.word} settings web” opens the club in a browser.")
    return sentence(f"You are signed out of {counted(ended, 'browser')}.", tone=Tone.DONE)


@command("settings", "sign-out-all", role=Role.ADMIN, writes=True, by_button=True)
def sign_everyone_out(turn: Turn) -> Card:
    """End every member's sessions and private addresses of feeds, for example after a person has left."""
    web.sign_everyone_out(turn.tx, turn.team.id)
    return sentence("Everyone is signed out, and private addresses of feeds no longer work.", tone=Tone.DONE)


@command("settings", "publish", writes=True)
def set_publishes(turn: Turn, publish: Annotated[bool, position(Kind.YES_NO, "yes or no")]) -> Card:
    """Show your takeaways on the public pages.

    They do not, until you say yes. Those that you kept without your name are shown without it.
    """
    turn.tx.web_keys.set_publishes(turn.member.id, publishes=publish)
    if publish:
        said = "The club's public pages may show your takeaways."
        return sentence(said, tone=Tone.DONE, actions=_undo(("settings", "publish"), publish="no"))
    return sentence("The club's public pages show none of your takeaways.", tone=Tone.DONE)


@command("settings", "name-in-commits", writes=True)
def set_named_in_commits(turn: Turn, named: Annotated[bool, position(Kind.YES_NO, "yes or no")]) -> Card:
    """Put your name on your commits.

    They do not, until you say yes. It counts for a list in a git repository, and for changes from then on: a commit keeps the name that it has.
    """
    turn.tx.teams.set_named_in_commits(turn.member.id, named=named)
    if named:
        said = f"Commits with your changes to the list have your name from now on: {turn.member.name}."
        return sentence(said, tone=Tone.DONE, actions=_undo(("settings", "name-in-commits"), named="no"))
    return sentence("Commits with your changes to the list do not have your name from now on.", tone=Tone.DONE)


def _zone_now(turn: Turn, arguments: Mapping[str, str]) -> Mapping[str, str]:  # noqa: ARG001 -- as every filler
    return {"zone": turn.own_zone} if turn.own_zone else {}


@command("settings", "zone", form="Your time zone", fills=_zone_now, writes=True)
def set_zone(turn: Turn, zone: Annotated[str, position(Kind.ZONE, "a city or another time zone")]) -> Card:
    """The time zone for the times that you see.

    Example: settings zone Europe/Berlin
    """
    before = turn.member.zone
    turn.tx.teams.set_zone_of_member(turn.member.id, zone)
    follow_zone(turn.tx, turn.member, zone)
    now = joined([plain("It is"), moment(turn.tx.now(), zone)])
    undo = _undo(("settings", "zone"), zone=before) if before and before != zone else ()
    shown = f"Your time zone is {zone_label(zone)}."
    return Card(title=shown, blocks=(Paragraph(text=now),), tone=Tone.DONE, actions=undo)


def _undo(path: tuple[str, ...], **arguments: str) -> tuple[Action, ...]:
    return (Action(label="Undo", call=Call(path=path, arguments=arguments)),)


@command("settings", "admins", role=Role.ADMIN, writes=True)
def set_admins(turn: Turn, role: Annotated[str | None, position(Kind.GROUP, "a role, or off")] = None) -> Card:
    """Make a role's members admins.

    Those who manage the server are admins in any case. Examples: settings admins @editors · settings admins off
    """
    here = turn.actor.workspace
    if turn.actor.groups is None:
        raise Conflict("There are no roles here.", hint="The admins of this workspace are Dogear's admins.")
    if role is None:
        if turn.tx.teams.admin_group(here) is None:
            return sentence("No role makes its members admins here.", f"Name one: “{turn.word} settings admins @role”.")
        off = Action(label="Remove the role", call=Call(path=("settings", "admins"), arguments={"role": OFF}))
        return sentence("The members of a role are admins here.", actions=[off])
    if role == here.id:
        raise BadUsage("That role is everyone.", hint="Choose a role for those who look after the club.", field="role")
    turn.tx.teams.set_admin_group(here, None if role == OFF else role)
    if role == OFF:
        return sentence("No role makes its members admins any more.", tone=Tone.DONE)
    return sentence("Members with that role are admins here from now on.", tone=Tone.DONE)


@command("settings", "synonyms", role=Role.CURATOR, writes=True)
def change_synonyms(
    turn: Turn,
    change: Annotated[Change, position(Kind.CHANGE, "what to do")] = Change.LIST,
    word: Annotated[str, position(Kind.TEXT, 'a word, or a "phrase"')] = "",
    other: Annotated[str, position(Kind.TEXT, "a synonym, or several with commas")] = "",
) -> Card:
    """Words that mean the same in a search.

    A search for one also finds the other, ranked lower. A list can bring its own in its front matter, as
    “synonyms:”. Examples: settings synonyms · settings synonyms add k8s kubernetes ·
    settings synonyms add ml "machine learning" · settings synonyms remove k8s
    """
    others = [each.strip() for each in other.split(",") if each.strip()]
    if change is not Change.LIST and not word:
        raise BadUsage("Which word?", hint=f"Use: settings synonyms {change} k8s kubernetes", field="word")
    if change is Change.ADD and not others:
        raise BadUsage(
            f"Which word means the same as “{word}”?", hint=f"Use: settings synonyms add {word} …", field="other"
        )
    if change is Change.ADD:
        search.add_synonym(turn.tx, turn.team.id, word, others)
        undo = _undo(("settings", "synonyms"), change="remove", word=word, other=other)
        return sentence(f"“{word}” now also finds {_quoted(others)}, and vice versa.", tone=Tone.DONE, actions=undo)
    if change is Change.REMOVE:
        search.remove_synonym(turn.tx, turn.team.id, word, others)
        undo = _undo(("settings", "synonyms"), change="add", word=word, other=other) if others else ()
        said = f"“{word}” no longer finds {_quoted(others) or 'other words'}."
        return sentence(said, tone=Tone.DONE, actions=undo)
    return _synonyms(search.list_synonyms(turn.tx, turn.team.id))


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)


def _synonyms(known: Sequence[Synonym]) -> Card:
    if not known:
        return sentence("There are no synonyms yet.", "Add some: settings synonyms add k8s kubernetes")
    lines: dict[tuple[str, str | None], list[str]] = {}
    for pair in known:
        lines.setdefault((pair.word, pair.file), []).append(pair.other)
    shown = tuple(
        (word, plain(", ".join(others) + (f" ({file})" if file else "")))
        for (word, file), others in islice(lines.items(), MAX_SYNONYMS)
    )
    more = len(lines) - len(shown)
    note = (Paragraph(text=plain(f"and {counted(more, 'other word')}"), quiet=True),) if more > 0 else ()
    return Card(title="Synonyms", blocks=(Fields(items=shown), *note))


def help_over(catalogue: Callable[[], Catalogue]) -> Command:
    """The help command, generated from the declarations that `catalogue` gives."""

    @command("help", by_role=True)
    def show_help(turn: Turn, command: Annotated[str | None, rest(Kind.COMMAND, "a command")] = None) -> Card:
        """What you can do, all commands, or how to use one.

        Examples: help · help all · help schedule set
        """
        has_groups = turn.actor.groups is not None
        specs = [spec for spec in catalogue() if spec.role <= turn.role and (has_groups or not spec.needs_groups)]
        if command is None:
            return _overview(turn, specs)
        return _everything(turn, specs) if command.strip().lower() == "all" else _explained(turn, specs, command)

    return show_help


FIRST = ("random", "search", "show", "next", "later", "read", "share", "digest preview", "schedule set", "status")
"""The commands that help begins with; those that a member may not use leave their place to `MORE`."""
MORE = ("list", "tags")
MAX_FIRST = 10
OPTIONAL = re.compile(r" \[[^\]]*\]")
"""The parts of a usage that may be left out."""
GROUPS = {
    "Read": ("home", "random", "next", "later", "read", "unread", "share", "takeaway", "stats"),
    "Find": ("search", "show", "related", "list", "tags"),
    "Change the list": ("add", "note", "edit", "retire", "restore", "edits"),
    "The weekly digest": ("digest", "schedule"),
}
"""Headings of the whole help, by the commands' first words; what has none is about Dogear itself."""


def _overview(turn: Turn, specs: Catalogue) -> Card:
    """Ten commands at most without what may be left out, and what reactions and signs mean. It fits on a screen."""
    known = {spec.name: spec for spec in specs}
    chosen = [known[name] for name in (*FIRST, *MORE) if name in known][:MAX_FIRST]
    reactions = "On a post, ✅ is read, 🔖 later, 💡 found something, 🎤 I host it."
    signs = "In a list, ○ is unread, ◔ is in your queue and ● is read."
    seen = "What you type or press is private. Everyone in the channel sees a reaction."
    quiet = [Paragraph(text=plain(line), quiet=True) for line in (reactions, signs, seen, turn.limits) if line]
    everything = Action(label="All commands", call=Call(path=("help",), arguments={"command": "all"}), replaces=True)
    listed = Fields(items=tuple((OPTIONAL.sub("", label), text) for label, text in _listed(turn, chosen).items))
    return Card(title="What you can do", blocks=(listed, *quiet), actions=(everything,))


def _everything(turn: Turn, specs: Catalogue) -> Card:
    """Every command that the member may use, under headings."""
    blocks: list[Block] = []
    heading = {word: title for title, words in GROUPS.items() for word in words}
    for title in (*GROUPS, "About Dogear"):
        inside = [spec for spec in specs if heading.get(spec.path[0], "About Dogear") == title]
        blocks += [Paragraph(text=bold(title)), _listed(turn, inside)] if inside else []
    return Card(title="All commands", blocks=tuple(blocks))


def _listed(turn: Turn, specs: Catalogue) -> Fields:
    return Fields(items=tuple((f"{turn.word} {_usage(turn, spec)}", plain(spec.summary)) for spec in specs))


def _usage(turn: Turn, spec: CommandSpec) -> str:
    return spec.usage_by_name if turn.actor.by_name else spec.usage


def _explained(turn: Turn, specs: Catalogue, typed: str) -> Card:
    path = tuple(typed.lower().removeprefix(turn.word).split())
    below = [spec for spec in specs if spec.path[: len(path)] == path]
    if not below:
        spec_of(specs, path)
        raise BadUsage(f"I don't know the command “{typed}”.")
    if len(below) > 1:
        return Card(title=f"{turn.word} {' '.join(path)}", blocks=(_listed(turn, below),))
    return _one(turn, below[0])


def _one(turn: Turn, spec: CommandSpec) -> Card:
    params = tuple(
        (_typed(param.name, param.placement), plain(param.summary + ("" if param.required else " (optional)")))
        for param in spec.shown_params
    )
    role = "" if spec.role is Role.READER else f"For {spec.role.word}s."
    blocks: list[Block] = [Paragraph(text=plain(spec.summary))]
    blocks += [Paragraph(text=plain(part)) for part in (spec.details, role) if part]
    return Card(
        title=f"{turn.word} {_usage(turn, spec)}", blocks=(*blocks, *((Fields(items=params),) if params else ()))
    )


def _typed(name: str, placement: Placement) -> str:
    return f"{name}:" if placement is Placement.NAMED else name
