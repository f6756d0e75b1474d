"""The club's list as web pages."""
