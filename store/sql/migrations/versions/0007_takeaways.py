# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""What members chose to keep of entries."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "takeaway",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("member", sa.Integer(), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["team", "entry"], ["entry.team", "entry.number"], name=op.f("fk_takeaway_team_entry_entry")
        ),
        sa.ForeignKeyConstraint(
            ["team", "member"], ["member.team", "member.number"], name=op.f("fk_takeaway_team_member_member")
        ),
        sa.PrimaryKeyConstraint("team", "number", name=op.f("pk_takeaway")),
    )
    op.create_index("ix_takeaway_team_entry", "takeaway", ["team", "entry"])
    op.create_index("ix_takeaway_team_member", "takeaway", ["team", "member"])
