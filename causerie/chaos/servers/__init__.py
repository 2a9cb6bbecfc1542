"""Real servers of this machine, each in a temporary folder on a port of the loopback, for faults and for the tests."""
