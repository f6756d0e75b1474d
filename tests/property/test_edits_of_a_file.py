"""Random edits of lists, in files and in git repositories, with other people saving the same file and a process that dies between any two steps."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.domain.edit import NOTE, NOTES, SECTION, TAGS, TITLE, Content, Edit, EditKind, EditRules, EditState, changed
from bot.domain.entry import Entry
from bot.domain.errors import Conflict, NotFound
from bot.domain.ids import EditId, EntryNumber, TeamId, Url
from bot.domain.notice import Host
from bot.domain.reading_state import ReadingState
from bot.domain.source import GitFile, ReadEntry
from bot.domain.team import Member
from bot.domain.url import canonical
from bot.ports.store import Transaction
from bot.runtime import file_edits, git
from bot.service import edits, entries, readings
from bot.service.entries import FileRead
from store.lists import write
from store.lists.reading import read
from store.sql import SqlStore, open_store
from tests.fakes.clock import FakeClock
from tests.fakes.git_server import needs_git, repository
from tests.fakes.kept import a_club, an_account

LISTS = (
    (Path(__file__).parents[1] / "unit" / "lists" / "articles.md").read_bytes(),
    b"- [A](http://a.example)\r\n  - note\r\n\r\n- [db] [B](http://b.example) - said\r\n- [C](http://c.example)\r\n",
    b"---\ntags: [ours]\n---\n# One\n\n1. [A](http://a.example)\n2. [B](http://b.example)\n   text\n\n# Two\n\n* `x` [C](http://c.example)\n",
    b"- [A](http://a.example)\n  - [B](http://b.example)\n    more\n- [C](http://c.example)\n\nwords below\n",
)
EXAMPLES = int(os.environ.get("DOGEAR_EDITS", "40")) // 4
_databases = count(1)

words = st.sampled_from(
    ["why", "*bold*", "[x]", "a_b_c", "`code`", "#tag", "1.", "- dash", "<b>", "Ärger", "https://n.example/y", "“q”"]
)
sentences = st.lists(words, min_size=1, max_size=4).map(" ".join)
notes = st.lists(sentences, max_size=3).map(lambda lines: "\n".join(f"- {line}" for line in lines))
fields = st.one_of(
    st.fixed_dictionaries({TITLE: sentences}),
    st.fixed_dictionaries({TAGS: st.sampled_from(["", "db", "db, ops"])}),
    st.fixed_dictionaries({NOTE: sentences}),
    st.fixed_dictionaries({NOTES: notes}),
    st.fixed_dictionaries({SECTION: st.sampled_from(["One", "Two"])}),
)
UNSHRUNK = (Phase.explicit, Phase.generate)
"""A smaller example would take minutes to find."""
CRASHES = ("", "", "before", "written", "applied")


@dataclass(frozen=True)
class Step:
    """An edit of the entry at a place, or a new one, what somebody else does before it, and where the process dies."""

    kind: EditKind
    place: int
    fields: dict[str, str]
    other_saves: bool
    crash: str


steps = st.builds(
    Step,
    kind=st.sampled_from(
        [EditKind.ADD, EditKind.CHANGE, EditKind.CHANGE, EditKind.CHANGE, EditKind.RETIRE, EditKind.RESTORE]
    ),
    place=st.integers(0, 9),
    fields=fields,
    other_saves=st.booleans(),
    crash=st.sampled_from(CRASHES),
)


class Scene:
    """A team whose list is this file."""

    def __init__(self, store: SqlStore, folder: Path, data: bytes) -> None:
        number = next(_databases)
        self.store = store
        source = self.begin(folder / str(number), data)
        self.team = a_club(store, f"team {number}").team
        with store.begin(write=True) as tx:
            tx.entries.set_sources(self.team, [source])
            member = tx.teams.member(self.team, an_account())
            assert member is not None
            self.member: Member = member
            tx.edits.set_rules(self.team, EditRules(file=source))
        self.sync()
        with store.begin(write=True) as tx:
            for entry in self.all(tx)[::2]:
                readings.choose(tx, self.member, entry.id, ReadingState.READ)

    def begin(self, place: Path, data: bytes) -> str:
        """Make the list. Returns its path as a source."""
        self.path = place.with_suffix(".md")
        self.path.write_bytes(data)
        return str(self.path)

    def content(self) -> bytes:
        return self.path.read_bytes()

    def save(self, data: bytes) -> None:
        """Somebody else saves the list."""
        self.path.write_bytes(data)

    def write(self, waiting: Sequence[Edit]) -> Mapping[EditId, str]:
        return file_edits.write_edits(self.path, waiting)

    def all(self, tx: Transaction) -> list[Entry]:
        found = [tx.entries.by_number(self.team, EntryNumber(number)) for number in range(1, 40)]
        return [entry for entry in found if entry is not None]

    def sync(self) -> None:
        with self.store.begin(write=True) as tx:
            (source,) = tx.entries.sources(self.team)
            data = read(self.content(), Path(source.path).name)
            entries.sync(tx, self.team, [FileRead(source=source.id, digest="x", list=data)], accept=True)

    def ask(self, step: Step, number: int) -> None:
        with self.store.begin(write=True) as tx:
            known = self.all(tx)
            if step.kind is EditKind.ADD:
                url = Url(f"https://new.example/{number}")
                given = {TITLE: "New", **{name: value for name, value in step.fields.items() if name != NOTE}}
                edit = edits.draft(tx, self.team, self.member, url, given)
            else:
                entry = known[step.place % len(known)]
                if (entry.retired_at is None) is (step.kind is EditKind.RESTORE):
                    return
                given = step.fields if step.kind is EditKind.CHANGE else {}
                edit = edits.propose(tx, entry, self.member, step.kind, given)
            edits.carry_out(tx, edit)

    def work(self, crash: str = "") -> None:
        """What the process does about pending edits, up to where it dies."""
        if crash == "before":
            return
        with self.store.begin(write=False) as tx:
            waiting = edits.pending(tx, self.team)
        reasons = self.write(waiting)
        if crash == "written":
            return
        with self.store.begin(write=True) as tx:
            for edit in waiting:
                if reasons[edit.id]:
                    edits.save_failed(tx, edit, reasons[edit.id], Host())
                else:
                    edits.save_applied(tx, edit)
        if crash == "applied":
            return
        self.sync()
        with self.store.begin(write=True) as tx:
            edits.confirm(tx, self.team)

    def settle(self) -> None:
        """Try what waits again as long as something of it can be written: another edit may have made room for it."""
        before = b""
        while before != self.content():
            before = self.content()
            self.work()


class GitScene(Scene):
    """A team whose list is a file in a git repository."""

    def begin(self, place: Path, data: bytes) -> str:
        self.repository = repository(place, data)
        file = GitFile(url=self.repository.url, branch="main", path="reading.md")
        self.copy = git.Copy(file, place / "copies", git.Access())
        return str(file)

    def content(self) -> bytes:
        return self.repository.read()

    def save(self, data: bytes) -> None:
        self.repository.save(data)

    def write(self, waiting: Sequence[Edit]) -> Mapping[EditId, str]:
        written = self.copy.write(waiting, {edit.id: edit.url for edit in waiting}, FakeClock().now())
        assert not written.branch
        return written.reasons


@contextmanager
def a_store(folder: Path) -> Iterator[SqlStore]:
    store = open_store(f"sqlite:///{folder}/dogear.db", FakeClock())
    try:
        yield store
    finally:
        store.close()


def outside(data: bytes, key: str) -> list[bytes]:
    """The lines that are not of the entry and not empty."""
    document = write.Document(data)
    lines = data.splitlines()
    for place in document._places:
        entry = next(entry for entry in document.entries if entry.line == place.line)
        if entry.key == key:
            del lines[place.line - 1 : document._last_line(place)]
            break
    return [line for line in lines if line.strip()]


def problems(data: bytes) -> Counter[str]:
    return Counter(re.sub(r"\d+", "", problem.message) for problem in read(data, "").problems)


def said(entry: ReadEntry) -> tuple[str, frozenset[str], str]:
    return entry.title, frozenset(entry.tags), entry.notes.markdown.strip()


def replayed(data: bytes, done: list[Edit]) -> dict[str, tuple[str, frozenset[str], str]]:
    """What the list says after these edits, each made once."""
    contents = {entry.key: content_of(entry) for entry in read(data, "").entries}
    of_file = frozenset(write.Document(data)._parts.about.tags)
    for edit in (one for one in done if "theirs" not in one.url):
        if edit.kind is EditKind.RETIRE:
            contents.pop(edit.key, None)
        else:
            contents[edit.key] = changed(contents.get(edit.key, Content(title="")), edit.fields)
    return {key: (one.title, frozenset(one.tags) | of_file, one.notes.strip()) for key, one in contents.items()}


def holders(data: bytes) -> set[str]:
    """The entries that other entries are listed under."""
    found = read(data, "").entries
    lines = {entry.parent_line for entry in found}
    return {entry.key for entry in found if entry.line in lines}


def content_of(entry: ReadEntry) -> Content:
    section = entry.section[-1] if entry.section else ""
    return Content(title=entry.title, tags=entry.tags, section=section, notes=entry.notes.markdown)


@pytest.mark.parametrize(
    ("kind", "examples"), [(Scene, EXAMPLES), pytest.param(GitScene, EXAMPLES // 2, marks=needs_git)]
)
def test_random_edits_are_neither_lost_nor_applied_twice(tmp_path: Path, kind: type[Scene], examples: int) -> None:
    with a_store(tmp_path) as store:

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=UNSHRUNK,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(st.sampled_from(LISTS), st.lists(steps, min_size=1, max_size=6))
        def hold(data: bytes, planned: list[Step]) -> None:
            scene = kind(store, tmp_path, data)
            with store.begin(write=False) as tx:
                before = {
                    entry.key: (entry.number, tx.readings.state(scene.member.id, entry.id)) for entry in scene.all(tx)
                }
            for number, step in enumerate(planned):
                if step.other_saves:
                    known = scene.content()
                    scene.save(write.Document(known).added(title="Theirs", url=f"https://theirs.example/{number}").data)
                scene.ask(step, number)
                scene.work(step.crash)
            scene.work()
            scene.settle()
            written = scene.content()
            scene.work()

            assert scene.content() == written, "nothing is applied twice"
            with store.begin(write=False) as tx:
                done = tx.edits.newest(scene.team, None, 99)
                after = {
                    entry.key: (entry.number, tx.readings.state(scene.member.id, entry.id)) for entry in scene.all(tx)
                }
                listed = {entry.key for entry in scene.all(tx) if entry.retired_at is None}
            assert {key: after[key] for key in before} == before, "numbers and states are kept"
            assert all(edit.state is EditState.CONFIRMED or edit.reason for edit in done), "no edit is lost"
            assert listed == {entry.key for entry in read(written, "").entries}
            theirs = sum(step.other_saves for step in planned)
            taken = sum("theirs" in edit.url and edit.kind is EditKind.RETIRE for edit in done)
            kept = sum("theirs.example" in entry.url for entry in read(written, "").entries)
            assert theirs - taken <= kept <= theirs
            wanted = replayed(data, [edit for edit in reversed(done) if edit.state is EditState.CONFIRMED])
            now = {entry.key: said(entry) for entry in read(written, "").entries if "theirs" not in entry.url}
            for key in holders(data) & now.keys() & wanted.keys():  # whose notes are the entries in them too
                now[key], wanted[key] = (*now[key][:2], ""), (*wanted[key][:2], "")
            assert now == wanted

        hold()


@settings(max_examples=EXAMPLES * 4, deadline=None, database=None)
@given(st.sampled_from(LISTS), steps)
def test_an_edit_changes_no_byte_outside_its_entry(data: bytes, step: Step) -> None:
    known = read(data, "").entries
    entry = known[step.place % len(known)]
    is_new = step.kind is EditKind.ADD
    url = Url("https://new.example/x") if is_new else entry.url
    given_fields = {TITLE: "New", **step.fields} if is_new else step.fields
    edit = Edit(
        id=EditId(1),
        team=TeamId(1),
        kind=step.kind,
        state=EditState.PENDING,
        url=url,
        key=canonical(url) if is_new else entry.key,
        entry=None,
        fields=edits.checked(given_fields),
        member=None,
        at=FakeClock().now(),
    )
    try:
        after = write.Document(data).applied(edit).data
    except (Conflict, NotFound):
        return

    assert outside(after, edit.key) == outside(data, edit.key)
    assert problems(after) <= problems(data)
    assert write.Document(after).applied(edit).data == after
    now = next((one for one in read(after, "").entries if one.key == edit.key), None)
    if step.kind is EditKind.RETIRE:
        assert now is None
    elif step.kind is EditKind.CHANGE:
        wanted = changed(content_of(entry), edit.fields)
        assert {one.key for one in read(after, "").entries} == {one.key for one in known}
        assert now is not None
        assert said(now) == (wanted.title, frozenset(wanted.tags), wanted.notes.strip())


@pytest.mark.parametrize("data", LISTS)
def test_the_lists_of_these_properties_can_be_edited(data: bytes) -> None:
    assert len(read(data, "").entries) >= 3
    assert write.Document(data).headings() is not None
