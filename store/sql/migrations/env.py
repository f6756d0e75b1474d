# ruff: noqa: INP001 - Alembic loads its files by path, as no package
"""Alembic's entry point. Migrations run on the connection and in the transaction that `store.sql.migrate` provides."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
