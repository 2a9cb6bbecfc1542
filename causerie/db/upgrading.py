"""Brings a database's schema to the newest one, and tells how far it is."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from causerie.db.errors import SchemaMismatch

HEAD = "0004"  # the newest revision; a test compares it with the files
MIGRATIONS = Path(__file__).parent / "migrations"


def current_revision(connection: Connection) -> str | None:
    """Return the revision of the database's schema; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def upgrade(connection: Connection) -> bool:
    """Run the migrations that `connection`'s database lacks; return whether there were any.

    The caller commits.

    Raises:
        SchemaMismatch: the schema is newer than this version of Causerie, or was never ours.
    """
    current = current_revision(connection)
    if current == HEAD:
        return False
    # Alembic is slow to import and needed only here.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise SchemaMismatch(
            f"The database's schema {current!r} is newer than this Causerie ({HEAD!r}). Nothing was changed: "
            "start the newer version again, or restore the backup that its update made."
        )
    command.upgrade(config, "head")
    return True
