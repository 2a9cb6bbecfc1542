"""What was deleted and can still come back, over all features; and how it goes for good."""
