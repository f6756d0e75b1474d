"""A backup is everything at one moment, and either engine is filled from it as it was."""

import asyncio
import json
import os
import re
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import time, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import update

from bot.domain.delivery import Durations, PostingRules, Step
from bot.domain.edit import Adding, Edit, EditKind, EditRules, EditState
from bot.domain.errors import BadBackup, BadConfig, Conflict, StaleSchema
from bot.domain.ids import EntryNumber, InvocationId, PlatformName, ScheduleId, Url, WorkspaceRef
from bot.domain.linked_page import LinkedPage, Seen, with_look
from bot.domain.meeting import MeetingRules, Nominee, WeeklyTime
from bot.domain.notice import Host
from bot.domain.personal import Reminder, WeeklyNote
from bot.domain.query import parse
from bot.domain.reading_state import Choice, Mark, Reading, ReadingState
from bot.domain.schedule import Schedule, Weekday
from bot.domain.source import HeldChange, SourceFile
from bot.ports.store import Transaction
from bot.runtime import backup
from bot.service import digests, ledger, web
from store.sql import SqlStore, SqlVault, open_store
from store.sql.migrate import REVISION
from store.sql.tables import INSTANCE
from tests.fakes.clock import START, FakeClock
from tests.fakes.kept import PLATFORM, Club, a_channel, a_club, a_message, a_read_entry, an_account
from tests.fakes.nobody import nobody

KEY = Fernet.generate_key().decode()
SECRET = b"xoxb-canary"
DURATIONS = Durations()


@contextmanager
def open_club(url: str, clock: FakeClock) -> Iterator[SqlStore]:
    with closing(open_store(url, clock, database_time=clock.database_time)) as store:
        yield store


@pytest.fixture
def empty(url: str, clock: FakeClock, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[SqlStore]:
    """An empty database of the engine that `store` is not on."""
    if url.startswith("postgresql"):
        with open_club(f"sqlite:///{tmp_path / 'other.db'}", clock) as other:
            yield other
        return
    with request.getfixturevalue("postgres").database() as address, open_club(address, clock) as other:
        yield other


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept.jsonl.gz"


def filled(store: SqlStore) -> Club:
    """A club with something in every table."""
    club = a_club(store)
    tags, section = ["db", "ops"], ["Part", "Chapter"]
    entry, gone = club.add(
        a_read_entry("Caching “at scale” 🗂", "A note.\n1. Really\n", tags=tags, section=section), a_read_entry("Gone")
    )
    file = SourceFile(source=club.source, file="list.md", digest="1", entries=2, duplicates=("k",))
    mark = Mark(
        account=an_account(), message=a_message(), entry=entry, emoji="check", meaning=ReadingState.READ, at=START
    )
    with store.begin(write=True) as tx:
        tx.teams.join(WorkspaceRef(PLATFORM, "local"), "Here", club.team)
        tx.entries.retire(club.team, [gone])
        tx.entries.save_file(file)
        tx.edits.set_rules(club.team, EditRules(adding=Adding.SUGGEST, file="/lists/list.md"))
        tx.edits.save(an_edit(tx, club))
        tx.entries.hold(HeldChange(source=club.source, files=(("list.md", "2"),), entries=(EntryNumber(1),), of=2))
        reading = Reading(entry=entry, state=ReadingState.READ, since=tx.now())
        tx.readings.save(club.member, reading, Choice(state=ReadingState.READ, at=tx.now()))
        tx.readings.save_mark(club.team, mark)
        tx.takeaways.add(club.member, entry, "Measure first.", named=False, about=Url("https://example.org/m"))
        tx.personal.remind(Reminder(member=club.member, entry=entry, due_at=START))
        weekly = WeeklyTime(weekday=Weekday.MONDAY, at=time(9), zone="Europe/Berlin")
        tx.personal.save_note(WeeklyNote(member=club.member, weekly=weekly, due_at=START, minutes=10))
        member = tx.teams.member_with_id(club.member)
        assert member is not None
        web.invite(tx, member, WorkspaceRef(PLATFORM, "local"), "a-link")
        schedule = tx.schedules.save(a_schedule(club))
        tx.schedules.pass_over(schedule.id, gone, tx.now())
        tx.entries.set_question(gone, "What now?")
        meets = WeeklyTime(weekday=Weekday.THURSDAY, at=time(16), zone="Europe/Berlin")
        tx.meetings.save_rules(MeetingRules(schedule=schedule.id, hosts=True, meets=meets))
        tx.meetings.nominate(schedule.id, "2026-W47", [Nominee(entry=entry, reason="new")])
        tx.meetings.vote(schedule.id, "2026-W47", entry, club.member, in_favour=True)
        tx.meetings.say(schedule.id, "2026-W47", club.member, going=True)
        tx.meetings.join_pool(schedule.id, club.member)
        tx.meetings.pass_turn(schedule.id, "2026-W47", club.member)
        page = LinkedPage(seen=Seen.PAGE, title="Caching", description="Why “caches” are hard.", minutes=6)
        tx.linked_pages.save(club.team, "https://example.org/1", with_look(None, page, tx.now(), counts=True))
        digests.post_now(tx, club.team, a_channel())
        tx.synonyms.add(club.team, "k8s", "kubernetes")
        tx.ledger.halt(WorkspaceRef(PLATFORM, "local"), [Step.ROOT], tx.now())
        tx.invocations.claim(InvocationId("typed:1"))
        tx.invocations.save(InvocationId("typed:1"), "an answer")
        tx.synonyms.add(club.team, "k8s", "kubernetes")
    SqlVault(store, [KEY]).save(PlatformName("chat"), "install/1", SECRET)
    return club


def an_edit(tx: Transaction, club: Club) -> Edit:
    return Edit(
        id=tx.edits.next_id(club.team),
        team=club.team,
        kind=EditKind.CHANGE,
        state=EditState.PENDING,
        url=Url("https://example.org/1"),
        key="https://example.org/1",
        entry=EntryNumber(1),
        fields={"title": "Caching “at” scale"},
        before={"title": "Caching"},
        member=club.member,
        file="/lists/list.md",
        at=tx.now(),
        reason="The file is read-only.",
    )


def a_schedule(club: Club, weekday: Weekday = Weekday.MONDAY) -> Schedule:
    return Schedule(
        id=ScheduleId(0),
        team=club.team,
        channel=a_channel(),
        weekday=weekday,
        at=time(9, 30),
        zone="Europe/Berlin",
        tags=("db",),
        active_from=START,
        created_by=an_account(),
    )


def nothing(_tx: Transaction) -> None:
    """What a restore does afterwards where only the rows are looked at."""


def rows(store: SqlStore) -> dict[str, list[str]]:
    """Every row by table, in an order that no engine decides."""
    found: dict[str, list[str]] = {}
    table = ""
    for line in store.backup():
        read = json.loads(line)
        if isinstance(read, list):
            found[table].append(line)
        elif "table" in read:
            table = read["table"]
            found[table] = []
    return {name: sorted(lines) for name, lines in found.items()}


def test_either_engine_is_filled_from_the_other_as_it_was(store: SqlStore, empty: SqlStore) -> None:
    filled(store)

    empty.restore(store.backup, nothing)

    assert rows(empty) == rows(store)
    assert not [table for table, lines in rows(store).items() if not lines]


def test_what_was_restored_is_found_numbered_and_opened_as_before(store: SqlStore, empty: SqlStore) -> None:
    club = filled(store)

    empty.restore(store.backup, nothing)

    there = Club(empty, club.team, club.source, club.member)
    (added,) = there.add(a_read_entry("Caching again"))
    with empty.begin(write=True) as tx:
        hits = tx.search.find(club.team, club.member, parse("caching"), offset=0, limit=9)
        another = tx.teams.add("another", "UTC")
    assert sorted(hit.entry.number for hit in hits.items) == [1, 3]
    assert there.number(added) == 3
    assert another.id != club.team
    assert SqlVault(empty, [KEY]).load(PlatformName("chat"), "install/1") == SECRET


def test_secrets_stay_encrypted_and_the_file_is_its_owners_alone(store: SqlStore, tmp_path: Path) -> None:
    filled(store)
    file = tmp_path / "kept.jsonl"

    backup.write(store, file)

    assert SECRET not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("kept")] == ["kept.jsonl"]


def test_a_backup_under_load_is_one_moment_of_it(store: SqlStore, empty: SqlStore, kept: Path) -> None:
    """Each writer adds an entry and a reading of it in one transaction; a backup never holds one without the other."""
    club = a_club(store)
    enough, stop = threading.Semaphore(0), threading.Event()

    def write() -> None:
        while not stop.is_set():
            with store.begin(write=True) as tx:
                entry = a_read_entry()
                tx.entries.add(club.team, club.source, [("list.md", entry)])
                added = tx.entries.by_key(club.team, entry.key)
                assert added is not None
                tx.readings.save(club.member, Reading(entry=added.id, state=ReadingState.READ, since=tx.now()), None)
            enough.release()

    writers = [threading.Thread(target=write) for _ in range(min(store.writers, 2))]
    for writer in writers:
        writer.start()
    for _ in range(60):
        enough.acquire()
    backup.write(store, kept)
    stop.set()
    for writer in writers:
        writer.join()

    backup.restore(empty, kept)

    with empty.begin(write=False) as tx:
        assert 60 <= tx.entries.count(club.team) == tx.readings.counts(club.member).read
        found = tx.search.find(club.team, club.member, parse("caching"), offset=0, limit=1)
        assert found.total == tx.entries.count(club.team)


def test_what_is_due_by_the_restore_is_looked_for_before_it_is_posted(
    store: SqlStore, empty: SqlStore, kept: Path, clock: FakeClock
) -> None:
    """A share that was pending in the backup, and a digest whose slot passed between the backup and the restore."""
    club = a_club(store)
    club.add(*(a_read_entry(tags=["db"]) for _ in range(3)))
    with store.begin(write=True) as tx:
        tx.schedules.save(a_schedule(club, Weekday.TUESDAY))
        (anna, first) = tx.teams.member(club.team, an_account()), tx.entries.by_number(club.team, EntryNumber(1))
        assert anna is not None
        assert first is not None
        digests.share(tx, anna, a_channel("other"), first.number, InvocationId("share"))
    backup.write(store, kept)
    clock.advance(timedelta(days=1, hours=2))

    _, doubtful = backup.restore(empty, kept)

    with empty.begin(write=True) as tx:
        again = digests.plan_due(tx)
        taken = ledger.claim(tx, "worker", 9, DURATIONS, {PLATFORM: PostingRules()}, host=Host())
    since = {step.draft.channel.id: step.first_sent_from for step in taken.doubtful}
    assert doubtful == 2
    assert since == {"other": START, "reading": START + timedelta(days=1)}
    assert {step.draft.step for step in taken.doubtful} == {Step.ROOT}
    assert (again, taken.leased) == ([], [])


def test_a_restore_tells_nobody_that_a_slot_passed_which_may_have_been_posted(
    store: SqlStore, empty: SqlStore, kept: Path, clock: FakeClock
) -> None:
    club = a_club(store)
    club.add(a_read_entry(tags=["db"]))
    with store.begin(write=True) as tx:
        tx.schedules.save(a_schedule(club, Weekday.TUESDAY))
    backup.write(store, kept)
    clock.advance(timedelta(days=4))

    backup.restore(empty, kept)

    with empty.begin(write=False) as tx:
        assert not tx.ledger.count_by_state()


def test_a_restore_into_a_database_that_is_in_use_is_refused(store: SqlStore, empty: SqlStore, kept: Path) -> None:
    filled(store)
    backup.write(store, kept)
    a_club(empty, "theirs")
    before = rows(empty)

    with pytest.raises(Conflict, match="not empty"):
        backup.restore(empty, kept)

    assert rows(empty) == before


def test_an_empty_database_is_not_backed_up(store: SqlStore, kept: Path) -> None:
    with pytest.raises(Conflict, match="nothing to back up"):
        backup.write(store, kept)

    assert not kept.exists()


def cut_off(text: str) -> str:
    return text[: len(text) // 2]


def without_the_end(text: str) -> str:
    return text[: text.rindex('{"end":"backup"')]


def changed(text: str) -> str:
    return text.replace("Gone", "Here")


def without_a_row(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if "Gone" not in line)


def another_schema(text: str) -> str:
    return text.replace(f'"schema":"{REVISION}"', '"schema":"9999"')


def another_file(_text: str) -> str:
    return "# Reading list\n"


@pytest.mark.parametrize(
    ("damage", "error", "says"),
    [
        (cut_off, BadBackup, "cut off"),
        (without_the_end, BadBackup, "cut off"),
        (changed, BadBackup, "The table entry of the backup is damaged"),
        (without_a_row, BadBackup, "The table entry of the backup is damaged"),
        (another_schema, StaleSchema, "Install a newer Dogear"),
        (another_file, BadBackup, "damaged"),
    ],
)
def test_what_is_not_as_it_was_written_is_refused_and_nothing_is_kept(
    tmp_path: Path, clock: FakeClock, damage: Callable[[str], str], error: type[Exception], says: str
) -> None:
    with open_club(f"sqlite:///{tmp_path / 'one.db'}", clock) as store:
        filled(store)
        (tmp_path / "kept").write_text(damage("".join(store.backup())), encoding="utf-8")

    with open_club(f"sqlite:///{tmp_path / 'two.db'}", clock) as empty:
        with pytest.raises(error, match=says):
            backup.restore(empty, tmp_path / "kept")

        assert empty.is_empty()


def with_value(text: str, table: str, column: str, value: object) -> str:
    """The backup with a value in the table's first row, and with checksums that fit: as an editor of it would leave it."""
    written, whole, digest = [], sha256(), sha256()
    place, rows = None, 0
    for original in text.splitlines(keepends=True):
        line, read = original, json.loads(original)
        if isinstance(read, list):
            if place is not None:
                read[place], place = value, None
            line = json.dumps(read, ensure_ascii=False, separators=(",", ":")) + "\n"
            digest.update(line.encode(errors="surrogatepass"))
            rows += 1
        elif "table" in read:
            digest, rows = sha256(), 0
            place = read["columns"].index(column) if read["table"] == table else None
        elif "end" in read:
            summed = whole if read["end"] == "backup" else digest
            read["sha256"] = summed.hexdigest()
            line = json.dumps(read, separators=(",", ":")) + "\n"
        whole.update(line.encode(errors="surrogatepass"))
        written.append(line)
    return "".join(written)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("team", "id", "one"),
        ("team", "id", True),
        ("team", "id", 2**31),
        ("team", "id", -1),
        ("team", "id", 1.5),
        ("team", "name", None),
        ("team", "name", ""),
        ("team", "name", ["canary"]),
        ("team", "zone", "Mars/Base"),
        ("team", "zone", "../etc/passwd"),
        ("instance", "key", "not base64!"),
        ("member", "workspaces", "canary"),
        ("member", "workspaces", [1]),
        ("member", "workspaces", {"canary": 1}),
        ("source_file", "problems", "canary"),
        ("source_file", "problems", "[{}]"),
        ("held_change", "files", '{"canary": 1}'),
        ("held_change", "entries", '["canary"]'),
        ("held_change", "rejected", 1),
        ("entry", "added_at", "yesterday"),
        ("entry", "added_at", "2026-01-01T00:00:00"),
        ("entry", "added_at", "9999-12-31T23:59:59+00:00"),
        ("entry", "url", "javascript:canary"),
        ("entry", "tags", "canary"),
        ("entry", "notes", 7),
        ("reading", "state", "canary"),
        ("reading", "since", None),
        ("mark", "live", "true"),
        ("mark", "meaning", "canary"),
        ("takeaway", "text", "canary" * 101),
        ("takeaway", "about", "javascript:canary"),
        ("weekly_note", "zone", "Mars/Base"),
        ("weekly_note", "weekday", 7),
        ("schedule", "weekday", 7),
        ("schedule", "at", "25:00"),
        ("schedule", "at", "09:00:00+02:00"),
        ("week", "outcome", "canary"),
        ("delivery", "step", "canary"),
        ("delivery", "state", "canary"),
        ("delivery", "team", 99),
        ("entry", "source", "canary"),
        ("member", "team", 99),
    ],
)
def test_a_value_that_does_not_fit_is_named_by_its_place_and_never_shown(
    table: str, column: str, value: object, store: SqlStore, tmp_path: Path, clock: FakeClock
) -> None:
    filled(store)
    edited = with_value("".join(store.backup()), table, column, value)
    (tmp_path / "kept").write_text(edited, encoding="utf-8")

    with open_club(f"sqlite:///{tmp_path / 'two.db'}", clock) as empty:
        with pytest.raises(BadBackup) as refused:
            backup.restore(empty, tmp_path / "kept")

        assert table in str(refused.value) or "not whole" in str(refused.value)
        assert "canary" not in str(refused.value)
        assert empty.is_empty()


def test_an_edited_backup_whose_values_fit_is_restored(store: SqlStore, empty: SqlStore, tmp_path: Path) -> None:
    filled(store)
    (tmp_path / "kept").write_text(with_value("".join(store.backup()), "team", "name", "Renamed"), encoding="utf-8")

    backup.restore(empty, tmp_path / "kept")

    with empty.begin(write=False) as tx:
        assert [team.name for team in tx.teams.all()] == ["Renamed"]


def test_a_refused_restore_leaves_no_file_and_an_older_one_alone(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "kept").write_text("# Reading list\n", encoding="utf-8")
    for name, remain in (("new.db", False), ("old.db", True)):
        url = f"sqlite:///{tmp_path / name}"
        if remain:
            open_store(url, clock).close()
        with (
            pytest.raises(BadBackup),
            backup.new_file_removed_on_error(url),
            open_club(url, clock) as store,
        ):
            backup.restore(store, tmp_path / "kept")
        assert [path.name for path in tmp_path.glob(f"{name}*")] == ([name] if remain else [])


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(empty: SqlStore, tmp_path: Path) -> None:
    with (tmp_path / "kept").open("w", encoding="utf-8") as file:
        file.write("x" * (backup.MAX_LINE + 1))

    with pytest.raises(BadBackup, match="has a line of more than 16 MiB"):
        backup.restore(empty, tmp_path / "kept")


def test_a_damaged_compressed_file_and_a_file_that_is_not_there_are_told_apart(
    store: SqlStore, empty: SqlStore, kept: Path
) -> None:
    filled(store)
    backup.write(store, kept)
    kept.write_bytes(kept.read_bytes()[:-40])

    with pytest.raises(BadBackup, match="damaged or was cut off"):
        backup.restore(empty, kept)
    with pytest.raises(BadConfig, match="cannot be read"):
        backup.restore(empty, kept.with_name("nowhere"))
    with pytest.raises(BadConfig, match="cannot be written"):
        backup.write(store, kept / "under a file")


def test_a_backup_is_made_each_night_and_the_oldest_go(store: SqlStore, tmp_path: Path, clock: FakeClock) -> None:
    filled(store)
    nightly = backup.NightlyBackups(store, clock, tmp_path, keep=2, zone="Europe/Berlin")
    (tmp_path / "dogear-before-the-move.jsonl.gz").touch()

    days = []
    for hours in (0, 1, 15, 3, 24, 24):  # from Monday 09:30 in Berlin; once at 01:30, too early for Tuesday
        clock.advance(timedelta(hours=hours))
        days.append(nightly.make_if_due())

    assert [day.name[7:17] if day else None for day in days] == [
        "2026-11-23", None, None, "2026-11-24", "2026-11-25", "2026-11-26"
    ]  # fmt: skip
    assert [path.name[7:17] for path in backup.made(tmp_path)] == ["2026-11-25", "2026-11-26"]
    assert (tmp_path / "dogear-before-the-move.jsonl.gz").exists()


@pytest.fixture
def folder() -> Iterator[Path]:
    """For backups, where everybody may look; pytest's own is not."""
    with tempfile.TemporaryDirectory(prefix="dogear-") as made:
        Path(made).chmod(0o755)
        (Path(made) / "backups").mkdir()
        yield Path(made) / "backups"


async def look_once(nightly: backup.NightlyBackups) -> None:
    await nightly.job().run()


async def unusable(nightly: backup.NightlyBackups) -> str:
    """What a look at the backups raises."""
    with pytest.raises(BadConfig) as wrong:
        await look_once(nightly)
    return str(wrong.value)


def close(folder: Path) -> None:
    folder.chmod(0o000)


def make_it_a_file(folder: Path) -> None:
    folder.rmdir()
    folder.touch()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("spoil", [Path.rmdir, close, make_it_a_file])
async def test_a_backup_folder_that_cannot_be_used_any_more_is_told(
    spoil: Callable[[Path], None], store: SqlStore, folder: Path, clock: FakeClock
) -> None:
    filled(store)
    nightly = backup.NightlyBackups(store, clock, folder, keep=2, zone="UTC")
    spoil(folder)

    with nobody():
        refused = await unusable(nightly)

    assert re.match(f"The backup(?: folder)? {folder}.* cannot be (?:written|used): ", refused)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.skipif(
    os.getuid() != 0,
    reason="only root can create a file that another user cannot delete; the other cases run for every user",
)
async def test_a_backup_that_cannot_be_deleted_does_not_keep_the_next_from_being_made(
    store: SqlStore, folder: Path, clock: FakeClock
) -> None:
    filled(store)
    nightly = backup.NightlyBackups(store, clock, folder, keep=1, zone="UTC")
    oldest = nightly.make_if_due()
    assert oldest is not None
    oldest.chmod(0o644)
    folder.chmod(0o1777)
    clock.advance(timedelta(days=1))

    with nobody():
        refused = await unusable(nightly)
        await look_once(nightly)

    assert refused == f"The backup folder {folder} cannot be used: Operation not permitted."
    assert [path.name[7:17] for path in backup.made(folder)] == ["2026-11-23", "2026-11-24"]


async def test_when_the_newest_backup_was_made_is_told_for_an_alert(
    store: SqlStore, tmp_path: Path, clock: FakeClock
) -> None:
    filled(store)
    clock.advance(timedelta(days=1))
    told: list[float] = []

    async def looked() -> None:
        await backup.NightlyBackups(store, clock, tmp_path, keep=2, zone="UTC", tell=told.append).job().run()

    await looked()
    clock.advance(timedelta(hours=-6))  # a look that is too early makes none
    await looked()

    (file,) = backup.made(tmp_path)
    assert told == [file.stat().st_mtime] * 2


async def test_a_look_that_hangs_is_not_joined_by_another(store: SqlStore, tmp_path: Path, clock: FakeClock) -> None:
    filled(store)
    has_started, release = threading.Event(), threading.Event()

    def slow(_: float) -> None:
        has_started.set()
        assert release.wait(60)

    clock.advance(timedelta(days=1))
    job = backup.NightlyBackups(store, clock, tmp_path, keep=2, zone="UTC", tell=slow).job()
    first = asyncio.ensure_future(job.run())
    await asyncio.to_thread(has_started.wait, 60)
    with pytest.raises(Conflict, match="has not ended"):
        await job.run()
    release.set()
    await first
    await job.run()


def made_elsewhere(store: SqlStore) -> None:
    """With a key of its own: the tests' databases all begin with the same one."""
    with store.begin(write=True) as tx:
        tx.connection.execute(update(INSTANCE).values(key=b"another"))


def test_a_lost_database_neither_replaces_the_backups_nor_lets_the_oldest_go(
    store: SqlStore, empty: SqlStore, tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """The volume is gone, the club is founded anew in an empty database, and a week and a night go by."""
    filled(store)
    before = backup.NightlyBackups(store, clock, tmp_path, keep=7, zone="UTC")
    good = [before.make_if_due() for _ in range(7) if clock.advance(timedelta(days=1))]
    made_elsewhere(empty)
    a_club(empty, "default")
    after = backup.NightlyBackups(empty, clock, tmp_path, keep=7, zone="UTC")

    backup.warn_if_lost(empty, tmp_path)
    for _ in range(8):
        clock.advance(timedelta(hours=12))
        with pytest.raises(BadConfig, match=f"of another database.*dogear restore {good[-1]}"):
            after.make_if_due()
        clock.advance(timedelta(hours=12))

    assert backup.made(tmp_path) == good
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert f"dogear restore {good[-1]}" in caplog.text


def test_a_restored_club_goes_on_with_the_backups(
    store: SqlStore, empty: SqlStore, tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    filled(store)
    made = backup.NightlyBackups(store, clock, tmp_path, keep=1, zone="UTC").make_if_due()
    assert made is not None

    made_elsewhere(empty)
    backup.restore(empty, made)
    clock.advance(timedelta(days=1))
    backup.warn_if_lost(empty, tmp_path)
    again = backup.NightlyBackups(empty, clock, tmp_path, keep=1, zone="UTC").make_if_due()

    assert [again] == backup.made(tmp_path) != [made]
    assert caplog.records == []


def test_a_damaged_backup_does_not_hide_whose_the_older_ones_are(
    store: SqlStore, empty: SqlStore, tmp_path: Path, clock: FakeClock
) -> None:
    filled(store)
    backup.NightlyBackups(store, clock, tmp_path, keep=7, zone="UTC").make_if_due()
    for damaged, content in (("2026-11-24", b""), ("2026-11-25", b"\x1f\x8bno"), ("2026-11-26", b"[]\n")):
        (tmp_path / f"dogear-{damaged}.jsonl.gz").write_bytes(content)
    made_elsewhere(empty)
    a_club(empty, "default")
    clock.advance(timedelta(days=7))

    with pytest.raises(BadConfig, match="of another database"):
        backup.NightlyBackups(empty, clock, tmp_path, keep=7, zone="UTC").make_if_due()
    assert backup.NightlyBackups(store, clock, tmp_path, keep=7, zone="UTC").make_if_due()


def test_replicas_that_share_a_folder_make_one_backup(store: SqlStore, tmp_path: Path, clock: FakeClock) -> None:
    filled(store)
    first, second = (backup.NightlyBackups(store, clock, tmp_path, keep=2, zone="UTC") for _ in range(2))

    assert first.make_if_due()
    assert second.make_if_due() is None


def test_an_empty_database_beside_backups_is_cried_out(
    store: SqlStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "dogear-2026-11-20.jsonl.gz").touch()

    backup.warn_if_lost(store, None)
    backup.warn_if_lost(store, tmp_path)
    filled(store)
    backup.warn_if_lost(store, tmp_path)

    (lost,) = caplog.records
    assert lost.levelname == "ERROR"
    assert f"dogear restore {tmp_path}/dogear-2026-11-20.jsonl.gz" in lost.getMessage()
