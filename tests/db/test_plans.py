"""PostgreSQL finds a page of a long branch by keys, also while the table has no statistics."""

from typing import Any

import pytest
from sqlalchemy import Select, insert, text

from causerie.chats import statements
from causerie.chats.models import ChatSession, Message, Role
from causerie.db.base import table_of
from causerie.db.postgres import PostgresDatabase
from causerie.db.work import Actor, Work
from causerie.ids import new_id
from tests.postgres import PostgresDatabase as Urls

MESSAGES = 1_000
PAGE = 20


@pytest.mark.slow
@pytest.mark.parametrize("statement", [statements.BRANCH, statements.BRANCH_TEXTS], ids=["page", "prompt"])
async def test_a_page_reads_no_more_rows_than_it_shows(
    postgres_database: Urls, alice: Actor, statement: Select[Any]
) -> None:
    database = await PostgresDatabase.open(postgres_database.url)

    def read_a_page(work: Work) -> tuple[int, int]:
        rows = _branch(work)
        read_before = _read(work)
        page = work.execute(statement, leaf=rows[-1]["id"], limit=PAGE).all()
        assert [row.id for row in page] == [row["id"] for row in reversed(rows[-PAGE:])]
        return read_before, _read(work)

    before, after = await database.work(alice, read_a_page)
    await database.close()

    assert after - before <= 4 * PAGE


def _branch(work: Work) -> list[dict[str, Any]]:
    chat = ChatSession(id=new_id())
    work.session.add(chat)
    work.flush()
    rows: list[dict[str, Any]] = []
    for depth in range(MESSAGES):
        parent_id = rows[-1]["id"] if rows else None
        row = {"user_id": work.actor.user_id, "id": new_id(), "session_id": chat.id, "parent_id": parent_id}
        rows.append(row | {"role": Role.USER, "content": "Well.", "depth": depth})
    work.connection.execute(insert(table_of(Message)), rows)
    return rows


def _read(work: Work) -> int:
    """Return how many rows of the table this transaction has read so far."""
    counted = "SELECT pg_stat_get_xact_tuples_returned(oid) + pg_stat_get_xact_tuples_fetched(oid) FROM pg_class"
    read: int = work.connection.execute(text(f"{counted} WHERE relname = 'message'")).scalar_one()
    indexed = text(
        "SELECT coalesce(sum(idx_tup_fetch), 0)::int FROM pg_stat_xact_user_tables WHERE relname = 'message'"
    )
    found: int = work.connection.execute(indexed).scalar_one()
    return read + found
