"""The store over SQLAlchemy Core, on SQLite and on PostgreSQL."""

from store.sql.advisory_lock import ExclusiveLock
from store.sql.engine import address
from store.sql.store import SqlStore, exists, open_store
from store.sql.vault import SqlVault

__all__ = ["ExclusiveLock", "SqlStore", "SqlVault", "address", "exists", "open_store"]
