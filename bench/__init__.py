"""Measures Causerie beside bare programs that do as little as possible, in the same run on the same machine."""
