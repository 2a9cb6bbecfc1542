"""Many processes, real faults, and a checker: what must hold of a turn is tried here on what runs in production."""
