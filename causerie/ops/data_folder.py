"""The data folder: private, and of one server at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from causerie.config import Settings

FOLDER_MODE = 0o700
FILE_MODE = 0o600


class FolderInUse(Exception):
    """Another server runs on this database; the text is one line."""


def prepare_folder(settings: Settings) -> None:
    """Make the data folder and the database's file, for this user alone (S7).

    A folder that already holds other things keeps its mode: it may be shared on purpose.
    """
    folder = settings.data_dir
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    if settings.database_file.parent == folder and (settings.database_file.exists() or not any(folder.iterdir())):
        folder.chmod(FOLDER_MODE)
    settings.database_file.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    # SQLite gives its own files beside it the mode of the database's.
    os.close(os.open(settings.database_file, os.O_RDWR | os.O_CREAT, FILE_MODE))


@contextmanager
def only_server(database_file: Path) -> Iterator[None]:
    """Be the only server on this database until the block ends; the system lets go of a dead process's lock.

    Raises:
        FolderInUse: another process is.
    """
    handle = os.open(database_file.with_name(f"{database_file.name}.lock"), os.O_RDWR | os.O_CREAT, FILE_MODE)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderInUse(f"Another Causerie server already uses {database_file}; stop it first.") from error
        yield
    finally:
        os.close(handle)
