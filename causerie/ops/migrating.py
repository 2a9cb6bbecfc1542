"""Bringing the database up to date: backup, migrate, verify."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select

from causerie.clock import utc_now
from causerie.db.errors import SchemaMismatch, StorageUnavailable
from causerie.db.links import FAILURES, postgres_engine
from causerie.db.protection import grant, require_policies, require_role
from causerie.db.sqlite import sqlite_engine
from causerie.db.upgrading import HEAD, current_revision, upgrade
from causerie.ops.data_folder import FILE_MODE

_LOCK = 0x0CA0_5E51
"""Of whoever migrates a PostgreSQL database."""


@dataclass(frozen=True, slots=True)
class Migration:
    """What was done. `before` is None for an empty database; `backup` is where its former state lies."""

    before: str | None
    after: str
    backup: Path | None = None


def schema_revision(file: Path) -> str | None:
    """Return how far the schema of the database in `file` is; None while there is none."""
    engine = sqlite_engine(file, begin="BEGIN", read_only=True)
    with engine.connect() as connection:
        return current_revision(connection)


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


async def migrate_postgres(migration_url: str, application_role: str) -> Migration:
    """Bring the PostgreSQL database at `migration_url`, whose role owns the tables, to the newest schema.

    One transaction under a lock of the database: of two at once the second finds everything done. Then the role that
    serves gets its rights, also when there was nothing to migrate, and what keeps users apart from it is verified.
    There is no backup: the server's own tools make it.

    Raises:
        SchemaMismatch: the schema is newer than this version; nothing changed.
        UnsafeRole: the policies would not bind `application_role`; nothing changed.
        StorageUnavailable: the server cannot be reached.
    """
    engine = postgres_engine(migration_url, isolation_level="READ COMMITTED", command_seconds=None)
    try:
        async with engine.begin() as connection:
            await connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            before = await connection.run_sync(current_revision)
            await connection.run_sync(upgrade)
            driver = (await connection.get_raw_connection()).driver_connection
            await require_role(driver, application_role)
            await grant(driver, application_role)
            await require_policies(driver, application_role)
    except FAILURES as error:
        raise StorageUnavailable(f"The database was not migrated: {error}") from error
    finally:
        await engine.dispose()
    return Migration(before, HEAD)


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
