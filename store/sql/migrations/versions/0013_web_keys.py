# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""Keys to the pages in a browser, whose takeaways public pages may show, and what a list says about itself. All files
are read once more.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "web_key",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("member", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["team", "member"], ["member.team", "member.number"], name=op.f("fk_web_key_team_member_member")
        ),
        sa.PrimaryKeyConstraint("team", "hash", name=op.f("pk_web_key")),
        sa.UniqueConstraint("hash", name=op.f("uq_web_key_hash")),
    )
    op.create_index(op.f("ix_web_key_team_member"), "web_key", ["team", "member"])
    op.add_column("source_file", sa.Column("title", sa.Text(), nullable=True))
    op.add_column("source_file", sa.Column("description", sa.Text(), nullable=True))
    op.execute("UPDATE source_file SET digest = NULL")
    op.add_column("member", sa.Column("publishes", sa.Boolean(), nullable=True))
