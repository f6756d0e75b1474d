# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""Reminders, weekly notes, and when an old takeaway last came back in a thread."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "reminder",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["team", "member"], ["member.team", "member.number"], name=op.f("fk_reminder_team_member_member")
        ),
        sa.ForeignKeyConstraint(
            ["team", "entry"], ["entry.team", "entry.number"], name=op.f("fk_reminder_team_entry_entry")
        ),
        sa.PrimaryKeyConstraint("team", "member", "entry", name=op.f("pk_reminder")),
    )
    op.create_index("ix_reminder_due_at", "reminder", ["due_at"])
    op.create_table(
        "weekly_note",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("at", sa.Time(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["team", "member"], ["member.team", "member.number"], name=op.f("fk_weekly_note_team_member_member")
        ),
        sa.PrimaryKeyConstraint("team", "member", name=op.f("pk_weekly_note")),
    )
    op.create_index("ix_weekly_note_due_at", "weekly_note", ["due_at"])
    op.add_column("takeaway", sa.Column("recalled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("takeaway", sa.Column("recalled_in", sa.Text(), nullable=True))
