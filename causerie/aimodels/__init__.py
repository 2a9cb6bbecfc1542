"""Language models and the way to them."""
