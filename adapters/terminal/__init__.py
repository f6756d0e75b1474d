"""The club in a terminal: a chat room of one process, for trying things out, for the demo tour and for tools."""
