"""The port to where uploaded bytes are kept."""

import hashlib
from datetime import datetime
from typing import Protocol

from causerie.errors import CauserieError


class ObjectMissing(CauserieError):
    """The store does not hold the bytes that a row names."""

    status, code, title = 404, "file_missing", "The file is not in the store"

    def __init__(self) -> None:
        super().__init__("The file's bytes are gone; a backup of the object store has them.")


class ObjectStore(Protocol):
    """Keeps bytes under the SHA-256 (hexadecimal) of themselves, so that nothing is ever overwritten."""

    async def put(self, content: bytes) -> str:
        """Keep `content`, safe from a power cut, and return its SHA-256; repeats are harmless."""

    async def get(self, sha256: str) -> bytes:
        """Return the bytes.

        Raises:
            ObjectMissing: there are none under this name.
        """

    async def delete(self, sha256: str) -> None:
        """Forget the bytes; repeats change nothing."""

    async def list_older(self, than: datetime) -> list[str]:
        """Return the names of what was last put before `than`."""


def sha256_of(content: bytes) -> str:
    """Return the name under which a store keeps `content`."""
    return hashlib.sha256(content).hexdigest()
