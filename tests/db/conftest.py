"""Databases of both kinds, and what only SQLite's tests need."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from causerie.db.database import Database
from causerie.db.sqlite import SqliteDatabase
from causerie.db.work import Actor
from causerie.ids import new_id
from tests.db.places import Place, PostgresPlace, SqlitePlace
from tests.node import migrated_file


@pytest.fixture
def file(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return migrated_file(tmp_path_factory.getbasetemp() / "empty.db", tmp_path / "rows.db")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest) -> Place:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return SqlitePlace(request.getfixturevalue("file"))
    return PostgresPlace(request.getfixturevalue("postgres_database"))


@pytest.fixture
async def database(place: Place) -> AsyncIterator[Database]:
    database = await place.open()
    yield database
    await database.close()


@pytest.fixture
async def sqlite(file: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(file)
    yield database
    await database.close()


@pytest.fixture
def alice() -> Actor:
    return Actor(new_id())
