# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""A schedule knows public holidays, and a workspace the group whose members are admins."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("schedule", sa.Column("holidays", sa.Text(), nullable=True))
    op.add_column("schedule", sa.Column("on_holiday", sa.Text(), nullable=True))
    op.add_column("workspace", sa.Column("admin_group", sa.Text(), nullable=True))
