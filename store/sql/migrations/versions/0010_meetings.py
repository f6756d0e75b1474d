# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""The people around a digest: who hosts it, who is in, and the votes for the next one."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "meeting_rules",
        *_keys("meeting_rules", ["team", "schedule"]),
        sa.Column("hosts", sa.Boolean(), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.Column("closing", sa.Boolean(), nullable=False),
        sa.Column("vote_every", sa.Integer(), nullable=False),
        sa.Column("teaser", sa.Boolean(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("at", sa.Time(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=True),
    )
    op.create_table(
        "meeting",
        *_keys("meeting", ["team", "schedule", "week"]),
        sa.Column("host", sa.Integer(), nullable=True),
        sa.Column("by_reaction", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        _to("meeting", "host", "member"),
    )
    op.create_index("ix_meeting_team_host", "meeting", ["team", "host"])
    op.create_table(
        "host",
        *_keys("host", ["team", "schedule", "member"]),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "host_passed", *_keys("host_passed", ["team", "schedule", "week", "member"]), sqlite_with_rowid=False
    )
    op.create_table(
        "going",
        *_keys("going", ["team", "schedule", "week", "member"]),
        sa.Column("going", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "nominee",
        *_keys("nominee", ["team", "schedule", "week", "entry"]),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_table(
        "vote",
        *_keys("vote", ["team", "schedule", "week", "entry", "member"]),
        sa.Column("in_favour", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sqlite_with_rowid=False,
    )


def _keys(table: str, key: Sequence[str]) -> list[Any]:
    """The columns of the key, and what they refer to."""
    columns = [
        sa.Column(name, sa.Text(), nullable=False)
        if name == "week"
        else sa.Column(name, sa.Integer(), autoincrement=False, nullable=False)
        for name in key
    ]
    named = [_to(table, name, name) for name in key if name not in ("team", "week")]
    return [*columns, *named, sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}"))]


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_team_{column}_{other}")
    return sa.ForeignKeyConstraint(["team", column], [f"{other}.team", f"{other}.number"], name=name)
