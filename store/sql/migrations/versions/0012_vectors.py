# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""Vectors of entries, by which search finds what means the same."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "vector",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team", "entry"], ["entry.team", "entry.number"], name=op.f("fk_vector_team_entry_entry")
        ),
        sa.PrimaryKeyConstraint("team", "entry", name=op.f("pk_vector")),
    )
    op.create_index(op.f("ix_vector_team_version"), "vector", ["team", "version"])
