# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""Files are identified by a hash of their content, and a change that would retire much of a list is held."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_column("source_file", "size")
    op.drop_column("source_file", "mtime")
    op.add_column("source_file", sa.Column("digest", sa.Text(), nullable=True))
    op.create_table(
        "held_change",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team", "source"], ["source.team", "source.number"], name=op.f("fk_held_change_team_source_source")
        ),
        sa.PrimaryKeyConstraint("team", "source", name=op.f("pk_held_change")),
    )
