# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""Whether a member wants to be named in the commits with their changes; null and false mean no."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("member", sa.Column("named_in_commits", sa.Boolean(), nullable=True))
