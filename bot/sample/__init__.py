"""The reading list of the demo."""
