"""Full-text search of a team's entries: what is asked, the engines' indexes, and the line that matched."""
