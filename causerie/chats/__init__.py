"""Sessions, the message tree, and what is told about them."""
