"""PostgreSQL finds rows by their keys, also with statements that were planned while tables were empty, or nearly."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Executable, insert, text

from causerie.chats import statements as chats
from causerie.chats.models import ChatSession, Generation, Message, Role, SessionEvent, Status
from causerie.clock import utc_now
from causerie.db import search
from causerie.db.base import Base, table_of
from causerie.db.postgres import PostgresDatabase
from causerie.db.work import Actor, Work
from causerie.generation import statements as generation
from causerie.ids import new_id
from tests.postgres import PostgresDatabase as Urls

TURNS = 1_500
OTHER_SESSIONS = 500
PAGE = 20
ROWS_AT_ONCE = 500

A_LOOKUP = 4
"""Blocks: down an index, and to the row."""
READ = "SELECT sum(heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit)::int FROM pg_statio_user_tables"


@dataclass(frozen=True)
class Place:
    """Where the statements look: the newest turn of a session, whose reply waits."""

    session_id: UUID = field(default_factory=new_id)
    question: UUID = field(default_factory=new_id)
    reply: UUID = field(default_factory=new_id)
    seq: int = 0


@dataclass(frozen=True)
class Case:
    """A statement, and how often it has to look something up or, when it writes, to enter it into an index."""

    statement: Executable
    lookups: int
    parameters: Callable[[Place], dict[str, Any]]
    finds: bool = True


CASES = {
    "session": Case(chats.SESSION, 1, lambda at: {"session_id": at.session_id}),
    "session to write": Case(chats.SESSION_TO_WRITE, 1, lambda at: {"session_id": at.session_id}),
    "numbers": Case(chats.TAKE_SEQ, 6, lambda at: {"of_session": at.session_id, "count": 1, "updated_at": utc_now()}),
    "message": Case(chats.MESSAGE, 2, lambda at: {"message_id": at.reply}),
    "node": Case(chats.NODE, 3, lambda at: {"message_id": at.reply}),
    "replies": Case(chats.REPLIES, 1, lambda at: {"session_id": at.session_id, "message_id": at.question}),
    "unfinished": Case(chats.UNFINISHED, 2, lambda at: {"session_id": at.session_id}),
    "waiting": Case(chats.WAITING_FOR, 1, lambda at: {"message_id": at.reply}, finds=False),
    "page": Case(chats.BRANCH, 4 * PAGE, lambda at: {"leaf": at.reply, "limit": PAGE}),
    "ids of a page": Case(chats.BRANCH_IDS, 2 * PAGE, lambda at: {"leaf": at.reply, "limit": PAGE}),
    "prompt": Case(chats.BRANCH_TEXTS, 3 * PAGE, lambda at: {"leaf": at.reply, "limit": PAGE}),
    "below": Case(chats.BELOW, 3, lambda at: {"session_id": at.session_id, "root": at.question}),
    "tombstones": Case(chats.TOMBSTONES, 1, lambda at: {"session_id": at.session_id, "depth": 2 * TURNS}, finds=False),
    "siblings": Case(chats.SIBLINGS, 4 * PAGE, lambda at: {"leaf": at.reply, "limit": PAGE}),
    "events": Case(chats.EVENTS_AFTER, 1, lambda at: {"session_id": at.session_id, "after": at.seq - 2, "limit": PAGE}),
    "events of a reply": Case(
        chats.REPLY_EVENTS, 1, lambda at: {"session_id": at.session_id, "message_id": at.reply}, finds=False
    ),
    "claimable": Case(
        generation.CLAIMABLE, 4, lambda at: {"of_message": at.reply, "now": utc_now(), "overdue": utc_now()}
    ),
    "claim": Case(
        generation.CLAIM,
        6,
        lambda at: {
            "of_message": at.reply,
            "now": utc_now(),
            "overdue": utc_now(),
            "new_owner": new_id(),
            "lease": utc_now() + timedelta(seconds=15),
            "deadline": utc_now() + timedelta(minutes=10),
        },
    ),
    "streams": Case(generation.MARK_STREAMING, 6, lambda at: {"of_message": at.reply, "new_intent": "chat"}),
    "streaming": Case(chats.STREAMING, 1, lambda at: {"session_ids": [at.session_id]}),
    "handed over": Case(
        generation.HAND_OVER,
        6,
        lambda at: {"of_message": at.reply, "of_attempt": 1, "text": "Well", "past": utc_now()},
    ),
    "end": Case(
        chats.END_GENERATION,
        6,
        lambda at: {
            "of_session": at.session_id,
            "of_message": at.reply,
            "of_attempt": 1,
            "status": Status.COMPLETE,
        },
    ),
    "end of a message": Case(
        chats.END_MESSAGE,
        6,
        lambda at: {
            "of_message": at.reply,
            "content": "Well.",
            "status": Status.COMPLETE,
            **dict.fromkeys(("finish_reason", "provider", "model", "usage", "error")),
        },
    ),
}
"""In the order of a turn, for each changes what the next one finds."""


@pytest.fixture
async def database(postgres_database: Urls) -> AsyncIterator[PostgresDatabase]:
    """Empty, and served through one connection, which keeps its plans."""
    database = await PostgresDatabase.open(postgres_database.url, connections=1)
    yield database
    await database.close()


@pytest.mark.slow
@pytest.mark.parametrize("turns", [0, 1])
async def test_what_was_planned_for_few_rows_reads_no_more_than_it_finds(
    database: PostgresDatabase, alice: Actor, turns: int
) -> None:
    first = await database.work(alice, _begin, turns) if turns else Place()
    for case in CASES.values():
        found = await database.work(alice, _run, case, first)
        assert turns or found == 0
    place = await database.work(alice, _fill)

    read: dict[str, int] = {}
    for name, case in CASES.items():
        before = await database.work(alice, _blocks)
        found = await database.work(alice, _run, case, place)
        read[name] = await database.work(alice, _blocks) - before
        assert bool(found) is case.finds, name

    assert {name: blocks for name, blocks in read.items() if blocks > CASES[name].lookups * A_LOOKUP} == {}


@pytest.mark.slow
async def test_a_turn_is_stored_in_a_long_session_by_a_few_lookups(database: PostgresDatabase, alice: Actor) -> None:
    """The server's own checks of foreign keys are planned when a connection stores its first row."""
    place = await database.work(alice, _fill)

    before = await database.work(alice, _blocks)
    await database.work(alice, _insert_turns, place.session_id, place.reply, 2 * TURNS, 1)
    after = await database.work(alice, _blocks)

    assert after - before <= 30 * A_LOOKUP


@pytest.mark.slow
async def test_a_search_reads_no_keys_but_those_of_what_it_finds(database: PostgresDatabase, alice: Actor) -> None:
    await database.work(alice, _put_entries)

    before = await database.work(alice, _keys_read)
    found = await database.work(alice, _search, "seldom")

    assert len(found) == 1
    assert await database.work(alice, _keys_read) - before <= 2


def _put_entries(work: Work) -> None:
    words = ["usual " * 5] * TURNS + ["seldom"]
    search.put_all(work, [search.Text(search.CHARACTER, new_id(), text) for text in words])
    _tell(work)


def _search(work: Work, words: str) -> list[search.Found]:
    found = search.find(work, search.parse(words), [search.Window(search.CHARACTER)], PAGE)
    _tell(work)
    return found


def _keys_read(work: Work) -> int:
    """Return how many entries of the B-trees beside the full-text index have been read so far."""
    statement = """
        SELECT sum(idx_tup_read)::int FROM pg_stat_user_indexes
        WHERE relname = 'search_entry' AND indexrelname <> 'ix_search_entry_terms'
    """
    keys: int = work.connection.execute(text(statement)).scalar_one()
    return keys


def _run(work: Work, case: Case, place: Place) -> int:
    """Return how many rows were found or changed."""
    result = work.execute(case.statement, **case.parameters(place))
    found = len(result.all()) or result.rowcount
    _tell(work)
    return found


def _blocks(work: Work) -> int:
    """Return how many blocks of tables and indexes have been read so far."""
    blocks: int = work.connection.execute(text(READ)).scalar_one()
    return blocks


def _tell(work: Work) -> None:
    """Have the server count what this transaction reads as soon as it ends."""
    work.connection.execute(text("SELECT pg_stat_force_next_flush()"))


def _begin(work: Work, turns: int) -> Place:
    session_id = new_id()
    _insert(work, ChatSession, [{"user_id": work.actor.user_id, "id": session_id}])
    return _insert_turns(work, session_id, None, 0, turns)


def _fill(work: Work) -> Place:
    sessions = [{"user_id": work.actor.user_id, "id": new_id()} for _ in range(OTHER_SESSIONS + 1)]
    _insert(work, ChatSession, sessions)
    session_id: UUID = sessions[OTHER_SESSIONS // 2]["id"]
    return _insert_turns(work, session_id, None, 0, TURNS)


def _insert_turns(work: Work, session_id: UUID, parent_id: UUID | None, depth: int, count: int) -> Place:
    """Store turns one below the other; only the last reply has not ended."""
    messages: list[dict[str, Any]] = []
    of_session = {"user_id": work.actor.user_id, "session_id": session_id}
    for place in range(depth, depth + 2 * count):
        role = Role.ASSISTANT if place % 2 else Role.USER
        row = {"id": new_id(), "parent_id": parent_id, "role": role, "depth": place, "content": "Well."}
        messages.append(of_session | row)
        parent_id = messages[-1]["id"]
    replies = [{**of_session, "message_id": row["id"], "state": Status.COMPLETE} for row in messages[1::2]]
    replies[-1]["state"] = Status.QUEUED
    events = [{**of_session, "seq": row["depth"], "kind": "message:created", "body": "{}"} for row in messages]
    for row, event in zip(messages, events, strict=True):
        event["message_id"] = row["id"]
    _insert(work, Message, messages)
    _insert(work, Generation, replies)
    _insert(work, SessionEvent, events)
    _tell(work)
    return Place(session_id, messages[-2]["id"], messages[-1]["id"], messages[-1]["depth"])


def _insert(work: Work, table: type[Base], rows: list[dict[str, Any]]) -> None:
    for first in range(0, len(rows), ROWS_AT_ONCE):
        work.connection.execute(insert(table_of(table)), rows[first : first + ROWS_AT_ONCE])
