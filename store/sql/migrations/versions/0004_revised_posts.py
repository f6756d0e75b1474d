# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""When a post was last brought up to date, and an index of what was posted lately."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("delivery", sa.Column("revised_at", sa.DateTime(timezone=True), nullable=True))
    posted = sa.text("state = 'sent' AND step = 'root'")
    op.create_index("ix_delivery_posted", "delivery", ["settled_at"], sqlite_where=posted, postgresql_where=posted)
