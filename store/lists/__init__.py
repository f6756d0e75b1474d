"""Reading lists as Markdown files: read them, edit them without loss, see which changed. Nothing is stored here."""

from store.lists.reading import read, read_path

__all__ = ["read", "read_path"]
