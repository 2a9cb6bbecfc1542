"""Uploaded bytes as files of one folder."""

import asyncio
import os
from datetime import datetime
from pathlib import Path

from causerie.ids import new_id
from causerie.objects.store import ObjectMissing, sha256_of


class FileStore:
    """An `ObjectStore` in a local folder: `ab/ab12…`, written beside and renamed, so a file is whole or not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, content: bytes) -> str:
        name = sha256_of(content)
        await asyncio.to_thread(_write, self._path(name), content)
        return name

    async def get(self, sha256: str) -> bytes:
        try:
            return await asyncio.to_thread(self._path(sha256).read_bytes)
        except FileNotFoundError as error:
            raise ObjectMissing from error

    async def delete(self, sha256: str) -> None:
        await asyncio.to_thread(self._path(sha256).unlink, missing_ok=True)

    async def list_older(self, than: datetime) -> list[str]:
        return await asyncio.to_thread(self._list_older, than.timestamp())

    def _list_older(self, than: float) -> list[str]:
        return [path.name for path in self._folder.glob("??/*") if path.stat().st_mtime < than]

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256


def _write(path: Path, content: bytes) -> None:
    if path.exists():
        path.touch()  # as new: whoever cleans up leaves it alone
        return
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # `parents` alone would not be given the mode
    unfinished = path.with_name(f".{new_id()}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the rename outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
