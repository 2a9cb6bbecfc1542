"""A migrated SQLite file, and a database on it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from causerie.db.sqlite import SqliteDatabase
from causerie.db.work import Actor
from causerie.ids import new_id
from tests.node import migrated_file


@pytest.fixture
def file(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return migrated_file(tmp_path_factory.getbasetemp() / "empty.db", tmp_path / "rows.db")


@pytest.fixture
async def database(file: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(file)
    yield database
    await database.close()


@pytest.fixture
def alice() -> Actor:
    return Actor(new_id())
