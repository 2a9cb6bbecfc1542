"""How SQLite carries out what is asked of a chat of any length: only as far as the page goes."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Select, Update

from causerie.chats import statements
from causerie.db.sqlite import sqlite_engine
from tests.node import migrated_file


def plan(connection: Connection, statement: Select[Any] | Update) -> list[str]:
    """Return the steps of a statement's plan."""
    text = str(statement.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True}))
    driver = connection.connection.dbapi_connection
    assert driver is not None
    cursor = driver.cursor()
    rows = cursor.execute(f"EXPLAIN QUERY PLAN {text}", [None] * text.count("?")).fetchall()
    cursor.close()
    return [row[3] for row in rows]


@pytest.fixture
def connection(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Any:
    engine = sqlite_engine(migrated_file(tmp_path_factory.getbasetemp() / "empty.db", tmp_path / "plans.db"))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [statements.BRANCH, statements.BRANCH_TEXTS, statements.SIBLINGS],
    ids=["page", "prompt", "siblings"],
)
def test_the_way_up_is_walked_no_further_than_the_page(connection: Connection, statement: Select[Any]) -> None:
    steps = plan(connection, statement)

    assert "SCAN path" in steps
    assert not [step for step in steps if "MATERIALIZE" in step]


BY_PARENT = "ix_message_parent (session_id=? AND user_id=? AND parent_id=?)"


def test_siblings_are_found_by_their_parent(connection: Connection) -> None:
    (sibling,) = (step for step in plan(connection, statements.SIBLINGS) if "sibling" in step)

    assert BY_PARENT in sibling


def test_roots_are_found_as_those_without_a_parent(connection: Connection) -> None:
    (step,) = plan(connection, statements.ROOTS)

    assert BY_PARENT in step


@pytest.mark.parametrize("statement", [statements.END_GENERATION, statements.END_TRACED_GENERATION])
def test_the_end_of_a_reply_looks_at_no_other_session(connection: Connection, statement: Update) -> None:
    """RETURNING finds nothing by a column of the row that was changed: it would search all replies of the user."""
    searches = [step for step in plan(connection, statement) if step.startswith("SEARCH")]

    assert len(searches) == 1 + len(("queued", "streaming"))  # the row itself, and what stands beside it in each state
    assert not [step for step in searches if step.endswith("(user_id=?)")]


def test_replies_that_have_not_ended_are_found_by_their_state(connection: Connection) -> None:
    looked_up = "SEARCH generation USING INDEX ix_generation_session (session_id=? AND user_id=? AND state=?)"

    assert plan(connection, statements.NODE).count(looked_up) == 2
