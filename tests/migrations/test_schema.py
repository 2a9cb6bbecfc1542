"""The same migrations make the same schema, that of the models, on SQLite and on a real PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from causerie.db import migrations, upgrading
from causerie.db.base import Base
from causerie.db.errors import SchemaMismatch
from causerie.db.upgrading import HEAD, current_revision, upgrade
from scripts.reference import database_schema
from tests.isolation.mapped import models
from tests.migrations.databases import FULL_TEXT, Transaction, described, postgres_database, sqlite_database
from tests.postgres import PostgresDatabase, PostgresServer

REVISIONS = ScriptDirectory(str(Path(migrations.__file__).parent))
ROOT = Path(__file__).parents[2]


@pytest.fixture
def postgres_places(postgres: PostgresServer) -> Iterator[list[PostgresDatabase]]:
    with postgres.database() as one, postgres.database() as two:
        yield [one, two]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> list[AbstractAsyncContextManager[Transaction[Any]]]:
    """Two empty databases of one kind."""
    if request.param == "sqlite":
        return [sqlite_database(tmp_path / name) for name in ("one.db", "two.db")]
    found: list[PostgresDatabase] = request.getfixturevalue("postgres_places")
    return [postgres_database(database) for database in found]


@pytest.fixture
async def databases(
    places: list[AbstractAsyncContextManager[Transaction[Any]]],
) -> AsyncIterator[list[Transaction[Any]]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(place) for place in places]


@pytest.fixture
def empty(databases: list[Transaction[Any]]) -> Transaction[Any]:
    return databases[0]


@pytest.fixture
def other_empty(databases: list[Transaction[Any]]) -> Transaction[Any]:
    return databases[1]


def test_head_is_the_newest_revision_and_there_is_one_line_of_them() -> None:
    assert REVISIONS.get_heads() == [HEAD]
    files = sorted(Path(migrations.__file__).parent.glob("versions/[0-9]*.py"))
    assert [file.name[:4] for file in files] == [f"{number:04}" for number in range(1, len(files) + 1)]
    assert files[-1].name.startswith(HEAD)


async def test_migrating_brings_an_empty_database_to_head_once(empty: Transaction[Any]) -> None:
    assert await empty(current_revision) is None
    assert await empty(upgrade) is True
    assert await empty(current_revision) == HEAD
    assert await empty(upgrade) is False


async def test_alembic_sees_no_difference_to_the_models(empty: Transaction[Any]) -> None:
    models()
    await empty(upgrade)

    def compare(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True, "include_name": known_to_models}
        context = MigrationContext.configure(connection, opts=options)
        differences: list[Any] = compare_metadata(context, Base.metadata)
        return differences

    assert await empty(compare) == []


def known_to_models(name: str | None, kind: str, parents: Any) -> bool:
    return not (name or "").startswith(FULL_TEXT)


async def test_the_database_sees_no_difference_to_the_models(
    empty: Transaction[Any], other_empty: Transaction[Any]
) -> None:
    """Alembic overlooks checks, partial indexes and what a foreign key does; the database does not."""
    models()
    await empty(upgrade)
    await other_empty(Base.metadata.create_all)

    assert await empty(described) == await other_empty(described)


@pytest.mark.slow
async def test_the_written_schema_is_that_of_the_migrations(postgres_places: list[PostgresDatabase]) -> None:
    """`docs/reference/database_schema.sql` runs on PostgreSQL and makes what the migrations make."""
    written = (ROOT / "docs" / "reference" / "database_schema.sql").read_text()
    statements = [statement for statement in written.split(";\n") if statement.strip()]

    def run(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    one, two = postgres_places
    async with postgres_database(one) as migrated, postgres_database(two) as executed:
        await migrated(upgrade)
        await executed(run)
        assert await executed(described) == await migrated(described)
    assert written == database_schema(), "run `make docs`"


async def test_a_newer_schema_is_refused_and_nothing_is_changed(empty: Transaction[Any]) -> None:
    await empty(upgrade)
    await empty(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    before = await empty(described)

    with pytest.raises(SchemaMismatch) as refusal:
        await empty(upgrade)

    assert refusal.value.detail.startswith(f"The database's schema '9999' is newer than this Causerie ('{HEAD}').")
    assert "Nothing was changed" in refusal.value.detail
    assert await empty(current_revision) == "9999"
    assert await empty(described) == before


async def test_an_interrupted_migration_leaves_what_was_there(
    empty: Transaction[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Both databases undo a half-made schema with the transaction it was made in."""
    await empty(upgrade)
    await empty(lambda connection: connection.execute(text(ADD_OWNER)))
    before = await empty(described)
    with monkeypatch.context() as patch:
        patch.setattr(upgrading, "HEAD", NEWER)
        patch.setattr(upgrading, "MIGRATIONS", newer_migrations(tmp_path))

        with pytest.raises(ZeroDivisionError):
            await empty(upgrade)

    assert await empty(current_revision) == HEAD
    assert await empty(described) == before
    assert await empty(upgrade) is False, "the version that made it goes on with it"
    assert await empty(lambda connection: connection.execute(text('SELECT name FROM "user"')).scalar_one()) == "Ada"


ADD_OWNER = """
INSERT INTO "user" (id, name, role, created_at, updated_at)
VALUES ('00000000000000000000000000000001', 'Ada', 'owner', '2026-01-01 00:00:00', '2026-01-01 00:00:00')
"""

NEWER = f"{int(HEAD) + 1:04}"

BREAKS_HALF_WAY = f"""
from alembic import op
import sqlalchemy as sa

revision, down_revision = "{NEWER}", "{HEAD}"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table("half", sa.Column("id", sa.Integer(), primary_key=True))
    op.drop_table("message_revision")
    op.execute(sa.text('DELETE FROM "user"'))
    1 / 0
"""  # noqa: S608 (a migration of our own)


def newer_migrations(folder: Path) -> Path:
    """Return a copy of the migrations with one more, which fails after it has changed things."""
    copied = folder / "migrations"
    for file in Path(migrations.__file__).parent.rglob("*.py"):
        target = copied / file.relative_to(Path(migrations.__file__).parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.read_text())
    (copied / "versions" / f"{NEWER}_breaks.py").write_text(BREAKS_HALF_WAY)
    return copied
