"""Settings and preferences of a user."""
