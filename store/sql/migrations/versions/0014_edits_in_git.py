# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""The branch and the pull request in which an edit waits to be merged."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("edit", sa.Column("branch", sa.Text(), nullable=True))
    op.add_column("edit", sa.Column("link", sa.Text(), nullable=True))
