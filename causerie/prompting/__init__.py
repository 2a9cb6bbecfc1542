"""Builds the prompt of a reply within the model's window, with its trace."""
