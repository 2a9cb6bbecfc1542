"""What every route needs."""
