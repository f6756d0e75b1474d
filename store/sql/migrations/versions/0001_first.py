# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""The first schema. Migrations are never changed after a release: later changes of `tables` are later migrations."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_POSTGRESQL = (
    "CREATE TEXT SEARCH DICTIONARY dogear_stem (TEMPLATE = snowball, LANGUAGE = english)",
    "CREATE TEXT SEARCH CONFIGURATION dogear (COPY = simple)",
    "ALTER TEXT SEARCH CONFIGURATION dogear ALTER MAPPING FOR asciiword, word, numword WITH dogear_stem",
    """CREATE TABLE search_entry (
        team integer NOT NULL, entry integer NOT NULL, words tsvector NOT NULL, PRIMARY KEY (team, entry))""",
    "CREATE INDEX ix_search_entry_words ON search_entry USING gin (words)",
    """CREATE TABLE search_word (
        team integer NOT NULL, word text NOT NULL, entries integer NOT NULL, PRIMARY KEY (team, word))""",
)


def upgrade() -> None:
    op.create_table(
        "instance",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("boot_epoch", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
    op.create_table(
        "halt",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("platform", "workspace", "step", name=op.f("pk_halt")),
    )
    op.create_index(op.f("ix_halt_until"), "halt", ["until"], unique=False)
    op.create_table(
        "invocation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invocation")),
    )
    op.create_index(op.f("ix_invocation_at"), "invocation", ["at"], unique=False)
    op.create_table(
        "secret",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "name", name=op.f("pk_secret")),
    )
    op.create_table(
        "team",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("name", name=op.f("uq_team_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "counter",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_counter_team_team")),
        sa.PrimaryKeyConstraint("team", "noun", name=op.f("pk_counter")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "entry",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("section_folded", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_entry_team_team")),
        sa.PrimaryKeyConstraint("team", "number", name=op.f("pk_entry")),
        sa.UniqueConstraint("team", "key_hash", name=op.f("uq_entry_team_key_hash")),
    )
    op.create_index(
        "ix_entry_on_list",
        "entry",
        ["team", "number"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "member",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("workspaces", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_member_team_team")),
        sa.PrimaryKeyConstraint("team", "number", name=op.f("pk_member")),
        sa.UniqueConstraint("team", "platform", "account", name=op.f("uq_member_team_platform_account")),
    )
    op.create_table(
        "source",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_source_team_team")),
        sa.PrimaryKeyConstraint("team", "number", name=op.f("pk_source")),
        sa.UniqueConstraint("team", "path", name=op.f("uq_source_team_path")),
    )
    op.create_table(
        "spelling",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("word", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_spelling_team_team")),
        sa.PrimaryKeyConstraint("team", "word", name=op.f("pk_spelling")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "synonym",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("source", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_synonym_team_team")),
        sa.PrimaryKeyConstraint("team", "word", "other", "source", "file", name=op.f("pk_synonym")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_synonym_team_other"), "synonym", ["team", "other"], unique=False)
    op.create_index(op.f("ix_synonym_team_source_file"), "synonym", ["team", "source", "file"], unique=False)
    op.create_table(
        "workspace",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("team", sa.Integer(), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_workspace_team_team")),
        sa.PrimaryKeyConstraint("platform", "id", name=op.f("pk_workspace")),
    )
    op.create_index(op.f("ix_workspace_team"), "workspace", ["team"], unique=False)
    op.create_table(
        "entry_tag",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["team", "entry"], ["entry.team", "entry.number"], name=op.f("fk_entry_tag_team_entry_entry")
        ),
        sa.PrimaryKeyConstraint("team", "tag", "entry", name=op.f("pk_entry_tag")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_entry_tag_team_entry"), "entry_tag", ["team", "entry"], unique=False)
    op.create_table(
        "mark",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("emoji", sa.Text(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team", "entry"], ["entry.team", "entry.number"], name=op.f("fk_mark_team_entry_entry")
        ),
        sa.PrimaryKeyConstraint(
            "team", "platform", "workspace", "channel", "message", "account", "emoji", name=op.f("pk_mark")
        ),
    )
    op.create_index(
        op.f("ix_mark_team_entry_platform_account"), "mark", ["team", "entry", "platform", "account"], unique=False
    )
    op.create_table(
        "reading",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("choice", sa.Text(), nullable=True),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["team", "entry"], ["entry.team", "entry.number"], name=op.f("fk_reading_team_entry_entry")
        ),
        sa.ForeignKeyConstraint(
            ["team", "member"], ["member.team", "member.number"], name=op.f("fk_reading_team_member_member")
        ),
        sa.PrimaryKeyConstraint("team", "member", "entry", name=op.f("pk_reading")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_reading_team_state_entry"), "reading", ["team", "state", "entry"], unique=False)
    op.create_table(
        "schedule",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("at", sa.Time(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("active_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_because", sa.Text(), nullable=True),
        sa.Column("creator_platform", sa.Text(), nullable=False),
        sa.Column("creator", sa.Text(), nullable=False),
        sa.Column("pinned", sa.Integer(), nullable=True),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team", "pinned"], ["entry.team", "entry.number"], name=op.f("fk_schedule_team_pinned_entry")
        ),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_schedule_team_team")),
        sa.PrimaryKeyConstraint("team", "number", name=op.f("pk_schedule")),
        sa.UniqueConstraint(
            "team", "platform", "workspace", "channel", name=op.f("uq_schedule_team_platform_workspace_channel")
        ),
    )
    op.create_table(
        "source_file",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team", "source"], ["source.team", "source.number"], name=op.f("fk_source_file_team_source_source")
        ),
        sa.PrimaryKeyConstraint("team", "source", "file", name=op.f("pk_source_file")),
    )
    op.create_table(
        "delivery",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("waits_for", sa.Integer(), nullable=True),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("body_sha", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=True),
        sa.Column("schedule", sa.Integer(), nullable=True),
        sa.Column("week", sa.Text(), nullable=True),
        sa.Column("late_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_platform", sa.Text(), nullable=True),
        sa.Column("told_account", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("boot_epoch", sa.Integer(), nullable=False),
        sa.Column("sent_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_sent_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sweep_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_channel", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("root_channel", sa.Text(), nullable=True),
        sa.Column("root", sa.Text(), nullable=True),
        sa.Column("thread_channel", sa.Text(), nullable=True),
        sa.Column("thread", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["team", "entry"], ["entry.team", "entry.number"], name=op.f("fk_delivery_team_entry_entry")
        ),
        sa.ForeignKeyConstraint(
            ["team", "schedule"], ["schedule.team", "schedule.number"], name=op.f("fk_delivery_team_schedule_schedule")
        ),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_delivery_team_team")),
        sa.PrimaryKeyConstraint("team", "number", name=op.f("pk_delivery")),
        sa.UniqueConstraint("key", name=op.f("uq_delivery_key")),
        sa.UniqueConstraint("team", "source_key", "ordinal", name=op.f("uq_delivery_team_source_key_ordinal")),
    )
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["not_before", "team", "number"],
        unique=False,
        sqlite_where=sa.text("state IN ('pending')"),
        postgresql_where=sa.text("state IN ('pending')"),
    )
    op.create_index(
        "ix_delivery_in_flight",
        "delivery",
        ["channel", "workspace", "platform", "lease_until"],
        unique=False,
        sqlite_where=sa.text("state IN ('leased', 'sending')"),
        postgresql_where=sa.text("state IN ('leased', 'sending')"),
    )
    op.create_index(
        "ix_delivery_late",
        "delivery",
        ["late_after"],
        unique=False,
        sqlite_where=sa.text("state IN ('pending')"),
        postgresql_where=sa.text("state IN ('pending')"),
    )
    op.create_index(
        op.f("ix_delivery_message_message_channel_workspace_platform"),
        "delivery",
        ["message", "message_channel", "workspace", "platform"],
        unique=False,
    )
    op.create_index(
        "ix_delivery_needs_human",
        "delivery",
        ["team"],
        unique=False,
        sqlite_where=sa.text("state IN ('needs_human')"),
        postgresql_where=sa.text("state IN ('needs_human')"),
    )
    op.create_index(
        "ix_delivery_refused",
        "delivery",
        ["team", "settled_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('refused')"),
        postgresql_where=sa.text("state IN ('refused')"),
    )
    op.create_index(
        "ix_delivery_shows",
        "delivery",
        ["workspace", "platform", sa.text("coalesce(sent_from, settled_at)")],
        unique=False,
        sqlite_where=sa.text("message IS NOT NULL AND entry IS NOT NULL"),
        postgresql_where=sa.text("message IS NOT NULL AND entry IS NOT NULL"),
    )
    op.create_index(op.f("ix_delivery_team_entry"), "delivery", ["team", "entry"], unique=False)
    op.create_index(
        "ix_delivery_uncertain",
        "delivery",
        ["not_before"],
        unique=False,
        sqlite_where=sa.text("state IN ('uncertain')"),
        postgresql_where=sa.text("state IN ('uncertain')"),
    )
    op.create_index(
        "ix_delivery_unswept",
        "delivery",
        ["sweep_at"],
        unique=False,
        sqlite_where=sa.text("sweep_at IS NOT NULL"),
        postgresql_where=sa.text("sweep_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_delivery_workspace_platform"), "delivery", ["workspace", "platform"], unique=False)
    op.create_index(
        "ix_delivery_waiting",
        "delivery",
        ["channel", "workspace", "platform", "not_before"],
        unique=False,
        sqlite_where=sa.text("state IN ('pending')"),
        postgresql_where=sa.text("state IN ('pending')"),
    )
    op.create_table(
        "week",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("schedule", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["team", "entry"], ["entry.team", "entry.number"], name=op.f("fk_week_team_entry_entry")
        ),
        sa.ForeignKeyConstraint(
            ["team", "schedule"], ["schedule.team", "schedule.number"], name=op.f("fk_week_team_schedule_schedule")
        ),
        sa.PrimaryKeyConstraint("team", "schedule", "week", name=op.f("pk_week")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for statement in _POSTGRESQL:
            op.execute(statement)
