"""What the platforms without a network share: a chat room in memory, time that can be moved, completion of typed lines."""
