"""Characters and their revisions."""
