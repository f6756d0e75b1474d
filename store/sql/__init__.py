"""The store over SQLAlchemy Core, on SQLite and on PostgreSQL."""

from store.sql.hold import Hold
from store.sql.store import SqlStore, open_store
from store.sql.vault import SqlVault

__all__ = ["Hold", "SqlStore", "SqlVault", "open_store"]
