"""Surfaces that tell as things happen: sockets and event streams."""
