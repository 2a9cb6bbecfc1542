"""Personas of the user."""
