"""Background work in slices."""
