"""Every table that both engines share. Tables for one engine's search are in that engine's module.

Each table of a team's data has a key that begins with the team, so that the tables can be split by it. Numbers count
from 1 in their team and are never reused; `ids` combines the two into the ids of the ports. Long because a schema is
read as a whole.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Time,
    TypeDecorator,
    UniqueConstraint,
    and_,
    func,
    text,
)


def storable(value: str) -> str:
    """The text with characters replaced that no database accepts (NUL, lone surrogates). Called for each text of each
    entry.
    """
    if value.isascii():
        return value.replace("\0", "\ufffd") if "\0" in value else value
    try:
        value.encode()
    except UnicodeEncodeError:
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value.replace("\0", "\ufffd")


def packed(values: Sequence[Any]) -> str:
    """A short list as one column stores it."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=10_000)
def unpacked(kept: str) -> tuple[Any, ...]:
    """Decode what `packed` stored. Cached: a list has few tags and sections, and many entries that have them."""
    return tuple(json.loads(kept))


class Written(TypeDecorator[str]):
    """Text written by people or platforms."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        return None if value is None else storable(value)


class Words(TypeDecorator[tuple[str, ...]]):
    """A short tuple of texts, as JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else storable(packed(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ARG002
        return None if value is None else unpacked(value)


class Moment(TypeDecorator[datetime]):
    """An aware UTC time. SQLite has no zones and stores it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name == "postgresql":
            return value
        return value.replace(tzinfo=UTC)


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_SMALL: dict[str, Any] = {"sqlite_with_rowid": False}
"""For tables whose rows are little more than their key: SQLite then stores the rows in the key's own tree."""


def _of_team() -> Column[Any]:
    return Column("team", Integer, primary_key=True, autoincrement=False)


def _number(name: str = "number") -> Column[Any]:
    return Column(name, Integer, primary_key=True, autoincrement=False)


def _key(name: str) -> Column[Any]:
    return Column(name, Written, primary_key=True)


def _to(table: str, column: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["team", column], [f"{table}.team", f"{table}.number"])


def _to_team() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["team"], ["team.id"])


INSTANCE = Table(
    "instance",
    METADATA,
    _number("id"),
    Column("key", LargeBinary, nullable=False),
    Column("boot_epoch", Integer, nullable=False),
)

TEAM = Table(
    "team",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Written, nullable=False, unique=True),
    Column("zone", Written, nullable=False),
    sqlite_autoincrement=True,
)

COUNTER = Table(
    "counter",
    METADATA,
    _of_team(),
    Column("noun", Text, primary_key=True),
    Column("last", Integer, nullable=False),
    _to_team(),
    **_SMALL,
)

WORKSPACE = Table(
    "workspace",
    METADATA,
    _key("platform"),
    _key("id"),
    Column("name", Written, nullable=False),
    Column("team", Integer),
    Column("left_at", Moment),
    Column("admin_group", Text),
    _to_team(),
    Index(None, "team"),
)

MEMBER = Table(
    "member",
    METADATA,
    _of_team(),
    _number(),
    Column("platform", Written, nullable=False),
    Column("account", Written, nullable=False),
    Column("name", Written, nullable=False),
    Column("zone", Written),
    Column("workspaces", Words, nullable=False),
    Column("publishes", Boolean),
    Column("named_in_commits", Boolean),
    _to_team(),
    UniqueConstraint("team", "platform", "account"),
)

SOURCE = Table(
    "source",
    METADATA,
    _of_team(),
    _number(),
    Column("path", Written, nullable=False),
    _to_team(),
    UniqueConstraint("team", "path"),
)

SOURCE_FILE = Table(
    "source_file",
    METADATA,
    _of_team(),
    _number("source"),
    _key("file"),
    Column("entries", Integer, nullable=False),
    Column("duplicates", Words, nullable=False),
    Column("problems", Written, nullable=False),
    Column("digest", Text),
    Column("not_read", Integer),
    Column("title", Written),
    Column("description", Written),
    Column("dated", Text),
    Column("cover", Written),
    Column("cover_alt", Written),
    _to("source", "source"),
)

HELD_CHANGE = Table(
    "held_change",
    METADATA,
    _of_team(),
    _number("source"),
    Column("files", Written, nullable=False),
    Column("entries", Written, nullable=False),
    Column("listed", Integer, nullable=False),
    Column("rejected", Boolean, nullable=False),
    _to("source", "source"),
)

ENTRY = Table(
    "entry",
    METADATA,
    _of_team(),
    _number(),
    # A key may be too long for an index of PostgreSQL, so its hash is unique instead.
    Column("key_hash", LargeBinary, nullable=False),
    Column("source", Integer, nullable=False),
    Column("line", Integer, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("retired_at", Moment),
    Column("site", Written, nullable=False),
    Column("content", Text, nullable=False),
    Column("file", Written, nullable=False),
    Column("title", Written, nullable=False),
    Column("url", Written, nullable=False),
    Column("key", Written, nullable=False),
    Column("tags", Words, nullable=False),
    Column("section", Words, nullable=False),
    Column("section_folded", Written, nullable=False),
    Column("notes", Written, nullable=False),
    Column("language", Text),
    _to_team(),
    UniqueConstraint("team", "key_hash"),
)
Index(
    "ix_entry_language",
    ENTRY.c.team,
    ENTRY.c.language,
    sqlite_where=ENTRY.c.language.is_not(None),
    postgresql_where=ENTRY.c.language.is_not(None),
)
Index(
    "ix_entry_on_list",
    ENTRY.c.team,
    ENTRY.c.number,
    unique=True,
    sqlite_where=ENTRY.c.retired_at.is_(None),
    postgresql_where=ENTRY.c.retired_at.is_(None),
)

# By the hash of the address's key, as entries have it: a page is looked at before its entry is added.
WEB_PAGE = Table(
    "web_page",
    METADATA,
    _of_team(),
    Column("key_hash", LargeBinary, primary_key=True),
    Column("seen", Text, nullable=False),
    Column("title", Written, nullable=False),
    Column("description", Written, nullable=False),
    Column("minutes", Integer),
    Column("reason", Written, nullable=False),
    Column("checked_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Moment),
    _to_team(),
    Index(None, "checked_at"),
    Index(None, "due_at"),
)

ENTRY_TAG = Table(
    "entry_tag",
    METADATA,
    _of_team(),
    _key("tag"),
    _number("entry"),
    _to("entry", "entry"),
    Index(None, "team", "entry"),
    **_SMALL,
)

EDITING = Table(
    "editing",
    METADATA,
    _of_team(),
    Column("adding", Text, nullable=False),
    Column("file", Written),
    _to_team(),
)

EDIT = Table(
    "edit",
    METADATA,
    _of_team(),
    _number(),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("url", Written, nullable=False),
    Column("key", Written, nullable=False),
    Column("entry", Integer),
    Column("fields", Written, nullable=False),
    Column("before", Written, nullable=False),
    Column("member", Integer),
    Column("file", Written),
    Column("at", Moment, nullable=False),
    Column("reason", Written, nullable=False),
    Column("undoes", Integer),
    Column("branch", Text),
    Column("link", Written),
    _to_team(),
    _to("entry", "entry"),
    _to("member", "member"),
    Index(None, "team", "state"),
    Index(None, "team", "entry"),
    Index(None, "team", "member"),
)

_Bytewise = Written().with_variant(Text(collation="C"), "postgresql")
"""Words looked up by prefix: with another collation PostgreSQL cannot use an index for that. SQLite always can."""

SPELLING = Table(
    "spelling",
    METADATA,
    _of_team(),
    Column("word", _Bytewise, primary_key=True),
    Column("entries", Integer, nullable=False),
    _to_team(),
    **_SMALL,
)

# The entries on a team's list, and the characters of their titles with tags, and of their notes.
SEARCH_SIZE = Table(
    "search_size",
    METADATA,
    _of_team(),
    Column("entries", Integer, nullable=False),
    Column("titles", BigInteger, nullable=False),
    Column("notes", BigInteger, nullable=False),
    _to_team(),
)

# Signed bytes, of a text and a model. Derived from the entries: backups leave them out. A team's versions only grow.
VECTOR = Table(
    "vector",
    METADATA,
    _of_team(),
    _number("entry"),
    Column("content", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    _to("entry", "entry"),
    Index(None, "team", "version"),
)

# A curator's pair has source 0 and an empty file: columns of a key cannot be NULL.
SYNONYM = Table(
    "synonym",
    METADATA,
    _of_team(),
    _key("word"),
    _key("other"),
    _number("source"),
    _key("file"),
    _to_team(),
    Index(None, "team", "other"),
    Index(None, "team", "source", "file"),
    **_SMALL,
)

READING = Table(
    "reading",
    METADATA,
    _of_team(),
    _number("member"),
    _number("entry"),
    Column("state", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("choice", Text),
    Column("chosen_at", Moment),
    _to("member", "member"),
    _to("entry", "entry"),
    Index(None, "team", "state", "entry"),
    **_SMALL,
)

MARK = Table(
    "mark",
    METADATA,
    _of_team(),
    *(_key(name) for name in ("platform", "workspace", "channel", "message", "account", "emoji")),
    Column("entry", Integer, nullable=False),
    Column("meaning", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("live", Boolean, nullable=False),
    _to("entry", "entry"),
    Index(None, "team", "entry", "platform", "account"),
)

TAKEAWAY = Table(
    "takeaway",
    METADATA,
    _of_team(),
    _number(),
    Column("entry", Integer, nullable=False),
    Column("member", Integer, nullable=False),
    Column("named", Boolean, nullable=False),
    Column("text", Written, nullable=False),
    Column("words", Written, nullable=False),
    Column("about", Written),
    Column("at", Moment, nullable=False),
    Column("withdrawn_at", Moment),
    Column("recalled_at", Moment),
    Column("recalled_in", Written),
    _to("entry", "entry"),
    _to("member", "member"),
    Index(None, "team", "entry"),
    Index(None, "team", "member"),
)

REMINDER = Table(
    "reminder",
    METADATA,
    _of_team(),
    _number("member"),
    _number("entry"),
    Column("due_at", Moment, nullable=False),
    _to("member", "member"),
    _to("entry", "entry"),
    Index(None, "due_at"),
)

WEEKLY_NOTE = Table(
    "weekly_note",
    METADATA,
    _of_team(),
    _number("member"),
    Column("weekday", Integer, nullable=False),
    Column("at", Time, nullable=False),
    Column("zone", Written, nullable=False),
    Column("minutes", Integer),
    Column("due_at", Moment, nullable=False),
    _to("member", "member"),
    Index(None, "due_at"),
)

WEB_KEY = Table(
    "web_key",
    METADATA,
    _of_team(),
    Column("hash", LargeBinary, primary_key=True),
    Column("member", Integer, nullable=False),
    Column("opens", Text, nullable=False),
    Column("platform", Written, nullable=False),
    Column("workspace", Written, nullable=False),
    Column("at", Moment, nullable=False),
    Column("until", Moment),
    _to("member", "member"),
    UniqueConstraint("hash"),
    Index(None, "team", "member"),
)

SCHEDULE = Table(
    "schedule",
    METADATA,
    _of_team(),
    _number(),
    Column("platform", Written, nullable=False),
    Column("workspace", Written, nullable=False),
    Column("channel", Written, nullable=False),
    Column("weekday", Integer, nullable=False),
    Column("at", Time, nullable=False),
    Column("zone", Written, nullable=False),
    Column("tags", Words, nullable=False),
    Column("active_from", Moment, nullable=False),
    Column("paused_from", Moment),
    Column("paused_until", Moment),
    Column("paused_because", Written),
    Column("creator_platform", Written, nullable=False),
    Column("creator", Written, nullable=False),
    Column("pinned", Integer),
    Column("removed", Boolean, nullable=False),
    Column("holidays", Text),
    Column("on_holiday", Text),
    _to_team(),
    _to("entry", "pinned"),
    UniqueConstraint("team", "platform", "workspace", "channel"),
)

PASSED_OVER = Table(
    "passed_over",
    METADATA,
    _of_team(),
    _number("schedule"),
    _number("entry"),
    Column("at", Moment, nullable=False),
    _to("schedule", "schedule"),
    _to("entry", "entry"),
    **_SMALL,
)

QUESTION = Table(
    "question",
    METADATA,
    _of_team(),
    _number("entry"),
    Column("text", Written, nullable=False),
    _to("entry", "entry"),
)

WEEK = Table(
    "week",
    METADATA,
    _of_team(),
    _number("schedule"),
    _key("week"),
    Column("due_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("entry", Integer),
    Column("why", Text),
    Column("question", Written),
    _to("schedule", "schedule"),
    _to("entry", "entry"),
)

MEETING_RULES = Table(
    "meeting_rules",
    METADATA,
    _of_team(),
    _number("schedule"),
    Column("hosts", Boolean, nullable=False),
    Column("quorum", Integer, nullable=False),
    Column("closing", Boolean, nullable=False),
    Column("vote_every", Integer, nullable=False),
    Column("teaser", Boolean, nullable=False),
    Column("weekday", Integer),
    Column("at", Time),
    Column("zone", Written),
    _to("schedule", "schedule"),
)

MEETING = Table(
    "meeting",
    METADATA,
    _of_team(),
    _number("schedule"),
    _key("week"),
    Column("host", Integer),
    Column("by_reaction", Boolean, nullable=False),
    Column("changed_at", Moment, nullable=False),
    _to("schedule", "schedule"),
    _to("member", "host"),
    Index(None, "team", "host"),
)

HOST = Table(
    "host",
    METADATA,
    _of_team(),
    _number("schedule"),
    _number("member"),
    Column("since", Moment, nullable=False),
    _to("schedule", "schedule"),
    _to("member", "member"),
    **_SMALL,
)

HOST_PASSED = Table(
    "host_passed",
    METADATA,
    _of_team(),
    _number("schedule"),
    _key("week"),
    _number("member"),
    _to("schedule", "schedule"),
    _to("member", "member"),
    **_SMALL,
)

GOING = Table(
    "going",
    METADATA,
    _of_team(),
    _number("schedule"),
    _key("week"),
    _number("member"),
    Column("going", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    _to("schedule", "schedule"),
    _to("member", "member"),
    **_SMALL,
)

NOMINEE = Table(
    "nominee",
    METADATA,
    _of_team(),
    _number("schedule"),
    _key("week"),
    _number("entry"),
    Column("place", Integer, nullable=False),
    Column("reason", Written, nullable=False),
    _to("schedule", "schedule"),
    _to("entry", "entry"),
)

VOTE = Table(
    "vote",
    METADATA,
    _of_team(),
    _number("schedule"),
    _key("week"),
    _number("entry"),
    _number("member"),
    Column("in_favour", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    _to("schedule", "schedule"),
    _to("entry", "entry"),
    _to("member", "member"),
    **_SMALL,
)

DELIVERY = Table(
    "delivery",
    METADATA,
    _of_team(),
    _number(),
    Column("source_key", Written, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("waits_for", Integer),
    Column("step", Text, nullable=False),
    Column("platform", Written, nullable=False),
    Column("workspace", Written, nullable=False),
    Column("channel", Written, nullable=False),
    Column("body", Written),
    Column("body_sha", Text),
    Column("title", Written, nullable=False),
    Column("meaning", Text, nullable=False),
    Column("entry", Integer),
    Column("schedule", Integer),
    Column("week", Text),
    Column("late_after", Moment),
    Column("told_platform", Written),
    Column("told_account", Written),
    Column("key", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("outcome", Written),
    Column("attempt", Integer, nullable=False),
    Column("not_before", Moment),
    Column("lease_owner", Written),
    Column("lease_until", Moment),
    Column("fence", Integer, nullable=False),
    Column("boot_epoch", Integer, nullable=False),
    Column("sent_from", Moment),
    Column("first_sent_from", Moment),
    Column("settled_at", Moment),
    Column("sweep_at", Moment),
    Column("message_channel", Written),
    Column("message", Written),
    Column("root_channel", Written),
    Column("root", Written),
    Column("thread_channel", Written),
    Column("thread", Written),
    Column("revised_at", Moment),
    _to_team(),
    _to("entry", "entry"),
    _to("schedule", "schedule"),
    UniqueConstraint("team", "source_key", "ordinal"),
    Index(None, "message", "message_channel", "workspace", "platform"),
    Index(None, "team", "entry"),
    Index(None, "workspace", "platform"),
)


def _while(name: str, states: str, *columns: str) -> None:
    where = text(f"state IN ({states})")
    chosen = [DELIVERY.c[column] for column in columns]
    Index(f"ix_delivery_{name}", *chosen, sqlite_where=where, postgresql_where=where)


# The ledger grows with every week and is asked only for what is not settled, so these indexes stay small. Those that
# are asked about one channel do not begin with its platform: a planner without statistics would take them, and sort
# everything, where rows are wanted in the order in which they are due.
_while("due", "'pending'", "not_before", "team", "number")
_while("late", "'pending'", "late_after")
_while("waiting", "'pending'", "channel", "workspace", "platform", "not_before")
_while("in_flight", "'leased', 'sending'", "channel", "workspace", "platform", "lease_until")
_while("uncertain", "'uncertain'", "not_before")
_while("needs_human", "'needs_human'", "team")
_while("refused", "'refused'", "team", "settled_at")
_POSTED = text("state = 'sent' AND step = 'root'")
Index("ix_delivery_posted", DELIVERY.c.settled_at, sqlite_where=_POSTED, postgresql_where=_POSTED)
_SHOWS = and_(DELIVERY.c.message.is_not(None), DELIVERY.c.entry.is_not(None))
Index(
    "ix_delivery_shows",
    DELIVERY.c.workspace,
    DELIVERY.c.platform,
    func.coalesce(DELIVERY.c.sent_from, DELIVERY.c.settled_at),
    sqlite_where=_SHOWS,
    postgresql_where=_SHOWS,
)
Index(
    "ix_delivery_unswept",
    DELIVERY.c.sweep_at,
    sqlite_where=DELIVERY.c.sweep_at.is_not(None),
    postgresql_where=DELIVERY.c.sweep_at.is_not(None),
)

HALT = Table(
    "halt",
    METADATA,
    _key("platform"),
    _key("workspace"),
    Column("step", Text, primary_key=True),
    Column("until", Moment, nullable=False),
    Index(None, "until"),
)

INVOCATION = Table(
    "invocation",
    METADATA,
    _key("id"),
    Column("answer", Written, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "at"),
)

SECRET = Table(
    "secret",
    METADATA,
    _key("platform"),
    _key("name"),
    Column("token", LargeBinary, nullable=False),
)
