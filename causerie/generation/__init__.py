"""Runs replies: claim, lease, stream, checkpoint, finish, sweep."""
