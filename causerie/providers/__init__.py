"""Language models behind one protocol. Knows no feature and no table; start reading at `protocol.py`."""
