"""Identifiers: UUIDs of version 7 (RFC 9562), so that new rows sort by time and clients can mint them."""

import secrets
import threading
import time
from uuid import UUID

_RANDOM_BITS = 74

_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """Return a new UUIDv7, greater than every one that this process has made before.

    48 bits of Unix milliseconds, then 74 random bits; within one millisecond, or when the clock goes back, the last one
    plus a random step (RFC 9562, section 6.2, method 2). So what is made later sorts later.
    """
    global _last  # noqa: PLW0603 (the order of a process's ids is the process's)
    moment = time.time_ns() // 1_000_000
    with _lock:
        if moment > _last >> _RANDOM_BITS:
            _last = (moment << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS - 1)
        else:
            _last += 1 + secrets.randbits(32)
        number = _last
    moment, random = number >> _RANDOM_BITS, number & ((1 << _RANDOM_BITS) - 1)
    value = (moment & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | (random >> 62) << 64
    value |= 0b10 << 62 | random & ((1 << 62) - 1)
    return UUID(int=value)
