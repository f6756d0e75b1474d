"""Full-text search of a team's entries: the query plan, the engines' indexes, and the matching line."""
