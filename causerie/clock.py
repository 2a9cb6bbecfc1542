"""Time: of the wall, as rows and frames carry it, and since the machine started."""

import time
from datetime import UTC, datetime

_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", None)


def utc_now() -> datetime:
    """Return the present moment, aware and in UTC."""
    return datetime.now(UTC)


def boot_seconds() -> float:
    """Return seconds of a clock that nobody sets and that goes on while the machine sleeps."""
    # Where there is none, the wall's clock: it may be set, but it never misses a night.
    return time.time() if _BOOT_CLOCK is None else time.clock_gettime(_BOOT_CLOCK)
