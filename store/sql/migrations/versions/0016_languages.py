# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""The language of each entry's list, whose stems are indexed too. All files are read again, to find theirs.

The search index itself is built again afterwards.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("entry", sa.Column("language", sa.Text(), nullable=True))
    named = sa.text("language IS NOT NULL")
    op.create_index("ix_entry_language", "entry", ["team", "language"], sqlite_where=named, postgresql_where=named)
    op.execute("UPDATE source_file SET digest = NULL")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TEXT SEARCH DICTIONARY dogear_stem (LANGUAGE = porter)")  # as FTS5 has it
