"""Migrations at the start: a copy first, and nothing at all when there is nothing to do."""

from pathlib import Path

import pytest
from sqlalchemy import text

from causerie.db.errors import SchemaMismatch
from causerie.db.sqlite import sqlite_engine
from causerie.db.upgrading import HEAD
from causerie.ops.migrating import Migration, bring_up_to_date, schema_revision


def test_an_empty_database_gets_the_schema_once(tmp_path: Path) -> None:
    file = tmp_path / "causerie.db"
    file.touch()

    first, second = bring_up_to_date(file), bring_up_to_date(file)

    assert first == Migration(before=None, after=HEAD)
    assert second == Migration(before=HEAD, after=HEAD)
    assert schema_revision(file) == HEAD


@pytest.mark.req("S83")
def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "causerie.db"
    bring_up_to_date(file)
    engine = sqlite_engine(file)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SchemaMismatch, match="9999"):
        bring_up_to_date(file)

    assert schema_revision(file) == "9999"
    (backup,) = (tmp_path / "backups").glob("causerie-9999-*.db")
    assert schema_revision(backup) == "9999"
