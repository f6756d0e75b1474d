# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""The date and the cover of each list. All files are read again, to find theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    for name in ("dated", "cover", "cover_alt"):
        op.add_column("source_file", sa.Column(name, sa.Text(), nullable=True))
    op.execute("UPDATE source_file SET digest = NULL")
