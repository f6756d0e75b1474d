# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""A file is noted with how many of its links are not read. All files are read once more, by the new reader."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("source_file", sa.Column("not_read", sa.Integer(), nullable=True))
    op.execute("UPDATE source_file SET digest = NULL")
