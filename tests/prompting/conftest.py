"""A migrated database with one user, and units of work on it without a loop."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from causerie.accounts.service import ensure_owner
from causerie.db.ownership import current_actor
from causerie.db.sqlite import sqlite_engine
from causerie.db.upgrading import upgrade
from causerie.db.work import Actor, Work
from causerie.ids import new_id


class Desk:
    """Runs plain functions of a `Work`, each in a transaction of its own, for the owner or for somebody else."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.owner = Actor(new_id())

    def run(self, function: Callable[..., Any], *args: Any, actor: Actor | None = None, **kwargs: Any) -> Any:
        actor = actor or self.owner
        token = current_actor.set(actor)
        try:
            with self.connection.begin():
                work = Work(actor, self.connection)
                result = function(work, *args, **kwargs)
                work.finish()
                return result
        finally:
            current_actor.reset(token)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("prompting") / "empty.db"
    engine = sqlite_engine(file)
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()
    return file


@pytest.fixture
def desk(migrated: Path, tmp_path: Path) -> Iterator[Desk]:
    with opened(migrated, tmp_path / "prompts.db") as desk:
        yield desk


@contextmanager
def opened(migrated: Path, file: Path) -> Iterator[Desk]:
    shutil.copy(migrated, file)
    engine = sqlite_engine(file)
    try:
        with engine.connect() as connection:
            desk = Desk(connection)
            desk.run(ensure_owner)
            yield desk
    finally:
        engine.dispose()
