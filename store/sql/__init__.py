"""The store over SQLAlchemy Core, on SQLite and on PostgreSQL."""

from store.sql.engine import shown
from store.sql.hold import Hold
from store.sql.store import SqlStore, is_made, open_store
from store.sql.vault import SqlVault

__all__ = ["Hold", "SqlStore", "SqlVault", "is_made", "open_store", "shown"]
