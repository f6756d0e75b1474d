"""The store over SQLAlchemy Core, on SQLite and on PostgreSQL."""

from store.sql.engine import address, shown
from store.sql.hold import Hold
from store.sql.store import SqlStore, is_made, open_store
from store.sql.vault import SqlVault

__all__ = ["Hold", "SqlStore", "SqlVault", "address", "is_made", "open_store", "shown"]
