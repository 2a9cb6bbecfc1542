"""The data folder: private, and of one server at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from causerie.config import PREFIX, Settings, WrongSetting

FOLDER_MODE = 0o700
FILE_MODE = 0o600


class FolderInUse(Exception):
    """Another server runs on this database; the text is one line."""


def prepare_folder(settings: Settings) -> None:
    """Make the data folder, and the file of a SQLite database, for this user alone (S7).

    A folder that already holds other things keeps its mode: it may be shared on purpose.

    Raises:
        WrongSetting: one of them cannot be made or written there.
    """
    try:
        _prepare(settings)
    except OSError as error:
        of_file = settings.database_file is not None and error.filename == str(settings.database_file)
        name = "DATABASE_URL" if of_file else "DATA_DIR"
        raise WrongSetting(f"{PREFIX}{name}: cannot use {error.filename}: {error.strerror}") from error


def _prepare(settings: Settings) -> None:
    folder, file = settings.data_dir, settings.database_file
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    if file is None:
        if not any(folder.iterdir()):
            folder.chmod(FOLDER_MODE)
        return
    if file.parent == folder and (file.exists() or not any(folder.iterdir())):
        folder.chmod(FOLDER_MODE)
    file.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    # SQLite gives its own files beside it the mode of the database's.
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, FILE_MODE))


@contextmanager
def only_server(database_file: Path | None) -> Iterator[None]:
    """Be the only server on this SQLite file until the block ends; the system lets go of a dead process's lock.

    On PostgreSQL (None) there may be many.

    Raises:
        FolderInUse: another process is.
    """
    if database_file is None:
        yield
        return
    handle = os.open(database_file.with_name(f"{database_file.name}.lock"), os.O_RDWR | os.O_CREAT, FILE_MODE)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderInUse(
                f"Another Causerie server already uses {database_file}; stop it first, or name another folder by "
                "CAUSERIE_DATA_DIR."
            ) from error
        yield
    finally:
        os.close(handle)
