"""Finding what was said, and with whom: one list of hits over messages, titles and characters."""
