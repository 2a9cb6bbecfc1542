"""What models' replies consumed, and how long they took."""
