"""Waiting for what another process does and no event tells."""

import time
from collections.abc import Callable
from typing import TypeVar

PAUSE_SECONDS = 0.03

T = TypeVar("T")


def until(look: Callable[[], T | None], seconds: float, otherwise: Callable[[], str] = str) -> T:
    """Look again and again until there is something that counts as true, and return it.

    Args:
        otherwise: what to say when there is nothing in time.
    """
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {otherwise()}"
        time.sleep(PAUSE_SECONDS)
    return seen
