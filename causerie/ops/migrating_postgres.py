"""Bringing a PostgreSQL database up to date: migrate, grant, verify. It needs the driver, which is an extra."""

from sqlalchemy import func, select

from causerie.db.errors import StorageUnavailable
from causerie.db.links import FAILURES, postgres_engine, reason_of
from causerie.db.protection import grant, require_policies, require_role
from causerie.db.upgrading import HEAD, current_revision, upgrade
from causerie.ops.migrating import Migration

_LOCK = 0x0CA0_5E51
"""Of whoever migrates a PostgreSQL database."""


async def postgres_revision(url: str) -> str | None:
    """Return how far the schema of the database at `url` is; None while there is none.

    Raises:
        StorageUnavailable: the server cannot be reached.
    """
    engine = postgres_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(current_revision)
    except FAILURES as error:
        raise StorageUnavailable(f"The database cannot be reached: {reason_of(error)}") from error
    finally:
        await engine.dispose()


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
        raise StorageUnavailable(f"The database was not migrated: {reason_of(error)}") from error
    finally:
        await engine.dispose()
    return Migration(before, HEAD)
