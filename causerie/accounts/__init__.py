"""Users of this installation."""
