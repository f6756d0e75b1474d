# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""Edits of the list that members make in the chat, and how each team's list is edited."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "editing",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("adding", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_editing_team_team")),
        sa.PrimaryKeyConstraint("team", name=op.f("pk_editing")),
    )
    op.create_table(
        "edit",
        sa.Column("team", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("member", sa.Integer(), nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["team"], ["team.id"], name=op.f("fk_edit_team_team")),
        sa.ForeignKeyConstraint(
            ["team", "entry"], ["entry.team", "entry.number"], name=op.f("fk_edit_team_entry_entry")
        ),
        sa.ForeignKeyConstraint(
            ["team", "member"], ["member.team", "member.number"], name=op.f("fk_edit_team_member_member")
        ),
        sa.PrimaryKeyConstraint("team", "number", name=op.f("pk_edit")),
    )
    op.create_index(op.f("ix_edit_team_state"), "edit", ["team", "state"])
    op.create_index(op.f("ix_edit_team_entry"), "edit", ["team", "entry"])
    op.create_index(op.f("ix_edit_team_member"), "edit", ["team", "member"])
