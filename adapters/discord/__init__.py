"""The club in a Discord server: native commands, buttons and threads, without reading what people write."""
