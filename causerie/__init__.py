"""Causerie: a self-hosted chat platform for characters."""

__version__ = "0.1.0"
