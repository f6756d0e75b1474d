# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""Entries that an admin passed over for a digest, and the question of a digest."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "passed_over",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("schedule", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["team", "schedule"],
            ["schedule.team", "schedule.number"],
            name=op.f("fk_passed_over_team_schedule_schedule"),
        ),
        sa.ForeignKeyConstraint(
            ["team", "entry"], ["entry.team", "entry.number"], name=op.f("fk_passed_over_team_entry_entry")
        ),
        sa.PrimaryKeyConstraint("team", "schedule", "entry", name=op.f("pk_passed_over")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "question",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team", "entry"], ["entry.team", "entry.number"], name=op.f("fk_question_team_entry_entry")
        ),
        sa.PrimaryKeyConstraint("team", "entry", name=op.f("pk_question")),
    )
    op.add_column("week", sa.Column("question", sa.Text(), nullable=True))
