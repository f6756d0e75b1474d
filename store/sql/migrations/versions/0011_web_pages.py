# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""What the pages of entries are like."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "web_page",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_web_page_team_team")),
        sa.PrimaryKeyConstraint("team", "key_hash", name=op.f("pk_web_page")),
    )
    op.create_index(op.f("ix_web_page_checked_at"), "web_page", ["checked_at"])
    op.create_index(op.f("ix_web_page_due_at"), "web_page", ["due_at"])
