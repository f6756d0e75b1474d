"""Reading lists as Markdown files: read them, edit them without loss, see which changed. Nothing is stored here."""
