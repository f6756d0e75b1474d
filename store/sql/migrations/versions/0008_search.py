# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""The average lengths of titles and notes, by which search ranks. The search index itself is built again afterwards."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "search_size",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("titles", sa.BigInteger(), nullable=False),
        sa.Column("notes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_search_size_team_team")),
        sa.PrimaryKeyConstraint("team", name=op.f("pk_search_size")),
    )
