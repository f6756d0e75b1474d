# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""Alembic's way in: the migrations run on the connection, and in the transaction, that `store.sql.migrate` gives."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
