"""Bringing a SQLite database up to date: backup, migrate, verify."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from causerie.clock import utc_now
from causerie.db.errors import SchemaMismatch, StorageUnavailable
from causerie.db.sqlite import sqlite_engine
from causerie.db.upgrading import HEAD, current_revision, upgrade
from causerie.ops.data_folder import FILE_MODE


@dataclass(frozen=True, slots=True)
class Migration:
    """What was done. `before` is None for an empty database; `backup` is where its former state lies."""

    before: str | None
    after: str
    backup: Path | None = None


def schema_revision(file: Path) -> str | None:
    """Return how far the schema of the database in `file` is; None while there is none.

    Raises:
        StorageUnavailable: the file is no database, or cannot be read.
    """
    engine = sqlite_engine(file, begin="BEGIN", read_only=True)
    try:
        with engine.connect() as connection:
            return current_revision(connection)
    except DBAPIError as error:
        raise StorageUnavailable(f"{file} cannot be used: {error.orig}.") from error


def bring_up_to_date(file: Path) -> Migration:
    """Migrate the database in `file` to the newest schema, in one transaction; nothing happens if it is there already.

    A database that holds something is copied first, to `backups` beside it, so that one can go back.

    Raises:
        SchemaMismatch: the schema is newer than this version of Causerie, or the result is not sound; nothing changed.
    """
    before = schema_revision(file)
    if before == HEAD:
        return Migration(before, HEAD)
    backup = _back_up(file, before) if before is not None else None
    with sqlite_engine(file).connect() as connection, connection.begin():
        upgrade(connection)
        _verify(connection)
    return Migration(before, HEAD, backup)


def _back_up(file: Path, revision: str) -> Path:
    folder = file.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    copy = folder / f"{file.stem}-{revision}-{utc_now():%Y%m%dT%H%M%SZ}.db"
    raw = sqlite_engine(file, begin="BEGIN").raw_connection()
    try:
        raw.cursor().execute("VACUUM INTO ?", (str(copy),))
    finally:
        raw.close()
    copy.chmod(FILE_MODE)
    return copy


def _verify(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    sound = connection.exec_driver_sql("PRAGMA quick_check").scalar()
    if broken is not None or sound != "ok":
        raise SchemaMismatch("The migrated database is not sound, so nothing was changed. Run `causerie doctor`.")
